"""A phrase, a phone number and a file name of one customer, searched for in everything that leaves the house before and
after the record was destroyed: exports, papers and what is embedded in them, the dossier, mails, logs, the database.
"""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from kendali.notices import mail
from kendali.notices.models import Notice
from kendali.records.actions import certificates, destruction, holds
from kendali.records.models import DisposalOrder, Record
from kendali.records.tests.approved import running
from kendali.records.tests.conftest import office as office  # a fixture
from kendali.records.tests.office import Office
from kendali.register.models import Certificate, RegisterEntry
from kendali.register.tests import papers
from kendali.vault.testing import set_up_keys
from tests.mail_server import Mailbox
from tests.test_destroyed_for_good import CANARY, FILE, PHONE, dump, forms, office_with_a_canary

pytestmark = pytest.mark.django_db(transaction=True)
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.S)


def read(data: bytes) -> Iterator[bytes]:
    """A file as it is, and everything in it: members of a ZIP or workbook, text, streams and attachments of a PDF."""
    yield data
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from read(archive.read(name))
    if data.startswith(b"%PDF-"):
        yield subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True).stdout
        for found in STREAM.finditer(data):
            try:
                yield zlib.decompressobj().decompress(found[1])
            except zlib.error:
                continue


def everything(office: Office, order: DisposalOrder, one: Certificate) -> dict[str, bytes]:
    """What pages and API give out, under their addresses: each to the person who may have it."""
    cast = office.cast
    entry = RegisterEntry.objects.filter(orders__contains=[f"records.disposalorder:{order.pk}"]).first()
    assert entry is not None
    proposal = order.proposal_id
    found = {}
    for user, addresses in {
        cast.clara: [
            f"/usulan/{proposal}/xlsx/", f"/usulan/{proposal}/pdf/", f"/keputusan/{proposal}/", "/sudah-dihapus/",
            "/terbackup/", "/daftar-catatan/xlsx/", "/daftar-catatan/pdf/", f"/berita-acara/{one.pk}/",
            f"/verifikasi/{one.number}/{one.token}/",
        ],
        cast.aulia: [
            f"/penghapusan/{order.pk}/", f"/penghapusan/{order.pk}/xlsx/", f"/penghapusan/{order.pk}/jurnal/xlsx/",
            f"/berkas-bukti/{order.pk}/zip/", f"/daftar-catatan/{entry.pk}/", "/penangguhan/xlsx/", "/ringkasan/",
            *[f"/berita-acara/{one.pk}/unduh/{kind}/" for kind in ("pdf", "naskah", "csv", "xlsx")],
        ],
    }.items():  # fmt: skip
        web = cast.web(user)
        for address in addresses:
            answer = web.get(address)
            assert answer.status_code == 200, address
            found[address] = answer.getvalue() if answer.streaming else answer.content
    return found


def test_a_canary_leaves_the_house_in_no_paper(
    office: Office, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    set_up_keys(office.folder / "keys")
    office_with_a_canary(office)
    whole = (office.folder / "export" / "pbx" / FILE).read_bytes()
    cast, texts = office.cast, dict[str, bytes]()
    holds.place_on_records(
        user=cast.rahma, at=timezone.now(), records=Record.objects.filter(ref="call-2"), cause="dispute",
        reason="Sengketa", review_on=timezone.localdate() + timedelta(days=60),
    )  # fmt: skip
    for ref in ("call-1", "chat-1"):
        order = running(office, [ref])
        DisposalOrder.objects.filter(pk=order.pk).update(armed_by=cast.indra, armed_at=timezone.now())
        destruction.run(order.pk, worker="test")
        order.refresh_from_db()
        now = timezone.now()
        one = papers.completed(cast, certificates.draft(user=cast.dewi, at=now, order=order), now)
        texts |= everything(office, order, one)
    for notice in Notice.objects.order_by("pk"):
        mail.send(notice)
    assert mailbox.mails
    texts |= {f"mail {number}": one.as_bytes() for number, one in enumerate(mailbox.mails)}
    texts |= {f"text {number}": str(one).encode() for number, one in enumerate(mailbox.mails)}
    texts |= {"logs": caplog.text.encode(), "database": dump()}

    pieces = {name: list(read(data)) for name, data in texts.items()}
    for secret in (CANARY.encode(), PHONE.encode(), PHONE[1:].encode(), FILE.encode(), whole):
        for form in forms(secret):
            assert [name for name, found in pieces.items() if any(form in piece for piece in found)] == []
    # The search finds what is there: the declared number at the source, and the canary in a workbook and a PDF stream.
    declared = [name for name, found in pieces.items() if any(b"call-1" in piece for piece in found)]
    assert "database" in declared
    assert any("berkas-bukti" in name for name in declared)
    assert any(name.endswith("/unduh/csv/") for name in declared)
    assert any(name.endswith("/unduh/pdf/") for name in declared)


def test_the_search_looks_into_workbooks_and_papers() -> None:
    book, paper = io.BytesIO(), b"%PDF-1.7\nstream\n" + zlib.compress(CANARY.encode()) + b"endstream\n%%EOF"
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<t>{CANARY}</t>")
        archive.writestr("in.pdf", paper)
    assert sum(CANARY.encode() in piece for piece in read(book.getvalue())) == 2
