"""The pages of certificates, and the API beside them."""

from __future__ import annotations

import hashlib
import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client as Browser
from django.urls import reverse

from kendali.accounts.models import ApiToken
from kendali.accounts.permissions import SCOPES
from kendali.records.queries import waiting_signatures
from kendali.register.models import Certificate
from kendali.register.tests import papers
from tests.authenticator import code_in_time
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db


def at(name: str, certificate: Certificate, **more: object) -> str:
    return reverse(name, kwargs={"pk": certificate.pk, **more})


def read(browser: Browser, url: str) -> str:
    response = browser.get(url)
    assert response.status_code == 200, response
    return response.content.decode()


@pytest.mark.usefixtures("on_the_day")
def test_document_control_sends_a_draft_with_the_password(cast: Cast) -> None:
    one = papers.drafted(cast)
    browser = cast.web(cast.dewi)
    assert "Tanda tangani dan kirim" in read(browser, at("certificate", one))
    browser.post(at("certificate_send", one), {"password": "salah"})
    one.refresh_from_db()
    assert one.status == "draft"
    browser.post(at("certificate_send", one), {"password": PASSWORD})
    one.refresh_from_db()
    assert (one.status, one.number) == ("signing", "BA-2026-0001")
    assert "BA-2026-0001" in read(browser, reverse("certificates"))


def test_the_paper_speaks_one_language_also_to_a_reader_of_another(cast: Cast) -> None:
    """Its totals named some ends in the reader's language, beside a title in the paper's."""
    one = papers.drafted(cast)
    assert one.language == "id"
    cast.dewi.language = "en"
    cast.dewi.save(update_fields=["language"])
    page = read(cast.web(cast.dewi), at("certificate", one))
    totals = re.search(r'<section class="card[^>]*lang="id"[^>]*>(.*?)</section>', page, re.S)
    assert totals
    assert "Diusulkan" in totals[1]
    assert "Dihapus di sumber" in totals[1]
    assert "Deleted at the source" not in totals[1]


def test_a_long_list_of_certificates_has_pages(cast: Cast) -> None:
    for number in range(1, 52):
        papers.drafted(cast, ("deleted",), order=f"records.disposalorder:{number}")
    browser, address = cast.web(cast.dewi), reverse("certificates")
    first = read(browser, f"{address}?status=draft")
    older = re.search(r'href="(\?[^"]*after=[^"]+)"', first)
    assert older
    assert first.count('scope="row"') == 50
    assert read(browser, address + older[1].replace("&amp;", "&")).count('scope="row"') == 1


def test_a_void_certificate_is_not_made_void_again(cast: Cast) -> None:
    one = papers.drafted(cast)
    browser = cast.web(cast.dewi)
    for _click in range(2):
        browser.post(at("certificate_cancel", one), {"alasan": "Salah daftar"})
    assert "sudah batal" in read(browser, at("certificate", one))


def test_the_same_scan_is_kept_once(cast: Cast) -> None:
    one = papers.sealed(cast)
    browser = cast.web(cast.dewi)
    for _click in range(2):
        browser.post(at("certificate_upload", one), {"berkas": BytesIO(papers.scan("scan"))})
    assert one.signed_copies.count() == 1


def test_a_draft_that_has_not_ended_says_why_it_cannot_go_out(cast: Cast) -> None:
    one = papers.drafted(cast, ("deleted", "queued"))
    assert "belum selesai" in read(cast.web(cast.dewi), at("certificate", one))


def test_several_are_signed_from_the_list_with_one_password(cast: Cast) -> None:
    made = [papers.sent(cast), papers.sent(cast, order="records.disposalorder:2")]
    browser = cast.web(cast.rahma)
    assert read(browser, reverse("certificates")).count("menunggu tanda tangan Anda") == 2
    browser.post(reverse("certificates_sign"), {"berita": [one.pk for one in made], "password": PASSWORD})
    assert all(one.signatures.filter(user=cast.rahma, part="saksi").exists() for one in made)


def test_the_second_factor_is_asked_of_whoever_has_one(cast: Cast) -> None:
    one = papers.sent(cast)
    secret = generate_totp_secret()
    TOTP.activate(cast.rahma, secret)
    browser = cast.web(cast.rahma)
    assert "Kode aplikasi" in read(browser, at("certificate", one))
    browser.post(reverse("certificates_sign"), {"berita": one.pk, "password": PASSWORD, "kode": "000000"})
    assert one.signatures.count() == 1
    with code_in_time(secret) as code:
        browser.post(reverse("certificates_sign"), {"berita": one.pk, "password": PASSWORD, "kode": code})
    assert one.signatures.get(user=cast.rahma).factor == "totp"
    assert Authenticator.objects.filter(user=cast.rahma).exists()


def test_who_may_not_sign_reads_why(cast: Cast) -> None:
    one = papers.sent(cast)
    papers.signed_by(cast, one, cast.rahma)
    assert "satu orang, satu tanda tangan" in read(cast.web(cast.rahma), at("certificate", one))


def test_the_first_page_says_whose_signature_is_awaited(cast: Cast) -> None:
    one = papers.sent(cast)
    assert [line.url for line in waiting_signatures.lines(cast.aulia, cast.now)] == [f"/berita-acara/{one.pk}/"]
    assert "sebagai saksi" in read(cast.web(cast.aulia), "/")
    papers.signed_by(cast, one, cast.aulia)
    assert list(waiting_signatures.lines(cast.aulia, cast.now)) == []


def test_a_client_sees_its_own_certificates_when_they_are_sealed(cast: Cast) -> None:
    one = papers.sent(cast)
    clara, candra = cast.web(cast.clara), cast.web(cast.candra)
    assert clara.get(at("certificate", one)).status_code == 404
    papers.signed_by(cast, one, cast.indra, cast.tari, cast.rahma, cast.aulia, cast.maya)
    assert "BA-2026-0001" in read(clara, reverse("certificates"))
    assert "BA-2026-0001" in read(clara, at("certificate", one))
    assert "BA-2026-0001" not in read(candra, reverse("certificates"))
    assert candra.get(at("certificate", one)).status_code == 404
    assert candra.get(at("certificate_file", one, kind="pdf")).status_code == 404


def test_the_files_are_those_whose_digests_are_printed(cast: Cast) -> None:
    one = papers.sealed(cast)
    browser = cast.web(cast.aulia)
    for kind, digest in (("pdf", one.pdf_sha256), ("csv", one.csv_sha256), ("xlsx", one.xlsx_sha256)):
        response = browser.get(at("certificate_file", one, kind=kind))
        body = response.getvalue() if response.streaming else response.content
        assert hashlib.sha256(body).hexdigest() == digest
    assert browser.get(at("certificate_file", one, kind="x")).status_code == 404


def test_the_proof_of_one_record_is_a_file(cast: Cast) -> None:
    one = papers.sealed(cast)
    response = cast.web(cast.clara).post(at("certificate_proof", one), {"catatan": "4102"})
    assert json.loads(response.content)["position"] == 2
    assert cast.web(cast.clara).post(at("certificate_proof", one), {"catatan": "9"}).status_code == 302


def test_it_is_made_void_with_a_reason(cast: Cast) -> None:
    one = papers.sent(cast)
    browser = cast.web(cast.dewi)
    browser.post(at("certificate_cancel", one), {"alasan": ""})
    one.refresh_from_db()
    assert one.status == "signing"
    browser.post(at("certificate_cancel", one), {"alasan": "Salah lampiran"})
    assert "Salah lampiran" in read(browser, at("certificate", one))


def test_a_scan_is_uploaded_and_given_back(cast: Cast) -> None:
    one = papers.sent(cast)
    browser = cast.web(cast.dewi)
    scan = BytesIO(papers.scan("basah"))
    scan.name = "scan.pdf"
    browser.post(at("certificate_upload", one), {"berkas": scan, "meterai": "1"})
    copy = one.signed_copies.get()
    assert browser.get(at("certificate_copy", one, copy_id=copy.pk)).content == papers.scan("basah")


def test_anybody_with_number_and_token_reads_what_is_registered(cast: Cast, store: Path) -> None:
    one = papers.sealed(cast)
    page = reverse("certificate_verify", kwargs={"number": one.number, "token": one.token})
    browser = Browser()
    text = read(browser, page)
    assert one.pdf_sha256 in text
    assert "Clara" not in text
    for wrong in (one.token[::-1], "0" * 32, "é"):
        assert (
            browser.get(reverse("certificate_verify", kwargs={"number": one.number, "token": wrong})).status_code == 404
        )
    assert (
        browser.get(reverse("certificate_verify", kwargs={"number": "BA-2026-0002", "token": one.token})).status_code
        == 404
    )
    with (store / one.pdf_path).open("rb") as pdf:
        assert "tidak berubah" in browser.post(page, {"berkas": pdf}).content.decode()
    other = BytesIO((store / one.pdf_path).read_bytes() + b" ")
    other.name = "x.pdf"
    assert "Jangan jadikan pegangan" in browser.post(page, {"berkas": other}).content.decode()
    assert b"BEGIN CERTIFICATE" in browser.get(reverse("seal_authority")).content


def test_a_draft_has_no_public_page(cast: Cast) -> None:
    one = papers.drafted(cast)
    assert Browser().get(f"/verifikasi/None/{one.token}/").status_code == 404


def test_machines_read_and_prove(cast: Cast) -> None:
    one = papers.sealed(cast)
    hashed = hashlib.sha256(b"kdl_t_x").digest()
    ApiToken.objects.create(
        user=cast.aulia, name="t", prefix="t", secret_hash=hashed, scopes=SCOPES, created_at=cast.now
    )
    machine = Browser(headers={"Authorization": "Bearer kdl_t_x"})
    listed = machine.get("/api/v1/certificates").json()["certificates"]
    assert listed[0]["merkle_root"] == bytes(one.merkle_root or b"").hex()
    assert listed[0]["signatures"][0]["part"] == "penyusun"
    found = machine.get(f"/api/v1/certificates/{one.pk}/lines").json()["lines"]
    assert len(found) == 8
    assert "blind" not in found[0]
    proof = machine.post(f"/api/v1/certificates/{one.pk}/proof", {"ref": "4102"}, content_type="application/json")
    assert proof.json()["leaf_count"] == 8
    assert machine.get(f"/api/v1/certificates/{one.pk}/files/csv").status_code == 200
