"""What roster, callers and working days answer to plan, calls and findings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from kendali.mystery.models import Absence, Agent, CalendarVersion, Caller, Membership, Team
from kendali.mystery.queries import callers, ground, roster
from kendali.mystery.rules.machine import Role
from kendali.mystery.rules.windows import Span
from kendali.mystery.tests import roster_rows
from kendali.mystery.tests.roster_rows import Floor
from tests.cast import Cast

NOVEMBER = date(2026, 11, 1)
DAY = timedelta(days=1)


@pytest.fixture
def floor(cast: Cast) -> Floor:
    return roster_rows.floor(cast)


def moved(agent: Agent, on: date, team: str, **more: object) -> None:
    row = Membership.objects.get(agent=agent, until=None)
    Membership.objects.filter(pk=row.pk).update(until=on - DAY)
    row.pk, row.since, row.team = None, on, team
    for name, value in more.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def test_a_call_finds_its_agent_by_login_extension_or_number(floor: Floor) -> None:
    at = datetime(2026, 11, 2, 3, tzinfo=UTC)
    for named in ({"agent": "A4"}, {"login": "ketut"}, {"extension": "3001"}):
        found = roster.agent_at(at, **named)
        assert found is not None
        assert (found.agent, found.team) == (floor.agents["A4"], "D1")
    assert roster.agent_at(at, extension="9999") is None
    assert roster.agent_at(at) is None


def test_the_local_day_of_the_area_decides_who_sat_there(floor: Floor) -> None:
    """Midnight in Denpasar is 16.00 UTC, an hour before Jakarta's."""
    moved(floor.agents["A4"], date(2026, 11, 3), "D9", extension="3009")
    midnight = datetime(2026, 11, 2, 16, tzinfo=UTC)
    assert roster.agent_at(midnight - timedelta(seconds=1), extension="3001") is not None
    assert roster.agent_at(midnight, extension="3001") is None
    after = roster.agent_at(midnight, extension="3009")
    assert after is not None
    assert after.team == "D9"


def test_two_agents_under_one_extension_are_nobody(floor: Floor) -> None:
    Membership.objects.filter(agent=floor.agents["A5"]).update(extension="3001")
    assert roster.agent_at(datetime(2026, 11, 2, 3, tzinfo=UTC), extension="3001") is None


def test_the_supervisor_is_the_one_of_that_day(cast: Cast, floor: Floor) -> None:
    Team.objects.filter(code="J1").update(until=date(2026, 10, 31))
    Team.objects.create(code="J1", site=floor.jkt, supervisor=cast.kirana, since=NOVEMBER)
    assert roster.supervisor_of("J1", date(2026, 10, 31)) == cast.surya
    assert roster.supervisor_of("J1", NOVEMBER) == cast.kirana
    assert roster.supervisor_of("J7", NOVEMBER) is None
    assert roster.supervisors_of_area("jkt", date(2026, 10, 31)) == [cast.kirana, cast.surya]
    assert roster.supervisors_of_area("jkt", NOVEMBER) == [cast.kirana]


def test_a_call_may_end_at_the_teams_of_its_shift_and_anywhere_where_the_routing_is_national(floor: Floor) -> None:
    assert roster.reachable(floor.jakarta, "pagi", NOVEMBER) == {"J1"}
    assert roster.reachable(floor.jakarta, "siang", NOVEMBER) == {"J1", "J2"}
    assert roster.reachable(floor.national, "pagi", NOVEMBER) == {"J1", "D1"}


def test_a_shift_nobody_is_known_in_may_end_at_every_team_of_the_area(floor: Floor) -> None:
    assert roster.reachable(floor.jakarta, "malam", NOVEMBER) == {"J1", "J2"}


def test_callers_bring_role_hours_teams_and_absences(cast: Cast, floor: Floor) -> None:
    rows = roster_rows.callers(cast)
    rows["qori"].known_in.add(floor.dps)
    Absence.objects.create(caller=rows["qori"], first=NOVEMBER, last=NOVEMBER + DAY)
    Caller.objects.create(user=cast.candra)  # no role that calls
    found = {one.code: one for one in callers.callers(NOVEMBER)}
    qori, surya = found["qori@kendali.test"], found["surya@kendali.test"]
    assert set(found) == {"qori@kendali.test", "surya@kendali.test", "tari@kendali.test"}
    assert (qori.role, qori.gender, qori.share) == (Role.QC_OFFICER, "f", 3)
    assert (qori.duty.zone, qori.duty.span) == ("Asia/Jakarta", Span(480, 1020))
    assert qori.known_in == {"dps"}
    assert qori.absent == ((NOVEMBER, NOVEMBER + DAY),)
    assert surya.role is Role.SUPERVISOR
    assert surya.teams == {"J1"}


def test_a_team_that_one_led_before_is_no_longer_the_own_one(cast: Cast, floor: Floor) -> None:
    roster_rows.callers(cast)
    Team.objects.filter(code="J1").update(until=NOVEMBER - DAY)
    teams = {one.code: one.teams for one in callers.callers(NOVEMBER)}
    assert teams["surya@kendali.test"] == frozenset()
    assert {one.code: one.teams for one in callers.callers(NOVEMBER - DAY)}["surya@kendali.test"] == {"J1"}


def test_the_field_of_a_month_knows_numbers_shifts_weeks_and_who_calls(cast: Cast, floor: Floor) -> None:
    roster_rows.callers(cast)
    field = ground.field(NOVEMBER)
    by_code = {one.code: one for one in field.destinations}
    assert {one.code: one.area for one in field.destinations} == {"dps-1": "dps", "jkt-1": "jkt", "nasional": ""}
    assert by_code["dps-1"].zone == "Asia/Makassar"
    assert by_code["jkt-1"].hours[5] == ()
    assert by_code["nasional"].hours[6] == (Span(0, 1440),)
    assert field.shifts == {"pagi": Span(420, 900), "siang": Span(840, 1320)}
    assert [week.level for week in field.weeks] == ["2", "3", "4", "5", "6"]
    assert [duty.callers for duty in field.duties] == [1]  # who helps by hand is not counted on
    assert field.terms.width == timedelta(hours=2)


def test_a_caller_who_is_away_all_month_is_not_counted_on(cast: Cast, floor: Floor) -> None:
    qori = roster_rows.callers(cast)["qori"]
    Absence.objects.create(caller=qori, first=NOVEMBER, last=date(2026, 11, 30))
    assert ground.field(NOVEMBER).duties == ()
    assert len(ground.field(date(2026, 12, 1)).duties) == 1


def test_a_day_off_of_one_site_closes_that_site_only(cast: Cast, floor: Floor) -> None:
    days = [{"date": "2026-11-10", "name": "Galungan", "kind": "own", "estimated": False, "sites": ["dps"]}]
    CalendarVersion.objects.create(number=1, days=days, at=cast.now)
    by_code = {one.code: one for one in ground.field(NOVEMBER).destinations}
    assert not by_code["dps-1"].calendar.works_on(date(2026, 11, 10))
    assert by_code["jkt-1"].calendar.works_on(date(2026, 11, 10))


def test_answers_take_the_same_few_queries_for_any_number_of_rows(
    cast: Cast, floor: Floor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    roster_rows.callers(cast)
    with django_assert_max_num_queries(1):
        assert len(roster.memberships()) == 5
    with django_assert_max_num_queries(1):
        assert len(roster.teams()) == 3
    with django_assert_max_num_queries(12):
        ground.field(NOVEMBER)
