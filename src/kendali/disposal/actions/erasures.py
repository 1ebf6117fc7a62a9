"""A customer asks for erasure (UU 27/2022) before the period ends: entered, decided by the client, carried out.

The clock (setting, 3 x 24 hours) runs from the moment the request was received. The client decides by its answer to
the list of exactly these records; accepted, they are due at once (I4), but never without a verified backup (I1).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, responsible
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.disposal.models import Act, ErasureRequest, Proposal
from kendali.notices import actions as notices
from kendali.terms import free_text, numbers
from kendali.terms import settings as terms
from kendali.verdict import no

STATUS = ErasureRequest.Status
WARN = timedelta(hours=24)  # before the end of the clock
LIVING = (Proposal.Status.DRAFT, Proposal.Status.ASKED, Proposal.Status.APPROVED, Proposal.Status.CLOSED)


@transaction.atomic
def enter(
    *,
    user: User,
    at: datetime,
    client: Client,
    record_class: str,
    name_hmac: bytes | None,
    phone_hmac: bytes | None,
    channel: str,
    note: str,
    received_at: datetime,
) -> ErasureRequest:
    """Whose records they are is known by keyed hashes only; the request itself (a letter, a mail) stays elsewhere."""
    actor = permissions.acting(user, "erasure.enter", client)
    if name_hmac is None and phone_hmac is None:
        raise RuleRefused(no(_("Give the customer's name or phone number.")))
    if received_at > at:
        raise RuleRefused(no(_("The request cannot be received after now.")))
    _scan(channel, note)
    row = ErasureRequest.objects.create(
        number=numbers.take("PPD", at),
        client=client,
        record_class=record_class,
        customer_name_hmac=name_hmac,
        customer_phone_hmac=phone_hmac,
        channel=channel.strip(),
        note=note.strip(),
        received_at=received_at,
        due_at=received_at + timedelta(hours=terms.number("erasure.hours", client.pk, record_class)),
        entered_by=user,
        entered_at=at,
    )
    facts = {"number": row.number, "record_class": record_class, "received_at": received_at, "due": row.due_at}
    audit.record("erasure.entered", actor=actor, at=at, obj=row, facts=facts)
    _tell(row, "erasure.entered", at, "erasure.propose", "erasure.refuse")
    return row


@transaction.atomic
def refuse(*, user: User, at: datetime, request: ErasureRequest, reason: str) -> None:
    """By the client, without a list: the request is not justified, or retention by law goes before it."""
    actor = permissions.acting(user, "erasure.refuse", request.client)
    _needs(reason)
    row = _open(request)
    if row.proposals.filter(status__in=(Proposal.Status.ASKED, Proposal.Status.APPROVED)).exists():
        raise RuleRefused(no(_("The list of this request was put to the client already: answer it there.")))
    _move(row, STATUS.REFUSED, "erasure.refused", actor, at, reason=reason.strip(), name=user.name)


@transaction.atomic
def close_without_records(*, user: User, at: datetime, request: ErasureRequest, reason: str) -> None:
    """Nothing of this customer was found (the caller has looked): there is nothing to decide."""
    actor = permissions.acting(user, "erasure.propose", request.client)
    _needs(reason)
    row = _open(request)
    if row.proposals.filter(status__in=LIVING).exists():
        raise RuleRefused(no(_("There is a list for this request already.")))
    _move(row, STATUS.DONE, "erasure.nothing_found", actor, at, reason=reason.strip(), name=user.name)


def may_propose(request: ErasureRequest, act: str = Act.SOURCE) -> None:
    """Raises RuleRefused unless a list may be made for it now. The copies of what is deleted at the source already have
    a list of their own, also after the other one was accepted."""
    other = request.proposals.exclude(act=act).filter(status__in=LIVING)
    if request.status != STATUS.RECEIVED and not (request.status == STATUS.ACCEPTED and other.exists()):
        raise RuleRefused(no(_("This request is decided already.")))
    if request.proposals.filter(act=act, status__in=LIVING).exists():
        raise RuleRefused(no(_("There is a list for this request already.")))


def decided(proposal: Proposal, *, accepted: bool, actor: Actor, name: str, reason: str, at: datetime) -> None:
    """Called with the client's last answer to the list of a request, in its transaction."""
    if proposal.erasure_id is None:
        return
    row = ErasureRequest.objects.select_for_update().get(pk=proposal.erasure_id)
    if not accepted and _others(proposal).filter(status__in=LIVING).exists():
        return  # the other list decides, too: the request is refused when nothing of it is accepted
    if row.status == STATUS.RECEIVED:
        to, verb = (STATUS.ACCEPTED, "erasure.accepted") if accepted else (STATUS.REFUSED, "erasure.refused")
        _move(row, to, verb, actor, at, reason=reason, name=name)


def undecided(proposal: Proposal, *, at: datetime) -> None:
    """The acceptance was taken back, or became void, before anything was deleted: the request is open again."""
    if proposal.erasure_id is None:
        return
    row = ErasureRequest.objects.select_for_update().get(pk=proposal.erasure_id)
    if _others(proposal).filter(status__in=(Proposal.Status.APPROVED, Proposal.Status.CLOSED)).exists():
        return
    if row.status == STATUS.ACCEPTED:
        changes = {"decided_by_name": "", "decided_at": None, "decision_reason": ""}
        audit.move(
            row, STATUS.RECEIVED, verb="erasure.reopened", actor=SYSTEM, at=at, expected=row.status,
            facts={"number": row.number}, changes=changes,
        )  # fmt: skip


def _others(proposal: Proposal) -> QuerySet[Proposal]:
    """The other list of the same request."""
    return Proposal.objects.filter(erasure=proposal.erasure_id).exclude(pk=proposal.pk)


def done(proposal: Proposal, *, at: datetime, more: bool = False) -> None:
    """The order of its list came to its end. `more`: copies of this customer are on no list yet, so it is not over."""
    if proposal.erasure_id is None or more or _others(proposal).filter(status__in=Proposal.OPEN).exists():
        return
    row = ErasureRequest.objects.select_for_update().get(pk=proposal.erasure_id)
    if row.status == STATUS.ACCEPTED:
        audit.move(
            row, STATUS.DONE, verb="erasure.done", actor=SYSTEM, at=at, expected=STATUS.ACCEPTED,
            facts={"number": row.number}, changes={"done_at": at},
        )  # fmt: skip


def remind(*, at: datetime) -> int:
    """A day before the clock ends, and when it has ended; each once. How many were told."""
    told = 0
    rows = ErasureRequest.objects.filter(status=STATUS.RECEIVED, due_at__lte=at + WARN).select_related("client")
    for row in rows.filter(Q(reminders=0) | Q(reminders=1, due_at__lte=at)):
        overdue = row.due_at <= at
        with transaction.atomic():
            expected = ErasureRequest.objects.filter(pk=row.pk, reminders=row.reminders, status=STATUS.RECEIVED)
            if expected.update(reminders=2 if overdue else 1):
                kind = "erasure.overdue" if overdue else "erasure.reminder"
                _tell(row, kind, at, "erasure.propose", "erasure.refuse", "erasure.oversee")
                told += 1
    return told


def _open(request: ErasureRequest) -> ErasureRequest:
    row = ErasureRequest.objects.select_for_update(of=("self",)).select_related("client").get(pk=request.pk)
    if row.status != STATUS.RECEIVED:
        raise RuleRefused(no(_("This request is decided already.")))
    return row


def _needs(reason: str) -> None:
    if not reason.strip():
        raise RuleRefused(no(_("Give a reason.")))
    _scan(reason)


def _scan(*texts: str) -> None:
    verdict = free_text.acceptable(*texts)
    if not verdict:
        raise RuleRefused(verdict)


def _move(row: ErasureRequest, to: str, verb: str, actor: Actor, at: datetime, *, reason: str, name: str) -> None:
    changes: dict[str, object] = {"decided_by_name": name, "decided_at": at, "decision_reason": reason}
    if to == STATUS.DONE:
        changes["done_at"] = at
    audit.move(
        row, to, verb=verb, actor=actor, at=at, expected=STATUS.RECEIVED,
        facts={"number": row.number, "reason": reason}, changes=changes,
    )  # fmt: skip
    _tell(row, verb, at, "erasure.propose", "erasure.refuse")


def _tell(row: ErasureRequest, kind: str, at: datetime, *actions: str) -> None:
    people = [person for one in actions for person in responsible.first(one, row.client, row.record_class, at=at)]
    facts = {"number": row.number, "client": row.client.name, "due": row.due_at, "reason": row.decision_reason}
    due = row.due_at if row.status == STATUS.RECEIVED else None
    notices.notify(people, kind=kind, at=at, due=due, url=f"/permintaan-hapus/{row.pk}/", facts=facts)
