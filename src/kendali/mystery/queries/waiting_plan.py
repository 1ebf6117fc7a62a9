"""Cycles: plan, assignment, pace, closing, freezing: what waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.civil_time import add_months
from kendali.mystery.models import Cycle
from kendali.mystery.queries import cycle_page, ending, prepared
from kendali.mystery.rules import cycle
from kendali.mystery.rules.cycle import Milestone
from kendali.mystery.rules.ending import ORDER
from kendali.mystery.rules.working_time import WorkCalendar, end_of_day, working_day_after
from kendali.records.queries.waiting_line import Waiting

AHEAD = 10  # working days before a month has to be ready that its beginning waits
MINE = ("cycle.edit", "plan.edit", "plan.assign", "cycle.freeze", *cycle_page.SIGNERS.values())


def lines(user: User, at: datetime) -> list[Waiting]:
    if not any(permissions.can(user, action) for action in MINE):
        return []
    days, today = prepared.calendar(), ending.today(at)
    found = list(_to_begin(user, today, days))
    for row in Cycle.objects.exclude(status=Cycle.Status.FROZEN).order_by("month"):
        due = ending.dates(row, days)
        match row.status:
            case Cycle.Status.PREPARING:
                found += _to_prepare(user, row, due)
            case Cycle.Status.PLANNED:
                found += _to_call(user, row, due, at)
            case Cycle.Status.CLOSED:
                found += _to_end(user, row, due, today)
    return found


def _to_begin(user: User, today: date, days: WorkCalendar) -> Iterator[Waiting]:
    """This month where it has no cycle, and the next one when it comes near."""
    if not permissions.can(user, "cycle.edit"):
        return
    here = today.replace(day=1)
    begun = set(Cycle.objects.filter(month__gte=here).values_list("month", flat=True))
    if not Cycle.objects.exists():
        return  # mystery calling is not used here yet
    for month in (here, add_months(here, 1)):
        due = cycle.dates(month, days)[Milestone.PREPARED]
        if month not in begun and working_day_after(today, AHEAD, days) >= due:
            yield Waiting(
                due=_end(due),
                sentence=_("Begin the cycle %(month)s"),
                detail=_("materials, scenarios and plan have to be ready before the month opens"),
                action=_("Begin"),
                url="/mystery/siklus/",
                facts={"month": (month, month)},
                primary=True,
            )


def _to_prepare(user: User, row: Cycle, due: dict[Milestone, date]) -> Iterator[Waiting]:
    if not permissions.can(user, "plan.edit"):
        return
    drawn = bool(row.drawn_at) and not row.drawing
    yield Waiting(
        due=_end(due[Milestone.PREPARED]),
        sentence=_("Freeze the plan of %(month)s") if drawn else _("Prepare the month %(month)s"),
        detail=_("the plan is drawn; look at it and freeze it") if drawn else _("materials, scenarios, plan"),
        action=_("Open"),
        url=f"/mystery/siklus/{row}/rencana/" if drawn else f"/mystery/siklus/{row}/",
        facts={"month": (row.month, row.month)},
        primary=True,
    )


def _to_call(user: User, row: Cycle, due: dict[Milestone, date], at: datetime) -> Iterator[Waiting]:
    counts = cycle_page.counts(row)
    if counts.open and permissions.can(user, "plan.assign"):
        yield Waiting(
            due=cycle_page.next_open(row, at),
            sentence=_("Samples of %(month)s without an executor: %(count)s"),
            detail=_("give them to somebody before their window opens"),
            action=_("Assign"),
            url=f"/mystery/siklus/{row}/rencana/?open=1",
            facts={"month": (row.month, row.month), "count": counts.open},
            primary=True,
        )
    if ending.today(at) >= due[Milestone.CALLS_CLOSE] and permissions.can(user, "cycle.edit"):
        yield Waiting(
            due=_end(due[Milestone.CALLS_CLOSE]),
            sentence=_("Close the calls of %(month)s"),
            detail=_("the last day for calls has come"),
            action=_("Open"),
            url=f"/mystery/siklus/{row}/",
            facts={"month": (row.month, row.month)},
            primary=True,
        )


def _to_end(user: User, row: Cycle, due: dict[Milestone, date], today: date) -> Iterator[Waiting]:
    """The next signature, when nothing waits for QA; then the freeze. Whether the register changed since is asked on
    its page, where its digest is computed."""
    counts = cycle_page.counts(row)
    if counts.tickets and today >= due[Milestone.CLOCKS_CLOSE] and permissions.can(user, "cycle.freeze"):
        yield Waiting(
            due=_end(due[Milestone.FROZEN]),
            sentence=_("Test tickets of %(month)s not said to be closed: %(count)s"),
            detail=_("while one is open, the month is not frozen"),
            action=_("Look at them"),
            url=f"/mystery/siklus/{row}/sampel/?tiket=terbuka",
            facts={"month": (row.month, row.month), "count": counts.tickets},
        )
    if counts.undecided or today < due[Milestone.CLOCKS_CLOSE]:
        return
    signed = {one.part for one in ending.signed(row)}
    part = next((one for one in ORDER if one not in signed), None)
    if part is not None and permissions.can(user, cycle_page.SIGNERS[part]):
        yield _at_the_end(row, due, _("Sign the register F-22 of %(month)s"), _("Sign"))
    elif part is None and not counts.tickets and permissions.can(user, "cycle.freeze"):
        yield _at_the_end(row, due, _("Freeze the month %(month)s"), _("Open"))


def _at_the_end(row: Cycle, due: dict[Milestone, date], sentence: str, action: str) -> Waiting:
    return Waiting(
        due=_end(due[Milestone.FROZEN]),
        sentence=sentence,
        detail=_("made by QCO, checked by QA, acknowledged by the coordinator, then frozen"),
        action=action,
        url=f"/mystery/siklus/{row}/pengesahan/",
        facts={"month": (row.month, row.month)},
        primary=True,
    )


def _end(day: date) -> datetime:
    return end_of_day(day, settings.TIME_ZONE)
