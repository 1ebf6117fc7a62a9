"""Daftar Catatan: every verified batch has its row, the three dates are there, and nobody reads "musnah" too early."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from python_calamine import CalamineWorkbook

from kendali.disposal.models import HeldSubject, Hold
from kendali.records.actions import register_rows
from kendali.records.models import Package, Record, RecordVersion
from kendali.records.queries import register
from kendali.records.tests.office import Office, refused
from kendali.records.tests.test_pages import calls, text
from kendali.register import entries
from kendali.register.entry_rules import ENTRY_STATES, Gone, entry_state
from kendali.register.models import RegisterEntry
from tests.cast import Cast

__all__ = ["calls"]


def hold_row(cast: Cast, number: str = "TGH-2026-0001", **values: object) -> Hold:
    return Hold.objects.create(
        number=number,
        client=cast.nusantara,
        cause="dispute",
        reason="Sengketa kartu",
        legal_basis="Surat 12/2026",
        review_on=date(2027, 1, 1),
        placed_by=cast.tari,
        placed_by_name="Tari",
        placed_at=cast.now,
        **{"scope": "record", **values},
    )


@pytest.mark.parametrize(
    ("quantity", "deleted", "destroyed", "expires", "said"),
    [
        (10, 0, 0, date(2027, 1, 1), "in_force"),
        (10, 0, 0, date(2026, 1, 1), "expired"),
        (10, 0, 0, None, "in_force"),
        (10, 3, 0, date(2026, 1, 1), "partly_deleted"),
        (10, 10, 0, date(2026, 1, 1), "not_wholly_destroyed"),
        (10, 10, 9, date(2026, 1, 1), "not_wholly_destroyed"),
        (10, 10, 10, date(2026, 1, 1), "destroyed"),
        (10, 0, 10, date(2026, 1, 1), "partly_deleted"),  # the copies are gone, the source still has it
        (0, 0, 0, date(2027, 1, 1), "in_force"),
    ],
)
def test_a_row_is_destroyed_only_when_both_acts_are_done(
    quantity: int, deleted: int, destroyed: int, expires: date | None, said: str
) -> None:
    today = date(2026, 11, 21)
    assert entry_state(Gone(quantity, deleted, destroyed), expires_on=expires, today=today) == said


def test_the_filter_and_the_rule_say_the_same(cast: Cast) -> None:
    today = date(2026, 11, 21)
    for number, (deleted, destroyed, days) in enumerate(
        (d, b, e) for d in (0, 1, 2) for b in (0, 1, 2) for e in (-1, 0, 1, None)
    ):
        RegisterEntry.objects.create(
            key=f"x:{number}", kind="form", title="F-22", issued_on=today, quantity=2, deleted_quantity=deleted,
            destroyed_quantity=destroyed, expires_on=None if days is None else today + timedelta(days=days),
            entered_at=cast.now, changed_at=cast.now,
        )  # fmt: skip
    told = {row.entry.pk: row.state for row in register.told(list(RegisterEntry.objects.all()), today)}
    for state in ENTRY_STATES:
        rows = RegisterEntry.objects.filter(register.in_state(state, today))
        assert {row.pk for row in rows} == {pk for pk, found in told.items() if found == state}, state


def test_a_verified_package_enters_the_register_by_itself(calls: Office) -> None:
    calls.backed_up("pbx")
    entry = RegisterEntry.objects.get()
    package = Package.objects.get(status="verified")
    assert (entry.package, entry.quantity) == (package.number, package.records)
    assert (entry.issued_on, entry.expires_on) == (date(2025, 3, 31), date(2027, 3, 31))
    assert entry.backup_due_on == date(2026, 3, 31)
    assert entry.drill["records"] >= 1
    register_rows.refresh_all(at=timezone.now())
    assert RegisterEntry.objects.count() == 1  # entering twice makes no second row


def test_a_row_follows_what_becomes_of_its_records(calls: Office) -> None:
    calls.backed_up("pbx")
    first, *_others = RecordVersion.objects.order_by("pk")
    gone = timezone.now()
    Record.objects.filter(pk=first.record_id).update(deleted_at=gone)
    register_rows.refresh_all(at=gone)
    entry = RegisterEntry.objects.get()
    assert (entry.deleted_quantity, entry.deleted_on) == (1, timezone.localdate(gone))
    RecordVersion.objects.update(destroyed_at=gone)
    Record.objects.filter(versions__isnull=False).update(deleted_at=gone)
    register_rows.refresh_all(at=gone)
    entry.refresh_from_db()
    (row,) = register.told([entry], timezone.localdate())
    assert row.state == "destroyed"


def test_a_month_that_was_written_anew_stays_one_row(calls: Office) -> None:
    calls.backed_up("pbx")
    old = Package.objects.get(status="verified")
    new = Package.objects.create(
        number="PKT-2026-0999", escalation=old.escalation, attempt=1, source=old.source, month=old.month,
        status="verified", records=1, replaces=old, created_at=timezone.now(), verified_at=timezone.now(),
    )  # fmt: skip
    kept, gone = RecordVersion.objects.order_by("pk")[:2]
    RecordVersion.objects.filter(pk=kept.pk).update(package=new)
    RecordVersion.objects.filter(pk=gone.pk).update(destroyed_at=timezone.now())
    register_rows.refresh_all(at=timezone.now())
    entry = RegisterEntry.objects.get()
    assert (entry.quantity, entry.destroyed_quantity) == (old.records, 1)
    assert {version.pk for version in register.versions(entry)} == set(
        RecordVersion.objects.values_list("pk", flat=True)
    )


def test_the_page_shows_dates_holds_and_the_records(calls: Office) -> None:
    calls.backed_up("pbx")
    entry = RegisterEntry.objects.get()
    record = RecordVersion.objects.order_by("pk")[0].record
    HeldSubject.objects.create(hold=hold_row(calls.cast), subject=record.pk, ref=record.ref)
    hold_row(calls.cast, "TGH-2026-0002", scope="client", status="released", released_at=timezone.now())
    hold_row(calls.cast, "TGH-2026-0003", scope="range", starts_at=timezone.now())  # after this batch
    browser = calls.cast.web(calls.cast.dewi)
    assert "TGH-2026-0001" in text(browser, "/daftar-catatan/")
    shown = text(browser, f"/daftar-catatan/{entry.pk}/")
    assert "31 Maret 2025" in shown
    assert "Surat 12/2026" in shown
    assert "TGH-2026-0002" in shown
    assert "TGH-2026-0003" not in shown
    assert record.display in shown or record.ref in shown


def test_document_control_enters_and_changes_a_document(cast: Cast) -> None:
    browser = cast.web(cast.dewi)
    values = {
        "kind": "form", "title": "F-22", "issued_on": "2024-10-31", "expires_on": "2025-10-31", "quantity": "66",
        "keep_years": "1", "responsible": "Document Control",
    }  # fmt: skip
    answer = browser.post("/daftar-catatan/baru/", values, follow=True)
    entry = RegisterEntry.objects.get()
    assert entry.title in answer.content.decode()
    browser.post(f"/daftar-catatan/{entry.pk}/ubah/", {"title": "F-22 Oktober", "keep_years": "2"})
    browser.post(f"/daftar-catatan/{entry.pk}/musnah/", {"on": "2025-11-01", "number": "BA-2025-0001"})
    entry.refresh_from_db()
    assert (entry.title, entry.keep_years, entry.certificate_by_hand) == ("F-22 Oktober", 2, "BA-2025-0001")
    again = browser.post(
        f"/daftar-catatan/{entry.pk}/musnah/", {"on": "2025-11-01", "number": "BA-2025-0002"}, follow=True
    )
    entry.refresh_from_db()
    assert entry.certificate_by_hand == "BA-2025-0001"
    assert "sudah dicatat" in again.content.decode()


def test_a_document_that_expires_before_it_was_issued_is_refused(cast: Cast) -> None:
    thing = entries.ByHand("form", "F-22", issued_on=date(2026, 3, 1), expires_on=date(2026, 2, 28))
    with refused("before the issue date"):
        entries.enter_by_hand(user=cast.dewi, at=cast.now, thing=thing)
    assert not RegisterEntry.objects.exists()


def test_a_client_sees_its_own_rows_only(calls: Office) -> None:
    calls.backed_up("pbx")
    RegisterEntry.objects.create(
        key="by_hand:1", kind="document", title="Manual mutu", issued_on=date(2026, 1, 1),
        entered_at=timezone.now(), changed_at=timezone.now(),
    )  # fmt: skip
    own = RegisterEntry.objects.get(kind="recording").title
    assert own in text(calls.cast.web(calls.cast.clara), "/daftar-catatan/")
    assert "Manual mutu" not in text(calls.cast.web(calls.cast.clara), "/daftar-catatan/")
    assert own not in text(calls.cast.web(calls.cast.candra), "/daftar-catatan/")
    assert "Manual mutu" in text(calls.cast.web(calls.cast.aulia), "/daftar-catatan/")


def test_the_spreadsheet_and_the_paper_have_the_procedures_words(calls: Office) -> None:
    calls.backed_up("pbx")
    browser = calls.cast.web(calls.cast.dewi)
    book = b"".join(browser.get("/daftar-catatan/xlsx/").streaming_content)  # type: ignore[attr-defined]
    head, *lines = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert "Tanggal penerbitan dokumen" in head
    assert "Expired date / tanggal kadaluwarsa dokumen" in head
    assert "Tanggal pemusnahan dokumen (sumber)" in head
    assert len(lines) == 1
    paper = browser.get("/daftar-catatan/pdf/")
    assert paper.content.startswith(b"%PDF")


def test_fifty_rows_cost_as_many_queries_as_one(
    calls: Office, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    calls.backed_up("pbx")
    one = RegisterEntry.objects.get()
    RegisterEntry.objects.bulk_create(
        RegisterEntry(
            key=f"by_hand:{number}", kind="hardcopy", title=f"Kertas {number}", issued_on=one.issued_on,
            entered_at=one.entered_at, changed_at=one.changed_at,
        )
        for number in range(60)
    )  # fmt: skip
    browser = calls.cast.web(calls.cast.aulia)
    browser.get("/daftar-catatan/")
    with django_assert_max_num_queries(16):
        browser.get("/daftar-catatan/")


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_every_row_has_exactly_one_state(quantity: int, deleted: int, destroyed: int) -> None:
    said = entry_state(Gone(quantity, deleted, destroyed), expires_on=None, today=date(2026, 1, 1))
    assert said in ENTRY_STATES


def test_an_empty_register_says_how_it_fills(cast: Cast) -> None:
    browser: Browser = cast.web(cast.dewi)
    assert "Daftar catatan masih kosong" in text(browser, "/daftar-catatan/")
