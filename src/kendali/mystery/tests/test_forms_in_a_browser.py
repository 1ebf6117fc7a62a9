"""Form builder and F-22 as people see them: whole on a phone, accessible, quiet, worked by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from pytest_django.live_server_helper import LiveServer

from conftest import LONG, each
from kendali.accounts.models import User
from kendali.documents.models import Revision
from kendali.mystery.actions import forms
from kendali.mystery.models import Sample
from kendali.mystery.queries.forms import form_of
from kendali.mystery.rules import form_edit
from kendali.mystery.rules.form import Section, Words
from kendali.mystery.tests.f22_rows import FIRST, month
from kendali.mystery.tests.permission_lines_forms import draft
from tests.browser import faults, launched, listen
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


def context(browser: Browser, cast: Cast, user: User, url: str, width: int, scheme: str) -> BrowserContext:
    made = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    session = cast.web(user).cookies["sessionid"].value
    made.add_cookies([{"name": "sessionid", "value": session, "url": url}])
    return made


def addresses(cast: Cast) -> list[str]:
    """Every page of both parts that can be opened, with a draft that has a problem and a difference."""
    month(cast, 3, status="planned", plan_frozen_at=FIRST)
    one = draft(cast)
    forms.edit(
        user=cast.qanita, at=cast.now, revision=one, place="system",
        change=lambda form: form_edit.add_section(
            form_edit.remove_item(form, "opening"), Section("kosong", Words("Kosong"), ())
        ),
    )  # fmt: skip
    base = f"/mystery/formulir/{one.pk}/"
    below = ("", "pratinjau/?connected=yes&secret_asked=yes", "perbedaan/", "seksi-baru/", "seksi/people/",
             "seksi/people/butir-baru/", "butir/empathy/", "butir/queue_seconds/", "butir/remarks/",
             "unggah/")  # fmt: skip
    sheet = f"/mystery/f22/sampel/{Sample.objects.order_by('pk')[0].pk}/"
    shipped = f"/mystery/formulir/{Revision.objects.get(status='effective').pk}/"
    f22 = ("/mystery/f22/", "/mystery/f22/2026-11/", "/mystery/f22/2026-11/?cari=zzz", sheet)
    return ["/mystery/formulir/", shipped, *(base + one for one in below), *f22]


@pytest.mark.parametrize(("width", "scheme", "step"), each((360, "dark", 1 if LONG else 3), (1280, "light", 4)))
def test_every_page_is_accessible_and_whole(
    browser: Browser, live_server: LiveServer, cast: Cast, width: int, scheme: str, step: int
) -> None:
    """On the phone every one (every third in the short run), on a desk every fourth."""
    wrong = []
    with context(browser, cast, cast.qanita, live_server.url, width, scheme) as opened:
        for address in addresses(cast)[::step]:
            page = opened.new_page()
            complaints = listen(page, live_server.url)
            page.goto(live_server.url + address)
            wrong += [f"{address}: {fault}" for fault in [*complaints, *faults(page)]]
            page.close()
    assert wrong == []


def test_an_item_is_moved_with_the_keyboard_alone(browser: Browser, live_server: LiveServer, cast: Cast) -> None:
    one = draft(cast)
    with context(browser, cast, cast.qanita, live_server.url, 1280, "light") as opened:
        page = opened.new_page()
        page.goto(f"{live_server.url}/mystery/formulir/{one.pk}/")
        button = page.get_by_role("button", name="Naikkan Empati", exact=True)
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/#butir-empathy")
        page.get_by_text("Dipindahkan.").wait_for()
    people = form_of(Revision.objects.get(pk=one.pk)).sections[2]
    assert [item.id for item in people.items][:2] == ["empathy", "intonation"]


def test_a_trial_shows_the_next_questions_as_soon_as_one_is_answered(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    shipped = forms.ship_default(cast.now)
    with context(browser, cast, cast.qori, live_server.url, 360, "light") as opened:
        page = opened.new_page()
        page.goto(f"{live_server.url}/mystery/formulir/{shipped.pk}/pratinjau/")
        assert page.get_by_text("Salam pembuka").count() == 0
        page.locator("#t-connected-yes").check()
        page.get_by_text("Salam pembuka").wait_for()
        assert page.locator("#t-connected-yes").is_checked()
