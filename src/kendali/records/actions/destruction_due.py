"""What may be destroyed now: the period of the backup copy ended, so a proposal is drafted by itself (decision 6)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from kendali import civil_time
from kendali.accounts.models import Client
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actor import SYSTEM
from kendali.disposal.models import Act, Proposal, ProposalItem
from kendali.records import destruction_rules as rules
from kendali.records.actions import proposals
from kendali.records.actions.package_keys import TAKEN
from kendali.records.models import Record, RecordVersion
from kendali.terms.models import Policy
from kendali.terms.recovery import in_recovery


def due(policy: Policy, at: datetime) -> QuerySet[Record]:
    """Records of this client and class whose copies have lived long enough, and that no open list holds. What a hold
    covers is among them: the proposal lists it apart. What the client refused waits for the day it named."""
    today = civil_time.local_date(at, policy.zone)
    cut = civil_time.start_of_day(rules.copy_cut(today, policy.backup_copy_months), policy.zone)
    whole = Q(proposal__status=Proposal.Status.REFUSED, proposal__ask_again_on__gt=today)
    single = Q(taken_out=True, ask_again_on__gt=today)
    refused = ProposalItem.objects.filter(whole | single, subject=OuterRef("pk"), proposal__act=Act.BACKUP)
    return with_copies(policy.client, policy.record_class).filter(~Exists(refused), deleted_at__lt=cut)


def with_copies(client: Client, record_class: str) -> QuerySet[Record]:
    """Records with a copy that a key still opens, and that wait in no list yet."""
    live = RecordVersion.objects.filter(record=OuterRef("pk"), destroyed_at=None)
    listed = ProposalItem.objects.filter(
        subject=OuterRef("pk"), taken_out=False, proposal__act=Act.BACKUP, proposal__status__in=Proposal.OPEN
    )
    rows = Record.objects.filter(source__client=client, source__record_class=record_class, destroyed_at=None)
    return rows.filter(Exists(live.exclude(destructions__status__in=TAKEN)), ~Exists(listed))


def draft_all(*, at: datetime) -> list[Proposal]:
    """One draft per client and class with something due; a draft that waits to be sent is left alone."""
    if in_recovery():
        return []
    drafted = []
    for policy in Policy.objects.filter(status=Policy.Status.EFFECTIVE).select_related("client"):
        open_draft = Proposal.objects.filter(
            client=policy.client, record_class=policy.record_class, act=Act.BACKUP, status=Proposal.Status.DRAFT
        )
        records = due(policy, at)
        if open_draft.exists() or not records.exists():
            continue
        try:
            drafted.append(
                proposals.propose_backup_destruction(
                    user=SYSTEM, at=at, client=policy.client, record_class=policy.record_class, records=records
                )
            )
        except RuleRefused:  # everything due is held, or another process was faster
            continue
    return drafted
