"""Changes that one person alone must not make: a second one confirms, and they take effect 24 hours later.

Whoever could change an approver of a client, its address or its factors, the mail server or a source's deleting
credential alone, could forge the client's Ya (records-control, "Who does what"). The old address and the other
approvers are told three times: when it is proposed, confirmed, and in force. Approvals by somebody whose change is
pending, or took effect less than 24 hours ago, are refused (`fresh`).

What can change is registered by the app that can carry it out (`register`), so that nothing here knows apps above.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, sensitive_notices
from kendali.accounts.models import Client, SensitiveChange, User
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.archive.sealing import open_bytes, seal_bytes
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.terms import free_text
from kendali.terms import settings as terms
from kendali.verdict import no

Kind = SensitiveChange.Kind
Apply = Callable[[SensitiveChange, dict[str, Any], datetime], None]
PENDING = Q(applied_at=None, refused_at=None)


@dataclass(frozen=True, slots=True)
class Doing:
    """One way to change something. `apply` (the row, its values, the instant) runs in the transaction that ends the
    24 hours; a RuleRefused in it ends the change as refused. `sentence`: English message id with the summary's facts.
    """

    do: str
    kind: str
    sentence: str
    apply: Apply
    undo: Apply | None = None  # after a refusal, where the proposal itself left something behind


DOINGS: dict[str, Doing] = {}


def register(doing: Doing) -> None:
    DOINGS[doing.do] = doing


def subject_of(obj: models.Model) -> str:
    """ "accounts.user:12", the name under which `fresh` finds changes of a row."""
    return f"{obj._meta.label_lower}:{obj.pk}"


def propose(
    *,
    user: User | None,
    actor: Actor,
    at: datetime,
    do: str,
    client: Client | None,
    subject: str,
    summary: Mapping[str, object],
    values: Mapping[str, Any],
    old_address: str = "",
) -> SensitiveChange:
    """Write down what shall change; nothing has changed yet. The caller has checked the right to propose it.

    `summary` is shown to whoever confirms (its "name" says of whom or what) and holds no secret; `values` go to
    `apply`, sealed. Raises RuleRefused where the same change of the same subject is waiting already."""
    row = SensitiveChange(
        kind=DOINGS[do].kind,
        do=do,
        client=client,
        subject=subject,
        summary=audit.plain(summary),
        proposed_by=user,
        proposed_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            row.sealed = _seal(row, {"values": dict(values), "old_address": old_address})
            row.save(update_fields=["sealed"])
            audit.record("sensitive.proposed", actor=actor, at=at, obj=row, client=client, facts=_facts(row))
            sensitive_notices.tell(row, "proposed", at=at, outside=[old_address])
    except IntegrityError:
        raise RuleRefused(no(_("This change is waiting already: it must be confirmed or refused first."))) from None
    return row


@transaction.atomic
def amend(change: SensitiveChange, *, summary: Mapping[str, object], values: Mapping[str, Any]) -> None:
    """More of the same before anybody confirmed it. Raises RuleRefused afterwards: what was confirmed stays so."""
    row = _locked(change)
    if row.confirmed_at is not None:
        raise RuleRefused(no(_("This change is confirmed already.")))
    row.summary = audit.plain(summary)
    row.sealed = _seal(row, _opened(row) | {"values": dict(values)})
    row.save(update_fields=["summary", "sealed"])


@transaction.atomic
def confirm(*, user: User, at: datetime, change: SensitiveChange) -> None:
    """By a second person; from now on the 24 hours run."""
    actor = permissions.acting(user, "sensitive.confirm", change.client)
    row = _locked(change)
    if row.confirmed_at is not None:
        raise RuleRefused(no(_("This change is confirmed already.")))
    if permissions.same_person(row.proposed_by, user):
        raise RuleRefused(no(_("Who proposed this does not confirm it.")))
    now_in_force = row.kind == Kind.MAIL_SERVER  # the environment has changed it already
    row.confirmed_by, row.confirmed_at = user, at
    row.effective_at = at if now_in_force else at + delay(row.client_id)
    row.save(update_fields=["confirmed_by", "confirmed_at", "effective_at"])
    facts = _facts(row) | {"from": row.effective_at}
    audit.record("sensitive.confirmed", actor=actor, at=at, obj=row, client=row.client, facts=facts)
    sensitive_notices.tell(row, "confirmed", at=at, outside=[_opened(row)["old_address"]])
    if now_in_force:
        _apply(row, at)


@transaction.atomic
def refuse(*, user: User, at: datetime, change: SensitiveChange, reason: str) -> None:
    """By whoever could confirm, by the client whose approver it is, or by who proposed it; until it is in force."""
    if change.proposed_by_id == user.pk:
        actor = permissions.acting(user, "sensitive.view", change.client)
    else:
        actor = permissions.acting(user, "sensitive.refuse", change.client)
    if not reason.strip():
        raise RuleRefused(no(_("Give a reason.")))
    if not (clean := free_text.acceptable(reason)):
        raise RuleRefused(clean)
    row = _locked(change)
    _end_refused(row, actor=actor, at=at, user=user, reason=reason.strip())


def apply_due(at: datetime) -> int:
    """What was confirmed and has waited long enough takes effect, each in its own transaction; how many did."""
    due = SensitiveChange.objects.filter(PENDING, effective_at__lte=at).order_by("effective_at", "pk")
    done = 0
    for number in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            row = SensitiveChange.objects.select_for_update(skip_locked=True).filter(PENDING, pk=number).first()
            if row is not None:
                done += _apply(row, at)
    return done


def fresh(client: Client | int | None, subject: str, at: datetime) -> SensitiveChange | None:
    """The change of this subject that is pending, or took effect less than 24 hours ago: an approval by it is refused.

    `client` None: of any client."""
    rows = SensitiveChange.objects.filter(subject=subject, refused_at=None)
    if client is not None:
        rows = rows.filter(client=client)
    number = client.pk if isinstance(client, Client) else client
    recent = Q(applied_at=None) | Q(effective_at__gt=at - delay(number))
    return rows.filter(recent).order_by("-pk").first()


def pending(subject: str) -> QuerySet[SensitiveChange]:
    return SensitiveChange.objects.filter(PENDING, subject=subject)


def values_of(change: SensitiveChange) -> dict[str, Any]:
    """The new values, for whoever tries them out before they are confirmed; {} when it has ended."""
    values: dict[str, Any] = _opened(change)["values"]
    return values


def delay(client_id: int | None = None) -> timedelta:
    return timedelta(hours=terms.number("sensitive.hours", client_id))


def _apply(row: SensitiveChange, at: datetime) -> bool:
    opened = _opened(row)
    try:
        with transaction.atomic():
            DOINGS[row.do].apply(row, opened["values"], at)
    except Refused as refused:
        _end_refused(row, actor=SYSTEM, at=at, user=None, reason=str(refused))
        return False
    row.applied_at, row.sealed = at, None
    row.save(update_fields=["applied_at", "sealed"])
    audit.record("sensitive.applied", actor=SYSTEM, at=at, obj=row, client=row.client, facts=_facts(row))
    sensitive_notices.tell(row, "applied", at=at, outside=[opened["old_address"]])
    return True


def _end_refused(row: SensitiveChange, *, actor: Actor, at: datetime, user: User | None, reason: str) -> None:
    opened = _opened(row)
    undo = DOINGS[row.do].undo
    if undo is not None:
        undo(row, opened["values"], at)
    row.refused_at, row.refused_by, row.refuse_reason, row.sealed = at, user, reason, None
    row.save(update_fields=["refused_at", "refused_by", "refuse_reason", "sealed"])
    facts = _facts(row) | {"reason": reason}
    audit.record("sensitive.refused", actor=actor, at=at, obj=row, client=row.client, facts=facts)
    sensitive_notices.tell(row, "refused", at=at, outside=[opened["old_address"]])


def withdraw(rows: Iterable[SensitiveChange], *, at: datetime, reason: str) -> None:
    """Kendali takes back what it proposed itself, because it no longer is so."""
    for row in rows:
        _end_refused(_locked(row), actor=SYSTEM, at=at, user=None, reason=reason)


def _locked(change: SensitiveChange) -> SensitiveChange:
    row = SensitiveChange.objects.select_for_update(of=("self",)).select_related("client").get(pk=change.pk)
    if row.refused_at is not None:
        raise RuleRefused(no(_("This change was refused.")))
    if row.applied_at is not None:
        raise RuleRefused(no(_("This change is in force already.")))
    return row


def _facts(row: SensitiveChange) -> dict[str, object]:
    return {"what": row.do, "name": row.summary.get("name", "")}


def _seal(row: SensitiveChange, content: Mapping[str, Any]) -> bytes:
    return seal_bytes(_key(), _place(row), json.dumps(content).encode())


def _opened(row: SensitiveChange) -> dict[str, Any]:
    if row.sealed is None:
        return {"values": {}, "old_address": ""}
    opened: dict[str, Any] = json.loads(open_bytes(_key(), _place(row), bytes(row.sealed)))
    return opened


def _place(row: SensitiveChange) -> bytes:
    """A sealed value opens only in its own row, for its own subject."""
    return f"sensitive/{row.pk}/{row.do}/{row.subject}".encode()


def _key() -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"kendali/1/sensitive").derive(settings.KENDALI_INSTALLATION_KEY)
