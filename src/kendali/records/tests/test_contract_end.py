"""A contract ends: everything is returned, counted, by a command that may die; copies elsewhere are asked for."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyrage
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from kendali.archive.age import Identity
from kendali.audit.models import Entry
from kendali.disposal.actions import decisions
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import Proposal
from kendali.records.actions import contract_end, destruction, disposal_orders
from kendali.records.models import ContractEnd, DisposalOrder, Package, RegisteredCopy
from kendali.records.tests.office import Office
from kendali.terms.models import Setting

OLD = datetime(2023, 3, 3, 2, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def calls(office: Office) -> Office:
    """Two months, two packages."""
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    for number in range(4):
        office.call("pbx", f"call-{number}", OLD + timedelta(days=20 * number))
    office.backed_up("pbx")
    return office


def returned(into: Path, recipient: str, client: str = "bank-nusantara") -> str:
    out = io.StringIO()
    call_command("contract_end", client, recipient=recipient, into=into, stdout=out, stderr=out)
    return out.getvalue()


def test_every_package_is_a_bag_that_the_clients_own_key_opens(calls: Office) -> None:
    identity, into = Identity.generate(), calls.folder / "kembali"
    told = returned(into, str(identity.recipient()))
    count = Package.objects.count()
    assert count > 1
    assert f"4 records in {count} packages; 0 packages were there" in told
    assert {path.name for path in into.iterdir()} == set(Package.objects.values_list("number", flat=True))
    found = 0
    for bag in into.iterdir():
        key = pyrage.x25519.Identity.from_str(identity.secret_text())
        lines = pyrage.decrypt((bag / "data" / "records.age").read_bytes(), [key]).splitlines()
        found += sum(1 for line in lines if json.loads(line)["units"])
    assert found == 4
    assert RegisteredCopy.objects.filter(kind="export").count() == count
    assert Entry.objects.get(verb="contract.returned").facts["records"] == 4


def test_a_run_that_died_between_the_bag_and_its_row_is_carried_on(calls: Office) -> None:
    recipient, into = str(Identity.generate().recipient()), calls.folder / "kembali"
    returned(into, recipient)
    lost = RegisteredCopy.objects.order_by("pk").first()
    assert lost is not None
    kept = {path: sha256(path.read_bytes()).digest() for path in into.rglob("*") if path.is_file()}
    RegisteredCopy.objects.filter(pk=lost.pk).delete()  # as after SIGKILL: the bag is there, its row is not
    told = returned(into, recipient)
    assert f"{lost.records} records in 1 packages; {Package.objects.count() - 1} packages were there" in told
    again = RegisteredCopy.objects.get(package=lost.package)
    assert (again.records, again.sha256) == (lost.records, lost.sha256)
    assert {path: sha256(path.read_bytes()).digest() for path in into.rglob("*") if path.is_file()} == kept


def test_what_cannot_be_read_is_named_and_stops_no_other(calls: Office) -> None:
    recipient, into = str(Identity.generate().recipient()), calls.folder / "kembali"
    first = Package.objects.order_by("number")[0]
    (into / first.number).mkdir(parents=True)  # somebody else's folder
    with pytest.raises(CommandError, match="1 packages were not handed out whole"):
        returned(into, recipient)
    assert not RegisteredCopy.objects.filter(package=first).exists()
    assert RegisteredCopy.objects.count() == Package.objects.count() - 1
    (into / first.number).rmdir()
    assert "in 1 packages" in returned(into, recipient)


def test_the_command_refuses_what_it_does_not_know(calls: Office) -> None:
    with pytest.raises(CommandError, match="There is no client"):
        returned(calls.folder / "x", str(Identity.generate().recipient()), client="siapa")
    with pytest.raises(CommandError):
        returned(calls.folder / "x", "age1bukan")


def test_the_end_is_recorded_proposed_and_withdrawn_on_its_page(calls: Office) -> None:
    cast = calls.cast
    maya, tari = cast.web(cast.maya), cast.web(cast.tari)
    form = {"klien": cast.nusantara.code, "tanggal": "2026-01-31", "nomor": "PKS 7/2020", "alasan": "Kontrak berakhir"}
    for day in ("2999-01-01", "2026-02-31", ""):
        maya.post("/akhir-kontrak/catat/", {**form, "tanggal": day})
    assert not ContractEnd.objects.exists()  # it has not ended yet, or that is no day
    maya.post("/akhir-kontrak/catat/", form)
    row = ContractEnd.objects.get()
    assert "PKS 7/2020" in tari.get("/akhir-kontrak/").content.decode()
    assert "PKS 7/2020" not in cast.web(cast.candra).get("/akhir-kontrak/").content.decode()
    tari.post(f"/akhir-kontrak/{row.pk}/usulkan/")
    drafted = Proposal.objects.get()
    assert (drafted.act, drafted.status, drafted.list_count, drafted.left_out_count) == ("backup", "draft", 4, 0)
    maya.post(f"/akhir-kontrak/{row.pk}/cabut/", {"alasan": "Diperpanjang"})
    row.refresh_from_db()
    assert row.withdrawn_at is not None
    tari.post(f"/akhir-kontrak/{row.pk}/usulkan/")
    assert Proposal.objects.count() == 1


def test_what_the_client_says_yes_to_is_destroyed_at_once_and_proved(calls: Office) -> None:
    cast, now = calls.cast, timezone.now()
    row = contract_end.record_end(
        user=cast.maya, at=now, client=cast.nusantara, ended_on=now.date() - timedelta(days=1), reference="PKS 7/2020",
        reason="Kontrak berakhir",
    )  # fmt: skip
    (proposal,) = contract_end.propose_everything(user=cast.tari, at=now, client=row.client)
    paper.ask(user=cast.tari, at=now, proposal=proposal)
    decisions.decide(
        at=now, proposal=proposal, answer="yes", list_digest=proposal.final_digest,
        person=decisions.Person("login", user=cast.clara),
    )  # fmt: skip
    proposal.refresh_from_db()
    order = disposal_orders.raise_order(user=cast.tari, at=now, proposal=proposal)
    DisposalOrder.objects.filter(pk=order.pk).update(status="running", started_at=now)
    destruction.run(order.pk, worker="test")
    order.refresh_from_db()
    assert (order.status, destruction.outcomes(order)) == ("done", {"deleted": 4})


def test_a_copy_elsewhere_is_registered_and_declared_gone_on_the_page_of_its_package(calls: Office) -> None:
    adi, package = calls.cast.web(calls.cast.adi), Package.objects.order_by("number")[0]
    adi.post(f"/paket/{package.pk}/salinan/", {"tempat": "Pita 12, brankas"})
    copy = RegisteredCopy.objects.get()
    assert "Pita 12, brankas" in adi.get(f"/paket/{package.pk}/").content.decode()
    adi.post(f"/salinan/{copy.pk}/berakhir/", {"akhir": "gone", "bukti": " "})
    copy.refresh_from_db()
    assert copy.end == ""
    adi.post(f"/salinan/{copy.pk}/berakhir/", {"akhir": "gone", "bukti": "BA 12/2026, disaksikan Rahma"})
    copy.refresh_from_db()
    assert (copy.end, copy.ended_by_name) == ("gone", "Adi Nugroho")
    assert "BA 12/2026" in adi.get(f"/paket/{package.pk}/").content.decode()
