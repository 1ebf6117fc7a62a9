"""What an agent may read of the own evaluations, once QA forwarded them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from kendali.accounts.models import User
from kendali.mystery import words
from kendali.mystery.models import Sample
from kendali.mystery.queries import evaluation as query
from kendali.mystery.queries import recordings, sample_page, scope
from kendali.mystery.queries import sheet as sheets
from kendali.mystery.rules.filled import Span
from kendali.terms import settings as terms

NEWEST = ("-called_at", "-id")
ENDED = ("invalid", "merged")
CUT = ("audio/wav", "audio/x-gsm")  # of which ranges can be cut out


@dataclass(frozen=True, slots=True)
class Line:
    sample: Sample
    kind: str
    final: Decimal | None
    findings: int
    open: int


def rows(user: User) -> QuerySet[Sample]:
    found = scope.own_evaluations(user).filter(called_at__isnull=False, evaluation__isnull=False)
    return found.select_related("cycle", "evaluation__form", "agent", "agent_site", "destination")


def lines(page: Sequence[Sample], user: User) -> list[Line]:
    found = (
        scope.findings_for(user)
        .filter(sample__in=[one.pk for one in page])
        .exclude(state__in=ENDED)
        .values("sample")
        .annotate(all=Count("pk"), open=Count("pk", filter=~Q(state="closed")))
    )
    numbers = {row["sample"]: (row["all"], row["open"]) for row in found.order_by()}
    return [
        Line(
            one, words.word(words.KINDS, one.kind), one.evaluation.final if one.evaluation else None,
            *numbers.get(one.pk, (0, 0)),
        )
        for one in page
    ]  # fmt: skip


def context(row: Sample, user: User, at: datetime) -> dict[str, object]:
    assert row.evaluation is not None
    return {
        "sample": row,
        "kind": words.word(words.KINDS, row.kind),
        "sheet": sheets.sheet(row.evaluation, for_agent=True),
        "findings": [one for one in sample_page.findings(row, user, at) if one.finding.state not in ENDED],
        "audio": hearing(row),
    }


# --- what may be heard


@dataclass(frozen=True, slots=True)
class Hearing:
    """`whole`: all of it; else only `spans`. `why`: a sentence where nothing is played here."""

    heard: bool = False
    whole: bool = False
    seconds: int = 0
    spans: Sequence[Span] = ()
    why: str = ""


def hearing(row: Sample) -> Hearing:
    """By the setting for Supervisor and agent: all of the recording, the ranges the form names, or in coaching."""
    recording = recordings.of(row)
    if recording is None or row.evaluation is None:
        return Hearing()
    if recording.destroyed_at is not None:
        return Hearing(why=recordings.fate(recording))
    setting = str(terms.get("mystery.audio_to_supervisor"))
    if setting == "all":
        return Hearing(True, True, recording.seconds)
    spans = merged(span for answer in query.answers_of(row.evaluation) for span in answer.spans)
    if setting == "excerpt" and spans and recording.mime in CUT:
        return Hearing(True, False, sum(one.end - one.start for one in spans), spans)
    return Hearing(why=_("The recording is played to you in the coaching."))


def merged(spans: Iterable[Span]) -> list[Span]:
    """In the order of the recording, each second once."""
    found: list[Span] = []
    for one in sorted(spans, key=lambda one: (one.start, one.end)):
        if found and one.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found
