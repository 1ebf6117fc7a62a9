"""The roster: intervals without overlap, lookups at an instant, imports that say first what they would change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kendali.mystery.rules.roster_import import COLUMNS, Diff, Known, applied, dry_run
from kendali.mystery.rules.roster_rules import (
    Membership,
    Team,
    agent_at,
    at_instant,
    check,
    on_day,
    reachable_teams,
    supervisors_of,
    team_on,
)

ZONES = {"JKT": "Asia/Jakarta", "DPS": "Asia/Makassar"}
DAY = timedelta(days=1)
JANUARY, MARCH = date(2027, 1, 1), date(2027, 3, 1)


def member(agent: str = "1", team: str = "A", since: date = JANUARY, until: date | None = None,
           **more: str) -> Membership:  # fmt: skip
    area = "DPS" if team == "D" else "JKT"
    return replace(Membership(agent, f"Agent {agent}", team, area, "pagi", since, until), **more)  # type: ignore[arg-type]


HISTORIES = [
    ("a gap is allowed", [member(until=date(2027, 1, 31)), member(team="B", since=MARCH)], []),
    ("one day after the other", [member(until=date(2027, 2, 28)), member(team="B", since=MARCH)], []),
    ("one day twice", [member(until=MARCH), member(team="B", since=MARCH)],
     ["1.since: Agent 1 is in two places on 2027-03-01: A and B."]),
    ("a long interval over two others",
     [member(), member(team="B", since=MARCH, until=MARCH), member(team="B", since=MARCH + DAY)],
     ["1.since: Agent 1 is in two places on 2027-03-01: A and B.",
      "1.since: Agent 1 is in two places on 2027-03-02: A and B."]),
    ("no end and another beginning", [member(), member(team="B", since=MARCH)],
     ["1.since: Agent 1 is in two places on 2027-03-01: A and B."]),
    ("two agents in one team", [member(), member("2")], []),
    ("ends before it begins", [member(since=MARCH, until=JANUARY)],
     ["1.until: The interval of 1 ends on 2027-01-01, before it begins."]),
    ("without a team", [member(team=" ")], ["1.team: This field is empty."]),
    ("one login for two", [member(login="x"), member("2", since=MARCH, login="x")],
     ["2.login: x belongs to 1 too on 2027-03-01."]),
    ("one login after the other", [member(login="x", until=JANUARY), member("2", since=MARCH, login="x")], []),
    ("an extension under a longer interval",
     [member(extension="7"), member("2", since=MARCH, until=MARCH, extension="7"),
      member("3", since=MARCH + DAY, extension="7")],
     ["2.extension: 7 belongs to 1 too on 2027-03-01.", "3.extension: 7 belongs to 1 too on 2027-03-02."]),
]  # fmt: skip


@pytest.mark.parametrize(("history", "problems"), [c[1:] for c in HISTORIES], ids=[c[0] for c in HISTORIES])
def test_what_is_wrong_with_a_history(history: list[Membership], problems: list[str]) -> None:
    assert [str(one) for one in check(history)] == problems
    assert [str(one) for one in check(reversed(history))] == problems


def test_a_day_begins_earlier_in_wita() -> None:
    """16.30 UTC on 28 February is 23.30 in Jakarta and 00.30 of 1 March in Denpasar."""
    history = [member("1", since=MARCH), member("2", team="D", since=MARCH), member("3", until=MARCH - DAY)]
    at = datetime(2027, 2, 28, 16, 30, tzinfo=UTC)
    assert [one.agent for one in at_instant(history, at, ZONES)] == ["2", "3"]
    assert [one.agent for one in at_instant(history, at + timedelta(hours=1), ZONES)] == ["2", "1"]
    with pytest.raises(KeyError):
        at_instant(history, at, {"JKT": "Asia/Jakarta"})


AT = datetime(2027, 3, 1, 3, tzinfo=UTC)


def test_an_agent_is_found_by_number_login_or_extension_and_not_guessed() -> None:
    history = [
        member("1", login="ani", extension="7", until=date(2027, 2, 28)),
        member("2", login="budi", extension="7", since=MARCH),
    ]
    assert agent_at(history, AT, ZONES, extension="7") == history[1]
    assert agent_at(history, AT - 9 * DAY, ZONES, extension="7") == history[0]
    assert agent_at(history, AT, ZONES, login="budi") == history[1]
    assert agent_at(history, AT, ZONES, agent="2") == history[1]
    assert agent_at(history, AT, ZONES, login="ani") is None
    assert agent_at(history, AT, ZONES) is None
    assert agent_at([member("1"), member("2", login="x")], AT, ZONES, agent="1", login="x") is None


def test_the_teams_a_call_may_end_at() -> None:
    history = [
        member("1"),
        member("2", team="B", shift="malam"),
        member("3", team="D"),
        member("4", "C", until=JANUARY),
    ]
    assert reachable_teams(history, MARCH, area="JKT", shift="pagi") == {"A"}
    assert reachable_teams(history, MARCH, area="", shift="pagi") == {"A", "D"}
    assert reachable_teams(history, MARCH, area="JKT", shift="") == {"A", "B"}
    assert [one.agent for one in on_day(history, JANUARY)] == ["3", "1", "2", "4"]


def test_teams_and_their_supervisors_have_their_days() -> None:
    teams = [
        Team("A", "JKT", "tl1", "spv1", JANUARY, MARCH - DAY),
        Team("A", "JKT", "tl1", "spv2", MARCH),
        Team("B", "JKT", "tl2", "spv2", JANUARY),
        Team("D", "DPS", "tl3", "", JANUARY),
    ]
    before, now = (team_on(teams, "A", day) for day in (MARCH - DAY, MARCH))
    assert before is not None
    assert now is not None
    assert (before.supervisor, now.supervisor) == ("spv1", "spv2")
    assert team_on(teams, "A", JANUARY - DAY) is None
    assert supervisors_of(teams, "JKT", JANUARY) == ["spv1", "spv2"]
    assert supervisors_of(teams, "JKT", MARCH) == ["spv2"]
    assert supervisors_of(teams, "DPS", MARCH) == []


# --- import -----------------------------------------------------------------------------------------------------------

KNOWN = Known(("JKT", "DPS"), ("pagi", "malam"), {"A": "JKT", "B": "JKT", "D": "DPS"})


def row(agent: str = "1", team: str = "A", **more: str) -> dict[str, str]:
    area = "DPS" if team == "D" else "JKT"
    return {"agent": agent, "name": f"Agent {agent}", "team": team, "area": area, "shift": "pagi", **more}


def run(rows: list[dict[str, str]], history: list[Membership], *, complete: bool = False) -> Diff:
    return dry_run(rows, history, known=KNOWN, effective=MARCH, complete=complete)


def test_a_dry_run_tells_added_changed_ended_and_unchanged_apart() -> None:
    history = [member("1"), member("2"), member("3")]
    diff = run([row("1"), row("2", "B"), row("4", "D")], history, complete=True)
    assert not diff.problems
    assert [one.agent for one in diff.unchanged] == ["1"]
    assert [(one.before.team, one.after.team, one.after.since) for one in diff.changed] == [("A", "B", MARCH)]
    assert [(one.before.agent, one.after.until) for one in diff.ended] == [("3", MARCH - DAY)]
    assert [(one.agent, one.area, one.since) for one in diff.added] == [("4", "DPS", MARCH)]
    assert [(one.agent, one.team, one.since, one.until) for one in applied(history, diff)] == [
        ("1", "A", JANUARY, None),
        ("2", "A", JANUARY, MARCH - DAY),
        ("2", "B", MARCH, None),
        ("3", "A", JANUARY, MARCH - DAY),
        ("4", "D", MARCH, None),
    ]


def test_who_is_missing_stays_unless_the_sheet_is_complete() -> None:
    assert not run([row("1")], [member("1"), member("2")]).ended


def test_an_end_in_the_sheet_ends_the_interval_as_it_is() -> None:
    diff = run([row("1", until="2027-03-31")], [member("1")])
    assert [(one.after.since, one.after.until) for one in diff.changed] == [(JANUARY, date(2027, 3, 31))]
    assert applied([member("1")], diff) == (member("1", until=date(2027, 3, 31)),)


def test_a_planned_move_does_not_stand_in_the_way_of_what_is_so_today() -> None:
    history = [member("1", until=date(2027, 3, 31)), member("1", "B", date(2027, 4, 1))]
    assert not run([row("1", until="2027-03-31")], history).problems
    assert not run([row("1", "B", since="2027-04-01")], history).problems


def test_two_agents_may_swap_their_logins_on_one_day() -> None:
    history = [member("1", login="x"), member("2", login="y")]
    diff = run([row("1", login="y"), row("2", login="x")], history)
    assert not diff.problems
    assert len(applied(history, diff)) == 4


REFUSED = [
    ("an empty name", [row(name=" ")], [], "row 2.name: This field is empty."),
    ("an unknown team", [row(team="Z")], [], "row 2.team: Z is not known here."),
    ("an unknown shift", [row(shift="sore")], [], "row 2.shift: sore is not known here."),
    ("a team of another area", [row(team="D", area="JKT")], [], "row 2.area: Team D belongs to area DPS."),
    ("the same agent twice", [row(), {}, row(team="B")], [], "row 4.agent: Agent 1 is in row 2 already."),
    ("no date", [row(since="1/3/27")], [], "row 2.since: 1/3/27 is no date: write it as 2027-03-31."),
    ("an end before the beginning", [row(until="2027-02-01")], [],
     "row 2.until: The interval ends on 2027-02-01, before it begins."),
    ("a text too long", [row(name="x" * 201)], [], "row 2.name: This text is longer than 200 characters."),
    ("history that would be rewritten", [row(team="B", since="2027-01-01")], [member()],
     "row 2.since: Agent 1 has had other data since 2027-01-01: give the day on which it changed."),
    ("a later interval", [row(team="B")], [member(until=date(2027, 3, 31)), member(since=date(2027, 4, 1))],
     "row 2.since: Agent 1 has an interval from 2027-04-01 on already: end or correct that one first."),
    ("a login that somebody has", [row("2", login="x")], [member(login="x")],
     "2.login: x belongs to 1 too on 2027-03-01."),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "history", "problem"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_an_import_refuses(rows: list[dict[str, str]], history: list[Membership], problem: str) -> None:
    diff = run(rows, history)
    assert [str(one) for one in diff.problems] == [problem]
    with pytest.raises(ValueError, match="not applied"):
        applied(history, diff)


def test_a_complete_sheet_without_somebody_who_only_begins_later_asks() -> None:
    diff = run([], [member("1", since=MARCH + DAY)], complete=True)
    assert [str(one) for one in diff.problems] == [
        "1.agent: Agent 1 is missing in the sheet but begins only on 2027-03-02."
    ]


def test_a_date_with_a_time_as_sheets_give_it_is_read() -> None:
    assert run([row(since="2027-03-05 00:00:00")], []).added[0].since == date(2027, 3, 5)


# --- properties -------------------------------------------------------------------------------------------------------

Import = tuple[list[dict[str, str]], int, bool]  # rows, days since the one before, complete
ROWS = st.lists(
    st.builds(
        lambda agent, team, shift, until: row(agent, team, shift=shift, until=until),
        st.sampled_from("12345"),
        st.sampled_from(["A", "B", "D"]),
        st.sampled_from(["pagi", "malam"]),
        st.sampled_from(["", "", "2027-09-30"]),
    ),
    max_size=5,
    unique_by=lambda one: one["agent"],
)


@settings(max_examples=60)
@given(st.lists(st.tuples(ROWS, st.integers(1, 40), st.booleans()), max_size=6))
def test_imports_one_after_the_other_keep_a_sound_history(
    imports: list[tuple[list[dict[str, str]], int, bool]],
) -> None:
    history: tuple[Membership, ...] = ()
    effective = MARCH
    for rows, days, complete in imports:
        effective += days * DAY
        diff = dry_run(rows, history, known=KNOWN, effective=effective, complete=complete)
        assert not diff.problems
        assert len(diff.added) + len(diff.changed) + len(diff.unchanged) == len(rows)
        after = applied(history, diff)
        assert not check(after)
        for past in range(1, 60, 7):  # the past stays as it was
            day = effective - past * DAY
            assert [one.where for one in on_day(after, day)] == [one.where for one in on_day(history, day)]
        there = {one.agent: one for one in on_day(after, effective)}
        for one in rows:
            assert [getattr(there[one["agent"]], part) for part in ("team", "shift")] == [one["team"], one["shift"]]
        if complete:
            assert set(there) == {one["agent"] for one in rows}
        again = dry_run(rows, after, known=KNOWN, effective=effective, complete=complete)
        assert (again.added, again.changed, again.ended, again.problems) == ((), (), (), ())
        history = after


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=12)), max_size=6))
def test_any_rows_are_read_or_refused_by_their_place(rows: list[dict[str, str]]) -> None:
    diff = run(rows, [member()])
    assert all(one.place.startswith("row ") and one.part in COLUMNS for one in diff.problems)


@given(st.lists(st.tuples(st.sampled_from("12"), st.integers(0, 20), st.none() | st.integers(0, 20)), max_size=6))
def test_overlaps_are_found_exactly_when_a_day_has_an_agent_twice(rows: list[tuple[str, int, int | None]]) -> None:
    history = [
        member(agent, since=MARCH + since * DAY, until=None if length is None else MARCH + (since + length) * DAY)
        for agent, since, length in rows
    ]
    twice = any(
        sum(1 for one in history if one.agent == agent and one.holds(MARCH + day * DAY)) > 1
        for agent in "12"
        for day in range(45)
    )
    assert bool(check(history)) == twice
