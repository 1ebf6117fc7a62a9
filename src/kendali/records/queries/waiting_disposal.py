"""What waits for a person between the end of the period and the certificate: lists, answers, orders, holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import access, permissions
from kendali.accounts.models import Client, User
from kendali.accounts.responsible import Desk
from kendali.disposal.models import Act, Hold, Proposal
from kendali.records.models import DisposalOrder, Incident
from kendali.records.queries.waiting_line import Waiting
from kendali.register.models import Certificate

PROPOSAL = Proposal.Status
ORDER = DisposalOrder.Status
RECENT = timedelta(days=60)  # how long an approval that became void asks for a new list

DECIDE: dict[str, str] = {
    "source-conversation": _("Decide: may %(count)s conversations be deleted?"),
    "source-recording": _("Decide: may %(count)s recordings be deleted?"),
    "backup-conversation": _("Decide: may the backup copies of %(count)s conversations be destroyed?"),
    "backup-recording": _("Decide: may the backup copies of %(count)s recordings be destroyed?"),
}


def lines(user: User, at: datetime, desk: Desk) -> Iterator[Waiting]:
    yield from _proposals(user, at, desk)
    yield from _orders(user, desk)
    yield from _certificates(user)
    yield from _holds(user, at)
    yield from _incidents(user)


def _of(user: User) -> list[Proposal]:
    rows = Proposal.objects.filter(
        client__in=access.visible_clients(user),
        status__in=[PROPOSAL.DRAFT, PROPOSAL.ASKED, PROPOSAL.APPROVED, PROPOSAL.REFUSED, PROPOSAL.VOIDED,
                    PROPOSAL.EXPIRED],
    )  # fmt: skip
    return list(rows.select_related("client", "policy").order_by("pk"))


def _proposals(user: User, at: datetime, desk: Desk) -> Iterator[Waiting]:
    rows = _of(user)
    newest = {(row.client_id, row.record_class, row.act): row.pk for row in rows}
    taken = set(
        DisposalOrder.objects.filter(proposal__in=[row.pk for row in rows if row.status == PROPOSAL.APPROVED])
        .filter(status__in=[*DisposalOrder.OPEN, ORDER.DONE])
        .values_list("proposal_id", flat=True)
    )
    for row in rows:
        last = newest[row.client_id, row.record_class, row.act] == row.pk
        line = _proposal(user, row, at, last=last, ordered=row.pk in taken)
        # An answer is the client's; everything else that a list waits for is a Team Leader's.
        if line is not None and (row.status == PROPOSAL.ASKED or desk.mine(row.client, row.record_class, line.due)):
            yield line


# The two acts are told apart everywhere (records-control, decision 6).
ASK: dict[str, str] = {
    Act.SOURCE: _("Ask %(client)s about a list to delete"),
    Act.BACKUP: _("Ask %(client)s about backup copies to destroy"),
}
SEND: dict[str, str] = {
    Act.SOURCE: _("Send the deletion escalation for %(client)s"),
    Act.BACKUP: _("Send the escalation to destroy backup copies for %(client)s"),
}
STAY: dict[str, str] = {
    Act.SOURCE: _("%(count)s records stay at the source; make a new list"),
    Act.BACKUP: _("%(count)s backup copies stay; make a new list"),
}


def _proposal(user: User, row: Proposal, at: datetime, *, last: bool, ordered: bool) -> Waiting | None:
    match row.status:
        case PROPOSAL.DRAFT if row.frozen_at and permissions.can(user, "proposal.ask", row.client):
            return _line(row, None, ASK[row.act], _("%(count)s records; the list is frozen · %(left_out)s left out"),
                         _("Review list"))  # fmt: skip
        case PROPOSAL.ASKED if permissions.can(user, "proposal.decide", row.client):
            return decide_line(row)
        case PROPOSAL.APPROVED if not ordered and permissions.can(user, "disposal_order.raise", row.client):
            detail = _("%(count)s records, approved by the client; the approval expires")
            return _line(row, row.valid_until, SEND[row.act], detail, _("Send"), primary=True)
        case PROPOSAL.REFUSED if last and permissions.can(user, "proposal.propose", row.client):
            return _again(row, at)
        case PROPOSAL.VOIDED | PROPOSAL.EXPIRED if last and permissions.can(user, "proposal.propose", row.client):
            if row.decided_at is None or at - row.decided_at > RECENT or row.begun_at is not None:
                return None
            void = row.status == PROPOSAL.VOIDED
            sentence = _("The approval of %(client)s is void") if void else _("The approval of %(client)s has expired")
            return _line(row, None, sentence, STAY[row.act], _("Open"))
    return None


def _again(row: Proposal, at: datetime) -> Waiting | None:
    """On its day, and from a week before, so that it can be prepared."""
    if row.ask_again_on is None:
        return None
    today = civil_time.local_date(at, row.policy.zone)
    if row.ask_again_on - today > timedelta(days=7):
        return None
    due = _morning(row.ask_again_on, row.policy.zone)
    return _line(row, due, _("Ask again: %(client)s answered No"), _("“%(reason)s”"), _("Open"))


def _morning(day: date, zone: str) -> datetime:
    return civil_time.start_of_day(day, zone) + timedelta(hours=17)


def decide_line(row: Proposal) -> Waiting:
    """For whoever answers for the client."""
    return Waiting(
        due=row.due_at,
        sentence=DECIDE[f"{row.act}-{row.record_class}"],
        detail=_("%(client)s · without an answer nothing is deleted"),
        action=_("Decide"),
        url=f"/keputusan/{row.pk}/",
        number=row.number or "",
        primary=True,
        facts={"client": row.client.name, "count": row.final_count},
    )


def asked_of(user: User, client: Client) -> list[Waiting]:
    """What this client is asked now; for everybody who may see its page."""
    rows = Proposal.objects.filter(client=client, status=PROPOSAL.ASKED).select_related("client", "policy")
    return [decide_line(row) for row in rows.order_by("due_at", "pk")]


def _line(
    row: Proposal, due: datetime | None, sentence: str, detail: str, action: str, *, primary: bool = False
) -> Waiting:
    return Waiting(
        due=due,
        sentence=sentence,
        detail=detail,
        action=action,
        url=f"/usulan/{row.pk}/",
        number=row.number or "",
        primary=primary,
        facts={
            "client": row.client.name,
            "count": row.final_count or row.list_count,
            "left_out": row.left_out_count,
            "reason": row.reason,
        },
    )


ORDER_LINES: dict[str, tuple[str, str, str, str]] = {
    # status: (who, sentence, detail, action)
    ORDER.RAISED: (
        "disposal_order.accept",
        _("Accept the deletion order for %(client)s"),
        _("%(count)s records, approved by the client · sent by %(by)s"),
        _("Review"),
    ),
    ORDER.ACCEPTED: (
        "disposal_order.arm",
        _("Arm the deletion for %(client)s"),
        _("%(count)s records; it starts when the waiting period is over"),
        _("Arm"),
    ),
    ORDER.STOPPED: (
        "disposal_order.pause",
        _("The deletion for %(client)s stopped"),
        _("see what happened and what to do"),
        _("Open"),
    ),
    ORDER.PAUSED: (
        "disposal_order.pause",
        _("Continue the paused deletion for %(client)s"),
        _("%(count)s records on the list"),
        _("Open"),
    ),
    ORDER.RETURNED: (
        "disposal_order.raise",
        _("Team IT returned the deletion order for %(client)s"),
        _("“%(reason)s”"),
        _("Open"),
    ),
}


def _orders(user: User, desk: Desk) -> Iterator[Waiting]:
    rows = DisposalOrder.objects.filter(client__in=access.visible_clients(user), status__in=list(ORDER_LINES))
    for row in rows.select_related("client", "raised_by", "proposal"):
        who, sentence, detail, action = ORDER_LINES[row.status]
        if not permissions.can(user, who, row.client) or _goes_on(row):
            continue
        if row.status == ORDER.RETURNED and (
            row.proposal.status != PROPOSAL.APPROVED or not desk.mine(row.client, row.proposal.record_class)
        ):
            continue
        yield Waiting(
            due=row.due_at,
            sentence=sentence,
            detail=detail,
            action=action,
            url=f"/penghapusan/{row.pk}/",
            number=row.number,
            facts={
                "client": row.client.name,
                "count": row.list_count,
                "by": row.raised_by.name if row.raised_by else "",
                "reason": row.reason,
            },
        )


def _goes_on(row: DisposalOrder) -> bool:
    """Paused by run window or quota: it goes on by itself."""
    return row.status == ORDER.PAUSED and bool(row.problem)


def _certificates(user: User) -> Iterator[Waiting]:
    """KPI 7.3: every destruction has its Berita Acara."""
    rows = DisposalOrder.objects.filter(client__in=access.visible_clients(user), status=ORDER.DONE)
    recent = list(rows.select_related("client").order_by("-finished_at")[:500])
    label = DisposalOrder._meta.label_lower
    refs = [f"{label}:{row.pk}" for row in recent]
    drafted = set(
        Certificate.objects.filter(order_ref__in=refs).exclude(status="cancelled").values_list("order_ref", flat=True)
    )
    for row in recent:
        if f"{label}:{row.pk}" in drafted or not permissions.can(user, "certificate.draft", row.client):
            continue
        yield Waiting(
            due=None,
            sentence=_("Draft the Berita Acara for %(client)s"),
            detail=_("the destruction of the backup copies is finished")
            if row.act == Act.BACKUP
            else _("the deletion at the source is finished"),
            action=_("Open"),
            url=f"/penghapusan/{row.pk}/",
            number=row.number,
            primary=True,
            facts={"client": row.client.name},
        )


def _holds(user: User, at: datetime) -> Iterator[Waiting]:
    rows = Hold.objects.filter(
        client__in=access.visible_clients(user), status=Hold.Status.ACTIVE, review_on__lte=at.date() + timedelta(days=1)
    )
    for row in rows.select_related("client").order_by("review_on"):
        if row.review_on > civil_time.local_date(at, row.client.zone):
            continue
        if permissions.can(user, "hold.release", row.client) or row.placed_by_id == user.pk:
            yield Waiting(
                due=_morning(row.review_on, row.client.zone),
                sentence=_("Review the hold %(number)s"),
                detail=_("%(client)s · is its cause still there?"),
                action=_("Review"),
                url=f"/penangguhan/{row.pk}/",
                number=row.number,
                facts={"number": row.number, "client": row.client.name},
            )


def _incidents(user: User) -> Iterator[Waiting]:
    rows = Incident.objects.filter(closed_at=None, record__source__client__in=access.visible_clients(user))
    for row in rows.select_related("record__source__client").order_by("found_at")[:200]:
        if permissions.can(user, "incident.close", row.client):
            yield Waiting(
                due=None,
                sentence=_("Explain: %(record)s is at the source again"),
                detail=_("%(client)s · it was deleted with proof"),
                action=_("Explain"),
                url="/insiden/",
                number=row.number,
                facts={"record": str(row.record), "client": row.client.name},
            )
