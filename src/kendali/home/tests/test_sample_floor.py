"""The floor of the sample's contact centre: seven areas, sixty agents, and a month that can be planned on it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from kendali.accounts.models import User
from kendali.home.sample import mystery_people, organisation
from kendali.home.sample import people as plan
from kendali.mystery import office
from kendali.mystery.actions import roster as actions
from kendali.mystery.models import Agent, Destination, Persona, Team, Workplace
from kendali.mystery.queries import callers, ground, people_lists, roster
from kendali.mystery.rules import roster_rules, slots
from kendali.mystery.rules.machine import Role

pytestmark = pytest.mark.django_db
FOUNDED = datetime(2026, 2, 20, 1, tzinfo=UTC)
TODAY = date(2026, 11, 20)


@pytest.fixture
def floor() -> None:
    organisation.people(FOUNDED)
    mystery_people.make(FOUNDED)


def test_sixty_agents_work_in_seven_areas(floor: None) -> None:
    history = roster.memberships()
    assert roster_rules.check(history) == []
    sizes = Counter(one.area for one in roster_rules.on_day(history, FOUNDED.date()))
    assert set(sizes) == set(plan.SITE_CODES.values())
    assert Agent.objects.count() == 60
    names = [one.name for one in Agent.objects.all()]
    assert len(set(names)) == len(names)
    assert len(people_lists.members(TODAY)) == 59  # one has left


def test_agus_has_his_own_log_in(floor: None) -> None:
    agus = User.objects.get(email="agus@kendali.example")
    assert agus.agent.name == "Agus Salim"
    assert roster.supervisor_of("JKT-1", TODAY) == User.objects.get(email="surya@kendali.example")


def test_every_team_has_a_supervisor_and_agents(floor: None) -> None:
    sizes = people_lists.sizes(TODAY)
    for team in Team.objects.select_related("supervisor"):
        assert team.supervisor is not None
        assert sizes[team.code] >= 4


def test_the_sheet_of_the_sample_imports_again_unchanged(floor: None) -> None:
    rows = [actions.row_of(one) for one in roster_rules.on_day(roster.memberships(), TODAY)]
    diff = actions.compared(rows, effective=TODAY, complete=True)
    assert actions.counts(diff) == {"added": 0, "changed": 0, "ended": 0, "unchanged": 59}
    assert diff.problems == ()


def test_supervisor_and_team_leader_may_help_only_where_they_do_not_lead(floor: None) -> None:
    by_code = {one.code: one for one in callers.callers(TODAY)}
    surya = by_code["surya@kendali.example"]
    assert by_code["qori@kendali.example"].role is Role.QC_OFFICER
    reach = {one.code: roster.reachable(one, "pagi", TODAY) for one in Destination.objects.select_related("site")}
    assert surya.teams & reach["jkt-1"]
    assert not surya.teams & reach["dps-1"]


def test_the_working_days_of_two_years_are_known(floor: None) -> None:
    version = office.newest_calendar()
    assert version is not None
    assert not office.work_calendar("mks").works_on(date(2026, 12, 25))
    assert Workplace.objects.count() == 7


def test_there_are_enough_voices_and_numbers_for_a_month(floor: None) -> None:
    numbers = list(Persona.objects.values_list("caller_number", flat=True))
    assert len(set(numbers)) == len(numbers) == 10
    field = ground.field(date(2026, 11, 1))
    limits = slots.limits(field)
    assert len(field.destinations) == 7
    assert all(many > 0 for many in limits.values())


def test_it_is_made_in_a_moment(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    organisation.people(FOUNDED)
    with django_assert_max_num_queries(600):
        mystery_people.make(FOUNDED + timedelta(hours=1))
