"""Approvers of a client without a login: each is one person with one address; making, changing and ending one needs a
second person and 24 hours (accounts.sensitive)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, roles, sensitive, sensitive_notices
from kendali.accounts.models import Client, RoleGrant, SensitiveChange, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.disposal.models import Approver, Invitation, Proposal
from kendali.verdict import no

KIND = SensitiveChange.Kind.APPROVER
FIELDS = ("email", "name", "position", "order")


def usable(client: Client, at: datetime) -> list[Approver]:
    """Who may be invited now, in their order."""
    rows = Approver.objects.filter(client=client, ended_at=None, usable_from__lte=at)
    return list(rows.order_by("order", "pk"))


@transaction.atomic
def propose_new(
    *, user: User, at: datetime, client: Client, email: str, name: str, position: str, order: int = 1
) -> Approver:
    """The row is there at once and can do nothing: `usable_from` comes with the second person and the waiting."""
    actor = permissions.acting(user, "approver.edit", client)
    email = _address(email)
    _require(name, position)
    try:
        with transaction.atomic():
            row = Approver.objects.create(
                client=client, email=email, name=name.strip(), position=position.strip(), order=order, created_at=at
            )
    except IntegrityError:
        raise RuleRefused(no(_("This client has an approver with this address already."))) from None
    sensitive.propose(
        user=user, actor=actor, at=at, do="approver.create", client=client, subject=sensitive.subject_of(row),
        summary=_facts(row), values={"approver": row.pk}, old_address=email,
    )  # fmt: skip
    return row


@transaction.atomic
def propose_change(
    *, user: User, at: datetime, approver: Approver, changes: Mapping[str, str | int]
) -> SensitiveChange | None:
    """Columns out of FIELDS; None: nothing would change."""
    actor = permissions.acting(user, "approver.edit", approver.client)
    _living(approver)
    wanted: dict[str, Any] = {
        field: value.strip() if isinstance(value, str) else value for field, value in changes.items()
    }
    if "email" in wanted:
        wanted["email"] = _address(wanted["email"])
    wanted = {field: value for field, value in wanted.items() if field in FIELDS and getattr(approver, field) != value}
    _require(wanted.get("name", approver.name), wanted.get("position", approver.position))
    if not wanted:
        return None
    others = Approver.objects.filter(client=approver.client_id, ended_at=None).exclude(pk=approver.pk)
    if "email" in wanted and others.filter(email__iexact=wanted["email"]).exists():
        raise RuleRefused(no(_("This client has an approver with this address already.")))
    summary = _facts(approver) | {f"new_{field}": value for field, value in wanted.items()}
    return sensitive.propose(
        user=user, actor=actor, at=at, do="approver.change", client=approver.client,
        subject=sensitive.subject_of(approver), summary=summary, values={"approver": approver.pk, "changes": wanted},
        old_address=approver.email,
    )  # fmt: skip


@transaction.atomic
def propose_end(*, user: User, at: datetime, approver: Approver) -> SensitiveChange:
    """Ending one takes somebody out of two who sign: that, too, is not for one person alone."""
    actor = permissions.acting(user, "approver.edit", approver.client)
    _living(approver)
    return sensitive.propose(
        user=user, actor=actor, at=at, do="approver.end", client=approver.client,
        subject=sensitive.subject_of(approver), summary=_facts(approver), values={"approver": approver.pk},
        old_address=approver.email,
    )  # fmt: skip


def addresses(client: Client) -> Iterable[sensitive_notices.Address]:
    """Everybody who approves for this client by link; they are told of each other's changes."""
    rows = Approver.objects.filter(client=client, ended_at=None).exclude(usable_from=None)
    return [sensitive_notices.Address(row.email) for row in rows]


def _address(email: str) -> str:
    """Lower case; none of our own people's, who would approve what they themselves propose."""
    email = email.strip().lower()
    own = RoleGrant.objects.filter(user__email__iexact=email, ended_at=None).exclude(role=roles.CLIENT)
    if own.exists():
        raise RuleRefused(no(_("This address belongs to one of our own people: an approver is of the client.")))
    return email


def _require(name: object, position: object) -> None:
    if not str(name).strip() or not str(position).strip():
        raise RuleRefused(no(_("Name and position are printed on the certificate: give both.")))


def _living(approver: Approver) -> None:
    if approver.ended_at is not None:
        raise RuleRefused(no(_("This approver has ended.")))


def _facts(row: Approver) -> dict[str, object]:
    return {"name": row.name, "email": row.email, "position": row.position, "order": row.order}


def _apply_create(change: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    row = Approver.objects.select_for_update().get(pk=values["approver"])
    Approver.objects.filter(pk=row.pk).update(usable_from=_usable_from(change, row))
    audit.record("approver.created", actor=SYSTEM, at=at, obj=row)


def _apply_change(change: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    row = Approver.objects.select_for_update().get(pk=values["approver"])
    for field, value in values["changes"].items():
        setattr(row, field, value)
    row.usable_from = _usable_from(change, row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise RuleRefused(no(_("This client has an approver with this address already."))) from None
    _revoke(row, at)
    audit.record("approver.changed", actor=SYSTEM, at=at, obj=row, facts={"fields": sorted(values["changes"])})


def _apply_end(change: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    row = Approver.objects.get(pk=values["approver"])
    Approver.objects.filter(pk=row.pk, ended_at=None).update(ended_at=at)
    _revoke(row, at)
    audit.record("approver.ended", actor=SYSTEM, at=at, obj=row)


def _undo_create(change: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    Approver.objects.filter(pk=values["approver"], usable_from=None).update(ended_at=at)


def _usable_from(change: SensitiveChange, row: Approver) -> datetime:
    """Approvals count 24 hours after the change took effect (sensitive.fresh): said on the page, not found out."""
    assert change.effective_at is not None
    return change.effective_at + sensitive.delay(row.client_id)


def _revoke(row: Approver, at: datetime) -> None:
    """The lists first, then the links: in the order in which an answer and a cancellation take them."""
    mine = Invitation.objects.filter(approver=row, used_at=None, revoked_at=None)
    list(Proposal.objects.select_for_update().filter(pk__in=mine.values("proposal")).order_by("pk").values_list("pk"))
    Invitation.objects.filter(approver=row, used_at=None, revoked_at=None).update(revoked_at=at)


def connect() -> None:
    """Called when the app is ready."""
    sensitive_notices.APPROVERS.append(addresses)
    for doing in (
        sensitive.Doing(
            "approver.create", KIND, _("%(name)s (%(position)s, %(email)s) says Ya by e-mail link."), _apply_create,
            _undo_create,
        ),
        sensitive.Doing("approver.change", KIND, _("Data of %(name)s, who says Ya by link, change."), _apply_change),
        sensitive.Doing("approver.end", KIND, _("%(name)s says Ya no longer."), _apply_end),
    ):  # fmt: skip
        sensitive.register(doing)
