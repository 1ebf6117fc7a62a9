"""A call out of its legs: when it began and ended, who spoke, the recordings it names, its facts as JSON values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from kendali.connectors.asterisk.cdr import AUDIO, Leg

_EXTENSION = re.compile(r"(?:PJSIP|SIP|IAX2|Local|SCCP)/([^-@/]+)")
# Of Asterisk's first release. The clock that wrote an earlier date stood at its beginning: when the call was cannot be
# computed, only in which folder its file is.
FIRST_YEAR = 1999
_CALLER_NAME = re.compile(r'^\s*"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Call:
    ref: str
    started_at: datetime | None  # UTC
    ended_at: datetime | None  # UTC
    days: Sequence[date]  # local days of its legs, the first leg's first
    recordings: Sequence[str]  # as named, each once
    agent: str
    customer_phone: str
    customer_name: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Names:
    """The columns of the call records; see Cdr.column."""

    date: str
    file: str
    seconds: str
    zone: ZoneInfo
    extension_digits: int = 5


def call(ref: str, legs: Sequence[Leg], names: Names) -> Call:
    started = [(_local(leg[names.date]), _seconds(leg[names.seconds])) for leg in legs]
    written = sorted((begin, seconds) for begin, seconds in started if begin is not None)
    known = [(begin, seconds) for begin, seconds in written if begin.year >= FIRST_YEAR]
    begin = known[0][0] if known else None
    end = max((one + timedelta(seconds=seconds) for one, seconds in known), default=None)
    agent, phone, name = people(legs, names.extension_digits)
    named = [str(leg[names.file] or "") for leg in legs]
    if names.file.lower() == "userfield":
        named = [name.removeprefix(AUDIO) for name in named if name.startswith(AUDIO)]
    files = dict.fromkeys(name for name in named if name)
    return Call(
        ref,
        utc(begin, names.zone),
        utc(end, names.zone),
        list(dict.fromkeys(one.date() for one, _ in written)),
        list(files),
        agent,
        phone,
        name,
        {"linkedid": ref, "zone": names.zone.key, "legs": [_facts(leg) for leg in legs]},
    )


def utc(local: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Local time of the server → UTC; a date that already has a zone keeps its instant."""
    if local is None:
        return None
    return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)


def _local(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None  # MySQL's 0000-00-00 arrives as text or None


def _seconds(value: object) -> int:
    try:
        return max(0, int(str(value)))
    except ValueError:
        return 0


def _facts(leg: Leg) -> dict[str, object]:
    """An empty cell is left out, so that a column which an upgrade of the switch adds changes no fingerprint."""
    return {key: _json(value) for key, value in leg.items() if value not in (None, "")}


def _json(value: object) -> object:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value) if isinstance(value, Decimal) else repr(value) if isinstance(value, float) else str(value)


def people(legs: Sequence[Leg], digits: int) -> tuple[str, str, str]:
    """(agent's extension, customer's number and name): the short number is ours, the long one the customer's."""
    agent = phone = name = ""
    for leg in legs:
        source, target = str(leg.get("src") or ""), str(leg.get("dst") or "")
        for number in (source, target):
            if len(number.lstrip("+")) > digits and number.lstrip("+").isdigit():
                phone = phone or number
        channel = _EXTENSION.match(str(leg.get("dstchannel" if len(source) > digits else "channel") or ""))
        if channel and channel[1].isdigit() and len(channel[1]) <= digits:
            agent = channel[1]
        elif not agent and len(source) <= digits and source.isdigit() and len(target) > digits:
            agent = source
        caller = str(leg.get("cnam") or "") or ((_CALLER_NAME.match(str(leg.get("clid") or "")) or ["", ""])[1])
        if caller and caller != source and len(source) > digits:
            name = name or caller
    return agent, phone, name
