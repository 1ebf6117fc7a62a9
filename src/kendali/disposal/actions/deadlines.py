"""What time does to a proposal: reminders, silence, the end of an approval, the day to ask again. Jobs call these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from kendali import civil_time
from kendali.audit.actor import SYSTEM
from kendali.disposal import rules
from kendali.disposal.actions import erasures, invitations, proposals
from kendali.disposal.models import Act, Proposal, ProposalItem
from kendali.terms import settings as terms

STATUS = Proposal.Status
REMINDERS = ("approval.remind_first_days", "approval.remind_second_days")


def remind(*, at: datetime) -> list[Proposal]:
    """Reminders of lists that wait for an answer, each once; not of erasure requests, whose clock runs in hours."""
    found = []
    waiting = Proposal.objects.filter(status=STATUS.ASKED, due_at__gt=at, reminders__lt=len(REMINDERS), erasure=None)
    for row in waiting.select_related("client", "policy"):
        assert row.asked_at is not None  # the status says so
        days = [terms.number(key, row.client_id, row.record_class) for key in REMINDERS]
        due = rules.reminders_due(row.asked_at, at, days, row.policy.zone)
        with transaction.atomic():
            mine = Proposal.objects.filter(pk=row.pk, status=STATUS.ASKED, reminders=row.reminders, reminders__lt=due)
            if mine.update(reminders=due, reminded_at=at):
                proposals.tell(row, "proposal.reminder", "proposal.decide", at=at)
                invitations.remind_all(row, at=at)
                found.append(row)
    return found


def lapse(*, at: datetime) -> list[Proposal]:
    """Silence is no: lists that were not answered in time."""
    rows = Proposal.objects.filter(status=STATUS.ASKED, due_at__lt=at)
    changes = {"decided_at": at, "void_reason": {"code": "silence", "facts": {}}}
    return _run_out(rows, "lapse", "proposal.unanswered", changes, at)


def expire(*, at: datetime) -> list[Proposal]:
    """Approvals that were not carried out in time."""
    rows = Proposal.objects.filter(status=STATUS.APPROVED, valid_until__lte=at)
    return _run_out(rows, "expire", "proposal.expired", {"void_reason": {"code": "expired", "facts": {}}}, at)


def _run_out(
    rows: QuerySet[Proposal], verb: str, kind: str, changes: Mapping[str, object], at: datetime
) -> list[Proposal]:
    found = []
    for pk in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            row = rows.select_for_update(of=("self",), skip_locked=True).select_related("client", "policy")
            proposal = row.filter(pk=pk).first()
            if proposal is not None:
                proposals.moved(proposal, proposal, verb, actor=SYSTEM, at=at, changes=changes)
                erasures.undecided(proposal, at=at)
                proposals.end(proposal, at, kind)
                found.append(proposal)
    return found


def ask_again_lines(*, at: datetime) -> int:
    """The same for single records that were taken out as a refusal of a deletion; how many. Of backup copies a new list
    is drafted by itself."""
    waiting = ProposalItem.objects.filter(ask_again_on__isnull=False, asked_again_at=None, proposal__act=Act.SOURCE)
    told = 0
    for pk in list(waiting.values_list("proposal", flat=True).distinct().order_by("proposal")):
        row = Proposal.objects.select_related("client", "policy").get(pk=pk)
        with transaction.atomic():
            lines = waiting.filter(proposal=row, ask_again_on__lte=civil_time.local_date(at, row.policy.zone))
            count = lines.update(asked_again_at=at)
            if count:
                proposals.tell(row, "proposal.ask_again_lines", "proposal.propose", at=at, count=count)
                told += count
    return told


def ask_again(*, at: datetime) -> list[Proposal]:
    """The day has come on which a client who said No wants to be asked again: the Team Leader is told, once."""
    found = []
    untold = Q(reminded_at=None) | Q(reminded_at__lt=F("decided_at"))
    rows = Proposal.objects.filter(untold, status=STATUS.REFUSED, ask_again_on__isnull=False)
    for row in rows.select_related("client", "policy"):
        assert row.ask_again_on is not None
        if row.ask_again_on > civil_time.local_date(at, row.policy.zone):
            continue
        with transaction.atomic():
            if rows.filter(pk=row.pk).update(reminded_at=at):
                proposals.tell(row, "proposal.ask_again", "proposal.propose", at=at)
                found.append(row)
    return found
