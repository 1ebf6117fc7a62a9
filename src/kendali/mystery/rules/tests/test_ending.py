"""When a month is closed, signed and frozen: the cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kendali.mystery.rules.ending import ORDER, Signed, may_close, may_freeze, may_sign, valid

LAST, DAY_10 = date(2026, 11, 30), date(2026, 12, 14)
CLOSING: dict[str, Any] = {
    "status": "planned", "today": LAST, "from_day": LAST, "ahead": 0, "short": 0, "reason": "",
}  # fmt: skip
ALL = tuple(Signed(part, number, "d") for number, part in enumerate(ORDER))
FREEZING: dict[str, Any] = {
    "status": "closed", "today": DAY_10, "from_day": DAY_10, "counted": 60, "minimum": 60, "reason": "", "now": "d",
    "signed": ALL, "tickets": 0,
}  # fmt: skip
SIGNING: dict[str, Any] = {
    "status": "closed", "part": "made", "by": 1, "shown": "d", "now": "d", "waiting": 0, "signed": (),
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"status": "preparing"}, "status"),
        ({"status": "closed"}, "status"),
        ({"today": date(2026, 11, 29)}, "early"),
        ({"ahead": 1}, "ahead"),
        ({"short": 3}, "short"),
        ({"short": 3, "reason": " "}, "short"),
        ({"short": 3, "reason": "Libur"}, None),
        ({"short": 3, "by_itself": True}, None),
        ({"ahead": 1, "by_itself": True}, "ahead"),
    ],
)
def test_when_calls_close(change: dict[str, Any], code: str | None) -> None:
    assert may_close(**CLOSING | change).facts.get("code") == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"status": "planned"}, "status"),
        ({"status": "frozen"}, "status"),
        ({"today": date(2026, 12, 11)}, "early"),
        ({"counted": 59}, "short"),
        ({"counted": 59, "reason": "Libur"}, None),
        ({"counted": 0, "reason": "Libur"}, None),
        ({"signed": ALL[:2]}, "unsigned"),
        ({"now": "e"}, "unsigned"),  # it changed after it was signed
        ({"tickets": 1}, "tickets"),
    ],
)
def test_when_a_month_is_frozen(change: dict[str, Any], code: str | None) -> None:
    assert may_freeze(**FREEZING | change).facts.get("code") == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"status": "planned"}, "status"),
        ({"waiting": 2}, "waiting"),
        ({"part": "checked"}, "order"),
        ({"part": "acknowledged", "signed": ALL[:1], "by": 7}, "order"),
        ({"part": "checked", "signed": ALL[:1], "by": 0}, "same_person"),
        ({"part": "checked", "signed": ALL[:1], "by": 7}, None),
        ({"part": "made", "signed": ALL[:1], "by": 7}, "signed"),
        ({"shown": "e"}, "changed"),
        ({"now": "e", "shown": "e", "signed": ALL, "by": 0}, None),  # all of it again
    ],
)
def test_who_signs_when(change: dict[str, Any], code: str | None) -> None:
    assert may_sign(**SIGNING | change).facts.get("code") == code


def test_a_signature_holds_for_the_register_it_was_given_on() -> None:
    assert valid((*ALL[:1], Signed("checked", 9, "old")), "d") == {"made": ALL[0]}
