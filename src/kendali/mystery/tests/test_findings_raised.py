"""From the form to the owner of the cause: findings raised, handed to QA, forwarded; with a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kendali.accounts.models import RoleGrant, User
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.actor import Actor
from kendali.audit.models import Entry
from kendali.mystery.actions import finding_steps, findings
from kendali.mystery.models import Attempt, Clock, Evaluation, Finding, Sample
from kendali.mystery.rules import plain
from kendali.mystery.rules.answers import Said
from kendali.mystery.tests.finding_rows import AT, clock, raised, submitted
from kendali.mystery.tests.house import CALLED, House
from kendali.notices.models import Notice
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db


def test_each_cause_owner_gets_one_finding_and_each_compliance_line_its_own(house: House) -> None:
    said = ("supervisor", "department", "supervisor!verification")
    form = submitted(house, said=said, verification="not_met", empathy="not_met", accuracy="not_met",
                     ivr_clear="not_met")  # fmt: skip
    found = {one.key: one for one in raised(house, form)}
    assert set(found) == set(said)
    alone, own, department = found["supervisor!verification"], found["supervisor"], found["department"]
    assert [line.item for line in own.lines.order_by("pk")] == ["empathy", "accuracy"]
    assert own.lines.get(item="accuracy").article == "PSL-0001 v1"
    assert (alone.critical_compliance, own.critical_compliance) == (True, False)
    assert (own.owner, own.owner_kind, own.team) == (house.cast.surya, "supervisor", "J1")
    assert (department.owner, department.owner_kind) == (house.cast.dina, "department")
    assert {one.number for one in found.values()} == {f"TM-2026-11-{n:04d}" for n in (1, 2, 3)}


def test_submitting_with_a_recommendation_is_the_hand_over_that_stops_k1(house: House) -> None:
    (finding,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))
    assert (finding.state, finding.found_at, finding.feedback_at) == ("feedback_given", AT, AT)
    assert (finding.description, finding.recommendation) == ("Uraian supervisor", "Rekomendasi supervisor")
    assert clock(finding, "k1").stopped_at == AT
    assert (clock(finding, "k2").stopped_at, clock(finding, "k3").stopped_at) == (None, None)
    tuesday = datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC)  # 23.59.59 WIB, two working days after Friday
    assert {one.due_at for one in finding.clocks.all()} == {tuesday}
    assert finding.due_at == tuesday
    assert list(Entry.objects.filter(object_id=str(finding.pk)).values_list("verb", flat=True).order_by("id")) == [
        "finding.raised", "finding.give_feedback",
    ]  # fmt: skip


def test_without_a_recommendation_nothing_is_raised(house: House) -> None:
    with pytest.raises(RuleRefused) as caught:
        raised(house, submitted(house, empathy="not_met"))
    assert caught.value.verdict.facts["code"] == "recommendation"
    assert not Finding.objects.exists()


def test_in_chained_mode_each_clock_begins_with_the_hand_over_before_it(house: House) -> None:
    Setting.objects.create(key="mystery.clock_mode", value="chained", version=1, created_at=AT, reason="x")
    (finding,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))
    assert clock(finding, "k2").started_at == AT
    assert not Clock.objects.filter(finding=finding, step="k3").exists()
    later = AT + timedelta(days=3)
    findings.forward(user=house.cast.qanita, at=later, finding=finding)
    assert clock(finding, "k3").started_at == later


def test_forwarding_stops_k2_and_gives_the_coaching_its_later_day(house: House) -> None:
    form = submitted(house, said=("supervisor", "department"), empathy="not_met", ivr_clear="not_met")
    raised(house, form)
    at = AT + timedelta(hours=2)
    forwarded = findings.forward_all(form.sample, user=house.cast.qanita, at=at)
    assert [one.state for one in forwarded] == ["at_department", "at_supervisor"]
    assert {one.verifier for one in forwarded} == {house.cast.qanita}
    own = Finding.objects.get(key="supervisor")
    assert clock(own, "k2").stopped_at == at
    assert own.coaching_due_at == datetime(2026, 12, 1, 16, 59, 59, tzinfo=UTC)  # seven working days
    told = Notice.objects.filter(kind="finding.forwarded").values_list("user__email", flat=True)
    assert set(told) == {house.cast.surya.email, house.cast.dina.email}


def test_who_answers_is_chosen_first_where_roster_and_settings_name_nobody(house: House) -> None:
    other = User.objects.create(email="dodi@kendali.test", name="Dodi")
    RoleGrant.objects.create(user=other, role="department_head", granted_at=AT)
    form = submitted(house, said=("department",), ivr_clear="not_met")
    (finding,) = raised(house, form)
    assert finding.owner is None
    with pytest.raises(RuleRefused) as caught:
        findings.forward_all(form.sample, user=house.cast.qanita, at=AT)
    assert caught.value.verdict.facts["code"] == "no_owner"
    with pytest.raises(RuleRefused):
        finding_steps.choose_owner(user=house.cast.qanita, at=AT, finding=finding, owner=house.cast.agus)
    finding_steps.choose_owner(user=house.cast.qanita, at=AT, finding=finding, owner=other)
    assert findings.forward_all(form.sample, user=house.cast.qanita, at=AT)[0].owner == other


def test_nothing_is_forwarded_to_a_supervisor_who_left(house: House) -> None:
    form = submitted(house, said=("supervisor",), empathy="not_met")
    (finding,) = raised(house, form)
    User.objects.filter(pk=house.cast.surya.pk).update(is_active=False)
    with pytest.raises(RuleRefused) as caught:
        findings.forward_all(form.sample, user=house.cast.qanita, at=AT)
    assert caught.value.verdict.facts["name"] == "Surya Pratama"
    house.cast.kirana.grants.create(role="supervisor", granted_at=AT)
    finding_steps.choose_owner(user=house.cast.qanita, at=AT, finding=finding, owner=house.cast.kirana)
    assert findings.forward_all(form.sample, user=house.cast.qanita, at=AT)[0].owner == house.cast.kirana


def test_an_access_failure_goes_to_the_department_that_is_set_for_it(house: House) -> None:
    other = User.objects.create(email="wfm@kendali.test", name="WFM")
    RoleGrant.objects.create(user=other, role="department_head", granted_at=AT)
    Setting.objects.create(
        key="mystery.access_department", value="WFM@kendali.test", version=1, created_at=AT, reason="x"
    )
    form = submitted(house, said=("access", "department"), busy="yes", ivr_clear="not_met")
    found = {one.key: one for one in raised(house, form)}
    assert found["access"].owner == other
    assert found["access"].agent is None  # never an agent's
    assert found["department"].owner is None  # two department heads: QA chooses


def test_an_agent_nobody_knows_leaves_the_finding_to_the_supervisor_of_the_area(house: House) -> None:
    (finding,) = raised(house, submitted(house, agent="", said=("supervisor",), empathy="not_met"))
    assert (finding.agent, finding.owner) == (None, house.cast.surya)


# --- returned and submitted again


def test_a_returned_form_submitted_again_goes_on_with_the_same_finding_and_clock(house: House) -> None:
    form = submitted(house, said=("supervisor", "department"), empathy="not_met", ivr_clear="not_met")
    department, own = raised(house, form)
    later = AT + timedelta(hours=3)
    findings.return_all(form.sample, user=house.cast.qanita, at=later, reason="Uraian belum jelas")
    own.refresh_from_db()
    assert own.state == "found"
    assert clock(own, "k1").stopped_at == AT
    again = {"supervisor": plain.write(Said("Uraian lebih jelas", "Coaching"))}
    answers = plain.write(tuple(house.answers(empathy="not_met", probing="not_met").values()))
    Evaluation.objects.filter(pk=form.pk).update(said=again, answers=answers)
    form.refresh_from_db()
    (same,) = raised(house, form, later + timedelta(hours=1))
    assert (same.pk, same.found_at, same.description) == (own.pk, AT, "Uraian lebih jelas")
    assert set(same.lines.values_list("item", flat=True)) == {"empathy", "probing"}
    assert clock(same, "k1").stopped_at == AT
    department.refresh_from_db()
    assert department.state == "invalid"  # nothing in the form speaks for it any more
    assert clock(department, "k2").dropped_at is not None


def test_a_void_sample_takes_its_findings_along(house: House) -> None:
    form = submitted(house, said=("supervisor",), empathy="not_met")
    (finding,) = raised(house, form)
    findings.end_for_void(form.sample, actor=Actor(house.cast.qanita.pk, "Qanita", "qa"), at=AT, reason="Salah antrean")
    finding.refresh_from_db()
    assert (finding.state, finding.end_reason, finding.due_at) == ("invalid", "Salah antrean", None)
    assert set(finding.clocks.filter(step__in=["k2", "k3"]).values_list("dropped_at", flat=True)) == {AT}


# --- Access


def unconnected(house: House, count: int) -> list[Sample]:
    made = [house.sample("unconnected", executor=house.cast.qori) for _ in range(count)]
    for sample in made:
        Attempt.objects.create(sample=sample, number=1, at=CALLED, outcome="busy", by=house.cast.qori)
    return made


def test_an_area_has_one_access_finding_a_day_that_later_samples_join(house: House) -> None:
    first, second = unconnected(house, 2)
    finding = findings.raise_access("jkt", date(2026, 11, 20), [first], at=AT)
    again = findings.raise_access("jkt", date(2026, 11, 20), [first, second], at=AT + timedelta(hours=1))
    assert (again.pk, again.owner, again.executor) == (finding.pk, house.cast.dina, house.cast.qori)
    assert set(finding.lines.values_list("item", flat=True)) == {first.number, second.number}
    assert (finding.state, clock(finding, "k1").stopped_at) == ("found", None)
    next_day = findings.raise_access("jkt", date(2026, 11, 21), [second], at=AT + timedelta(days=1))
    assert [one.number[-4:] for one in (finding, next_day)] == ["0001", "0002"]  # joining takes no number


@pytest.mark.parametrize("ended", ["closed", "invalid", "merged"])
def test_later_failures_of_the_day_do_not_join_a_finding_that_has_ended(house: House, ended: str) -> None:
    first, second = unconnected(house, 2)
    day = date(2026, 11, 20)
    finding = findings.raise_access("jkt", day, [first], at=AT)
    other = house.finding(house.sample("submitted"))
    Finding.objects.filter(pk=finding.pk).update(state=ended, ended_at=AT, merged_into=other)
    new = findings.raise_access("jkt", day, [first, second], at=AT + timedelta(hours=1))
    assert (new.pk != finding.pk, new.state, new.found_at) == (True, "found", AT + timedelta(hours=1))
    assert [one.item for one in new.lines.all()] == [second.number]
    assert list(finding.lines.values_list("item", flat=True)) == [first.number]
    assert findings.raise_access("jkt", day, [first, second], at=AT + timedelta(hours=2)).pk == new.pk


def test_who_called_writes_the_feedback_of_an_access_finding_and_the_department_answers(house: House) -> None:
    finding = findings.raise_access("jkt", date(2026, 11, 20), unconnected(house, 1), at=AT)
    words = {"description": "Antrean penuh", "recommendation": "Tambah agent pagi"}
    with pytest.raises(RuleRefused):
        findings.give_feedback(user=house.cast.surya, at=AT, finding=finding, **words)
    finding = findings.give_feedback(user=house.cast.qori, at=AT, finding=finding, **words)
    assert clock(finding, "k1").stopped_at == AT
    assert findings.forward(user=house.cast.qanita, at=AT, finding=finding).state == "at_department"


# --- the fast lane, recurrence


def test_owner_and_coordinator_know_of_a_critical_compliance_finding_at_once(house: House) -> None:
    form = submitted(house, said=("supervisor!verification",), verification="not_met")
    (finding,) = raised(house, form)
    told = Notice.objects.filter(kind="finding.critical")
    assert {one.user for one in told} == {house.cast.surya, house.cast.kirana}
    assert all("Qori" not in str(one.facts) and "MC-" not in str(one.facts) for one in told)
    assert finding.state == "feedback_given"  # the same way, the same clocks


def test_the_same_item_with_the_same_agent_recurs_and_names_the_earlier_ones(house: House) -> None:
    (first,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))
    (second,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"), AT + timedelta(hours=1))
    (other,) = raised(house, submitted(house, agent="A2", said=("supervisor",), empathy="not_met"), AT)
    assert (second.recurs, other.recurs) == ([first.number], [])


# --- who may


@pytest.mark.parametrize("nick", ["qori", "surya", "maya", "adi", "agus"])
def test_forwarding_is_for_qa_and_the_coordinator(house: House, nick: str) -> None:
    form = submitted(house, said=("supervisor",), empathy="not_met")
    raised(house, form)
    with pytest.raises(Refused):
        findings.forward_all(form.sample, user=house.cast.people[nick], at=AT)


def test_the_coordinator_forwards_only_what_the_clock_brought_to_her(house: House) -> None:
    form = submitted(house, said=("supervisor",), empathy="not_met")
    (finding,) = raised(house, form)
    with pytest.raises(RuleRefused) as caught:
        findings.forward(user=house.cast.kirana, at=AT, finding=finding, reason="Saya putuskan")
    assert caught.value.verdict.facts["code"] == "not_escalated"
    Finding.objects.update(escalated_at=AT)
    with pytest.raises(RuleRefused):  # her decision needs a note
        findings.forward(user=house.cast.kirana, at=AT, finding=finding)
    assert findings.forward(user=house.cast.kirana, at=AT, finding=finding, reason="QA cuti").state == "at_supervisor"


def test_a_second_click_meets_the_rule_and_changes_nothing(house: House) -> None:
    form = submitted(house, said=("supervisor",), empathy="not_met")
    (finding,) = raised(house, form)
    findings.forward(user=house.cast.qanita, at=AT, finding=finding)
    before = Entry.objects.count()
    with pytest.raises(RuleRefused) as caught:
        findings.forward(user=house.cast.qadri, at=AT, finding=Finding.objects.get(pk=finding.pk))
    assert caught.value.verdict.facts["code"] == "state"
    assert Entry.objects.count() == before
