"""The paper of a disposal, for both acts: the Team Leader sends what the client approved, Team IT accepts and arms it.

Carrying it out is `deletion.py` (act source) and `destruction.py` (act backup). Source: procedure steps 3, 4, 7, 8;
records-control decisions 5, 6, 9, 11. Who raises, who approves and who executes are different people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.disposal import lists
from kendali.disposal.actions import proposals
from kendali.disposal.models import Act, Proposal
from kendali.disposal.words import WHY_VOID
from kendali.notices import actions as notices
from kendali.records import deletion_rules as rules
from kendali.records.actions import erasures, pacing, register_rows
from kendali.records.actions import proposals as lists_of_records
from kendali.records.calendar import days_off
from kendali.records.models import DisposalOrder
from kendali.records.rules import HandOver
from kendali.terms import free_text, numbers, recovery
from kendali.terms import settings as terms
from kendali.verdict import Verdict, no

STATUS = DisposalOrder.Status
SERIES = {Act.SOURCE: "ESP", Act.BACKUP: "EPS"}

ITEMS = """
INSERT INTO records_disposalitem (order_id, record_id, source_id, clock, due_on, size, keyed_digest, outcome, facts,
  tries, settled_at)
SELECT %(order)s, i.subject, i.source, i.clock, i.due_on, i.size, i.keyed_digest,
  CASE WHEN i.taken_out THEN 'taken_out' ELSE 'waiting' END,
  CASE WHEN i.taken_out THEN jsonb_build_object('reason', i.taken_reason) ELSE '{}'::jsonb END, 0,
  CASE WHEN i.taken_out THEN %(at)s::timestamptz END
FROM disposal_proposalitem i WHERE i.proposal_id = %(proposal)s ORDER BY i.source, i.month, i.id
"""


def raise_order(*, user: User, at: datetime, proposal: Proposal) -> DisposalOrder:
    """Step 3 or 4 after the client's Ya: the numbered escalation with exactly the approved list. The waiting period
    runs from the approval, so it may be over when Team IT accepts."""
    actor = permissions.acting(user, "disposal_order.raise", proposal.client)
    _stands(proposal, at)
    try:
        with transaction.atomic():
            row = proposals.locked(proposal)
            _approved(row, at, user)
            order = _create(row, user, at)
            _write_items(order, at)
            audit.record("disposal_order.raise", actor=actor, at=at, obj=order,
                         facts={"number": order.number, "count": order.list_count, "proposal": row.number,
                                "waiting_until": order.waiting_until, "list_digest": order.list_digest})  # fmt: skip
            tell(order, "disposal_order.raise", at=at)
            register_rows.refresh_order(order.pk, at=at)
            return order
    except IntegrityError as error:
        found = DisposalOrder.objects.filter(proposal=proposal, status__in=DisposalOrder.OPEN).first()
        raise RuleRefused(
            no(_("%(number)s is still open for this list: finish that one first."), number=str(found or ""))
        ) from error


ENDED = _("The client's approval is no longer valid.")
VOID = _("The client's approval is void: %(why)s Ask the client again with a new list.")


def _stands(proposal: Proposal, at: datetime) -> None:
    """Before each step: what voids the approval is found now, not at night. In transactions of their own, because
    approval and order stay ended although the step is refused. Raises RuleRefused."""
    why = lists_of_records.void_now(proposal, at=at)
    verdict = no(VOID, why=why) if why else proposals.approval_verdict(proposal, at=at)
    if verdict:
        return
    for order in DisposalOrder.objects.filter(proposal=proposal, status__in=rules.MOVES["cancel"][0]):
        with transaction.atomic():
            if (row := _locked(order)) is not None:
                _cancel(row, actor=SYSTEM, at=at, reason=WHY_VOID.get(why, ENDED))
    raise RuleRefused(verdict)


def _approved(proposal: Proposal, at: datetime, user: User) -> None:
    """The approval is worth something now, its lines are the ones that were signed, and by somebody else."""
    verdict = proposals.approval_verdict(proposal, at=at, lines=lists.digest(proposal, final=True).sha256)
    if not verdict:
        raise RuleRefused(verdict)
    if any(permissions.same_person(row.user_id, user) for row in proposal.decisions.all()):
        raise RuleRefused(no(_("Who approved this list does not send the order for it.")))


def _create(proposal: Proposal, user: User, at: datetime) -> DisposalOrder:
    whose = proposal.client_id, proposal.record_class
    hours = 0 if proposal.erasure_id else terms.number("disposal.waiting_hours", *whose)
    return DisposalOrder.objects.create(
        number=numbers.take(SERIES[Act(proposal.act)], at),
        act=proposal.act,
        proposal=proposal,
        client=proposal.client,
        list_digest=proposal.final_digest,
        list_count=proposal.final_count,
        waiting_until=(proposal.decided_at or at) + timedelta(hours=hours),
        due_at=_due(STATUS.RAISED, proposal, at),
        raised_by=user,
        raised_at=at,
    )


def _write_items(order: DisposalOrder, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, {"order": order.pk, "proposal": order.proposal_id, "at": at})


def accept(*, user: User, at: datetime, order: DisposalOrder) -> None:
    """Step 7 or 8."""
    actor = permissions.acting(user, "disposal_order.accept", order.client)
    _other_person(order, user)
    _stands(order.proposal, at)
    with transaction.atomic():
        _move(order, "accept", actor=actor, at=at, changes={"accepted_by": user, "accepted_at": at})


@transaction.atomic
def return_to_raiser(*, user: User, at: datetime, order: DisposalOrder, reason: str) -> None:
    actor = permissions.acting(user, "disposal_order.return", order.client)
    _move(order, "return", actor=actor, at=at, reason=reason)
    _give_up(order, at, "returned")


def arm(*, user: User, at: datetime, order: DisposalOrder, typed_number: str) -> None:
    """In working hours, by typing its number. It starts by itself when waiting period and run window allow."""
    actor = permissions.acting(user, "disposal_order.arm", order.client)
    _other_person(order, user)
    _stands(order.proposal, at)
    for verdict in (may_arm_now(order, at), rules.may_arm(typed_number, order.number)):
        if not verdict:
            raise RuleRefused(verdict)
    with transaction.atomic():
        _move(order, "arm", actor=actor, at=at, changes={"armed_by": user, "armed_at": at})


def may_arm_now(order: DisposalOrder, at: datetime) -> Verdict:
    """Everything but the typed number: for the page, too."""
    verdict, whose = rules.may_move("arm", order.status), (order.client_id, order.proposal.record_class)
    return (
        verdict
        and rules.in_working_hours(
            at,
            zone=order.proposal.policy.zone,
            holidays=days_off(),
            first_hour=terms.number("disposal.arm_from", *whose),
            last_hour=terms.number("disposal.arm_until", *whose),
        )
        and proposals.approval_verdict(order.proposal, at=at)
    )


@transaction.atomic
def pause(*, user: User, at: datetime, order: DisposalOrder) -> None:
    """Waits for the batch that is at work (2 s at most); then nothing more is deleted."""
    actor = permissions.acting(user, "disposal_order.pause", order.client)
    _move(order, "pause", actor=actor, at=at, changes={"problem": {}})


@transaction.atomic
def resume(*, user: User, at: datetime, order: DisposalOrder) -> None:
    """After a pause or a stop. The job is deferred in this transaction."""
    actor = permissions.acting(user, "disposal_order.pause", order.client)
    _other_person(order, user)
    verdict = proposals.approval_verdict(order.proposal, at=at)
    if not verdict:
        raise RuleRefused(verdict)
    _move(order, "resume", actor=actor, at=at, changes={"problem": {}})
    _defer(order)


@transaction.atomic
def cancel(*, user: User, at: datetime, order: DisposalOrder, reason: str) -> None:
    """By the client or the Team Leader, also in the waiting period and while it runs: between two records. What is
    deleted stays deleted; every line that has no end yet gets the end "cancelled"."""
    actor = permissions.acting(user, "disposal_order.cancel", order.client)
    _cancel(order, actor=actor, at=at, reason=reason)


def _cancel(order: DisposalOrder, *, actor: Actor, at: datetime, reason: str) -> None:
    begun = order.status not in rules.MOVES["cancel"][0]
    _move(order, "cancel_rest" if begun else "cancel", actor=actor, at=at, reason=reason)
    _give_up(order, at, "cancelled")
    if begun:
        _defer(order)  # settles what is under way


@transaction.atomic
def give_up_rest(order: DisposalOrder, *, at: datetime, reason: str) -> None:
    """By the engine: the approval ended, so nothing more may be deleted."""
    _cancel(order, actor=SYSTEM, at=at, reason=reason)


GIVE_UP = """
UPDATE records_disposalitem i SET outcome = 'cancelled', settled_at = %(at)s,
  facts = jsonb_build_object('reason', %(why)s::text)
WHERE i.order_id = %(order)s AND i.outcome = 'waiting' AND NOT EXISTS (
  SELECT FROM records_journalentry n WHERE n.item_id = i.id AND n.kind = 'intent'
    AND NOT EXISTS (SELECT FROM records_journalentry o WHERE o.intent_id = n.id))
"""


def _give_up(order: DisposalOrder, at: datetime, why: str) -> None:
    """Lines that wait. One whose deletion may have begun is settled by a look at the source first."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_UP, {"order": order.pk, "at": at, "why": why})


def give_up_waiting(order: DisposalOrder, *, at: datetime, why: str) -> None:
    _give_up(order, at, why)


def start_due(*, at: datetime) -> list[DisposalOrder]:
    """Armed orders whose waiting period is over and whose run window is open; and those that wait for the next window.
    Nothing starts in recovery. An order whose approval ended meanwhile is cancelled."""
    started: list[DisposalOrder] = []
    if recovery.in_recovery():
        return started
    for order in _waiting_for_time(at):
        with transaction.atomic():
            row = _locked(order)
            if row is not None and _start_one(row, at):
                started.append(row)
    return started


def _waiting_for_time(at: datetime) -> list[DisposalOrder]:
    armed = DisposalOrder.objects.filter(status=STATUS.ARMED, waiting_until__lte=at)
    waiting = DisposalOrder.objects.filter(status=STATUS.PAUSED, problem__code__in=pacing.WAITS)
    return list((armed | waiting).order_by("pk"))


def _locked(order: DisposalOrder) -> DisposalOrder | None:
    """None: another worker starts it just now, or it has moved on."""
    rows = DisposalOrder.objects.select_for_update(of=("self",), skip_locked=True)
    return rows.select_related("client", "proposal__policy").filter(pk=order.pk, status=order.status).first()


def _start_one(order: DisposalOrder, at: datetime) -> bool:
    if why := lists_of_records.void_now(order.proposal, at=at):
        _cancel(order, actor=SYSTEM, at=at, reason=WHY_VOID[why])
        return False
    if not proposals.approval_verdict(order.proposal, at=at):
        _cancel(order, actor=SYSTEM, at=at, reason=ENDED)
        return False
    if not pacing.may_start(order, at):
        return False
    if order.status == STATUS.ARMED:
        proposals.begin(at=at, proposal=order.proposal)
        _move(order, "start", actor=SYSTEM, at=at, changes={"started_at": at, "problem": {}})
    else:
        _move(order, "resume", actor=SYSTEM, at=at, changes={"problem": {}})
    _defer(order)
    return True


def expire(*, at: datetime, proposal: Proposal | None = None) -> list[DisposalOrder]:
    """Orders that nobody carried out while the approval was valid: what is left of them is cancelled. `proposal`: only
    those of this list, whose approval was just taken back."""
    ended = []
    rows = DisposalOrder.objects.filter(
        status__in=(STATUS.RAISED, STATUS.ACCEPTED, STATUS.ARMED, STATUS.PAUSED, STATUS.STOPPED)
    )
    rows = rows.filter(proposal=proposal) if proposal is not None else rows
    for order in rows.exclude(proposal__status=Proposal.Status.APPROVED, proposal__valid_until__gt=at):
        with transaction.atomic():
            row = _locked(order)
            if row is not None and not proposals.approval_verdict(row.proposal, at=at):
                _cancel(row, actor=SYSTEM, at=at, reason=ENDED)
                ended.append(row)
    return ended


def _defer(order: DisposalOrder) -> None:
    from kendali.records import tasks  # tasks call actions; here an action defers a task

    tasks.run_order.defer(order_id=order.pk)


def _other_person(order: DisposalOrder, user: User) -> None:
    """The executor neither raised, proposed nor approved it."""
    involved = [(order.raised_by_id, _("Who raised this order does not carry it out."))]
    involved += [(order.proposal.proposed_by_id, _("Who proposed this list does not carry the order out."))]
    involved += [
        (row.user_id, _("Who approved this list does not carry the order out."))
        for row in order.proposal.decisions.all()
    ]
    for person, reason in involved:
        if person is not None and permissions.same_person(person, user):
            raise RuleRefused(no(reason))


def _move(
    order: DisposalOrder,
    verb: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    changes: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Compare-and-set of the status, with its audit line, the next deadline and the notice at the hand-over."""
    reason = reason.strip()
    for verdict in (rules.may_move(verb, order.status, reason=reason), free_text.acceptable(reason)):
        if not verdict:
            raise RuleRefused(verdict)
    to = rules.MOVES[verb][1]
    given = {"reason": reason} if reason else {}
    audit.move(
        order,
        to,
        verb=f"disposal_order.{verb}",
        actor=actor,
        at=at,
        expected=order.status,
        changes={**(changes or {}), "due_at": _due(to, order.proposal, at), **given},
        facts={"number": order.number, **given, **(facts or {})},
    )
    if verb in TOLD:
        tell(order, f"disposal_order.{verb}", at=at)
    if verb in REGISTERED:
        register_rows.refresh_order(order.pk, at=at)


TOLD = frozenset({"accept", "return", "stop", "finish", "cancel", "cancel_rest"})
# Where an order stands still or is given up, the register is right at once; at its end the engines see to it.
REGISTERED = frozenset({"return", "cancel", "stop", "pause", "wait"})


def _due(status: str, proposal: Proposal, at: datetime) -> datetime | None:
    whose = proposal.client_id, proposal.record_class
    days = HandOver(
        accept=terms.number("handover.accept_days", *whose),
        run=terms.number("handover.run_days", *whose),
        confirm=terms.number("handover.confirm_days", *whose),
    )
    return rules.due_at(status, at, days=days, zone=proposal.policy.zone, holidays=days_off())


def tell(order: DisposalOrder, kind: str, *, at: datetime) -> None:
    """Who has to act next; at an end the raiser and, for the certificate, Document Control; of an acceptance and an
    end the raiser."""
    action = rules.WAITS_FOR.get(order.status) if kind != "disposal_order.accept" else None
    raised = [order.raised_by, order.accepted_by if order.status == STATUS.CANCELLED else None]
    people = list(permissions.holders(action, order.client)) if action else [one for one in raised if one]
    if order.status == STATUS.DONE:
        people += permissions.holders("certificate.draft", order.client)
    facts = {"number": order.number, "count": order.list_count, "client": order.client.name, "reason": order.reason}
    notices.notify(people, kind=kind, at=at, due=order.due_at, url=address(order), facts=facts)


def address(order: DisposalOrder) -> str:
    return f"/penghapusan/{order.pk}/"


# The worker's side of the same machine. Each expects the order's row locked by the caller.


def stopped(order: DisposalOrder, *, code: str, facts: Mapping[str, object], at: datetime) -> None:
    changes = {"problem": {"code": code, "facts": audit.plain(facts)}}
    _move(order, "stop", actor=SYSTEM, at=at, changes=changes, facts={"problem": code})


def waits(order: DisposalOrder, *, code: str, facts: Mapping[str, object], at: datetime) -> None:
    """Paused by itself: `start_due` goes on when the time has come."""
    _move(order, "wait", actor=SYSTEM, at=at, changes={"problem": {"code": code, "facts": audit.plain(facts)}},
          facts={"problem": code})  # fmt: skip


def settling(order: DisposalOrder, *, queued: int, at: datetime) -> None:
    _move(order, "settle", actor=SYSTEM, at=at, facts={"queued": queued})


def finished(order: DisposalOrder, *, totals: Mapping[str, int], at: datetime) -> None:
    _move(order, "finish", actor=SYSTEM, at=at, changes={"finished_at": at}, facts={**totals, "totals": dict(totals)})
    proposals.close(at=at, proposal=order.proposal, more=erasures.more_to_list(order.proposal))
