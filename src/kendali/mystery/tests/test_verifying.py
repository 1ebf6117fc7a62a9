"""QA verifies or returns, voids, has a form corrected, names the agent."""

from __future__ import annotations

from datetime import date

import pytest

from kendali.accounts import permissions
from kendali.accounts.models import Deputy, RoleGrant
from kendali.audit.models import Entry
from kendali.audit.sentences import render
from kendali.mystery.actions import attributing, findings, verifying
from kendali.mystery.actions.findings import raise_from_form
from kendali.mystery.models import Cycle, Evaluation, Finding, Sample
from kendali.mystery.queries import pace
from kendali.mystery.rules import plain
from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.sample_rules import VoidReason
from kendali.mystery.tests.house import House
from kendali.notices.models import Notice
from kendali.records.tests.office import refused

pytestmark = pytest.mark.django_db


def submitted(house: House, **failed: str) -> Sample:
    """As it is after the submission, with the findings that follow."""
    sample = house.sample("submitted", answers=failed)
    if failed:
        said = {key: plain.write(Said("Uraian", "Coaching")) for key in ("supervisor", "supervisor!verification")}
        Evaluation.objects.filter(sample=sample).update(said=said)
        evaluation = Evaluation.objects.select_related("sample", "form").get(sample=sample)
        actor = permissions.acting(house.cast.qori, "sample.call")
        raise_from_form(evaluation, actor=actor, at=house.submitted_at)
    return sample


def told(sample: Sample) -> str:
    return render(Entry.objects.filter(object_type="mystery.sample", object_id=str(sample.pk)).latest("id"))


def test_qa_verifies_and_forwards_in_one_action(house: House) -> None:
    sample = submitted(house, empathy="not_met", verification="not_met")
    assert Finding.objects.filter(state="feedback_given").count() == 2
    row = verifying.verify_and_forward(user=house.cast.qanita, at=house.verified_at, sample=sample)
    assert (row.state, row.verified_by, row.verified_at) == ("verified", house.cast.qanita, house.verified_at)
    assert Evaluation.objects.get(sample=sample).status == "verified"
    assert {(one.state, one.owner) for one in Finding.objects.all()} == {("at_supervisor", house.cast.surya)}
    stopped = [one.clocks.get(step="k2").stopped_at for one in Finding.objects.all()]
    assert stopped == [house.verified_at] * 2
    assert pace.meter(house.cycle, house.verified_at).counted == 1
    assert told(row).endswith(f"memverifikasi {sample.number}: 85,7.")


def test_a_form_without_a_finding_is_verified_too(house: House) -> None:
    sample = submitted(house)
    verifying.verify_and_forward(user=house.cast.qanita, at=house.verified_at, sample=sample)
    assert not Finding.objects.exists()


def test_a_finding_that_nobody_answers_for_is_not_forwarded_and_nothing_is_written(house: House) -> None:
    sample = submitted(house, empathy="not_met")
    Finding.objects.update(owner=None)
    with refused("Choose who answers for this finding"):
        verifying.verify_and_forward(user=house.cast.qanita, at=house.verified_at, sample=sample)
    sample.refresh_from_db()
    assert (sample.state, sample.verified_at) == ("submitted", None)


def test_nobody_verifies_his_own_call_not_through_a_deputy_either(house: House) -> None:
    cast = house.cast
    RoleGrant.objects.create(user=cast.qori, role="qa", granted_at=house.submitted_at)
    sample = submitted(house)
    with refused("Nobody judges his own call"):
        verifying.verify_and_forward(user=cast.qori, at=house.verified_at, sample=sample)
    RoleGrant.objects.filter(user=cast.qori, role="qa").delete()
    Deputy.objects.create(
        principal=cast.qanita, deputy=cast.qori, role="qa", starts=date(2020, 1, 1), ends=date(2099, 12, 31),
        named_at=house.submitted_at,
    )  # fmt: skip
    with refused("Nobody judges his own call"):
        verifying.verify_and_forward(user=cast.qori, at=house.verified_at, sample=sample)
    with refused("Nobody judges his own call"):
        verifying.verify_and_forward(user=cast.qanita, at=house.verified_at, sample=sample)
    verifying.verify_and_forward(user=cast.qadri, at=house.verified_at, sample=sample)


def test_the_kordinator_verifies_only_where_there_is_no_other_qa(house: House) -> None:
    sample = submitted(house, empathy="not_met")
    with refused("where there is no other QA"):
        verifying.verify_and_forward(user=house.cast.kirana, at=house.verified_at, sample=sample)
    RoleGrant.objects.filter(role="qa").update(ended_at=house.submitted_at)
    verifying.verify_and_forward(user=house.cast.kirana, at=house.verified_at, sample=sample)
    assert Finding.objects.get().state == "at_supervisor"


def test_a_returned_form_is_corrected_and_submitted_again_and_no_clock_stops_or_starts(house: House) -> None:
    sample = submitted(house, empathy="not_met")
    before = list(Finding.objects.get().clocks.order_by("step").values("step", "started_at", "due_at", "stopped_at"))
    row = verifying.return_form(
        user=house.cast.qanita, at=house.verified_at, sample=sample, reason="Bukti empati belum jelas"
    )
    assert (row.state, row.return_reason) == ("scoring", "Bukti empati belum jelas")
    assert Evaluation.objects.get().status == "draft"
    found = Finding.objects.get()
    assert found.state == "found"
    assert list(found.clocks.order_by("step").values("step", "started_at", "due_at", "stopped_at")) == before
    assert Notice.objects.get(user=house.cast.qori).kind == "sample.returned"
    assert told(row).endswith(": “Bukti empati belum jelas”")


def test_a_return_says_why(house: House) -> None:
    with refused("Give a reason"):
        verifying.return_form(user=house.cast.qanita, at=house.verified_at, sample=submitted(house), reason="  ")
    with refused("phone number"):
        verifying.return_form(
            user=house.cast.qanita, at=house.verified_at, sample=submitted(house), reason="Hubungi 0812 3456 7890"
        )


def test_a_void_sample_counts_nowhere_ends_its_findings_and_is_replaced(house: House) -> None:
    sample = submitted(house, empathy="not_met")
    verifying.verify_and_forward(user=house.cast.qanita, at=house.verified_at, sample=sample)
    made = verifying.void(
        user=house.cast.qanita,
        at=house.cast.now,
        sample=sample,
        reason=VoidReason.COVER_BLOWN,
        note="Agent tahu",
    )
    sample.refresh_from_db()
    assert (sample.state, sample.void_reason, sample.voided_by) == ("void", "cover_blown", house.cast.qanita)
    assert made is not None
    assert (made.replaces, made.area, made.shift, made.kind) == (sample, "jkt", "pagi", "permintaan")
    assert Finding.objects.get().state == "invalid"
    assert pace.meter(house.cycle, house.cast.now).counted == 0
    assert told(sample).endswith(f"membatalkan {sample.number} (penyamaran terbongkar). Agent tahu")


def test_after_the_calls_of_the_month_are_closed_nothing_is_filled_in_later(house: House) -> None:
    sample = submitted(house)
    type(house.cycle).objects.update(status="closed")
    made = verifying.void(user=house.cast.qanita, at=house.cast.now, sample=sample, reason=VoidReason.DUPLICATE)
    assert made is None
    assert Sample.objects.count() == 1


def test_a_void_sample_has_one_of_the_reasons(house: House) -> None:
    with refused("Choose why this sample is void"):
        verifying.void(user=house.cast.qanita, at=house.cast.now, sample=submitted(house), reason=None)


def test_a_correction_after_verification_is_a_new_revision_and_the_old_one_stays(house: House) -> None:
    sample = submitted(house, empathy="not_met")
    verifying.verify_and_forward(user=house.cast.qanita, at=house.verified_at, sample=sample)
    old = Evaluation.objects.get()
    new = verifying.revise(user=house.cast.qadri, at=house.cast.now, sample=sample, reason="Butir empati salah baca")
    old.refresh_from_db()
    assert (old.status, old.retract_reason, old.retracted_by) == (
        "retracted", "Butir empati salah baca", house.cast.qadri,
    )  # fmt: skip
    assert (new.revision, new.status, new.answers, new.form_id) == (2, "draft", old.answers, old.form_id)
    sample.refresh_from_db()
    assert (sample.state, sample.evaluation, sample.verified_at) == ("scoring", new, None)
    assert pace.meter(house.cycle, house.cast.now).counted == 0
    assert Finding.objects.get().state == "at_supervisor"  # what was forwarded goes on


def test_only_what_was_verified_is_revised(house: House) -> None:
    sample = submitted(house)
    with refused("does not follow from the status"):
        verifying.revise(user=house.cast.qanita, at=house.cast.now, sample=sample, reason="Keliru")
    assert Evaluation.objects.get().status == "submitted"


def nothing_is_corrected(house: House, sample: Sample) -> None:
    for act in (
        lambda: verifying.revise(user=house.cast.qanita, at=house.cast.now, sample=sample, reason="x"),
        lambda: verifying.void(user=house.cast.qanita, at=house.cast.now, sample=sample, reason=VoidReason.DUPLICATE),
        lambda: attributing.set_agent(user=house.cast.qanita, at=house.cast.now, sample=sample, agent=None),
    ):
        with refused("corrigendum"):
            act()


def test_after_the_freeze_nothing_is_corrected(house: House) -> None:
    sample = house.sample("locked")
    nothing_is_corrected(house, sample)


def test_after_the_freeze_what_did_not_count_stays_as_well(house: House) -> None:
    """Called on the first of the next month: in the register, not among the 60, and not locked."""
    sample = house.sample("verified")
    Cycle.objects.filter(pk=house.cycle.pk).update(status="frozen", frozen_at=house.cast.now)
    nothing_is_corrected(house, sample)


def test_the_owner_learns_that_a_finding_ended_with_its_call_and_nothing_of_the_caller(house: House) -> None:
    sample = submitted(house, empathy="not_met")
    verifying.verify_and_forward(user=house.cast.qanita, at=house.verified_at, sample=sample)
    verifying.void(user=house.cast.qanita, at=house.cast.now, sample=sample, reason=VoidReason.COVER_BLOWN,
                   note="Agent mengenali suara Qori")  # fmt: skip
    notice = Notice.objects.get(kind="finding.invalid")
    assert (notice.user, notice.facts["reason"]) == (house.cast.surya, "Panggilan batal: penyamaran terbongkar.")
    assert Finding.objects.get().end_reason == notice.facts["reason"]


# --- who answered


def test_an_agent_who_becomes_known_before_the_form_comes_again_takes_the_finding_along(house: House) -> None:
    RoleGrant.objects.create(user=house.cast.kirana, role="supervisor", granted_at=house.submitted_at)
    sample = house.sample("submitted", agent="", answers={"empathy": "not_met"})
    words = {"supervisor": plain.write(Said("Uraian", "Coaching"))}
    Evaluation.objects.filter(sample=sample).update(said=words)
    caller = permissions.acting(house.cast.qori, "sample.call")

    def hand_in() -> Finding:
        evaluation = Evaluation.objects.select_related("sample", "form").get(sample=sample)
        return raise_from_form(evaluation, actor=caller, at=house.submitted_at)[0]

    assert hand_in().owner == house.cast.surya  # of the area
    findings.return_all(sample, user=house.cast.qanita, at=house.verified_at, reason="Cari rekamannya")
    agent = house.floor.agents["A3"]
    Sample.objects.filter(pk=sample.pk).update(agent=agent, agent_team="J2", agent_site=house.floor.jkt)
    same = hand_in()
    assert (same.agent, same.team, same.owner) == (agent, "J2", house.cast.kirana)


def test_a_departments_finding_names_the_agent_who_answered(house: House) -> None:
    sample = house.sample("verified")
    found = house.finding(sample, "at_department", owner=house.cast.dina, owner_kind="department", key="department")
    other = house.floor.agents["A3"]
    attributing.set_agent(user=house.cast.qanita, at=house.cast.now, sample=sample, agent=other, reason="Suara lain")
    found.refresh_from_db()
    assert (found.agent, found.team, found.owner, found.state) == (other, "J2", house.cast.dina, "at_department")


def test_qa_names_the_agent_and_the_finding_goes_to_that_supervisor(house: House) -> None:
    sample = house.sample("submitted", agent="", answers={"empathy": "not_met"})
    found = house.finding(sample, owner=house.cast.kirana)
    attributing.set_agent(user=house.cast.qanita, at=house.verified_at, sample=sample, agent=house.floor.agents["A1"])
    sample.refresh_from_db()
    found.refresh_from_db()
    assert (sample.agent, sample.agent_team) == (house.floor.agents["A1"], "J1")
    assert (found.agent, found.team, found.owner) == (house.floor.agents["A1"], "J1", house.cast.surya)
    assert told(sample).endswith("menjadi Agus Setiawan (sebelumnya: –): “–”")


def test_a_corrected_attribution_says_why_and_reroutes_what_was_forwarded(house: House) -> None:
    sample = submitted(house, empathy="not_met")
    verifying.verify_and_forward(user=house.cast.qanita, at=house.verified_at, sample=sample)
    other = house.floor.agents["A3"]  # team J2, whose supervisor is Kirana
    RoleGrant.objects.create(user=house.cast.kirana, role="supervisor", granted_at=house.submitted_at)
    with refused("Give a reason"):
        attributing.set_agent(user=house.cast.qanita, at=house.cast.now, sample=sample, agent=other)
    attributing.set_agent(
        user=house.cast.qanita, at=house.cast.now, sample=sample, agent=other, reason="Nama di rekaman lain"
    )
    found = Finding.objects.get()
    assert (found.agent, found.team, found.owner, found.state) == (other, "J2", house.cast.kirana, "at_supervisor")


def test_who_was_not_in_the_roster_then_did_not_answer(house: House) -> None:
    sample = submitted(house)
    other = house.floor.agents["A3"]
    other.memberships.update(until=date(2026, 6, 30))
    with refused("was not in the roster"):
        attributing.set_agent(
            user=house.cast.qanita, at=house.verified_at, sample=sample, agent=other, reason="Suara lain"
        )


def test_who_called_names_no_agent_and_a_plan_has_none(house: House) -> None:
    agent = house.floor.agents["A2"]
    with refused("connected"):
        attributing.set_agent(
            user=house.cast.qanita, at=house.verified_at, sample=house.sample("assigned"), agent=agent, reason="x"
        )
    with pytest.raises(permissions.Refused):
        attributing.set_agent(
            user=house.cast.qori, at=house.verified_at, sample=submitted(house), agent=agent, reason="x"
        )
