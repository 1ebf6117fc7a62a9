"""Holds: placed at any moment, effective at once everywhere, lifted one by one (records-control decision 7, I3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q

from kendali import civil_time
from kendali.accounts import permissions, roles
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.disposal import locks, rules
from kendali.disposal.models import HeldSubject, Hold
from kendali.notices import actions as notices
from kendali.terms import free_text, numbers

BATCH = 5000


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be held and why. `subjects`: (primary key, ref) of single records; `starts`, `ends`: local days."""

    scope: str
    cause: str
    reason: str
    review_on: date
    record_class: str = ""
    subjects: Iterable[tuple[int, str]] = ()
    name_hmac: bytes | None = None
    phone_hmac: bytes | None = None
    starts: date | None = None
    ends: date | None = None
    legal_basis: str = ""
    reference: str = ""


def place(
    *,
    user: User,
    at: datetime,
    client: Client,
    scope: str,
    cause: str,
    reason: str,
    review_on: date,
    record_class: str = "",
    subjects: Iterable[tuple[int, str]] = (),
    name_hmac: bytes | None = None,
    phone_hmac: bytes | None = None,
    starts: date | None = None,
    ends: date | None = None,
    legal_basis: str = "",
    reference: str = "",
) -> Hold:
    """Placing always succeeds, whatever is approved or running: it waits for one batch at most, then it wins."""
    actor = permissions.acting(user, "hold.place", client)
    order = Order(
        scope=scope, cause=cause, reason=reason, review_on=review_on, record_class=record_class, subjects=subjects,
        name_hmac=name_hmac, phone_hmac=phone_hmac, starts=starts, ends=ends, legal_basis=legal_basis,
        reference=reference,
    )  # fmt: skip
    return place_for(actor=actor, user=user, at=at, client=client, order=order)


@transaction.atomic
def place_for(*, actor: Actor, user: User | None, at: datetime, client: Client, order: Order) -> Hold:
    """For somebody whose right was checked already: a user, or an approver of the client without a login."""
    subjects = list(order.subjects)
    today = civil_time.local_date(at, client.zone)
    for verdict in (
        rules.may_place(
            scope=order.scope, reason=order.reason, subjects=len(subjects), starts=order.starts, ends=order.ends,
            named=order.name_hmac is not None or order.phone_hmac is not None, review_on=order.review_on, today=today,
        ),
        free_text.acceptable(order.reason, order.legal_basis, order.reference),
    ):  # fmt: skip
        if not verdict:
            raise RuleRefused(verdict)
    locks.exclusive(client.pk)
    hold = _row(actor, user, at, client, order)
    for start in range(0, len(subjects), BATCH):
        HeldSubject.objects.bulk_create(
            HeldSubject(hold=hold, subject=pk, ref=ref) for pk, ref in subjects[start : start + BATCH]
        )
    told(hold, actor=actor, at=at, subjects=len(subjects))
    return hold


def _row(actor: Actor, user: User | None, at: datetime, client: Client, order: Order) -> Hold:
    starts_at, ends_at = rules.range_of(order.starts, order.ends) if order.scope == Hold.Scope.RANGE else (None, None)
    customer = order.scope == Hold.Scope.CUSTOMER
    return Hold.objects.create(
        number=numbers.take("TGH", at),
        client=client,
        scope=Hold.Scope(order.scope),
        record_class=order.record_class,
        customer_name_hmac=order.name_hmac if customer else None,
        customer_phone_hmac=order.phone_hmac if customer else None,
        starts_at=starts_at,
        ends_at=ends_at,
        cause=Hold.Cause(order.cause),
        reason=order.reason.strip(),
        legal_basis=order.legal_basis.strip(),
        reference=order.reference.strip(),
        review_on=order.review_on,
        placed_by=user,
        placed_by_name=actor.name,
        placed_role=actor.role,
        placed_at=at,
    )


def told(hold: Hold, *, actor: Actor, at: datetime, subjects: int) -> None:
    """The trail and the inboxes: whoever may lift a hold, and who carries deletions out."""
    facts = {
        "number": hold.number, "scope": hold.scope, "cause": hold.cause, "record_class": hold.record_class,
        "count": subjects, "reason": hold.reason, "reference": hold.reference, "review_on": hold.review_on,
    }  # fmt: skip
    automatic = actor.user_id is None and hold.cause == Hold.Cause.FINDING  # comes and goes with a finding: no news
    notices.notify(
        []
        if automatic
        else [
            *permissions.holders("hold.release", hold.client),
            *permissions.holders("proposal.propose", hold.client),
        ],
        kind="hold.placed",
        at=at,
        url=address(hold),
        facts={"number": hold.number, "client": hold.client.name, "cause": hold.cause},
    )
    audit.record("hold.placed", actor=actor, at=at, obj=hold, facts=facts)


@transaction.atomic
def release(*, user: User, at: datetime, hold: Hold, reason: str) -> None:
    """One hold; others that cover the same records stay. What the client placed the client lifts; what our own people
    placed, another of them: a mistaken or wished-for lifting would be the first step of a deletion."""
    actor = permissions.acting(user, "hold.release", hold.client)
    locks.exclusive(hold.client_id)
    allowed = rules.may_release(
        status=Hold.objects.values_list("status", flat=True).get(pk=hold.pk),
        reason=reason,
        placed_by_client=hold.placed_role == roles.CLIENT,
        by_client=actor.role == roles.CLIENT,
        same_person=permissions.same_person(hold.placed_by_id, user),
        of_finding=of_finding(hold),
    )
    for verdict in (allowed, free_text.acceptable(reason)):
        if not verdict:
            raise RuleRefused(verdict)
    notices.notify(
        permissions.holders("hold.place", hold.client),
        kind="hold.released",
        at=at,
        url=address(hold),
        facts={"number": hold.number, "client": hold.client.name},
    )
    _lift(hold, actor=actor, at=at, reason=reason.strip(), by=user)


def _lift(hold: Hold, *, actor: Actor, at: datetime, reason: str, by: User | None) -> None:
    audit.move(
        hold,
        Hold.Status.RELEASED,
        verb="hold.released",
        actor=actor,
        at=at,
        expected=Hold.Status.ACTIVE,
        changes={"released_by": by, "released_at": at, "release_reason": reason},
        facts={"number": hold.number, "reason": reason},
    )


def of_finding(hold: Hold) -> bool:
    """The product itself placed it, for a finding that is open."""
    return hold.placed_role == SYSTEM.role and hold.cause == Hold.Cause.FINDING


@transaction.atomic
def end_for(*, actor: Actor, at: datetime, hold: Hold, reason: str) -> bool:
    """What the product placed it lifts: the cause has gone. False where it was lifted already."""
    locks.exclusive(hold.client_id)
    if not Hold.objects.filter(pk=hold.pk, status=Hold.Status.ACTIVE).exists():
        return False
    _lift(hold, actor=actor, at=at, reason=reason, by=None)
    return True


@transaction.atomic
def review(*, user: User, at: datetime, hold: Hold, review_on: date, reason: str) -> None:
    """It was looked at and stays: the next day of review."""
    actor = permissions.acting(user, "hold.place", hold.client)
    today = civil_time.local_date(at, hold.client.zone)
    allowed = rules.may_review(status=hold.status, reason=reason, review_on=review_on, today=today)
    for verdict in (allowed, free_text.acceptable(reason)):
        if not verdict:
            raise RuleRefused(verdict)
    Hold.objects.filter(pk=hold.pk).update(review_on=review_on)
    hold.review_on = review_on
    facts = {"number": hold.number, "review_on": review_on, "reason": reason.strip()}
    audit.record("hold.reviewed", actor=actor, at=at, obj=hold, facts=facts)


def remind_of_reviews(*, at: datetime) -> list[Hold]:
    """Once for each day of review that has come: whoever placed it, and whoever may lift it."""
    found = []
    rows = Hold.objects.filter(status=Hold.Status.ACTIVE).select_related("client", "placed_by")
    rows = rows.filter(Q(review_reminded_on=None) | Q(review_reminded_on__lt=F("review_on")))
    for hold in rows.filter(review_on__lte=civil_time.local_date(at, rules.EARLIEST_ZONE)):
        if hold.review_on > civil_time.local_date(at, hold.client.zone):
            continue
        with transaction.atomic():
            if not rows.filter(pk=hold.pk).update(review_reminded_on=hold.review_on):
                continue
            people = permissions.holders("hold.release", hold.client)
            notices.notify(
                [*people, *([hold.placed_by] if hold.placed_by else [])],
                kind="hold.review",
                at=at,
                url=address(hold),
                facts={"number": hold.number, "client": hold.client.name, "cause": hold.cause},
            )
            found.append(hold)
    return found


def address(hold: Hold) -> str:
    return f"/penangguhan/{hold.pk}/"
