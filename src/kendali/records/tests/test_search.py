"""Finding records by what identifies them, through the catalogue, and by a text of conversations."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kendali.accounts.permissions import RuleRefused
from kendali.audit.models import Entry
from kendali.audit.sentences import render
from kendali.records import secrets, tasks
from kendali.records.actions import search
from kendali.records.actions.customers import customer_of
from kendali.records.models import Record, Source, TextSearch
from kendali.records.tests import permission_lines as rows
from kendali.records.tests.office import Office
from tests.cast import Cast

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def catalogue(cast: Cast) -> tuple[Source, Source]:
    """130 records of the bank, 20 of the telco, some of them of Siti."""
    lookup = secrets.Lookup()
    bank = rows.source_row(cast)
    telco = Source.objects.create(
        client=cast.telko, kind="folder_drop", record_class="conversation", name="Ekspor", created_at=cast.now
    )
    for source, count in ((bank, 130), (telco, 20)):
        Record.objects.bulk_create(
            Record(
                source=source,
                ref=f"{source.pk}-{n}",
                display=str(1000 + n),
                agent=("Agus", "Bella")[n % 2],
                channel=("WhatsApp", "E-mail")[n % 5 == 0],
                started_at=OLD + timedelta(hours=n),
                last_activity_at=OLD + timedelta(hours=n // 3),
                customer_name_hmac=lookup.name("Siti Rahayu") if n % 40 == 0 else None,
                customer_phone_hmac=lookup.phone("+6281100999001") if n % 60 == 0 else None,
                first_seen_at=cast.now,
            )
            for n in range(count)
        )
    return bank, telco


def found(browser: Browser, address: str) -> list[str]:
    response = browser.get(address)
    assert response.status_code == 200
    return [record.ref for record, _pill in response.context["rows"]]


def looked(browser: Browser, **fields: str) -> tuple[str, list[str]]:
    """What is typed into the form: the address it leads to, and the refs found there."""
    response = browser.post("/catatan/", fields)
    assert response.status_code == 302
    return response["Location"], found(browser, response["Location"])


@pytest.mark.django_db
def test_a_record_is_found_by_its_number_and_by_its_id(cast: Cast, catalogue: tuple[Source, Source]) -> None:
    bank, telco = catalogue
    tari = cast.web(cast.tari)
    assert looked(tari, nomor="1007")[1] == [f"{telco.pk}-7", f"{bank.pk}-7"]
    assert looked(tari, nomor=f"{bank.pk}-99")[1] == [f"{bank.pk}-99"]
    assert looked(tari, nomor="tidak ada")[1] == []


@pytest.mark.django_db
def test_a_name_or_number_is_found_however_it_is_written_and_never_stands_in_an_address(
    cast: Cast, catalogue: tuple[Source, Source]
) -> None:
    bank, telco = catalogue
    tari = cast.web(cast.tari)
    address, refs = looked(tari, nama="  SITI   rahayu ")
    assert refs == [f"{telco.pk}-0", *(f"{bank.pk}-{n}" for n in (120, 80, 40, 0))]
    assert "siti" not in address.lower()
    address, refs = looked(tari, telepon="0811-0099-9001", klien=cast.nusantara.code)
    assert refs == [f"{bank.pk}-{n}" for n in (120, 60, 0)]
    assert "0811-0099" not in address
    assert "8110099" not in address  # not "0811": what stands there is a digest
    assert looked(tari, nama="Siti")[1] == []
    assert looked(tari, telepon="---")[1] == []
    assert found(tari, "/catatan/?nama_hmac=bukan-hex") == []


@pytest.mark.django_db
def test_a_search_is_audited_by_its_fields_only(cast: Cast, catalogue: tuple[Source, Source]) -> None:
    looked(cast.web(cast.tari), nama="Siti Rahayu", agen="Agus", klien=cast.nusantara.code)
    entry = Entry.objects.get(verb="record.searched")
    assert entry.facts == {"fields": ["customer_name", "agent"], "count": 4}
    assert entry.client == cast.nusantara
    assert "nama nasabah/pelanggan, agent" in render(entry)
    cast.web(cast.tari).get("/catatan/")
    cast.web(cast.tari).get("/catatan/?kelas=recording")
    assert Entry.objects.filter(verb="record.searched").count() == 1


@pytest.mark.django_db
def test_pages_over_several_sources_show_every_record_once(cast: Cast, catalogue: tuple[Source, Source]) -> None:
    tari, address, seen = cast.web(cast.tari), "/catatan/?kelas=", []
    pages = []
    while address:
        response = tari.get(address)
        page = [record for record, _pill in response.context["rows"]]
        pages.append([record.pk for record in page])
        seen += page
        older = response.context["page"].older
        newer = response.context["page"].newer
        address = f"/catatan/{older}" if older else ""
    assert len(pages) == 3
    assert len({record.pk for record in seen}) == len(seen) == 150
    keys = [(record.last_activity_at, record.pk) for record in seen]
    assert keys == sorted(keys, reverse=True)
    back = tari.get(f"/catatan/{newer}")
    assert [record.pk for record, _pill in back.context["rows"]] == pages[1]
    first = tari.get(f"/catatan/{back.context['page'].newer}")
    assert [record.pk for record, _pill in first.context["rows"]] == pages[0]
    assert first.context["page"].newer == ""


@pytest.mark.django_db
def test_agent_channel_source_and_dates_narrow_it(cast: Cast, catalogue: tuple[Source, Source]) -> None:
    bank, telco = catalogue
    tari = cast.web(cast.tari)
    assert set(looked(tari, agen="Bella", kanal="E-mail", sumber=str(telco.pk))[1]) == {
        f"{telco.pk}-{n}" for n in (5, 15)
    }
    day = looked(tari, dari="2025-03-04", sampai="2025-03-04", sumber=str(bank.pk))[1]
    hours = [n for n in range(130) if (OLD + timedelta(hours=n // 3 + 7)).day == 4]  # WIB
    assert len(day) == len(hours[:50])
    assert f"{bank.pk}-{hours[-1]}" == day[0]
    page = tari.get("/catatan/")
    assert (page.context["agents"], page.context["channels"]) == (["Agus", "Bella"], ["E-mail", "WhatsApp"])


@pytest.mark.django_db
def test_a_search_asks_the_database_a_constant_number_of_questions(
    cast: Cast, catalogue: tuple[Source, Source], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    tari = cast.web(cast.tari)
    tari.get("/catatan/?kelas=")
    with django_assert_max_num_queries(28):
        assert len(found(tari, "/catatan/?kelas=")) == 50


@pytest.fixture
def chats(office: Office) -> Office:
    """Old conversations in packages, and one that is still at the source only."""
    office.cast.now = timezone.now()
    office.source("obrolan", client=office.cast.nusantara, record_class="conversation")
    for n in range(3):
        office.chat("obrolan", f"c{n}", [(OLD + timedelta(days=40 * n), f"Kartu saya TERTELAN di mesin {n}")])
    office.chat("obrolan", "baru", [(timezone.now() - timedelta(days=3), "tertelan lagi")])
    office.chat("obrolan", "lain", [(OLD, "halo")])
    office.source("telko", client=office.cast.telko, record_class="conversation")
    office.chat("telko", "t1", [(OLD, "tertelan juga")])
    office.scan("telko")
    office.backed_up("obrolan")
    return office


def begin(office: Office, text: str = "tertelan", **changes: Any) -> TextSearch:
    given: dict[str, Any] = {"user": office.cast.tari, "client": office.cast.nusantara, "reason": "Pengaduan 114"}
    return search.begin(at=timezone.now(), **{"text": text} | given | changes)


@pytest.mark.django_db(transaction=True)
def test_text_is_found_at_the_source_and_in_packages_of_this_client_only(chats: Office) -> None:
    row = begin(chats)
    assert bytes(row.text_sealed).find(b"tertelan") < 0
    tasks.search_text(search_id=str(row.pk))
    row.refresh_from_db()
    assert (row.status, row.problems) == ("done", [])
    assert row.done == row.total == 4  # the source and three months' packages
    assert set(row.matches.values_list("ref", flat=True)) == {"c0", "c1", "c2", "baru"}
    entry = Entry.objects.get(verb="record.text_searched")
    assert "tertelan" not in str(entry.facts)


@pytest.mark.django_db(transaction=True)
def test_what_is_gone_from_the_source_is_still_found_in_its_package(chats: Office) -> None:
    del chats.rows["obrolan"]["c0"]
    chats.write("obrolan")
    row = begin(chats)
    search.run(row)
    assert "c0" in set(row.matches.values_list("ref", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_place_that_fails_is_named_and_the_others_are_searched(chats: Office) -> None:
    source = chats.found["obrolan"]
    source.config = {"folder": str(chats.folder / "gone")}
    source.save()
    package = Record.objects.get(ref="c0").version.package  # type: ignore[union-attr]
    (chats.folder / "store" / package.path).rename(chats.folder / "elsewhere")
    row = begin(chats)
    search.run(row)
    assert {problem["place"] for problem in row.problems} == {"obrolan", package.number}
    assert "c2" in set(row.matches.values_list("ref", flat=True))
    page = chats.cast.web(chats.cast.tari).get(f"/catatan/cari/{row.pk}/").content.decode()
    assert package.number in page


@pytest.mark.django_db(transaction=True)
def test_only_who_searched_sees_what_was_found(chats: Office) -> None:
    browser = chats.cast.web(chats.cast.tari)
    form = {"klien": chats.cast.nusantara.code, "teks": "tertelan", "alasan": "Pengaduan 114"}
    address = browser.post("/catatan/cari/", form)["Location"]
    running = browser.get(f"{address}berjalan/").content.decode()
    assert "every 2s" in running
    search.run(TextSearch.objects.get())
    done = browser.get(f"{address}berjalan/").content.decode()
    assert "every 2s" not in done
    assert len(re.findall(r"/catatan/\d+/", done)) == 4
    for person in (chats.cast.rahma, chats.cast.aulia, chats.cast.candra, chats.cast.adi):
        assert chats.cast.web(person).get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_text_search_needs_a_reason_and_three_characters(chats: Office) -> None:
    for changes in ({"text": "ab"}, {"reason": "  "}):
        with pytest.raises(RuleRefused):
            begin(chats, **changes)
    browser = chats.cast.web(chats.cast.tari)
    answer = browser.post("/catatan/cari/", {"klien": chats.cast.nusantara.code, "teks": "tertelan", "alasan": ""})
    assert answer.status_code == 200
    assert not TextSearch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_search_is_forgotten_after_a_day(chats: Office) -> None:
    row = begin(chats)
    assert search.forget(at=row.started_at + timedelta(hours=23)) == 0
    search.forget(at=row.started_at + timedelta(hours=25))
    assert not TextSearch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_names_are_sealed_with_the_record_and_open_with_its_package(chats: Office) -> None:
    row = Record.objects.select_related("version__package", "source").get(ref="c1")
    assert row.customer_sealed is not None
    assert b"Nasabah" not in bytes(row.customer_sealed)
    customer = customer_of(row)
    assert customer is not None
    assert customer.name == "Nasabah c1"
    other = Record.objects.select_related("version__package", "source").get(ref="c2")
    other.customer_sealed = row.customer_sealed  # sealed for another record: it opens nowhere else
    assert customer_of(other) is None
    assert Record.objects.get(ref="baru").customer_sealed is None
