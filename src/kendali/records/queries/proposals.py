"""What a proposal's page shows: where it stands in the procedure, who must act, the list by month and channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.cache import cache
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from kendali.accounts import permissions, responsible, roles
from kendali.accounts.models import User
from kendali.disposal.models import Act, Decision, LeftOut, Proposal, ProposalItem
from kendali.records import words_disposal as words
from kendali.records.models import DisposalOrder
from kendali.records.queries.orders import Button, Step
from kendali.records.queries.said import who
from kendali.records.words import Pill
from kendali.register.models import Certificate
from kendali.verdict import YES, Verdict, no

STATUS = Proposal.Status
CHANNELS = 4  # columns of the table by month; what is rarer is added up
KEEP = 86_400  # seconds a frozen list's sums are remembered


def order_of(proposal: Proposal) -> DisposalOrder | None:
    """The order that carries this proposal out: the newest one, returned and cancelled ones only if none came after."""
    rows = proposal_orders(proposal)
    return rows.filter(status__in=[*DisposalOrder.OPEN, DisposalOrder.Status.DONE]).first() or rows.first()


def proposal_orders(proposal: Proposal) -> QuerySet[DisposalOrder]:
    return DisposalOrder.objects.filter(proposal=proposal).select_related("raised_by", "accepted_by").order_by("-pk")


def certificate_of(order: DisposalOrder | None) -> Certificate | None:
    if order is None:
        return None
    ref = f"{DisposalOrder._meta.label_lower}:{order.pk}"
    return Certificate.objects.filter(order_ref=ref).exclude(status="cancelled").order_by("-drafted_at").first()


def certificate_address(certificate: Certificate | None) -> str:
    """Its page; "" while there is none."""
    try:
        return reverse("certificate", args=[certificate.pk]) if certificate else ""
    except NoReverseMatch:
        return ""


def steps(proposal: Proposal, order: DisposalOrder | None, certificate: Certificate | None) -> list[Step]:
    """Steps 3, 7, 9 and 10 of the procedure; of recordings 4, 8, 9 and 10."""
    first, second = ("4", "8") if proposal.record_class == "recording" else ("3", "7")
    accepted = order is not None and order.accepted_at is not None
    return [
        Step(f"{first} {_('Proposed')}", who(proposal.proposed_by, proposal.asked_at), _proposed(proposal)),
        Step(_("Approved by the client"), _answer_note(proposal), _answered(proposal)),
        Step(
            f"{second} {_('Accepted by IT')}",
            who(order.accepted_by if order else None, order.accepted_at if order else None),
            _accepted(proposal, order),
            href=_address(order),
        ),
        Step(
            _("Destroyed") if proposal.act == Act.BACKUP else _("Deleted"),
            _run_note(order),
            _run(order) if accepted else "todo",
        ),
        Step(f"9 {_('Berita Acara')}", str(certificate or ""), _certified(order, certificate)),
        Step(f"10 {_('Register of records')}", "", "done" if certificate and certificate.sealed_at else "todo"),
    ]


def _address(order: DisposalOrder | None) -> str:
    return f"/penghapusan/{order.pk}/" if order else ""


def _proposed(proposal: Proposal) -> str:
    if proposal.status == STATUS.DRAFT:
        return "current"
    return "done" if proposal.asked_at else "skipped"


def _answered(proposal: Proposal) -> str:
    match proposal.status:
        case STATUS.DRAFT:
            return "todo"
        case STATUS.ASKED:
            return "current"
        case STATUS.APPROVED | STATUS.CLOSED:
            return "done"
        case STATUS.CANCELLED:
            return "skipped"
    return "failed"


def _answer_note(proposal: Proposal) -> str:
    if proposal.status == STATUS.VOIDED:
        return _("approval void")
    if proposal.status == STATUS.EXPIRED:
        return _("approval expired")
    last = proposal.decisions.last() if proposal.decided_at else None
    return who(last.name, last.at) if last else ""


def _accepted(proposal: Proposal, order: DisposalOrder | None) -> str:
    if order is None:
        return "current" if proposal.status == STATUS.APPROVED else "todo"
    if order.status in (DisposalOrder.Status.RETURNED, DisposalOrder.Status.CANCELLED):
        return "failed" if order.status == DisposalOrder.Status.RETURNED else "skipped"
    return "done" if order.accepted_at else "current"


def _run(order: DisposalOrder | None) -> str:
    if order is None:
        return "todo"
    return {"done": "done", "paused": "held", "stopped": "failed", "returned": "skipped", "cancelled": "skipped"}.get(
        order.status, "current"
    )


def _run_note(order: DisposalOrder | None) -> str:
    if order is None or order.accepted_at is None:
        return ""
    return who(None, order.finished_at) if order.finished_at else str(words.order_pill(order).word)


def _certified(order: DisposalOrder | None, certificate: Certificate | None) -> str:
    if certificate is None:
        return "current" if order is not None and order.status == DisposalOrder.Status.DONE else "todo"
    return "done" if certificate.sealed_at else "current"


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month: counts per channel in the order of `Totals.channels`, together, bytes."""

    month: date
    counts: Sequence[int]
    total: int
    size: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A frozen list by month and channel. `oldest`, `newest` are the clocks the period runs from."""

    channels: Sequence[str]
    months: Sequence[MonthLine]
    counts: Sequence[int]
    total: int
    size: int
    oldest: datetime | None
    newest: datetime | None


def totals(proposal: Proposal) -> Totals:
    """What remains of the list. Frozen lists are summed once and remembered by their digest."""
    key = f"proposal-totals-{proposal.pk}-{proposal.final_digest or proposal.list_digest}-{proposal.status}"
    known: Totals | None = cache.get(key)
    if known is not None:
        return known
    rows = proposal.items.filter(taken_out=False)
    found = rows.values_list("month", "channel").annotate(count=Count("pk"), size=Sum("size"))
    ends = rows.aggregate(oldest=Min("clock"), newest=Max("clock"))
    sums = table(((month, channel, count, size or 0) for month, channel, count, size in found), **ends)
    if proposal.status != STATUS.DRAFT:
        cache.set(key, sums, KEEP)
    return sums


def table(
    rows: Iterable[tuple[date, str, int, int]], *, oldest: datetime | None = None, newest: datetime | None = None
) -> Totals:
    """(month, channel, count, bytes) as a table: the most used channels as columns, the rest added up."""
    cells = list(rows)
    by_channel: dict[str, int] = {}
    for _month, channel, count, _size in cells:
        by_channel[channel] = by_channel.get(channel, 0) + count
    ranked = sorted(by_channel, key=lambda name: (-by_channel[name], name))
    own = ranked if len(ranked) <= CHANNELS else ranked[: CHANNELS - 1]
    names = [*own, *([_("Others")] if len(own) < len(ranked) else [])]
    places = {channel: min(place, len(names) - 1) for place, channel in enumerate(ranked)}
    months: dict[date, list[int]] = {}
    sizes: dict[date, int] = {}
    for month, channel, count, size in cells:
        months.setdefault(month, [0] * len(names))[places[channel]] += count
        sizes[month] = sizes.get(month, 0) + size
    lines = [MonthLine(month, counts, sum(counts), sizes[month]) for month, counts in sorted(months.items())]
    columns = [sum(line.counts[place] for line in lines) for place in range(len(names))]
    named = [name or _("no channel") for name in names]
    return Totals(named, lines, columns, sum(columns), sum(sizes.values()), oldest, newest)


@dataclass(frozen=True, slots=True)
class Apart:
    """How many were left out for one reason."""

    reason: str
    pill: Pill
    count: int


def left_out(proposal: Proposal) -> list[Apart]:
    rows = LeftOut.objects.filter(proposal=proposal).values("reason").annotate(count=Count("pk")).order_by("-count")
    return [Apart(row["reason"], words.left_out_pill(row["reason"]), row["count"]) for row in rows]


@dataclass(frozen=True, slots=True)
class ItemFilter:
    number: str = ""
    month: date | None = None
    channel: str = ""
    taken: str = ""  # "ya": only what the client took out


def items(proposal: Proposal, asked: ItemFilter) -> QuerySet[ProposalItem]:
    rows = proposal.items.select_related("hold")
    if asked.number:
        rows = rows.filter(display=asked.number) | rows.filter(ref=asked.number)
    rows = rows.filter(month=asked.month) if asked.month else rows
    rows = rows.filter(channel=asked.channel) if asked.channel else rows
    return rows.filter(taken_out=True) if asked.taken == "ya" else rows


PERMISSIONS = {"ask": "proposal.ask", "cancel": "proposal.cancel", "raise": "disposal_order.raise"}
OFFERED: dict[str, tuple[str, ...]] = {
    # the next step of the procedure comes first
    STATUS.DRAFT: ("ask", "cancel"),
    STATUS.ASKED: ("cancel",),
    STATUS.APPROVED: ("raise", "cancel"),
}


def buttons(proposal: Proposal, order: DisposalOrder | None, user: User, at: datetime) -> list[Button]:
    """The next step is always shown, greyed with its reason; the others only to whom they are meant for."""
    found = []
    for verb in OFFERED.get(proposal.status, ()):
        right = permissions.can(user, action_of(verb), proposal.client)
        first = verb in ("ask", "raise")
        if not right and not first:
            continue
        if verb == "raise" and order is not None and order.status in (*DisposalOrder.OPEN, DisposalOrder.Status.DONE):
            continue
        verdict = right and _verdict(verb, proposal, at)
        found.append(Button(verb, _label(verb), verdict, first and bool(verdict), verb == "cancel"))
    return found


def action_of(verb: str) -> str:
    return PERMISSIONS[verb]


def _verdict(verb: str, proposal: Proposal, at: datetime) -> Verdict:
    if verb == "raise" and proposal.valid_until and at >= proposal.valid_until:
        return no("The approval expired %(at)s.", at=proposal.valid_until)
    return YES


def _label(verb: str) -> str:
    return {
        "ask": _("Ask the client"),
        "cancel": _("Cancel the proposal"),
        "raise": _("Send the deletion escalation"),
    }[verb]


def awaited(proposal: Proposal, order: DisposalOrder | None) -> tuple[str, datetime | None]:
    """Who must act and until when; ("", None) when nobody is waited for."""
    if proposal.status == STATUS.DRAFT:
        return _name("proposal.ask", proposal), None
    if proposal.status == STATUS.ASKED:
        return _client_word(proposal), proposal.due_at
    if proposal.status == STATUS.APPROVED and (order is None or order.status not in DisposalOrder.OPEN):
        return _name("disposal_order.raise", proposal), proposal.valid_until
    if order is not None and order.status in DisposalOrder.OPEN:
        return str(roles.LABELS[roles.TEAM_IT]), order.due_at
    return "", None


def _client_word(proposal: Proposal) -> str:
    needed, given = proposal.approvals_needed, proposal.decisions.filter(answer=Decision.Answer.YES).count()
    if needed < 2:
        return proposal.client.name
    return _("%(client)s (answer %(number)s of %(needed)s)") % {
        "client": proposal.client.name,
        "number": min(given + 1, needed),
        "needed": needed,
    }


def _name(action: str, proposal: Proposal) -> str:
    names = [user.name for user in responsible.first(action, proposal.client, proposal.record_class)]
    role = str(roles.LABELS[roles.TEAM_LEADER])
    return f"{names[0]} ({role})" if len(names) == 1 else role
