"""What an escalation's page shows: where it stands in the procedure, how far it is, who may do what, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum
from django.db.models.fields.json import KeyTextTransform
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from kendali.accounts import permissions, responsible, roles
from kendali.accounts.models import User
from kendali.audit.sentences import shown
from kendali.records import rules
from kendali.records.models import Escalation, EscalationItem, Package
from kendali.records.queries.said import when, who
from kendali.terms import settings as terms
from kendali.verdict import YES, Verdict, no

STATUS = Escalation.Status
ENDED = (STATUS.DONE, STATUS.INCOMPLETE, STATUS.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Step:
    """state: done current todo failed held skipped."""

    name: str
    note: str
    state: str
    href: str = ""


def steps(order: Escalation, verified: int) -> list[Step]:
    """Steps 1 and 5 of the procedure are those of conversations; recordings take 2 and 6."""
    first, second = ("2", "6") if order.record_class == "recording" else ("1", "5")
    raised, accepted = _("Raised"), _("Accepted by IT")
    states = _states(order)
    drill = _("all records") if _drills_all(order) else _drill_share(order)
    taken = order.accepted_by or order.started_by
    confirmed = order.confirmed_by or (order.raised_by if order.confirmed_at is None else None)
    return [
        Step(f"{first} {raised}", who(order.raised_by, order.raised_at), states[0]),
        Step(f"{second} {accepted}", who(taken, order.accepted_at), states[1]),
        Step(_("Backed up"), _running_note(order), states[2]),
        Step(_("Verified"), _verified_note(verified), states[3]),
        Step(_("Restore drill"), drill, states[4]),
        Step(_("Confirmed"), who(confirmed, order.confirmed_at) or _("by itself"), states[5]),
    ]


def _states(order: Escalation) -> list[str]:
    todo = ["todo"] * 6
    done = ["done"] * 6
    match order.status:
        case STATUS.DRAFT:
            return ["current", *todo[1:]]
        case STATUS.RAISED:
            return ["done", "current", *todo[2:]]
        case STATUS.ACCEPTED:
            return [*done[:2], "current", *todo[3:]]
        case STATUS.RUNNING:
            phase = order.progress.get("phase")
            return [*done[:3], "current", *todo[4:]] if phase == "verify" else [*done[:2], "current", *todo[3:]]
        case STATUS.PAUSED:
            return [*done[:2], "held", *todo[3:]]
        case STATUS.STOPPED:
            return [*done[:2], "failed", *todo[3:]]
        case STATUS.DONE | STATUS.INCOMPLETE:
            return [*done[:5], "current"]
        case STATUS.CONFIRMED:
            return done
        case STATUS.RETURNED:
            return ["done", "failed", *["skipped"] * 4]
    return [("done" if order.raised_at else "skipped"), *["skipped"] * 5]


def _drill_share(order: Escalation) -> str:
    percent = terms.number("drill.percent", order.client_id, order.record_class)
    return _("sample of %(percent)s %%") % {"percent": percent}


def _drills_all(order: Escalation) -> bool:
    return terms.get("drill.mode", order.client_id, order.record_class) == "all"


def _running_note(order: Escalation) -> str:
    if order.finished_at:
        return when(order.finished_at)
    if order.status == STATUS.PAUSED:
        return _("paused")
    if order.status == STATUS.STOPPED:
        return _("stopped by a problem")
    if order.started_at:
        return _("since %(time)s") % {"time": when(order.started_at)}
    return ""


def _verified_note(packages: int) -> str:
    if not packages:
        return _("every byte read back")
    return _("%(count)s packages") % {"count": shown("count", packages)}


@dataclass(frozen=True, slots=True)
class Live:
    """How far a run is; rate in records and bytes a second, `left` in seconds, None where not known yet."""

    done: int
    total: int
    rate: float | None = None
    volume: int | None = None
    left: float | None = None
    size: int = 0
    waiting: bool = False
    state: str = "active"


def live(order: Escalation, at: datetime) -> Live | None:
    """From the order's row and its lines alone, so that a reload shows the same."""
    if order.status in (STATUS.DRAFT, STATUS.RAISED, STATUS.ACCEPTED, STATUS.RETURNED, STATUS.CANCELLED):
        return None
    size = order.packages.filter(status=Package.Status.VERIFIED).aggregate(size=Sum("size"))["size"] or 0
    if order.status != STATUS.RUNNING:
        ended = order.list_count if order.status in ENDED else _ended(order)
        colour = {"paused": "held", "stopped": "late", "incomplete": "soon"}.get(order.status, "done")
        return Live(ended, order.list_count, size=size, state=colour)
    progress: dict[str, Any] = order.progress or {}
    since = parse_datetime(str(progress.get("since", "")))
    if since is None or "done" not in progress:
        return Live(_ended(order), order.list_count, size=size, waiting=True)
    return _running(order, progress, max((at - since).total_seconds(), 0.001), size)


def _running(order: Escalation, progress: dict[str, Any], seconds: float, size: int) -> Live:
    done, start = int(progress["done"]), int(progress.get("start", 0))
    copied = order.packages.filter(attempt=order.attempt).exclude(status=Package.Status.ABANDONED)
    volume = copied.aggregate(size=Sum("size"))["size"] or 0
    if progress.get("phase") == "copy":
        volume += int(progress.get("bytes", 0))
    rate = (done - start) / seconds
    left = (order.list_count - done) / rate if rate > 0 else None
    return Live(done, order.list_count, rate or None, int(volume / seconds) or None, left, size + volume)


def _ended(order: Escalation) -> int:
    return order.items.exclude(outcome=EscalationItem.Outcome.WAITING).count()


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """How many lines of one kind; `code` "" is what no problem code names."""

    outcome: str
    code: str
    count: int


def shortcomings(order: Escalation) -> list[Shortcoming]:
    rows = (
        order.items.filter(outcome__in=SHORT_OUTCOMES)
        .annotate(code=KeyTextTransform("code", KeyTextTransform("0", "problems")))
        .values("outcome", "code")
        .annotate(count=Count("pk"))
        .order_by("-count", "code")
    )
    return [Shortcoming(row["outcome"], row["code"] or "not_at_source", row["count"]) for row in rows]


SHORT_OUTCOMES = (EscalationItem.Outcome.PROBLEM, EscalationItem.Outcome.ABSENT)


@dataclass(frozen=True, slots=True)
class Button:
    """One thing that may be done to the order; `reason_needed` asks for a text first."""

    verb: str
    label: str
    verdict: Verdict
    primary: bool = False
    reason_needed: bool = False


OFFERED: dict[str, tuple[str, ...]] = {
    # the next step of the procedure comes first
    "draft": ("send", "cancel"),
    "raised": ("accept", "return", "cancel"),
    "accepted": ("start", "return"),
    "running": ("pause", "return"),
    "paused": ("start",),
    "stopped": ("start", "return"),
    "done": ("confirm",),
    "incomplete": ("confirm",),
}
PERMISSIONS = {
    "send": "escalation.raise",
    "accept": "escalation.accept",
    "return": "escalation.return",
    "start": "escalation.run",
    "pause": "escalation.pause",
    "confirm": "escalation.confirm",
    "cancel": "escalation.cancel",
}


def buttons(order: Escalation, user: User) -> list[Button]:
    """The next step is always shown, greyed with its reason; the others only to whom they are meant for."""
    shown_buttons = []
    for place, verb in enumerate(OFFERED.get(order.status, ())):
        right = permissions.can(user, PERMISSIONS[verb], order.client)
        if right or (place == 0 and verb != "pause"):
            verdict = right if not right else _verdict(order, verb, user)
            primary = place == 0 and verb != "pause" and bool(verdict)
            shown_buttons.append(Button(verb, _label(verb, order), verdict, primary, verb in rules.REASON_NEEDED))
    return shown_buttons


def _verdict(order: Escalation, verb: str, user: User) -> Verdict:
    move = rules.may_move(verb, order.status, reason="-")
    if not move:
        return no(move.reason, status=str(order.get_status_display()))
    if verb in ("accept", "start") and permissions.same_person(order.raised_by, user):
        assert order.raised_by is not None
        return no(
            "%(name)s raised this escalation; another person has to carry it out.",
            name=order.raised_by.name,
        )
    if verb == "confirm" and permissions.same_person(order.started_by_id, user):
        return no("Who carried this escalation out does not confirm it.")
    return YES


def _label(verb: str, order: Escalation) -> str:
    if verb == "start" and order.status in (STATUS.PAUSED, STATUS.STOPPED):
        return _("Continue")
    return {
        "send": _("Send the escalation"),
        "accept": _("Accept the escalation"),
        "return": _("Return"),
        "start": _("Start the backup"),
        "pause": _("Pause"),
        "confirm": _("Confirm the result"),
        "cancel": _("Cancel the escalation"),
    }[verb]


def awaited(order: Escalation) -> str:
    """Who is waited for: "Indra (Team IT)", "Team IT" with the names when several could act, "" when nobody is."""
    action = rules.WAITS_FOR.get(order.status)
    if action is None:
        return ""
    role = str(roles.LABELS[min(permissions.CAN[action])])
    known = order.raised_by if action == "escalation.confirm" else order.accepted_by
    if known is not None and order.status != STATUS.RAISED:
        return f"{known.name} ({role})"
    names = [user.name for user in responsible.first(action, order.client, order.record_class)]
    return f"{names[0]} ({role})" if len(names) == 1 else role
