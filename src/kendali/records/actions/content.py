"""Opening the content of one record: with a reason, for a while, on the audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive import stores
from kendali.archive.reader import Package as OpenPackage
from kendali.audit import actions as audit
from kendali.records.models import ContentOpening, Record, RecordVersion
from kendali.vault import actions as vault
from kendali.verdict import no

OPEN_FOR = timedelta(minutes=30)
SHORTEST_REASON = 10


@transaction.atomic
def open_content(*, user: User, at: datetime, record: Record, reason: str) -> ContentOpening:
    actor = permissions.acting(user, "record.open_content", record.client)
    if len(reason.strip()) < SHORTEST_REASON:
        raise RuleRefused(no(_("Say in a few words why you open this content; it is kept in the audit trail.")))
    if not record.versions.exists():
        raise RuleRefused(
            no(_("This record is not in a verified package yet; its content is still at the source only."))
        )
    opening = ContentOpening.objects.create(record=record, user=user, reason=reason.strip(), at=at, until=at + OPEN_FOR)
    audit.record("record.opened", actor=actor, at=at, obj=record, client=record.client,
                 facts={"reason": reason.strip()})  # fmt: skip
    return opening


def opening(user: User, record: Record, at: datetime) -> ContentOpening | None:
    """The person's opening of this record that is valid now; the one that lasts longest."""
    valid = ContentOpening.objects.filter(user=user, record=record, at__lte=at, until__gt=at)
    return valid.order_by("-until").first()


def is_open(user: User, record: Record, at: datetime) -> bool:
    return opening(user, record, at) is not None


def package_of(version: RecordVersion) -> OpenPackage:
    """The package with its keyring open; keep it only as long as the work takes."""
    store = stores.open_store(settings.KENDALI_STORE)
    return OpenPackage(store, version.package.path, vault.package_key(version.package_id))
