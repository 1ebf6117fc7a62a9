"""The roster changes: one agent, a sheet, a team; what was stays, and nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kendali.accounts.models import Deputy
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.mystery.actions import callers, ground, roster
from kendali.mystery.actions.callers import NewCaller
from kendali.mystery.actions.ground import NewDestination
from kendali.mystery.actions.roster import NewTeam
from kendali.mystery.models import Absence, Agent, Destination, Membership, Shift, Team
from kendali.mystery.queries import roster as queries
from kendali.mystery.rules.roster_rules import Membership as Member
from kendali.mystery.tests import roster_rows
from kendali.mystery.tests.roster_rows import Floor
from tests.cast import Cast

DAY = timedelta(days=1)
DECEMBER = date(2026, 12, 1)
NEW = Member("A9", "Zahra Utami", "J2", "jkt", "pagi", DECEMBER, login="zahra", extension="2009")


@pytest.fixture
def floor(cast: Cast) -> Floor:
    return roster_rows.floor(cast)


def rows() -> list[dict[str, str]]:
    """The roster as a sheet has it."""
    return [
        {name: "" if value is None else str(value) for name, value in (
            (name, getattr(one, name)) for name in ("agent", "name", "team", "area", "shift", "since", "until",
                                                    "login", "extension"))}
        for one in queries.memberships()
    ]  # fmt: skip


def refused(reason: str, act: Callable[[], object]) -> None:
    with pytest.raises(RuleRefused) as caught:
        act()
    assert reason in caught.value.verdict.reason % dict(caught.value.verdict.facts)


def test_a_new_agent_is_in_the_roster_from_that_day(cast: Cast, floor: Floor) -> None:
    agent = roster.add(user=cast.qanita, at=cast.now, member=NEW)
    assert agent.name == "Zahra Utami"
    assert queries.memberships()[-1] == NEW
    assert Entry.objects.get(verb="agent.added").facts["team"] == "J2"
    refused("already", lambda: roster.add(user=cast.qanita, at=cast.now, member=NEW))


def test_moving_ends_the_line_the_day_before_and_keeps_it(cast: Cast, floor: Floor) -> None:
    moved = replace(NEW, agent="A2", name="Bagas Pratama", login="bagas", extension="2002")
    roster.move(user=cast.qanita, at=cast.now, member=moved)
    lines = list(Membership.objects.filter(agent__number="A2").order_by("since"))
    assert [(one.team, one.until) for one in lines] == [("J1", DECEMBER - DAY), ("J2", None)]
    assert Entry.objects.get(verb="agent.moved").facts["was"] == "J1"


def test_an_agent_leaves_and_comes_back(cast: Cast, floor: Floor) -> None:
    agent = floor.agents["A2"]
    last = date(2026, 11, 30)
    roster.end(user=cast.qanita, at=cast.now, agent=agent, last=last)
    assert Membership.objects.get(agent=agent).until == last
    refused("left", lambda: roster.end(user=cast.qanita, at=cast.now, agent=agent, last=last))
    back = replace(NEW, agent="A2", name="Bagas P.", since=DECEMBER + DAY)
    roster.back_or_move(user=cast.qanita, at=cast.now, member=back)
    assert Membership.objects.filter(agent=agent).count() == 2
    assert Agent.objects.get(pk=agent.pk).name == "Bagas P."


@pytest.mark.parametrize(("part", "most"), [("extension", 20), ("agent", 40), ("login", 120), ("name", 200)])
def test_what_a_column_cannot_hold_is_refused_before_it_is_written(
    cast: Cast, floor: Floor, part: str, most: int
) -> None:
    fits: dict[str, Any] = {part: "9" * most}
    long: dict[str, Any] = {"agent": "A10"} | {part: "8" * (most + 1)}
    roster.add(user=cast.qanita, at=cast.now, member=replace(NEW, **fits))
    refused(f"longer than {most}", lambda: roster.add(user=cast.qanita, at=cast.now, member=replace(NEW, **long)))


def test_a_login_of_somebody_else_is_refused(cast: Cast, floor: Floor) -> None:
    refused("belongs to", lambda: roster.add(user=cast.qanita, at=cast.now, member=replace(NEW, login="ketut")))
    assert not Agent.objects.filter(number="A9").exists()


def test_an_agent_with_a_log_in_is_known_by_the_employee_number(cast: Cast, floor: Floor) -> None:
    Agent.objects.filter(user=cast.agus).update(user=None)
    number = cast.agus.employee_number
    agent = roster.add(user=cast.qanita, at=cast.now, member=replace(NEW, agent=number, name=cast.agus.name))
    assert Agent.objects.get(pk=agent.pk).user == cast.agus


def test_who_may_not_keep_the_roster_is_refused(cast: Cast, floor: Floor) -> None:
    for person in (cast.qori, cast.surya, cast.agus, cast.maya):
        with pytest.raises(Refused):
            roster.add(user=person, at=cast.now, member=NEW)


def test_a_sheet_adds_changes_and_ends_in_one_go(cast: Cast, floor: Floor) -> None:
    sheet = [one for one in rows() if one["agent"] != "A5"]
    sheet[1] |= {"team": "J2", "since": DECEMBER.isoformat()}
    sheet.append({"agent": "A9", "name": "Zahra Utami", "team": "D1", "area": "dps", "shift": "siang"})
    seen = roster.compared(sheet, effective=DECEMBER, complete=True)
    assert Membership.objects.count() == 5  # nothing was written
    done = roster.import_rows(user=cast.qanita, at=cast.now, rows=sheet, effective=DECEMBER, complete=True)
    assert done == seen
    assert roster.counts(done) == {"added": 1, "changed": 1, "ended": 1, "unchanged": 3}
    assert Membership.objects.get(agent__number="A5").until == DECEMBER - DAY
    assert Entry.objects.get(verb="roster.imported").facts["ended"] == 1


def test_one_bad_row_keeps_the_whole_sheet_out(cast: Cast, floor: Floor) -> None:
    sheet = [*rows(), {"agent": "A9", "name": "Z", "team": "X1", "area": "jkt", "shift": "pagi"}]
    seen = roster.compared(sheet, effective=DECEMBER)
    assert [(one.place, one.part) for one in seen.problems] == [("row 7", "team")]
    refused("X1", lambda: roster.import_rows(user=cast.qanita, at=cast.now, rows=sheet, effective=DECEMBER))
    assert Membership.objects.count() == 5


def test_the_roster_as_a_sheet_changes_nothing(cast: Cast, floor: Floor) -> None:
    diff = roster.compared(rows(), effective=DECEMBER, complete=True)
    assert roster.counts(diff) == {"added": 0, "changed": 0, "ended": 0, "unchanged": 5}
    assert diff.problems == ()


def test_another_supervisor_is_a_new_line_of_the_team(cast: Cast, floor: Floor) -> None:
    team = NewTeam("D1", floor.dps, DECEMBER, supervisor=cast.surya)
    roster.put_team(user=cast.kirana, at=cast.now, team=team)
    assert queries.supervisor_of("D1", DECEMBER - DAY) == cast.kirana
    assert queries.supervisor_of("D1", DECEMBER) == cast.surya
    refused("already", lambda: roster.put_team(user=cast.kirana, at=cast.now, team=replace(team, since=DECEMBER - DAY)))


def test_a_team_stays_in_its_area_and_its_supervisor_has_the_role(cast: Cast, floor: Floor) -> None:
    there = NewTeam("D1", floor.jkt, DECEMBER)
    refused("does not move", lambda: roster.put_team(user=cast.kirana, at=cast.now, team=there))
    wrong = NewTeam("D1", floor.dps, DECEMBER, supervisor=cast.qori)
    refused("role", lambda: roster.put_team(user=cast.kirana, at=cast.now, team=wrong))
    again = NewTeam("D1", floor.dps, DECEMBER)
    refused("already", lambda: roster.new_team(user=cast.kirana, at=cast.now, team=again))


def test_who_is_put_in_charge_of_a_team_stands_in_for_a_qc_officer_no_longer(cast: Cast, floor: Floor) -> None:
    """Also one of before that was a rule."""
    row = Deputy.objects.create(
        principal=cast.qori, deputy=cast.surya, role="qc_officer", starts=DECEMBER, ends=DECEMBER, named_at=cast.now
    )
    team = NewTeam("J9", floor.jkt, DECEMBER, supervisor=cast.surya)
    roster.put_team(user=cast.kirana, at=cast.now, team=team)
    row.refresh_from_db()
    assert row.ended_at == cast.now


def test_a_team_with_agents_does_not_end(cast: Cast, floor: Floor) -> None:
    last = date(2026, 11, 30)
    refused("move them first", lambda: roster.end_team(user=cast.kirana, at=cast.now, code="J2", last=last))
    roster.end(user=cast.kirana, at=cast.now, agent=floor.agents["A3"], last=last)
    roster.end_team(user=cast.kirana, at=cast.now, code="J2", last=last)
    assert Team.objects.get(code="J2").until == last


def test_shifts_may_run_over_midnight_and_stay_while_somebody_works_in_them(cast: Cast, floor: Floor) -> None:
    ground.save_shift(user=cast.qanita, at=cast.now, code="malam", name="Malam", first=1320, last=1800)
    assert Shift.objects.get(code="malam").last == 1800
    refused("hours", lambda: ground.save_shift(
        user=cast.qanita, at=cast.now, code="malam", name="Malam", first=600, last=600
    ))  # fmt: skip
    refused("move them first", lambda: ground.save_shift(
        user=cast.qanita, at=cast.now, code="pagi", name="Pagi", first=420, last=900, active=False
    ))  # fmt: skip


def test_a_number_has_the_zone_of_its_area_and_hours_that_can_be(cast: Cast, floor: Floor) -> None:
    given = NewDestination("Makassar", "1500 004", site=floor.dps, hours=[[[420, 1320]]] * 7)
    ground.save_destination(user=cast.qanita, at=cast.now, code="mks-1", given=given)
    assert Destination.objects.get(code="mks-1").zone == "Asia/Makassar"
    for wrong in (
        replace(given, number="satu"), replace(given, hours=[[]] * 7), replace(given, hours=[[[420, 1320]]]),
        replace(given, hours=[[[420, 400]]] + [[]] * 6), replace(given, name=" "),
    ):  # fmt: skip
        with pytest.raises(RuleRefused):
            ground.save_destination(user=cast.qanita, at=cast.now, code="mks-1", given=wrong)


def test_only_who_may_call_becomes_a_caller_and_absences_do_not_overlap(cast: Cast, floor: Floor) -> None:
    row = callers.save(user=cast.qanita, at=cast.now, person=cast.qori, given=NewCaller("f", [floor.dps], share=2))
    assert list(row.known_in.all()) == [floor.dps]
    refused("may call", lambda: callers.save(user=cast.qanita, at=cast.now, person=cast.dewi, given=NewCaller()))
    callers.add_absence(user=cast.qanita, at=cast.now, caller=row, first=DECEMBER, last=DECEMBER + DAY)
    refused("already", lambda: callers.add_absence(
        user=cast.qanita, at=cast.now, caller=row, first=DECEMBER + DAY, last=DECEMBER + 2 * DAY
    ))  # fmt: skip
    callers.remove_absence(user=cast.qanita, at=cast.now, absence=Absence.objects.get())
    assert not Absence.objects.exists()


def test_a_team_ends_on_a_day_that_the_calendar_still_has(cast: Cast, floor: Floor) -> None:
    refused("too far", lambda: roster.end_team(user=cast.qanita, at=cast.now, code="J2", last=date.max))
