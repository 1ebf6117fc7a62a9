"""Findings over the API: the same actions, reasons and limits as on the pages."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django.fixtures import Settings

from kendali.accounts.models import ApiToken, User
from kendali.accounts.permissions import SCOPES
from kendali.mystery.actions import findings
from kendali.mystery.models import Finding
from kendali.mystery.tests.finding_rows import AT, many, raised, submitted
from kendali.mystery.tests.house import House

pytestmark = pytest.mark.django_db
FOLLOW_UP = {"correction": "a", "root_cause": "b", "corrective_action": "c", "person_in_charge": "d",
             "on": "2026-11-20", "done": True}  # fmt: skip
PDF = base64.b64encode(b"%PDF-1.4\nx\n%%EOF").decode()


@pytest.fixture
def finding(house: House, settings: Settings, tmp_path: Path) -> Finding:
    settings.KENDALI_STORE = str(tmp_path)
    (one,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))
    return findings.forward(user=house.cast.qanita, at=AT, finding=one)


def ask(user: User, path: str, data: Mapping[str, object] | None = None) -> tuple[int, Any]:
    secret = f"kdl_{user.pk}_findings"
    ApiToken.objects.get_or_create(
        prefix=str(user.pk),
        defaults={"user": user, "name": "t", "secret_hash": hashlib.sha256(secret.encode()).digest(),
                  "scopes": SCOPES, "created_at": AT},
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {secret}"}
    address = f"/api/v1/mystery{path}"
    if data is None:
        answer = Browser().get(address, headers=headers)
    else:
        answer = Browser().post(address, dict(data), content_type="application/json", headers=headers)
    return answer.status_code, answer.json() if answer.headers["Content-Type"].startswith("application/json") else None


def test_the_list_shows_what_waits_with_its_clocks_and_not_who_called(house: House, finding: Finding) -> None:
    status, page = ask(house.cast.surya, "/findings?mine=true")
    assert (status, page["next"], len(page["findings"])) == (200, None, 1)
    one = page["findings"][0]
    assert (one["number"], one["waits_for"], one["owner"]) == (
        finding.number, "Supervisor Surya Pratama", "surya@kendali.test",
    )  # fmt: skip
    assert [clock["state"] for clock in one["clocks"]][:2] == ["in_time", "in_time"]
    assert "Qori" not in str(page)
    assert ask(house.cast.dina, "/findings")[1]["findings"] == []


def test_pages_of_the_list_go_on_where_the_last_one_ended(house: House) -> None:
    many(house, 130)  # every fifth has ended
    for waits, count in (("true", 104), ("false", 130)):
        first = ask(house.cast.qanita, f"/findings?waits={waits}")[1]
        rest = ask(house.cast.qanita, f"/findings?waits={waits}&after={first['next'].replace('+', '%2B')}")[1]
        numbers = [one["number"] for one in (*first["findings"], *rest["findings"])]
        assert (len(first["findings"]), len(numbers), len(set(numbers)), rest["next"]) == (100, count, count, None)
    assert ask(house.cast.qanita, "/findings?after=x~y")[0] == 404


def test_a_finding_goes_to_its_end_and_every_refusal_has_its_reason(house: House, finding: Finding) -> None:
    surya, qanita, path = house.cast.surya, house.cast.qanita, f"/findings/{finding.pk}"
    assert ask(surya, path)[1]["allowed"] == ["report_follow_up", "begin", "dispute"]
    assert ask(surya, f"{path}/begin", {})[1]["state"] == "in_progress"
    assert ask(surya, f"{path}/follow-up", FOLLOW_UP)[1]["state"] == "follow_up_reported"
    status, refused = ask(qanita, f"{path}/close", {"late_reason": "absence"})
    assert (status, "bukti" in str(refused)) == (409, True)
    assert ask(surya, f"{path}/evidence", {"name": "bukti.pdf", "file": PDF})[0] == 201
    assert ask(surya, f"{path}/evidence", {"name": "bukti.pdf", "file": "%%"})[0] == 409
    assert ask(surya, f"{path}/coachings", {"on": "2026-11-20", "notes": "Empati"})[0] == 201
    assert ask(qanita, f"{path}/close", {"late_reason": "absence"})[1]["state"] == "closed"
    shown = ask(surya, path)[1]
    assert (shown["follow_ups"][0]["root_cause"], shown["allowed"]) == ("b", [])
    assert [line["label"] for line in shown["lines"]] == ["Empati"]


def test_owners_are_named_by_their_address(house: House, finding: Finding) -> None:
    path = f"/findings/{finding.pk}/reroute"
    assert ask(house.cast.qanita, path, {"owner": "siapa@x.example", "reason": "x"})[0] == 404
    moved = ask(house.cast.qanita, path, {"owner": "DINA@kendali.test", "reason": "Artikel salah"})[1]
    assert (moved["state"], moved["owner"]) == ("at_department", "dina@kendali.test")


def test_a_finding_says_by_which_terms_its_clocks_count(house: House, finding: Finding) -> None:
    shown = ask(house.cast.surya, f"/findings/{finding.pk}")[1]
    assert (shown["clock_mode"], shown["clock_budgets"]) == ("literal", [0, 1, 2])
    assert shown["clock_days"] == {"k1": 2, "k2": 2, "k3": 2}
    assert [clock["week"] for clock in shown["clocks"]] == ["five_days"] * 3
    assert shown["counting"].startswith("Ketiga jam dihitung sejak temuan")
