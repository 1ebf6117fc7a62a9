"""What an order's page shows: where it stands, what it waits for, how far it is, and totals that add up (I6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kendali.accounts import permissions, responsible, roles
from kendali.accounts.models import User
from kendali.disposal.models import Act
from kendali.records import deletion_rules as rules
from kendali.records import words_disposal as words
from kendali.records.actions import pacing
from kendali.records.actions.disposal_orders import may_arm_now
from kendali.records.models import DisposalItem, DisposalOrder, JournalEntry, Recheck, Source
from kendali.records.queries.orders import Button, Live, Step
from kendali.records.queries.said import when, who
from kendali.records.words import Pill, told_problem
from kendali.register.models import Certificate
from kendali.verdict import YES, Verdict, no

STATUS = DisposalOrder.Status
OUTCOME = DisposalItem.Outcome
BEFORE_RUN = (STATUS.RAISED, STATUS.ACCEPTED, STATUS.ARMED)
LIVE = (STATUS.RUNNING, STATUS.SETTLING, STATUS.ARMED)


def steps(order: DisposalOrder, certificate: Certificate | None) -> list[Step]:
    """Step 7 of the procedure for conversations, 8 for recordings; then 9."""
    number = "8" if order.proposal.record_class == "recording" else "7"
    states = _states(order)
    decided = order.proposal.decisions.last()
    deleted = _("Destroyed") if order.act == Act.BACKUP else _("Deleted")
    return [
        Step(
            _("Approved by the client"),
            who(decided.name, decided.at) if decided else "",
            "done",
            f"/usulan/{order.proposal_id}/",
        ),
        Step(_("Escalation sent"), who(order.raised_by, order.raised_at), "done"),
        Step(f"{number} {_('Accepted by IT')}", who(order.accepted_by, order.accepted_at), states[0]),
        Step(_("Armed"), who(order.armed_by, order.armed_at), states[1]),
        Step(deleted, _run_note(order), states[2]),
        Step(_("Read back"), who(None, order.finished_at), states[3]),
        Step(f"9 {_('Berita Acara')}", str(certificate or ""), _certified(order, certificate)),
    ]


def _states(order: DisposalOrder) -> list[str]:
    """Of: accepted, armed, carried out, read back."""
    match order.status:
        case STATUS.RAISED:
            return ["current", "todo", "todo", "todo"]
        case STATUS.ACCEPTED:
            return ["done", "current", "todo", "todo"]
        case STATUS.ARMED:
            return ["done", "done", "current", "todo"]
        case STATUS.RUNNING:
            return ["done", "done", "current", "todo"]
        case STATUS.PAUSED:
            return ["done", "done", "held", "todo"]
        case STATUS.STOPPED:
            return ["done", "done", "failed", "todo"]
        case STATUS.SETTLING:
            return ["done", "done", "done", "current"]
        case STATUS.DONE:
            return ["done", "done", "done", "done"]
    ended = "failed" if order.status == STATUS.RETURNED else "skipped"
    return ["done" if order.accepted_at else ended, *["skipped"] * 3]


def _run_note(order: DisposalOrder) -> str:
    if order.status == STATUS.ARMED:
        return _("waits for its time")
    if order.status in (STATUS.PAUSED, STATUS.STOPPED):
        return str(order.get_status_display())
    return _("since %(time)s") % {"time": when(order.started_at)} if order.started_at else ""


def _certified(order: DisposalOrder, certificate: Certificate | None) -> str:
    if certificate is None:
        return "current" if order.status == STATUS.DONE else "todo"
    return "done" if certificate.sealed_at else "current"


@dataclass(frozen=True, slots=True)
class Line:
    """One outcome: how many records, how many bytes, its share of the bar."""

    outcome: str
    pill: Pill
    count: int
    size: int
    end: bool


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Every end of a line and what has none yet; `proposed` is their sum, or the page says that it is not."""

    lines: Sequence[Line]
    proposed: int
    size: int

    @property
    def ended(self) -> int:
        return sum(line.count for line in self.lines if line.end)

    @property
    def open(self) -> int:
        return sum(line.count for line in self.lines if not line.end)

    @property
    def adds_up(self) -> bool:
        return self.ended + self.open == self.proposed


def outcomes(order: DisposalOrder) -> Outcomes:
    """The table that adds up (I6): one row for each outcome that occurs, the ends of the certificate first."""
    rows = order.items.values_list("outcome").annotate(count=Count("pk"), size=Sum("size"))
    found = {outcome: (count, size or 0) for outcome, count, size in rows}
    shown = [*DisposalItem.ENDS, OUTCOME.QUEUED, OUTCOME.WAITING]
    lines = [
        Line(outcome, words.outcome_pill(outcome, order.act), *found[outcome], outcome in DisposalItem.ENDS)
        for outcome in shown
        if outcome in found
    ]
    return Outcomes(lines, order.proposal.list_count, sum(line.size for line in lines))


def live(order: DisposalOrder, found: Outcomes, at: datetime) -> Live | None:
    """From the order's row and its lines alone, so that a reload shows the same."""
    if order.status in (*BEFORE_RUN, STATUS.RETURNED, STATUS.CANCELLED):
        return None
    total = sum(line.count for line in found.lines if line.outcome != OUTCOME.TAKEN_OUT)
    ended = sum(line.count for line in found.lines if line.end and line.outcome != OUTCOME.TAKEN_OUT)
    size = sum(line.size for line in found.lines if line.outcome == OUTCOME.DELETED)
    if order.status != STATUS.RUNNING:
        colour = {"paused": "held", "stopped": "late", "settling": "active"}.get(order.status, "done")
        return Live(ended, total, size=size, state=colour)
    progress: dict[str, Any] = order.progress or {}
    since = parse_datetime(str(progress.get("since", "")))
    if since is None:
        return Live(ended, total, size=size, waiting=True)
    seconds = max((at - since).total_seconds(), 0.001)
    done = max(ended - int(progress.get("start", 0)), 0)
    rate = done / seconds
    return Live(ended, total, rate or None, int(size / seconds) or None, (total - ended) / rate if rate else None, size)


PERMISSIONS = {
    "accept": "disposal_order.accept",
    "return": "disposal_order.return",
    "arm": "disposal_order.arm",
    "pause": "disposal_order.pause",
    "resume": "disposal_order.pause",
    "cancel": "disposal_order.cancel",
    "draft": "certificate.draft",
}
OFFERED: dict[str, tuple[str, ...]] = {
    # the next step of the procedure comes first
    STATUS.RAISED: ("accept", "return", "cancel"),
    STATUS.ACCEPTED: ("arm", "return", "cancel"),
    STATUS.ARMED: ("cancel",),
    STATUS.RUNNING: ("pause", "cancel"),
    STATUS.PAUSED: ("resume", "cancel"),
    STATUS.STOPPED: ("resume", "cancel"),
    STATUS.DONE: ("draft",),
}
NEXT = frozenset({"accept", "arm", "resume", "draft"})
IN_DIALOG = frozenset({"return", "cancel", "arm"})


def permission_of(verb: str) -> str:
    """The action to ask for; a name that the table of permissions lacks is an error at import of its test."""
    return PERMISSIONS[verb]


def buttons(order: DisposalOrder, user: User, at: datetime) -> list[Button]:
    """The next step is always shown, greyed with its reason; the others only to whom they are meant for."""
    found = []
    for verb in OFFERED.get(order.status, ()):
        right = permissions.can(user, permission_of(verb), order.client)
        if not right and verb not in NEXT:
            continue
        verdict = right and _verdict(order, verb, user, at)
        found.append(Button(verb, _label(verb, order), verdict, verb in NEXT and bool(verdict), verb in IN_DIALOG))
    return found


def _verdict(order: DisposalOrder, verb: str, user: User, at: datetime) -> Verdict:
    """What the action would say, before anybody presses anything."""
    if verb in NEXT and verb != "draft" and (other := other_person(order, user)):
        return no(other)
    if verb == "arm":
        return may_arm_now(order, at)
    return YES


def other_person(order: DisposalOrder, user: User) -> str:
    """The executor neither raised, proposed nor approved it; "" = somebody else did all three."""
    if permissions.same_person(order.raised_by_id, user):
        return "Who raised this order does not carry it out."
    if permissions.same_person(order.proposal.proposed_by_id, user):
        return "Who proposed this list does not carry the order out."
    if any(permissions.same_person(row.user_id, user) for row in order.proposal.decisions.all()):
        return "Who approved this list does not carry the order out."
    return ""


def _label(verb: str, order: DisposalOrder) -> str:
    if verb == "cancel" and order.status not in BEFORE_RUN:
        return _("Cancel the rest")
    return {
        "accept": _("Accept the escalation"),
        "return": _("Return"),
        "arm": _("Arm the order"),
        "pause": _("Pause"),
        "resume": _("Continue"),
        "cancel": _("Cancel the order"),
        "draft": _("Draft the Berita Acara"),
    }[verb]


def awaited(order: DisposalOrder) -> str:
    """Who is waited for; "" when nobody is, or when the product itself is at work."""
    action = rules.WAITS_FOR.get(order.status)
    if action is None:
        return ""
    role = str(roles.LABELS[roles.TEAM_IT])
    if order.accepted_by is not None:
        return f"{order.accepted_by.name} ({role})"
    names = [user.name for user in responsible.first(action, order.client, order.proposal.record_class)]
    return f"{names[0]} ({role})" if len(names) == 1 else role


@dataclass(frozen=True, slots=True)
class ItemFilter:
    outcome: str = ""
    number: str = ""


def items(order: DisposalOrder, asked: ItemFilter) -> QuerySet[DisposalItem]:
    rows = order.items.select_related("record__source")
    rows = rows.filter(outcome=asked.outcome) if asked.outcome else rows
    if asked.number:
        rows = rows.filter(record__display=asked.number) | rows.filter(record__ref=asked.number)
    return rows


def journal(order: DisposalOrder) -> QuerySet[JournalEntry]:
    return JournalEntry.objects.filter(order=order).select_related("item__record")


@dataclass(frozen=True, slots=True)
class Look:
    """A later look at the source for what was certified as gone."""

    row: Recheck
    pill: Pill


def rechecks(order: DisposalOrder) -> list[Look]:
    return [Look(row, _recheck_pill(row)) for row in order.rechecks.order_by("days")]


def _recheck_pill(row: Recheck) -> Pill:
    if row.done_at is None:
        return Pill(_("to be checked"), "late" if row.problem else "idle")
    if row.seen_again:
        return Pill(_("seen again at the source"), "late")
    return Pill(_("still gone"), "done")


def told(item: DisposalItem) -> str:
    return words.told_facts(item.outcome, item.facts)


def waits_by_itself(order: DisposalOrder) -> bool:
    """Paused by run window or daily quota: it goes on without anybody's click."""
    return order.status == STATUS.PAUSED and order.problem.get("code") in pacing.WAITS


PROBLEMS: dict[str, str] = {
    "outside_window": gettext_noop("It waits for its run window."),
    "quota_used": gettext_noop("The quota of this day is used up; it goes on tomorrow."),
    "recovery": gettext_noop("This installation is in recovery: nothing is deleted until it was compared."),
    "clock": gettext_noop("The clocks of host, database and source differ by more than five minutes."),
    "right": gettext_noop("The source has no usable credential for deleting."),
    "approval": gettext_noop("The client's approval is no longer valid."),
}


def problem(order: DisposalOrder) -> str:
    """Why it stands still, in a sentence; "" when it does not."""
    code = str(order.problem.get("code", "")) if order.problem else ""
    if not code:
        return ""
    if code in PROBLEMS:
        return _(PROBLEMS[code])
    return told_problem(order.problem).sentence


@dataclass(frozen=True, slots=True)
class Timing:
    """When it may start: end of the waiting period (None: over), and the run windows of its sources."""

    waiting_until: datetime | None
    left: float  # seconds of the waiting period
    windows: Sequence[Window]
    per_second: int
    quota: int


@dataclass(frozen=True, slots=True)
class Window:
    """One source: whole local hours, whether they have come, and since when it may be deleted at all."""

    source: Source
    hours: str
    open: bool
    opens: datetime | None
    right: bool


def timing(order: DisposalOrder, at: datetime) -> Timing | None:
    """None where nothing is to come any more."""
    if order.status not in DisposalOrder.OPEN:
        return None
    sources = Source.objects.filter(client=order.client_id, record_class=order.proposal.record_class)
    held = set(order.items.values_list("source_id", flat=True).distinct()) if order.list_count < MANY else None
    rows = [row for row in sources.order_by("name") if held is None or row.pk in held]
    limits = [pacing.limits_of(row) for row in rows]
    windows = [_window(row, limit, at) for row, limit in zip(rows, limits, strict=True)]
    waiting = order.waiting_until if at < order.waiting_until else None
    left = max((order.waiting_until - at).total_seconds(), 0)
    return Timing(waiting, left, windows, max((one.per_second for one in limits), default=0),
                  max((one.daily_quota for one in limits), default=0))  # fmt: skip


MANY = 50_000  # lines above which the sources of an order are not counted out for a page


def _window(source: Source, limits: pacing.Limits, at: datetime) -> Window:
    always = limits.window_from == limits.window_to
    hours = _("at any time") if always else f"{limits.window_from:02d}.00–{limits.window_to:02d}.00"
    is_open = limits.open(at)
    right = source.deleting_from is not None and source.deleting_from <= at
    return Window(source, hours, is_open, None if is_open else limits.opens(at), right)


def parts(facts: Mapping[str, object]) -> str:
    """ "rows 12 → 0 · files 3 → 0", as a read-back counted them; "" where none did."""
    named = {"row": _("rows"), "rows": _("rows"), "file": _("files"), "files": _("files"), "blob": _("blobs"),
             "blobs": _("blobs")}  # fmt: skip
    return " · ".join(
        f"{named[name]} {value[0]} → {value[1]}"
        for name, value in facts.items()
        if name in named and isinstance(value, list | tuple) and len(value) == 2
    )
