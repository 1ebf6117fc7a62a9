"""What the three clocks of findings say: state, hours left, late or not, and whose delay it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kendali.mystery import office
from kendali.mystery.models import Clock, Finding, Workplace
from kendali.mystery.rules import clock_rules, lateness_rules
from kendali.mystery.rules.clock_rules import ClockState, Punctuality, Step, Terms
from kendali.mystery.rules.lateness_rules import Fairness
from kendali.mystery.rules.working_time import Delay, Desk, Week, WorkCalendar


def as_rule(row: Clock) -> clock_rules.Clock:
    return clock_rules.Clock(
        step=Step(row.step),
        started_at=row.started_at,
        due_at=row.due_at,
        budget_at=row.budget_at,
        warn_at=row.warn_at,
        calendar_version=row.calendar_version,
        stopped_at=row.stopped_at,
        dropped_at=row.dropped_at,
    )


class Desks:
    """The desks that clocks run at, each looked up once: a page and a job ask for many clocks of few desks. A clock is
    read by the calendar, week and hours it was computed with, so that a later edit changes nothing of what was late."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Desk] = {}
        self._calendars: dict[tuple[str, int], WorkCalendar] = {}
        self._places: dict[str, Workplace] | None = None

    def of(self, row: Clock) -> Desk:
        key = (row.zone, row.site, row.calendar_version, row.week, row.opens, row.closes)
        if key not in self._known:
            self._known[key] = self._desk(row)
        return self._known[key]

    def _desk(self, row: Clock) -> Desk:
        calendar = self._calendar(row.site, row.calendar_version)
        if row.week and row.opens is not None and row.closes is not None:
            return Desk(row.zone, replace(calendar, week=Week(row.week)), row.opens, row.closes)
        place = self._place(row.site)
        return Desk(row.zone, calendar, place.opens, place.closes) if place is not None else Desk(row.zone, calendar)

    def _place(self, site: str) -> Workplace | None:
        if self._places is None:
            self._places = {one.site.code: one for one in Workplace.objects.select_related("site")}
        return self._places.get(site)

    def _calendar(self, site: str, number: int) -> WorkCalendar:
        if (site, number) not in self._calendars:
            self._calendars[site, number] = office.calendar_numbered(site, number)
        return self._calendars[site, number]


NOT_LATE = Delay()


@dataclass(frozen=True, slots=True)
class Chip:
    """One clock as it is shown. `left`: office hours, negative when late; `late_by`: begun days on both bases."""

    step: Step
    state: ClockState
    due_at: datetime | None = None
    left: timedelta = timedelta(0)
    late_by: Delay = NOT_LATE
    ended_at: datetime | None = None
    zone: str = ""
    budget_at: datetime | None = None
    over_budget: bool = False
    week: Week | None = None  # the days it counts; None = not begun


def chips(rows: Iterable[Clock], at: datetime, desks: Desks) -> list[Chip]:
    """K1, K2, K3, also those that have not started."""
    by_step = {Step(row.step): row for row in rows}
    return [chip(step, by_step.get(step), at, desks) for step in Step]


def chip(step: Step, row: Clock | None, at: datetime, desks: Desks) -> Chip:
    if row is None:
        return Chip(step, ClockState.NOT_STARTED)
    clock, desk = as_rule(row), desks.of(row)
    return Chip(
        step,
        clock_rules.state(clock, at),
        due_at=row.due_at,
        left=clock_rules.hours_left(clock, at, desk),
        late_by=clock_rules.lateness(clock, at, desk),
        ended_at=clock.ended_at,
        zone=row.zone,
        budget_at=row.budget_at,
        over_budget=(clock.ended_at or at) > row.budget_at,
        week=desk.calendar.week,
    )


def late(rows: Iterable[Clock], at: datetime) -> bool:
    """One of them is late or was."""
    return any(clock_rules.is_late(as_rule(row), at) for row in rows)


def of_finding(finding: Finding) -> dict[Step, Clock]:
    return {Step(row.step): row for row in finding.clocks.all()}


def zone_of_due(finding: Finding, rows: Iterable[Clock]) -> str:
    """Of the desk whose day ends when the finding is due (that of coaching is the owner's): elsewhere the same instant
    may bear another date. "" where no clock ever started."""
    zones = {Step(row.step): (row.due_at, row.zone) for row in rows}
    known = [zones[step] for step in Step if step in zones]
    waited = (zone for due, zone in known if due == finding.due_at)
    return next(waited, known[-1][1] if known else "")


def fairness(
    rows: Mapping[Step, Clock], at: datetime, desks: Desks, terms: Terms | None = None
) -> dict[Step, Fairness]:
    """By step; {} where no clock ever started. `terms`: those in force when it was found."""
    if Step.K1 not in rows:
        return {}
    clocks = {step: as_rule(row) for step, row in rows.items()}
    tables = {step: desks.of(row) for step, row in rows.items()}
    return lateness_rules.fairness(clocks, tables, terms or terms_of(rows), at)


def terms_of(rows: Mapping[Step, Clock]) -> Terms:
    """In force when the finding was found."""
    return office.clock_terms(min((row.started_at for row in rows.values()), default=None))


def punctuality(
    rows: Mapping[Step, Clock], at: datetime, desks: Desks, terms: Terms | None = None
) -> dict[Step, Punctuality]:
    """In time on working days, and on calendar days: reports print both."""
    terms = terms or terms_of(rows)
    return {step: clock_rules.punctuality(as_rule(row), at, desks.of(row), terms) for step, row in rows.items()}
