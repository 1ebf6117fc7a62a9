"""The archive's store: its promises are tried before anything is trusted to it, and the result is shown."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.archive import probe, stores
from kendali.archive.errors import StoreRefusedError
from kendali.archive.probe import Finding, StoreProbe
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.records.models import StoreLook
from kendali.terms.models import Policy

ADVICE = frozenset({"private"})  # worth repairing; what lies there is sealed, so it can still be used


def look(*, at: datetime, user: User | None = None) -> StoreLook:
    """Try the store's promises now. A lock longer than the shortest lawful life of a record makes it unusable: what
    is in it could not be destroyed in time. Raises StoreError where the store cannot even be opened."""
    actor = permissions.acting(user, "store.probe") if user is not None else SYSTEM
    store = stores.open_store(settings.KENDALI_STORE)
    found = probe.probe(store)
    findings = [*found.findings, *_too_long(found)]
    with transaction.atomic():
        row = StoreLook.objects.create(
            url=store.url,
            at=at,
            usable=all(finding.ok is not False for finding in findings if finding.code not in ADVICE),
            lock_days=found.lock_days,
            findings=[{"code": item.code, "ok": item.ok, "facts": audit.plain(dict(item.facts))} for item in findings],
        )
        refused = [finding.code for finding in findings if finding.ok is False]
        audit.record("store.probed", actor=actor, at=at, facts={"store": store.url, "refused": refused})
    return row


def _too_long(found: StoreProbe) -> list[Finding]:
    lives = [
        365 * policy.delete_after_years + 30 * policy.backup_copy_months
        for policy in Policy.objects.filter(status=Policy.Status.EFFECTIVE)
    ]
    if not found.lock_days:
        return []
    shortest = min(lives, default=None)
    ok = None if shortest is None else found.lock_days <= shortest
    return [Finding("lock_within_life", ok=ok, facts={"days": found.lock_days, "life": shortest})]


def newest() -> StoreLook | None:
    url = stores.open_store(settings.KENDALI_STORE).url
    return StoreLook.objects.filter(url=url).order_by("-at").first()


def require_usable(at: datetime) -> None:
    """Before anything is written: the newest look must have found the store usable; the first use looks."""
    row = newest() or look(at=at)
    if not row.usable:
        refused = ", ".join(str(item["code"]) for item in row.findings if item["ok"] is False)
        raise StoreRefusedError("store_unusable", store=row.url, refused=refused)
