"""Calling over the API: the same steps, for a softphone that keeps the times itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django.fixtures import Settings

from kendali.accounts.models import ApiToken, User
from kendali.accounts.permissions import SCOPES
from kendali.connectors.tests.test_length import MP3
from kendali.mystery.actions import recordings
from kendali.mystery.models import Attempt, Recording
from kendali.mystery.tests.house import House

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(house: House) -> Ask:
    def asked(method: str, path: str, data: object = None, *, user: User = house.cast.qori) -> tuple[int, Any]:
        secret = f"kdl_{user.pk}_calls"
        ApiToken.objects.get_or_create(
            user=user, name="calls",
            defaults={"prefix": str(user.pk), "secret_hash": hashlib.sha256(secret.encode()).digest(),
                      "scopes": SCOPES, "created_at": house.cast.now},
        )  # fmt: skip
        call = getattr(Browser(), method)
        answer = call(f"/api/v1/mystery/{path}", data=data, content_type="application/json",
                      headers={"Authorization": f"Bearer {secret}"})  # fmt: skip
        return answer.status_code, answer.json()

    return asked


def test_a_call_from_its_card_to_hand_over_four(house: House, ask: Ask, tmp_path: Path, settings: Settings) -> None:
    settings.KENDALI_STORE = str(tmp_path)
    now = timezone.now()
    sample = house.sample("assigned", opens=now - 30 * MINUTE, closes=now + 90 * MINUTE)
    here = f"calls/{sample.pk}"
    assert [one["number"] for one in ask("get", "calls")[1]["calls"]] == [sample.number]
    card = ask("get", here)[1]
    assert (card["may_dial"], card["caller_number"], card["call"]["state"]) == (True, "081100000001", "assigned")
    busy = {"outcome": "busy", "begun": (now - 20 * MINUTE).isoformat(), "token": "a"}
    assert [ask("post", f"{here}/attempts", busy)[0] for _ in range(2)] == [201, 201]
    connected = {"outcome": "connected", "begun": (now - 4 * MINUTE).isoformat(), "queue_seconds": 30, "token": "b"}
    assert ask("post", f"{here}/attempts", connected)[0] == 201
    assert Attempt.objects.count() == 2
    assert ask("post", f"{here}/end", {"talk_seconds": 90})[1]["call"]["state"] == "called"
    given = {"name": "a.mp3", "content": base64.b64encode(MP3 * 200).decode()}
    assert ask("post", f"{here}/recording", given)[1]["seconds"] == 5
    assert ask("put", f"{here}/facts", {"agent_said": "Agus", "ticket": "T-9"})[0] == 200
    form = ask("post", f"{here}/form/begin")[1]
    assert {one["item"] for one in form["answers"]} >= {"attempts", "connected", "busy", "queue_seconds"}
    answers = [{"item": one.item, "value": one.value} for one in house.answers().values()]
    assert ask("put", f"{here}/form", {"answers": answers, "saved": 5})[0] == 409
    saved = ask("put", f"{here}/form", {"answers": answers, "saved": 0})[1]
    assert (saved["saved"], saved["problems"]) == (1, [])
    assert ask("post", f"{here}/form/submit")[1]["state"] == "submitted"


def test_answers_of_another_shape_are_refused_with_their_place(house: House, ask: Ask) -> None:
    sample = house.sample("scoring")
    status, answer = ask("put", f"calls/{sample.pk}/form", {"answers": [{"item": "opening", "points": 2}], "saved": 1})
    assert (status, answer["detail"]) == (422, "[0].points: not known here")


def test_a_crisis_over_the_api(house: House, ask: Ask) -> None:
    assert ask("put", "crisis", {"reason": "Banjir, antrean penuh"})[0] == 200
    assert ask("get", "crisis")[1]["flag"]["set_by"] == "Qori Amelia"
    assert ask("post", "crisis/lift", {"reason": "Surut"})[0] == 403
    assert ask("post", "crisis/lift", {"reason": "Air surut"}, user=house.cast.qanita)[1] == {"flag": None}


def test_a_recording_of_several_megabytes_comes_as_one(
    house: House, ask: Ask, tmp_path: Path, settings: Settings
) -> None:
    settings.KENDALI_STORE = str(tmp_path)
    data = MP3 * 10_000
    assert len(data) > 4_000_000
    given = {"name": "a.mp3", "content": base64.b64encode(data).decode()}
    assert ask("post", f"calls/{house.sample('called').pk}/recording", given)[0] == 201
    assert len(recordings.content(Recording.objects.get())) == len(data)
