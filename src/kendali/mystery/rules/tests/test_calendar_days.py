"""The table of days off: what is published for a year, and edits of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from kendali.mystery.rules.calendar_days import (
    DayOff,
    acceptable,
    decreed,
    difference,
    of_rows,
    published,
    rows_of,
    with_day,
    with_year,
    without,
    works_at_all,
    years,
)

GALUNGAN = DayOff(date(2027, 4, 7), "Hari Raya Galungan", sites=("dps",))


def on(table: tuple[DayOff, ...], day: date) -> DayOff | None:
    return next((one for one in table if one.on == day), None)


def test_a_decreed_year_has_holidays_and_cuti_bersama_in_indonesian() -> None:
    table = published(2026)
    eid, joint = on(table, date(2026, 3, 21)), on(table, date(2026, 3, 20))
    assert eid is not None
    assert joint is not None
    assert (eid.kind, joint.kind) == ("public", "government")
    assert "Idul Fitri" in eid.name
    assert decreed(table, 2026)


def test_an_estimate_is_marked_and_its_name_is_clean() -> None:
    estimates = [one for one in published(2028) if one.estimated]
    assert estimates
    assert not any("perkiraan" in one.name for one in estimates)


def test_a_year_without_decree_warns_and_an_empty_one_too() -> None:
    assert "decree" in decreed(published(2028), 2028).reason
    assert "no days off" in decreed(published(2026), 2028).reason


def test_rows_and_table_are_the_same() -> None:
    table = (*published(2026), GALUNGAN)
    assert of_rows(rows_of(table)) == tuple(sorted(table))


def test_adding_a_year_keeps_what_the_table_says_and_replaces_estimates() -> None:
    new_year = date(2028, 1, 1)
    named = with_day((), DayOff(new_year, "Tahun baru kami", sites=("jkt",)))
    moved = with_day(named, DayOff(date(2028, 2, 3), "Perkiraan lama", "public", estimated=True))
    table = with_year(moved, 2028)
    kept = on(table, new_year)
    assert kept is not None
    assert kept.name == "Tahun baru kami"
    assert on(table, date(2028, 2, 3)) is None
    assert {one.on for one in published(2028)} <= {one.on for one in table}
    assert with_year(table, 2028) == table
    assert years(table) == [2028]


def test_a_date_stands_once() -> None:
    table = with_day(with_day((), GALUNGAN), replace(GALUNGAN, sites=("dps", "mks")))
    assert [one.sites for one in table] == [("dps", "mks")]
    assert without(table, GALUNGAN.on) == ()


def test_what_an_edit_changed_is_told() -> None:
    before = with_day(published(2026), GALUNGAN)
    renamed = replace(GALUNGAN, name="Galungan")
    after = without(with_day(before, renamed), date(2026, 1, 1))
    changed = difference(before, after)
    assert [one.on for one in changed.removed] == [date(2026, 1, 1)]
    assert changed.renamed == ((GALUNGAN, renamed),)
    assert changed.added == ()


def test_a_day_needs_a_name_and_sites_that_exist() -> None:
    assert acceptable(GALUNGAN, {"dps"})
    assert not acceptable(GALUNGAN, {"jkt"})
    assert not acceptable(replace(GALUNGAN, name=" "), {"dps"})
    assert not acceptable(replace(GALUNGAN, on=date(1800, 1, 1)), {"dps"})


def test_three_months_without_a_working_day_are_refused() -> None:
    first = date(2027, 1, 4)
    quarter = tuple(DayOff(first + timedelta(days=n), "x", sites=("dps",)) for n in range(95))
    assert works_at_all(quarter[:60], ["dps"])
    assert not works_at_all(quarter, ["dps"])
    assert works_at_all(quarter, ["jkt"])
    assert works_at_all(published(2026), ["jkt"])
