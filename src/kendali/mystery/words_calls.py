"""Words of the calling pages: outcomes, kinds, windows in both zones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kendali import formats
from kendali.mystery.models import Sample

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

OUTCOMES: dict[str, StrPromise] = {
    "busy": _("Busy"),
    "no_answer": _("Not answered"),
    "lost_in_ivr": _("Lost in the IVR"),
    "dropped": _("Dropped in the queue"),
    "wrong_queue": _("Wrong queue"),
    "out_of_hours": _("Out of hours"),
    "trouble": _("Trouble"),
    "connected": _("Connected"),
}
BIG = ("busy", "no_answer", "lost_in_ivr", "dropped")  # the four that score Access, as buttons
OTHER = ("wrong_queue", "out_of_hours", "trouble")
KINDS: dict[str, StrPromise] = {
    "informasi": _("Information"),
    "permintaan": _("Request"),
    "komplain": _("Complaint"),
}


@dataclass(frozen=True, slots=True)
class Word:
    state: str
    word: StrPromise


STATES: dict[str, Word] = {
    "assigned": Word("active", _("to call")),
    "calling": Word("active", _("calling")),
    "called": Word("soon", _("form to begin")),
    "scoring": Word("soon", _("form in draft")),
    "submitted": Word("done", _("submitted")),
    "verified": Word("done", _("verified")),
    "locked": Word("done", _("locked")),
    "destroyed": Word("idle", _("destroyed")),
    "unconnected": Word("idle", _("not connected")),
    "void": Word("idle", _("void")),
    "missed": Word("late", _("missed")),
    "planned": Word("idle", _("planned")),
}


def language() -> str:
    return "en" if get_language() == "en" else "id"


def span(first: datetime, last: datetime, zone: str) -> str:
    """ "13.00–15.00 WITA"."""
    here = ZoneInfo(zone)
    texts = [formats.time_of_day(one.astimezone(here), language()) for one in (first, last)]
    return f"{'–'.join(texts)}{formats.NB}{formats.zone_name(here, first)}"


def window(sample: Sample, reader: str) -> str:
    """In the zone of the number, and in the reader's where it is another: "13.00–15.00 WITA / 12.00–14.00 WIB"."""
    there = span(sample.opens, sample.closes, sample.zone)
    mine = span(sample.opens, sample.closes, reader)
    return there if there == mine else f"{there} / {mine}"


def day(sample: Sample, reader: str) -> str:
    return formats.weekday(sample.opens.astimezone(ZoneInfo(reader)), language())


def clock(instant: datetime, zone: str) -> str:
    here = ZoneInfo(zone)
    return f"{formats.time_of_day(instant.astimezone(here), language())}{formats.NB}{formats.zone_name(here, instant)}"


def both(instant: datetime, zone: str, reader: str) -> str:
    """ "13.04 WITA (12.04 WIB)"."""
    there, mine = clock(instant, zone), clock(instant, reader)
    return there if there == mine else f"{there} ({mine})"


def place(sample: Sample) -> str:
    """ "Makassar (WITA)", the number's name where the area is an outcome."""
    site = sample.destination.site
    name = site.name if site is not None else sample.destination.name
    return f"{name} ({formats.zone_name(ZoneInfo(sample.zone), sample.opens)})"


def until(instant: datetime, now: datetime) -> str:
    """The time left: "1 jam 12 menit"; to the minute under an hour."""
    seconds = max(60, int((instant - now).total_seconds()))
    return formats.duration(seconds - seconds % 60 if seconds < 86_400 else seconds, language())
