"""The copy of a recording that a call keeps goes with the backup copies of its record, or nothing counts as gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import StoreError
from kendali.archive.folder_store import FolderStore
from kendali.audit.models import Entry
from kendali.disposal.actions import holds as lifting
from kendali.disposal.models import ErasureRequest, Hold, Proposal
from kendali.mystery.actions import kept, recordings
from kendali.mystery.models import Destination, LeftFile, Recording, Sample
from kendali.mystery.queries import recordings as query
from kendali.mystery.tests.house import House, build
from kendali.records.actions import certificates, destruction, holds, lease
from kendali.records.models import DisposalOrder, Record, VersionDestruction
from kendali.records.tests.approved import running
from kendali.records.tests.office import Office
from kendali.register.models import Certificate
from kendali.terms.models import Setting
from tests.cast import Cast

OLD = datetime(2023, 3, 3, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)  # an outcome follows an intent that was committed


@dataclass
class Archive:
    office: Office
    house: House
    sample: Sample

    @property
    def recording(self) -> Recording:
        return Recording.objects.get(sample=self.sample)

    def files(self) -> list[Path]:
        return list((self.office.folder / "store" / kept.FOLDER).glob("*"))

    def carried_out(self, order: DisposalOrder) -> DisposalOrder:
        destruction.run(order.pk, worker="test")
        order.refresh_from_db()
        return order

    def page(self) -> str:
        browser = self.office.cast.web(self.office.cast.qanita)
        return browser.get(reverse("sample", kwargs={"pk": self.sample.pk})).content.decode()


@pytest.fixture
def archive(cast: Cast, tmp_path: Path, settings: Settings) -> Archive:
    """Two recordings of one package; the first is the recording of a test call."""
    settings.KENDALI_STORE = str(tmp_path / "store")
    (tmp_path / "store").mkdir()
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    office, house = Office(cast, tmp_path), build(cast)
    source = office.source("pbx", client=cast.nusantara, record_class="recording")
    Destination.objects.update(source=source)
    for number in range(2):
        office.call("pbx", f"call-{number}", OLD + timedelta(hours=number), seconds=2)
    office.rows["pbx"]["call-0"]["customer_phone"] = "081100000001"
    office.write("pbx")
    office.backed_up("pbx")
    sample = house.sample("called", no_recording_reason="", called_at=OLD, ended_at=OLD + timedelta(minutes=2))
    recordings.attach(user=cast.qori, at=OLD, sample=sample, record=Record.objects.get(ref="call-0"))
    return Archive(office, house, sample)


def test_it_goes_with_the_backup_copies_and_the_paper_counts_it(archive: Archive) -> None:
    assert len(archive.files()) == 1
    assert "data-duration" in archive.page()
    order = archive.carried_out(running(archive.office, ["call-0", "call-1"]))
    assert (order.status, order.problem) == ("done", {})
    assert archive.files() == []
    gone = archive.recording
    assert (gone.destroyed_by, gone.key, gone.peaks, LeftFile.objects.count()) == (order, None, [], 0)
    assert Record.objects.get(ref="call-0").destroyed_at is not None
    assert Entry.objects.get(verb="sample.recording_destroyed").facts["order"] == order.number
    paper = certificates.draft(user=archive.office.cast.dewi, at=timezone.now(), order=order)
    told = paper.facts["destruction"]
    assert [one for one in told["copies"] if one.startswith("1 salinan yang disimpan di luar paket")]
    assert [one for one in told["old_keys_may_exist"] if "kunci instalasi" in one]
    assert {line.ref: line.measured.get("kept") for line in certificates.lines_of(order)} == {
        "call-0": [1, 0], "call-1": None,
    }  # fmt: skip
    shown = query.of(archive.sample)
    assert shown is not None
    assert shown.record is not None
    shown.record.destroyed_at = None  # a slot is away
    assert "belum musnah seluruhnya" in query.fate(shown)
    page = archive.page()
    assert "data-duration" not in page
    assert f"perintah {order.number}" in page
    Certificate.objects.filter(pk=paper.pk).update(number="004/BAPD/TDSCC/XI/2026")
    assert "Berita Acara 004/BAPD/TDSCC/XI/2026" in archive.page()
    browser = archive.office.cast.web(archive.office.cast.qanita)
    answer = browser.get(reverse("sample_recording", kwargs={"pk": archive.sample.pk}))
    assert (answer.status_code, answer.content.decode()) == (409, "Rekaman ini sudah dimusnahkan.")


def test_while_the_store_does_not_let_it_go_nothing_of_it_counts_as_destroyed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, delete = archive.office.folder / "store", FolderStore.delete

    def refuse(place: FolderStore, key: str) -> None:
        if key.startswith(kept.FOLDER):
            raise StoreError("refused", key=key)
        delete(place, key)

    with monkeypatch.context() as broken:
        broken.setattr(FolderStore, "delete", refuse)
        order = archive.carried_out(running(archive.office, ["call-0", "call-1"]))
    assert (order.status, order.problem["code"]) == ("settling", "kept_store")
    assert dict(VersionDestruction.objects.values_list("item__record__ref", "status")) == {
        "call-0": "pending", "call-1": "proved",
    }  # fmt: skip
    assert Record.objects.get(ref="call-0").destroyed_at is None
    assert "data-duration" in archive.page()
    with pytest.raises(RuleRefused):
        certificates.draft(user=archive.office.cast.dewi, at=timezone.now(), order=order)
    browser = archive.office.cast.web(archive.office.cast.tari)
    page = browser.get(reverse("disposal_order", kwargs={"pk": order.pk})).content.decode()
    assert "Belum musnah seluruhnya" in page
    assert order.pk in destruction.settling_orders()
    store.rename(archive.office.folder / "elsewhere")
    store.mkdir()  # it lost its disk: an empty listing proves nothing
    archive.carried_out(order)
    assert (order.problem["code"], archive.recording.destroyed_at) == ("kept_store", None)
    store.rmdir()
    (archive.office.folder / "elsewhere").rename(store)
    archive.carried_out(order)
    assert (order.status, order.problem, archive.files()) == ("done", {}, [])
    assert archive.recording.destroyed_by == order


def test_a_hold_that_comes_after_the_keys_keeps_what_is_still_there(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kendali.records.actions import kept_copies

    order, take = running(archive.office, ["call-0", "call-1"]), kept_copies.take

    def held_first(*arguments: object) -> object:
        monkeypatch.setattr(kept_copies, "take", take)
        holds.place_on_records(
            user=archive.office.cast.rahma, at=timezone.now(), records=Record.objects.filter(ref="call-0"),
            cause="dispute", reason="Sengketa", review_on=timezone.localdate() + timedelta(days=90),
        )  # fmt: skip
        return take(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(kept_copies, "take", held_first)
    archive.carried_out(order)
    assert (order.status, order.problem["code"]) == ("settling", "kept_held")
    assert recordings.content(archive.recording)[:4] == b"RIFF"
    assert Record.objects.get(ref="call-0").destroyed_at is None
    lifting.release(user=archive.office.cast.maya, at=timezone.now(), hold=Hold.objects.get(), reason="Selesai")
    archive.carried_out(order)
    assert (order.status, order.problem, archive.files()) == ("done", {}, [])


@pytest.mark.django_db
def test_an_erasure_takes_it_along_also_where_no_backup_copy_is_left(archive: Archive) -> None:
    cast, now = archive.office.cast, timezone.now()
    request = ErasureRequest.objects.create(
        number="PPD-2026-0001", client=cast.nusantara, record_class="recording", status="accepted",
        received_at=now, due_at=now + timedelta(days=3), entered_by=cast.tari, entered_at=now,
    )  # fmt: skip
    order = running(archive.office, ["call-0"])
    Proposal.objects.filter(pk=order.proposal_id).update(erasure=request, act="source", begun_at=now)
    DisposalOrder.objects.filter(pk=order.pk).update(act="source", status="settling")
    order.items.update(outcome="already_absent")
    VersionDestruction.objects.filter(item__order=order).delete()
    Record.objects.get(ref="call-0").versions.update(destroyed_at=now)  # by an order before
    fence = lease.take(order.pk, "test", lease.DISPOSALS)
    assert fence is not None
    assert destruction.erase_copies(destruction._order(order.pk), fence)
    assert archive.files() == []
    assert order.items.get().facts["kept"] == [1, 0]
