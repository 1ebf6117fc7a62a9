"""The pages of people in a real browser: a passkey that logs in, and axe on every page, wide and on a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.accounts import own_actions
from kendali.accounts.models import User
from kendali.notices.actions import notify
from tests.browser import faults, launched
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = os.environ.get("KENDALI_SHOTS", "")
ENTRANCE = ["/masuk/", "/atur-sandi/x/"]
OWN = ["/akun/", "/akun/sandi/", "/akun/faktor/", "/akun/sesi/", "/akun/pengganti/", "/akun/token/", "/kotak-masuk/"]
KEPT = ["/pengguna/", "/pengguna/baru/", "/klien/", "/klien/baru/", "/area/", "/audit/"]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


def new_page(browser: Browser, width: int = 1440, scheme: str = "light") -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    return context.new_page()


def log_in(page: Page, url: str, email: str, then: str = "/akun/") -> None:
    page.goto(f"{url}/masuk/?next={then}")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}{then}")


@pytest.mark.parametrize(("width", "scheme"), each((360, "dark"), (1440, "light")))
def test_every_page_is_accessible_and_whole(
    browser: Browser, live_server: LiveServer, cast: Cast, width: int, scheme: str
) -> None:
    day = cast.now.date()
    own_actions.name_deputy(user=cast.adi, at=cast.now, deputy=_second(), role="administrator", starts=day, ends=day)
    own_actions.create_token(user=cast.adi, at=cast.now, name="skrip malam", scopes=["read", "operate"])
    notify([cast.adi], kind="deputy.named", facts={"principal": "Tari"}, url="/akun/", at=cast.now, due=cast.now)
    page = new_page(browser, width, scheme)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    for path in ENTRANCE:
        page.goto(live_server.url + path)
        _look_at(page, width, scheme, path)
    log_in(page, live_server.url, cast.adi.email)
    for path in [*OWN, *KEPT, f"/pengguna/{cast.tari.pk}/", "/klien/telko-raya/ubah/"]:
        page.goto(live_server.url + path)
        _look_at(page, width, scheme, path)
    assert [said for said in complaints if "/atur-sandi/x/" not in said] == []  # that one answers 410


def _look_at(page: Page, width: int, scheme: str, path: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{path.strip('/').replace('/', '-')}-{width}-{scheme}.png", full_page=True)
    assert faults(page) == [], path


def _second() -> User:
    return User.objects.create(email="ani@kendali.test", name="Ani Lestari")


def test_a_passkey_is_added_and_then_logs_in_without_a_password(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    page = new_page(browser)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    url = live_server.url.replace("127.0.0.1", "localhost")
    log_in(page, url, cast.tari.email, "/akun/faktor/")
    page.goto(f"{url}/akun/faktor/kunci/")
    page.fill("[name=password]", PASSWORD)  # once more, because this changes the way in
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/akun/faktor/kunci/")
    page.fill("[name=name]", "Laptop Tari")
    page.check("[name=passwordless]")
    page.click("#add_key")
    page.wait_for_url(f"{url}/akun/faktor/kode/")
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"webauthn", "recovery_codes"}
    page.context.clear_cookies()
    page.goto(f"{url}/masuk/")
    page.click("#passkey_login")
    page.wait_for_url(lambda address: "/masuk/" not in address)
    page.goto(f"{url}/akun/")
    assert page.locator("[name=name]").input_value() == "Tari Lestari"
