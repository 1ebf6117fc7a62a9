"""Opening the content of one record: with a reason, for a while, on the audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import PackageError
from kendali.archive.reader import Package as OpenPackage
from kendali.audit import actions as audit
from kendali.records.actions.package_keys import TAKEN, opened
from kendali.records.models import ContentOpening, Record, RecordVersion
from kendali.terms import free_text
from kendali.verdict import YES, Verdict, no

OPEN_FOR = timedelta(minutes=30)
SHORTEST_REASON = 10


@transaction.atomic
def open_content(*, user: User, at: datetime, record: Record, reason: str) -> ContentOpening:
    actor = permissions.acting(user, "record.open_content", record.client)
    if len(reason.strip()) < SHORTEST_REASON:
        raise RuleRefused(no(_("Say in a few words why you open this content; it is kept in the audit trail.")))
    if not (clean := free_text.acceptable(reason)):
        raise RuleRefused(clean)
    if not (there := may_open(record)):
        raise RuleRefused(there)
    opening = ContentOpening.objects.create(record=record, user=user, reason=reason.strip(), at=at, until=at + OPEN_FOR)
    audit.record("record.opened", actor=actor, at=at, obj=record, client=record.client,
                 facts={"reason": reason.strip()})  # fmt: skip
    return opening


def may_open(record: Record) -> Verdict:
    """Whether there is a copy that a current key opens; the reason is what page and API say."""
    if readable(record).exists():
        return YES
    if record.destroyed_at is not None:
        return no(_("Its content is destroyed: no backup copy is left and no key known to Kendali opens one any more."))
    if record.versions.exists():
        return no(_("Its backup copy is being destroyed: its keys were taken already."))
    return no(_("This record is not in a verified package yet; its content is still at the source only."))


def readable(record: Record) -> QuerySet[RecordVersion]:
    """Its versions whose keys are still there."""
    return record.versions.filter(destroyed_at=None).exclude(destructions__status__in=TAKEN)


def opening(user: User, record: Record, at: datetime) -> ContentOpening | None:
    """The person's opening of this record that is valid now; the one that lasts longest."""
    valid = ContentOpening.objects.filter(user=user, record=record, at__lte=at, until__gt=at)
    return valid.order_by("-until").first()


def is_open(user: User, record: Record, at: datetime) -> bool:
    return opening(user, record, at) is not None


def package_of(version: RecordVersion) -> OpenPackage:
    """The package with its keyring open; keep it only as long as the work takes. PackageError ``destroyed`` where this
    version's keys were taken."""
    if version.destroyed_at is not None or version.destructions.filter(status__in=TAKEN).exists():
        raise PackageError("destroyed")
    return opened(version.package)
