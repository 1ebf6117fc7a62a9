"""What is under way at a source is settled by looking, never by believing: intents that a dead worker left without an
outcome, and deletions that the source only queued or calls done although they still show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.dateparse import parse_datetime

from kendali.connectors.base import Part, TooLate
from kendali.records import deletion_rules as rules
from kendali.records.actions import deletion_facts as facts
from kendali.records.actions import deletion_looks as looks
from kendali.records.actions import journal
from kendali.records.actions.deletion_batch import FIRST_LOOK, LONGEST_LOOK, Work
from kendali.records.actions.journal import Ended
from kendali.records.models import DisposalItem, DisposalOrder
from kendali.records.secrets import PartsSeal
from kendali.terms import settings as terms

OUTCOME = DisposalItem.Outcome
PER_LOOK = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One line to be looked for, with what is known of it from before."""

    item: int
    record: int
    ref: str
    tries: int
    outcome: str
    known: Mapping[str, object]
    parts: Sequence[Part]
    intent: int


Judge = Callable[[Line, rules.Look, datetime], tuple[str, datetime | None]]


def open_intents(work: Work) -> int:
    """Settle what an earlier attempt left without an outcome; returns how many are still open (their record was busy).
    Gone: deleted by us, for we saw it before and there is our intent. Untouched: back to waiting."""
    left = journal.open_intents(work.fence.order_id)
    lines = _lines(work, left)
    settled = 0
    for start in range(0, len(lines), PER_LOOK):
        work.fence.check()
        settled += _look(work, lines[start : start + PER_LOOK], _after_a_crash(work), keep=False)
    return len(lines) - settled


def _after_a_crash(work: Work) -> Judge:
    def judge(line: Line, look: rules.Look, now: datetime) -> tuple[str, datetime | None]:
        outcome = rules.outcome("none", look, tries_left=line.tries < 4 * work.most_tries)
        return outcome, now + FIRST_LOOK if outcome == rules.LOOK_AGAIN else None

    return judge


def queued(work: Work) -> int:
    """Look once more for everything of this source whose time has come; returns how many lines have an end now."""
    due = DisposalItem.objects.filter(
        order=work.fence.order_id, source=work.source, outcome=OUTCOME.QUEUED, next_try_at__lte=work.clock()
    )
    keys = list(due.order_by("pk").values_list("pk", flat=True))
    ended = 0
    for start in range(0, len(keys), PER_LOOK):
        work.fence.check()
        lines = _lines(work, journal.last_intents(keys[start : start + PER_LOOK]))
        ended += _look(work, lines, _later(work), keep=True)
    return ended


def _later(work: Work) -> Judge:
    def judge(line: Line, look: rules.Look, now: datetime) -> tuple[str, datetime | None]:
        outcome = rules.later_outcome(
            str(line.known.get("answer", "")),
            look,
            overdue=now >= deadline(work.source.client_id, work.source.record_class, line.known, now),
        )
        wait = rules.back_off(_count(line.known) + 1, first=FIRST_LOOK, longest=LONGEST_LOOK)
        return outcome, now + wait if outcome == rules.LOOK_AGAIN else None

    return judge


def deadline(client: int, record_class: str, known: Mapping[str, object], now: datetime) -> datetime:
    """Until when a line is looked for."""
    since = parse_datetime(str(known.get("since", ""))) or now
    return since + timedelta(hours=terms.number("disposal.settle_hours", client, record_class))


def _count(known: Mapping[str, object]) -> int:
    value = known.get("looks", 0)
    return value if isinstance(value, int) else 0


def _lines(work: Work, intents: Mapping[int, int]) -> list[Line]:
    box = PartsSeal()
    rows = DisposalItem.objects.filter(pk__in=list(intents), source=work.source).order_by("pk")
    return [
        Line(pk, record, ref, tries, outcome, known, looks.opened(box, pk, sealed), intents[pk])
        for pk, record, ref, tries, outcome, known, sealed in rows.values_list(
            "pk", "record_id", "record__ref", "tries", "outcome", "facts", "parts_sealed"
        )
    ]


def _look(work: Work, lines: Sequence[Line], judge: Judge, *, keep: bool) -> int:
    """One transaction like that of a batch: the client's lock, the order's row, holds, then the source. Returns how
    many lines got an outcome; `keep`: only those that got an end."""
    with work.locked() as order:
        locked = facts.lock(order, [line.item for line in lines])
        mine = [line for line in lines if line.item in locked]
        holds = facts.holds_of(locked)
        _finish(work, order, mine, locked, holds)
        found = looks.read_back(work.deleter, {line.ref: line.parts for line in mine})
        now = work.clock()
        ended = [_ended(line, *found[line.ref], judge, holds.get(line.record, ()), now) for line in mine]
        journal.end(work.batch(), ended, now)
    return sum(not keep or one.outcome not in (OUTCOME.WAITING, OUTCOME.QUEUED) for one in ended)


def _finish(
    work: Work,
    order: DisposalOrder,
    lines: Sequence[Line],
    locked: Mapping[int, facts.Locked],
    holds: Mapping[int, Sequence[str]],
) -> None:
    """Files that were left when the worker died: a delete call like any other, so every rule is asked, holds above
    all. Its intent is in the journal already."""
    run = replace(work.run_facts(order), order_running=True)  # also when its rest was cancelled: between records only
    if not rules.may_run(run, work.clock()):
        return
    may = {}
    for line in lines:
        row = locked[line.item]
        known = facts.facts_of(run, row, ref=line.ref, fingerprint=None, parts_seen=len(line.parts),
                               holds=holds.get(row.record, ()), rings=work.rings)  # fmt: skip
        if rules.may_finish(known, work.clock()):
            may[line.ref] = line.parts
    if may:
        with suppress(TooLate):  # looked for again later
            work.deleter.finish(may)


def _ended(
    line: Line, look: rules.Look, counted: Mapping[str, object], judge: Judge, holds: Sequence[str], now: datetime
) -> Ended:
    outcome, when = judge(line, look, now)
    known = dict(line.known)
    answer = known.get("answer", "none") if line.outcome == OUTCOME.QUEUED else "none"
    measured = {**counted, "answer": answer, "looks": _count(known) + 1, "since": known.get("since") or now.isoformat()}
    if holds and not look.all_gone and not look.untouched:
        # Begun before the hold came: what is left stays, and the line says so.
        return Ended(line.item, line.record, line.intent, OUTCOME.HELD, {**measured, "hold": ", ".join(holds)}, None)
    return Ended(line.item, line.record, line.intent, outcome, measured, when)


def give_up(order: DisposalOrder, clock: datetime, batch: journal.Batch) -> int:
    """Lines past their deadline at a source that cannot even be opened: nobody knows what became of them."""
    rows = DisposalItem.objects.filter(order=order, outcome=OUTCOME.QUEUED)
    late = [
        (pk, record, known)
        for pk, record, known in rows.values_list("pk", "record_id", "facts")
        if clock >= deadline(order.client_id, order.proposal.record_class, known, clock)
    ]
    intents = journal.last_intents([pk for pk, _record, _known in late])
    ended = [Ended(pk, record, intents.get(pk), OUTCOME.UNKNOWN, known) for pk, record, known in late]
    journal.end(batch, ended, clock)
    return len(ended)
