"""Destroying backup copies: carry an order from the client's Ya to a proof for every version of every record.

take the keys (package by package, each with one point of no return) → old package keys destroyed → change of epoch, one
for many orders → bytes of whole packages removed → look, and prove. Rows are the truth: the job may die anywhere, run
twice, or find a slot that is away; then the order stays "belum musnah seluruhnya" and a later run goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from kendali.archive.errors import ArchiveError
from kendali.audit import actions as audit
from kendali.disposal.actions import proposals
from kendali.disposal.models import Act, Proposal
from kendali.records import destruction_rules as rules
from kendali.records.actions import destruction_keys as keys
from kendali.records.actions import destruction_plan as plan
from kendali.records.actions import destruction_proof as proof
from kendali.records.actions import destruction_settle as settling
from kendali.records.actions import disposal_orders, kept_copies, lease, register_rows
from kendali.records.actions import store as store_actions
from kendali.records.actions.destruction_plan import OPEN, Fence, Status
from kendali.records.models import DisposalItem, DisposalOrder, VersionDestruction
from kendali.terms import settings as terms
from kendali.terms.models import Policy
from kendali.terms.recovery import in_recovery

Running = DisposalOrder.Status
AT_ONCE = "at_once"
Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


def run(order_id: int, *, worker: str, clock: Clock = timezone.now) -> None:
    """The job of an order of act backup, running or settling. Raises lease.Busy while another worker is at it; every
    other end is a row."""
    fence = lease.take(order_id, worker, lease.DISPOSALS)
    if fence is None:
        return
    fence.clock = clock
    order = _order(order_id)
    until: datetime | None = None
    try:
        if order.act != Act.BACKUP:
            return
        if carry(order, fence):
            _finish(fence)
    except lease.Fenced:
        return
    except plan.Refused as refused:
        verdict = refused.verdict
        _stop(fence, str(verdict.facts.get("code", "refused")), {"reason": verdict.reason, **verdict.facts})
    except ArchiveError as error:
        _stop(fence, error.code, dict(error.facts))
    except Exception:
        until = timezone.now() + timedelta(seconds=30)  # `lease.orphaned` names it again
        raise
    finally:
        lease.release(fence, until=until)


def carry(order: DisposalOrder, fence: Fence) -> bool:
    """As far as it goes now; True when nothing of the order is left open. Also for the copies of an erasure request,
    after the source was looked at: the engine of the source deletion calls this under its own fence while it settles.

    Raises plan.Refused, ArchiveError, lease.Fenced."""
    if order.status == Running.RUNNING or plan.erasure(order):
        fence.progress.update(phase="keys", since=timezone.now().isoformat())
        _begin(order, fence)
        plan.make(order, fence)
        for package in plan.packages(order):
            keys.take_away(order, fence, package)
        if order.status == Running.RUNNING:
            _keys_taken(order, fence)
    plan.give_up(order, fence)
    touched = VersionDestruction.objects.filter(item__order=order).values_list("package_id", flat=True)
    for package in keys.left_to_bury(set(touched)):
        keys.bury(package, at=fence.clock())
    if terms.get("destruction.epoch", order.client_id, order.proposal.record_class) == AT_ONCE and _waits(order):
        proof.change_epoch(at=fence.clock())
    left = kept_copies.take(order, fence)
    proof.prove(order, fence, left)
    settling.close_failed(order, fence)
    return not left and not VersionDestruction.objects.filter(item__order=order, status__in=OPEN).exists()


def erase_copies(order: DisposalOrder, fence: Fence) -> bool:
    """The copies of an erasure request, under the fence of the source deletion; False: not wholly destroyed yet, and
    the order says why. Raises lease.Fenced."""
    try:
        return carry(order, fence)
    except plan.Refused as refused:
        verdict = refused.verdict
        _note(fence, str(verdict.facts.get("code", "refused")), {"reason": verdict.reason, **verdict.facts})
    except ArchiveError as error:
        _note(fence, error.code, dict(error.facts))
    return False


def _note(fence: Fence, code: str, facts: dict[str, object]) -> None:
    rows = DisposalOrder.objects.filter(pk=fence.order_id, attempt=fence.attempt)
    rows.update(problem={"code": code, "facts": audit.plain(facts)})


def _order(order_id: int) -> DisposalOrder:
    rows = DisposalOrder.objects.select_related("client", "proposal__policy", "proposal__erasure")
    return rows.get(pk=order_id)


def _waits(order: DisposalOrder) -> bool:
    return VersionDestruction.objects.filter(
        item__order=order, status__in=[Status.KEYS_REPLACED, Status.PENDING]
    ).exists()


def _begin(order: DisposalOrder, fence: Fence) -> None:
    """Before anything starts: the order as a whole, and a store whose lock would outlive the records."""
    now = fence.clock()
    if VersionDestruction.objects.filter(item__order=order).exclude(status=Status.WAITING).exists():
        return  # it began: from here on each package asks for itself
    plan.insist(order, now)
    _store_lock(now)
    if order.proposal.status == Proposal.Status.APPROVED and order.proposal.begun_at is None:
        with transaction.atomic():
            fence.lock()
            proposals.begin(at=now, proposal=order.proposal)


def _store_lock(at: datetime) -> None:
    """Looked at now, not remembered: a bucket's lock can be set at any time."""
    look = store_actions.look(at=at)
    lives = [
        365 * policy.delete_after_years + 30 * policy.backup_copy_months
        for policy in Policy.objects.filter(status=Policy.Status.EFFECTIVE)
    ]
    verdict = rules.store_allows(look.lock_days, min(lives, default=None))
    if not verdict:
        raise plan.Refused(verdict)


def _keys_taken(order: DisposalOrder, fence: Fence) -> None:
    """Nothing waits any more; what is left is the epoch and the proof."""
    now = fence.clock()
    with transaction.atomic():
        locked = fence.lock()
        queued = locked.items.filter(outcome=DisposalItem.Outcome.QUEUED).count()
        disposal_orders.settling(locked, queued=queued, at=now)
        order.status = locked.status


def _finish(fence: Fence) -> None:
    now = fence.clock()
    with transaction.atomic():
        order = fence.lock()
        disposal_orders.finished(order, totals=outcomes(order), at=now)
        DisposalOrder.objects.filter(pk=order.pk).update(progress={**fence.progress, "phase": "finished"}, problem={})
        register_rows.refresh_order(order.pk, at=now)


def outcomes(order: DisposalOrder) -> dict[str, int]:
    """Outcome → how many lines."""
    rows = order.items.order_by().values_list("outcome").annotate(count=Count("pk"))
    return dict(rows)


def _stop(fence: Fence, code: str, facts: dict[str, object]) -> None:
    """A person has to look. Where keys were taken already there is nothing to stop: the reason is shown on the order,
    and it is tried again. An approval that ended gives the rest up."""
    now = fence.clock()
    with transaction.atomic():
        try:
            order = fence.lock()
        except lease.Fenced:
            return
        if order.status != Running.RUNNING:
            _note(fence, code, facts)
        elif code == "approval":
            disposal_orders.give_up_rest(order, at=now, reason=str(facts.get("reason", code)))
        else:
            disposal_orders.stopped(order, code=code, facts=facts, at=now)


def nightly(*, at: datetime) -> list[int]:
    """One change of epoch for all orders whose keys were taken, then the orders that have to look again."""
    if in_recovery():
        return []
    try:
        proof.change_epoch(at=at)
    except ArchiveError as error:  # a slot failed and the change was discarded: the page of keys says it, too
        log.warning("no change of epoch for the destructions: %s", error.code)
    return settling_orders()


def settling_orders() -> list[int]:
    rows = VersionDestruction.objects.filter(
        status__in=[Status.KEYS_REPLACED, Status.PENDING], item__order__status=Running.SETTLING
    )
    return sorted(set(rows.values_list("item__order_id", flat=True)))
