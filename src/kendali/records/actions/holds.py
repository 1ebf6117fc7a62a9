"""Holds from what a person sees: records of a list, or a customer. The hold itself: `disposal.actions.holds`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.disposal.actions import holds
from kendali.disposal.models import Hold
from kendali.records import secrets
from kendali.records.models import Record
from kendali.verdict import no


def place_on_records(
    *,
    user: User,
    at: datetime,
    records: Iterable[Record] | QuerySet[Record],
    cause: str,
    reason: str,
    review_on: date,
    legal_basis: str = "",
    reference: str = "",
) -> Hold:
    """One hold on single records of one client, of any of its sources and both classes."""
    keys = [record.pk for record in records]
    rows = list(Record.objects.filter(pk__in=keys).values_list("pk", "ref", "source__client_id"))
    clients = {client for _pk, _ref, client in rows}
    if len(clients) > 1:
        raise RuleRefused(no(_("These records belong to several clients: place one hold for each.")))
    if not clients:
        raise RuleRefused(no(_("Choose at least one record.")))
    return holds.place(
        user=user,
        at=at,
        client=Client.objects.get(pk=clients.pop()),
        scope=Hold.Scope.RECORD,
        cause=cause,
        reason=reason,
        review_on=review_on,
        subjects=[(pk, ref) for pk, ref, _client in rows],
        legal_basis=legal_basis,
        reference=reference,
    )


def place_on_customer(
    *,
    user: User,
    at: datetime,
    client: Client,
    cause: str,
    reason: str,
    review_on: date,
    name: str = "",
    phone: str = "",
    record_class: str = "",
    legal_basis: str = "",
    reference: str = "",
) -> Hold:
    """Everything of a customer, what is recorded later, too. Name and phone are kept as keyed HMACs only; a record
    with either of them is covered."""
    lookup = secrets.Lookup()
    return holds.place(
        user=user,
        at=at,
        client=client,
        scope=Hold.Scope.CUSTOMER,
        cause=cause,
        reason=reason,
        review_on=review_on,
        record_class=record_class,
        name_hmac=lookup.name(name),
        phone_hmac=lookup.phone(phone),
        legal_basis=legal_basis,
        reference=reference,
    )
