"""Logging: one plain line per event, `time level logger message key=value …`, and no secret in any of them."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied

STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", None, None))) | {
    "message",
    "asctime",
    "taskName",
    "request",
}
SECRETS = (
    re.compile(r"(?P<keep>[a-z][a-z0-9+]*://[^:/@\s]*:)[^@\s]+(?=@)"),  # password inside an address
    re.compile(
        r"(?P<keep>(?:pass(?:word|wd)?|secret|token|api[_-]?key|authorization|cookie|sessionid)['\"]?\s*[=:]\s*['\"]?)"
        r"(?:bearer\s+)?[^\s'\",;&]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<keep>/(?:persetujuan|atur-sandi)/)[^/\s?'\"]+"),  # links whose address is the secret
    re.compile(r"(?P<keep>)AGE-SECRET-KEY-1[A-Z0-9]+", re.IGNORECASE),
)


def without_secrets(text: str) -> str:
    for pattern in SECRETS:
        text = pattern.sub(r"\g<keep>***", text)
    return text


class NoSecrets(logging.Filter):
    """Formats the message once and blackens what looks like a secret in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), None
        return True


def _refused(record: logging.LogRecord) -> bool:
    """A page that is not this person's (403): its line names the page, and where in the program adds nothing."""
    error = record.exc_info[1] if record.exc_info else None
    return isinstance(error, PermissionDenied) and getattr(record, "status_code", 500) == 403


class PlainLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        instant = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        extra = {key: value for key, value in vars(record).items() if key not in STANDARD}
        facts = "".join(f" {key}={without_secrets(str(value))!r}" for key, value in sorted(extra.items()))
        message = record.getMessage().replace("\n", "\\n")
        line = f"{instant} {record.levelname} {record.name} {message}{facts}"
        if record.exc_info and not _refused(record):
            line += "\n" + without_secrets(self.formatException(record.exc_info))
        return line
