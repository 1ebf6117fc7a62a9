"""What owner, QA and Kordinator do with a finding: follow-ups, evidence, coaching, disputes, merging, holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kendali.accounts.models import Deputy
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.actor import Actor
from kendali.audit.models import Entry
from kendali.disposal.actions import holds
from kendali.disposal.models import Hold
from kendali.mystery.actions import coaching, disputes, finding_steps, findings, proof
from kendali.mystery.models import Clock, Finding, Recording
from kendali.mystery.queries import waiting_findings
from kendali.mystery.rules.finding_rules import FollowUp
from kendali.mystery.tests.finding_rows import AT, clock, raised, submitted
from kendali.mystery.tests.house import House, build
from kendali.notices.models import Notice
from kendali.records.actions import proposals
from kendali.records.models import Record
from kendali.records.queries import held
from kendali.records.tests.office import Office
from tests.cast import Cast

pytestmark = pytest.mark.django_db
DONE = FollowUp(
    correction="a", root_cause="b", corrective_action="c", person_in_charge="Surya", on=AT.date(), done=True
)
PDF = b"%PDF-1.4\nx\n%%EOF"
LATE = AT + timedelta(days=6)


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> None:
    settings.KENDALI_STORE = str(tmp_path)


@pytest.fixture
def finding(house: House) -> Finding:
    return forwarded(house)


def forwarded(house: House, agent: str = "A1", at: datetime = AT) -> Finding:
    one = raised(house, submitted(house, agent=agent, said=("supervisor",), empathy="not_met"), at)[0]
    return findings.forward(user=house.cast.qanita, at=at, finding=one)


def code(error: pytest.ExceptionInfo[RuleRefused]) -> object:
    return error.value.verdict.facts.get("code")


# --- the follow-up


def test_a_planned_follow_up_stops_k3_and_is_closed_only_when_it_is_done(house: House, finding: Finding) -> None:
    surya, qanita, at = house.cast.surya, house.cast.qanita, AT + timedelta(hours=1)
    planned = FollowUp(correction="a", root_cause="b", corrective_action="c", person_in_charge="d",
                       on=date(2026, 11, 27))  # fmt: skip
    finding_steps.report_follow_up(user=surya, at=at, finding=finding, follow_up=planned)
    assert clock(finding, "k3").stopped_at == at
    proof.add_link(user=surya, at=at, finding=reload(finding), name="Rekap", link="https://contoh.example/rekap")
    with pytest.raises(RuleRefused) as caught:
        finding_steps.close(user=qanita, at=at, finding=finding)
    assert code(caught) == "planned"
    finding_steps.report_follow_up(user=surya, at=LATE, finding=finding, follow_up=DONE)
    assert clock(finding, "k3").stopped_at == at
    closed = finding_steps.close(user=qanita, at=LATE, finding=finding)
    assert (closed.state, closed.ended_at, closed.due_at) == ("closed", LATE, None)


def reload(finding: Finding) -> Finding:
    return Finding.objects.select_related("agent", "owner").get(pk=finding.pk)


def test_an_insufficient_follow_up_goes_back_and_k3_does_not_start_again(house: House, finding: Finding) -> None:
    finding_steps.report_follow_up(user=house.cast.surya, at=AT, finding=finding, follow_up=DONE)
    stopped = clock(finding, "k3")
    back = finding_steps.find_insufficient(user=house.cast.qanita, at=AT, finding=finding, reason="Belum cukup")
    assert (back.state, back.follow_ups.get().insufficient_reason) == ("in_progress", "Belum cukup")
    assert clock(finding, "k3") == stopped
    assert back.due_at == back.coaching_due_at  # the only day that is left


def test_closing_a_late_finding_needs_a_reason_and_the_lateness_stays(house: House, finding: Finding) -> None:
    finding_steps.report_follow_up(user=house.cast.surya, at=LATE, finding=finding, follow_up=DONE)
    proof.add_file(user=house.cast.surya, at=LATE, finding=reload(finding), name="bukti.pdf", data=PDF)
    with pytest.raises(RuleRefused) as caught:
        finding_steps.close(user=house.cast.qanita, at=LATE, finding=finding)
    assert code(caught) == "late_reason"
    finding_steps.close(user=house.cast.qanita, at=LATE, finding=finding, late_reason="received_late")
    row = clock(finding, "k3")
    assert row.stopped_at == LATE
    assert row.stopped_at > row.due_at
    assert Finding.objects.get().late_reason == "received_late"


def test_a_deputy_reports_for_the_owner_also_with_findings_of_the_own_team(house: House, finding: Finding) -> None:
    house.cast.kirana.grants.create(role="supervisor", granted_at=AT)  # a supervisor, too
    with pytest.raises(Refused):
        finding_steps.begin(user=house.cast.kirana, at=AT, finding=finding)
    Deputy.objects.create(principal=house.cast.surya, deputy=house.cast.kirana, role="supervisor",
                          starts=AT.date(), ends=AT.date(), named_at=AT)  # fmt: skip
    finding_steps.begin(user=house.cast.kirana, at=AT, finding=finding)
    assert Entry.objects.get(verb="finding.begin").on_behalf_of == "Surya Pratama"


def test_what_must_not_be_kept_is_sent_back(house: House, finding: Finding) -> None:
    with pytest.raises(RuleRefused):
        finding_steps.remind(user=house.cast.kirana, at=AT, finding=finding, reason="Hubungi 0812 3456 7890")
    with pytest.raises(RuleRefused):
        proof.add_file(user=house.cast.surya, at=AT, finding=reload(finding), name="a.exe", data=b"MZ")
    with pytest.raises(RuleRefused):
        proof.add_link(user=house.cast.surya, at=AT, finding=reload(finding), name="x", link="javascript:alert(1)")
    with pytest.raises(RuleRefused):
        proof.add_link(user=house.cast.dina, at=AT, finding=reload(finding), name="x", link="https://a.example/")


# --- coaching


def test_a_signed_form_acknowledges_the_coaching_and_is_evidence(house: House, finding: Finding) -> None:
    row = coaching.record(user=house.cast.surya, at=AT, finding=reload(finding), on=AT.date(), notes="Empati",
                          name="coaching.pdf", data=PDF)  # fmt: skip
    assert row.acknowledged_by == house.cast.surya
    assert row.evidence is not None
    assert proof.read(row.evidence) == PDF
    assert finding.evidence.get() == row.evidence


def test_the_agent_acknowledges_the_own_coaching_once(house: House, finding: Finding) -> None:
    house.setting("mystery.agent_login", True)
    row = coaching.record(user=house.cast.surya, at=AT, finding=reload(finding), on=AT.date(), notes="Empati")
    assert Notice.objects.get(kind="finding.coached").user == house.cast.agus
    coaching.acknowledge(user=house.cast.agus, at=AT, coaching=row)
    assert row.acknowledged_by == house.cast.agus
    with pytest.raises(RuleRefused) as caught:
        coaching.acknowledge(user=house.cast.surya, at=AT, coaching=row, note="Sudah dibacakan")
    assert code(caught) == "state"


def test_another_agents_coaching_is_not_acknowledged_and_a_note_is_needed(house: House) -> None:
    other = forwarded(house, agent="A2")
    row = coaching.record(user=house.cast.surya, at=AT, finding=reload(other), on=AT.date(), notes="Empati")
    with pytest.raises(RuleRefused):
        coaching.acknowledge(user=house.cast.agus, at=AT, coaching=row)
    with pytest.raises(RuleRefused):
        coaching.acknowledge(user=house.cast.surya, at=AT, coaching=row)
    coaching.acknowledge(user=house.cast.surya, at=AT, coaching=row, note="Ditandatangani di ruang rapat")


# --- disputes


def test_a_dispute_is_decided_by_another_qa_and_stops_no_clock(house: House, finding: Finding) -> None:
    disputes.dispute(user=house.cast.agus, at=AT, finding=finding, reason="Saya sudah berempati")
    assert {one.user for one in Notice.objects.filter(kind="finding.disputed")} == {house.cast.qadri}
    with pytest.raises(RuleRefused) as caught:
        disputes.decide(user=house.cast.qanita, at=AT, finding=finding, decision="rejected", reason="x")
    assert code(caught) == "verifier"
    with pytest.raises(RuleRefused):  # there is another QA: not the Kordinator's
        disputes.decide(user=house.cast.kirana, at=AT, finding=finding, decision="rejected", reason="x")
    disputes.decide(user=house.cast.qadri, at=AT, finding=finding, decision="partly", reason="Sebagian benar")
    row = Finding.objects.get()
    assert (row.state, row.dispute, clock(row, "k3").stopped_at) == ("at_supervisor", "partly", None)
    with pytest.raises(RuleRefused):
        disputes.dispute(user=house.cast.surya, at=AT, finding=finding, reason="lagi")


def test_an_accepted_dispute_ends_the_finding_and_its_clock_counts_nowhere(house: House, finding: Finding) -> None:
    disputes.dispute(user=house.cast.surya, at=AT, finding=finding, reason="Rekaman menunjukkan sebaliknya")
    disputes.decide(user=house.cast.qadri, at=AT, finding=finding, decision="accepted", reason="Benar")
    row = Finding.objects.get()
    assert (row.state, clock(row, "k3").dropped_at, row.end_reason) == ("invalid", AT, "Benar")


def test_the_coordinator_decides_where_there_is_no_other_qa(house: House, finding: Finding) -> None:
    house.cast.qadri.grants.update(ended_at=AT)
    disputes.dispute(user=house.cast.surya, at=AT, finding=finding, reason="x")
    assert {one.user for one in Notice.objects.filter(kind="finding.disputed")} == {house.cast.kirana}
    disputes.decide(user=house.cast.kirana, at=AT, finding=finding, decision="rejected", reason="Rekaman jelas")


def test_the_finding_of_an_agent_without_a_login_is_disputed_through_the_supervisor(house: House) -> None:
    other = forwarded(house, agent="A2")
    disputes.dispute(user=house.cast.surya, at=AT, finding=other, reason="Bagas tidak setuju")
    with pytest.raises(RuleRefused):
        disputes.dispute(user=house.cast.agus, at=AT, finding=other, reason="x")


# --- merging


def test_a_merged_finding_goes_on_in_an_earlier_one_of_the_same_owner(house: House, finding: Finding) -> None:
    later = forwarded(house, at=AT + timedelta(hours=1))
    third = forwarded(house, at=AT + timedelta(hours=2))
    finding_steps.merge(user=house.cast.qanita, at=LATE, finding=third, into=later, reason="Sama")
    with pytest.raises(RuleRefused) as caught:
        finding_steps.merge(user=house.cast.qanita, at=LATE, finding=finding, into=later, reason="Sama")
    assert code(caught) == "later"
    finding_steps.merge(user=house.cast.qanita, at=LATE, finding=later, into=finding, reason="Sama")
    assert set(finding.merged.all()) == {later, third}  # what went into it goes along
    assert Clock.objects.get(finding=later, step="k3").dropped_at == LATE


# --- the recording


@pytest.fixture
def office(cast: Cast, tmp_path: Path) -> Office:
    """Three recordings of March 2024, backed up."""
    office = Office(cast, tmp_path)
    office.source("suara", client=cast.nusantara, record_class="recording")
    for n in range(1, 4):
        office.call("suara", f"c{n}", datetime(2024, 3, n, 2, tzinfo=UTC))
    office.backed_up("suara")
    return office


def test_an_open_finding_keeps_its_recording_out_of_every_list_to_delete_and_the_last_one_lets_go(
    office: Office,
) -> None:
    cast, house = office.cast, build(office.cast)
    record = Record.objects.get(ref="c1")
    said = ("supervisor", "department")
    form = submitted(house, said=said, empathy="not_met", ivr_clear="not_met")
    Recording.objects.create(sample=form.sample, record=record, name="c1.wav", mime="audio/wav", seconds=90,
                             added_by=cast.qori, added_at=AT)  # fmt: skip
    first, second = raised(house, form)
    hold = Hold.objects.get()
    assert (hold.cause, hold.placed_by, hold.placed_role) == ("finding", None, "system")
    assert (hold.reference, first.number in hold.reason) == ("", False), "nobody recognises a test call by its hold"
    assert held.of([record]) == {record.pk: [hold.number]}
    proposal = proposals.propose(user=cast.tari, at=cast.now, client=cast.nusantara, record_class="recording",
                                 cut_off=date(2024, 3, 31))  # fmt: skip
    assert dict(proposal.left_out.values_list("ref", "reason")) == {"c1": "held"}
    with pytest.raises(RuleRefused):  # nobody lifts it by hand while the finding is open
        holds.release(user=cast.rahma, at=AT, hold=hold, reason="x")
    finding_steps.invalidate(user=cast.qanita, at=AT, finding=first, reason="Keliru")
    assert held.of([record])
    finding_steps.invalidate(user=cast.qanita, at=AT, finding=second, reason="Keliru")
    assert held.of([record]) == {}
    hold.refresh_from_db()
    assert hold.status == "released"
    assert not Notice.objects.filter(kind__startswith="hold.").exists()  # it comes and goes with the finding


def test_the_recording_of_a_merged_finding_is_held_as_long_as_the_one_it_went_into(office: Office) -> None:
    house = build(office.cast)
    into = forwarded(house)
    form = submitted(house, said=("supervisor",), empathy="not_met")
    record = Record.objects.get(ref="c2")
    Recording.objects.create(sample=form.sample, record=record, name="c2.wav", mime="audio/wav", seconds=90,
                             added_by=office.cast.qori, added_at=AT)  # fmt: skip
    merged = raised(house, form, AT + timedelta(hours=1))[0]
    findings.forward(user=office.cast.qanita, at=LATE, finding=merged)
    finding_steps.merge(user=office.cast.qanita, at=LATE, finding=merged, into=into, reason="Sama")
    assert held.of([record])
    finding_steps.invalidate(user=office.cast.qanita, at=LATE, finding=into, reason="Keliru")
    assert held.of([record]) == {}


def test_the_recording_of_a_merged_finding_that_goes_on_for_its_own_call_is_never_let_go(office: Office) -> None:
    house = build(office.cast)
    into = forwarded(house)
    form = submitted(house, said=("supervisor",), empathy="not_met")
    record = Record.objects.get(ref="c2")
    Recording.objects.create(sample=form.sample, record=record, name="c2.wav", mime="audio/wav", seconds=90,
                             added_by=office.cast.qori, added_at=AT)  # fmt: skip
    merged = raised(house, form, AT + timedelta(hours=1))[0]
    finding_steps.merge(user=office.cast.qanita, at=LATE, finding=merged, into=into, reason="Sama")
    assert into.sample is not None
    findings.end_for_void(into.sample, actor=Actor(office.cast.qanita.pk, "Qanita", "qa"), at=LATE, reason="x")
    hold = Hold.objects.get()
    assert (held.of([record]), hold.status) == ({record.pk: [hold.number]}, "active")


# --- the Kordinator, and what waits


def test_the_coordinator_reminds_of_what_the_clock_brought_to_her_with_a_note(house: House, finding: Finding) -> None:
    with pytest.raises(RuleRefused) as caught:
        finding_steps.remind(user=house.cast.kirana, at=AT, finding=finding, reason="Mohon hari ini")
    assert code(caught) == "not_escalated"
    Finding.objects.update(escalated_at=AT)
    with pytest.raises(RuleRefused):
        finding_steps.remind(user=house.cast.kirana, at=AT, finding=finding, reason=" ")
    finding_steps.remind(user=house.cast.kirana, at=AT, finding=finding, reason="Mohon hari ini")
    notice = Notice.objects.get(kind="finding.reminded")
    assert (notice.user, notice.facts["reason"]) == (house.cast.surya, "Mohon hari ini")


def test_what_waits_is_a_line_for_whose_turn_it_is(house: House, finding: Finding) -> None:
    def lines(nick: str) -> list[str]:
        return [one.number for one in waiting_findings.lines(house.cast.people[nick], AT)]

    assert (lines("surya"), lines("qanita"), lines("kirana"), lines("adi")) == ([finding.number], [], [], [])
    finding_steps.report_follow_up(user=house.cast.surya, at=AT, finding=finding, follow_up=DONE)
    assert (lines("surya"), lines("qanita"), lines("qadri")) == ([], [finding.number], [])
    disputes.dispute(user=house.cast.surya, at=AT, finding=finding, reason="x")
    assert lines("qadri") == [finding.number]


def test_only_who_may_decide_a_dispute_is_asked_to_and_the_others_go_on(house: House, finding: Finding) -> None:
    disputes.dispute(user=house.cast.surya, at=AT, finding=finding, reason="x")
    said = {
        nick: [one.sentence.split()[0] for one in waiting_findings.lines(house.cast.people[nick], AT)]
        for nick in ("surya", "qadri", "qanita")
    }
    assert said == {"surya": ["Report"], "qadri": ["Decide"], "qanita": []}
    finding_steps.report_follow_up(user=house.cast.surya, at=AT, finding=finding, follow_up=DONE)
    assert [one.sentence.split()[0] for one in waiting_findings.lines(house.cast.qanita, AT)] == ["Check"]


def test_what_waits_beyond_ten_is_one_line_to_the_board(house: House) -> None:
    sample = house.sample("verified")
    for n in range(14):
        house.finding(sample, "at_supervisor", key=str(n), due_at=AT + timedelta(hours=n))
    found = waiting_findings.lines(house.cast.surya, AT)
    assert len(found) == 11
    assert found[-1].url == "/mystery/temuan/?milik=saya"
