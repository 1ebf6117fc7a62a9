"""Writing the audit trail. Every action of the product calls one of these inside its own transaction, last:
the chain is locked from here to the end of the transaction, so bulk work writes its entry after the bulk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models, transaction

from kendali.audit.actor import Actor
from kendali.audit.models import Entry

if TYPE_CHECKING:
    from kendali.accounts.models import Client


class StaleState(Exception):
    """Somebody else changed the object first; nothing was written. Show the page again."""

    def __init__(self, obj: models.Model, expected: Collection[str], to: str) -> None:
        super().__init__(f"{obj._meta.label} {obj.pk} is no longer {' or '.join(sorted(expected))}; not moved to {to}")
        self.obj, self.expected, self.to = obj, expected, to


Moved = StaleState


def record(
    verb: str,
    *,
    actor: Actor,
    at: datetime,
    obj: models.Model | None = None,
    client: Client | None = None,
    facts: Mapping[str, object] | None = None,
) -> Entry:
    """Add one entry. `client` defaults to the object's own. Facts: JSON values, dates, UUIDs, bytes (as hex);
    no customer content, name or phone number."""
    entry = Entry(
        at=at,
        actor_id=actor.user_id,
        actor_name=actor.name[:200],
        role=actor.role,
        on_behalf_of=(actor.on_behalf_of or "")[:200],
        verb=verb,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        object_label=str(obj)[:200] if obj is not None else "",
        client=client if client is not None else client_of(obj),
        facts=plain(facts or {}),
    )
    entry.pk = None
    entry.save(force_insert=True)
    return entry


def move(
    obj: models.Model,
    to: str,
    *,
    verb: str,
    actor: Actor,
    at: datetime,
    expected: str | Collection[str],
    facts: Mapping[str, object] | None = None,
    field: str = "status",
    changes: Mapping[str, object] | None = None,
) -> Entry:
    """Change a status only if it still is `expected` (compare and set), with its trace, in one transaction.

    `changes` are further columns set by the same statement. Raises StaleState when somebody was faster; then nothing
    was written. Afterwards `obj` carries the new values.
    """
    allowed = {expected} if isinstance(expected, str) else set(expected)
    values = {**(changes or {}), field: to}
    rows = type(obj)._default_manager.filter(pk=obj.pk, **{f"{field}__in": allowed})
    before = getattr(obj, field)
    with transaction.atomic(savepoint=False):  # what was stale wrote nothing: no savepoint to go back to
        if rows.update(**values) == 1:
            for name, value in values.items():
                setattr(obj, name, value)
            return record(verb, actor=actor, at=at, obj=obj, facts={"from": before, "to": to, **(facts or {})})
    raise StaleState(obj, allowed, to)


def client_of(obj: models.Model | None) -> Client | None:
    """The client an object belongs to: itself, or its attribute `client` (column or property)."""
    if obj is None:
        return None
    if obj._meta.label == "accounts.Client":
        return obj  # type: ignore[return-value]
    return getattr(obj, "client", None)


def plain(value: Any) -> Any:
    """JSON values; anything else that facts may hold as its usual text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item) for item in value]
        return sorted(items) if isinstance(value, set | frozenset) else items
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, UUID | Decimal) or (value is not None and not isinstance(value, str | int | float | bool)):
        return str(value)
    return value
