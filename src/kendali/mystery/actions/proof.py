"""Evidence that something was done: a file, sealed in the store and read back before its row is written, or a link."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive import stores
from kendali.archive.errors import StoreError
from kendali.archive.sealing import open_bytes, seal_bytes
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.mystery.actions import stepping
from kendali.mystery.models import Evidence, Finding
from kendali.mystery.rules.finding_rules import ENDED
from kendali.terms import free_text
from kendali.verdict import YES, Verdict, no

MOST = 10 * 1024 * 1024
KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def mime_of(data: bytes) -> str:
    """By its bytes, whatever its name says; "" = none of the kinds that are taken."""
    return next((kind for head, kind in KINDS.items() if data.startswith(head)), "")


def acceptable(name: str, data: bytes) -> Verdict:
    if len(data) > MOST:
        return no(_("The file is larger than 10 MB: scan it with a lower resolution."))
    if not mime_of(data):
        return no(_("This is neither a PDF nor a picture (PNG, JPEG): scan it, or give its address as a link."))
    if not free_text.acceptable(name.rpartition(".")[0]):
        return no(_("The name of the file holds a number that must not be kept: rename it, then upload it again."))
    return YES


def add_file(*, user: User, at: datetime, finding: Finding, name: str, data: bytes) -> Evidence:
    """By the owner of the finding. Raises Refused, RuleRefused, StoreError."""
    actor = stepping.owner_of(user, finding, at)
    return keep(actor=actor, user=user, at=at, finding=finding, name=name, data=data)


def keep(*, actor: Actor, user: User, at: datetime, finding: Finding, name: str, data: bytes) -> Evidence:
    """For somebody whose right was checked already. The same file twice for one finding is a second click."""
    name = name.replace("\\", "/").rpartition("/")[2].strip()[-200:] or "bukti"
    digest = hashlib.sha256(data).hexdigest()
    for verdict in (acceptable(name, data), _may_add(finding, actor)):
        if not verdict:
            raise RuleRefused(verdict)
    known = Evidence.objects.filter(finding=finding, sha256=digest).first()
    if known is not None:
        return known
    path = _store(data, digest)
    with transaction.atomic():
        row = Evidence.objects.create(
            finding=finding, name=name, path=path, mime=mime_of(data), size=len(data), sha256=digest, by=user, at=at
        )
        facts = {"number": finding.number, "sha256": digest}
        audit.record("finding.evidence_added", actor=actor, at=at, obj=finding, facts=facts)
    return row


@transaction.atomic
def add_link(*, user: User, at: datetime, finding: Finding, name: str, link: str) -> Evidence:
    actor = stepping.owner_of(user, finding, at)
    stepping.written(name)
    parts = urlsplit(link.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(link) > 500:
        raise RuleRefused(no(_("Give an address that begins with https://.")))
    allowed = _may_add(finding, actor)
    if not allowed:
        raise RuleRefused(allowed)
    row, new = Evidence.objects.get_or_create(
        finding=finding,
        link=link.strip(),
        defaults={"name": name.strip()[:300] or parts.hostname, "by": user, "at": at},
    )
    if new:
        facts = {"number": finding.number, "host": parts.hostname}
        audit.record("finding.evidence_added", actor=actor, at=at, obj=finding, facts=facts)
    return row


def _may_add(finding: Finding, actor: Actor) -> Verdict:
    """While it is open and has come to its owner."""
    if stepping.state_of(finding) in ENDED:
        return no(_("This finding has ended: nothing is added to it."), code="state")
    if finding.forwarded_at is None:
        return no(_("This finding has not been forwarded yet."), code="state")
    if stepping.person_id(actor) != finding.owner_id:
        return no(_("This finding is in the hands of somebody else."), code="owner")
    return YES


# --- bytes


def read(row: Evidence) -> bytes:
    """StoreError where it cannot be read or is not what was kept."""
    data = open_bytes(_key(), _place(row.path, row.sha256), stores.open_store(settings.KENDALI_STORE).read(row.path))
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise StoreError("damaged", key=row.path)
    return data


def _store(data: bytes, digest: str) -> str:
    """Path, after reading back what was written."""
    store = stores.open_store(settings.KENDALI_STORE)
    path = f"findings/{uuid.uuid4()}.ks1"
    store.put(path, seal_bytes(_key(), _place(path, digest), data))
    if open_bytes(_key(), _place(path, digest), store.read(path)) != data:
        raise StoreError("read_back_differs", key=path)
    return path


def _place(path: str, digest: str) -> bytes:
    return f"{path}/{digest}".encode()


def _key() -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"kendali/1/finding").derive(settings.KENDALI_INSTALLATION_KEY)
