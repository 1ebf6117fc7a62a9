"""Settings by environment: each documented once, each failing loudly with the name of the bad value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit


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
    if not value.lstrip("-").isdigit() or int(value) < minimum:
        raise BadSetting(name, f"{value!r} is not a whole number of at least {minimum}")
    return int(value)


def database(name: str, default: str | None = None) -> dict[str, object]:
    """postgresql://user:password@host:port/name?option=… → Django's DATABASES entry; host may be a socket folder."""
    url = text(name, default)
    parts = urlsplit(url)
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
