"""Berkas bukti: nine slots, one ZIP, checked with nothing but the file; every kind of tampering is found out."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from kendali.audit.models import Entry
from kendali.disposal.actions import letters
from kendali.disposal.models import Proposal
from kendali.records.actions import certificates, disposal_orders
from kendali.records.models import DisposalOrder
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office
from kendali.register import seal as seals
from kendali.register import sealing, verify
from kendali.register.tests import papers

pytestmark = pytest.mark.django_db(transaction=True)
LETTER = b"%PDF-1.4\nSurat persetujuan Bank Nusantara\nstartxref\n9\n%%EOF\n"


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(3)) as found:
        yield found


def finished(it: House) -> DisposalOrder:
    """Deleted, with a letter of the client, a certificate that was given up, one in force, its scan with ink."""
    cast = it.office.cast
    order = it.raised(taken_out=["000002"])
    Proposal.objects.update(status="asked")
    letters.upload(
        user=cast.tari, at=it.now, proposal=Proposal.objects.get(), name="surat.pdf", data=LETTER,
        signed_by_name="Clara Wijaya", signed_by_position="Contact Centre Head", signed_on=it.now.date(),
    )  # fmt: skip
    Proposal.objects.update(status="approved")
    disposal_orders.accept(user=cast.indra, at=it.now, order=order)
    disposal_orders.arm(user=cast.indra, at=it.now, order=order, typed_number=order.number)
    assert disposal_orders.start_due(at=it.later(hours=24)) == [order]
    order.refresh_from_db()
    it.work(order)
    made = papers.completed(cast, certificates.draft(user=cast.dewi, at=it.now, order=order), it.now)
    sealing.upload_signed_copy(user=cast.dewi, at=it.now, certificate=made, name="basah.pdf", data=papers.scan("basah"))
    return order


def taken(it: House, order: DisposalOrder) -> dict[str, bytes]:
    """The members of the ZIP as the page gives it, in their order."""
    answer = it.office.cast.web(it.office.cast.aulia).get(f"/berkas-bukti/{order.pk}/zip/")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Mapping[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def summed(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """With sums written anew, as somebody who tampers would; the signature stays what it was."""
    named = {name: data for name, data in members.items() if not name.startswith("SHA256SUMS")}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in named.items())
    return {**named, "SHA256SUMS": sums.encode(), "SHA256SUMS.p7s": members["SHA256SUMS.p7s"]}


def bad(members: Mapping[str, bytes], folder: Path) -> list[str]:
    return [one.text for one in verify.check([zipped(members, folder / "x.zip")]) if one.ok is False]


def test_the_page_says_what_is_missing_until_nothing_is(it: House) -> None:
    order, web = it.raised(), it.office.cast.web(it.office.cast.dewi)
    page = f"/berkas-bukti/{order.pk}/"
    shown = web.get(page).content.decode()
    for words in ("6 dari 9 lengkap", "belum disiapkan Team IT", "belum ada Berita Acara"):
        assert words in shown, re.findall(r"<td.*?</td>", shown)
    assert it.office.cast.web(it.office.cast.clara).get(page).status_code == 403
    assert it.office.cast.web(it.office.cast.candra).get(page).status_code == 404


def test_a_whole_dossier_is_checked_with_nothing_but_the_file(it: House, tmp_path: Path) -> None:
    order = finished(it)
    web = it.office.cast.web(it.office.cast.dewi)
    assert "9 dari 9 lengkap" in web.get(f"/berkas-bukti/{order.pk}/").content.decode()
    members = taken(it, order)
    assert Entry.objects.filter(verb="dossier.taken").count() == 1
    assert {name.split("/")[0] for name in members if "/" in name} == {
        "1-usulan", "2-uji-restore", "3-pertimbangan", "4-permintaan", "5-persetujuan", "6-perintah", "7-pelaksanaan",
        "8-berita-acara", "9-daftar-catatan",
    }  # fmt: skip
    letter = order.proposal.letters.get()
    assert members[f"5-persetujuan/surat-{letter.pk}.pdf"] == LETTER
    assert papers.scan("basah") in members.values()
    assert all(slot["complete"] for slot in json.loads(members["kelengkapan.json"]))
    trail = [json.loads(line)["verb"] for line in members["jejak-audit.jsonl"].splitlines()]
    assert {"disposal_order.arm", "disposal_order.finish", "certificate.signed", "certificate.sealed"} <= set(trail)

    path, authority = zipped(members, tmp_path / "berkas.zip"), tmp_path / "authority.pem"
    authority.write_bytes(seals.authority_pem())
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(verify.__file__).parents[2]), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "kendali.register", "verify", path, "--trust", authority],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "RESULT: everything that could be checked holds.", "and no other", "The sums are signed",
        "says that the client approved this one", "has the same totals", "all signatures among them",
        "lines give the root of the certificate", "has the same head", "is the list as XLSX",
    ):  # fmt: skip
        assert words in done.stdout, done.stdout
    if shutil.which("openssl"):
        for name in ("SHA256SUMS", "SHA256SUMS.p7s"):
            (tmp_path / name).write_bytes(members[name])
        command = "openssl cms -verify -inform DER -binary -purpose any -in SHA256SUMS.p7s -content SHA256SUMS".split()
        subprocess.run([*command, "-CAfile", "authority.pem", "-out", os.devnull], cwd=tmp_path, check=True,
                       capture_output=True)  # fmt: skip


def test_whatever_was_tampered_with_is_found(it: House, tmp_path: Path) -> None:
    members = taken(it, finished(it))
    assert bad(members, tmp_path) == []
    for name, data in members.items():
        middle = len(data) // 2
        changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        assert bad({**members, name: changed}, tmp_path), f"one changed byte of {name}"
        left = {other: text for other, text in members.items() if other != name}
        assert bad(left, tmp_path), f"{name} taken away"
    assert bad({**members, "10-tambahan/x.txt": b"x"}, tmp_path)
    unsigned = {name: data for name, data in summed(members).items() if name != "SHA256SUMS.p7s"}
    assert any("not signed" in text for text in bad(unsigned, tmp_path))


def test_who_writes_new_sums_is_found_by_the_parts_themselves(it: House, tmp_path: Path) -> None:
    """Even if the signature were not looked at."""
    members = taken(it, finished(it))

    def found(name: str, change: Callable[[bytes], bytes], words: str) -> None:
        texts = bad(summed({**members, name: change(members[name])}), tmp_path)
        assert any("sums" in text for text in texts), texts
        assert any(words in text for text in texts), texts

    def without_last(data: bytes) -> bytes:
        return b"".join(data.splitlines(keepends=True)[:-1])

    found("1-usulan/daftar.csv", without_last, "the client approved")
    found("1-usulan/daftar.csv", lambda data: data.replace(b",True,", b",False,"), "the client approved")
    found("7-pelaksanaan/hasil.csv", without_last, "same totals")
    found("7-pelaksanaan/hasil.csv", lambda data: data.replace(b"taken_out", b"deleted"), "same totals")
    found("jejak-audit.jsonl", lambda data: data.replace(b"Indra Saputra", b"Indra Lain"), "was changed")
    signed = b'"verb": "certificate.signed"'
    found(
        "jejak-audit.jsonl",
        lambda data: b"".join(line for line in data.splitlines(keepends=True) if signed not in line),
        "is not in it",
    )
    annexed = next(name for name in members if name.endswith("-daftar.csv"))
    found(annexed, without_last, "is another list")
    anchor = next(name for name in members if name.endswith("-jangkar.json"))
    found(anchor, lambda data: json.dumps(json.loads(data) | {"hash": "0" * 64}).encode(), "same head")


def test_an_unfinished_dossier_can_be_taken_and_says_so(it: House, tmp_path: Path) -> None:
    order = it.raised()
    members = taken(it, order)
    assert not json.loads(members["kelengkapan.json"])[7]["complete"]
    found = verify.check([zipped(members, tmp_path / "x.zip")])
    assert not [one for one in found if one.ok is False]
    assert any("there is no certificate to compare" in one.text for one in found)
