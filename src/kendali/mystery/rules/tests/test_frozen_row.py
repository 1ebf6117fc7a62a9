"""The bytes of a frozen row: the same values, the same number, for ever."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from kendali.mystery.rules import frozen_row
from kendali.mystery.rules.frozen_row import (
    AccessRow,
    Attempt,
    Evaluation,
    Finding,
    FrozenRow,
    HandOver,
    Line,
    Recording,
)

AT = datetime(2026, 11, 3, 3, 15, tzinfo=UTC)
ROW = FrozenRow(
    number="MC-2026-11-0007",
    month=date(2026, 11, 1),
    slot=7,
    replaces="",
    kind="komplain",
    scenario="SK-03",
    scenario_version=2,
    area="dps",
    shift="pagi",
    week="1",
    destination="dps-1500",
    opens=AT,
    closes=AT + timedelta(hours=2),
    zone="Asia/Makassar",
    executor=12,
    persona="P-04",
    attempts=(
        Attempt(
            number=1,
            at=AT,
            ended_at=AT + timedelta(seconds=200),
            outcome="connected",
            ivr=31,
            queue=12,
            ring=4,
            talk=140,
            hold=0,
            note="",
            by=12,
        ),
    ),
    called_at=AT,
    ended_at=AT + timedelta(seconds=200),
    agent="K-204",
    agent_said="Ayu",
    agent_team="dps-1",
    agent_site="dps",
    no_agent_reason="",
    ticket="T-1",
    recording=Recording(of="8a", seconds=187),
    no_recording_reason="",
    evaluation=Evaluation(
        revision=1,
        form="f" * 64,
        answers=[{"item": "opening", "value": "partly"}],
        said={},
        unticked={},
        by=12,
        submitted_at=AT + timedelta(hours=1),
        late=False,
        raw=Decimal("0.8425"),
        final=Decimal(0),
    ),
    findings=(
        Finding(
            number="TM-2026-11-0002",
            key="spv",
            found_at=AT + timedelta(hours=1),
            critical_compliance=False,
            description="Salam kurang",
            recommendation="Latihan",
            root_cause="",
            lines=(Line(item="opening", cause="agent", error_class=""),),
            hand_overs=(HandOver(step="k1", at=AT + timedelta(hours=1), in_time=True),),
            ended="",
        ),
    ),
    verified_by=13,
    verified_at=AT + timedelta(days=1),
    void_reason="",
    void_note="",
    voided_by=None,
    voided_at=None,
)
VECTOR = "998a9ca25ec91ebc4e1fa4154e2864b0f0ebf5821bfcb6022cc0799d30855b40"


def test_the_number_of_a_known_row_never_changes() -> None:
    assert frozen_row.digest(ROW) == VECTOR


def test_the_bytes_are_plain_json_that_anybody_can_hash() -> None:
    read = json.loads(frozen_row.canonical(ROW))
    again = json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert hashlib.sha256(again).hexdigest() == frozen_row.digest(ROW)
    assert (read["called_at"], read["evaluation"]["final"]) == (
        "2026-11-03T03:15:00.000000+00:00",
        "0.00000000000000000000",
    )


def test_the_zone_an_instant_is_told_in_and_the_places_of_a_number_change_nothing() -> None:
    assert ROW.evaluation is not None
    told = dataclasses.replace(
        ROW,
        called_at=AT.astimezone(timezone(timedelta(hours=8))),
        evaluation=dataclasses.replace(ROW.evaluation, raw=Decimal("0.84250000000000000000"), final=Decimal("0E-20")),
    )
    assert frozen_row.digest(told) == frozen_row.digest(ROW)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(FrozenRow)])
def test_every_field_counts(field: str) -> None:
    value = getattr(ROW, field)
    other: Any = {str: "another", int: 99, tuple: (), type(None): 99}.get(type(value))
    if isinstance(value, date):
        other = value + timedelta(days=1)
    changed: dict[str, Any] = {field: other}
    assert frozen_row.digest(dataclasses.replace(ROW, **changed)) != frozen_row.digest(ROW)


ACCESS = AccessRow(
    month=date(2026, 11, 1),
    area="jkt",
    day=date(2026, 11, 3),
    finding=Finding(
        number="TM-2026-11-0002",
        key="access",
        found_at=AT,
        critical_compliance=False,
        description="",
        recommendation="",
        root_cause="",
        lines=(Line(item="MC-2026-11-0004", cause="access", error_class=""),),
        hand_overs=(HandOver(step="k1", at=None, in_time=None),),
        ended="",
    ),
)


def test_the_number_of_a_known_access_finding_never_changes() -> None:
    assert frozen_row.digest(ACCESS) == "3633bef3ad1e28afc9c5f1273885b2502b54e83db566b0cef4723f34178598d7"


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(AccessRow)])
def test_every_field_of_an_access_finding_counts(field: str) -> None:
    other: dict[str, Any] = {
        "layout": 99, "month": date(2026, 12, 1), "area": "bdg", "day": date(2026, 11, 4),
        "finding": dataclasses.replace(ACCESS.finding, lines=()),
    }  # fmt: skip
    changed: dict[str, Any] = {field: other[field]}
    assert frozen_row.digest(dataclasses.replace(ACCESS, **changed)) != frozen_row.digest(ACCESS)


def test_the_digest_of_a_register_is_that_of_its_list() -> None:
    rows = {"MC-2026-11-0002": "b" * 64, "MC-2026-11-0001": "a" * 64}
    listed = f"{'a' * 64}  MC-2026-11-0001\n{'b' * 64}  MC-2026-11-0002\n"
    assert frozen_row.register_digest(rows) == hashlib.sha256(listed.encode()).hexdigest()
