"""Knowledge articles read from another system: one GET that answers with JSON. No Django.

The answer is a list, or an object with the list under "articles": objects with code, title, text, and valid_from and
valid_until (ISO days) where they are known. Only http and https, never through a redirect, a proxy of the environment
or further than the limits of time and size.
"""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import httpx2

from kendali.documents.import_rules import COLUMNS, NEEDED
from kendali.documents.sheets import MOST_BYTES, NotReadable, Rows
from kendali.verdict import no

SECONDS = 30.0  # for all of it
QUIET_SECONDS = 10.0  # without a byte


def read(address: str, *, seconds: float = SECONDS, most_bytes: int = MOST_BYTES) -> Rows:
    """NotReadable, with what to do."""
    return _rows(_body(checked(address), seconds, most_bytes))


def checked(address: str) -> str:
    """An address that may be asked. NotReadable."""
    try:
        parts = urlsplit(address.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise NotReadable(no("The address cannot be read; write it as https://…")) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise NotReadable(no("The address has to begin with https:// or http://."))
    if parts.username or parts.password:
        raise NotReadable(no("The address must not hold a user name or a password."))
    return address.strip()


def _body(address: str, seconds: float, most_bytes: int) -> bytes:
    until = time.monotonic() + seconds
    host = urlsplit(address).netloc
    got = bytearray()
    limits = httpx2.Timeout(min(QUIET_SECONDS, seconds))
    try:
        with (
            httpx2.Client(timeout=limits, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", address, headers={"accept": "application/json"}) as answer,
        ):
            _expect(answer, host)
            for piece in answer.iter_bytes():
                got += piece
                if len(got) > most_bytes:
                    raise NotReadable(
                        no("%(host)s sends more than %(most)s MB.", host=host, most=max(1, most_bytes // 1_000_000))
                    )
                if time.monotonic() > until:
                    raise NotReadable(no("%(host)s takes longer than %(seconds)s seconds.", host=host,
                                         seconds=int(seconds)))  # fmt: skip
    except httpx2.TimeoutException:
        raise NotReadable(no("%(host)s takes longer than %(seconds)s seconds.", host=host,
                             seconds=int(min(QUIET_SECONDS, seconds)))) from None  # fmt: skip
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError):
        raise NotReadable(no("%(host)s does not answer. Check the address and the network.", host=host)) from None
    return bytes(got)


def _expect(answer: httpx2.Response, host: str) -> None:
    if answer.is_redirect or 300 <= answer.status_code < 400:
        raise NotReadable(no("%(host)s sends on to another address, which is not followed. Set that one.", host=host))
    if answer.status_code != 200:
        raise NotReadable(no("%(host)s answers with status %(status)s.", host=host, status=str(answer.status_code)))


def _rows(body: bytes) -> Rows:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise NotReadable(no("The answer is not JSON.")) from None
    found = said.get("articles") if isinstance(said, dict) else said
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotReadable(no("The answer has no list of articles (a list, or a list under “articles”)."))
    if found and not any(name in one for one in found for name in NEEDED):
        raise NotReadable(no("The articles have none of the fields %(fields)s.", fields=", ".join(NEEDED)))
    return [{name: _text(one.get(name)) for name in COLUMNS} for one in found]


def _text(value: object) -> str:
    """Texts and numbers; NUL and half characters cannot be stored."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()
