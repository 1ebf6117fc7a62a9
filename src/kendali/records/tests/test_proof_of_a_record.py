"""One record of a real deletion: its proof shows nothing else, and the client's page leads to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kendali.records.actions import certificates
from kendali.records.models import DisposalItem
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused
from kendali.register import files, proofs, verify
from kendali.register.models import Certificate, CertificateLine
from kendali.register.tests import papers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(4)) as found:
        yield found


def sealed(it: House, refs: list[str]) -> Certificate:
    order = it.work(it.running(refs=refs))
    return papers.completed(
        it.office.cast, certificates.draft(user=it.office.cast.dewi, at=it.now, order=order), it.now
    )


def test_a_proof_reveals_no_other_record(it: House, tmp_path: Path) -> None:
    one = sealed(it, ["000001", "000002", "000003"])
    out = StringIO()
    call_command("proof", "000002", stdout=out)
    text = out.getvalue()
    for line in CertificateLine.objects.exclude(ref="000002"):
        for secret in (line.ref, bytes(line.keyed_digest).hex(), bytes(line.blind).hex()):
            assert f'"{secret}"' not in text
            assert len(secret) < 10 or secret not in text
    path, pdf = tmp_path / "bukti.json", tmp_path / "ba.pdf"
    path.write_text(text)
    pdf.write_bytes(files.read(one.pdf_path, one.pdf_sha256))
    found = verify.check([path, pdf])
    assert not [finding for finding in found if finding.ok is False]
    assert any("Record 000002 of Chat, deleted" in finding.text for finding in found)
    # The record's own digest is that of the order, under the record's own key: nothing to guess from.
    assert (
        json.loads(text)["line"]["keyed_digest"]
        == bytes(DisposalItem.objects.get(record__ref="000002").keyed_digest).hex()
    )


def test_another_record_or_certificate_gets_a_clear_answer(it: House, tmp_path: Path) -> None:
    first, second, cast = sealed(it, ["000001", "000002"]), sealed(it, ["000003"]), it.office.cast
    with pytest.raises(CommandError, match="none"):
        call_command("proof", "999999", stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("proof", str(second.number), "000001", stdout=StringIO())
    with refused("There is no record 000003 on this certificate"):
        proofs.prove(user=cast.aulia, at=it.now, certificate=first, ref="000003")
    web = cast.web(cast.clara)
    answer = web.post(f"/berita-acara/{first.pk}/bukti/", {"catatan": "000003"}, follow=True)
    assert "000003" in answer.content.decode()
    assert answer["Content-Type"].startswith("text/html")
    assert cast.web(cast.candra).post(f"/berita-acara/{first.pk}/bukti/", {"catatan": "000001"}).status_code == 404

    path, pdf = tmp_path / "bukti.json", tmp_path / "ba.pdf"
    proof = proofs.prove(user=cast.aulia, at=it.now, certificate=first, ref="000001")
    path.write_text(json.dumps(proof))
    pdf.write_bytes(files.read(second.pdf_path, second.pdf_sha256))
    told = [finding.text for finding in verify.check([path, pdf]) if finding.ok is None]
    assert any(f"give the PDF of {first.number}" in text for text in told)
    path.write_text(json.dumps(proof | {"certificate": second.number}))
    assert [finding for finding in verify.check([path, pdf]) if finding.ok is False]


def test_two_sources_with_the_same_id_are_told_apart(it: House) -> None:
    one = papers.drafted(it.office.cast)
    row = CertificateLine.objects.filter(certificate=one, ref="4101").get()
    row.pk, row.position, row.source = None, 99, "Obrolan Lain"
    row.save(force_insert=True)
    Certificate.objects.filter(pk=one.pk).update(status="cancelled")
    one.status = "sealed"
    with refused("Several sources use this id"):
        proofs.prove(user=it.office.cast.aulia, at=it.now, certificate=one, ref="4101")


def test_the_client_sees_what_comes_what_went_and_how_to_prove_it(it: House) -> None:
    web = it.office.cast.web(it.office.cast.clara)
    before = web.get("/terbackup/").content.decode()
    assert "Yang akan ditanyakan" in before
    assert "mulai sekarang" in before
    one = sealed(it, ["000001"])
    shown = web.get("/sudah-dihapus/").content.decode()
    for text in (one.number, one.pdf_sha256, bytes(one.merkle_root or b"").hex(), f"/berita-acara/{one.pk}/bukti/",
                 it.office.cast.nusantara.name, "Rincian"):  # fmt: skip
        assert str(text) in shown
    proof = web.post(f"/berita-acara/{one.pk}/bukti/", {"catatan": "000001"})
    assert proof.json()["line"]["ref"] == "000001"
    other = it.office.cast.web(it.office.cast.candra).get("/sudah-dihapus/").content.decode()
    assert str(one.number) not in other
