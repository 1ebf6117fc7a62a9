"""From the catalogue to the frozen list: what is on it, what is left out and why, what the source says meanwhile."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from kendali.accounts.permissions import Refused
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Entry
from kendali.disposal import lists
from kendali.disposal.actions import decisions
from kendali.disposal.actions import holds as paper_holds
from kendali.disposal.actions import proposals as paper
from kendali.disposal.actions.decisions import Person
from kendali.disposal.models import ErasureRequest, Proposal
from kendali.notices.models import Notice
from kendali.records.actions import holds, proposals
from kendali.records.models import Package, Record, RecordVersion, Unbackupable
from kendali.records.queries import held
from kendali.records.tests.office import Office, refused
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db
OLD = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
YOUNG = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
CUT_OFF = date(2024, 3, 31)


@pytest.fixture
def calls(office: Office) -> Office:
    """Six recordings of March 2024 and one of March 2025, in verified packages."""
    office.source("suara", client=office.cast.nusantara, record_class="recording")
    for n in range(1, 7):
        office.call("suara", f"c{n}", OLD + timedelta(days=n))
    office.call("suara", "young", YOUNG)
    office.backed_up("suara")
    return office


def propose(office: Office, **changes: Any) -> Proposal:
    given: dict[str, Any] = {
        "user": office.cast.tari, "at": office.cast.now, "client": office.cast.nusantara, "record_class": "recording",
        "cut_off": CUT_OFF,
    }  # fmt: skip
    given.update(changes)
    return proposals.propose(**given)


def refs(proposal: Proposal) -> set[str]:
    return set(proposal.items.values_list("ref", flat=True))


def apart(proposal: Proposal) -> dict[str, str]:
    return dict(proposal.left_out.values_list("ref", "reason"))


def setting(office: Office, key: str, value: int | bool) -> None:
    Setting.objects.create(key=key, value=value, version=1, reason="x", created_at=office.cast.now)


def test_the_list_is_frozen_with_its_digest_and_what_each_line_needs(calls: Office) -> None:
    proposal = propose(calls)
    assert refs(proposal) == {f"c{n}" for n in range(1, 7)}
    assert (proposal.status, proposal.list_count, proposal.left_out_count) == ("draft", 6, 0)
    assert proposal.list_digest == proposal.final_digest == lists.digest(proposal, final=False).sha256
    assert proposal.list_bytes == sum(proposal.items.values_list("size", flat=True)) > 0
    item = proposal.items.get(ref="c1")
    record = Record.objects.get(ref="c1")
    assert record.version is not None
    assert (item.subject, item.source, item.version) == (record.pk, record.source_id, record.version_id)
    assert bytes(item.keyed_digest) == bytes(record.version.keyed_digest)
    assert (item.clock, item.clock_rule, item.month) == (record.last_activity_at, "last_activity_at", date(2024, 3, 1))
    assert item.due_on == date(2026, 3, 6)
    assert record.version.compared_at == calls.cast.now  # the full fingerprint at proposal
    facts = Entry.objects.get(verb="proposal.drafted").facts
    assert (facts["count"], facts["digest"]) == (6, proposal.list_digest)


def test_the_preview_says_the_same_and_writes_nothing(calls: Office) -> None:
    cast = calls.cast
    paper_holds.place(
        user=cast.rahma, at=cast.now, client=cast.nusantara, scope="record", cause="dispute", reason="Sengketa",
        review_on=date(2027, 1, 1), subjects=[(Record.objects.get(ref="c1").pk, "c1")],
    )  # fmt: skip
    found = proposals.preview(
        user=cast.tari, at=cast.now, client=cast.nusantara, record_class="recording", cut_off=CUT_OFF
    )
    assert (found.count, dict(found.left_out)) == (5, {"held": 1})
    assert [(one.month, one.channel, one.count) for one in found.months] == [(date(2024, 3, 1), "telepon", 5)]
    assert [one.ref for one in found.samples] == ["c2", "c3", "c4", "c5", "c6"]
    assert found.oldest == Record.objects.get(ref="c2").last_activity_at
    assert found.size > 0
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("nick", ["indra", "dewi", "clara", "rahma", "maya", "aulia", "adi"])
def test_only_the_team_leader_proposes(calls: Office, nick: str) -> None:
    user = calls.cast.people[nick]
    with pytest.raises(Refused):
        propose(calls, user=user)
    with pytest.raises(Refused):
        proposals.preview(
            user=user, at=calls.cast.now, client=calls.cast.nusantara, record_class="recording", cut_off=CUT_OFF
        )


def test_a_second_click_makes_no_second_list(calls: Office) -> None:
    propose(calls)
    with refused("There is a draft"):
        propose(calls)
    assert Proposal.objects.count() == 1


def test_a_cut_off_within_the_period_is_sent_back_with_the_latest_one(calls: Office) -> None:
    latest = proposals.latest_cut_off(calls.cast.nusantara, "recording", calls.cast.now)
    assert latest == date(2024, 11, 19)
    with refused("2024-11-19 at the latest"):
        propose(calls, cut_off=latest + timedelta(days=1))
    assert refs(propose(calls, cut_off=latest)) == {f"c{n}" for n in range(1, 7)}


def test_without_anything_to_propose_there_is_no_draft(calls: Office) -> None:
    with refused("Nothing up to this date"):
        propose(calls, cut_off=date(2023, 1, 1))
    with refused("There is no policy"):
        propose(calls, record_class="conversation")
    assert not Proposal.objects.exists()


def test_everything_past_its_period_is_on_the_list_or_apart_with_its_reason(calls: Office) -> None:
    cast = calls.cast
    by_ref = {record.ref: record for record in Record.objects.all()}
    hold = holds.place_on_records(
        user=cast.tari, at=cast.now, records=[by_ref["c1"]], cause="complaint", reason="Pengaduan",
        review_on=date(2027, 1, 1),
    )  # fmt: skip
    Record.objects.filter(ref="c2").update(last_activity_at=None)
    Record.objects.filter(ref="c3").update(vanished_at=cast.now)
    Unbackupable.objects.create(
        record=by_ref["c4"], status="confirmed", reason="x", proposed_by=cast.tari, proposed_at=cast.now
    )
    proposal = propose(calls)
    assert refs(proposal) == {"c5", "c6"}
    assert apart(proposal) == {"c1": "held", "c2": "no_date", "c3": "vanished", "c4": "unbackupable"}
    assert proposal.left_out_count == 4
    assert proposal.left_out.get(reason="held").facts == {"holds": [hold.number]}


def test_what_is_in_an_open_list_is_not_in_a_second_one(calls: Office) -> None:
    first = propose(calls, cut_off=date(2024, 3, 7))
    paper.ask(user=calls.cast.tari, at=calls.cast.now, proposal=first)
    second = propose(calls)
    assert refs(first).isdisjoint(refs(second))
    assert set(apart(second).values()) == {"in_proposal"}
    paper.cancel(user=calls.cast.tari, at=calls.cast.now, proposal=second, reason="x")
    paper.cancel(user=calls.cast.tari, at=calls.cast.now, proposal=first, reason="x")
    assert len(refs(propose(calls))) == 6


def test_the_source_is_asked_again_what_differs_is_changed_and_what_is_gone_is_vanished(calls: Office) -> None:
    """Both happened after the last scan: the catalogue knows of neither."""
    calls.call("suara", "c1", OLD + timedelta(days=1), seconds=2)
    del calls.rows["suara"]["c2"]
    calls.write("suara")
    proposal = propose(calls)
    assert refs(proposal) == {"c3", "c4", "c5", "c6"}
    assert apart(proposal) == {"c1": "changed", "c2": "vanished"}
    assert Record.objects.get(ref="c1").changed_at == calls.cast.now


def test_without_an_answer_of_the_source_there_is_no_list(calls: Office) -> None:
    (calls.folder / "export" / "suara").rename(calls.folder / "elsewhere")
    with refused("did not answer"):
        propose(calls)
    assert not Proposal.objects.exists()


def test_a_damaged_package_keeps_its_records_off_the_list(calls: Office) -> None:
    package = RecordVersion.objects.get(record__ref="c1").package
    Package.objects.filter(pk=package.pk).update(status="damaged")
    with refused("Nothing up to this date"):
        propose(calls)
    found = proposals.preview(
        user=calls.cast.tari, at=calls.cast.now, client=calls.cast.nusantara, record_class="recording", cut_off=CUT_OFF
    )
    assert dict(found.left_out) == {"damaged": 6}


def test_sources_of_one_class_are_proposed_together_and_another_clients_are_not(calls: Office) -> None:
    calls.source("suara-2", client=calls.cast.nusantara, record_class="recording")
    calls.call("suara-2", "d1", OLD)
    calls.source("telko", client=calls.cast.telko, record_class="recording")
    calls.call("telko", "t1", OLD)
    calls.scan("suara-2")
    calls.scan("telko")
    proposal = propose(calls)
    assert len(refs(proposal)) == 6
    assert apart(proposal) == {"d1": "not_verified"}


def test_open_conversations_wait_unless_the_setting_says_otherwise(office: Office) -> None:
    office.source("obrolan", client=office.cast.nusantara, record_class="conversation")
    office.chat("obrolan", "k1", [(OLD, "halo")])
    office.chat("obrolan", "k2", [(OLD, "halo lagi")], state="open")
    office.backed_up("obrolan")
    proposal = propose(office, record_class="conversation")
    assert (refs(proposal), apart(proposal)) == ({"k1"}, {"k2": "open"})
    paper.cancel(user=office.cast.tari, at=office.cast.now, proposal=proposal, reason="x")
    setting(office, "proposal.open_eligible", True)
    assert refs(propose(office, record_class="conversation")) == {"k1", "k2"}


def test_a_large_list_is_compared_by_a_job_and_cannot_be_asked_before(calls: Office) -> None:
    cast = calls.cast
    setting(calls, "proposal.compare_at_once", 2)
    proposal = propose(calls)
    assert (proposal.frozen_at, proposal.list_count) == (None, 0)
    assert proposal.progress["total"] == 6
    job = ProcrastinateJob.objects.get(task_name="kendali.records.tasks.freeze_proposal")
    assert job.args == {"proposal_id": proposal.pk}
    with refused("wait until the list is ready"):
        paper.ask(user=cast.tari, at=cast.now, proposal=proposal)
    for _ in range(2):  # a job may run twice
        proposals.finish(proposal.pk, at=cast.now)
    proposal.refresh_from_db()
    assert (proposal.frozen_at, proposal.list_count) == (cast.now, 6)
    assert Entry.objects.filter(verb="proposal.drafted").count() == 1
    assert Notice.objects.filter(kind="proposal.ready", user=cast.tari).count() == 1
    paper.ask(user=cast.tari, at=cast.now, proposal=proposal)


def test_the_job_says_when_the_source_is_away_and_can_be_sent_again(calls: Office) -> None:
    setting(calls, "proposal.compare_at_once", 2)
    proposal = propose(calls)
    folder = calls.folder / "export" / "suara"
    folder.rename(calls.folder / "elsewhere")
    proposals.finish(proposal.pk, at=calls.cast.now)
    proposal.refresh_from_db()
    assert proposal.frozen_at is None
    assert proposal.progress["problem"]["code"]
    (calls.folder / "elsewhere").rename(folder)
    proposals.compare_again(user=calls.cast.tari, at=calls.cast.now, proposal=proposal)
    proposals.finish(proposal.pk, at=calls.cast.now)
    proposal.refresh_from_db()
    assert proposal.list_count == 6


def test_a_draft_that_was_cancelled_stays_so_when_its_job_runs(calls: Office) -> None:
    setting(calls, "proposal.compare_at_once", 2)
    proposal = propose(calls)
    paper.cancel(user=calls.cast.tari, at=calls.cast.now, proposal=proposal, reason="Salah pilih")
    proposals.finish(proposal.pk, at=calls.cast.now)
    proposal.refresh_from_db()
    assert (proposal.status, proposal.list_count) == ("cancelled", 0)


def request_of(office: Office) -> ErasureRequest:
    at = office.cast.now
    return ErasureRequest.objects.create(
        number="PPD-2026-0001", client=office.cast.nusantara, record_class="recording", received_at=at,
        due_at=at + timedelta(hours=72), entered_by=office.cast.dewi, entered_at=at,
    )  # fmt: skip


def test_an_erasure_request_is_due_now_for_exactly_these_records(calls: Office) -> None:
    cast, request = calls.cast, request_of(calls)
    chosen = Record.objects.filter(ref__in=["young", "c1"])
    proposal = proposals.propose_erasure(user=cast.tari, at=cast.now, request=request, records=chosen)
    assert refs(proposal) == {"young", "c1"}
    assert set(proposal.items.values_list("due_on", flat=True)) == {date(2026, 11, 20)}
    paper.ask(user=cast.tari, at=cast.now, proposal=proposal)
    assert proposal.due_at == request.due_at  # 3 x 24 hours, not 14 days


def test_an_erasure_request_has_the_same_holds_and_needs_a_backup_too(calls: Office) -> None:
    cast = calls.cast
    calls.call("suara", "new", cast.now - timedelta(days=3))
    calls.scan("suara")
    holds.place_on_records(
        user=cast.rahma, at=cast.now, records=Record.objects.filter(ref="c1"), cause="police", reason="Surat polisi",
        review_on=date(2027, 1, 1),
    )  # fmt: skip
    chosen = Record.objects.filter(ref__in=["young", "c1", "new"])
    proposal = proposals.propose_erasure(user=cast.tari, at=cast.now, request=request_of(calls), records=chosen)
    assert refs(proposal) == {"young"}
    assert apart(proposal) == {"c1": "held", "new": "not_verified"}


def test_an_erasure_request_takes_no_records_of_somebody_else(calls: Office) -> None:
    calls.source("telko", client=calls.cast.telko, record_class="recording")
    calls.call("telko", "t1", OLD)
    calls.scan("telko")
    with refused("of this client"):
        proposals.propose_erasure(
            user=calls.cast.tari, at=calls.cast.now, request=request_of(calls), records=Record.objects.all()
        )


def test_backup_copies_are_proposed_when_their_own_period_has_ended(calls: Office) -> None:
    cast = calls.cast
    Record.objects.filter(ref="c1").update(deleted_at=datetime(2024, 11, 18, 5, tzinfo=UTC))
    Record.objects.filter(ref="c2").update(deleted_at=datetime(2024, 11, 20, 5, tzinfo=UTC))  # not for another day
    Record.objects.filter(ref="c3").update(deleted_at=datetime(2024, 11, 18, 5, tzinfo=UTC))
    holds.place_on_records(
        user=cast.rahma, at=cast.now, records=Record.objects.filter(ref="c3"), cause="case", reason="Perkara",
        review_on=date(2027, 1, 1),
    )  # fmt: skip
    proposal = proposals.propose_backup_destruction(
        user=SYSTEM, at=cast.now, client=cast.nusantara, record_class="recording", records=Record.objects.all()
    )
    assert (proposal.act, proposal.proposed_by, proposal.cut_off) == ("backup", None, None)
    assert refs(proposal) == {"c1"}
    assert apart(proposal) == {"c2": "not_due", "c3": "held"}
    item = proposal.items.get()
    assert (item.due_on, item.clock_rule) == (date(2026, 11, 19), "deleted_at")
    assert item.version == Record.objects.get(ref="c1").version_id
    with refused("There is a draft"):
        proposals.propose_backup_destruction(
            user=cast.tari, at=cast.now, client=cast.nusantara, record_class="recording", records=Record.objects.all()
        )
    assert len(refs(propose(calls))) == 3  # the other act has its own draft


def test_a_customer_hold_finds_later_records_and_other_spellings_of_the_number(calls: Office) -> None:
    cast = calls.cast
    Record.objects.update(customer_name_hmac=None)
    hold = holds.place_on_customer(
        user=cast.clara, at=cast.now, client=cast.nusantara, phone="+62 812-0000-00c1", cause="complaint",
        reason="Pengaduan", review_on=date(2027, 1, 1),
    )  # fmt: skip
    assert (hold.scope, hold.customer_name_hmac) == ("customer", None)
    calls.call("suara", "other", cast.now - timedelta(days=2))
    calls.rows["suara"]["other"]["customer_phone"] = "628120000001"  # digits of 0812-0000-00c1
    calls.write("suara")
    calls.scan("suara")
    covered = held.of(Record.objects.all())
    assert {Record.objects.get(pk=pk).ref for pk in covered} == {"c1", "other"}
    assert set(map(tuple, covered.values())) == {(hold.number,)}


def test_a_hold_after_the_list_was_frozen_holds_its_records_and_leaves_the_approval(calls: Office) -> None:
    cast = calls.cast
    proposal = _approved(calls)
    hold = holds.place_on_records(
        user=cast.tari, at=cast.now, records=Record.objects.filter(ref="c1"), cause="dispute", reason="Sengketa",
        review_on=date(2027, 1, 1),
    )  # fmt: skip
    assert held.of(proposal.items.values_list("subject", flat=True)) == {Record.objects.get(ref="c1").pk: [hold.number]}
    assert proposals.void_changed(at=cast.now) == []
    assert paper.approval_verdict(proposal, at=cast.now)


def test_a_record_that_changes_after_the_yes_voids_it_before_anything_was_deleted(calls: Office) -> None:
    proposal = _approved(calls)
    assert proposals.void_changed(at=calls.cast.now) == []
    Record.objects.filter(ref="c1").update(changed_at=calls.cast.now)
    assert proposals.changed_of(proposal) == 1
    assert proposals.void_changed(at=calls.cast.now) == [proposal]
    proposal.refresh_from_db()
    assert (proposal.status, proposal.void_reason["code"]) == ("voided", "record_changed")


def test_a_shorter_period_the_client_agrees_to_voids_what_was_approved_under_the_old_one(calls: Office) -> None:
    proposal = _approved(calls)
    calls.policy(calls.cast.nusantara, "recording", delete_after_years=3)
    proposal.refresh_from_db()
    assert proposal.status == "approved"
    calls.policy(calls.cast.nusantara, "recording", delete_after_years=3, lead_days=60)
    proposal.refresh_from_db()
    assert proposal.status == "voided"


def _approved(office: Office) -> Proposal:
    proposal = propose(office)
    paper.ask(user=office.cast.tari, at=office.cast.now, proposal=proposal)
    decisions.decide(
        at=office.cast.now, proposal=proposal, answer="yes", list_digest=proposal.final_digest,
        person=Person("login", user=office.cast.clara),
    )  # fmt: skip
    return proposal


def test_no_name_and_no_number_of_a_customer_is_in_the_list_or_the_trail(calls: Office) -> None:
    propose(calls)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(i)::text FROM disposal_proposalitem i")
        told = "".join(row[0] for row in cursor.fetchall())
    told += json.dumps([entry.facts for entry in Entry.objects.all()])
    assert "Nasabah" not in told
    assert "0812-0000" not in told
    assert "8120000" not in told  # not "0812": one of two hundred runs has that in a digest
