"""Calls of a contact centre: who called when, which legs the switch wrote, which file it left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from .cdr import Leg
from .chatwoot_base import AGENTS
from .chatwoot_bulk import HOURS, three_years_before
from .names import local_form, person

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Switch:
    """One client's telephone system: its own server, its own tree of recordings, its own call table."""

    code: str  # also the schema of its cdr table
    did: str  # the number customers dial
    queue: str
    zone: str
    agents: tuple[str, ...]
    person_base: int  # numbers of its callers

    def extension(self, agent: int) -> str:
        return str(1001 + agent)


BANK_SWITCH = Switch("pbx_bank", "02130001500", "600", "Asia/Jakarta", tuple(AGENTS[0].split(",")), 0)
TELKO_SWITCH = Switch("pbx_telko", "04113001188", "700", "Asia/Makassar", tuple(AGENTS[1].split(",")), 5_000_000)
SWITCHES = (BANK_SWITCH, TELKO_SWITCH)


@dataclass(frozen=True)
class Call:
    start: datetime  # aware, in the switch's zone
    seconds: int  # of conversation
    kind: str  # of audio: wav, alaw, wav49, mp3, opus
    folder: str  # YYYY/MM/DD below the tree
    file: str  # base name; empty where nothing was recorded
    legs: tuple[Leg, ...]

    @property
    def linkedid(self) -> str:
        return self.legs[0].linkedid


@dataclass(frozen=True)
class Wish:
    """How calls should be: share of each kind of audio; shortest and longest conversation in seconds."""

    kinds: tuple[tuple[str, float], ...] = (("wav", 0.5), ("alaw", 0.3), ("wav49", 0.15), ("mp3", 0.03), ("opus", 0.02))
    seconds: tuple[int, int] = (4, 20)


EXTENSIONS = {"wav": "wav", "alaw": "wav", "wav49": "WAV", "mp3": "mp3", "opus": "opus"}


def make_calls(switch: Switch, count: int, seed: int, today: date, wish: Wish) -> Iterator[Call]:
    """`count` recorded calls of three years in order of time; the same for the same arguments."""
    rnd = Random(seed * 7_919 + switch.person_base)  # noqa: S311
    zone = ZoneInfo(switch.zone)
    first = three_years_before(today)
    span = (today - first).days
    names, weights = [name for name, _ in wish.kinds], [weight for _, weight in wish.kinds]
    for number in range(count):
        day = first + timedelta(days=number * span // max(count, 1))
        seconds = rnd.choices(range(24), HOURS)[0] * 3_600 + rnd.randrange(3_600)
        start = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(seconds=seconds)
        kind = rnd.choices(names, weights)[0]
        yield call(switch, rnd, number, start, rnd.randint(*wish.seconds), kind, seed=seed)


def unique(start: datetime, number: int) -> str:
    """Asterisk's uniqueid: seconds since 1970 and a counter."""
    return f"{int(start.astimezone(UTC).timestamp())}.{number}"


def call(
    switch: Switch, rnd: Random, number: int, start: datetime, seconds: int, kind: str, *, seed: int, way: str = ""
) -> Call:
    """One call with its legs; `way`: q (queue), in, out; drawn where not given."""
    way = way or rnd.choices(("q", "in", "out"), (0.7, 0.1, 0.2))[0]
    customer = person(seed, switch.person_base + 1 + int(rnd.random() * 50_000))
    outside, agent = local_form(customer.phone), int(rnd.random() * len(switch.agents))
    linked = unique(start, number * 4 + 1)
    stamp = start.strftime("%Y%m%d-%H%M%S")
    inside = switch.extension(agent)
    middle = {"q": f"{switch.queue}-{outside}", "in": f"{switch.did}-{outside}", "out": f"{outside}-{inside}"}[way]
    file = f"{way}-{middle}-{stamp}-{linked}.{EXTENSIONS[kind]}"
    ring = rnd.randrange(3, 25)
    base = Leg(
        calldate=start.replace(tzinfo=None, microsecond=0), clid=f'"{customer.name}" <{outside}>', src=outside,
        dst=switch.queue, dcontext="ext-queues", channel=f"PJSIP/trunk-{number:08x}", dstchannel="", lastapp="Queue",
        lastdata=f"{switch.queue},t,,,,,,,,", duration=ring + seconds, billsec=seconds, disposition="ANSWERED",
        amaflags=3, accountcode="", uniqueid=linked, userfield="", did=switch.did, recordingfile=file, cnum=outside,
        cnam=customer.name, outbound_cnum="", outbound_cnam="", dst_cnam="", linkedid=linked, peeraccount="",
        sequence=number * 3,
    )  # fmt: skip
    legs = _legs(switch, rnd, way, base, agent, ring, number)
    return Call(start, seconds, kind, start.strftime("%Y/%m/%d"), file, legs)


def _legs(switch: Switch, rnd: Random, way: str, base: Leg, agent: int, ring: int, number: int) -> tuple[Leg, ...]:
    inside, name = switch.extension(agent), switch.agents[agent]
    second = f"{base.uniqueid.split('.')[0]}.{number * 4 + 2}"
    device = f"PJSIP/{inside}-{number:08x}"
    answered = base._replace(
        calldate=base.calldate + ring * SECOND, dst=inside, dcontext="from-internal",
        channel=f"Local/{inside}@from-queue", dstchannel=device, lastapp="Dial", lastdata=f"PJSIP/{inside},,HhTtrM",
        duration=base.billsec, dst_cnam=name, uniqueid=second, sequence=base.sequence + 1,
    )  # fmt: skip
    if way == "out":
        own = base._replace(
            clid=f'"{name}" <{inside}>', src=inside, dst=base.src, dcontext="from-internal", channel=device,
            dstchannel=base.channel, lastapp="Dial", lastdata=f"PJSIP/{base.src}@trunk,300,T", did="", cnum=inside,
            cnam=name, outbound_cnum=switch.did, outbound_cnam=switch.code,
        )  # fmt: skip
        return own, own._replace(uniqueid=second, channel=base.channel, dstchannel="", sequence=base.sequence + 1)
    if way == "in":
        return base._replace(dst=inside, dcontext="ext-local", lastapp="Dial", dstchannel=device), answered
    missed = answered._replace(
        calldate=base.calldate + 2 * SECOND, dst=switch.extension((agent + 1) % len(switch.agents)), duration=ring - 2,
        billsec=0, disposition="NO ANSWER", dstchannel="", recordingfile="", dst_cnam="", sequence=base.sequence + 2,
        uniqueid=f"{base.uniqueid.split('.')[0]}.{number * 4 + 3}",
    )  # fmt: skip
    return (base, answered, missed) if rnd.random() < 0.5 else (base, answered)


def renamed(one: Call, **changes: str) -> Call:
    """The same call with other texts in every leg that names its recording."""
    return replace(
        one,
        legs=tuple(leg._replace(**changes) if leg.recordingfile else leg for leg in one.legs),  # type: ignore[arg-type]
    )
