"""When a backup copy may be destroyed, and what counts as proof that it was. No database, no clock of its own.

Source: records-control decisions 6, 7, 8 and invariants I2 to I4; design, "Keys" and "Epochs"; ISO 15489-1 (destruction
includes every copy); NIST SP 800-88 r2 (verification and validation are two acts). Unknown means keep.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kendali import civil_time
from kendali.records.deletion_rules import Clocks, clocks_agree
from kendali.verdict import YES, Verdict, no


def months_after(day: date, months: int) -> date:
    """The same day `months` later; where that month has no such day, the first of the next (29 Feb + n = 1 March)."""
    month = civil_time.add_months(day, months)
    try:
        return month.replace(day=day.day)
    except ValueError:
        return civil_time.next_month(month)


def copy_due_on(deleted_at: datetime, months: int, zone: str) -> date:
    """The first local day on which the backup copy may go: the day after the period ended, in calendar months."""
    return months_after(civil_time.local_date(deleted_at, zone), months) + timedelta(days=1)


def copy_cut(today: date, months: int) -> date:
    """Everything deleted at the source before this local day is due on `today`, by `copy_due_on`."""
    cut = civil_time.add_months(today, -months - 1)  # months differ in length: begin before, and go on
    while months_after(cut, months) + timedelta(days=1) <= today:
        cut += timedelta(days=1)
    return cut


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What holds for every record of an order."""

    in_recovery: bool
    clocks: Clocks
    approval: Verdict  # disposal's answer: unexpired, unrevoked, enough people said Ya
    approved_digest: str
    order_digest: str


def may_run(facts: OrderFacts, at: datetime) -> Verdict:
    if facts.in_recovery:
        return no("This installation is in recovery: nothing is destroyed until QMR and administrator confirmed it.",
                  code="recovery")  # fmt: skip
    return clocks_agree(facts.clocks, at) and _approved(facts)


def _approved(facts: OrderFacts) -> Verdict:
    """I2."""
    if not facts.approval:
        return no(facts.approval.reason, **{**facts.approval.facts, "code": "approval"})
    if not facts.order_digest or not hmac.compare_digest(facts.order_digest, facts.approved_digest):
        return no("The client approved another list than the one of this order.", code="approval")
    return YES


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """One record. `erasure`: the source deletion of an accepted erasure request was verified; `erasure_accepted`: this
    is the list of such a request for copies of what was deleted earlier; `contract_ended`: the client's contract is
    over, and this list was approved by the client."""

    on_list: bool
    taken_out: bool
    holds: Sequence[str]
    deleted_at: datetime | None
    copy_months: int
    zone: str
    erasure: bool = False
    erasure_accepted: bool = False
    contract_ended: bool = False


def may_destroy(facts: CopyFacts, at: datetime) -> Verdict:
    """May every backup copy of this record go now? `facts["code"]` of a no says which invariant."""
    if not facts.on_list:
        return no("This record is not on the list that the client approved.", code="not_on_list")
    if facts.taken_out:
        return no("The client took this record out of the list.", code="taken_out")
    if facts.holds:
        return no("Held by %(holds)s: no copy of it is destroyed.", code="held", holds=", ".join(facts.holds))
    if facts.erasure or facts.contract_ended:
        return YES
    if facts.deleted_at is None:
        return no("It was not deleted at the source: its backup copy stays.", code="not_deleted")
    if facts.erasure_accepted:
        return YES
    due = copy_due_on(facts.deleted_at, facts.copy_months, facts.zone)
    if civil_time.local_date(at, facts.zone) < due:
        return no("Its backup copy is kept until %(due)s.", code="not_due", due=due.isoformat())
    return YES


def store_allows(lock_days: int, shortest_life: int | None) -> Verdict:
    """A store that keeps every object longer than the lawful life of a record makes a whole destruction impossible."""
    if lock_days and (shortest_life is None or lock_days > shortest_life):
        return no(
            "The store locks every object for %(days)s days, longer than the records may live: their copies cannot be "
            "removed in time. Nothing was begun; move the archive to a store with a shorter lock.",
            code="store_lock",
            days=lock_days,
        )
    return YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the looks after a destruction showed of one version. None: it could not be looked at."""

    key_absent: bool | None  # in the database and in the newest vault
    opened: bool | None  # the attempt to read it
    neighbour_opened: bool | None  # True: another one still opens; None: none is left, or it was not tried
    none_left: bool = False  # the whole package went
    sealed_before: str = ""  # SHA-256 of its sealed bytes, hex; "" where a whole package is removed
    sealed_after: str = ""
    bytes_gone: bool | None = None  # whole packages: the store lists nothing of it any more


def proved(seen: Seen) -> Verdict:
    """A failed read alone proves nothing: the key must be known to be absent, the way of reading must still work, and
    the bytes must be the same, or be gone on purpose."""
    if seen.key_absent is not True:
        return no("Its key is still in the database or in the newest vault.", code="key_present")
    if seen.opened is not False:
        return no("It could still be read, or the attempt says nothing.", code="still_opens")
    if seen.neighbour_opened is not True and not seen.none_left:
        return no("No neighbour could be opened, so a failed read proves nothing.", code="no_neighbour")
    if seen.bytes_gone is None and (not seen.sealed_before or seen.sealed_before != seen.sealed_after):
        return no("Its sealed bytes are not what they were, so a failed read proves nothing.", code="bytes_changed")
    if seen.bytes_gone is False:
        return no("The store still lists bytes of the package.", code="bytes_left")
    return YES
