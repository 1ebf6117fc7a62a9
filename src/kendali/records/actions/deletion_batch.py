"""One batch of a deletion at a source (design, "Two databases"): look, commit the intents, then one transaction that
holds the client's lock, asks every rule once more, deletes, reads back, and writes what the read-back showed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from kendali.connectors.base import UNDONE_AFTER, Connector, Deleter, Deletion, Part, SourceError, TooLate
from kendali.disposal import locks
from kendali.records import deletion_rules as rules
from kendali.records.actions import deletion_facts as facts
from kendali.records.actions import deletion_looks as looks
from kendali.records.actions import fingerprints, journal, lease, sources
from kendali.records.actions.deletion_facts import Item
from kendali.records.actions.journal import Batch, Ended
from kendali.records.models import DisposalOrder, Source
from kendali.records.secrets import PartsSeal
from kendali.verdict import Verdict

LOCKS_HOLD = 10  # seconds, at least: as long as this a worker that stands still keeps the locks of its transaction
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
FIRST_LOOK, LONGEST_LOOK = timedelta(seconds=30), timedelta(hours=6)


class NotNow(Exception):
    """A rule forbids the whole order; nothing of the batch was touched. `verdict` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


@dataclass(slots=True)
class Work:
    """One source of one order, opened for reading and for deleting. `skew`: the source's clock minus this host's."""

    fence: lease.Fence[DisposalOrder]
    source: Source
    connector: Connector
    deleter: Deleter
    skew: timedelta | None
    clock: Callable[[], datetime]
    most_tries: int
    rings: fingerprints.Keyrings = field(default_factory=fingerprints.Keyrings)
    retry_after: float = 0.0  # seconds that the source asked for in the last batch
    broken: SourceError | None = None  # it broke off in the last batch; what it did was found out by looking

    def batch(self) -> Batch:
        return Batch(self.fence.order_id, self.fence.attempt, self.fence.owner)

    @contextmanager
    def locked(self) -> Iterator[DisposalOrder]:
        """The transaction in which things are taken away at the source: the client's lock, before which every hold was
        placed or after which it waits, and the order's row. The deleter stops before they could be lost."""
        with transaction.atomic():
            locks.shared(self.source.client_id)
            self.deleter.until = time.monotonic() + lease.idle_seconds(LOCKS_HOLD) - UNDONE_AFTER - 0.5
            yield self.fence.lock(at_least=LOCKS_HOLD)

    def run_facts(self, order: DisposalOrder) -> rules.RunFacts:
        return facts.run_facts(order, self.source, owns=True, source_skew=self.skew, at=self.clock())


@dataclass(frozen=True, slots=True)
class Seen:
    """One line as the source shows it now."""

    line: Item
    fingerprint: bytes | None
    parts: Sequence[Part]
    intent: int


class Ahead:
    """Reads the next batch's fingerprints while this one is at work. They only say whether a call is made at all: the
    source compares them once more in its own transaction, so one that is some seconds old lets nothing go."""

    def __init__(self, connector: Connector) -> None:
        self._connector, self._pool = connector, ThreadPoolExecutor(1, "ahead")
        self._asked: set[str] = set()
        self._answer: Future[Mapping[str, bytes]] | None = None

    def of(self, refs: Sequence[str]) -> Mapping[str, bytes]:
        """Of these, as far as they were read already; the others now. Raises SourceError."""
        found = dict(self._answer.result()) if self._answer is not None else {}
        left = [ref for ref in refs if ref not in self._asked]
        self._asked, self._answer = set(), None
        return {**found, **self._connector.fingerprints(left)} if left else found

    def start(self, refs: Sequence[str]) -> None:
        if refs:
            self._asked, self._answer = set(refs), self._pool.submit(self._connector.fingerprints, refs)

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        """Waits for what is still being read: the connector is closed next."""
        self._pool.shutdown()


def one(work: Work, lines: Sequence[Item], prints: Mapping[str, bytes]) -> int:
    """Carry out one batch; `prints`: what its records show at the source, absent ones missing. Returns how many lines
    have an end now. Raises NotNow, Fenced, SourceError, StoreError."""
    parts = work.deleter.parts([line.ref for line in lines])
    seen = _intend(work, lines, prints, parts)
    ended = len(lines) - len(seen)
    return ended + (_carry_out(work, seen) if seen else 0)


def _intend(
    work: Work, lines: Sequence[Item], prints: Mapping[str, bytes], parts: Mapping[str, Sequence[Part]]
) -> list[Seen]:
    """Transaction 1. What is not there before our call is "already absent", never deleted by us."""
    batch, box, now = work.batch(), PartsSeal(), work.clock()
    there = [line for line in lines if line.ref in prints or parts.get(line.ref)]
    gone = [line for line in lines if line.ref not in prints and not parts.get(line.ref)]
    with transaction.atomic():
        order = work.fence.lock()
        verdict = rules.may_run(work.run_facts(order), now)
        if not verdict:
            raise NotNow(verdict)
        journal.end(batch, _absent(gone, now), now)
        intents = journal.intend(
            batch,
            [(line.item, {"parts": len(parts.get(line.ref, ()))}, looks.seal(box, line.item, parts.get(line.ref, ())))
             for line in there],
            now,
        )  # fmt: skip
    return [Seen(line, prints.get(line.ref), parts.get(line.ref, ()), intents[line.item]) for line in there]


def _absent(gone: Sequence[Item], now: datetime) -> list[Ended]:
    """Not there before a call of this attempt. After a call of ours whose answer was lost it was ours."""
    ours = {line.item for line in gone if rules.may_be_ours(line.answer, line.problem)}
    intents = journal.last_intents(sorted(ours)) if ours else {}
    facts = {"looked": now.isoformat()}
    return [
        Ended(line.item, line.record, intents[line.item], "deleted", {**facts, "answer": line.answer})
        if line.item in intents
        else Ended(line.item, line.record, None, "already_absent", facts)
        for line in gone
    ]


def _carry_out(work: Work, seen: Sequence[Seen]) -> int:
    """Transaction 2, at most some seconds long: a hold waits for it and then wins."""
    with work.locked() as order:
        run = work.run_facts(order)
        locked = facts.lock(order, [one.line.item for one in seen])
        holds = facts.holds_of(locked)
        ended, allowed = _decide(work, run, seen, locked, holds)
        stop = rules.may_run(run, work.clock())
        if allowed:
            ended += _delete(work, allowed)
        journal.end(work.batch(), ended, work.clock())
    if not stop:
        raise NotNow(stop)
    if work.broken is not None:
        raise work.broken
    return sum(one.outcome != journal.WAITING for one in ended)


def _decide(
    work: Work,
    run: rules.RunFacts,
    seen: Sequence[Seen],
    locked: Mapping[int, facts.Locked],
    holds: Mapping[int, Sequence[str]],
) -> tuple[list[Ended], list[Seen]]:
    """Every record is asked for; what may not go has its outcome here, and no call is made for it."""
    ended, allowed, now = [], [], work.clock()
    for one in seen:
        row = locked.get(one.line.item)
        if row is None:  # somebody else is at this record: later
            ended.append(_ended(one, journal.WAITING, {"code": "busy"}, now + FIRST_RETRY))
            continue
        known = facts.facts_of(
            run, row, ref=one.line.ref, fingerprint=one.fingerprint, parts_seen=len(one.parts),
            holds=holds.get(row.record, ()), rings=work.rings,
        )  # fmt: skip
        verdict = rules.may_delete(known, now)
        if verdict:
            allowed.append(one)
        else:
            code = str(verdict.facts["code"])
            why = {"code": code, **({"hold": verdict.facts["holds"]} if code == "held" else {})}
            ended.append(_ended(one, rules.OUTCOME_OF.get(code, journal.WAITING), why))
    return ended, allowed


def _delete(work: Work, allowed: Sequence[Seen]) -> list[Ended]:
    """The calls and the look afterwards. Where the source breaks off or our time is over, a look still says what it
    did; where it cannot even be looked at, SourceError: nothing is written, and the intents are settled later."""
    answers: dict[str, Deletion] = {}
    work.retry_after, work.broken = 0.0, None
    try:
        for answer in work.deleter.delete({one.line.ref: one.fingerprint or b"" for one in allowed}):
            answers[answer.ref] = answer
            work.retry_after = max(work.retry_after, answer.retry_after or 0.0)
    except SourceError as error:
        work.broken = error
    except TooLate:
        pass  # what has no answer waits for a later batch
    found = looks.read_back(work.deleter, {one.line.ref: one.parts for one in allowed})
    now = work.clock()
    return [_judged(work, one, answers.get(one.line.ref), *found[one.line.ref], now) for one in allowed]


def _judged(
    work: Work, one: Seen, answer: Deletion | None, look: rules.Look, counted: Mapping[str, object], now: datetime
) -> Ended:
    said: rules.Answer = answer.outcome if answer else "none"
    retryable = answer.retryable if answer else True
    # Without an answer the source was gone, which stops the order and is no fault of the record.
    left = one.line.tries + 1 < work.most_tries * (1 if answer else 4)
    outcome = rules.outcome(said, look, retryable=retryable, tries_left=left)
    measured: dict[str, object] = {**counted, "answer": said}
    if answer is not None and answer.problem is not None:
        measured["problem"] = sources.plain(answer.problem)["code"]
    when = None
    if outcome == rules.AGAIN:
        asked = timedelta(seconds=answer.retry_after or 0) if answer else timedelta(0)
        when = now + max(asked, rules.back_off(one.line.tries + 1, first=FIRST_RETRY, longest=LONGEST_RETRY))
    elif outcome == rules.LOOK_AGAIN:
        measured.update(since=now.isoformat(), looks=1)
        when = now + FIRST_LOOK
    return _ended(one, outcome, measured, when)


def _ended(one: Seen, outcome: str, measured: Mapping[str, object], when: datetime | None = None) -> Ended:
    return Ended(one.line.item, one.line.record, one.intent, outcome, measured, when)


def quietly_close(*things: Connector | Deleter) -> None:
    for thing in things:
        with suppress(SourceError):
            thing.close()
