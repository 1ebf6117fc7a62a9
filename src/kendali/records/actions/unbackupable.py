"""Records that cannot be backed up: the Team Leader proposes, the QMR confirms (records-control decision 4)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.notices import actions as notices
from kendali.records.actions import counts
from kendali.records.models import EscalationItem, Record, Unbackupable
from kendali.terms import free_text
from kendali.verdict import no


def propose(*, user: User, at: datetime, record: Record, reason: str) -> Unbackupable:
    """Only for a record that a backup reported as a shortcoming; the reason is shown for as long as the record is."""
    client = record.source.client
    actor = permissions.acting(user, "unbackupable.propose", client)
    if not reason.strip():
        raise RuleRefused(no(_("Give a reason.")))
    if not (clean := free_text.acceptable(reason)):
        raise RuleRefused(clean)
    item = EscalationItem.objects.filter(record=record, outcome=EscalationItem.Outcome.PROBLEM).order_by("-pk").first()
    if item is None or record.version_id is not None:
        raise RuleRefused(no(_("No backup has reported a shortcoming for this record: back it up first.")))
    code = item.problems[0]["code"] if item.problems else ""
    try:
        with transaction.atomic():
            row = Unbackupable.objects.create(
                record=record, reason=reason.strip(), problem=code, proposed_by=user, proposed_at=at
            )
            audit.record(
                "unbackupable.propose",
                actor=actor,
                at=at,
                obj=record,
                client=client,
                facts={"reason": reason.strip(), "problem": code},
            )
            notices.notify(
                permissions.holders("unbackupable.confirm", client),
                kind="unbackupable.propose",
                at=at,
                url="/tidak-dapat-dibackup/",
                facts={"client": client.name},
            )
            return row
    except IntegrityError as error:
        raise RuleRefused(no(_("This record is proposed or confirmed already."))) from error


@transaction.atomic
def decide(*, user: User, at: datetime, row: Unbackupable, confirmed: bool, reason: str = "") -> None:
    """Confirm or refuse; who proposed does not decide."""
    client = row.record.source.client
    actor = permissions.acting(user, "unbackupable.confirm", client)
    if permissions.same_person(row.proposed_by, user):
        raise RuleRefused(no(_("Who proposed this does not decide it.")))
    if not confirmed and not reason.strip():
        raise RuleRefused(no(_("Give a reason.")))
    if not (clean := free_text.acceptable(reason)):
        raise RuleRefused(clean)
    status = Unbackupable.Status.CONFIRMED if confirmed else Unbackupable.Status.REFUSED
    audit.move(
        row,
        status,
        verb="unbackupable.confirm" if confirmed else "unbackupable.refuse",
        actor=actor,
        at=at,
        expected=Unbackupable.Status.PROPOSED,
        facts={"object": str(row.record), "reason": reason.strip()},
        changes={"decided_by": user, "decided_at": at, "decision_reason": reason.strip()},
    )
    counts.refresh(row.record.source, at=at)
