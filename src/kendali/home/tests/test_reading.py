"""A page is in the person's language, theme and zone; a visitor's by the cookies of the browser, never guessed."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import Cast

pytestmark = pytest.mark.django_db


def page(browser: Client) -> str:
    return browser.get("/gaya/").content.decode()


def test_a_visitor_reads_indonesian_whatever_the_browser_prefers() -> None:
    html = page(Client(headers={"accept-language": "en-GB,en"}))
    assert '<html lang="id"' in html
    assert "Langsung ke isi" in html


def test_a_visitor_may_choose_english_and_dark() -> None:
    browser = Client()
    answer = browser.post("/tampilan/", {"language": "en"}, headers={"referer": "http://testserver/gaya/"})
    assert (answer.status_code, answer["Location"]) == (302, "http://testserver/gaya/")
    browser.post("/tampilan/", {"theme": "dark"})
    html = page(browser)
    assert '<html lang="en" data-theme="dark"' in html
    assert "Skip to the content" in html


def test_a_person_keeps_the_choice_on_every_machine(cast: Cast) -> None:
    cast.web(cast.tari).post("/tampilan/", {"language": "en", "theme": "light"})
    cast.tari.refresh_from_db()
    assert (cast.tari.language, cast.tari.theme) == ("en", "light")
    assert '<html lang="en" data-theme="light"' in page(cast.web(cast.tari))


@pytest.mark.parametrize("choice", [{"language": "xx"}, {"theme": "pink"}, {}])
def test_what_is_not_offered_changes_nothing(choice: dict[str, str]) -> None:
    browser = Client()
    assert browser.post("/tampilan/", choice).status_code == 302
    assert not browser.cookies


def test_after_choosing_one_is_not_sent_to_another_host() -> None:
    answer = Client().post("/tampilan/", {"theme": "dark"}, headers={"referer": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_times_are_in_the_zone_of_the_person(cast: Cast) -> None:
    cast.tari.zone = "Asia/Makassar"
    cast.tari.save(update_fields=["zone"])
    assert "WITA" in page(cast.web(cast.tari))
    assert "WITA" not in page(Client())


def test_the_header_names_the_person_and_offers_the_way_out(cast: Cast) -> None:
    html = page(cast.web(cast.tari))
    assert cast.tari.name in html
    assert "Menunggu saya" in html
    assert 'action="/keluar/"' in html
    assert "person-menu" not in page(Client())


def test_a_fragment_asks_the_database_only_who_is_there(cast: Cast, django_assert_max_num_queries: object) -> None:
    browser = cast.web(cast.tari)
    browser.get("/gaya/berjalan/")
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        browser.get("/gaya/berjalan/")


def test_a_missing_page_says_what_to_do_next(cast: Cast) -> None:
    answer = cast.web(cast.tari).get("/tidak-ada/")
    assert answer.status_code == 404
    assert "Tidak ada apa pun di sini untuk Anda." in answer.content.decode()
