"""The page a person opens first."""

from __future__ import annotations

import pytest

from kendali.home.waiting import greeting
from kendali.records.tests import disposal_rows
from kendali.records.tests import permission_lines as rows
from kendali.records.tests.test_pages import catalogue, text
from tests.cast import Cast


def test_the_team_leader_sees_what_is_due_and_the_one_button(cast: Cast) -> None:
    source = catalogue(cast, 3)
    page = cast.web(cast.tari).get("/").content.decode()
    assert "Ajukan backup percakapan Bank Nusantara, Maret 2025" in page
    assert f"/eskalasi/baru/?sumber={source.pk}" in page
    assert page.count('class="button primary') == 1


def test_what_waits_for_team_it_does_not_wait_for_the_team_leader(cast: Cast) -> None:
    rows.order_row(cast)
    assert "Terima eskalasi Bank Nusantara" in text(cast.web(cast.indra), "/")
    assert "Terima eskalasi" not in text(cast.web(cast.tari), "/")


def test_who_has_nothing_to_do_reads_what_will_appear_here(cast: Cast) -> None:
    assert "Tidak ada yang menunggu Anda" in text(cast.web(cast.qori), "/")


def test_the_administrator_of_an_empty_house_sees_what_to_do_next(cast: Cast) -> None:
    shown = text(cast.web(cast.adi), "/")
    assert "sebagai sumber" in shown


def test_a_person_of_the_client_comes_to_the_clients_page(cast: Cast) -> None:
    assert cast.web(cast.clara).get("/").headers["Location"] == "/terbackup/"


def test_a_client_that_is_asked_something_comes_to_the_question(cast: Cast) -> None:
    disposal_rows.proposal(cast)
    assert cast.web(cast.clara).get("/").headers["Location"] == "/keputusan/"
    assert cast.web(cast.candra).get("/").headers["Location"] == "/terbackup/"


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (5, "Good morning"),
        (10, "Good morning"),
        (11, "Good day"),
        (15, "Good afternoon"),
        (18, "Good evening"),
        (2, "Good evening"),
    ],
)
def test_the_greeting_follows_the_hour(hour: int, words: str) -> None:
    assert greeting(hour) == words
