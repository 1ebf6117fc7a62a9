"""Settings by environment: each documented once, each failing loudly with the name of the bad value."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit


class BadSetting(SystemExit):
    """Stops the start with one sentence: which variable, what is wrong, what to type instead."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"kendali: {name}: {problem}")


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise BadSetting(name, "is not set; see docs/operations.md")
    return value


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(name, f"{value!r} is not yes or no; write 1 or 0")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    if not value.isascii() or not value.lstrip("-").isdigit() or int(value) < minimum:
        raise BadSetting(name, f"{value!r} is not a whole number of at least {minimum}")
    return int(value)


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = os.environ.get(name, default)
    if value not in allowed:
        raise BadSetting(name, f"{value!r} is none of {', '.join(allowed)}")
    return value


def key(name: str, default: bytes | None = None) -> bytes:
    """32 random bytes, written as base64."""
    if default is not None and name not in os.environ:
        return default
    try:
        value = base64.b64decode(text(name), validate=True)
    except binascii.Error:
        value = b""
    if len(value) != 32:
        raise BadSetting(name, "is not 32 bytes in base64; make one with: head -c 32 /dev/urandom | base64")
    return value


def folder_or_bucket(name: str, default: str) -> str:
    """A folder's absolute path, or the address of a bucket."""
    value = text(name, default)
    if "://" in value:
        scheme, _, rest = value.partition("://")
        if scheme not in {"s3", "gs", "az", "file"} or not rest:
            raise BadSetting(name, f"{value!r} is neither a folder nor s3://bucket/prefix, gs://… or az://…")
    elif not os.path.isabs(value):
        raise BadSetting(name, f"{value!r} is not an absolute path; write the folder from / on, or s3://bucket/prefix")
    return value


def database(name: str, default: str | None = None) -> dict[str, Any]:
    """postgresql://user:password@host:port/name?option=… → Django's DATABASES entry; host may be a socket folder."""
    url = text(name, default)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise BadSetting(name, "is not of the form postgresql://user:password@host:5432/database") from None
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise BadSetting(name, "is not of the form postgresql://user:password@host:5432/database")
    query: Mapping[str, str] = dict(parse_qsl(parts.query))
    try:
        port = parts.port
    except ValueError:
        raise BadSetting(name, "has a port that is not a number") from None
    host = query.get("host", unquote(parts.hostname or ""))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": query.get("port", str(port or "")),
        "OPTIONS": {key: value for key, value in query.items() if key not in {"host", "port"}},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def database_url(entry: Mapping[str, Any]) -> str:
    """The way back: DATABASES entry → postgresql://…"""
    password = f":{quote(entry['PASSWORD'], safe='')}" if entry["PASSWORD"] else ""
    query = {"host": entry["HOST"], "port": entry["PORT"]} | dict(entry["OPTIONS"])
    options = urlencode({key: value for key, value in query.items() if value}, quote_via=quote)
    return f"postgresql://{quote(entry['USER'], safe='')}{password}@/{quote(entry['NAME'], safe='')}?{options}"


def mail(name: str) -> dict[str, Any]:
    """smtp://user:password@host:587 (STARTTLS), smtps://…:465, smtp+plain://host:25 → Django's EMAIL_* settings.

    Not set: no e-mail leaves; the inbox inside Kendali always works.
    """
    value = os.environ.get(name, "")
    if not value:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    ports = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
    problem = "is not of the form smtp://user:password@host:587, smtps://… or smtp+plain://host:25"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise BadSetting(name, problem) from None
    if parts.scheme not in ports or not parts.hostname:
        raise BadSetting(name, problem)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 30,
    }
