from __future__ import annotations

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from kendali.accounts.models import User, UserSession
from kendali.audit.models import Entry
from tests.authenticator import code_in_time
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db
LOGIN = "/masuk/"
ACCOUNT = "/akun/"


def log_in(browser: Browser, user: User, password: str = PASSWORD, **more: str) -> object:
    return browser.post(LOGIN, {"email": user.email, "password": password, "next": ACCOUNT, **more})


def prove(browser: Browser) -> None:
    """What changes the way in asks for the password once more."""
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": ACCOUNT})


def with_app(browser: Browser) -> str:
    """Sets up the authenticator app as the page does; returns its secret."""
    prove(browser)
    page = browser.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r"<code[^>]*>([A-Z2-7]{16,})</code>", page)
    assert found is not None
    with code_in_time(found.group(1)) as code:
        answer = browser.post(reverse("mfa_activate_totp"), {"code": code})
    assert answer.status_code == 302
    return found.group(1)


def test_a_person_logs_in_with_email_and_password_whatever_the_case(cast: Cast) -> None:
    browser = Browser()
    answer = browser.post(LOGIN, {"email": "TARI@Kendali.test", "password": PASSWORD, "next": ACCOUNT})
    assert answer.headers["Location"] == ACCOUNT
    assert browser.get(ACCOUNT).status_code == 200
    assert Entry.objects.filter(verb="account.logged_in", actor_id=cast.tari.pk).count() == 1


def test_a_wrong_password_says_so_and_no_more(cast: Cast) -> None:
    answer = Browser().post(LOGIN, {"email": cast.tari.email, "password": "salah"})
    unknown = Browser().post(LOGIN, {"email": "siapa@kendali.test", "password": "salah"})
    assert answer.status_code == unknown.status_code == 200
    assert "E-mail atau kata sandi salah." in answer.content.decode()
    assert "E-mail atau kata sandi salah." in unknown.content.decode()


def test_five_wrong_passwords_lock_the_log_in_even_for_the_right_one(cast: Cast) -> None:
    browser = Browser()
    answers = [browser.post(LOGIN, {"email": cast.tari.email, "password": "salah"}) for _ in range(5)]
    assert answers[-1].status_code == 429
    right = browser.post(LOGIN, {"email": cast.tari.email, "password": PASSWORD})
    assert right.status_code == 429
    assert "15 menit" in right.content.decode()
    assert Entry.objects.filter(verb="user.locked_out", object_id=str(cast.tari.pk)).count() == 1
    page = f"/pengguna/{cast.tari.pk}/"
    assert "kunci masuk" in cast.web(cast.adi).get(page).content.decode()
    cast.web(cast.adi).post(reverse("change_user_state", kwargs={"number": cast.tari.pk, "do": "buka-kunci"}))
    assert browser.post(LOGIN, {"email": cast.tari.email, "password": PASSWORD}).status_code == 302


def test_a_deactivated_person_cannot_log_in(cast: Cast) -> None:
    User.objects.filter(pk=cast.tari.pk).update(is_active=False)
    assert Browser().post(LOGIN, {"email": cast.tari.email, "password": PASSWORD}).status_code == 200


def test_the_way_back_never_leads_to_another_site(cast: Cast) -> None:
    answer = Browser().post(LOGIN, {"email": cast.tari.email, "password": PASSWORD, "next": "https://evil.test/"})
    assert "evil" not in answer.headers["Location"]


def test_with_an_authenticator_app_the_password_alone_opens_nothing(cast: Cast) -> None:
    browser = Browser()
    log_in(browser, cast.tari)
    secret = with_app(browser)
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes"}
    row = Authenticator.objects.get(type="totp")
    assert secret not in json.dumps(row.data)  # at rest it is encrypted
    again = Browser()
    answer = log_in(again, cast.tari)
    assert answer.headers["Location"].startswith(reverse("mfa_authenticate"))  # type: ignore[attr-defined]
    assert again.get(ACCOUNT).status_code == 302
    assert again.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert again.get(ACCOUNT).status_code == 302
    Authenticator.objects.filter(pk=row.pk).update(last_used_at=None)
    cache.clear()  # the code used for activation may not be used again: as half a minute later
    with code_in_time(secret) as code:
        assert again.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert again.get(ACCOUNT).status_code == 200


def test_a_recovery_code_stands_in_for_the_app_once(cast: Cast) -> None:
    browser = Browser()
    log_in(browser, cast.tari)
    with_app(browser)
    page = browser.get(reverse("mfa_view_recovery_codes")).content.decode()
    code = re.findall(r"<li><code>([^<]+)</code></li>", page)[0]
    for expected in (302, 200):
        again = Browser()
        log_in(again, cast.tari)
        assert again.post(reverse("mfa_authenticate"), {"code": code}).status_code == expected


def test_adding_and_removing_a_factor_is_in_the_trail_and_told_to_the_person(cast: Cast) -> None:
    browser = Browser()
    log_in(browser, cast.tari)
    with_app(browser)
    browser.post(reverse("mfa_deactivate_totp"))
    verbs = list(Entry.objects.filter(verb__startswith="account.factor").values_list("verb", "facts__factor"))
    assert ("account.factor_added", "totp") in verbs
    assert ("account.factor_removed", "totp") in verbs
    assert cast.tari.notices.filter(kind="account.factor_removed").exists()


def test_changing_factors_asks_again_who_it_is(cast: Cast) -> None:
    browser = cast.web(cast.tari)  # logged in without a recent password
    answer = browser.get(reverse("mfa_activate_totp"))
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    answer = browser.post(answer.headers["Location"], {"password": PASSWORD})
    assert answer.status_code == 302
    assert browser.get(reverse("mfa_activate_totp")).status_code == 200


def test_a_passkey_page_offers_a_challenge(cast: Cast) -> None:
    browser = Browser()
    log_in(browser, cast.tari)
    prove(browser)
    page = browser.get(reverse("mfa_add_webauthn"))
    assert page.status_code == 200
    assert b"challenge" in page.content
    options = Browser().get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    assert options.json()["request_options"]["publicKey"]["challenge"]


def test_logging_out_needs_a_post_and_ends_the_session(cast: Cast) -> None:
    browser = Browser()
    log_in(browser, cast.tari)
    browser.get(ACCOUNT)
    assert browser.get("/keluar/").status_code == 405
    browser.post("/keluar/")
    assert browser.get(ACCOUNT).status_code == 302
    assert UserSession.objects.get().ended_at is not None
    assert Entry.objects.filter(verb="account.logged_out").exists()
