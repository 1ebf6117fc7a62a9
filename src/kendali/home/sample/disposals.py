"""The paper of a disposal, played by the people who have to: proposal, answer, order, destruction, certificate.

Every step is the product's own action with its permission and its rule, at a given moment; nothing is written past
them. What a worker does is done in this process, on a clock that begins at that moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta

from kendali import civil_time
from kendali.accounts import sensitive
from kendali.accounts.models import Client, SensitiveChange, User
from kendali.accounts.permissions import RuleRefused
from kendali.disposal.actions import decisions
from kendali.disposal.actions import proposals as paper
from kendali.disposal.actions.decisions import Person, TakeOut
from kendali.disposal.models import Act, Decision, Proposal, ProposalItem
from kendali.records.actions import (
    certificates,
    deletion,
    destruction,
    destruction_due,
    disposal_orders,
    incidents,
    policies,
    proposals,
)
from kendali.records.models import DisposalOrder, Recheck, Record
from kendali.register import actions as register
from kendali.register.models import Certificate
from kendali.register.proving import Proof

People = Mapping[str, User]  # by their keys in `people.PEOPLE`: tari, indra, dewi, clara, …
MINUTES = timedelta(minutes=1)
WORKER = "sample"
PLAUSIBLE = timedelta(days=20 * 366)  # a record that is older than that has a wrong date


def running_from(at: datetime) -> Callable[[], datetime]:
    """A clock that shows `at` now and goes on from there."""
    began = time.monotonic()
    return lambda: at + timedelta(seconds=time.monotonic() - began)


# --- changes that need a second person


def confirmed(change: SensitiveChange, *, by: User, at: datetime) -> datetime:
    """A second person confirms; what comes back is when it is in force and the waiting after it is over, too."""
    sensitive.confirm(user=by, at=at, change=change)
    change.refresh_from_db()
    assert change.effective_at is not None
    return change.effective_at + sensitive.delay(change.client_id)


# --- the list and the client's answer


def share_of(client: Client, record_class: str, share: float, at: datetime) -> date | None:
    """A cut-off (the end of a month where that is possible) below which about this share lies of what may be proposed
    and was not yet; None where there is nothing."""
    policy = policies.effective(client, record_class)
    assert policy is not None
    latest = proposals.latest_cut_off(client, record_class, at)
    listed = ProposalItem.objects.filter(proposal__client=client, proposal__act=Act.SOURCE).values("subject")
    free = Record.objects.filter(
        source__client=client, source__record_class=record_class, deleted_at=None, vanished_at=None, changed_at=None,
        backup_clock=None, version__package__status="verified", source_state="resolved",
        last_activity_at__gte=at - PLAUSIBLE,
        last_activity_at__lt=civil_time.start_of_day(latest + timedelta(days=1), policy.zone),
    ).exclude(pk__in=listed)  # fmt: skip
    rows = free.order_by("last_activity_at").values_list("last_activity_at", flat=True)
    clocks = [clock for clock in rows if clock is not None]
    if not clocks:
        return None
    last = clocks[min(len(clocks) - 1, max(1, int(share * len(clocks))))]  # two at least: one can be taken out
    month = civil_time.month_of(last, policy.zone)
    return min(latest, civil_time.next_month(month) - timedelta(days=1))


def asked(*, by: User, at: datetime, client: Client, record_class: str, cut_off: date | None) -> Proposal | None:
    """The list is frozen and put to the client; None where there is nothing to ask for."""
    if cut_off is None:
        return None
    try:
        proposal = proposals.propose(user=by, at=at, client=client, record_class=record_class, cut_off=cut_off)
    except RuleRefused:
        return None
    if proposal.frozen_at is None:
        proposals.finish(proposal.pk, at=at)
        proposal.refresh_from_db()
    paper.ask(user=by, at=at + 5 * MINUTES, proposal=proposal)
    return proposal


def asked_for_copies(*, by: User, at: datetime, client: Client, record_class: str) -> Proposal | None:
    """The draft that Kendali makes by itself where the period of backup copies ended, put to the client."""
    destruction_due.draft_all(at=at)
    found = Proposal.objects.filter(client=client, record_class=record_class, act=Act.BACKUP, status="draft").first()
    if found is not None:
        paper.ask(user=by, at=at + 5 * MINUTES, proposal=found)
    return found


def yes(*, by: User, at: datetime, proposal: Proposal, without: Mapping[int, TakeOut] | None = None) -> None:
    """Ya, without the lines (by primary key) that the client takes out."""
    decisions.decide(
        at=at, proposal=proposal, answer=Decision.Answer.YES, list_digest=proposal.final_digest,
        person=Person(way=Decision.Way.LOGIN, user=by), take_out=without,
    )  # fmt: skip
    proposal.refresh_from_db()


def no(*, by: User, at: datetime, proposal: Proposal, reason: str, ask_again_on: date) -> None:
    decisions.decide(
        at=at, proposal=proposal, answer=Decision.Answer.NO, list_digest=proposal.final_digest,
        person=Person(way=Decision.Way.LOGIN, user=by), reason=reason, ask_again_on=ask_again_on,
    )  # fmt: skip
    proposal.refresh_from_db()


# --- the order and what a worker does


def ordered(*, by: User, to: User, at: datetime, proposal: Proposal) -> DisposalOrder:
    """The Team Leader sends it, Team IT accepts."""
    order = disposal_orders.raise_order(user=by, at=at, proposal=proposal)
    disposal_orders.accept(user=to, at=at + 10 * MINUTES, order=order)
    return order


def armed(*, by: User, at: datetime, order: DisposalOrder) -> None:
    disposal_orders.arm(user=by, at=at, order=order, typed_number=order.number)


def carried_out(order: DisposalOrder, *, at: datetime) -> DisposalOrder:
    """An armed order after its waiting period, to its end. A worker of the installation that finds its job later finds
    it done."""
    disposal_orders.start_due(at=at)
    clock = running_from(at)
    if order.act == Act.SOURCE:
        deletion.run(order.pk, worker=WORKER, clock=clock, patience=0)
    else:
        destruction.run(order.pk, worker=WORKER, clock=clock)
        destruction.nightly(at=clock())
        destruction.run(order.pk, worker=WORKER, clock=clock)
    order.refresh_from_db()
    return order


def looked_again(row: Recheck, *, at: datetime) -> int:
    """The later look at the source; how many records are there again."""
    return incidents.recheck(row, at=at)


# --- the certificate


def drafted(*, by: User, at: datetime, order: DisposalOrder) -> Certificate:
    """Drawn up by Document Control and sent out for signature, which is the first signature."""
    certificate = certificates.draft(user=by, at=at, order=order)
    register.send_for_signature(user=by, at=at, certificate=certificate, proof=proved(by, at))
    return certificate


def signed(certificate: Certificate, *, by: Iterable[User], at: datetime) -> Certificate:
    """One after the other, each in the part that is theirs; the last signature seals it."""
    for n, person in enumerate(by):
        moment = at + 4 * n * MINUTES
        register.sign(user=person, at=moment, certificates=[certificate], proof=proved(person, moment))
    certificate.refresh_from_db()
    return certificate


def proved(person: User, at: datetime) -> Proof:
    """The sample's people sign with their password."""
    return Proof(person.pk, "password", at)


__all__ = [
    "People", "armed", "asked", "asked_for_copies", "carried_out", "confirmed", "drafted", "looked_again", "no",
    "ordered", "proved", "running_from", "share_of", "signed", "yes",
]  # fmt: skip
