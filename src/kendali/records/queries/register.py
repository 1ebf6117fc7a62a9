"""The register page's rows: entries a person may see, with their holds, certificates and states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import F, Q, QuerySet

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.records.actions.register_rows import PREFIX
from kendali.records.models import RecordVersion
from kendali.records.queries import batch_holds
from kendali.register.entry_rules import EntryState, Gone, entry_state
from kendali.register.models import Certificate, RegisterEntry

ORDER = ("-issued_on", "-id")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as page, XLSX and PDF show it."""

    entry: RegisterEntry
    state: EntryState
    holds: Sequence[batch_holds.BatchHold]
    certificates: Sequence[Certificate]

    def certificates_of(self, act: str) -> list[Certificate]:
        return [one for one in self.certificates if act in one.acts]


def visible(user: User) -> QuerySet[RegisterEntry]:
    """A client sees its own batches; what belongs to no client is for those who hold the role for the whole house."""
    ids = permissions.client_ids(user, "register.view")
    rows = RegisterEntry.objects.select_related("client")
    return rows if ids is None else rows.filter(client_id__in=ids)


def in_state(state: str, today: date) -> Q:
    """The rule `entry_state` as a condition; a test holds both together."""
    wholly_deleted = Q(deleted_quantity__gte=F("quantity"), quantity__gt=0)
    touched = Q(deleted_quantity__gt=0) | Q(destroyed_quantity__gt=0)
    past = Q(expires_on__lt=today)
    return {
        "destroyed": wholly_deleted & Q(destroyed_quantity__gte=F("quantity")),
        "not_wholly_destroyed": wholly_deleted & Q(destroyed_quantity__lt=F("quantity")),
        "partly_deleted": touched & ~wholly_deleted,
        "expired": past & ~touched,
        "in_force": ~touched & (Q(expires_on=None) | Q(expires_on__gte=today)),
    }[state]


def chosen(
    rows: QuerySet[RegisterEntry], *, client: Client | None, kind: str, state: str, text: str, today: date
) -> QuerySet[RegisterEntry]:
    if client is not None:
        rows = rows.filter(client=client)
    if kind:
        rows = rows.filter(kind=kind)
    if state:
        rows = rows.filter(in_state(state, today))
    if text:
        rows = rows.filter(Q(title__icontains=text) | Q(package__iexact=text) | Q(classification__iexact=text))
    return rows


def told(entries: Sequence[RegisterEntry], today: date) -> list[Row]:
    """Two queries more, whatever the number of rows."""
    by_order = _certificates(entries)
    holds = batch_holds.of(_packages(entries))
    return [
        Row(
            entry,
            entry_state(
                Gone(entry.quantity, entry.deleted_quantity, entry.destroyed_quantity),
                expires_on=entry.expires_on,
                today=today,
            ),
            holds.get(entry.key.removeprefix(PREFIX), ()),
            [one for order in entry.orders for one in by_order.get(order, ())],
        )
        for entry in entries
    ]


def _packages(entries: Sequence[RegisterEntry]) -> list[str]:
    return [entry.key.removeprefix(PREFIX) for entry in entries if entry.key.startswith(PREFIX)]


def _certificates(entries: Sequence[RegisterEntry]) -> Mapping[str, list[Certificate]]:
    orders = {order for entry in entries for order in entry.orders}
    found: dict[str, list[Certificate]] = {}
    rows = Certificate.objects.filter(order_ref__in=orders, number__isnull=False)
    for one in rows.exclude(status=Certificate.Status.CANCELLED).order_by("number"):
        found.setdefault(one.order_ref, []).append(one)
    return found


BATCH = """
WITH RECURSIVE batch(package) AS (
  SELECT %s::uuid UNION ALL SELECT p.id FROM records_package p JOIN batch b ON p.replaces_id = b.package
) SELECT package FROM batch
"""


def versions(entry: RegisterEntry) -> QuerySet[RecordVersion]:
    """The records of a batch, for the drill-down; none for what is no batch."""
    if not entry.key.startswith(PREFIX):
        return RecordVersion.objects.none()
    with connection.cursor() as cursor:
        cursor.execute(BATCH, [entry.key.removeprefix(PREFIX)])
        packages = [row[0] for row in cursor.fetchall()]
    return RecordVersion.objects.filter(package__in=packages, complete=True).select_related("record", "package")
