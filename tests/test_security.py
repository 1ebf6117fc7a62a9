"""What a stranger, a hostile source or a careless reader must not get, on every page."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.http import HttpResponseBase
from django.test import Client as Browser
from django.test import override_settings
from django.urls import reverse
from python_calamine import CalamineWorkbook

from conftest import LONG, each
from kendali.records.models import Record, Source
from kendali.records.tests.office import Office
from tests.cast import PASSWORD, Cast
from tests.permissions import lines
from tests.test_client_isolation import pages

HOSTILE = "<script>alert(1)</script>"
FORMULA = "=1+1"
SECRETS = ["rahasia-sandi-sumber-77", "rahasia-token-sumber-88"]
LONG_AGO = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]


PEOPLE = ("adi", "tari", "aulia", "maya") if LONG else ("adi", "tari")


@pytest.fixture
def office(cast: Cast, tmp_path: Path) -> Iterator[Office]:
    """A source whose every text is hostile, with passwords."""
    with override_settings(KENDALI_STORE=str(tmp_path / "store"), KENDALI_KEYS=f"{tmp_path}/slot-1,{tmp_path}/slot-2"):
        office = Office(cast, tmp_path)
        office.source("suara", client=cast.nusantara, record_class="recording")
        for number, ref in enumerate([HOSTILE.replace("/", "-"), FORMULA, "+62", "@SUM(A1)", "-2"]):
            office.call("suara", f"r{number}", LONG_AGO + timedelta(days=number))
            office.rows["suara"][f"r{number}"] |= {"display": ref, "agent": HOSTILE, "channel": FORMULA}
        office.write("suara")
        yield office


def everything(office: Office) -> Iterator[tuple[str, HttpResponseBase]]:
    source = office.found["suara"]
    record = Record.objects.first()
    assert record is not None
    more = [
        reverse("source", args=[source.pk]), reverse("source_edit", args=[source.pk]),
        reverse("record", args=[record.pk]), f"{reverse('records')}?sumber={source.pk}",
        f"{reverse('search')}?nomor=r1", "/api/v1/openapi.json", "/nowhere/", "/api/v1/nowhere",
    ]  # fmt: skip
    for nick in PEOPLE:
        browser = office.cast.web(office.cast.people[nick])
        for address in [*(reverse(name) for name in pages()), *more]:
            yield address, browser.get(address)


@pytest.mark.django_db
def test_every_answer_says_what_a_browser_may_run_and_where_it_may_be_shown(office: Office) -> None:
    office.scan("suara")
    for address, response in everything(office):
        policy = response.headers.get("Content-Security-Policy", "")
        assert "unsafe" not in policy, address
        assert "default-src 'none'" in policy, address
        assert "frame-ancestors 'none'" in policy, address
        assert response.headers.get("X-Content-Type-Options") == "nosniff", address
        assert response.headers.get("Referrer-Policy"), address


@pytest.mark.django_db
def test_no_page_has_inline_script_style_or_handlers(office: Office) -> None:
    office.scan("suara")
    for address, response in everything(office):
        if response.headers.get("Content-Type", "").startswith("text/html"):
            text = body(response).decode()
            assert not re.search(r"<[^>]+\son[a-z]+\s*=\s*[\"']", text), address
            assert not re.search(r"<[^>]+\sstyle\s*=", text), address
            assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", text), address


@pytest.mark.django_db
def test_what_a_source_calls_its_records_is_text_on_every_page(office: Office) -> None:
    Source.objects.filter(pk=office.found["suara"].pk).update(name=HOSTILE)
    office.scan("suara")
    seen = 0
    for address, response in everything(office):
        if response.headers.get("Content-Type", "").startswith("text/html"):
            text = body(response).decode()
            assert HOSTILE not in text, address
            seen += "&lt;script&gt;alert(1)" in text
    assert seen


@pytest.mark.django_db
def test_cells_that_look_like_formulas_are_text(office: Office) -> None:
    office.scan("suara")
    browser = office.cast.web(office.cast.tari)
    for address in (reverse("records_xlsx"), reverse("radar_xlsx")):
        content = body(browser.get(address))
        cells = [
            cell
            for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
            for cell in row
        ]
        assert FORMULA in cells
        assert "@SUM(A1)" in cells
        assert "-2" in cells


@pytest.mark.django_db
def test_passwords_of_sources_are_nowhere(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    from kendali.records.actions import sources

    source = office.found["suara"]
    with caplog.at_level(logging.DEBUG):
        sources.change(
            user=office.cast.adi, at=office.cast.now, source=source, name=source.name, zone=source.zone, active=True,
            config=source.config, secret={"password": SECRETS[0], "api_token": SECRETS[1]},
        )  # fmt: skip
        office.scan("suara")
        answers = [(address, body(response)) for address, response in everything(office)]
    for secret in [*SECRETS, settings.SECRET_KEY]:
        assert secret not in caplog.text
        for address, content in answers:
            assert secret.encode() not in content, address


@pytest.mark.django_db
def test_every_page_that_changes_something_wants_the_csrf_token(cast: Cast) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(cast.adi, backend="django.contrib.auth.backends.ModelBackend")
    open_ones = []
    for name, line in lines().items():
        if line.api or "/" in name:
            continue
        with_token = dict(line.kwargs(cast)) if name in ("end_session", "revoke_token") else {}
        try:
            address = reverse(name, kwargs=with_token)
        except Exception:
            continue
        if browser.post(address).status_code not in (403, 405):
            open_ones.append(name)
    assert open_ones == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target",
    ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "http:evil.test", "\t//evil.test"],
)
def test_logging_in_leads_nowhere_else(cast: Cast, target: str) -> None:
    browser = Browser()
    response = browser.post(
        reverse("login"), {"email": cast.tari.email, "password": PASSWORD, "next": target}, follow=False
    )
    assert response.status_code == 302
    assert "evil" not in response.headers["Location"]
    assert "javascript" not in response.headers["Location"]


@pytest.mark.django_db
def test_a_session_from_before_the_log_in_is_worth_nothing_afterwards(cast: Cast) -> None:
    browser = Browser()
    browser.get(reverse("login"))
    session = browser.session
    session["planted"] = "x"
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = before = str(session.session_key)
    browser.post(reverse("login"), {"email": cast.tari.email, "password": PASSWORD})
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != before
    thief = Browser()
    thief.cookies[settings.SESSION_COOKIE_NAME] = before
    assert thief.get("/").status_code == 302


@pytest.mark.django_db
def test_an_address_that_nobody_has_is_refused_like_a_wrong_password(cast: Cast) -> None:
    def answer(email: str) -> str:
        content = body(Browser().post(reverse("login"), {"email": email, "password": "salah-sekali-1"})).decode()
        return re.sub(r'(value=|FToken": )"[^"]*"', "", content)

    assert answer(cast.tari.email) == answer("nobody@kendali.test")
    assert check_password(PASSWORD, cast.tari.password)


@pytest.mark.django_db
def test_another_host_name_is_refused(cast: Cast) -> None:
    assert Browser().get(reverse("login"), headers={"Host": "evil.test"}).status_code == 400
    assert Browser().get(reverse("login"), headers={"X-Forwarded-Host": "evil.test"}).status_code == 200


ODD = each("9999-12-31", "0001-01-01", "%00", "²", "9" * 5000, "%ff%fe", "NaN", "~~~", "[]")


@pytest.mark.django_db
@pytest.mark.parametrize("query", ODD)
def test_odd_values_in_addresses_break_nothing(office: Office, query: str) -> None:
    office.scan("suara")
    groups = [["before", "after"], ["dari", "sampai", "batas"], ["since", "until"], ["klien", "sumber", "q", "next"],
              ["status", "kelas", "person", "verb", "object", "client", "nomor", "nama_hmac", "jenis"]]  # fmt: skip
    broken = []
    for nick in ("adi", "tari"):
        browser = office.cast.web(office.cast.people[nick])
        browser.raise_request_exception = False
        for page in pages():
            for names in groups if LONG else [list(chain(*groups))]:
                address = f"{reverse(page)}?" + "&".join(f"{name}={query}" for name in names)
                if browser.get(address).status_code == 500:
                    broken.append(address)
    assert not broken, "\n".join(broken)
