"""A finding whose agent nobody could name is a supervisor's all the same: it can be rerouted to another one."""

from __future__ import annotations

import pytest

from kendali.accounts.permissions import RuleRefused
from kendali.mystery.actions import attributing, finding_steps, findings
from kendali.mystery.models import Finding
from kendali.mystery.tests.finding_rows import AT, raised, submitted
from kendali.mystery.tests.house import House

pytestmark = pytest.mark.django_db


def forwarded(house: House, agent: str, key: str, **answers: str) -> Finding:
    evaluation = submitted(house, agent=agent, said=(key,), **answers)
    finding = raised(house, evaluation)[0]
    finding_steps.choose_owner(user=house.cast.qadri, at=AT, finding=finding, owner=finding.owner or house.cast.dina)
    return findings.forward(user=house.cast.qadri, at=AT, finding=finding)


def test_without_a_known_agent_another_supervisor_can_be_put_in_charge_and_a_department_gives_it_back(
    house: House,
) -> None:
    people = house.cast.people
    finding = forwarded(house, "", "supervisor", empathy="not_met")
    assert (finding.agent, finding.state) == (None, "at_supervisor")
    for to, state in ((people["dina"], "at_department"), (people["surya"], "at_supervisor")):
        finding = finding_steps.reroute(user=house.cast.qadri, at=AT, finding=finding, owner=to, reason="Bukan timnya")
        assert (finding.owner, finding.state) == (to, state)


def test_access_alone_stays_with_a_department(house: House) -> None:
    finding = forwarded(house, "A1", "department", busy="yes")
    assert finding.agent is None  # although it is known who answered
    with pytest.raises(RuleRefused) as refused:
        finding_steps.reroute(user=house.cast.qadri, at=AT, finding=finding, owner=house.cast.surya, reason="x")
    assert refused.value.verdict.facts["code"] == "access"


def test_who_is_named_again_is_said_to_be_named(house: House) -> None:
    sample = house.sample("submitted")
    with pytest.raises(RuleRefused) as refused:
        attributing.set_agent(user=house.cast.qadri, at=AT, sample=sample, agent=sample.agent, reason="x")
    assert refused.value.verdict.reason == "This agent is named already."
