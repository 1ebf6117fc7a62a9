"""Where and when calls can be made in a month: numbers, shifts, working days, who calls when."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from kendali.mystery import models
from kendali.mystery.queries.calendars import Calendars
from kendali.mystery.queries.callers import callers
from kendali.mystery.rules import cycle
from kendali.mystery.rules.lockouts import Caller
from kendali.mystery.rules.quotas import OUTCOME
from kendali.mystery.rules.slots import Field
from kendali.mystery.rules.windows import Destination, Duty, Span, WindowTerms
from kendali.terms import settings as terms


def hours_of(row: models.Destination) -> tuple[tuple[Span, ...], ...]:
    """Seven days, Monday first; open all day where nothing is entered."""
    if not row.hours:
        return ((Span(0, 24 * 60),),) * 7
    return tuple(tuple(Span(first, last) for first, last in day) for day in row.hours)


def destination(row: models.Destination, calendars: Calendars) -> Destination:
    """Needs `site`. What is outside the service hours or on a day off of the site is no window."""
    site = row.site.code if row.site is not None else ""
    return Destination(row.code, site or OUTCOME, row.zone, hours_of(row), calendars.of(site))


def shifts() -> dict[str, Span]:
    rows = models.Shift.objects.filter(active=True).values_list("code", "first", "last")
    return {code: Span(first, last) for code, first, last in rows}


def duties(who: tuple[Caller, ...], month: date) -> tuple[Duty, ...]:
    """Callers who work the same hours by the same calendar, together; without those who call only by hand or are
    absent the whole month."""
    first, last = month.replace(day=1), cycle.last_day(month)
    alike = Counter(
        _key(one.duty)
        for one in who
        if one.share > 0 and not any(begin <= first and last <= end for begin, end in one.absent)
    )
    by_key = {_key(one.duty): one.duty for one in who}
    return tuple(
        Duty(by_key[key].zone, by_key[key].span, by_key[key].calendar, many) for key, many in sorted(alike.items())
    )


def _key(duty: Duty) -> tuple[str, int, int, str, tuple[date, ...]]:
    days = duty.calendar.holidays
    listed = tuple(sorted(days)) if isinstance(days, frozenset) else ()
    return duty.zone, duty.span.first, duty.span.last, duty.calendar.week.value, listed


def field(month: date) -> Field:
    calendars = Calendars()
    rows = models.Destination.objects.filter(active=True).select_related("site")
    width = timedelta(minutes=terms.number("mystery.window_minutes"))
    return Field(
        destinations=tuple(destination(row, calendars) for row in rows),
        shifts=shifts(),
        weeks=cycle.weeks(month, calendars.of()),
        duties=duties(callers(month), month),
        terms=WindowTerms(width=width, apart=width),
    )
