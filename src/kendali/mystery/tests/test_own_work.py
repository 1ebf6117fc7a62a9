"""A person and a deputy count as one: who worked on a finding, or verified it, judges it in no other chair."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conftest import each
from kendali.accounts.models import Deputy, RoleGrant, User
from kendali.accounts.permissions import RuleRefused
from kendali.mystery.actions import disputes, finding_steps, findings, proof, verifying
from kendali.mystery.models import Finding
from kendali.mystery.queries import finding_buttons, waiting_findings
from kendali.mystery.rules.finding_rules import FollowUp
from kendali.mystery.tests.finding_rows import AT, raised, submitted
from kendali.mystery.tests.house import House
from kendali.notices.models import Notice

pytestmark = pytest.mark.django_db
DONE = FollowUp(correction="a", root_cause="b", corrective_action="c", person_in_charge="d", on=AT.date(), done=True)
LATER = AT + timedelta(hours=1)


@pytest.fixture
def finding(house: House) -> Finding:
    """With its supervisor Surya, verified by Qanita."""
    one = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))[0]
    return findings.forward(user=house.cast.qanita, at=AT, finding=one)


def deputy(principal: User, other: User, role: str) -> None:
    Deputy.objects.create(
        principal=principal, deputy=other, role=role, starts=AT.date(), ends=AT.date() + timedelta(days=1), named_at=AT
    )


def code(error: pytest.ExceptionInfo[RuleRefused]) -> object:
    return error.value.verdict.facts.get("code")


def reported_by_a_deputy(house: House, finding: Finding) -> Finding:
    """Qadri, a QA, stands in for Surya."""
    deputy(house.cast.surya, house.cast.qadri, "supervisor")
    finding_steps.report_follow_up(user=house.cast.qadri, at=AT, finding=finding, follow_up=DONE)
    row = Finding.objects.get(pk=finding.pk)
    proof.add_link(user=house.cast.qadri, at=AT, finding=row, name="Rekap", link="https://contoh.example/rekap")
    return row


def test_who_reported_as_the_owners_deputy_does_not_close_as_qa(house: House, finding: Finding) -> None:
    row = reported_by_a_deputy(house, finding)
    with pytest.raises(RuleRefused) as caught:
        finding_steps.close(user=house.cast.qadri, at=LATER, finding=row)
    assert code(caught) == "own_work"
    offered = {one.name for one in finding_buttons.buttons(house.cast.qadri, row, LATER) if one.verdict}
    assert "close" not in offered
    assert finding_steps.close(user=house.cast.qanita, at=LATER, finding=row).state == "closed"


def test_where_the_only_qa_stood_in_for_the_owner_the_coordinator_closes(house: House, finding: Finding) -> None:
    row = reported_by_a_deputy(house, finding)
    house.cast.qanita.grants.update(ended_at=AT)
    assert finding_steps.close(user=house.cast.kirana, at=LATER, finding=row, reason="Bukti lengkap").state == "closed"


def test_who_verified_as_a_deputy_decides_no_dispute_about_it(house: House, finding: Finding) -> None:
    """Kirana verifies in Qanita's name; afterwards she has a QA's chair of her own."""
    deputy(house.cast.qanita, house.cast.kirana, "qa")
    one = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))[0]
    one = findings.forward(user=house.cast.kirana, at=AT, finding=one)
    disputes.dispute(user=house.cast.surya, at=AT, finding=one, reason="Rekaman menunjukkan sebaliknya")
    told = {notice.user for notice in Notice.objects.filter(kind="finding.disputed")}
    assert told == {house.cast.qadri}
    RoleGrant.objects.create(user=house.cast.kirana, role="qa", granted_at=AT)
    with pytest.raises(RuleRefused) as caught:
        disputes.decide(user=house.cast.kirana, at=LATER, finding=one, decision="rejected", reason="x")
    assert code(caught) == "verifier"
    disputes.decide(user=house.cast.qadri, at=LATER, finding=one, decision="rejected", reason="Rekaman jelas")


def test_who_raised_the_dispute_does_not_decide_it_after_a_reroute_either(house: House, finding: Finding) -> None:
    deputy(house.cast.surya, house.cast.qadri, "supervisor")
    disputes.dispute(user=house.cast.qadri, at=AT, finding=finding, reason="Surya tidak setuju")
    other = User.objects.create(email="spv2@kendali.test", name="Sinta")
    RoleGrant.objects.create(user=other, role="supervisor", granted_at=AT)
    finding_steps.reroute(user=house.cast.qanita, at=AT, finding=finding, owner=other, reason="Tim lain")
    with pytest.raises(RuleRefused) as caught:
        disputes.decide(user=house.cast.qadri, at=LATER, finding=finding, decision="rejected", reason="x")
    assert code(caught) == "own_work"


def test_where_the_only_qa_stood_in_for_the_caller_the_coordinator_verifies(house: House) -> None:
    sample = house.sample("submitted")
    house.cast.qadri.grants.update(ended_at=AT)
    deputy(house.cast.qori, house.cast.qanita, "qc_officer")
    with pytest.raises(RuleRefused):
        verifying.verify_and_forward(user=house.cast.qanita, at=LATER, sample=sample)
    assert verifying.verify_and_forward(user=house.cast.kirana, at=LATER, sample=sample).state == "verified"


# --- nothing waits for nobody


def lines(user: User) -> list[str]:
    return [one.number for one in waiting_findings.lines(user, LATER)]


def test_a_dispute_that_only_the_coordinator_may_decide_waits_for_the_coordinator(
    house: House, finding: Finding
) -> None:
    disputes.dispute(user=house.cast.surya, at=AT, finding=finding, reason="x")
    assert (lines(house.cast.qadri), lines(house.cast.kirana)) == ([finding.number], [])
    house.cast.qadri.grants.update(ended_at=AT)
    assert lines(house.cast.kirana) == [finding.number]


@pytest.mark.parametrize("how", each("role", "login"))
def test_a_report_to_a_qa_who_left_waits_for_the_others(house: House, finding: Finding, how: str) -> None:
    if how == "role":
        house.cast.qanita.grants.update(ended_at=AT)
    else:
        User.objects.filter(pk=house.cast.qanita.pk).update(is_active=False)
    finding_steps.report_follow_up(user=house.cast.surya, at=AT, finding=finding, follow_up=DONE)
    assert {one.user for one in Notice.objects.filter(kind="finding.reported")} == {house.cast.qadri}
    assert lines(house.cast.qadri) == [finding.number]
