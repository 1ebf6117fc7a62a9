"""A customer asks for erasure: found by keyed hashes, decided by the client within the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kendali.accounts import sensitive
from kendali.accounts.permissions import Refused
from kendali.disposal.actions import decisions, erasures, proposals
from kendali.disposal.models import ErasureRequest, Proposal
from kendali.notices.models import Notice
from kendali.records.actions import deleting
from kendali.records.actions import erasures as finding
from kendali.records.models import Record
from kendali.records.tests.office import Office, refused

pytestmark = pytest.mark.django_db
SEPTEMBER = datetime(2025, 9, 3, 2, tzinfo=UTC)


def entered(office: Office, *, name: str = "", phone: str = "0812-0000-0001") -> ErasureRequest:
    cast = office.cast
    return finding.enter(
        user=cast.tari, at=cast.now, client=cast.nusantara, record_class="recording", name=name, phone=phone,
        channel="e-mail", note="", received_at=cast.now - timedelta(hours=2),
    )  # fmt: skip


@pytest.fixture
def calls(office: Office) -> Office:
    """Three recordings that are backed up; the first two of one customer by phone, the third shares a name."""
    office.source("Rekaman", client=office.cast.nusantara, record_class="recording")
    for ref in ("0001", "0002", "0003"):
        office.call("Rekaman", ref, SEPTEMBER)
    office.rows["Rekaman"]["0002"]["customer_phone"] = "+62812 0000 0001"
    office.rows["Rekaman"]["0003"]["customer_name"] = "Nasabah 0001"
    office.write("Rekaman")
    office.backed_up("Rekaman")
    return office


def test_the_clock_runs_three_days_from_the_moment_of_receipt_and_no_name_is_kept(calls: Office) -> None:
    row = entered(calls, name="Nasabah 0001")
    assert row.number.startswith("PPD-2026-")
    assert row.due_at == row.received_at + timedelta(hours=72)
    assert "0812" not in str({field.name: getattr(row, field.name) for field in row._meta.fields})


def test_records_are_found_by_phone_and_a_name_alone_is_marked(calls: Office) -> None:
    found = {match.record.ref: match for match in finding.matches(entered(calls, name="NASABAH  0001"))}
    assert {ref: match.by for ref, match in found.items()} == {"0001": "both", "0002": "phone", "0003": "name"}
    assert [match.sure for _ref, match in sorted(found.items())] == [True, True, False]


def test_the_clients_yes_accepts_the_request_for_exactly_these_records(calls: Office) -> None:
    cast, row = calls.cast, entered(calls)
    chosen = set(finding.records_of(row).values_list("pk", flat=True))
    proposal = finding.propose(user=cast.tari, at=cast.now, request=row, chosen=chosen)
    with refused("list for this request already"):
        finding.propose(user=cast.tari, at=cast.now, request=row, chosen=chosen)
    proposals.ask(user=cast.tari, at=cast.now, proposal=proposal)
    assert set(proposal.items.values_list("subject", flat=True)) == chosen
    person = decisions.Person(way="login", user=cast.clara)
    decisions.decide(at=cast.now, proposal=proposal, answer="yes", list_digest=proposal.final_digest, person=person)
    row.refresh_from_db()
    assert (row.status, row.decided_by_name) == ("accepted", "Clara Wijaya")
    proposals.cancel(user=cast.clara, at=cast.now, proposal=proposal, reason="Ditarik oleh pemohon")
    row.refresh_from_db()
    assert row.status == "received"  # nothing was deleted: it is open again, and another list may follow
    again = finding.propose(user=cast.tari, at=cast.now, request=row, chosen=chosen)
    assert again.status == Proposal.Status.DRAFT


def test_the_client_is_promised_no_waiting_period_that_an_erasure_does_not_have(calls: Office) -> None:
    cast, row = calls.cast, entered(calls)
    chosen = set(finding.records_of(row).values_list("pk", flat=True))
    proposal = finding.propose(user=cast.tari, at=cast.now, request=row, chosen=chosen)
    proposals.ask(user=cast.tari, at=cast.now, proposal=proposal)
    page = cast.web(cast.clara).get(f"/keputusan/{proposal.pk}/").content.decode()
    assert "Dapat langsung dilaksanakan" in page
    assert "Dapat dibatalkan dalam" not in page


def test_the_clients_no_refuses_it(calls: Office) -> None:
    cast, row = calls.cast, entered(calls)
    chosen = set(finding.records_of(row).values_list("pk", flat=True))
    proposal = finding.propose(user=cast.tari, at=cast.now, request=row, chosen=chosen)
    proposals.ask(user=cast.tari, at=cast.now, proposal=proposal)
    decisions.decide(
        at=cast.now, proposal=proposal, answer="no", list_digest=proposal.final_digest, reason="Perkara berjalan",
        person=decisions.Person(way="login", user=cast.clara), ask_again_on=cast.now.date() + timedelta(days=30),
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.status, row.decision_reason) == ("refused", "Perkara berjalan")


def test_only_the_client_refuses_and_only_what_was_looked_for_is_closed(calls: Office) -> None:
    cast, row = calls.cast, entered(calls)
    with pytest.raises(Refused):
        erasures.refuse(user=cast.tari, at=cast.now, request=row, reason="Tidak perlu")
    with refused("were found"):
        finding.close_without_records(user=cast.tari, at=cast.now, request=row, reason="Tidak ada")
    stranger = entered(calls, phone="0899-1")
    finding.close_without_records(user=cast.tari, at=cast.now, request=stranger, reason="Tidak ada")
    erasures.refuse(user=cast.clara, at=cast.now, request=row, reason="Wajib disimpan undang-undang")
    assert set(ErasureRequest.objects.values_list("status", flat=True)) == {"done", "refused"}


def test_nothing_found_is_not_said_while_a_backup_copy_lives(calls: Office) -> None:
    cast, row = calls.cast, entered(calls)
    Record.objects.filter(ref__in=("0001", "0002")).update(deleted_at=cast.now)
    assert not finding.records_of(row).exists()
    page = cast.web(cast.tari).get(f"/permintaan-hapus/{row.pk}/").content.decode()
    assert "Salinan backup masih ada" in page
    with refused("copies of 2 records"):
        finding.close_without_records(user=cast.tari, at=cast.now, request=row, reason="Tidak ada")
    Record.objects.filter(ref__in=("0001", "0002")).update(destroyed_at=cast.now)
    finding.close_without_records(user=cast.tari, at=cast.now, request=row, reason="Tidak ada")


def test_a_record_without_a_verified_backup_is_shown_and_not_listed(office: Office) -> None:
    cast = office.cast
    office.source("Rekaman", client=cast.nusantara, record_class="recording")
    office.call("Rekaman", "0001", cast.now - timedelta(days=3))
    office.scan("Rekaman")
    row = entered(office)
    found = finding.matches(row)
    if not found:  # names are known from the copy only
        assert not Record.objects.get().customer_phone_hmac
    assert not any(match.backed_up for match in found)
    page = cast.web(cast.tari).get(f"/permintaan-hapus/{row.pk}/")
    assert page.status_code == 200


def test_everybody_concerned_is_reminded_once_and_told_when_it_is_overdue(calls: Office) -> None:
    row = entered(calls)
    assert erasures.remind(at=row.due_at - timedelta(hours=25)) == 0
    assert erasures.remind(at=row.due_at - timedelta(hours=23)) == 1
    assert erasures.remind(at=row.due_at - timedelta(hours=22)) == 0
    assert erasures.remind(at=row.due_at) == 1
    assert erasures.remind(at=row.due_at + timedelta(days=5)) == 0
    kinds = set(Notice.objects.filter(user=calls.cast.clara).values_list("kind", flat=True))
    assert kinds >= {"erasure.entered", "erasure.reminder", "erasure.overdue"}


def test_how_a_source_deletes_changes_by_two_people_and_a_day(calls: Office) -> None:
    cast, source = calls.cast, calls.found["Rekaman"]
    change = deleting.propose(user=cast.adi, at=cast.now, source=source, config={"delete_by": "by_hand"}, secret={})
    source.refresh_from_db()
    assert source.deleting == {}
    sensitive.confirm(user=cast.rahma, at=cast.now, change=change)
    sensitive.apply_due(cast.now + timedelta(hours=23))
    source.refresh_from_db()
    assert source.deleting_from is None
    sensitive.apply_due(cast.now + timedelta(hours=24))
    source.refresh_from_db()
    assert source.deleting["delete_by"] == "by_hand"
    assert source.deleting_from == cast.now + timedelta(hours=24)
    deleting.probe(source, at=cast.now)
    assert source.probe["deleting"]["waiting"] is False
