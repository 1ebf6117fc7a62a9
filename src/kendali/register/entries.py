"""Keeping the register of documents: apps enter what they hold, Document Control keeps the words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.register.entry_models import RegisterEntry
from kendali.terms import free_text
from kendali.verdict import no

# What Document Control may write; the rest is entered by the app that holds the thing.
WORDS: Final = ("classification", "title", "owner_unit", "medium", "responsible", "keep_years", "remarks")


@dataclass(frozen=True, slots=True)
class ByHand:
    """A document, form or hardcopy that no app of Kendali holds."""

    kind: str
    title: str
    issued_on: date
    expires_on: date | None = None
    client: Client | None = None
    quantity: int = 1


@transaction.atomic
def enter_by_hand(
    *, user: User, at: datetime, thing: ByHand, words: Mapping[str, object] | None = None
) -> RegisterEntry:
    """Document Control writes a row. Raises Refused, RuleRefused."""
    actor = permissions.acting(user, "register.edit", thing.client)
    if thing.kind in (RegisterEntry.Kind.CONVERSATION, RegisterEntry.Kind.RECORDING):
        raise RuleRefused(no(_("Batches of records enter the register by themselves when their backup is verified.")))
    if thing.expires_on is not None and thing.expires_on < thing.issued_on:
        raise RuleRefused(no(_("The expiry date is before the issue date.")))
    if not thing.title.strip():
        raise RuleRefused(no(_("Give the document a name.")))
    _scan(thing.title, *(words or {}).values())
    entry = RegisterEntry.objects.create(
        key=f"by_hand:{uuid.uuid4()}",
        kind=thing.kind,
        title=thing.title.strip(),
        client=thing.client,
        issued_on=thing.issued_on,
        expires_on=thing.expires_on,
        quantity=thing.quantity,
        entered_at=at,
        changed_at=at,
        **{name: value for name, value in (words or {}).items() if name in WORDS and name != "title"},
    )
    audit.record("register.entered", actor=actor, at=at, obj=entry, facts={"title": entry.title})
    return entry


@transaction.atomic
def change(*, user: User, at: datetime, entry: RegisterEntry, words: Mapping[str, object]) -> list[str]:
    """New words for a row; returns the columns that changed. Dates and quantities are facts and stay."""
    actor = permissions.acting(user, "register.edit", entry.client)
    changed = [name for name in WORDS if name in words and getattr(entry, name) != words[name]]
    if not str(words.get("title", entry.title)).strip():
        raise RuleRefused(no(_("Give the document a name.")))
    _scan(*(words[name] for name in changed))
    if changed:
        before = {name: getattr(entry, name) for name in changed}
        for name in changed:
            setattr(entry, name, words[name])
        entry.changed_at = at
        entry.save(update_fields=[*changed, "changed_at"])
        facts = {"fields": ", ".join(changed), "before": before, "after": {name: words[name] for name in changed}}
        audit.record("register.changed", actor=actor, at=at, obj=entry, facts=facts)
    return changed


@transaction.atomic
def destroyed_by_hand(*, user: User, at: datetime, entry: RegisterEntry, on: date, number: str) -> None:
    """A paper or document that was destroyed outside Kendali: the day, and the number of its Berita Acara."""
    actor = permissions.acting(user, "register.edit", entry.client)
    if not entry.key.startswith("by_hand:"):
        raise RuleRefused(no(_("The destruction of this batch is entered by its own certificate.")))
    if entry.destroyed_on is not None:
        raise RuleRefused(no(_("Its destruction is entered already.")))
    if not number.strip():
        raise RuleRefused(no(_("Give the number of the Berita Acara.")))
    if on < entry.issued_on:
        raise RuleRefused(no(_("It cannot have been destroyed before it was issued.")))
    if on > civil_time.local_date(at, settings.TIME_ZONE):
        raise RuleRefused(no(_("It cannot have been destroyed after today.")))
    _scan(number)
    entry.deleted_quantity = entry.destroyed_quantity = entry.quantity
    entry.deleted_on = entry.destroyed_on = on
    entry.certificate_by_hand = number.strip()
    entry.changed_at = at
    entry.save()
    audit.record("register.destroyed", actor=actor, at=at, obj=entry, facts={"on": on, "number": number.strip()})


def _scan(*texts: object) -> None:
    """The register lives for years, and goes out as XLSX and PDF: no customer's number in its words."""
    if not (clean := free_text.acceptable(*(text for text in texts if isinstance(text, str)))):
        raise RuleRefused(clean)
