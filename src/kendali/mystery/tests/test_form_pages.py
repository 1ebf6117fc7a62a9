"""The form builder's pages."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kendali.documents.models import Revision
from kendali.mystery.actions import forms
from kendali.mystery.queries.forms import form_of
from kendali.mystery.rules import form_edit, form_workbook
from kendali.mystery.rules.form import Form, Kind, Words
from kendali.mystery.tests.page_forms import sent
from kendali.mystery.tests.permission_lines_forms import draft
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def address(revision: Revision, *more: str) -> str:
    return "/".join([f"/mystery/formulir/{revision.pk}", *more, ""])


def now(revision: Revision) -> Form:
    return form_of(Revision.objects.get(pk=revision.pk))


def save(cast: Cast, revision: Revision, item: str, **changes: str) -> int:
    """The item's page as it is opened, with these fields written over, sent back."""
    browser = cast.web(cast.qanita)
    fields = sent(browser.get(address(revision, "butir", item)).content.decode())
    fields = {name: value for name, value in (fields | changes).items() if value != "-"}
    return browser.post(address(revision, "butir", item), fields).status_code


def test_the_list_shows_versions_and_the_draft_to_go_on_with(cast: Cast) -> None:
    draft(cast)
    html = cast.web(cast.qanita).get("/mystery/formulir/").content.decode()
    assert "IN.QCC.TDSCC.F-22" in html
    assert "Lanjutkan draf" in html
    assert "berlaku" in html


def test_without_any_form_the_shipped_one_is_offered(cast: Cast) -> None:
    browser = cast.web(cast.qanita)
    assert "Pasang formulir F-22" in browser.get("/mystery/formulir/").content.decode()
    browser.post("/mystery/formulir/versi-baru/")
    assert Revision.objects.get().status == "effective"


def test_a_version_in_force_shows_its_items_and_no_way_to_edit(cast: Cast) -> None:
    shipped = forms.ship_default(cast.now)
    html = cast.web(cast.qanita).get(address(shipped)).content.decode()
    assert "Salam pembuka" in html
    assert "/urutan/" not in html
    assert cast.web(cast.qanita).get(address(shipped, "butir", "opening")).status_code == 404


@pytest.mark.parametrize("item", ["opening", "connected", "queue_seconds", "remarks", "hold", "secret_asked"])
def test_an_item_opened_and_saved_says_the_same(cast: Cast, item: str) -> None:
    one = draft(cast)
    before = now(one)
    assert save(cast, one, item) == 302
    assert now(one) == before


def test_what_is_written_in_the_page_of_an_item_is_saved(cast: Cast) -> None:
    one = draft(cast)
    written = {"label_id": "Salam awal", "weight": "2,5", "critical": "business", "section": "people", "required": "-"}
    assert save(cast, one, "opening", **written, **{"langkah-2-points": "0", "langkah-1-label_en": "In part"}) == 302
    changed = form_edit.item(now(one), "opening")
    assert (changed.label.id, str(changed.weight), changed.required) == ("Salam awal", "2.5", False)
    assert changed.error_class == "business"
    assert changed.choices[1].label.en == "In part"
    assert form_edit.section_of(now(one), "opening").id == "people"


def test_a_fine_weight_is_shown_as_it_is(cast: Cast) -> None:
    one = draft(cast)
    save(cast, one, "opening", weight="0,25")
    assert ">0,25<" in cast.web(cast.qanita).get(address(one)).content.decode()


def test_answers_are_added_ordered_and_taken_away(cast: Cast) -> None:
    one = draft(cast)
    fields = {
        "langkah-3-label_id": "Luar biasa",
        "langkah-3-points": "3",
        "langkah-3-ORDER": "1",
        "langkah-1-DELETE": "on",
    }
    assert save(cast, one, "opening", **fields, **{"langkah-0-ORDER": "2"}) == 302
    codes = [choice.code for choice in form_edit.item(now(one), "opening").choices]
    assert codes == ["a1", "full", "not_met"]


def test_ranges_and_conditions_are_saved(cast: Cast) -> None:
    one = draft(cast)
    fields = {"langkah-1-high": "91", "langkah-2-low": "91", "syarat-1-item": "busy", "syarat-1-value": "no"}
    assert save(cast, one, "queue_seconds", **fields, **{"syarat-1-operator": "="}) == 302
    changed = form_edit.item(now(one), "queue_seconds")
    assert [(str(one.low), str(one.high)) for one in changed.ranges][1:] == [("21", "91"), ("91", "None")]
    assert [condition.item for condition in changed.when] == ["connected", "busy"]


def test_what_is_no_number_is_told_at_its_field_and_nothing_is_saved(cast: Cast) -> None:
    one = draft(cast)
    before = now(one)
    assert save(cast, one, "opening", weight="banyak") == 422
    assert now(one) == before


def test_a_draft_may_have_problems_and_tells_them_at_their_place(cast: Cast) -> None:
    one = draft(cast)
    assert save(cast, one, "opening", **{"langkah-0-fails": "on", "langkah-1-fails": "on"}) == 302
    page = cast.web(cast.qanita).get(address(one)).content.decode()
    line = page[page.index('id="butir-opening"') :]
    assert "Semua jawaban gagal" in line[: line.index("</tr>")]
    assert "alert-circle" in cast.web(cast.qanita).get(address(one)).content.decode()


def test_an_item_that_somebody_else_changed_is_not_overwritten(cast: Cast) -> None:
    one = draft(cast)
    browser = cast.web(cast.qanita)
    fields = sent(browser.get(address(one, "butir", "opening")).content.decode())
    assert save(cast, one, "opening", label_id="Dari orang lain") == 302
    answer = browser.post(address(one, "butir", "opening"), fields | {"label_id": "Dari saya"})
    assert answer.status_code == 422
    assert "Dari saya" in answer.content.decode()
    assert form_edit.item(now(one), "opening").label.id == "Dari orang lain"


def test_items_and_sections_are_made_moved_and_taken_away(cast: Cast) -> None:
    one = draft(cast)
    browser = cast.web(cast.qanita)
    browser.post(address(one, "seksi-baru"), {"label_id": "Penutup", "weight": "5"})
    answer = browser.post(address(one, "seksi", "penutup", "butir-baru"), {"kind": "yes_no", "label_id": "Sapa nama"})
    assert answer.headers["Location"] == address(one, "butir", "sapa_nama")
    assert form_edit.item(now(one), "sapa_nama").kind is Kind.YES_NO
    browser.post(address(one, "urutan"), {"seksi": "penutup", "arah": "naik"})
    assert [section.id for section in now(one).sections] == ["access", "system", "penutup", "people"]
    answer = browser.post(address(one, "urutan"), {"butir": "empathy", "arah": "naik"})
    assert answer.headers["Location"].endswith("#butir-empathy")
    assert [item.id for item in now(one).sections[3].items][:2] == ["empathy", "intonation"]
    browser.post(address(one, "seksi", "penutup"), {"label_id": "Akhir", "weight": "7", "touch_point": "people"})
    assert form_edit.section(now(one), "penutup").label == Words("Akhir")
    browser.post(address(one, "hapus"), {"seksi": "penutup"})
    browser.post(address(one, "hapus"), {"butir": "empathy"})
    assert len(now(one).sections) == 3
    assert now(one).item("empathy") is None


def test_title_and_number_are_changed(cast: Cast) -> None:
    one = draft(cast)
    cast.web(cast.qanita).post(
        address(one, "pengaturan"), {"title_id": "Formulir", "title_en": "Form", "revision": "04"}
    )
    assert (now(one).title, now(one).revision) == (Words("Formulir", "Form"), "04")
    assert Revision.objects.get(pk=one.pk).label == "04"


def test_document_control_puts_it_into_force(cast: Cast) -> None:
    one = draft(cast)
    assert 'id="force"' in cast.web(cast.dewi).get(address(one)).content.decode()
    assert 'id="force"' not in cast.web(cast.qanita).get(address(one)).content.decode()
    since = timezone.localdate() + timedelta(days=3)
    cast.web(cast.dewi).post(address(one, "berlakukan"), {"since": since.isoformat()})
    assert Revision.objects.get(pk=one.pk).valid_from == since


@pytest.mark.parametrize(
    ("given", "shown", "hidden"),
    [
        ({}, 'name="attempts"', 'name="empathy"'),
        ({"connected": "yes"}, 'name="empathy"', 'name="hold"'),
        ({"connected": "yes", "held": "yes"}, 'name="hold"', 'name="transfer"'),
    ],
)
def test_the_preview_asks_what_follows_from_the_answers(
    cast: Cast, given: dict[str, str], shown: str, hidden: str
) -> None:
    html = cast.web(cast.qori).get(address(forms.ship_default(cast.now), "pratinjau"), given).content.decode()
    assert shown in html
    assert hidden not in html


def test_the_preview_scores_a_trial_and_saves_nothing(cast: Cast) -> None:
    shipped = forms.ship_default(cast.now)
    given = {"connected": "yes", "opening": "partly", "empathy": "n/a", "secret_asked": "yes", "queue_seconds": "abc"}
    html = cast.web(cast.qori).get(address(shipped, "pratinjau"), given).content.decode()
    assert "ketidaksesuaian" in html
    assert "0,0\xa0%" in html or "0\xa0%" in html  # asking for a PIN makes the whole form 0


def test_differences_are_told_and_whether_scores_can_be_compared(cast: Cast) -> None:
    one = draft(cast)
    browser = cast.web(cast.qori)
    assert "Tidak ada perbedaan" in browser.get(address(one, "perbedaan")).content.decode()
    save(cast, one, "opening", label_id="Salam awal")
    words_only = browser.get(address(one, "perbedaan")).content.decode()
    assert "Salam awal" in words_only
    assert "boleh dibandingkan" in words_only
    save(cast, one, "opening", weight="9")
    assert "bukan ukuran yang sama" in browser.get(address(one, "perbedaan")).content.decode()


def test_the_first_version_has_nothing_to_be_compared_with(cast: Cast) -> None:
    html = cast.web(cast.qori).get(address(forms.ship_default(cast.now), "perbedaan")).content.decode()
    assert "Belum ada pembanding" in html


def test_a_workbook_goes_out_and_comes_back(cast: Cast) -> None:
    one = draft(cast)
    browser = cast.web(cast.qanita)
    book = browser.get(f"/mystery/formulir/{one.pk}/formulir.xlsx")
    sheets, problems = form_workbook.read_xlsx(book.content)
    assert problems == []
    assert len(sheets["survey"]) > 20
    answer = browser.post(address(one, "unggah"), {"file": io.BytesIO(book.content)})
    assert answer.status_code == 302


def test_a_workbook_with_mistakes_shows_row_and_column(cast: Cast) -> None:
    one = draft(cast)
    bad: Any = io.BytesIO(b"not a workbook")
    bad.name = "buruk.xlsx"
    answer = cast.web(cast.qanita).post(address(one, "unggah"), {"file": bad})
    assert answer.status_code == 422
    assert "Tidak ada yang disimpan" in answer.content.decode()


def test_the_longest_form_is_shown_with_few_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    one = draft(cast)
    browser = cast.web(cast.dewi)
    browser.get(address(one))
    with django_assert_max_num_queries(30):
        browser.get(address(one))
