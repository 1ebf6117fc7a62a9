"""A small contact centre for tests: two areas in two zones, three teams, five agents, numbers to call, callers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kendali.accounts.models import Site
from kendali.mystery.models import Agent, Caller, Destination, Membership, Shift, Team, Workplace
from tests.cast import Cast

SINCE = date(2026, 1, 1)
WEEKDAYS = [[[420, 1320]]] * 5 + [[], []]  # 07.00-22.00, Monday to Friday


@dataclass
class Floor:
    jkt: Site
    dps: Site
    jakarta: Destination
    denpasar: Destination
    national: Destination
    agents: dict[str, Agent]


def floor(cast: Cast) -> Floor:
    """Team J1 (TL Tari, SPV Surya), J2 and D1 (SPV Kirana, no TL); Agus answers in J1 with a login of his own."""
    jkt = Site.objects.create(code="jkt", name="Jakarta", zone="Asia/Jakarta")
    dps = Site.objects.create(code="dps", name="Denpasar", zone="Asia/Makassar")
    Workplace.objects.bulk_create([Workplace(site=jkt), Workplace(site=dps)])
    Shift.objects.bulk_create(
        [Shift(code="pagi", name="Pagi", first=420, last=900), Shift(code="siang", name="Siang", first=840, last=1320)]
    )
    Team.objects.bulk_create(
        [
            Team(code="J1", site=jkt, leader=cast.tari, supervisor=cast.surya, since=SINCE),
            Team(code="J2", site=jkt, supervisor=cast.kirana, since=SINCE),
            Team(code="D1", site=dps, supervisor=cast.kirana, since=SINCE),
        ]
    )
    return Floor(jkt, dps, *_destinations(jkt, dps), _agents(cast, jkt, dps))


def _destinations(jkt: Site, dps: Site) -> tuple[Destination, Destination, Destination]:
    return (
        Destination.objects.create(code="jkt-1", name="Jakarta", number="1500001", site=jkt, hours=WEEKDAYS),
        Destination.objects.create(
            code="dps-1", name="Denpasar", number="1500002", site=dps, zone="Asia/Makassar", hours=WEEKDAYS
        ),
        Destination.objects.create(code="nasional", name="Nasional", number="1500003"),
    )


def _agents(cast: Cast, jkt: Site, dps: Site) -> dict[str, Agent]:
    rows = [
        ("A1", cast.agus.name, "J1", jkt, "pagi", "agus", "2001"),
        ("A2", "Bagas Pratama", "J1", jkt, "siang", "bagas", "2002"),
        ("A3", "Citra Lestari", "J2", jkt, "siang", "citra", "2003"),
        ("A4", "Ketut Sudarma", "D1", dps, "pagi", "ketut", "3001"),
        ("A5", "Made Wirawan", "D1", dps, "siang", "made", "3002"),
    ]
    found = {}
    for number, name, team, site, shift, login, extension in rows:
        user = cast.agus if number == "A1" else None
        found[number] = agent = Agent.objects.create(number=number, name=name, user=user)
        Membership.objects.create(
            agent=agent, name=name, team=team, site=site, shift=shift, login=login, extension=extension, since=SINCE
        )
    return found


def callers(cast: Cast) -> dict[str, Caller]:
    """Qori calls; Surya and Tari help, by hand only."""
    return {
        "qori": Caller.objects.create(user=cast.qori, gender="f", share=3),
        "surya": Caller.objects.create(user=cast.surya, gender="m", share=0),
        "tari": Caller.objects.create(user=cast.tari, gender="f", share=0),
    }
