"""Every page with an address of its own, as the people who may open it see it: whole on a phone, accessible, quiet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from conftest import each
from tests.browser import faults, launched, listen
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Downloads, machines' addresses, and what accounts/tests/test_in_a_browser.py opens.
NOT_PAGES = (
    "akun/",
    "masuk/",
    "api/",
    "health/",
    "gaya/",
    "keluar/",
    "xlsx",
    "unduh",
    "baca-semua",
    "akhiri-",
    "pratinjau",
    "bentuk",
)
PEOPLE = each(("tari", 360, "dark"), ("rahma", 1280, "light"), ("clara", 360, "light"))


def addresses(patterns: list[URLPattern | URLResolver] | None = None, before: str = "/") -> Iterator[str]:
    """The addresses without parameters."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = before + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here)
        elif not any(mark in here for mark in (*NOT_PAGES, "<", "(")):
            yield here


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


@pytest.mark.parametrize(("name", "width", "scheme"), PEOPLE)
def test_every_page_a_person_may_open_is_accessible_and_whole(
    browser: Browser, live_server: LiveServer, cast: Cast, name: str, width: int, scheme: str
) -> None:
    web = cast.web(cast.people[name])
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    context.add_cookies([{"name": "sessionid", "value": web.cookies["sessionid"].value, "url": live_server.url}])
    seen, wrong = 0, []
    for address in sorted(set(addresses())):
        answer = web.get(address)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            page = context.new_page()
            complaints = listen(page, live_server.url)
            page.goto(live_server.url + address)
            wrong += [f"{address}: {fault}" for fault in [*complaints, *faults(page)]]
            page.close()
            seen += 1
    assert wrong == []
    assert seen
