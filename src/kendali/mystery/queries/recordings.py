"""The recording of a call as its pages show it: to be heard, or what became of it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kendali import civil_time, formats
from kendali.mystery.models import Recording, Sample
from kendali.mystery.words_calls import language
from kendali.records.queries.dossier import certificates


def of(sample: Sample | int | None) -> Recording | None:
    """With its order of destruction, without its shape."""
    rows = Recording.objects.select_related("sample", "record__source", "destroyed_by").defer("peaks")
    return rows.filter(sample=sample).first() if sample is not None else None


def heard(recording: Recording | None) -> Recording | None:
    return recording if recording is not None and recording.destroyed_at is None else None


def fate(recording: Recording | None) -> str:
    """A sentence where it was destroyed, else ""."""
    if recording is None or recording.destroyed_at is None or recording.destroyed_by is None:
        return ""
    day = formats.day(civil_time.local_date(recording.destroyed_at, recording.sample.zone), language())
    facts = {"day": day, "order": recording.destroyed_by.number}
    if recording.record is not None and recording.record.destroyed_at is None:
        return _("The recording was destroyed on %(day)s (order %(order)s); its backup copies are not wholly destroyed "
                 "yet.") % facts  # fmt: skip
    numbers = [str(one.number) for one in certificates(recording.destroyed_by) if one.number]
    if not numbers:
        return _("The recording was destroyed on %(day)s with every backup copy of it (order %(order)s; its Berita "
                 "Acara has no number yet).") % facts  # fmt: skip
    facts["number"] = numbers[-1]
    return _("The recording was destroyed on %(day)s with every backup copy of it (Berita Acara %(number)s).") % facts
