"""A seal that is left to its job: the page that waits for it, asked and in a browser."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from kendali.register import sealing
from kendali.register.models import Certificate
from kendali.register.tests import papers
from tests.browser import faults, launched, listen
from tests.cast import Cast

NOBODY = "http://127.0.0.1:9/"  # a time-stamp server that does not answer


def at(name: str, certificate: Certificate) -> str:
    return reverse(name, kwargs={"pk": certificate.pk})


def read(browser: Browser, url: str) -> str:
    response = browser.get(url)
    assert response.status_code == 200, response
    return response.content.decode()


def elsewhere(act: Callable[[], object]) -> None:
    """In a thread of its own: the loop that seals and the loop of the browser are not for one thread."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


@pytest.mark.django_db
def test_a_page_whose_seal_is_left_to_the_job_asks_until_it_is_there(cast: Cast, settings: Settings) -> None:
    settings.KENDALI_SEAL_TSA = NOBODY
    one = papers.sealed(cast)
    browser, asks = cast.web(cast.dewi), f'hx-get="{at("certificate_live", one)}"'
    assert asks in read(browser, at("certificate", one))
    waiting = browser.get(at("certificate_live", one))
    assert (waiting.status_code, waiting.content) == (204, b"")  # nothing moves, nothing is read out
    settings.KENDALI_SEAL_TSA = ""
    sealing.seal(certificate_id=one.pk, at=cast.now)
    news = read(browser, at("certificate_live", one))
    assert "Berita acara sudah disegel." in news
    assert "hx-trigger" not in news
    assert "hx-trigger" not in read(browser, at("certificate", one))


@pytest.mark.django_db
def test_one_made_void_meanwhile_says_so_and_is_not_asked_about_again(cast: Cast) -> None:
    one, browser = papers.sent(cast), cast.web(cast.dewi)
    browser.post(at("certificate_cancel", one), {"alasan": "Salah lampiran"})
    news = read(browser, at("certificate_live", one))
    assert "Salah lampiran" in news.partition('id="seal"')[2].partition('id="steps"')[0]
    assert "hx-trigger" not in news


@pytest.mark.django_db
def test_a_page_that_waits_for_people_asks_nothing(cast: Cast) -> None:
    assert "hx-trigger" not in read(cast.web(cast.dewi), at("certificate", papers.sent(cast)))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_seal_appears_by_itself_and_what_is_being_written_stays(
    cast: Cast, live_server: LiveServer, chromium: str, settings: Settings
) -> None:
    settings.KENDALI_SEAL_TSA = NOBODY
    one = papers.sealed(cast)
    settings.KENDALI_SEAL_TSA = ""
    with launched(chromium) as browser:
        context = browser.new_context()
        session = cast.web(cast.dewi).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        wrong = listen(page, live_server.url)
        page.goto(live_server.url + at("certificate", one))
        with page.expect_response(lambda answer: answer.url.endswith("/segel/") and answer.status == 204):
            page.locator("[data-dialog=dialog-cancel]").click()
            page.locator("#cancel-reason").fill("Salah lam")
        page.evaluate("() => { document.querySelector('[role=status]:has(> #seal)').dataset.here = 'yes'; }")
        elsewhere(lambda: sealing.seal(certificate_id=one.pk, at=cast.now))
        for arrived in (".head .pill.s-done", "#steps li:last-child.is-done", "#beside #proof-ref", "#seal .s-done"):
            page.wait_for_function("arrived => document.querySelector(arrived) !== null", arg=arrived)
        # What is read out is new text in the region that was there before; and nobody asks any more.
        assert page.locator("[data-here] #seal").inner_text() == "Berita acara sudah disegel."
        assert page.locator("[data-live]").count() == 0
        page.keyboard.type("piran")
        assert page.locator("#cancel-reason").input_value() == "Salah lampiran"
        wrong += faults(page)
    assert wrong == []
