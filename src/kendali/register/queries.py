"""What of the certificates a person sees, and what may be done next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from kendali.accounts import access, permissions, roles
from kendali.accounts.models import User
from kendali.accounts.permissions import CAN
from kendali.register import actions, rules, words
from kendali.register.models import Certificate, Signature

Status = Certificate.Status


def visible(user: User) -> QuerySet[Certificate]:
    """Staff see every certificate of their clients; a client its own sealed ones (and those that it signs)."""
    rows = Certificate.objects.filter(client__in=access.visible_clients(user, "certificate.view"))
    staff = CAN["certificate.view"] - {roles.CLIENT}
    held = {right.client_id for right in permissions.rights(user) if right.role in staff}
    if None in held:
        return rows
    answered = Q(status=Status.SEALED) | Q(status=Status.SIGNING, client_signs=True)
    return rows.filter(Q(client_id__in=held) | answered)


def load(user: User, pk: UUID, action: str = "certificate.view") -> Certificate:
    """One certificate: 404 where this person may not see it (yet), 403 where they may not do it."""
    rows = Certificate.objects.select_related("client", "corrects", "drafted_by")
    found = access.load(rows, user, "certificate.view", pk=pk)
    if not visible(user).filter(pk=pk).exists():
        raise Http404
    access.require(user, action, found.client)
    return found


def waiting(user: User) -> Iterator[tuple[Certificate, list[str]]]:
    """Certificates that this person can sign now, oldest first, with the parts."""
    rows = visible(user).filter(status=Status.SIGNING).select_related("client").order_by("sent_at")
    for certificate in rows:
        parts = actions.my_parts(certificate, user)
        if parts:
            yield certificate, parts


def drafts(user: User) -> Iterator[Certificate]:
    """Drafts that this person can send out for signature."""
    for certificate in visible(user).filter(status=Status.DRAFT, open_lines=0).select_related("client"):
        if permissions.can(user, "certificate.draft", certificate.client):
            yield certificate


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    state: str
    note: str = ""
    href: str = ""


def steps(certificate: Certificate) -> list[Step]:
    """Draft, everybody's part, seal: the way of the paper, with who and when."""
    signatures = list(certificate.signatures.all())
    left = rules.missing(
        [one.part for one in signatures],
        witnesses=certificate.witnesses_needed,
        client_signs=certificate.client_signs,
    )
    now = _open_now(certificate, signatures)
    cancelled = certificate.status == Status.CANCELLED
    made = [Step(_("Draft"), "current" if certificate.status == Status.DRAFT else "done", certificate.drafted_by.name)]
    for part in rules.PERMISSIONS:
        if part == rules.CLIENT and not certificate.client_signs:
            continue
        mine = [one for one in signatures if one.part == part]
        note = ", ".join(one.name for one in mine)
        waits = "skipped" if cancelled else "current" if part in now else "todo"
        made.append(Step(str(words.STEPS[part]), waits if part in left else "done", note))
    sealed = "done" if certificate.status == Status.SEALED else "failed" if cancelled else "todo"
    if certificate.status == Status.SIGNING and not left:
        sealed = "current"
    return [*made, Step(_("Void") if cancelled else _("Sealed"), sealed)]


def waits_for_seal(certificate: Certificate) -> bool:
    """Everybody has signed, and the seal is left to its job."""
    return certificate.status == Status.SIGNING and not actions.missing(certificate)


def _open_now(certificate: Certificate, signatures: list[Signature]) -> list[str]:
    if certificate.status != Status.SIGNING:
        return []
    parts = [one.part for one in signatures]
    client, witnesses = certificate.client_signs, certificate.witnesses_needed
    return rules.open_parts(parts, witnesses=witnesses, client_signs=client)


def awaited(certificate: Certificate) -> str:
    """Who is waited for, in words; "" when nobody is."""
    if certificate.status == Status.DRAFT:
        return str(words.PARTS[rules.DRAFTER])
    if certificate.status != Status.SIGNING:
        return ""
    now = _open_now(certificate, list(certificate.signatures.all()))
    named: dict[str, Any] = {"pelaksana": certificate.facts["executor"], "pemilik": certificate.facts.get("owner")}
    told = [
        f"{words.PARTS[part]}: {named[part]['name']}" if named.get(part) else str(words.PARTS[part]) for part in now
    ]
    return "; ".join(told) or _("the seal")
