"""The pages of disposal as people use them: the client's answer, holds, orders, incidents; and second clicks."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from python_calamine import CalamineWorkbook

from kendali.disposal.models import ErasureRequest, Hold, Proposal
from kendali.records.actions import past
from kendali.records.models import DisposalOrder, Incident, Package, Record
from kendali.records.queries import decision
from kendali.records.queries.past import past as counted
from kendali.records.tests import disposal_rows as rows
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """The clock of the pages is the real one."""
    cast.now = timezone.now()
    return cast


def text(browser: Browser, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, response.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def html(browser: Browser, address: str) -> str:
    return browser.get(address).content.decode()


def answer(browser: Browser, row: Proposal, **sent: object) -> int:
    data = {"kode": row.final_digest, "jawaban": "yes"} | sent
    return int(browser.post(f"/keputusan/{row.pk}/", data).status_code)


def test_the_client_says_yes_once(cast: Cast) -> None:
    row = rows.proposal(cast)
    clara = cast.web(cast.clara)
    assert "Setujui penghapusan 3 percakapan?" in text(clara, f"/keputusan/{row.pk}/")
    assert answer(clara, row) == 302
    row.refresh_from_db()
    assert (row.status, row.decisions.count()) == ("approved", 1)
    assert answer(clara, row) == 422
    assert row.decisions.count() == 1


@pytest.mark.parametrize("said", [{}, {"jawaban": ""}, {"jawaban": "tidak"}])
def test_what_is_no_clear_yes_is_no_answer(cast: Cast, said: dict[str, str]) -> None:
    row = rows.proposal(cast)
    sent = {"kode": row.final_digest, "alasan": "Masih sengketa", "tanya_lagi": "2099-01-31"} | said
    answered = cast.web(cast.clara).post(f"/keputusan/{row.pk}/", sent)
    assert answered.status_code == 422
    assert "Jawab Ya atau Tidak" in answered.content.decode()
    row.refresh_from_db()
    assert (row.status, row.decisions.count()) == ("asked", 0)


def test_enter_in_a_field_is_no_yes(cast: Cast) -> None:
    """A browser presses the first button of a form on Enter, and nothing where that one is disabled."""
    row = rows.proposal(cast)
    line = row.items.order_by("pk").first()
    assert line is not None
    page = cast.web(cast.clara).get(f"/keputusan/{row.pk}/?keluar={line.pk}").content.decode()
    assert f'name="alasan_{line.pk}"' in page
    first, second = re.findall(r"<button[^>]*>", page[page.index('<form id="answer"') :])[:2]
    assert first == "<button disabled hidden>"
    assert 'value="yes"' in second


def test_one_record_taken_out_becomes_a_hold_and_the_rest_is_signed(cast: Cast) -> None:
    row = rows.proposal(cast)
    line = row.items.order_by("pk").first()
    assert line is not None
    clara = cast.web(cast.clara)
    page = text(clara, f"/keputusan/{row.pk}/?keluar={line.pk}")
    assert "Ya, untuk 2 percakapan" in page
    sent = {"keluar": line.pk, f"alasan_{line.pk}": "Masih sengketa", f"sebagai_{line.pk}": "hold",
            f"sebab_{line.pk}": "dispute"}  # fmt: skip
    assert answer(clara, row, **sent) == 302
    row.refresh_from_db()
    assert (row.status, row.final_count, row.list_count) == ("approved", 2, 3)
    assert Hold.objects.get().subjects.get().subject == line.subject


def test_two_hundred_and_ten_records_are_taken_out_on_one_page(cast: Cast) -> None:
    row = rows.proposal(cast, count=211)
    sent: dict[str, object] = {"keluar": []}
    for key in row.items.order_by("pk").values_list("pk", flat=True)[:210]:
        sent["keluar"].append(key)  # type: ignore[attr-defined]
        sent |= {f"alasan_{key}": "Masih sengketa", f"sebagai_{key}": "no", f"tanya_{key}": "2099-01-31",
                 f"sebab_{key}": "dispute"}  # fmt: skip
    assert answer(cast.web(cast.clara), row, **sent) == 302
    row.refresh_from_db()
    assert (row.status, row.final_count) == ("approved", 1)


def test_a_page_takes_out_no_more_than_it_can_send_and_says_so(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "MOST_OUT", 2)
    row = rows.proposal(cast)
    first, second, third = row.items.order_by("pk").values_list("pk", flat=True)
    clara, path = cast.web(cast.clara), f"/keputusan/{row.pk}/"
    one, two = f"{path}?keluar={first}", f"{path}?keluar={first}&keluar={second}"
    assert f"keluar={second}#kecualikan" in html(clara, one)
    assert "Paling banyak 2 catatan" not in html(clara, one)
    page = html(clara, two)
    assert "Paling banyak 2 catatan" in page
    assert f"keluar={third}#kecualikan" not in page
    assert f'name="kembali" value="{first}"' in page
    back = html(clara, f"{two}&kembali={first}")
    assert (f'name="alasan_{first}"' in back, f'name="alasan_{second}"' in back) == (False, True)


def test_more_than_a_page_can_send_is_told_in_words(cast: Cast) -> None:
    row = rows.proposal(cast)
    answered = cast.web(cast.clara).post(f"/keputusan/{row.pk}/", {"keluar": list(range(4_001))})
    assert answered.status_code == 400
    assert "terlalu banyak isian" in answered.content.decode()


def test_what_was_typed_is_there_again_when_the_answer_is_refused(cast: Cast) -> None:
    row = rows.proposal(cast)
    clara = cast.web(cast.clara)
    response = clara.post(
        f"/keputusan/{row.pk}/", {"kode": row.final_digest, "jawaban": "no", "alasan": "Sengketa kartu"}
    )
    assert response.status_code == 422
    assert "Sengketa kartu" in response.content.decode()
    row.refresh_from_db()
    assert row.status == "asked"


def test_what_is_said_before_the_answer_is_looked_up_and_not_promised(cast: Cast) -> None:
    row = rows.proposal(cast)
    clara, address = cast.web(cast.clara), f"/keputusan/{row.pk}/"
    assert "ya Semuanya terbackup dan sudah dibaca kembali 3 / 3" in text(clara, address)
    Package.objects.update(status=Package.Status.DAMAGED)
    Record.objects.filter(pk__in=row.items.values("subject")[:1]).update(changed_at=cast.now)
    page = text(clara, address)
    assert "tidak Semuanya terbackup dan sudah dibaca kembali 0 / 3" in page
    assert "tidak Tidak berubah sejak backup 1 berubah: daftar ini gugur, Anda akan diminta lagi" in page


def test_a_no_needs_its_reason_and_its_day(cast: Cast) -> None:
    row = rows.proposal(cast)
    again = (timezone.localdate() + timedelta(days=30)).isoformat()
    assert answer(cast.web(cast.clara), row, jawaban="no", alasan="Sengketa", tanya_lagi=again) == 302
    row.refresh_from_db()
    assert (row.status, row.reason, str(row.ask_again_on)) == ("refused", "Sengketa", again)
    assert "Sengketa" in text(cast.web(cast.tari), f"/usulan/{row.pk}/")


def test_a_list_of_another_digest_is_not_answered(cast: Cast) -> None:
    row = rows.proposal(cast)
    assert answer(cast.web(cast.clara), row, kode="0" * 64) == 422
    row.refresh_from_db()
    assert row.status == "asked"


def test_a_client_knows_nothing_of_a_list_it_was_not_asked_about(cast: Cast) -> None:
    row = rows.proposal(cast, "draft")
    clara = cast.web(cast.clara)
    for address in (f"/keputusan/{row.pk}/", f"/usulan/{row.pk}/", f"/usulan/{row.pk}/xlsx/", f"/usulan/{row.pk}/pdf/"):
        assert clara.get(address).status_code == 404, address


def test_the_other_client_sees_nothing(cast: Cast) -> None:
    row = rows.order(cast)
    candra = cast.web(cast.candra)
    for address in (f"/keputusan/{row.proposal_id}/", f"/penghapusan/{row.pk}/", f"/usulan/{row.proposal_id}/pdf/"):
        assert candra.get(address).status_code == 404, address
    assert str(row.proposal.number) not in text(candra, "/keputusan/")
    assert "Belum ada" in text(candra, "/sudah-dihapus/")


def test_the_list_on_paper_and_as_a_table(cast: Cast) -> None:
    row = rows.proposal(cast)
    tari = cast.web(cast.tari)
    pdf = tari.get(f"/usulan/{row.pk}/pdf/")
    assert pdf.content.startswith(b"%PDF")
    book = b"".join(tari.get(f"/usulan/{row.pk}/xlsx/").streaming_content)  # type: ignore[attr-defined]
    lines = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert len(lines) == 1 + 3 + 1  # head, the list, what was left out
    assert "TGH-2026-0001" in str(lines[-1])


def test_a_second_click_sends_no_second_order(cast: Cast) -> None:
    row = rows.proposal(cast)
    assert answer(cast.web(cast.clara), row) == 302
    tari = cast.web(cast.tari)
    first = tari.post(f"/usulan/{row.pk}/langkah/raise/")
    order = DisposalOrder.objects.get()
    assert first.headers["Location"] == f"/penghapusan/{order.pk}/"
    assert tari.post(f"/usulan/{row.pk}/langkah/raise/").headers["Location"] == f"/usulan/{row.pk}/"
    assert DisposalOrder.objects.count() == 1


def test_the_order_adds_up_and_a_wrong_number_arms_nothing(cast: Cast) -> None:
    order = rows.order(cast, "accepted")
    indra = cast.web(cast.indra)
    assert "3 catatan belum selesai" in text(indra, f"/penghapusan/{order.pk}/")
    indra.post(f"/penghapusan/{order.pk}/langkah/arm/", {"nomor": "ESP-2026-9999"})
    order.refresh_from_db()
    assert order.status == "accepted"


def test_a_client_may_cancel_in_the_waiting_period(cast: Cast) -> None:
    order = rows.order(cast)
    clara = cast.web(cast.clara)
    clara.post(f"/penghapusan/{order.pk}/langkah/cancel/", {"alasan": "Ada keluhan baru"})
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert set(order.items.values_list("outcome", flat=True)) == {"cancelled"}


def test_a_hold_from_the_page_of_a_record(cast: Cast) -> None:
    record = rows.records(cast, 1)[0]
    tari = cast.web(cast.tari)
    assert record.display in text(tari, f"/penangguhan/baru/?catatan={record.pk}")
    review = (timezone.localdate() + timedelta(days=60)).isoformat()
    response = tari.post("/penangguhan/baru/", {
        "klien": cast.nusantara.code, "cakupan": "record", "catatan": record.pk, "nomor": "", "sebab": "dispute",
        "alasan": "Sengketa belum selesai", "tinjau": review,
    })  # fmt: skip
    hold = Hold.objects.get()
    assert response.headers["Location"] == f"/penangguhan/{hold.pk}/"
    assert hold.number in text(tari, f"/catatan/{record.pk}/")
    assert "ditangguhkan" in text(tari, f"/radar/catatan/?sumber={record.source_id}&status=held")


def test_who_placed_a_hold_does_not_lift_it_and_another_does_once(cast: Cast) -> None:
    row = rows.hold(cast)
    assert cast.web(cast.tari).post(f"/penangguhan/{row.pk}/cabut/", {"alasan": "x"}).status_code == 403
    maya = cast.web(cast.maya)
    maya.post(f"/penangguhan/{row.pk}/cabut/", {"alasan": "Perkara selesai"})
    row.refresh_from_db()
    assert row.status == "released"
    assert "dicabut" in text(maya, f"/penangguhan/{row.pk}/").lower()


def test_an_incident_is_closed_with_an_explanation(cast: Cast) -> None:
    row = rows.incident(cast)
    rahma = cast.web(cast.rahma)
    assert row.number in text(rahma, "/insiden/")
    assert "Jelaskan" in text(rahma, "/")
    rahma.post(f"/insiden/{row.pk}/tutup/", {"alasan": "Tim aplikasi memulihkan basis data."})
    assert Incident.objects.get().closed_by == cast.rahma


def test_line_b_counts_what_was_asked_and_what_was_not(cast: Cast) -> None:
    rows.proposal(cast)
    found = rows.source(cast)
    assert past.stale(timezone.now()) == [found]
    past.refresh(found, at=timezone.now())
    assert past.stale(timezone.now()) == []
    shown = counted([cast.nusantara])
    assert (shown.total("asked"), shown.total("not_asked")) == (3, 1)
    rows.hold(cast, placed_at=timezone.now())
    assert past.stale(timezone.now()) == [found]
    past.refresh(found, at=timezone.now())
    assert counted([cast.nusantara]).total("held") == 4
    assert "4 ditangguhkan" in text(cast.web(cast.tari), "/radar/")


def test_what_waits_for_whom(cast: Cast) -> None:
    rows.proposal(cast)
    assert "3 percakapan dihapus" in text(cast.web(cast.clara), "/keputusan/")
    assert "Putuskan" not in text(cast.web(cast.tari), "/")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("draft", "tentang pemusnahan salinan backup"),
        ("approved", "eskalasi pemusnahan salinan backup"),
        ("voided", "3 salinan backup tetap ada"),
    ],
)
def test_a_list_of_backup_copies_does_not_wait_as_a_deletion(cast: Cast, status: str, words: str) -> None:
    row = rows.proposal(cast, "draft")
    Proposal.objects.filter(pk=row.pk).update(
        act="backup", status=status, decided_at=timezone.now(), valid_until=timezone.now() + timedelta(days=9)
    )
    page = text(cast.web(cast.tari), "/")
    assert words in page
    assert "Kirim eskalasi penghapusan" not in page
    assert "catatan tetap di sumber" not in page


@pytest.mark.parametrize("address", ["/penangguhan/", "/usulan/", "/penghapusan/", "/insiden/"])
def test_an_empty_list_says_what_will_appear(cast: Cast, address: str) -> None:
    assert "Belum ada" in (page := text(cast.web(cast.rahma), address)) or "Tidak ada" in page


def test_a_hold_that_is_sent_twice_is_one_hold(cast: Cast) -> None:
    first, second = rows.records(cast, 2)
    tari = cast.web(cast.tari)
    sent = {
        "klien": "bank-nusantara", "cakupan": "record", "nomor": first.ref, "sebab": "dispute", "alasan": "Sengketa",
        "tinjau": (timezone.localdate() + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    pages = [tari.post("/penangguhan/baru/", sent).headers["Location"] for _click in range(2)]
    assert pages[0] == pages[1]
    assert Hold.objects.count() == 1
    assert "sudah berlaku" in text(tari, pages[1])
    assert tari.post("/penangguhan/baru/", sent | {"nomor": second.ref}).status_code == 302
    assert Hold.objects.count() == 2
    assert tari.post("/penangguhan/baru/", sent | {"nomor": "tidak-ada"}).status_code == 422


def test_an_erasure_request_that_is_entered_twice_is_one(cast: Cast) -> None:
    rows.records(cast, 1)
    tari = cast.web(cast.tari)
    sent = {
        "klien": "bank-nusantara", "kelas": "conversation", "nama": "", "telepon": "081200001111", "saluran": "surat",
        "catatan": "", "diterima": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    pages = [tari.post("/permintaan-hapus/baru/", sent).headers["Location"] for _click in range(2)]
    assert pages[0] == pages[1]
    assert ErasureRequest.objects.count() == 1
    assert tari.post("/permintaan-hapus/baru/", sent | {"saluran": "telepon"}).status_code == 302
    assert ErasureRequest.objects.count() == 2


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "0202-11-20T09:00", "2026-02-29T09:00"])
def test_a_request_of_a_year_that_cannot_be_read_again_is_sent_back(cast: Cast, moment: str) -> None:
    tari = cast.web(cast.tari)
    sent = {"klien": cast.nusantara.code, "kelas": "conversation", "nama": "Siti", "diterima": moment}
    assert tari.post("/permintaan-hapus/baru/", sent).status_code == 422
    assert not ErasureRequest.objects.exists()
    assert tari.get("/").status_code == tari.get("/permintaan-hapus/").status_code == 200
