"""What the sections of a certificate say, before Typst sets them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation
from pytest_django import Settings

from kendali.register.paper import Paper, _source
from kendali.register.tests import papers
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_a_package_names_the_local_day_and_the_result_of_its_restore_drill(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    settings.KENDALI_STORE = str(tmp_path / "store")
    certificate = papers.drafted(cast)
    first, second = certificate.facts["packages"][:2]
    first["drilled_at"] = datetime(2026, 2, 28, 18, 30, tzinfo=UTC).isoformat()  # 01.30 WIB on the next day
    second |= {"drilled_at": None, "drill": ""}
    with translation.override("id"):
        (packages,) = [one for one in Paper(certificate).sections() if one["title"] == "Backup terverifikasi"]
    place = packages["head"].index("Uji restore")
    assert [row[place] for row in packages["table"]][:2] == ["1\xa0Maret 2026: 25 catatan dipulihkan, cocok", "–"]


@pytest.mark.parametrize(
    ("kind", "version", "said"),
    [
        ("Asterisk, FreePBX, Issabel", "Asterisk (PostgreSQL 18.4)", "PABX (Asterisk (PostgreSQL 18.4))"),
        ("Chatwoot", "Chatwoot (schema 20260112092041)", "PABX (Chatwoot (schema 20260112092041))"),
        ("Folder drop", "2", "PABX (Folder drop 2)"),
        ("Folder drop", "", "PABX (Folder drop)"),
    ],
)
def test_a_source_names_its_system_once(kind: str, version: str, said: str) -> None:
    assert _source({"name": "PABX", "kind": kind, "version": version, "account": ""}) == said
