"""The dates of a cycle, its weeks, and what it takes over from the month before. No database, no clock.

Source: mystery-calling "One cycle", "Copy last month"; procedure 5.3 (once a month), 7 activities 1 and 2. A month is
given as its first day. Days are days of the calendar of the programme, or of a site where one is given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from kendali.civil_time import add_months, next_month
from kendali.mystery.working_time import DAY, LONGEST_REST, WorkCalendar, working_day_after
from kendali.verdict import YES, Verdict, no

KINDS = ("informasi", "permintaan", "komplain")  # all three are needed, activity 1


class Milestone(StrEnum):
    PREPARED = "prepared"  # bahan, skenario dan rencana siap: the last working day before M
    CALLS_OPEN = "calls_open"  # the first working day of M
    CALLS_CLOSE = "calls_close"  # the last day of M, or the working day before
    CLOCKS_CLOSE = "clocks_close"  # M+1, working day 2
    REPORTED = "reported"  # laporan dan rekap, QCO -> QA: working day 3
    ANALYSED = "analysed"  # analisa dan rekomendasi, QA -> departemen: working day 5
    FROZEN = "frozen"  # terkunci, every recommendation answered: working day 10
    EFFECT_CHECKED = "effect_checked"  # dampak rekomendasi diperiksa: the last working day of M+2


@dataclass(frozen=True, slots=True)
class Terms:
    """Working days of M+1. ValueError where they do not go up."""

    clocks_close: int = 2
    reported: int = 3
    analysed: int = 5
    frozen: int = 10

    def __post_init__(self) -> None:
        days = [self.clocks_close, self.reported, self.analysed, self.frozen]
        if days != sorted(days) or days[0] < 1:
            raise ValueError("the working days of a cycle go up")


def last_day(month: date) -> date:
    return next_month(month) - DAY


def month_days(month: date) -> list[date]:
    first = month.replace(day=1)
    return [first + timedelta(days=n) for n in range(last_day(month).day)]


def working_days(month: date, calendar: WorkCalendar) -> list[date]:
    return [day for day in month_days(month) if calendar.works_on(day)]


def working_day(month: date, count: int, calendar: WorkCalendar) -> date:
    """The `count`-th working day, from the month's first day on; 1 = the first."""
    return working_day_after(month.replace(day=1) - DAY, count, calendar)


def moved_back(day: date, calendar: WorkCalendar) -> date:
    """A due date on a holiday moves to the working day before. ValueError where there is none for three months."""
    for back in range(LONGEST_REST):
        if calendar.works_on(day - back * DAY):
            return day - back * DAY
    raise ValueError(f"the calendar has no working day in the {LONGEST_REST} days up to {day}")


def dates(month: date, calendar: WorkCalendar, terms: Terms | None = None) -> dict[Milestone, date]:
    """When each step of the cycle of this month is due, in the order of the procedure."""
    terms, after = terms or Terms(), next_month(month)
    return {
        Milestone.PREPARED: moved_back(month.replace(day=1) - DAY, calendar),
        Milestone.CALLS_OPEN: working_day(month, 1, calendar),
        Milestone.CALLS_CLOSE: moved_back(last_day(month), calendar),
        Milestone.CLOCKS_CLOSE: working_day(after, terms.clocks_close, calendar),
        Milestone.REPORTED: working_day(after, terms.reported, calendar),
        Milestone.ANALYSED: working_day(after, terms.analysed, calendar),
        Milestone.FROZEN: working_day(after, terms.frozen, calendar),
        Milestone.EFFECT_CHECKED: moved_back(last_day(add_months(month, 2)), calendar),
    }


# --- weeks: the fourth margin of the plan


@dataclass(frozen=True, slots=True)
class PlanWeek:
    """Monday to Sunday, cut at the ends of the month. `number` counts every week of the month, also one of holidays
    only, so that a missing number is seen."""

    number: int
    first: date
    last: date
    working_days: int

    @property
    def level(self) -> str:
        return str(self.number)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def weeks(month: date, calendar: WorkCalendar) -> tuple[PlanWeek, ...]:
    """The weeks with a working day; their working days are the weights of the margin."""
    found: list[PlanWeek] = []
    for day in month_days(month):
        if not found or day.weekday() == 0:
            found.append(PlanWeek(len(found) + 1, day, day, 0))
        week = found[-1]
        found[-1] = replace(week, last=day, working_days=week.working_days + calendar.works_on(day))
    return tuple(week for week in found if week.working_days)


# --- "Salin dari bulan lalu"


@dataclass(frozen=True, slots=True)
class Article:
    """A knowledge article as it stands now (Web Pansol). `valid_until`: its last day; None = no end."""

    code: str
    version: int
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Bahan. `cites`: article code and version; `due`: when it was to be ready."""

    code: str
    kind: str
    cites: tuple[tuple[str, int], ...]
    due: date


@dataclass(frozen=True, slots=True)
class ScenarioVersion:
    """`cites` as for materials; `material`: the code it was made from; `valid_until`: its last day; None = no end."""

    code: str
    version: int
    kind: str
    material: str
    cites: tuple[tuple[str, int], ...]
    due: date
    approved: bool
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over, with its new due date. `usable`: a no marks it as expired and says why; `warnings`: usable,
    but look at it."""

    of: Material | ScenarioVersion
    due: date
    usable: Verdict
    warnings: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenOver:
    """`left_out`: drafts that nobody approved; `missing`: kinds without usable material or scenario."""

    materials: tuple[Taken, ...]
    scenarios: tuple[Taken, ...]
    left_out: tuple[str, ...]
    missing: tuple[Verdict, ...]


def copy_last_month(
    materials: Iterable[Material],
    scenarios: Iterable[ScenarioVersion],
    *,
    to: date,
    articles: Mapping[str, Article],
    calendar: WorkCalendar,
    kinds: Collection[str] = KINDS,
) -> TakenOver:
    """The plan of month `to` begins with last month's materials and its approved scenarios, the newest version of each.
    What expires is marked, never dropped; every due date is the same day of the month before `to`, on a working day."""
    taken = tuple(_material(one, to, articles, calendar) for one in sorted(materials, key=lambda one: one.code))
    offered = list(scenarios)
    newest = _newest([one for one in offered if one.approved])
    copied = tuple(_scenario(one, to, articles, calendar) for one in newest)
    approved = {one.code for one in newest}
    left_out = tuple(sorted({one.code for one in offered} - approved))
    return TakenOver(taken, copied, left_out, _missing(taken, copied, kinds))


def _newest(scenarios: Sequence[ScenarioVersion]) -> list[ScenarioVersion]:
    best: dict[str, ScenarioVersion] = {}
    for one in sorted(scenarios, key=lambda one: (one.code, one.version)):
        best[one.code] = one
    return list(best.values())


def _material(one: Material, to: date, articles: Mapping[str, Article], calendar: WorkCalendar) -> Taken:
    verdicts = [_article(code, version, to, articles) for code, version in one.cites]
    return _taken(one, to, calendar, verdicts)


def _scenario(one: ScenarioVersion, to: date, articles: Mapping[str, Article], calendar: WorkCalendar) -> Taken:
    verdicts = [_validity(one, to), *(_article(code, version, to, articles) for code, version in one.cites)]
    return _taken(one, to, calendar, verdicts)


def _taken(
    one: Material | ScenarioVersion, to: date, calendar: WorkCalendar, verdicts: Sequence[tuple[bool, Verdict]]
) -> Taken:
    """The first hard no marks it; every other no is a warning."""
    hard = [verdict for stops, verdict in verdicts if stops and not verdict]
    soft = tuple(verdict for stops, verdict in verdicts if not stops and not verdict)
    return Taken(one, due_in(one.due, to, calendar), hard[0] if hard else YES, soft)


def due_in(due: date, to: date, calendar: WorkCalendar) -> date:
    """The same day of the month before `to`, at most its last, then on the working day before where it is none."""
    before = add_months(to, -1)
    return moved_back(before.replace(day=min(due.day, last_day(before).day)), calendar)


def _validity(one: ScenarioVersion, to: date) -> tuple[bool, Verdict]:
    if one.valid_until is None or one.valid_until >= last_day(to):
        return True, YES
    if one.valid_until < to.replace(day=1):
        return True, no("Scenario %(code)s expired on %(until)s.", code=one.code, until=one.valid_until.isoformat())
    return False, no("Scenario %(code)s expires within the month, on %(until)s.",
                     code=one.code, until=one.valid_until.isoformat())  # fmt: skip


def _article(code: str, version: int, to: date, articles: Mapping[str, Article]) -> tuple[bool, Verdict]:
    """Is the article that the expected answers rest on still the one in force?"""
    now = articles.get(code)
    if now is None:
        return True, no("Article %(article)s is no longer in the knowledge base.", article=code)
    if now.version != version:
        return True, no("Article %(article)s is now version %(now)s; the answers rest on version %(version)s.",
                        article=code, now=now.version, version=version)  # fmt: skip
    if now.valid_until is None or now.valid_until >= last_day(to):
        return True, YES
    until = now.valid_until.isoformat()
    if now.valid_until < to.replace(day=1):
        return True, no("Article %(article)s expired on %(until)s.", article=code, until=until)
    return False, no("Article %(article)s expires within the month, on %(until)s.", article=code, until=until)


def _missing(materials: Sequence[Taken], scenarios: Sequence[Taken], kinds: Collection[str]) -> tuple[Verdict, ...]:
    """Activity 1: informasi, permintaan, komplain; a kind without a scenario cannot be called."""
    with_material = {one.of.kind for one in materials if one.usable}
    with_scenario = {one.of.kind for one in scenarios if one.usable}
    return tuple(
        no("No usable %(thing)s of the kind %(kind)s is left: prepare one before the cycle opens.", thing=thing,
           kind=kind)
        for thing, there in (("material", with_material), ("scenario", with_scenario))
        for kind in kinds
        if kind not in there
    )  # fmt: skip
