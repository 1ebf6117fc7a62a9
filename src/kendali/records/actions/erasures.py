"""The records of a customer's erasure request: found by keyed hashes, chosen by the Team Leader, put to the client."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.disposal.actions import erasures
from kendali.disposal.models import Act, ErasureRequest, Proposal, ProposalItem
from kendali.records import secrets
from kendali.records.actions import proposals
from kendali.records.models import Record
from kendali.verdict import no


@dataclass(frozen=True, slots=True)
class Match:
    """A record that may be the customer's. `by`: both, phone, name; a name alone is shared by many people."""

    record: Record
    by: str
    backed_up: bool

    @property
    def sure(self) -> bool:
        return self.by != "name"


def enter(
    *,
    user: User,
    at: datetime,
    client: Client,
    record_class: str,
    name: str,
    phone: str,
    channel: str,
    note: str,
    received_at: datetime,
) -> ErasureRequest:
    """Name and phone become keyed hashes at once; neither is kept."""
    lookup = secrets.Lookup()
    return erasures.enter(
        user=user,
        at=at,
        client=client,
        record_class=record_class,
        name_hmac=lookup.name(name),
        phone_hmac=lookup.phone(phone),
        channel=channel,
        note=note,
        received_at=received_at,
    )


def records_of(request: ErasureRequest) -> QuerySet[Record]:
    """Everything of this customer that was not deleted at its source by us."""
    return _of_customer(request).filter(deleted_at=None).select_related("source").order_by("-last_activity_at", "pk")


def copies_of(request: ErasureRequest) -> int:
    """How many records of this customer are gone at the source while a backup copy of them still lives: they have a
    list of their own, before the end of their period, so "nothing found" would not be true."""
    return deleted_of(request).count()


def deleted_of(request: ErasureRequest) -> QuerySet[Record]:
    """What is gone at the source already, and has copies that a key may still open."""
    found = _of_customer(request).filter(deleted_at__isnull=False, destroyed_at=None)
    return found.select_related("source").order_by("-deleted_at", "pk")


def more_to_list(proposal: Proposal) -> bool:
    """Copies that surely are this customer's and stand on no list of the request: it is not over yet."""
    request = proposal.erasure
    if request is None:
        return False
    listed = ProposalItem.objects.filter(proposal__erasure=request, proposal__status__in=erasures.LIVING)
    return any(_match(request, row).sure for row in deleted_of(request).exclude(pk__in=listed.values("subject"))[:5000])


def _of_customer(request: ErasureRequest) -> QuerySet[Record]:
    found = Q()
    if request.customer_name_hmac is not None:
        found |= Q(customer_name_hmac=bytes(request.customer_name_hmac))
    if request.customer_phone_hmac is not None:
        found |= Q(customer_phone_hmac=bytes(request.customer_phone_hmac))
    if not found:
        return Record.objects.none()
    return Record.objects.filter(found, source__client=request.client_id, source__record_class=request.record_class)


def matches(request: ErasureRequest, act: str = Act.SOURCE, *, most: int = 500) -> list[Match]:
    rows = deleted_of(request) if act == Act.BACKUP else records_of(request)
    return [_match(request, record) for record in rows[:most]]


def _match(request: ErasureRequest, record: Record) -> Match:
    by_name = _same(record.customer_name_hmac, request.customer_name_hmac)
    by_phone = _same(record.customer_phone_hmac, request.customer_phone_hmac)
    by = "both" if by_name and by_phone else "phone" if by_phone else "name"
    backed_up = record.version_id is not None and record.backup_clock is None and record.changed_at is None
    return Match(record, by, backed_up)


def _same(one: bytes | memoryview | None, other: bytes | memoryview | None) -> bool:
    return one is not None and other is not None and bytes(one) == bytes(other)


def propose(
    *, user: User, at: datetime, request: ErasureRequest, chosen: Collection[int], act: str = Act.SOURCE
) -> Proposal:
    """A list of exactly the chosen ones. What has no verified backup is left out with its reason (I1): back it up
    first. `act` backup: the copies of what was deleted at the source earlier, before their period has ended. Raises
    Refused."""
    permissions.acting(user, "erasure.propose", request.client)
    with transaction.atomic():
        ErasureRequest.objects.select_for_update().get(pk=request.pk)
        request.refresh_from_db()
        erasures.may_propose(request, act)
        backup = act == Act.BACKUP
        records = (deleted_of(request) if backup else records_of(request)).filter(pk__in=chosen)
        if not records.exists():
            raise RuleRefused(no(_("Choose at least one record.")))
        make = proposals.propose_erasure_of_copies if backup else proposals.propose_erasure
        return make(user=user, at=at, request=request, records=records)


def close_without_records(*, user: User, at: datetime, request: ErasureRequest, reason: str) -> None:
    """Only where nothing is found by name and phone, neither at a source nor in a package."""
    permissions.acting(user, "erasure.propose", request.client)
    if records_of(request).exists():
        raise RuleRefused(no(_("Records of this customer were found: propose them, or the client refuses.")))
    if copies := copies_of(request):
        raise RuleRefused(
            no(
                _("Backup copies of %(count)s records of this customer still exist: the client refuses, with the day "
                  "on which they end as its reason, or their destruction is proposed first."),
                count=copies,
            )
        )  # fmt: skip
    erasures.close_without_records(user=user, at=at, request=request, reason=reason)
