"""What an order of destruction has to do: every version of every record of its list, in every package of one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from kendali.audit.models import Entry
from kendali.disposal import locks
from kendali.disposal.actions import proposals
from kendali.disposal.models import Act, Proposal
from kendali.disposal.rules import approval_valid
from kendali.records import destruction_rules as rules
from kendali.records.actions import lease
from kendali.records.actions.deletion_facts import ERASES
from kendali.records.deletion_rules import Clocks
from kendali.records.models import ContractEnd, DisposalItem, DisposalOrder, Package, VersionDestruction
from kendali.records.queries import held
from kendali.terms.models import Policy
from kendali.terms.recovery import in_recovery
from kendali.verdict import Verdict, no

Fence = lease.Fence[DisposalOrder]
Status, Outcome = VersionDestruction.Status, DisposalItem.Outcome
UNDER_WAY = (Outcome.WAITING, Outcome.QUEUED)
OPEN = (Status.WAITING, Status.KEYS_REPLACED, Status.PENDING)

# A copy that another order is taking away already is not taken twice.
ROWS = """
INSERT INTO records_versiondestruction (item_id, version_id, package_id, slot, status, proof)
SELECT i.id, v.id, v.package_id, v.slot, 'waiting', '{}'
FROM records_disposalitem i JOIN records_recordversion v ON v.record_id = i.record_id AND v.destroyed_at IS NULL
WHERE i.order_id = %(order)s AND i.outcome = ANY(%(outcomes)s) AND NOT EXISTS (
  SELECT FROM records_versiondestruction d WHERE d.version_id = v.id AND d.item_id <> i.id
  AND d.status IN ('keys_replaced', 'pending', 'proved'))
ORDER BY v.package_id, v.id
ON CONFLICT (item_id, version_id) DO NOTHING
"""


class Refused(Exception):
    """The order as a whole may not go on; `verdict` is the sentence."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


@dataclass(frozen=True, slots=True)
class Target:
    """One version that goes: its row of the order, its record, and the record's own id at the source."""

    row: int
    item: int
    version: int
    record: int
    ref: str


def erasure(order: DisposalOrder) -> bool:
    """An accepted erasure request: one order for both acts, the copies after the source (decision 8)."""
    return order.act == Act.SOURCE and order.proposal.erasure_id is not None


def concerned(order: DisposalOrder) -> Sequence[str]:
    """Outcomes of lines whose copies this order destroys."""
    return (Outcome.DELETED, Outcome.ALREADY_ABSENT) if erasure(order) else (Outcome.WAITING,)


def make(order: DisposalOrder, fence: Fence) -> None:
    """A row for every version; twice is no error."""
    with transaction.atomic():
        fence.lock()
        with connection.cursor() as cursor:
            cursor.execute(ROWS, {"order": order.pk, "outcomes": list(concerned(order))})
        if not erasure(order):
            _nothing_there(order, fence.clock())


def _nothing_there(order: DisposalOrder, at: datetime) -> None:
    """No copy was there before us: never "destroyed by us"."""
    lines = order.items.filter(outcome=Outcome.WAITING, versions=None)
    lines.update(outcome=Outcome.ALREADY_ABSENT, settled_at=at, facts={"reason": "no_copy"})


def packages(order: DisposalOrder) -> list[UUID]:
    rows = VersionDestruction.objects.filter(item__order=order, status=Status.WAITING)
    if not erasure(order):
        rows = rows.filter(item__outcome__in=UNDER_WAY)
    return sorted(set(rows.values_list("package_id", flat=True)))


def targets(order: DisposalOrder, package: Package) -> list[Target]:
    """What still waits of one package."""
    rows = VersionDestruction.objects.filter(item__order=order, package=package, status=Status.WAITING)
    if not erasure(order):
        rows = rows.filter(item__outcome__in=UNDER_WAY)
    names = ("pk", "item_id", "version_id", "item__record_id", "item__record__ref")
    return [Target(*row) for row in rows.order_by("pk").values_list(*names)]


def insist(order: DisposalOrder, at: datetime) -> None:
    """Everything that forbids the order as a whole; Refused with the reason."""
    verdict = rules.may_run(
        rules.OrderFacts(
            in_recovery=in_recovery(),
            clocks=_clocks(at),
            approval=_approval(order, at),
            approved_digest=order.proposal.final_digest,
            order_digest=order.list_digest,
        ),
        at,
    )
    if not verdict:
        raise Refused(verdict)


def _approval(order: DisposalOrder, at: datetime) -> Verdict:
    """An approval is for beginning in time; an erasure's copies follow the deletion that it was valid for."""
    approval = proposals.approval_of(order.proposal)
    if erasure(order) and order.proposal.begun_at is not None and approval.valid_until is not None:
        at = min(at, approval.valid_until - timedelta(microseconds=1))
        if approval.status == Proposal.Status.EXPIRED:
            approval = replace(approval, status=Proposal.Status.APPROVED)
    return approval_valid(approval, at)


def _clocks(at: datetime) -> Clocks:
    """No source is asked here: there are two clocks, and the trail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now = cursor.fetchone()[0]
    last = Entry.objects.order_by("-pk").values_list("at", flat=True).first()
    return Clocks(database=now - timezone.now(), source=timedelta(0), last_audit=last)


ON_LIST = """
SELECT r.id, r.deleted_at, p.taken_out FROM records_record r
LEFT JOIN disposal_proposalitem p ON p.subject = r.id AND p.proposal_id = %(proposal)s
WHERE r.id = ANY(%(records)s)
"""


def judge(order: DisposalOrder, records: Collection[int], at: datetime) -> dict[int, Verdict]:
    """Record → why not, of those whose copies may not go. Inside a transaction: the client's lock is taken, so that no
    hold comes between this answer and its end (design, "Two databases")."""
    locks.shared(order.client_id)
    insist(order, at)
    holds, erased = held.of(list(records)), erasure(order)
    policy, request = _policy(order), order.proposal.erasure
    ended = ContractEnd.objects.filter(client_id=order.client_id, withdrawn_at=None).exists()
    with connection.cursor() as cursor:
        cursor.execute(ON_LIST, {"proposal": order.proposal_id, "records": list(records)})
        rows = cursor.fetchall()
    verdicts = {
        record: rules.may_destroy(
            rules.CopyFacts(
                on_list=taken_out is not None,
                taken_out=bool(taken_out),
                holds=holds.get(record, ()),
                deleted_at=deleted_at,
                copy_months=policy.backup_copy_months,
                zone=policy.zone,
                erasure=erased,
                erasure_accepted=request is not None and request.status in ERASES,
                contract_ended=ended,
            ),
            at,
        )
        for record, deleted_at, taken_out in rows
    }
    return {record: verdict for record, verdict in verdicts.items() if not verdict}


def _policy(order: DisposalOrder) -> Policy:
    """In force now: a lengthened period holds, too."""
    in_force = Policy.objects.filter(
        client=order.client_id, record_class=order.proposal.record_class, status=Policy.Status.EFFECTIVE
    ).first()
    return in_force or order.proposal.policy


def leave(
    order: DisposalOrder, fence: Fence, why: Mapping[int, Verdict], targets: Iterable[Target], at: datetime
) -> None:
    """These copies stay; the line says why. Inside the transaction that judged them."""
    rows = [one for one in targets if one.record in why]
    for code in {str(why[one.record].facts.get("code", "")) for one in rows}:
        some = [one for one in rows if why[one.record].facts.get("code", "") == code]
        kept = VersionDestruction.objects.filter(pk__in=[one.row for one in some], status=Status.WAITING)
        kept.update(status=Status.HELD, at=at, proof={"problem": {"code": code, "facts": {}}})
        outcome = OUTCOME_OF.get(code, Outcome.REFUSED)
        close_intents(order, fence, {one.item for one in some}, outcome, at)
    for item, verdict in {one.item: why[one.record] for one in rows}.items():
        _line(item, order, verdict, at)


def _line(item: int, order: DisposalOrder, verdict: Verdict, at: datetime) -> None:
    """Of an erasure the line itself stays what the source showed; what became of the copies stands beside it."""
    code = str(verdict.facts.get("code", ""))
    line = DisposalItem.objects.get(pk=item)
    if erasure(order):
        line.facts = {**line.facts, "copy": code, "copy_hold": verdict.facts.get("holds", "")}
    elif line.outcome in UNDER_WAY:
        line.facts = {**line.facts, "reason": code, "hold": verdict.facts.get("holds", "")}
        line.outcome, line.settled_at = OUTCOME_OF.get(code, Outcome.REFUSED), at
    line.save(update_fields=["facts", "outcome", "settled_at"])


OUTCOME_OF = {"held": Outcome.HELD, "taken_out": Outcome.TAKEN_OUT, "cancelled": Outcome.CANCELLED}

CLOSE = """
INSERT INTO records_journalentry (order_id, item_id, intent_id, kind, outcome, attempt, batch, worker, facts, at)
SELECT n.order_id, n.item_id, n.id, 'outcome', %(outcome)s, %(attempt)s, %(batch)s, %(worker)s, n.facts, %(at)s
FROM records_journalentry n WHERE n.item_id = ANY(%(items)s) AND n.kind = 'intent'
  AND NOT EXISTS (SELECT FROM records_journalentry o WHERE o.intent_id = n.id)
ORDER BY n.item_id, n.id
"""


def close_intents(order: DisposalOrder, fence: Fence, items: Collection[int], outcome: str, at: datetime) -> None:
    """Every intent of these lines that has no outcome yet gets this one (I5); before the line itself changes."""
    values: dict[str, Any] = {
        "outcome": outcome, "attempt": fence.attempt, "batch": uuid4(), "worker": fence.owner[:64], "at": at,
        "items": list(items),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, values)


def give_up(order: DisposalOrder, fence: Fence) -> None:
    """What still waits of an order that was cancelled, or whose approval ended: its keys were not touched."""
    with transaction.atomic():
        locked = fence.lock()
        if locked.status != DisposalOrder.Status.SETTLING or erasure(order):
            return
        rows = VersionDestruction.objects.filter(item__order=order, status=Status.WAITING)
        names = ("pk", "item_id", "version_id", "item__record_id", "item__record__ref")
        found = [Target(*row) for row in rows.values_list(*names)]
        verdict = no("The order was cancelled before its keys were taken.", code="cancelled")
        leave(order, fence, {one.record: verdict for one in found}, found, fence.clock())
