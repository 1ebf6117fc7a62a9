"""The facts sealed with an Asterisk recording (its CDR legs) as a call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kendali.connectors.asterisk.calls import people
from kendali.connectors.call import Call, Leg
from kendali.connectors.chat import Customer, printable

_DATES = ("calldate", "start")  # as Asterisk's backends call it
_SECONDS = ("billsec", "duration")


def call(facts: Mapping[str, Any], zone: str) -> Call:
    legs = [leg for leg in facts.get("legs") or () if isinstance(leg, dict)]
    here = _zone(str(facts.get("zone") or zone))
    agent, phone, name = people(legs, 5)
    return Call(
        customer=Customer(printable(name), printable(phone)),
        agent=printable(agent),
        legs=[_leg(leg, here) for leg in legs],
    )


def _leg(leg: Mapping[str, Any], zone: ZoneInfo) -> Leg:
    return Leg(
        at=_instant(_first(leg, _DATES), zone),
        source=_text(leg.get("src")),
        target=_text(leg.get("dst")),
        seconds=_number(_first(leg, _SECONDS)),
        answer=_text(leg.get("disposition")),
    )


def _first(leg: Mapping[str, Any], names: tuple[str, ...]) -> object:
    return next((leg[name] for name in names if leg.get(name) not in (None, "")), None)


def _text(value: object) -> str:
    return printable(str(value)) if value is not None else ""


def _number(value: object) -> int | None:
    try:
        return int(float(str(value)))
    except ValueError:
        return None


def _instant(value: object, zone: ZoneInfo) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
