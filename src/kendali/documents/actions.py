"""Controlled documents: write a draft, put it in force, give it an end, withdraw it.

Which permission an act needs depends on the kind of document; what may be done is said by `rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actions import StaleState
from kendali.audit.actor import Actor
from kendali.documents import rules
from kendali.documents.models import Document, Revision
from kendali.verdict import Verdict, no

STATUS = Revision.Status
EDIT = {Document.Kind.ARTICLE: "article.edit", Document.Kind.FORM: "form.edit"}
PUT_IN_FORCE = {Document.Kind.ARTICLE: "article.edit", Document.Kind.FORM: "form.activate"}


@transaction.atomic
def draft(
    *,
    user: User,
    at: datetime,
    code: str,
    title: str,
    valid_from: date,
    body: str = "",
    content: Mapping[str, Any] | None = None,
    valid_until: date | None = None,
    kind: str = Document.Kind.ARTICLE,
    label: str = "",
    client: Client | None = None,
    origin: str = Revision.Origin.ENTERED,
    origin_ref: str = "",
    seen: str | None = None,
    new: bool = False,
) -> Revision:
    """A draft of the next version, or the draft there is with other words. A document is made with its first draft.

    `seen`: digest of the draft the writer looked at (StaleState where somebody changed it since). `new`: the number
    must not be there yet."""
    document = Document.objects.select_for_update().filter(kind=kind, code=code).first()
    actor = permissions.acting(user, EDIT[Document.Kind(kind)], document.client if document else client, at=at)
    if kind == Document.Kind.ARTICLE:
        text = rules.Text(code, title, body, valid_from, valid_until)
        for part, why in rules.refusals(text):
            raise RuleRefused(no(why.reason, **{**why.facts, "part": part}))
    if new and document is not None:
        raise RuleRefused(no("The number %(number)s is in use already.", number=code, part="code"))
    if document is None:
        document = Document.objects.create(
            kind=kind, code=code, title=title, client=client, created_by=user, created_at=at
        )
    row = document.revisions.filter(status=STATUS.DRAFT).first()
    if seen is not None and (row.digest if row else "") != seen:
        raise StaleState(row or document, {"draft"}, "draft")
    verb = "changed" if row else "drafted"
    row = row or Revision(document=document, version=next_version(document), created_at=at)
    row.title, row.body, row.content, row.label = title, body, dict(content or {}), label
    row.digest = rules.digest(title, body, row.content)
    row.valid_from, row.valid_until, row.author = valid_from, valid_until, user
    row.origin, row.origin_ref = origin, origin_ref[:300]
    row.save()
    _told(f"{kind}.{verb}", row, actor, at)
    return row


def next_version(document: Document) -> int:
    newest = document.revisions.order_by("-version").values_list("version", flat=True).first()
    return (newest or 0) + 1


@transaction.atomic
def discard(*, user: User, at: datetime, revision: Revision) -> None:
    """A draft that is not wanted any more; a document that never was in force goes with it."""
    document = _locked(revision)
    actor = permissions.acting(user, EDIT[Document.Kind(document.kind)], document.client, at=at)
    _allow(rules.may_edit(revision.status))
    if Revision.objects.filter(pk=revision.pk, status=STATUS.DRAFT).delete()[0] != 1:
        raise StaleState(revision, {STATUS.DRAFT}, "discarded")
    _told(f"{document.kind}.discarded", revision, actor, at)
    if not document.revisions.exists():
        document.delete()


@transaction.atomic
def put_in_force(*, user: User, at: datetime, revision: Revision) -> Revision:
    """From the day it says; the version before it is replaced on that day."""
    document = _locked(revision)
    actor = permissions.acting(user, PUT_IN_FORCE[Document.Kind(document.kind)], document.client, at=at)
    return bring_in_force(revision, actor=actor, by=user, at=at)


def bring_in_force(revision: Revision, *, actor: Actor, by: User | None, at: datetime) -> Revision:
    """Inside the caller's transaction, after its permission."""
    document = revision.document
    begins = document.revisions.filter(status=STATUS.EFFECTIVE).order_by("-version").first()
    _allow(
        rules.may_put_in_force(
            revision.status, revision.valid_from, revision.valid_until, begins=begins.valid_from if begins else None
        )
    )
    _move(revision, STATUS.EFFECTIVE, expected=STATUS.DRAFT, effective_by=by, effective_at=at)
    Document.objects.filter(pk=document.pk).update(title=revision.title)
    facts = {"from": revision.valid_from, "until": revision.valid_until}
    _told(f"{document.kind}.put_in_force", revision, actor, at, facts)
    return revision


@transaction.atomic
def end(*, user: User, at: datetime, revision: Revision, valid_until: date | None, reason: str = "") -> None:
    """Another last day of a version in force; both days count, None = until a newer one."""
    document = _locked(revision)
    actor = permissions.acting(user, PUT_IN_FORCE[Document.Kind(document.kind)], document.client, at=at)
    _allow(rules.may_end(revision.status, revision.valid_from, valid_until))
    before = revision.valid_until
    _move(revision, STATUS.EFFECTIVE, expected=STATUS.EFFECTIVE, valid_until=valid_until)
    facts = {"before": before, "until": valid_until, "reason": reason.strip()}
    _told(f"{document.kind}.ended", revision, actor, at, facts)


@transaction.atomic
def retire(*, user: User, at: datetime, revision: Revision, reason: str) -> None:
    """It never counts again; the version before it, where it has not been withdrawn, is in force once more."""
    document = _locked(revision)
    actor = permissions.acting(user, PUT_IN_FORCE[Document.Kind(document.kind)], document.client, at=at)
    _allow(rules.may_retire(revision.status, reason))
    _move(revision, STATUS.RETIRED, expected=STATUS.EFFECTIVE, retired_at=at, retire_reason=reason.strip())
    _told(f"{document.kind}.withdrawn", revision, actor, at, {"reason": reason.strip()})


def _locked(revision: Revision) -> Document:
    """One change of a document at a time; the revision is read again under the lock."""
    rows = Document.objects.select_for_update(of=("self",)).select_related("client")
    document = rows.filter(pk=revision.document_id).first()
    if document is None or not document.revisions.filter(pk=revision.pk).exists():
        raise StaleState(revision, {revision.status}, "changed")
    revision.refresh_from_db()
    revision.document = document
    return document


def _allow(verdict: Verdict) -> None:
    if not verdict:
        raise RuleRefused(verdict)


def _move(revision: Revision, to: str, *, expected: str, **changes: object) -> None:
    if Revision.objects.filter(pk=revision.pk, status=expected).update(status=to, **changes) != 1:
        raise StaleState(revision, {expected}, to)
    for name, value in {**changes, "status": to}.items():
        setattr(revision, name, value)


def _told(verb: str, revision: Revision, actor: Actor, at: datetime, facts: Mapping[str, object] | None = None) -> None:
    """In the history of the document, whose number is the object."""
    said = {"version": revision.version, "digest": revision.digest, **(facts or {})}
    audit.record(verb, actor=actor, at=at, obj=revision.document, facts=said)
