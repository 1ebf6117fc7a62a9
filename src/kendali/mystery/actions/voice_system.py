"""The voice recording system (procedure 11.1): which of its records may be a test call, and that record's file.

Only what the catalogue says of a call is shown before it is attached, and a call from another number than the test
identity's is never offered: it would be a customer's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from kendali.accounts.permissions import RuleRefused
from kendali.connectors.base import FileDigest, Problem, SourceError, SourceFile, Unit, UnitResult
from kendali.mystery.models import Attempt, Sample
from kendali.records import secrets, tasks
from kendali.records.actions import scan, sources
from kendali.records.models import Record, Scan, Source
from kendali.terms import settings as terms
from kendali.verdict import no

MOST = 20
LONGEST = timedelta(hours=4)
LOOK_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`apart`: from the beginning of the call, negative = before it. `same_number`: None = the system does not say."""

    record: Record
    apart: timedelta
    same_number: bool | None

    @property
    def seconds(self) -> int | None:
        begun, ended = self.record.started_at, self.record.last_activity_at
        return None if begun is None or ended is None else max(0, int((ended - begun).total_seconds()))


def sources_of(sample: Sample) -> QuerySet[Source]:
    """The destination's own recording system, else every one of its client, else every one."""
    rows = Source.objects.filter(record_class="recording", active=True).select_related("client")
    to = sample.destination
    if to.source_id is not None:
        return rows.filter(pk=to.source_id)
    return rows.filter(client=to.client_id) if to.client_id is not None else rows


def candidates(sample: Sample) -> list[Candidate]:
    """Best first: the test identity's number, then the nearest in time. [] before the call connected."""
    if sample.called_at is None:
        return []
    around = timedelta(minutes=terms.number("mystery.recording_minutes"))
    first, last = sample.called_at - around, sample.called_at + _until_talk(sample) + around
    rows = Record.objects.filter(
        source__in=sources_of(sample), started_at__range=(first, last),
        last_activity_at__range=(first, (sample.ended_at or last + LONGEST) + around), vanished_at=None,
        deleted_at=None, destroyed_at=None,
    )  # fmt: skip
    number = secrets.Lookup().phone(sample.persona.caller_number) if sample.persona is not None else None
    found = [_candidate(row, number, sample.called_at) for row in rows.select_related("source__client")[: MOST * 5]]
    mine = [one for one in found if one.same_number is not False]
    return sorted(mine, key=lambda one: (one.same_number is None, abs(one.apart), one.record.pk))[:MOST]


def _candidate(row: Record, number: bytes | None, called_at: datetime) -> Candidate:
    assert row.started_at is not None
    told = row.customer_phone_hmac
    same = None if number is None or told is None else bytes(told) == number
    return Candidate(row, row.started_at - called_at, same)


def _until_talk(sample: Sample) -> timedelta:
    """Some systems begin to record when an agent answers."""
    made = sample.attempts.filter(outcome=Attempt.CONNECTED).last()
    parts = (made.ivr_seconds, made.queue_seconds, made.ring_seconds) if made is not None else ()
    return timedelta(seconds=sum(filter(None, parts)))


def look_again(sample: Sample, at: datetime) -> int:
    """Have the systems of this destination read again, each at most every few minutes; how many are being read."""
    started = 0
    for source in sources_of(sample):
        if Scan.objects.filter(source=source, started_at__gt=at - LOOK_AGAIN).exists():
            continue
        found = scan.begin(source, at)
        if found is not None:
            tasks.run_scan.defer(scan_id=found.pk)
            started += 1
    return started


@dataclass(slots=True)
class _Keeps:
    """A sink for one record: the biggest of its files, in memory."""

    most: int
    name: str = ""
    data: bytes = b""
    problems: list[Problem] = field(default_factory=list)

    def table(self, name: str, batch: object) -> None:
        """A recording has no tables."""

    def units(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        for unit in units:
            digests, found = self._take(unit.files)
            yield UnitResult(unit.ref, unit.part, digests, [Problem(found, unit.ref)] if found else [])

    def _take(self, files: Sequence[SourceFile]) -> tuple[list[FileDigest], str]:
        best = max(files, key=lambda one: one.size, default=None)
        if best is None:
            return [], "no_recording"
        if best.size > self.most:
            self.problems.append(Problem("too_big"))
            return [], "file_unreadable"
        try:
            with best.open() as stream:
                self.name, self.data = best.name, stream.read(self.most + 1)
        except OSError:
            return [], "file_unreadable"
        return [FileDigest(one.name, one.size, b"\0" * 32) for one in files], ""


def fetch(record: Record, most: int) -> tuple[str, bytes]:
    """Name and content of the record's file, at the system itself. RuleRefused: it does not answer, or has none."""
    sink = _Keeps(most)
    try:
        with sources.connected(record.source) as connector:
            for _one in connector.snapshot([record.ref], sink):
                pass
    except SourceError:
        raise RuleRefused(no(_("The recording system does not answer: try again, or upload the file."),
                             code="source")) from None  # fmt: skip
    if not sink.data:
        raise RuleRefused(no(_("The recording system has no readable file of this call: upload it."), code="no_file"))
    return sink.name, sink.data
