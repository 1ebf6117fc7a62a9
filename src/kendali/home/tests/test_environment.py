"""Settings by environment: what is bad is named, with what to type instead; no value that may be secret is shown."""

from __future__ import annotations

import base64

import pytest

from kendali import environment
from kendali.environment import BadSetting


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("KENDALI_EXAMPLE", raising=False)
    return monkeypatch


def test_a_setting_that_is_missing_is_named(given: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSetting, match=r"KENDALI_EXAMPLE: is not set; see docs/operations.md"):
        environment.text("KENDALI_EXAMPLE")


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("yes", True), ("TRUE", True), ("0", False), ("off", False)])
def test_yes_and_no_in_their_usual_spellings(given: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    given.setenv("KENDALI_EXAMPLE", value)
    assert environment.boolean("KENDALI_EXAMPLE", not meant) is meant


@pytest.mark.parametrize("value", ["", "maybe", "2"])
def test_neither_yes_nor_no_is_refused(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("KENDALI_EXAMPLE", value)
    with pytest.raises(BadSetting, match=r"KENDALI_EXAMPLE.*write 1 or 0"):
        environment.boolean("KENDALI_EXAMPLE", True)


@pytest.mark.parametrize("value", ["", "ten", "0", "-1", "1.5", "²"])
def test_a_number_below_its_minimum_or_no_number_is_refused(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("KENDALI_EXAMPLE", value)
    with pytest.raises(BadSetting, match=r"KENDALI_EXAMPLE.*whole number of at least 1"):
        environment.integer("KENDALI_EXAMPLE", 5, minimum=1)


@pytest.mark.parametrize("value", ["", "abc", base64.b64encode(bytes(31)).decode(), "*" * 44])
def test_a_key_that_is_not_32_bytes_is_refused_without_showing_it(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("KENDALI_EXAMPLE", value)
    with pytest.raises(BadSetting) as refusal:
        environment.key("KENDALI_EXAMPLE")
    assert "KENDALI_EXAMPLE" in str(refusal.value)
    assert not value or value not in str(refusal.value)


def test_a_key_of_32_bytes_is_read(given: pytest.MonkeyPatch) -> None:
    given.setenv("KENDALI_EXAMPLE", base64.b64encode(bytes(range(32))).decode())
    assert environment.key("KENDALI_EXAMPLE") == bytes(range(32))


@pytest.mark.parametrize(
    "value",
    [
        "mysql://user@host/name",
        "postgresql://user:geheim@host",
        "postgresql://user:geheim@host:port/name",
        "postgresql://user:geheim@[::1/name",
        "kendali",
    ],
)
def test_a_bad_database_address_is_refused_without_its_password(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("KENDALI_EXAMPLE", value)
    with pytest.raises(BadSetting, match="KENDALI_EXAMPLE") as refusal:
        environment.database("KENDALI_EXAMPLE")
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize(
    ("host", "port"), [("/run/folder with space", ""), ("db.example.org", "6543"), ("::1", "5432"), ("", "")]
)
def test_a_database_address_survives_the_way_there_and_back(given: pytest.MonkeyPatch, host: str, port: str) -> None:
    entry = {
        "USER": "kendali_app",
        "PASSWORD": "p@ss:/word+ %",
        "NAME": "ken dali",
        "HOST": host,
        "PORT": port,
        "OPTIONS": {"sslmode": "verify-full"},
    }
    given.setenv("KENDALI_EXAMPLE", environment.database_url(entry))
    read = environment.database("KENDALI_EXAMPLE")
    assert {name: read[name] for name in entry} == entry


@pytest.mark.parametrize("value", ["relative/folder", "http://bucket", "s3://", "bucket:name"])
def test_a_store_is_an_absolute_folder_or_a_bucket(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("KENDALI_EXAMPLE", value)
    with pytest.raises(BadSetting, match="KENDALI_EXAMPLE"):
        environment.folder_or_bucket("KENDALI_EXAMPLE", "/nowhere")


@pytest.mark.parametrize(
    ("value", "port", "starttls", "tls"),
    [
        ("smtp://u:p@mail.example.org", 587, True, False),
        ("smtps://u:p@mail.example.org", 465, False, True),
        ("smtp+plain://127.0.0.1:2525", 2525, False, False),
    ],
)
def test_a_mail_server_by_address(given: pytest.MonkeyPatch, value: str, port: int, starttls: bool, tls: bool) -> None:
    given.setenv("KENDALI_EXAMPLE", value)
    settings = environment.mail("KENDALI_EXAMPLE")
    assert (settings["EMAIL_PORT"], settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (port, starttls, tls)


def test_without_a_mail_server_no_mail_leaves(given: pytest.MonkeyPatch) -> None:
    assert environment.mail("KENDALI_EXAMPLE") == {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}


@pytest.mark.parametrize("value", ["mail.example.org", "http://mail.example.org", "smtp://:25", "smtp://h:port"])
def test_a_bad_mail_server_is_refused(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("KENDALI_EXAMPLE", value)
    with pytest.raises(BadSetting, match="KENDALI_EXAMPLE"):
        environment.mail("KENDALI_EXAMPLE")
