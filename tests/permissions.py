"""Who may open which page: the shape of one line, and the walk over all of the project's addresses.

Every app has `tests/permission_lines.py` with `LINES: dict[str, Line]`, URL name → who may. A new URL without a line
fails tests/test_permission_table.py.

    LINES = {
        "radar": Line(allow="tari indra dewi maya rahma aulia adi"),
        "escalation": Line(
            allow="tari indra dewi maya rahma aulia adi", stranger="candra", kwargs=lambda cast: {"number": ...}
        ),
        "accept_escalation": Line(method="POST", allow="indra", stranger="candra", kwargs=...),
    }

`allow`: nicknames of tests/cast.py (EVERYBODY for all). `stranger`: those who get 404 because the object belongs to a
client they have nothing to do with. All others get 403, and who is not logged in is sent to the log-in (`api`: 401).
"Allowed" means any answer but 401, 403, 404 and 500: an empty form is refused by its rules, not by rights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from tests.cast import PEOPLE, Cast

EVERYBODY = " ".join(PEOPLE)
ANYBODY = "anybody"  # Line(anonymous=ANYBODY): also without logging in


@dataclass(frozen=True, slots=True)
class Line:
    allow: str
    stranger: str = ""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    kwargs: Callable[[Cast], Mapping[str, Any]] = field(default=lambda cast: {})
    data: Callable[[Cast], Mapping[str, Any]] = field(default=lambda cast: {})
    api: bool = False  # asked with a token of the person instead of a session; data is sent as JSON
    anonymous: str = "login"  # "login" (sent there), "anybody" (allowed), or a status like "401"
    refused: int = 403


def addresses() -> Iterator[str]:
    """The name of every URL of the project, with its namespaces; the route itself where it has no name."""
    seen = set()
    for name in _names(get_resolver().url_patterns, "", ""):
        if name not in seen:
            seen.add(name)
            yield name


def _names(patterns: list[URLPattern | URLResolver], space: str, route: str) -> Iterator[str]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _names(pattern.url_patterns, inner, here)
        else:
            yield space + (pattern.name or here)


def lines() -> dict[str, Line]:
    found: dict[str, Line] = {}
    for config in apps.get_app_configs():
        module = f"{config.name}.tests.permission_lines"
        if config.name.startswith("kendali.") and find_spec(module) is not None:
            own: dict[str, Line] = import_module(module).LINES
            twice = found.keys() & own.keys()
            assert not twice, f"two lines for {sorted(twice)}"
            found |= own
    return found
