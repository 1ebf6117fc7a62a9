"""The table of days off as plain rows: what is published for a year, and edits of it. No database, no clock.

Source: mystery-calling "Holidays" (seeded from the `holidays` package, categories public and government: cuti bersama
is only in government; some Islamic dates are estimates; a year may have no decree yet). One row for each date.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

import holidays

from kendali.civil_time import EARLIEST, LATEST
from kendali.mystery.rules.working_time import DAY, LONGEST_REST
from kendali.verdict import YES, Verdict, no

PUBLIC, GOVERNMENT, OWN = "public", "government", "own"
ESTIMATED = "(perkiraan)"
LONGEST_NAME = 120


class Row(TypedDict):
    """As `CalendarVersion.days` keeps it."""

    date: str
    name: str
    kind: str
    estimated: bool
    sites: list[str]


@dataclass(frozen=True, slots=True, order=True)
class DayOff:
    """`kind`: public (hari libur nasional), government (cuti bersama), own; `sites`: codes, empty = everywhere."""

    on: date
    name: str
    kind: str = OWN
    estimated: bool = False
    sites: tuple[str, ...] = ()

    def row(self) -> Row:
        return {"date": self.on.isoformat(), "name": self.name, "kind": self.kind, "estimated": self.estimated,
                "sites": list(self.sites)}  # fmt: skip


Table = tuple[DayOff, ...]


def of_rows(rows: Iterable[Row]) -> Table:
    return tuple(
        DayOff(date.fromisoformat(one["date"]), one["name"], one["kind"], one["estimated"], tuple(one["sites"]))
        for one in rows
    )


def rows_of(table: Table) -> list[Row]:
    return [one.row() for one in sorted(table)]


def published(year: int) -> Table:
    """What the decree of the year says, as far as the package knows it; a day of both kinds is a public one."""
    found: dict[date, DayOff] = {}
    for kind in (GOVERNMENT, PUBLIC):
        for on, name in holidays.country_holidays("ID", years=year, categories=(kind,), language="id").items():
            estimated = ESTIMATED in name
            text = "; ".join(part.replace(ESTIMATED, "").strip() for part in name.split(";"))
            found[on] = DayOff(on, text[:LONGEST_NAME], kind, estimated)
    return tuple(found[on] for on in sorted(found))


def years(table: Table) -> list[int]:
    return sorted({one.on.year for one in table})


def decreed(table: Table, year: int) -> Verdict:
    """Is the year's decree (SKB tiga menteri) in the table? Without one there is no cuti bersama, and dates may
    move."""
    here = [one for one in table if one.on.year == year]
    if not here:
        return no("The table has no days off in %(year)s yet: every weekday counts as a working day.", year=year)
    if not any(one.kind == GOVERNMENT for one in here):
        return no("No decree for %(year)s yet: its cuti bersama are missing, and dates may still move.", year=year)
    return YES


def with_year(table: Table, year: int) -> Table:
    """With what is published for a year added. What the table says about a date stays, but an estimate gives way to
    what is published now."""
    now = published(year)
    stays = tuple(one for one in table if not (one.estimated and one.on.year == year))
    held = {one.on for one in stays}
    return tuple(sorted((*stays, *(one for one in now if one.on not in held))))


def with_day(table: Table, day: DayOff) -> Table:
    """Added, or in place of what stood on that date: another name, other sites."""
    return tuple(sorted((*(one for one in table if one.on != day.on), day)))


def without(table: Table, on: date) -> Table:
    return tuple(one for one in table if one.on != on)


def acceptable(day: DayOff, sites: Collection[str]) -> Verdict:
    if not day.name.strip():
        return no("Say what day it is.")
    if len(day.name) > LONGEST_NAME:
        return no("This text is longer than %(most)s characters.", most=LONGEST_NAME)
    if not EARLIEST <= day.on <= LATEST:
        return no("This day is too far away.")
    if unknown := [one for one in day.sites if one not in sites]:
        return no("%(value)s is not known here.", value=unknown[0])
    return YES


def works_at_all(table: Table, sites: Sequence[str]) -> Verdict:
    """Three months without a single working day are a mistake: no clock could end."""
    for site in ("", *sites):
        off = sorted(one.on for one in table if not one.sites or site in one.sites)
        for on in _long_rests(off):
            return no("From %(on)s on there would be no working day for three months.", on=on.isoformat())
    return YES


def _long_rests(off: Sequence[date]) -> list[date]:
    """Where weekdays off follow each other (weekends between them do not end a rest) for LONGEST_REST days."""
    found, start, last = [], None, None
    for day in off:
        if last is None or any((last + DAY * n).weekday() < 5 for n in range(1, (day - last).days)):
            start = day
        last = day
        if start is not None and (day - start).days >= LONGEST_REST - 7:
            found.append(start)
    return found


@dataclass(frozen=True, slots=True)
class Changed:
    """What one version has that the one before had not, and the other way round; `renamed`: (before, after)."""

    added: Table = ()
    removed: Table = ()
    renamed: tuple[tuple[DayOff, DayOff], ...] = ()


def difference(before: Table, after: Table) -> Changed:
    old, new = {one.on: one for one in before}, {one.on: one for one in after}
    return Changed(
        tuple(new[on] for on in sorted(new.keys() - old.keys())),
        tuple(old[on] for on in sorted(old.keys() - new.keys())),
        tuple((old[on], new[on]) for on in sorted(old.keys() & new.keys()) if old[on] != new[on]),
    )
