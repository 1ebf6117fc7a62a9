"""Putuskan: on an escalated finding the Kordinator has one button, and what she decides is a step like any other."""

from __future__ import annotations

import pytest

from kendali.accounts.models import RoleGrant
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.audit.sentences import render
from kendali.mystery.actions import deciding, disputes, finding_steps, findings
from kendali.mystery.models import Finding
from kendali.mystery.rules.finding_rules import DECIDED, Decision, FollowUp
from kendali.mystery.tests.finding_rows import AT, raised, submitted
from kendali.mystery.tests.house import House
from kendali.mystery.tests.test_findings_api import ask

pytestmark = pytest.mark.django_db
DONE = FollowUp(correction="a", root_cause="b", corrective_action="c", person_in_charge="d", on=AT.date(), done=True)


@pytest.fixture
def finding(house: House) -> Finding:
    """With Surya, escalated."""
    (one,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))
    findings.forward(user=house.cast.qanita, at=AT, finding=one)
    Finding.objects.update(escalated_at=AT)
    return Finding.objects.get(pk=one.pk)


def page(house: House, nick: str, finding: Finding, what: str = "") -> str:
    answer = house.cast.web(house.cast.people[nick]).get(f"/mystery/temuan/{finding.pk}/{what}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_coordinator_has_three_buttons_and_one_of_them_is_to_decide(house: House, finding: Finding) -> None:
    def buttons(nick: str) -> list[str]:
        shown = page(house, nick, finding)
        return [one.split("/")[0] for one in shown.split(f'href="/mystery/temuan/{finding.pk}/')[1:]]

    assert buttons("kirana") == ["putuskan", "alihkan", "ingatkan"]
    assert 'class="button primary " href="/mystery/temuan/' in page(house, "kirana", finding)
    assert "putuskan" not in buttons("qanita")
    Finding.objects.update(escalated_at=None)
    assert "putuskan" not in buttons("kirana")


def test_a_decision_is_the_step_itself_and_the_trail_says_who_decided_what(house: House, finding: Finding) -> None:
    finding_steps.report_follow_up(user=house.cast.surya, at=AT, finding=finding, follow_up=DONE)
    web, address = house.cast.web(house.cast.kirana), f"/mystery/temuan/{finding.pk}/putuskan/"
    shown = page(house, "kirana", finding, "putuskan/")
    assert all(f'value="{one}"' in shown for one in ("find_insufficient", "invalidate"))
    assert 'value="close"' not in shown
    assert "Temuan ditutup dengan bukti tindak lanjutnya." in shown
    assert web.post(address, {"putusan": "find_insufficient", "alasan": ""}).status_code == 422
    assert web.post(address, {"putusan": "close", "alasan": "x"}).status_code == 422
    assert web.post(address, {"putusan": "find_insufficient", "alasan": "Akar masalah belum ada"}).status_code == 302
    finding.refresh_from_db()
    assert finding.state == "in_progress"
    step, decided = Entry.objects.order_by("-pk")[:2][::-1]
    assert (step.verb, decided.verb) == ("finding.find_insufficient", "finding.decided")
    said = render(decided)
    assert f"memutuskan temuan tereskalasi {finding.number}: tindak lanjut belum cukup" in said
    assert "Akar masalah belum ada" in said


def test_who_decides_and_when(house: House, finding: Finding) -> None:
    def refused(nick: str, decision: str = "invalidate", note: str = "Sebab") -> str:
        with pytest.raises(Refused) as caught:
            deciding.decide(user=house.cast.people[nick], at=AT, finding=finding, decision=decision, note=note)
        return str(caught.value.verdict.facts.get("code", "")) if isinstance(caught.value, RuleRefused) else "right"

    assert [refused(nick) for nick in ("qanita", "surya", "qori")] == ["right"] * 3
    assert refused("kirana", note=" ") == "reason"
    assert refused("kirana", "close") == "state"
    assert refused("kirana", "sembarang") == refused("kirana", "merge") == ""
    disputes.dispute(user=house.cast.surya, at=AT, finding=finding, reason="Agent tidak setuju")
    assert refused("kirana", "reject_dispute") == "other_qa"
    Finding.objects.update(escalated_at=None)
    assert refused("kirana") == "not_escalated"
    assert not Entry.objects.filter(verb="finding.decided").exists()


def test_every_decision_leads_to_its_step(house: House, finding: Finding) -> None:
    assert {one.value for one in DECIDED.values()} >= {"forward", "close", "merge", "decide_dispute"}
    RoleGrant.objects.filter(role="qa").update(ended_at=AT)
    disputes.dispute(user=house.cast.surya, at=AT, finding=finding, reason="Agent tidak setuju")
    kirana = house.cast.kirana
    going_on = Decision.ACCEPT_DISPUTE_PARTLY
    deciding.decide(user=kirana, at=AT, finding=finding, decision=going_on, note="Sebagian benar")
    finding.refresh_from_db()
    assert (finding.dispute, finding.state) == ("partly", "at_supervisor")
    second = raised(house, submitted(house, agent="A2", said=("supervisor",), empathy="not_met"))[0]
    findings.forward(user=kirana, at=AT, finding=second, reason="QA tidak ada")
    Finding.objects.update(escalated_at=AT)
    deciding.decide(user=kirana, at=AT, finding=second, decision="merge", note="Sama", into=finding)
    second.refresh_from_db()
    assert (second.state, second.merged_into) == ("merged", finding)


def test_a_machine_decides_the_same_way(house: House, finding: Finding) -> None:
    kirana, path = house.cast.kirana, f"/findings/{finding.pk}"
    shown = ask(kirana, path)[1]
    assert (shown["decisions"], "decide" in shown["allowed"]) == (["invalidate", "merge"], True)
    assert ask(house.cast.qanita, path)[1]["decisions"] == []
    assert ask(kirana, f"{path}/decision", {"decision": "close", "note": "Sebab"})[0] == 409
    assert ask(kirana, f"{path}/decision", {"decision": "invalidate", "note": "Sebab"})[1]["state"] == "invalid"
