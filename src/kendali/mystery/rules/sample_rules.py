"""How one sample moves from the plan to its destruction, and what attempts mean. No database, no clock.

Source: procedure 5.1, 5.2, 7 activity 3 and 10.2 (kept one year); mystery-calling "One sample" and "Decisions": 60
samples, Unconnected attempts are data. What counts to the 60 is said once, in `pace.counts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from kendali.civil_time import eligible_from, local_date
from kendali.mystery.rules import pace
from kendali.mystery.rules.machine import EXECUTORS, Move, Person, Role, may_move
from kendali.verdict import YES, Verdict, no


class SampleState(StrEnum):
    PLANNED = "planned"  # DIRENCANAKAN
    ASSIGNED = "assigned"  # DITUGASKAN
    CALLING = "calling"  # MEMANGGIL
    CALLED = "called"  # TERLAKSANA
    SCORING = "scoring"  # DRAF_NILAI
    SUBMITTED = "submitted"  # DIAJUKAN
    VERIFIED = "verified"  # TERVERIFIKASI
    LOCKED = "locked"  # TERKUNCI
    DESTROYED = "destroyed"  # DIMUSNAHKAN
    UNCONNECTED = "unconnected"  # TIDAK_TERSAMBUNG
    VOID = "void"  # BATAL
    MISSED = "missed"  # TERLEWAT


class SampleEvent(StrEnum):
    ASSIGN = "assign"  # also to somebody else; the stratum stays
    BEGIN_CALLING = "begin_calling"
    RECORD_ATTEMPT = "record_attempt"  # one that did not connect
    STOP_CALLING = "stop_calling"  # Hentikan kegiatan
    CONNECT = "connect"
    GIVE_UP = "give_up"
    SCORE = "score"
    SUBMIT = "submit"
    RETURN = "return"
    VERIFY = "verify"
    REVISE = "revise"  # a new revision; the old one is kept, marked retracted
    VOID = "void"
    MISS = "miss"
    LOCK = "lock"
    DESTROY = "destroy"


class VoidReason(StrEnum):
    COVER_BLOWN = "cover_blown"
    WRONG_QUEUE = "wrong_queue"
    SYSTEM_TROUBLE = "system_trouble"
    REAL_DATA_USED = "real_data_used"
    DUPLICATE = "duplicate"


class Outcome(StrEnum):
    """Of an attempt that did not connect. The first four score Access; the others are our own or nobody's doing."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    LOST_IN_IVR = "lost_in_ivr"
    DROPPED = "dropped"  # in the queue
    WRONG_QUEUE = "wrong_queue"
    OUT_OF_HOURS = "out_of_hours"
    TROUBLE = "trouble"


SCORE_ACCESS = frozenset({Outcome.BUSY, Outcome.NO_ANSWER, Outcome.LOST_IN_IVR, Outcome.DROPPED})
ABANDONED_AFTER = timedelta(hours=1)  # a call begun in its slot may end after it
TOLD_ABOUT = timedelta(minutes=5)  # by so much a phone's own clock may be off when it tells of an attempt afterwards
KEPT_YEARS = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Patience:
    """How many attempts, and how far apart, before a sample ends unconnected."""

    attempts: int = 3
    apart: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`opens`, `closes`: its slot. `called_at`: start of the call that connected. `verified_at`: of the revision that
    stands. `zone`: of the destination, whose local date says in which month the call was."""

    state: SampleState
    opens: datetime
    closes: datetime
    zone: str
    executor_id: int | None = None
    attempts: Sequence[Attempt] = ()
    called_at: datetime | None = None
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What comes with an event, as far as it needs it; what is not given forbids. `may_call`: what `assignment` says of
    this executor; `form`, `safety`: the form's validation and the scan for real data. `other_qa`: a QA besides the one
    who called. `frozen_at`: of the cycle; `approval`: the owner's, of the destruction."""

    at: datetime
    reason: str = ""
    void_reason: VoidReason | None = None
    executor: Person | None = None
    may_call: Verdict | None = None
    crisis: bool = True
    outcome: Outcome | None = None
    form: Verdict | None = None
    safety: Verdict | None = None
    other_qa: bool = True
    frozen_at: datetime | None = None
    approval: Verdict | None = None
    patience: Patience = Patience()


S, E, R = SampleState, SampleEvent, Role
QA = frozenset({R.QA, R.COORDINATOR})  # the Kordinator only where no other QA is
KENDALI = frozenset({R.SYSTEM})

MOVES: Mapping[SampleEvent, Move] = {
    E.ASSIGN: Move({S.PLANNED, S.ASSIGNED}, frozenset({R.QA, R.COORDINATOR})),
    E.BEGIN_CALLING: Move({S.ASSIGNED}, EXECUTORS),
    E.RECORD_ATTEMPT: Move({S.CALLING}, EXECUTORS),
    E.STOP_CALLING: Move({S.CALLING}, EXECUTORS),
    E.CONNECT: Move({S.CALLING}, EXECUTORS),
    E.GIVE_UP: Move({S.ASSIGNED, S.CALLING}, EXECUTORS | KENDALI),  # also after the activity was stopped
    E.SCORE: Move({S.CALLED}, EXECUTORS),
    E.SUBMIT: Move({S.SCORING}, EXECUTORS),
    E.RETURN: Move({S.SUBMITTED}, QA, needs_reason=True),
    E.VERIFY: Move({S.SUBMITTED}, QA),
    E.REVISE: Move({S.VERIFIED}, QA, needs_reason=True),
    E.VOID: Move({S.CALLING, S.CALLED, S.SCORING, S.SUBMITTED, S.VERIFIED}, QA),
    E.MISS: Move({S.PLANNED, S.ASSIGNED, S.CALLING}, KENDALI),
    E.LOCK: Move({S.VERIFIED}, KENDALI),
    E.DESTROY: Move({S.LOCKED, S.UNCONNECTED, S.VOID, S.MISSED}, KENDALI),
}
LEADS_TO: Mapping[SampleEvent, SampleState] = {
    E.ASSIGN: S.ASSIGNED,
    E.BEGIN_CALLING: S.CALLING,
    E.RECORD_ATTEMPT: S.CALLING,
    E.STOP_CALLING: S.ASSIGNED,
    E.CONNECT: S.CALLED,
    E.GIVE_UP: S.UNCONNECTED,
    E.SCORE: S.SCORING,
    E.SUBMIT: S.SUBMITTED,
    E.RETURN: S.SCORING,
    E.VERIFY: S.VERIFIED,
    E.REVISE: S.SCORING,
    E.VOID: S.VOID,
    E.MISS: S.MISSED,
    E.LOCK: S.LOCKED,
    E.DESTROY: S.DESTROYED,
}
REPLACED = frozenset({S.UNCONNECTED, S.VOID})  # a replacement sample of the same stratum is raised
CORRECTIONS = frozenset({E.RETURN, E.REVISE, E.VOID})


def may(event: SampleEvent, sample: Sample, who: Person, given: Given) -> Verdict:
    """May this person do this now? `facts["code"]` of a no names the rule."""
    if sample.state is S.LOCKED and event in CORRECTIONS:
        return no("The cycle is frozen, nothing of it is calculated again: a correction is a corrigendum in the next "
                  "report.", code="locked")  # fmt: skip
    return (
        may_move(MOVES, event, sample.state, who.role, reason=given.reason)
        and _as_executor(sample, who)
        and _as_judge(event, sample, who, given)
        and _what_it_needs(event, sample, given)
    )


def _as_executor(sample: Sample, who: Person) -> Verdict:
    if who.role in EXECUTORS and who.id != sample.executor_id:
        return no("This sample is assigned to somebody else.", code="executor")
    return YES


def may_judge(sample: Sample, who: Person, given: Given) -> Verdict:
    """Somebody who may verify this sample, in whatever state it is."""
    if who.role not in QA:
        return no("This step (%(event)s) is taken by %(roles)s.",
                  code="role", event=E.VERIFY.value, roles=sorted(QA))  # fmt: skip
    return _as_judge(E.VERIFY, sample, who, given)


def _as_judge(event: SampleEvent, sample: Sample, who: Person, given: Given) -> Verdict:
    """Verifier and executor are two people; without another QA the Kordinator verifies."""
    if event is E.ASSIGN or who.role not in QA:
        return YES
    if who.id == sample.executor_id:
        return no("Nobody judges his own call: another QA does.", code="own_work")
    if who.role is R.COORDINATOR and given.other_qa:
        return no("This is the QA's; the coordinator does it where there is no other QA.", code="other_qa")
    return YES


def _what_it_needs(event: SampleEvent, sample: Sample, given: Given) -> Verdict:
    if event is E.ASSIGN:
        return _may_assign(sample, given)
    if event is E.BEGIN_CALLING:
        return _may_begin(sample, given)
    if event in {E.RECORD_ATTEMPT, E.CONNECT} and given.at < sample.opens - TOLD_ABOUT:
        return _early(sample)
    if event is E.RECORD_ATTEMPT and given.outcome is None:
        return no("Choose what became of the attempt.", code="outcome")
    if event is E.GIVE_UP:
        return may_give_up(sample.attempts, given.patience)
    if event is E.SUBMIT:
        return _known(given.form) and _known(given.safety)
    if event is E.VOID and given.void_reason is None:
        return no("Choose why this sample is void.", code="void_reason")
    if event is E.MISS:
        return _has_passed(sample, given)
    if event is E.LOCK and given.frozen_at is None:
        return no("A sample is locked when its cycle is frozen.", code="not_frozen")
    return _may_destroy(sample, given) if event is E.DESTROY else YES


def _known(answer: Verdict | None) -> Verdict:
    return no("Not everything that this step needs has been checked.", code="unchecked") if answer is None else answer


def _may_assign(sample: Sample, given: Given) -> Verdict:
    if given.executor is None or given.executor.role not in EXECUTORS:
        return no("A QC Officer calls; a Team Leader or Supervisor may help.", code="not_executor")
    if given.at >= sample.closes:
        return no("The slot of this sample has passed.", code="passed")
    return _known(given.may_call)


def _may_begin(sample: Sample, given: Given) -> Verdict:
    if given.crisis:
        return no("Calling is stopped: the crisis flag is set. Customers come first.", code="crisis")
    if given.at < sample.opens:
        return _early(sample)
    if given.at >= sample.closes:
        return no("The slot of this sample has passed.", code="passed")
    return YES


def _early(sample: Sample) -> Verdict:
    return no("The slot of this sample begins at %(opens)s.", code="early", opens=sample.opens.isoformat())


def _has_passed(sample: Sample, given: Given) -> Verdict:
    grace = ABANDONED_AFTER if sample.state is S.CALLING else timedelta(0)
    if given.at < sample.closes + grace:
        return no("The slot of this sample has not passed yet.", code="not_passed")
    if may_give_up(sample.attempts, given.patience):
        return no("This sample was tried often enough: it ends unconnected, not missed.", code="unconnected")
    return YES


def _may_destroy(sample: Sample, given: Given) -> Verdict:
    """One year from the freeze of the cycle, with the owner's approval; disposal makes the certificate."""
    if given.frozen_at is None:
        return no("The year of retention begins when the cycle is frozen.", code="not_frozen")
    due = eligible_from(given.frozen_at, KEPT_YEARS, sample.zone)
    if local_date(given.at, sample.zone) < due:
        return no("This sample is kept until %(due)s.", code="not_due", due=due.isoformat())
    if given.approval is None:
        return no("The owner has not approved its destruction.", code="approval")
    return given.approval


# --- attempts


def counted_attempts(attempts: Iterable[Attempt], patience: Patience) -> tuple[Attempt, ...]:
    """Those that score Access and are far enough from the counted one before; the others are data all the same."""
    counted: list[Attempt] = []
    for one in sorted(attempts, key=lambda one: one.at):
        if one.outcome in SCORE_ACCESS and (not counted or one.at - counted[-1].at >= patience.apart):
            counted.append(one)
    return tuple(counted)


def may_give_up(attempts: Iterable[Attempt], patience: Patience) -> Verdict:
    made = len(counted_attempts(attempts, patience))
    if made < patience.attempts:
        return no("%(made)s of %(needed)s attempts, at least %(minutes)s minutes apart, have been made.",
                  code="attempts", made=made, needed=patience.attempts,
                  minutes=int(patience.apart / timedelta(minutes=1)))  # fmt: skip
    return YES


def next_attempt_from(attempts: Iterable[Attempt], patience: Patience) -> datetime | None:
    """From when another attempt counts; None = at once."""
    counted = counted_attempts(attempts, patience)
    return counted[-1].at + patience.apart if counted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconnected:
    """A sample that ended so. `last_at`: its last attempt; `zone`: of the area."""

    number: str
    area: str
    zone: str
    last_at: datetime


@dataclass(frozen=True, slots=True)
class AccessFinding:
    """Owned by the department set for Access, which answers in place of K3; never an agent's."""

    area: str
    day: date
    samples: tuple[str, ...]


def access_findings(unconnected: Iterable[Unconnected]) -> tuple[AccessFinding, ...]:
    """One finding for each area and local day, however many samples ended unconnected then."""
    days: dict[tuple[str, date], list[str]] = {}
    for one in sorted(unconnected, key=lambda one: one.number):
        days.setdefault((one.area, local_date(one.last_at, one.zone)), []).append(one.number)
    return tuple(AccessFinding(area, day, tuple(numbers)) for (area, day), numbers in sorted(days.items()))


# --- what counts


def cycle_of(sample: Sample) -> date | None:
    """The first day of the month of the call, by the local date of the destination; None = no call connected."""
    return None if sample.called_at is None else local_date(sample.called_at, sample.zone).replace(day=1)


def made(sample: Sample) -> pace.Made:
    """What the pace meter sees: a revision under way is not verified, whatever the one before it was."""
    verified = sample.state in {S.VERIFIED, S.LOCKED, S.DESTROYED}
    return pace.Made(
        called_on=None if sample.called_at is None else local_date(sample.called_at, sample.zone),
        verified_at=sample.verified_at if verified else None,
        voided=sample.state is S.VOID,
    )


def counts(sample: Sample, freezes: Mapping[date, datetime]) -> Verdict:
    """Does it count to the 60 of the month of its call? `freezes`: cycles (first day) that are frozen, and when. It
    never counts in another month."""
    month = cycle_of(sample)
    if month is None:
        return no("Only a connected call counts.", code="unconnected")
    return pace.counts(made(sample), month, freezes.get(month))
