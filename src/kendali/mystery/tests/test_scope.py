"""Of whom a person may see something: samples, findings, own evaluations."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kendali.accounts.models import User
from kendali.mystery.models import Finding, Sample
from kendali.mystery.queries.scope import findings_for, own_evaluations, samples_for
from kendali.mystery.tests.house import House
from tests.cast import PEOPLE

pytestmark = pytest.mark.django_db


def seen(house: House, of: Mapping[str, Sample]) -> dict[str, set[str]]:
    names = {row.pk: name for name, row in of.items()}
    return {
        nick: {names[pk] for pk in samples_for(getattr(house.cast, nick), house.cast.now).values_list("pk", flat=True)}
        for nick in PEOPLE
    }


def test_who_sees_which_sample(house: House) -> None:
    rows = {state: house.sample(state) for state in ("planned", "assigned", "submitted", "verified")}
    rows["of another"] = house.sample("assigned", executor=house.cast.surya)
    found = seen(house, rows)
    for nick in ("qanita", "qadri", "kirana", "maya", "rahma", "aulia"):
        assert found[nick] == set(rows), nick
    assert found["qori"] == {"assigned", "submitted", "verified"}  # the plan of others is not known here
    assert found["dewi"] == {"submitted", "verified"}
    assert found["surya"] == {"of another"}  # helps, and sees the own next sample only
    assert not any(found[nick] for nick in ("tari", "agus", "dina", "adi", "clara", "candra", "indra"))


def test_an_agent_reads_own_evaluations_once_qa_forwarded_them_and_only_where_agents_log_in(house: House) -> None:
    mine, waiting = house.sample("verified"), house.sample("submitted")
    house.sample("verified", agent="A2")
    assert not own_evaluations(house.cast.agus).exists()
    house.setting("mystery.agent_login", True)
    assert list(own_evaluations(house.cast.agus)) == [mine]
    assert waiting not in samples_for(house.cast.agus)
    assert not own_evaluations(house.cast.qanita).exists()


def findings_of(user: User) -> set[str]:
    return set(findings_for(user).values_list("state", flat=True))


def test_a_supervisor_sees_findings_of_the_own_teams_once_qa_forwarded_them(house: House) -> None:
    sample = house.sample("verified")
    house.finding(sample, "at_supervisor")
    house.finding(house.sample("submitted"), "feedback_given")
    assert findings_of(house.cast.surya) == {"at_supervisor"}
    assert findings_of(house.cast.qanita) == findings_of(house.cast.qori) == {"at_supervisor", "feedback_given"}
    Finding.objects.update(team="J2", owner=house.cast.kirana)
    assert findings_of(house.cast.surya) == set()


def test_a_compliance_critical_finding_is_shown_to_its_owner_at_once(house: House) -> None:
    house.finding(house.sample("submitted"), "feedback_given", critical_compliance=True)
    assert findings_of(house.cast.surya) == {"feedback_given"}
    assert findings_of(house.cast.dina) == set()


def test_a_department_sees_what_it_owns_and_an_agent_what_is_about_him(house: House) -> None:
    sample = house.sample("verified")
    house.finding(sample, "at_department", owner=house.cast.dina, owner_kind="department", team="")
    house.finding(house.sample("verified"), "closed", agent=house.floor.agents["A1"])
    assert findings_of(house.cast.dina) == {"at_department"}
    assert findings_of(house.cast.agus) == set()
    house.setting("mystery.agent_login", True)
    assert findings_of(house.cast.agus) == {"closed"}  # a department's is nothing an agent did
    assert findings_of(house.cast.tari) == findings_of(house.cast.clara) == set()
