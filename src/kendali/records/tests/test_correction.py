"""A sealed Berita Acara is never changed: a correction is a new one that names it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.test import Client as Browser
from django.utils import timezone

from kendali.records.actions import certificates
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused
from kendali.records.tests.test_certificate_fields import text_of
from kendali.register import actions as register
from kendali.register import files
from kendali.register.models import Certificate
from kendali.register.tests import papers
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(2)) as found:
        yield found


def sealed(it: House, at: datetime) -> Certificate:
    order = it.work(it.running())
    return papers.completed(it.office.cast, certificates.draft(user=it.office.cast.dewi, at=at, order=order), at)


def test_the_old_one_stays_as_it_is_and_names_its_correction(it: House) -> None:
    old, cast = sealed(it, it.now), it.office.cast
    before = Certificate.objects.filter(pk=old.pk).values().get()
    pdf = files.read(old.pdf_path, old.pdf_sha256)
    Setting.objects.create(
        key="register.owner_unit", value="Unit Layanan Pelanggan", version=1, reason="uji", created_at=timezone.now()
    )
    web, page = cast.web(cast.dewi), f"/berita-acara/{old.pk}/koreksi/"
    assert page in web.get(f"/berita-acara/{old.pk}/").content.decode()
    shown = web.get(page).content.decode()
    assert "(Operasional)" in shown
    assert "(Unit Layanan Pelanggan)" in shown
    for reason in ("", "Hubungi 0812-3456-7890"):
        web.post(page, {"alasan": reason})
        assert not old.corrections.exists()
    answer = web.post(page, {"alasan": "Nama unit pemilik keliru"})
    new = old.corrections.get()
    assert answer["Location"] == f"/berita-acara/{new.pk}/"
    assert (new.status, new.facts["owner_unit"]) == ("draft", "Unit Layanan Pelanggan")
    assert old.facts["owner_unit"] == "Operasional"
    assert page not in web.get(f"/berita-acara/{old.pk}/").content.decode()
    with refused("has a correction already"):
        certificates.correct(user=cast.dewi, at=it.now, certificate=old, reason="Sekali lagi")

    papers.completed(cast, new, it.now)
    assert (str(new.number)[-5:], new.corrects) == ("-0002", old)
    said = text_of(new.pdf_path)
    assert str(old.number) in said
    assert "Nama unit pemilik keliru" in said
    assert Certificate.objects.filter(pk=old.pk).values().get() == before
    assert files.read(old.pdf_path, old.pdf_sha256) == pdf
    for address in (f"/berita-acara/{old.pk}/", f"/verifikasi/{old.number}/{old.token}/"):
        read = web.get(address).content.decode()
        assert "Dikoreksi oleh" in read
        assert str(new.number) in read


def test_a_correction_that_was_given_up_leaves_room_for_another(it: House) -> None:
    old, cast = sealed(it, it.now), it.office.cast
    first = certificates.correct(user=cast.dewi, at=it.now, certificate=old, reason="Salah jumlah")
    register.cancel(user=cast.dewi, at=it.now, certificate=first, reason="Tidak jadi")
    second = certificates.correct(user=cast.dewi, at=it.now, certificate=old, reason="Salah tanggal")
    assert list(old.corrections.order_by("drafted_at").values_list("status", flat=True)) == ["cancelled", "draft"]
    assert second.number is None
    with refused("Only a sealed certificate is corrected"):
        certificates.correct(user=cast.dewi, at=it.now, certificate=second, reason="x")


def test_only_document_control_corrects_and_others_read_why_not(it: House) -> None:
    old, cast = sealed(it, it.now), it.office.cast
    page = f"/berita-acara/{old.pk}/koreksi/"
    assert cast.web(cast.indra).get(page).status_code == 403
    assert cast.web(cast.candra).get(page).status_code == 404
    assert Browser().get(page).status_code == 302
    assert "Tidak ada yang berbeda" in cast.web(cast.dewi).get(page).content.decode()
