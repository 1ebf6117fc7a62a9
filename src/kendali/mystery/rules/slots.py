"""The windows of a plan: drawn by seed, shown in both zones, sealed by a digest. No database, no clock.

Source: mystery-calling "The caller cannot choose the agent" (a slot is a window, drawn by a seeded generator, shown in
both zones; seed and algorithm version are stored). The digest covers strata and windows, not who calls: a sick executor
is replaced without touching it.
"""

from __future__ import annotations

import hashlib
import hmac
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import inf

from kendali.civil_time import local_date
from kendali.mystery.rules.cycle import PlanWeek
from kendali.mystery.rules.draws import Draws
from kendali.mystery.rules.quotas import ALGORITHM as QUOTAS
from kendali.mystery.rules.quotas import Dimension, Limits, Stratum
from kendali.mystery.rules.windows import Destination, Duty, Span, WindowTerms, packed, windows
from kendali.verdict import YES, Verdict, no

ALGORITHM = "slots-1"
LAYOUT = "kendali-mystery-plan/1"
TRIES = 20


@dataclass(frozen=True, slots=True)
class Field:
    """Where and when calls can be made. `shifts`: local hours of the agents' shifts, in the zone of the destination."""

    destinations: tuple[Destination, ...]
    shifts: Mapping[str, Span]
    weeks: tuple[PlanWeek, ...]
    duties: tuple[Duty, ...]
    terms: WindowTerms = field(default_factory=WindowTerms)


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned sample. `number`: in the order of time, from 1; `place`: what lockouts are counted by; `zone` of the
    site that answers."""

    number: int
    stratum: Stratum
    destination: str
    place: str
    starts: datetime
    ends: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Full:
    """A stratum (area, shift, week) that has too few windows."""

    area: str
    shift: str
    week: str
    needed: int
    available: int

    @property
    def verdict(self) -> Verdict:
        return no(
            "Area %(area)s, shift %(shift)s, week %(week)s: %(needed)s windows are needed, and %(available)s are left: "
            "%(missing)s too few.",
            area=self.area, shift=self.shift, week=self.week, needed=self.needed, available=self.available,
            missing=self.needed - self.available,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """`cycle`: "2027-03". Empty where `full` says why."""

    cycle: str
    seed: str
    slots: tuple[Slot, ...]
    full: tuple[Full, ...] = ()
    algorithms: tuple[str, ...] = (QUOTAS, ALGORITHM)

    @property
    def verdict(self) -> Verdict:
        return self.full[0].verdict if self.full else YES


Group = tuple[str, str, str]  # area, shift, week
Candidate = tuple[datetime, Destination, tuple[int, ...]]  # with the groups of callers that are there
Candidates = list[Candidate]


def limits(ground: Field) -> dict[tuple[Dimension, str, str], int]:
    """For `quotas.draw`: how many windows an area has in each shift and each week; 0 = closed. Windows that may
    coincide (`apart` 0) have no limit but that."""
    found: dict[tuple[Dimension, str, str], list[datetime]] = {}
    for area in sorted({one.area for one in ground.destinations}):
        for shift in ground.shifts:
            for week in ground.weeks:
                starts = [start for start, *_ in _candidates(ground, (area, shift, week.level))]
                found.setdefault((Dimension.SHIFT, area, shift), []).extend(starts)
                found.setdefault((Dimension.WEEK, area, week.level), []).extend(starts)
    most = {key: packed(starts, ground.terms.apart) for key, starts in found.items()}
    return {key: many for key, many in most.items() if ground.terms.apart or not many}


def tighter(one: Limits, other: Limits) -> dict[tuple[Dimension, str, str], int]:
    """The smaller limit of both."""
    return {
        key: min(value for value in (one.get(key), other.get(key)) if value is not None) for key in {**one, **other}
    }


def draw(strata: Iterable[Stratum], ground: Field, *, cycle: str, seed: str) -> Plan:
    """One window for each stratum: never two of an area closer than `apart`, never more at once than there are callers,
    days as evenly used as chance allows. The same arguments give the same plan, always."""
    ordered = sorted(strata)
    draws = Draws(f"{ALGORITHM}\n{seed}")
    open_ = {group: _candidates(ground, group) for group in sorted({_group(one) for one in ordered})}
    best: _Drawing | None = None
    for attempt in range(TRIES):
        drawing = _Drawing(ground, tight=attempt == TRIES - 1)
        _place(drawing, ordered, open_, draws)
        if best is None or len(drawing.taken) > len(best.taken):
            best = drawing
        if len(best.taken) == len(ordered):
            return Plan(cycle, seed, _numbered(best.taken, ground.terms.width))
    assert best is not None
    return Plan(cycle, seed, (), _full(ordered, best.taken))


def _group(one: Stratum) -> Group:
    return one.area, one.shift, one.week


def _candidates(ground: Field, group: Group) -> Candidates:
    area, shift, level = group
    week = next((one for one in ground.weeks if one.level == level), None)
    span = ground.shifts.get(shift)
    if week is None or span is None:
        return []
    there = sorted((one for one in ground.destinations if one.area == area), key=lambda one: one.code)
    found = [
        (start, one, groups)
        for one in there
        for start, groups in windows(one, span, week, ground.duties, ground.terms).items()
    ]
    return sorted(found, key=lambda candidate: (candidate[0], candidate[1].code))


@dataclass(slots=True)
class _Drawing:
    """A plan in the making. `tight`: earliest window first, for a plan that is nearly full."""

    ground: Field
    tight: bool
    taken: list[tuple[Stratum, datetime, Destination]] = field(default_factory=list)
    starts: dict[str, list[datetime]] = field(default_factory=dict)  # of an area, in order
    busy: dict[int, list[datetime]] = field(default_factory=dict)  # of a group of callers, in order
    load: Counter[tuple[str, date]] = field(default_factory=Counter)  # area and day; "" = all areas

    def free(self, candidate: Candidate) -> bool:
        start, to, groups = candidate
        there = self.starts.get(to.area, [])
        at = bisect_left(there, start)
        near = there[max(at - 1, 0) : at + 1]
        return all(abs(start - other) >= self.ground.terms.apart for other in near) and self.group(start, groups) >= 0

    def group(self, start: datetime, groups: Iterable[int]) -> int:
        """The group with most callers left in this window; -1 = none. A window overlaps at most as many earlier taken
        ones as there are other callers, so that time order always finds somebody."""
        left = {group: self._left(group, start) for group in groups}
        best = max(left, key=lambda group: (left[group], -group))
        return best if left[best] > 0 else -1

    def _left(self, group: int, start: datetime) -> float:
        callers, width, busy = self.ground.duties[group].callers, self.ground.terms.width, self.busy.get(group, [])
        overlapping = bisect_left(busy, start + width) - bisect_right(busy, start - width)
        return inf if callers is None else callers - overlapping

    def weight(self, candidate: Candidate) -> tuple[int, int]:
        start, to, _ = candidate
        day = local_date(start, to.zone)
        return self.load["area " + to.area, day], self.load["", day]

    def take(self, one: Stratum, candidate: Candidate) -> None:
        start, to, groups = candidate
        day = local_date(start, to.zone)
        self.taken.append((one, start, to))
        insort(self.starts.setdefault(one.area, []), start)
        insort(self.busy.setdefault(self.group(start, groups), []), start)
        self.load.update([("area " + to.area, day), ("", day)])


def _place(drawing: _Drawing, strata: Sequence[Stratum], open_: Mapping[Group, Candidates], draws: Draws) -> None:
    """Those with the fewest windows choose first; in a tight plan those with the earliest."""
    mixed = draws.shuffled(strata)
    if drawing.tight:
        mixed.sort(key=lambda one: [candidate[0] for candidate in open_[_group(one)][:1]])
    else:
        mixed.sort(key=lambda one: len(open_[_group(one)]))
    for one in mixed:
        free = [candidate for candidate in open_[_group(one)] if drawing.free(candidate)]
        if not free:
            continue
        if drawing.tight:
            drawing.take(one, free[0])
            continue
        weights = [drawing.weight(candidate) for candidate in free]
        least = min(weights)
        even = [candidate for candidate, weight in zip(free, weights, strict=True) if weight == least]
        drawing.take(one, draws.choice(even))


def _numbered(taken: Iterable[tuple[Stratum, datetime, Destination]], width: timedelta) -> tuple[Slot, ...]:
    ordered = sorted(taken, key=lambda row: (row[1], row[0], row[2].code))
    return tuple(
        Slot(number, one, to.code, to.place, start, start + width, to.zone)
        for number, (one, start, to) in enumerate(ordered, 1)
    )


def _full(strata: Iterable[Stratum], taken: Iterable[tuple[Stratum, datetime, Destination]]) -> tuple[Full, ...]:
    needed = Counter(_group(one) for one in strata)
    placed = Counter(_group(one) for one, _, _ in taken)
    return tuple(Full(*group, many, placed[group]) for group, many in sorted(needed.items()) if placed[group] < many)


# --- sealed


def canonical(plan: Plan) -> bytes:
    """The text that is sealed: a head line (layout, cycle, seed, algorithms), then one line for each slot in the order
    of their numbers; fields separated by TAB, every line ended by LF, UTF-8, instants UTC in whole seconds."""
    head = [LAYOUT, plan.cycle, plan.seed, *plan.algorithms]
    return "".join(_line(fields) for fields in [head, *(_fields(one) for one in plan.slots)]).encode()


def _fields(one: Slot) -> list[str]:
    of = one.stratum
    instants = [f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (one.starts, one.ends)]
    return [str(one.number), of.area, of.shift, of.kind, of.week, one.destination, one.place, *instants, one.zone]


def _line(fields: Iterable[str]) -> str:
    escaped = (one.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") for one in fields)
    return "\t".join(escaped) + "\n"


def digest(plan: Plan) -> str:
    """Kode hash of the frozen plan: SHA-256 of `canonical`, as `sha256sum` prints it."""
    return hashlib.sha256(canonical(plan)).hexdigest()


def unchanged(plan: Plan, frozen_digest: str) -> Verdict:
    """Is this still the plan that was frozen?"""
    now = digest(plan)
    if hmac.compare_digest(now, frozen_digest):
        return YES
    return no("This plan is not the one that was frozen: its digest is %(now)s, the frozen one %(frozen)s.",
              now=now, frozen=frozen_digest)  # fmt: skip
