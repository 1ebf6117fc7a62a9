"""From the draft to the sealed certificate: who signs what, what is refused, what the paper says."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from kendali.accounts.models import Deputy, RoleGrant
from kendali.accounts.permissions import Refused
from kendali.audit.models import Anchor, Entry
from kendali.audit.sentences import render
from kendali.notices.models import Notice
from kendali.records.actions.settings import save_setting
from kendali.records.tests.office import refused
from kendali.register import actions, sealing
from kendali.register.models import Certificate, SealIdentity, SignedCopy
from kendali.register.tests import papers
from kendali.terms.models import Setting
from tests.cast import Cast

pytestmark = pytest.mark.django_db
needs_poppler = pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not here")


def text_of(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode())


def test_with_the_last_signature_it_is_sealed(cast: Cast, store: Path) -> None:
    certificate = papers.sealed(cast)
    assert certificate.status == "sealed"
    assert certificate.number == "BA-2026-0001"
    kept = (store / certificate.pdf_path).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == certificate.pdf_sha256
    assert certificate.chain_entry is not None
    anchor = Anchor.objects.get(entry_id=certificate.chain_entry)
    assert bytes(anchor.hash) == bytes(certificate.chain_hash or b"")
    last = Entry.objects.filter(verb="certificate.signed").latest("pk")
    assert anchor.entry_id >= last.pk


@needs_poppler
def test_pdfsig_says_that_the_seal_is_valid_and_covers_all(cast: Cast, store: Path) -> None:
    path = store / papers.sealed(cast).pdf_path
    said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
    changed = path.with_name("changed.pdf")
    changed.write_bytes(path.read_bytes().replace(b"obj", b"OBJ", 1))
    assert "Signature is Valid." not in subprocess.run(["pdfsig", str(changed)], capture_output=True, text=True).stdout


@needs_poppler
def test_the_paper_says_everything_in_indonesian(cast: Cast, store: Path) -> None:
    text = text_of(store / papers.sealed(cast).pdf_path)
    for words in (
        "Berita Acara Pemusnahan Dokumen", "BA-2026-0001", "Bank Nusantara", "Operasional", "Jumat, tanggal dua puluh",
        "dua ribu dua puluh enam", "13.40 sampai dengan 14.40 WIB", "ESP-2026-0004", "UP-2026-0007", "Clara Wijaya",
        "PKT-2026-0912", "Indra Saputra", "K-102", "Tari Lestari", "Rahma Hidayati", "Aulia Rahman", "Maya Sari",
        "Dewi Anggraini", "penghapusan logis di sumber", "TGH-2026-0003", "7,1 MB", "UU 27/2022",
    ):  # fmt: skip
        assert words in text, words
    assert "purge" not in text.lower()


@needs_poppler
def test_in_english_on_request(cast: Cast, store: Path) -> None:
    text = text_of(store / papers.sent(cast, language="en").signing_path)
    assert "Certificate of Destruction of Documents" in text
    assert "logical deletion at the source" in text
    assert "not signed yet" in text


@needs_poppler
def test_it_is_pdf_a_3a_with_tags_and_embedded_fonts(cast: Cast, store: Path) -> None:
    path = store / papers.sealed(cast).pdf_path
    info = subprocess.run(["pdfinfo", "-meta", str(path)], capture_output=True, text=True).stdout
    assert re.search(r"pdfaid:part>3<", info)
    assert re.search(r"pdfaid:conformance>A<", info)
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True).stdout.splitlines()[2:]
    assert fonts
    assert all(line.split()[-5] == "yes" for line in fonts)  # emb


def test_a_destruction_speaks_modestly_and_names_where_old_keys_may_be(cast: Cast, store: Path) -> None:
    destruction = {
        "epochs": [7],
        "slots": [{"place": "slot-1", "kind": "keyfile", "answer": "gone", "at": None}],
        "copies": ["USB-03: dimusnahkan"],
        "old_keys_may_exist": ["backup basis data sampai 20 Desember 2026"],
        "proof": "pembacaan gagal",
    }
    certificate = papers.sent(cast, act="backup", destruction=destruction)
    text = text_of(store / certificate.signing_path)
    assert "tidak ada lagi kunci yang dikenal produk ini" in text.lower()
    assert "backup basis data sampai 20 Desember 2026" in text


def test_the_number_is_taken_when_it_goes_out_and_stays_when_void(cast: Cast) -> None:
    first = papers.drafted(cast)
    assert first.number is None
    second = papers.sent(cast, order="records.disposalorder:2")
    assert second.number == "BA-2026-0001"
    actions.cancel(user=cast.dewi, at=cast.now, certificate=second, reason="Salah lampiran")
    second.refresh_from_db()
    assert (second.status, second.number) == ("cancelled", "BA-2026-0001")
    third = papers.sent(cast, order="records.disposalorder:2")
    assert third.number == "BA-2026-0002"


def test_the_organisation_has_its_own_form_of_the_number(cast: Cast) -> None:
    Setting.objects.create(
        key="certificate.number_format", value="{nomor}/BAPD/TDSCC/{bulan}/{tahun}", version=1, reason="x",
        created_at=cast.now,
    )  # fmt: skip
    assert papers.sent(cast).printed_number == "001/BAPD/TDSCC/XI/2026"
    with refused("every certificate would print the same number"):
        save_setting(user=cast.adi, at=cast.now, key="certificate.number_format", value="BAPD/{tahun}", reason="x")


def test_a_newer_draft_replaces_an_older_one_but_not_what_was_sent(cast: Cast) -> None:
    old = papers.drafted(cast)
    papers.sent(cast)
    old.refresh_from_db()
    assert old.status == "cancelled"
    with refused("exists for this order already"):
        papers.drafted(cast)


def test_totals_that_do_not_add_up_are_refused(cast: Cast) -> None:
    for sums, words in (
        (papers.totals(papers.MIXED, proposed=7), "do not add up"),
        (papers.totals(papers.MIXED, deleted=4, held=0), "do not agree"),
        (papers.totals(papers.MIXED, proposed=9), "proposed, but there are"),
    ):
        with refused(words):
            actions.draft_certificate(
                user=cast.dewi, at=cast.now, act="source", client=cast.nusantara, order_ref="x:1",
                facts=papers.facts(cast, sums), lines=papers.many(papers.MIXED, cast.now),
            )  # fmt: skip
    assert not Certificate.objects.exists()


def test_a_queued_line_keeps_it_from_going_out(cast: Cast) -> None:
    certificate = papers.drafted(cast, ("deleted", "queued", "waiting"))
    assert certificate.open_lines == 2
    with refused("2 lines have not ended yet"):
        actions.send_for_signature(
            user=cast.dewi, at=cast.now, certificate=certificate, proof=papers.proof(cast.dewi, cast.now)
        )
    assert Certificate.objects.get().number is None


def test_one_person_signs_once(cast: Cast) -> None:
    certificate = papers.sent(cast)
    papers.signed_by(cast, certificate, cast.rahma)
    with refused("one person, one signature"):
        papers.signed_by(cast, certificate, cast.rahma)


def test_a_deputy_and_the_principal_count_as_one_person(cast: Cast) -> None:
    certificate = papers.sent(cast)
    today = cast.now.date()
    Deputy.objects.create(
        principal=cast.rahma, deputy=cast.aulia, role="qmr", starts=today, ends=today, named_at=cast.now
    )
    papers.signed_by(cast, certificate, cast.rahma)
    with refused("one person, one signature"):
        papers.signed_by(cast, certificate, cast.aulia)


def test_who_carried_it_out_neither_witnesses_nor_draws_it_up(cast: Cast) -> None:
    RoleGrant.objects.create(user=cast.indra, role="witness", granted_at=cast.now)
    RoleGrant.objects.create(user=cast.indra, role="document_control", granted_at=cast.now)
    certificate = papers.drafted(cast)
    with refused("does not draw up"):
        actions.send_for_signature(
            user=cast.indra, at=cast.now, certificate=certificate, proof=papers.proof(cast.indra, cast.now)
        )
    certificate = papers.sent(cast)
    with refused("neither witnesses nor acknowledges"):
        actions.sign(
            user=cast.indra, at=cast.now, certificates=[certificate], proof=papers.proof(cast.indra, cast.now),
            part="saksi",
        )  # fmt: skip


def test_who_proposed_is_owner_but_no_witness(cast: Cast) -> None:
    RoleGrant.objects.create(user=cast.tari, role="witness", granted_at=cast.now)
    certificate = papers.sent(cast)
    with refused("is not its witness"):
        actions.sign(
            user=cast.tari, at=cast.now, certificates=[certificate], proof=papers.proof(cast.tari, cast.now),
            part="saksi",
        )  # fmt: skip
    papers.signed_by(cast, certificate, cast.tari)
    assert [one.part for one in certificate.signatures.all()] == ["penyusun", "pemilik"]


def test_only_the_named_executor_signs_as_such(cast: Cast) -> None:
    RoleGrant.objects.create(user=cast.qori, role="team_it", granted_at=cast.now)
    with refused("Only the person who carried it out"):
        papers.signed_by(cast, papers.sent(cast), cast.qori)


def test_a_named_owner_is_the_only_one_who_signs_as_owner(cast: Cast) -> None:
    RoleGrant.objects.create(user=cast.qanita, role="document_owner", granted_at=cast.now)
    certificate = papers.sent(cast, owner=papers.person(cast.qanita))
    with refused("another owner"):
        papers.signed_by(cast, certificate, cast.tari)
    papers.signed_by(cast, certificate, cast.qanita)


def test_whoever_acknowledges_signs_last(cast: Cast) -> None:
    certificate = papers.sent(cast)
    with refused("signs last"):
        actions.sign(
            user=cast.maya, at=cast.now, certificates=[certificate], proof=papers.proof(cast.maya, cast.now),
            part="mengetahui",
        )  # fmt: skip


def test_several_are_signed_in_one_act_or_none(cast: Cast) -> None:
    first = papers.sent(cast)
    second = papers.sent(cast, order="records.disposalorder:2")
    made = actions.sign(
        user=cast.rahma, at=cast.now, certificates=[first, second], proof=papers.proof(cast.rahma, cast.now)
    )
    assert len(made) == 2
    third = papers.sent(cast, order="records.disposalorder:3")
    with refused("one person, one signature"):
        actions.sign(
            user=cast.rahma, at=cast.now, certificates=[third, first], proof=papers.proof(cast.rahma, cast.now)
        )
    assert not third.signatures.filter(user=cast.rahma).exists()


def test_a_proof_of_identity_is_one_s_own_and_fresh(cast: Cast) -> None:
    certificate = papers.sent(cast)
    for proof in (papers.proof(cast.aulia, cast.now), papers.proof(cast.rahma, cast.now - timedelta(minutes=11))):
        with refused("Enter your password again"):
            actions.sign(user=cast.rahma, at=cast.now, certificates=[certificate], proof=proof)


def test_roles_that_sign_nothing_are_refused(cast: Cast) -> None:
    certificate = papers.sent(cast)
    for user in (cast.adi, cast.agus, cast.clara):
        with pytest.raises(Refused):
            actions.sign(user=user, at=cast.now, certificates=[certificate], proof=papers.proof(user, cast.now))


def test_one_witness_is_enough_by_setting(cast: Cast) -> None:
    Setting.objects.create(
        key="certificate.witnesses", client=cast.nusantara, value=1, version=1, reason="x", created_at=cast.now
    )
    certificate = papers.sent(cast)
    papers.signed_by(cast, certificate, cast.indra, cast.tari, cast.rahma, cast.maya)
    assert certificate.status == "sealed"


def test_the_client_signs_by_setting(cast: Cast) -> None:
    Setting.objects.create(
        key="certificate.client_signs", client=cast.nusantara, value=True, version=1, reason="x", created_at=cast.now
    )
    certificate = papers.sent(cast)
    papers.signed_by(cast, certificate, cast.indra, cast.tari, cast.rahma, cast.aulia, cast.clara, cast.maya)
    assert certificate.status == "sealed"


def test_a_correction_names_the_old_one_which_stays(cast: Cast, store: Path) -> None:
    old = papers.sealed(cast)
    verdicts = ("deleted",) * 8
    new = actions.correct(
        user=cast.dewi, at=cast.now, certificate=old, reason="Hasil baca ulang terlambat",
        facts=papers.facts(cast, papers.totals(verdicts)), lines=papers.many(verdicts, cast.now),
    )  # fmt: skip
    actions.send_for_signature(user=cast.dewi, at=cast.now, certificate=new, proof=papers.proof(cast.dewi, cast.now))
    papers.signed_by(cast, new, cast.indra, cast.tari, cast.rahma, cast.aulia, cast.maya)
    assert (new.status, new.corrects) == ("sealed", old)
    assert old.corrected_by == new
    assert "BA-2026-0001" in text_of(store / new.pdf_path)
    with refused("has a correction already"):
        actions.correct(
            user=cast.dewi, at=cast.now, certificate=old, reason="x",
            facts=papers.facts(cast, papers.totals(verdicts)), lines=papers.many(verdicts, cast.now),
        )  # fmt: skip


def test_a_sealed_one_is_never_void(cast: Cast) -> None:
    with refused("never changes"):
        actions.cancel(user=cast.dewi, at=cast.now, certificate=papers.sealed(cast), reason="x")


def test_a_reason_with_a_phone_or_card_number_is_refused(cast: Cast) -> None:
    certificate = papers.drafted(cast)
    for reason in ("Telepon 0812-3456-7890", "NIK 3174015503850001", "Kartu 4111 1111 1111 1111"):
        with refused("leave it out"):
            actions.cancel(user=cast.dewi, at=cast.now, certificate=certificate, reason=reason)


def test_who_must_sign_is_told_and_the_trail_has_every_step(cast: Cast) -> None:
    papers.sealed(cast)
    told = Notice.objects.filter(kind="certificate.sent").values_list("user__name", flat=True)
    assert set(told) >= {"Indra Saputra", "Tari Lestari", "Rahma Hidayati", "Aulia Rahman"}
    assert Notice.objects.filter(kind="certificate.signed", user=cast.maya).exists()
    assert Notice.objects.filter(kind="certificate.sealed", user=cast.clara).exists()
    verbs = [entry.verb for entry in Entry.objects.filter(object_type="register.certificate").order_by("pk")]
    assert verbs == ["certificate.drafted", "certificate.sent", *["certificate.signed"] * 6, "certificate.sealed"]
    assert all("%(" not in render(entry) for entry in Entry.objects.all())
    assert mail.outbox == []


def test_the_scan_of_what_was_signed_with_ink_is_kept(cast: Cast, store: Path) -> None:
    certificate = papers.sent(cast)
    for data in (b"", b"GIF89a", b"%PDF-1.4 scan", b"%PDF-1.4\nstartxref\n4711\n%%EOF\n", papers.scan("x")[:-8]):
        with refused("not a whole one"):
            sealing.upload_signed_copy(user=cast.dewi, at=cast.now, certificate=certificate, name="x", data=data)
    row = sealing.upload_signed_copy(
        user=cast.dewi, at=cast.now, certificate=certificate, name="scan.pdf", data=papers.scan("scan"), stamp_duty=True
    )
    assert (store / row.path).read_bytes() == papers.scan("scan")


def test_where_the_setting_asks_for_an_e_meterai_the_paper_has_its_place_and_no_scan_comes_without(
    cast: Cast, store: Path
) -> None:
    Setting.objects.create(
        key="certificate.stamp_duty", client=cast.nusantara, value=True, version=1, reason="x", created_at=cast.now
    )
    certificate = papers.sent(cast)
    assert text_of(store / certificate.signing_path).count("tempat e-meterai") == 1

    def upload(*, stamp_duty: bool) -> SignedCopy:
        return sealing.upload_signed_copy(
            user=cast.dewi, at=cast.now, certificate=certificate, name="scan.pdf", data=papers.scan("scan"),
            stamp_duty=stamp_duty,
        )  # fmt: skip

    with refused("carry an e-meterai"):
        upload(stamp_duty=False)
    assert upload(stamp_duty=True).stamp_duty


def test_the_keys_of_the_seal_are_made_once_and_lie_encrypted(cast: Cast) -> None:
    papers.sealed(cast)
    papers.sealed(cast, order="records.disposalorder:2")
    row = SealIdentity.objects.get()
    assert bytes(row.key).startswith(b"KS1\n")
    assert bytes(row.authority_key).startswith(b"KS1\n")


def test_without_an_answer_of_the_time_stamp_server_it_waits_for_the_job(cast: Cast, settings: Settings) -> None:
    settings.KENDALI_SEAL_TSA = "http://127.0.0.1:9/"
    certificate = papers.sealed(cast)
    assert certificate.status == "signing"
    assert actions.missing(certificate) == []
    settings.KENDALI_SEAL_TSA = ""
    sealing.seal(certificate_id=certificate.pk, at=cast.now)
    certificate.refresh_from_db()
    assert certificate.status == "sealed"
    assert sealing.seal(certificate_id=certificate.pk, at=cast.now).pdf_sha256 == certificate.pdf_sha256
