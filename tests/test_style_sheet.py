"""Every component in a real browser: wide and on a phone, light and dark, both languages; axe finds nothing, nothing
is cut off, and the page asks nothing of another host and breaks no rule of its own Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route
from pytest_django.live_server_helper import LiveServer

from conftest import LONG
from tests.browser import faults, launched, listen

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WAYS = [(width, scheme, language) for width in (1440, 360) for scheme in ("light", "dark") for language in ("id", "en")]
WAYS = WAYS if LONG else WAYS[::7]  # the first and the one that differs in everything


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


def opened(browser: Browser, url: str, width: int = 1440, scheme: str = "light", language: str = "id") -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": url}])
    return context.new_page()


def shown(browser: Browser, live_server: LiveServer) -> Page:
    page = opened(browser, live_server.url)
    page.goto(f"{live_server.url}/gaya/")
    return page


@pytest.mark.parametrize(("width", "scheme", "language"), WAYS)
def test_every_component_is_accessible_and_whole(
    browser: Browser, live_server: LiveServer, width: int, scheme: str, language: str
) -> None:
    page = opened(browser, live_server.url, width, scheme, language)
    complaints = listen(page, live_server.url)
    page.goto(f"{live_server.url}/gaya/")
    page.locator(".player.is-live").wait_for()
    assert page.locator("html").get_attribute("lang") == language
    assert complaints == []  # before axe, which adds a style of its own
    assert faults(page) == []


def test_a_dialog_opens_takes_the_focus_and_closes_by_escape(browser: Browser, live_server: LiveServer) -> None:
    page = shown(browser, live_server)
    page.locator("[data-dialog=return-dialog]").click()
    assert page.locator("#return-dialog").evaluate("dialog => dialog.matches(':modal')")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.locator("#return-dialog").wait_for(state="hidden")


def test_without_scripts_dialogs_open_and_the_recording_plays(browser: Browser, live_server: LiveServer) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_server.url}/gaya/")
    page.locator("[popovertarget=return-dialog]").first.click()
    page.locator("#return-dialog").wait_for()
    page.locator(".player audio").wait_for()


def test_progress_moves_without_reloading(browser: Browser, live_server: LiveServer) -> None:
    page = shown(browser, live_server)

    def later(route: Route) -> None:
        route.fulfill(body=route.fetch().text().replace("34880", "55000"))

    page.route("**/gaya/berjalan/", later)
    page.locator('#run progress[value="55000"]').wait_for()


def test_a_form_is_sent_once_however_often_it_is_clicked(browser: Browser, live_server: LiveServer) -> None:
    page = shown(browser, live_server)
    count = """button => {
        let sent = 0;
        window.addEventListener("submit", event => { if (!event.defaultPrevented) sent++; event.preventDefault(); });
        for (let click = 0; click < 3; click++) button.click();
        return sent;
    }"""
    assert page.locator(".head-actions .primary").evaluate(count) == 1
