"""What happened, beside an object: newest first, the day once, and the zone where it is that of another place."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace

from django.http import HttpRequest
from django.utils.translation import override
from django_cotton import render_component

AT = datetime(2026, 11, 22, 7, 21, tzinfo=UTC)


def told(zone: str) -> str:
    entries = [SimpleNamespace(at=AT, sentence="Qori mulai memanggil.", actor="Qori", state="")]
    with override("id"):
        html = render_component(HttpRequest(), "history", {"entries": entries, "zone": zone})
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_hours_of_another_place_name_its_zone() -> None:
    assert told("Asia/Makassar").startswith("Minggu, 22 November 2026 · WITA 15.21")


def test_the_hours_of_the_house_are_those_of_the_foot_of_the_page() -> None:
    assert told("").startswith("Minggu, 22 November 2026 14.21")
