"""When a record must be backed up, what its state is, who may move an escalation. No database, no clock of its own.

Source: procedure 5.1, 5.2 and steps 1, 2, 5, 6; records-control decisions 2-4 and 11; ISO 9001:2015 clause 7.5.3.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from kendali import civil_time
from kendali.verdict import YES, Verdict, no


@dataclass(frozen=True, slots=True)
class Retention:
    """What a policy says, as plain values."""

    zone: str
    backup_after_years: int
    lead_days: int
    delete_after_years: int


@dataclass(frozen=True, slots=True)
class Cuts:
    """The two instants of a day: content before `overdue` is older than the period, before `due` it soon will be."""

    due: datetime
    overdue: datetime


def cuts(today: date, retention: Retention) -> Cuts:
    years, zone = retention.backup_after_years, retention.zone
    return Cuts(
        due=civil_time.cut_instant(today + timedelta(days=retention.lead_days), years, zone),
        overdue=civil_time.cut_instant(today, years, zone),
    )


State = Literal["active", "due", "overdue", "backed_up", "changed", "unbackupable", "vanished", "not_computable"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one record; every state is computed from it."""

    started_at: datetime | None
    backup_clock: datetime | None
    has_version: bool
    changed_at: datetime | None
    vanished_at: datetime | None
    unbackupable: bool = False


def state(facts: Facts, now: Cuts) -> State:
    """The one state that matters most for backup, worst news first."""
    if facts.vanished_at and not facts.has_version:
        return "vanished"
    if facts.unbackupable:
        return "unbackupable"
    if facts.backup_clock is None:
        return "backed_up" if facts.has_version else "not_computable"
    if facts.vanished_at:
        return "backed_up"
    if facts.backup_clock < now.overdue:
        return "overdue"
    if facts.backup_clock < now.due:
        return "due"
    return "changed" if facts.has_version else "active"


def backup_clock(
    *, started_at: datetime | None, covered: bool, changed: bool, oldest_uncovered: datetime | None
) -> datetime | None:
    """The instant from which the backup period runs (decision 2): the oldest content that is not in a verified package.
    A record that changed without new content was edited: its oldest content may be what changed, so it counts."""
    if not covered:
        return started_at
    if not changed:
        return None
    return oldest_uncovered or started_at


def package_month(*, started_at: datetime | None, last_activity_at: datetime | None, zone: str) -> date:
    """Records leave together that come due for deletion together: the local month of the last activity."""
    instant = last_activity_at or started_at
    if instant is None:
        raise ValueError("a record without a date has no month")
    return civil_time.month_of(instant, zone)


def may_cut_off(cut_off: date, *, today: date, retention: Retention) -> Verdict:
    """A cut-off reaches at most today: what happens later is not known yet."""
    if cut_off >= today:
        return no("The cut-off has to be before today.")
    return YES


MOVES: dict[str, tuple[frozenset[str], str]] = {
    # verb: (from which status, to which)
    "send": (frozenset({"draft"}), "raised"),
    "accept": (frozenset({"raised"}), "accepted"),
    "return": (frozenset({"raised", "accepted", "stopped"}), "returned"),
    "start": (frozenset({"accepted", "stopped", "paused"}), "running"),
    "pause": (frozenset({"running"}), "paused"),
    "stop": (frozenset({"running"}), "stopped"),
    "finish": (frozenset({"running"}), "done"),
    "finish_incomplete": (frozenset({"running"}), "incomplete"),
    "confirm": (frozenset({"done", "incomplete"}), "confirmed"),
    "cancel": (frozenset({"draft", "raised"}), "cancelled"),
}
REASON_NEEDED = frozenset({"return", "cancel"})


def may_move(verb: str, status: str, *, reason: str = "") -> Verdict:
    sources, _ = MOVES[verb]
    if status not in sources:
        return no("This step does not follow from the status %(status)s.", status=status)
    if verb in REASON_NEEDED and not reason.strip():
        return no("Give a reason.")
    return YES


@dataclass(frozen=True, slots=True)
class HandOver:
    """Working days for each hand-over (settings handover.*)."""

    accept: int
    run: int
    confirm: int


def due_at(status: str, since: datetime, *, days: HandOver, zone: str, holidays: Container[date]) -> datetime | None:
    """Until when the next person has to act, 17.00 local (decision 11); None = nobody is waited for."""
    wait = {
        "raised": days.accept,
        "accepted": days.run,
        "stopped": days.run,
        "paused": days.run,
        "running": days.run,
        "done": days.confirm,
        "incomplete": days.confirm,
    }.get(status)
    return None if wait is None else civil_time.deadline(since, wait, zone, holidays)


def confirms_itself(status: str, due: datetime | None, now: datetime) -> bool:
    """A result without shortcomings confirms itself after its deadline; one with shortcomings waits for a person."""
    return status == "done" and due is not None and now > due


WAITS_FOR: dict[str, str] = {
    "draft": "escalation.raise",
    "raised": "escalation.accept",
    "accepted": "escalation.run",
    "running": "escalation.run",
    "paused": "escalation.run",
    "stopped": "escalation.run",
    "done": "escalation.confirm",
    "incomplete": "escalation.confirm",
}
