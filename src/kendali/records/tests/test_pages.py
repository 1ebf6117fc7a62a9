"""The pages as people use them: what they show, what a second click does, what a stranger sees."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from kendali.audit.models import Entry
from kendali.records.actions import counts, escalations
from kendali.records.models import Escalation, Package, Record, Source, Unbackupable
from kendali.records.tests import permission_lines as rows
from kendali.records.tests.office import Office
from kendali.terms.models import Policy, Setting
from tests.cast import Cast

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def calls(office: Office) -> Office:
    """Three old calls and a recent one; the clock of the pages is the real one, so the old ones stay old."""
    office.cast.now = timezone.now()
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    for day in range(3):
        office.call("pbx", f"call-{day}", OLD + timedelta(days=day), file=day != 2)
    office.call("pbx", "recent", timezone.now() - timedelta(days=40))
    return office


def text(browser: Browser, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, response.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def catalogue(cast: Cast, count: int) -> Source:
    source = rows.source_row(cast)
    Record.objects.bulk_create(
        Record(
            source=source,
            ref=str(number),
            display=f"no-{number:04}",
            started_at=OLD + timedelta(minutes=number // 3),
            last_activity_at=OLD + timedelta(minutes=number // 3),
            backup_clock=OLD + timedelta(minutes=number // 3),
            first_seen_at=cast.now,
        )
        for number in range(count)
    )
    rows.policy_row(cast)
    counts.refresh(source, at=cast.now)
    return source


# Raising


def test_the_preview_counts_what_the_escalation_then_takes(calls: Office) -> None:
    calls.scan("pbx")
    tari, source = calls.cast.web(calls.cast.tari), calls.found["pbx"]
    shown = text(tari, f"/eskalasi/baru/?sumber={source.pk}&batas=2025-03-04")
    assert "2 recording" in shown
    response = tari.post("/eskalasi/baru/", {"sumber": source.pk, "batas": "2025-03-04"})
    order = Escalation.objects.get()
    assert response.headers["Location"] == f"/eskalasi/{order.pk}/"
    assert order.list_count == 2


def test_a_second_click_raises_no_second_escalation(calls: Office) -> None:
    calls.scan("pbx")
    tari, data = calls.cast.web(calls.cast.tari), {"sumber": calls.found["pbx"].pk, "batas": "2025-03-31"}
    assert tari.post("/eskalasi/baru/", data).status_code == 302
    again = tari.post("/eskalasi/baru/", data)
    assert again.status_code == 422
    assert "ESK-" in again.content.decode()
    assert Escalation.objects.count() == 1


def test_a_cut_off_in_the_future_is_refused_with_its_reason(calls: Office) -> None:
    calls.scan("pbx")
    data = {"sumber": calls.found["pbx"].pk, "batas": "2999-01-01"}
    response = calls.cast.web(calls.cast.tari).post("/eskalasi/baru/", data)
    assert response.status_code == 422
    assert "Batas harus sebelum hari ini." in response.content.decode()


# An order's page


@pytest.mark.parametrize("status", Escalation.Status.values)
def test_an_order_has_a_page_in_every_status(cast: Cast, status: str) -> None:
    order = rows.order_row(cast, status)
    for person in (cast.tari, cast.indra, cast.aulia):
        assert "ESK-2026-0001" in text(cast.web(person), f"/eskalasi/{order.pk}/")


def test_a_second_click_on_accept_changes_nothing_and_says_so(cast: Cast) -> None:
    order = rows.order_row(cast)
    indra = cast.web(cast.indra)
    for _ in range(2):
        response = indra.post(f"/eskalasi/{order.pk}/accept/", follow=True)
        assert response.status_code == 200
    assert "Langkah ini tidak dapat dilakukan dari status diterima IT." in response.content.decode()
    assert Entry.objects.filter(verb="escalation.accept").count() == 1


@pytest.mark.parametrize("verb", ["start", "pause", "confirm", "send", "return", "cancel"])
def test_a_step_out_of_order_is_a_message_and_not_an_error(cast: Cast, verb: str) -> None:
    order = rows.order_row(cast, "confirmed")
    person = cast.indra if verb in ("start", "pause", "return") else cast.tari
    response = cast.web(person).post(f"/eskalasi/{order.pk}/{verb}/", {"alasan": "x"}, follow=True)
    assert response.status_code == 200
    assert "Langkah ini tidak dapat dilakukan dari status dikonfirmasi." in response.content.decode()


def test_returning_needs_a_reason(cast: Cast) -> None:
    order = rows.order_row(cast)
    response = cast.web(cast.indra).post(f"/eskalasi/{order.pk}/return/", {"alasan": " "}, follow=True)
    assert "Tulis alasannya." in response.content.decode()
    order.refresh_from_db()
    assert order.status == "raised"


def test_who_raised_it_sees_why_somebody_else_has_to_run_it(cast: Cast) -> None:
    order = rows.order_row(cast)
    shown = text(cast.web(cast.tari), f"/eskalasi/{order.pk}/")
    assert "Hanya Team IT yang boleh" in shown or "Team IT" in shown
    assert f"/eskalasi/{order.pk}/accept/" not in cast.web(cast.tari).get(f"/eskalasi/{order.pk}/").content.decode()


def test_the_live_part_asks_for_the_whole_page_once_the_run_has_ended(cast: Cast) -> None:
    order = rows.order_row(cast, "running")
    Escalation.objects.filter(pk=order.pk).update(
        list_count=400,
        progress={"phase": "copy", "done": 100, "start": 0, "since": timezone.now().isoformat(), "bytes": 5},
    )
    indra = cast.web(cast.indra)
    assert "100 dari 400 percakapan" in text(indra, f"/eskalasi/{order.pk}/berjalan/")
    Escalation.objects.filter(pk=order.pk).update(status="done")
    assert indra.get(f"/eskalasi/{order.pk}/berjalan/").headers["HX-Refresh"] == "true"


def test_a_backup_with_shortcomings_says_which_and_what_to_do(calls: Office) -> None:
    order = calls.backed_up("pbx")
    assert order.status == "incomplete"
    tari = calls.cast.web(calls.cast.tari)
    shown = text(tari, f"/eskalasi/{order.pk}/")
    assert "berkas hilang di sumber" in shown
    item = order.items.get(outcome="problem")
    tari.post(f"/tidak-dapat-dibackup/{item.pk}/usul/", {"alasan": "Tidak ada di server lama."})
    row = Unbackupable.objects.get()
    rahma = calls.cast.web(calls.cast.rahma)
    assert "Tidak ada di server lama." in text(rahma, "/tidak-dapat-dibackup/")
    rahma.post(f"/tidak-dapat-dibackup/{row.pk}/", {"jawaban": "ya"})
    row.refresh_from_db()
    assert row.status == "confirmed"


def test_packages_of_a_real_backup_show_their_readings(calls: Office) -> None:
    calls.backed_up("pbx")
    package = Package.objects.filter(status="verified").earliest("number")
    shown = text(calls.cast.web(calls.cast.indra), f"/paket/{package.pk}/")
    assert package.number in shown
    assert "baca ulang setiap byte" in shown
    assert package.path in shown


def test_several_results_are_confirmed_with_one_click(cast: Cast) -> None:
    order = rows.order_row(cast, "done")
    tari = cast.web(cast.tari)
    response = tari.post("/eskalasi/konfirmasi/", {"eskalasi": [order.pk, "x"]}, follow=True)
    assert "Dikonfirmasi: ESK-2026-0001." in response.content.decode()
    again = tari.post("/eskalasi/konfirmasi/", {"eskalasi": [order.pk]}, follow=True)
    assert "Tidak ada yang dikonfirmasi" in again.content.decode()


def test_all_drafts_are_sent_with_one_click_and_only_once(calls: Office) -> None:
    calls.scan("pbx")
    escalations.draft_one(calls.found["pbx"], at=calls.cast.now)
    tari = calls.cast.web(calls.cast.tari)
    assert "1 eskalasi diajukan." in tari.post("/eskalasi/kirim/", follow=True).content.decode()
    assert "Tidak ada lagi draf" in tari.post("/eskalasi/kirim/", follow=True).content.decode()
    assert Escalation.objects.get().status == "raised"


# Lists


def test_paging_shows_every_record_once_forwards_and_backwards(cast: Cast) -> None:
    source = catalogue(cast, 120)
    tari, seen = cast.web(cast.tari), []
    address = f"/radar/catatan/?sumber={source.pk}&status=overdue"
    pages = [address]
    while True:
        context = tari.get(pages[-1]).context
        seen += [record.pk for record, _pill in context["rows"]]
        if not context["page"].older:
            break
        pages.append("/radar/catatan/" + context["page"].older)
    assert len(seen) == len(set(seen)) == 120
    assert len(pages) == 3
    back = tari.get("/radar/catatan/" + context["page"].newer).context
    assert [record.pk for record, _pill in back["rows"]] == seen[50:100]


@pytest.mark.parametrize("cursor", ["x", "~", "2025-01-01~x", "2025-01-01T00:00:00~1", "1~2~3"])
def test_a_cursor_typed_by_hand_is_no_error(cast: Cast, cursor: str) -> None:
    source = catalogue(cast, 2)
    response = cast.web(cast.tari).get("/radar/catatan/", {"sumber": str(source.pk), "after": cursor})
    assert response.status_code == 200


@pytest.mark.parametrize("state", ["", "overdue", "due", "backed_up", "changed", "vanished", "not_computable"])
def test_every_state_can_be_listed(cast: Cast, state: str) -> None:
    source = catalogue(cast, 3)
    Source.objects.filter(pk=source.pk).update(counts={})  # nothing is known: the catalogue is asked
    context = cast.web(cast.tari).get("/radar/catatan/", {"sumber": str(source.pk), "status": state}).context
    assert len(context["rows"]) == (3 if state in ("", "overdue") else 0)


@pytest.mark.parametrize("count", [3, 49])
def test_a_list_of_records_asks_the_same_few_questions_whatever_its_length(
    cast: Cast, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    source = catalogue(cast, count)
    tari = cast.web(cast.tari)
    tari.get("/eskalasi/baru/")  # the first request of a session writes its row
    with django_assert_max_num_queries(20):
        assert len(tari.get(f"/radar/catatan/?sumber={source.pk}").context["rows"]) == count


@pytest.mark.parametrize("count", [1, 30])
def test_a_list_of_escalations_asks_the_same_few_questions_whatever_its_length(
    cast: Cast, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    order = rows.order_row(cast, "confirmed")
    Escalation.objects.bulk_create(_copy(order, number) for number in range(count - 1))
    tari = cast.web(cast.tari)
    tari.get("/eskalasi/baru/")  # the first request of a session writes its row
    with django_assert_max_num_queries(18):
        assert len(tari.get("/eskalasi/").context["rows"]) == count


def _copy(order: Escalation, number: int) -> Escalation:
    copy = Escalation.objects.get(pk=order.pk)
    copy.pk, copy.number = None, f"ESK-2025-{number:04}"
    return copy


def test_an_exported_list_holds_no_name_and_no_phone_number(calls: Office) -> None:
    calls.scan("pbx")
    tari = calls.cast.web(calls.cast.tari)
    for address in ("/radar/xlsx/", f"/radar/catatan/xlsx/?sumber={calls.found['pbx'].pk}"):
        data = b"".join(tari.get(address).streaming_content)  # type: ignore[attr-defined]
        lines = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        told = str(lines)
        assert "call-0" in told
        assert "Nasabah" not in told
        assert "0812-0000" not in told
        assert "8120000" not in told


def test_the_radar_leads_from_a_figure_to_its_records(calls: Office) -> None:
    calls.scan("pbx")
    context = calls.cast.web(calls.cast.tari).get("/radar/").context
    assert (context["overdue"], context["due"]) == (3, 0)
    listed = calls.cast.web(calls.cast.tari).get(f"/radar/catatan/?sumber={calls.found['pbx'].pk}&status=overdue")
    assert len(listed.context["rows"]) == 3


# Sources


def test_a_source_is_connected_from_what_its_kind_asks_for(cast: Cast) -> None:
    adi = cast.web(cast.adi)
    data = {"klien": "bank-nusantara", "nama": "Chatwoot", "zona": "Asia/Jakarta", "c_host": "127.0.0.1"}
    refused = adi.post("/sumber/baru/?jenis=chatwoot", data)
    assert refused.status_code == 422
    data |= {"c_dbname": "x", "c_user": "x", "c_account": "3", "c_password": "sangat-rahasia", "c_port": "1"}
    made = adi.post("/sumber/baru/?jenis=chatwoot", data | {"c_sslmode": "prefer"})
    source = Source.objects.get()
    assert made.headers["Location"] == f"/sumber/{source.pk}/"
    assert b"sangat-rahasia" not in bytes(source.secret)
    assert "password" not in source.config
    assert "sangat-rahasia" not in adi.get(f"/sumber/{source.pk}/ubah/").content.decode()


def test_a_source_that_does_not_answer_says_so_on_its_page(cast: Cast) -> None:
    source = rows.source_row(cast)
    shown = cast.web(cast.indra).post(f"/sumber/{source.pk}/periksa/", follow=True).content.decode()
    assert "folder tidak ada" in shown.lower()


def test_a_second_click_on_scan_starts_no_second_scan(cast: Cast) -> None:
    source = rows.source_row(cast)
    for _ in range(2):
        shown = cast.web(cast.indra).post(f"/sumber/{source.pk}/pindai/", follow=True).content.decode()
    assert "Pemindaian sudah berjalan." in shown
    assert source.scans.count() == 1


# Policies and settings

POLICY = {
    "zona": "Asia/Jakarta",
    "jam_backup": "oldest_uncovered",
    "jam_hapus": "last_activity_at",
    "backup": "1",
    "jeda": "30",
    "hapus": "2",
    "salinan": "12",
    "alasan": "Kontrak pasal 5",
}


def test_a_policy_is_saved_only_after_its_effect_was_seen(cast: Cast) -> None:
    maya, address = cast.web(cast.maya), "/kebijakan/bank-nusantara/conversation/"
    seen = maya.post(address, POLICY).context["preview"]["seen"]
    assert Policy.objects.count() == 0
    maya.post(address, POLICY | {"salinan": "13", "dilihat": seen})
    assert Policy.objects.count() == 0
    maya.post(address, POLICY | {"dilihat": seen})
    assert Policy.objects.get().status == "effective"


def test_the_client_decides_on_a_shorter_period_and_only_once(cast: Cast) -> None:
    policy = rows.policy_row(cast, "waiting")
    clara = cast.web(cast.clara)
    assert "Keputusan Anda" in text(clara, f"/kebijakan/{policy.pk}/")
    assert f"/kebijakan/{policy.pk}/" in clara.get("/terbackup/").content.decode()
    clara.post(f"/kebijakan/{policy.pk}/putuskan/", {"jawaban": "ya"})
    again = clara.post(f"/kebijakan/{policy.pk}/putuskan/", {"jawaban": "tidak", "alasan": "x"}, follow=True)
    assert "Orang lain lebih cepat" in again.content.decode()
    policy.refresh_from_db()
    assert policy.status == "effective"


def test_a_setting_outside_its_bounds_is_refused(cast: Cast) -> None:
    adi = cast.web(cast.adi)
    assert adi.post("/pengaturan/drill.percent/", {"nilai": "101", "alasan": "x"}).status_code == 422
    assert adi.post("/pengaturan/drill.percent/", {"nilai": "10", "alasan": ""}).status_code == 422
    adi.post("/pengaturan/drill.percent/", {"nilai": "10", "alasan": "Audit", "klien": "bank-nusantara"})
    row = Setting.objects.get()
    assert (row.value, row.version, row.client, row.reason) == (10, 1, cast.nusantara, "Audit")
    assert "Audit" in text(adi, "/pengaturan/drill.percent/")


def test_every_setting_has_a_page(cast: Cast) -> None:
    adi = cast.web(cast.adi)
    for definition, _row, _own in adi.get("/pengaturan/").context["rows"]:
        assert adi.get(f"/pengaturan/{definition.key}/").status_code == 200


def test_the_client_sees_only_its_own_data(cast: Cast) -> None:
    catalogue(cast, 4)
    assert "4 di sumber" in text(cast.web(cast.clara), "/terbackup/")
    assert "Bank Nusantara" not in text(cast.web(cast.candra), "/terbackup/")
    assert cast.web(cast.candra).get("/terbackup/?klien=bank-nusantara").status_code == 404
