"""A month and its plan for machines: the same actions, the same reasons."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from kendali.accounts.models import ApiToken, User
from kendali.accounts.permissions import SCOPES
from kendali.mystery.actions import plan
from kendali.mystery.models import Cycle
from kendali.mystery.tests.month_rows import MONTH, Ready, ready, samples
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
ROOT = "/api/v1/mystery/cycles"
HERE = f"{ROOT}/{MONTH:%Y-%m}"


@pytest.fixture
def it(cast: Cast) -> Ready:
    return ready(cast)


class Machine:
    """Asks with the token of a person."""

    def __init__(self, user: User) -> None:
        secret = f"kdl_{user.pk}_uji"
        ApiToken.objects.create(
            user=user, name="uji", prefix=str(user.pk), secret_hash=hashlib.sha256(secret.encode()).digest(),
            scopes=SCOPES, created_at=timezone.now(),
        )  # fmt: skip
        self.browser, self.headers = Browser(), {"Authorization": f"Bearer {secret}"}

    def ask(self, method: str, address: str, data: object = None) -> tuple[int, Any]:
        more = {} if method == "get" else {"content_type": "application/json", "data": data or {}}
        response = getattr(self.browser, method)(address, headers=self.headers, **more)
        kind = response.headers.get("Content-Type", "")
        return response.status_code, response.json() if "json" in kind and response.content else response.content


def test_a_month_is_begun_chosen_drawn_frozen_and_read(it: Ready) -> None:
    qa = Machine(it.cast.qanita)
    row = it.cycle()
    status, shown = qa.ask("get", HERE)
    assert (status, shown["missing"], shown["meter"]["target"]) == (200, [], 6)
    assert shown["dates"]["prepared"] == "2026-11-30"
    assert qa.ask("post", f"{HERE}/plan/draw")[0] == 202
    row.refresh_from_db()
    assert qa.ask("get", f"{HERE}/plan")[1]["drawing"] == "quotas"
    plan.carry_out(row.pk, ticket=row.drawing["ticket"], at=it.at)
    assert qa.ask("post", f"{HERE}/plan/freeze")[0] == 204
    status, shown = qa.ask("get", f"{HERE}/plan")
    assert (shown["unchanged"], shown["samples"]) == (True, 7)
    assert sorted(shown["counts"]["area"].values()) == [3, 4]  # which of the two is the seed's to say
    assert hashlib.sha256(qa.ask("get", f"{HERE}/plan/text")[1]).hexdigest() == shown["digest"]
    windows = qa.ask("get", f"{HERE}/windows")[1]["windows"]
    assert {one["number"] for one in windows} == {one.number for one in samples(row)}


def test_a_preview_keeps_nothing_and_names_what_cannot_be_met(it: Ready) -> None:
    qa, row = Machine(it.cast.qanita), it.cycle()
    margins = [
        {"dimension": one["dimension"], "shares": [{**share, "most": share["most"]} for share in one["shares"]]}
        for one in row.request["margins"]
    ]
    status, shown = qa.ask("post", f"{HERE}/plan/preview", {"samples": 9, "margins": margins})
    assert (status, sum(shown["counts"]["area"].values()), shown["problem"]) == (200, 9, "")
    margins[0]["shares"][0]["least"] = 30
    status, shown = qa.ask("post", f"{HERE}/plan/preview", {"samples": 9, "margins": margins})
    assert shown["counts"] == {}
    assert "30" in shown["problem"]
    assert Cycle.objects.get(pk=row.pk).request == row.request
    assert qa.ask("put", f"{HERE}/plan/quotas", {"samples": 9, "margins": margins[:1] * 4})[0] == 422


def test_a_rule_that_refuses_says_why(it: Ready) -> None:
    qa, row = Machine(it.cast.qanita), it.frozen()
    status, shown = qa.ask("post", f"{HERE}/plan/draw")
    assert status == 409, shown
    sample = next(one for one in samples(row) if one.area == "jkt")
    status, _shown = qa.ask("post", f"{HERE}/windows/{sample.pk}/assign", {"executor": it.cast.surya.email})
    assert status == 409
    assert qa.ask("post", ROOT, {"month": "2020-01-01"})[0] == 409


def test_team_leader_supervisor_and_agent_get_nothing_of_the_plan(it: Ready) -> None:
    it.frozen()
    for person in (it.cast.tari, it.cast.surya, it.cast.agus, it.cast.qori):
        machine = Machine(person)
        for address in ("plan", "plan/text", "windows"):
            assert machine.ask("get", f"{HERE}/{address}")[0] == 403
