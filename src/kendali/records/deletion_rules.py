"""What may be deleted at a source, what became of it, and how an order of disposal moves. No database, no clock.

The one place of the invariants I1 to I4 (records-control): engine, preview and tests ask `may_delete`. Unknown means
keep. Source: procedure 5.3, 5.4 and steps 7, 8; records-control decisions 3, 5, 8, 9; UU 27/2022 articles 43, 44.
"""

from __future__ import annotations

import hmac
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from kendali import civil_time
from kendali.records.rules import HandOver, Retention
from kendali.verdict import YES, Verdict, no

CLOCK_TOLERANCE = timedelta(minutes=5)  # between host, database and source
BACKWARD_TOLERANCE = timedelta(seconds=5)  # hosts that share a database are never exactly together


def due_date(clock: datetime | None, retention: Retention) -> date | None:
    """The first local day on which a record may go: the day after the anniversary of its clock, in calendar years.
    None where there is no date: it never may (decision 2)."""
    if clock is None:
        return None
    return civil_time.eligible_from(clock, retention.delete_after_years, retention.zone)


# --- clocks


@dataclass(frozen=True, slots=True)
class Clocks:
    """`database` and `source`: their clock minus this host's; None = unknown. `last_audit`: newest row of the trail."""

    database: timedelta | None
    source: timedelta | None
    last_audit: datetime | None = None


def clocks_agree(clocks: Clocks, at: datetime) -> Verdict:
    """No deletion while host, database and source differ, or after time went backward (design, "Two databases")."""
    for name, skew in (("database", clocks.database), ("source", clocks.source)):
        if skew is None:
            return no("The clock of the %(clock)s is not known, so no date can be trusted.", code="clock", clock=name)
        if abs(skew) > CLOCK_TOLERANCE:
            seconds = int(abs(skew).total_seconds())
            return no(
                "The clock of the %(clock)s differs by %(seconds)s seconds from this computer's: set them right first.",
                code="clock",
                clock=name,
                seconds=seconds,
            )
    if clocks.database is not None and clocks.source is not None:
        apart = abs(clocks.database - clocks.source)
        if apart > CLOCK_TOLERANCE:
            return no("The clocks of database and source differ by %(seconds)s seconds: set them right first.",
                      code="clock", seconds=int(apart.total_seconds()))  # fmt: skip
    if clocks.last_audit is not None and at + BACKWARD_TOLERANCE < clocks.last_audit:
        return no("This computer's clock went backward since the last line of the audit trail: set it right first.",
                  code="clock")  # fmt: skip
    return YES


# --- one record


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """I2 as it stands now: `valid` is disposal's answer (unexpired, unrevoked, enough people said Ya)."""

    valid: Verdict
    list_digest: str  # of the list that was approved


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What holds for every record of a batch."""

    in_recovery: bool
    clocks: Clocks
    order_running: bool
    owns_lease: bool
    right_from: datetime | None  # since when the deleting credential may be used
    approval: Approval
    order_digest: str  # of the list this order carries out
    retention: Retention  # the policy in force now
    erasure_accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionFacts:
    """One record. Digests are keyed (HMAC under the record's salt): `backed_up` of the version in the package,
    `found` of what the source shows now; None = it could not be read."""

    run: RunFacts
    on_list: bool
    taken_out: bool
    same_version: bool  # the version that was approved is the current one
    package_status: str
    written_at: datetime | None
    verified_at: datetime | None
    backed_up: bytes
    found: bytes | None
    parts_seen: int  # how many things of it the source shows: what nobody saw nobody can miss afterwards
    holds: Sequence[str]  # numbers of the holds that cover it
    clock: datetime | None
    listed_due_on: date | None  # as the client saw it


def may_delete(facts: DeletionFacts, at: datetime) -> Verdict:
    """May this record be deleted at this instant? `facts["code"]` of a no is a key of OUTCOME_OF."""
    return may_run(facts.run, at) and _may_touch(facts, at) and _holds_what_was_backed_up(facts)


def may_finish(facts: DeletionFacts, at: datetime) -> Verdict:
    """The rest of a deletion that was cut off: the same, but its content is gone already and cannot be compared."""
    return may_run(facts.run, at) and _may_touch(facts, at)


def may_run(run: RunFacts, at: datetime) -> Verdict:
    """What stops the whole order, not one record."""
    if run.in_recovery:
        return no("This installation is in recovery: nothing is deleted until QMR and administrator confirmed it.",
                  code="recovery")  # fmt: skip
    if not run.order_running or not run.owns_lease:
        return no("This order is not being carried out by this worker any more.", code="fenced")
    return may_use_credential(run.right_from, at) and clocks_agree(run.clocks, at) and _approved(run)


def may_use_credential(right_from: datetime | None, at: datetime) -> Verdict:
    """Since when the deleting credential of a source is in force: a second person and 24 hours."""
    if right_from is None:
        return no("This source has no credential for deleting: enter one, a second person confirms it.", code="right")
    if at < right_from:
        return no("The credential for deleting at this source may be used only from %(from)s.",
                  code="right", **{"from": right_from.isoformat()})  # fmt: skip
    return YES


def _approved(run: RunFacts) -> Verdict:
    """I2."""
    if not run.approval.valid:
        return no(run.approval.valid.reason, **{**run.approval.valid.facts, "code": "approval"})
    if not run.order_digest or not hmac.compare_digest(run.order_digest, run.approval.list_digest):
        return no("The client approved another list than the one of this order.", code="approval")
    return YES


def _may_touch(facts: DeletionFacts, at: datetime) -> Verdict:
    """On the approved list (I2), under no hold (I3), past its date (I4), in a package that was read back (I1)."""
    if not facts.on_list:
        return no("This record is not on the list that the client approved.", code="not_on_list")
    if facts.taken_out:
        return no("The client took this record out of the list.", code="taken_out")
    if facts.holds:
        return no("A hold covers this record: %(holds)s.", code="held", holds=", ".join(facts.holds))
    return _is_due(facts, at) and _is_backed_up(facts)


def _is_due(facts: DeletionFacts, at: datetime) -> Verdict:
    """I4. A lengthened period holds at once; a shortened one never makes anything earlier than the client saw."""
    if facts.run.erasure_accepted:
        return YES
    due = due_date(facts.clock, facts.run.retention)
    if due is None or facts.listed_due_on is None:
        return no("This record has no date, so its period never ends.", code="not_due")
    due = max(due, facts.listed_due_on)
    if civil_time.local_date(at, facts.run.retention.zone) < due:
        return no("This record may be deleted only from %(due)s.", code="not_due", due=due.isoformat())
    return YES


def _is_backed_up(facts: DeletionFacts) -> Verdict:
    """I1, first half: a package that was read back after it was written."""
    if facts.package_status != "verified" or facts.verified_at is None or facts.written_at is None:
        return no("This record has no verified backup.", code="not_verified")
    if facts.verified_at < facts.written_at:
        return no("The package of this record was written after it was last read back.", code="not_verified")
    return YES


def _holds_what_was_backed_up(facts: DeletionFacts) -> Verdict:
    """I1, second half: the package holds exactly what the source has now."""
    if not facts.same_version:
        return no("This record was backed up again after the client approved: its content changed.", code="changed")
    if facts.found is None:
        return no("This record cannot be read at the source, so it cannot be compared with its backup.", code="changed")
    if not facts.backed_up or not hmac.compare_digest(facts.backed_up, facts.found):
        return no("This record changed at the source after its backup.", code="changed")
    if facts.parts_seen < 1:
        return no("Nothing of this record can be looked for at the source, so its absence could not be proved.",
                  code="unseen")  # fmt: skip
    return YES


# What a no means for the line of the order; a code that is not here concerns the whole order.
OUTCOME_OF: dict[str, str] = {
    "not_on_list": "refused",
    "taken_out": "taken_out",
    "held": "held",
    "not_due": "refused",
    "not_verified": "refused",
    "changed": "changed",
    "unseen": "refused",
}
# And what it means for the whole order: stop it, or give up the rest.
STOPS = frozenset({"recovery", "clock", "right"})
ENDS_THE_REST = frozenset({"approval"})


# --- what became of it


Answer = Literal["deleted", "queued", "already_absent", "changed", "held", "refused", "failed", "none"]
AGAIN = "waiting"  # comes back with a new intent
LOOK_AGAIN = "queued"  # only looked for again


@dataclass(frozen=True, slots=True)
class Look:
    """A read-back of one record, counted over its parts. `seen`: how many were there before."""

    seen: int
    gone: int
    present: int
    cannot_see: int

    @property
    def all_gone(self) -> bool:
        return self.seen > 0 and self.present == 0 and self.cannot_see == 0

    @property
    def untouched(self) -> bool:
        return self.gone == 0 and self.present > 0


def outcome(answer: Answer, look: Look, *, retryable: bool = False, tries_left: bool = True) -> str:
    """What the line says after a delete call: the read-back decides, the answer only explains what it shows.

    `none`: no answer came (the connection broke, the worker died). AGAIN and LOOK_AGAIN are no ends.
    """
    if answer in {"changed", "held", "refused"}:
        return answer  # the source says that it did not touch it
    if look.all_gone:
        return "already_absent" if answer == "already_absent" else "deleted"
    if answer == "failed":
        return AGAIN if retryable and tries_left and look.untouched else "failed" if look.untouched else LOOK_AGAIN
    if answer in {"none", "already_absent"} and look.untouched:
        return AGAIN if tries_left else "failed"
    return LOOK_AGAIN


def later_outcome(answer: str, look: Look, *, overdue: bool) -> str:
    """What a later look makes of a line. After the deadline: a queued job may still run, so nobody knows; what the
    source calls deleted and still shows was not deleted."""
    if look.all_gone:
        return "already_absent" if answer == "already_absent" else "deleted"
    if not overdue:
        return LOOK_AGAIN
    return "failed" if look.present and not look.cannot_see and answer != "queued" else "unknown"


def may_be_ours(answer: str, problem: str) -> bool:
    """A call was made and nobody knows whether it worked: when the record is gone later, it was ours (crash in mid-run,
    answer lost). After an answer that says "not done" somebody else deleted it."""
    return answer == "none" or problem in {"api_no_answer", "api_failed"}


# --- when the worker may go on


def window_open(first_hour: int, last_hour: int, at: datetime, zone: str) -> bool:
    """Whole local hours [first, last); 20 to 6 runs over midnight; equal hours = always."""
    if first_hour == last_hour:
        return True
    hour = at.astimezone(ZoneInfo(zone)).hour
    if first_hour < last_hour:
        return first_hour <= hour < last_hour
    return hour >= first_hour or hour < last_hour


def window_opens(first_hour: int, at: datetime, zone: str) -> datetime:
    """The next instant at which the window begins."""
    day = civil_time.local_date(at, zone)
    for _ in range(2):
        begin = civil_time.start_of_day(day, zone) + timedelta(hours=first_hour)
        if begin > at:
            return begin
        day += timedelta(days=1)
    return begin


def in_working_hours(at: datetime, *, zone: str, holidays: Container[date], first_hour: int, last_hour: int) -> Verdict:
    """An order is armed by a person at work, not at night (decision 9)."""
    local = at.astimezone(ZoneInfo(zone))
    at_work = time(first_hour) <= local.time() < time(last_hour) if last_hour < 24 else local.hour >= first_hour
    if civil_time.is_working_day(local.date(), holidays) and at_work:
        return YES
    return no("An order is armed on working days between %(from)s.00 and %(until)s.00 only.",
              **{"from": f"{first_hour:02d}", "until": f"{last_hour:02d}"})  # fmt: skip


def back_off(tries: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """1, 2, 4, … times `first`, never more than `longest`."""
    doublings = min(max(tries - 1, 0), 16)
    return min(longest, first * (1 << doublings))


# --- the paper


MOVES: dict[str, tuple[frozenset[str], str]] = {
    # verb: (from which status, to which)
    "accept": (frozenset({"raised"}), "accepted"),
    "return": (frozenset({"raised", "accepted"}), "returned"),
    "arm": (frozenset({"accepted"}), "armed"),
    "start": (frozenset({"armed"}), "running"),
    "pause": (frozenset({"running"}), "paused"),
    "wait": (frozenset({"running"}), "paused"),  # by itself: run window, daily quota
    "resume": (frozenset({"paused", "stopped"}), "running"),
    "stop": (frozenset({"running"}), "stopped"),
    "settle": (frozenset({"running"}), "settling"),
    "finish": (frozenset({"running", "settling"}), "done"),
    # Before anything was deleted; afterwards the rest is given up, and what is done stays done.
    "cancel": (frozenset({"raised", "accepted", "armed"}), "cancelled"),
    "cancel_rest": (frozenset({"running", "paused", "stopped"}), "settling"),
}
REASON_NEEDED = frozenset({"return", "cancel", "cancel_rest"})
WAITS_FOR: dict[str, str] = {
    "raised": "disposal_order.accept",
    "accepted": "disposal_order.arm",
    "paused": "disposal_order.pause",
    "stopped": "disposal_order.pause",
}


def may_move(verb: str, status: str, *, reason: str = "") -> Verdict:
    sources, _ = MOVES[verb]
    if status not in sources:
        return no("This step does not follow from the status %(status)s.", status=status)
    if verb in REASON_NEEDED and not reason.strip():
        return no("Give a reason.")
    return YES


def due_at(status: str, since: datetime, *, days: HandOver, zone: str, holidays: Container[date]) -> datetime | None:
    """Until when the next person has to act, 17.00 local (decision 11); None = nobody is waited for."""
    wait = {"raised": days.accept, "accepted": days.run, "paused": days.run, "stopped": days.run}.get(status)
    return None if wait is None else civil_time.deadline(since, wait, zone, holidays)


def may_arm(typed: str, number: str) -> Verdict:
    """The executor types the order's number: a click alone deletes nothing."""
    if typed.strip().upper() != number.upper():
        return no("The number you typed is not the number of this order (%(number)s).", number=number)
    return YES
