"""The floor of the sample's contact centre: seven areas with their hours, teams, sixty agents, the numbers that are
called, who calls and as whom; all of it through the actions of the product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kendali import civil_time
from kendali.accounts import actions as accounts
from kendali.accounts.models import Client, Site, User
from kendali.home.sample import people as plan
from kendali.home.sample.names import mixed, person
from kendali.mystery.actions import calendar, callers, ground, materials, roster
from kendali.mystery.actions.callers import NewCaller
from kendali.mystery.actions.ground import NewDestination
from kendali.mystery.actions.roster import NewTeam
from kendali.mystery.rules.roster_rules import Membership
from kendali.records.models import Source

SEED = 1201
MONTH = timedelta(days=31)
WEEKDAY, SATURDAY = [[7 * 60, 21 * 60]], [[8 * 60, 14 * 60]]
HOURS = [WEEKDAY] * 5 + [SATURDAY, []]
SHIFTS = (("pagi", "Pagi", 7 * 60, 15 * 60), ("siang", "Siang", 10 * 60, 18 * 60), ("sore", "Sore", 13 * 60, 21 * 60))


@dataclass(frozen=True, slots=True)
class Area:
    code: str
    teams: tuple[str, ...]
    agents: int
    client: str
    number: str


AREAS = (
    Area("mdn", ("MDN-1",), 8, "bank", "061 500 0101"),
    Area("bdg", ("BDG-1",), 8, "bank", "022 500 0101"),
    Area("sby", ("SBY-1", "SBY-2"), 10, "bank", "031 500 0101"),
    Area("jkt", ("JKT-1", "JKT-2"), 14, "bank", "021 500 0101"),
    Area("smg", ("SMG-1",), 8, "bank", "024 500 0101"),
    Area("dps", ("DPS-1",), 6, "telko", "0361 500 0101"),
    Area("mks", ("MKS-1",), 6, "telko", "0411 500 0101"),
)
# Surya leads the areas of the west, with Tari as their Team Leader, so that both may help in the east.
EAST = {"dps", "mks"}
# Without a password: nobody of the sample logs in as one of them.
SUPERVISOR_OF_THE_EAST = ("wayan", "Wayan Sudiarta", "Supervisor", "TDS1013", "Denpasar", "supervisor")
SECOND_OFFICER = ("yuni", "Yuni Astari", "QC Officer", "TDS1043", "Surabaya", "qc_officer")
PERSONAS = (
    ("P-01", "Ratih Kencana", "f", "Ibu rumah tangga, 42 tahun, jarang memakai aplikasi", "pelan dan ragu-ragu"),
    ("P-02", "Lusi Andarini", "f", "Karyawan swasta, 29 tahun, terburu-buru", "cepat, langsung ke pokok"),
    ("P-03", "Marlina Tobing", "f", "Pedagang, 50 tahun, terbiasa menawar", "ramah, banyak bertanya"),
    ("P-04", "Devi Maheswari", "f", "Mahasiswi, 21 tahun, pengguna baru", "santai, istilah sehari-hari"),
    ("P-05", "Yohana Rumagit", "f", "Guru, 38 tahun, teliti", "runtut, meminta penjelasan ulang"),
    ("P-06", "Siska Pramudita", "f", "Pemilik usaha katering, 34 tahun, kecewa", "tegas, menahan marah"),
    ("P-07", "Nurul Fadhilah", "f", "Perawat, 31 tahun, sering dinas malam", "lelah, singkat"),
    ("P-08", "Tjokorda Istri", "f", "Pensiunan, 63 tahun, kurang mendengar", "minta diulang"),
    ("P-09", "Johan Silitonga", "m", "Sopir, 45 tahun, memakai telepon lama", "keras, sederhana"),
    ("P-10", "Fahri Ramadhani", "m", "Karyawan baru, 24 tahun, banyak bertanya", "sopan"),
)


def make(at: datetime) -> None:
    """After the people, the sites and the sources; before anything is planned. `at`: when the house was founded."""
    users = {person.key: User.objects.get(email=person.email) for person in plan.PEOPLE}
    since = civil_time.local_date(at, plan.WIB)
    calendar.seed(at=at)
    _hours(users["kirana"], at)
    for code, name, first, last in SHIFTS:
        ground.save_shift(user=users["qanita"], at=at, code=code, name=name, first=first, last=last)
    _teams(users, at, since)
    _agents(users["qanita"], at, since)
    _numbers(users["qanita"], at)
    _callers(users, at)
    _personas(users["qanita"], at)


def _hours(user: User, at: datetime) -> None:
    for site in Site.objects.all():
        calendar.save_workplace(user=user, at=at, site=site, week="five_days", opens=time(8), closes=time(17))


def _teams(users: dict[str, User], at: datetime, since: date) -> None:
    east = _without_login(SUPERVISOR_OF_THE_EAST, at)
    for area in AREAS:
        site = Site.objects.get(code=area.code)
        leader, supervisor = (None, east) if area.code in EAST else (users["tari"], users["surya"])
        for code in area.teams:
            team = NewTeam(code, site, since, leader, supervisor)
            roster.new_team(user=users["qanita"], at=at, team=team)


def _without_login(who: tuple[str, str, str, str, str, str], at: datetime) -> User:
    key, name, position, number, place, role = who
    user = accounts.create_user(
        user=None, at=at, email=f"{key}@{plan.DOMAIN}", name=name, position=position, employee_number=number,
        zone=plan.SITES[place],
    )  # fmt: skip
    site = Site.objects.get(code=plan.SITE_CODES[place])
    accounts.grant_role(user=None, at=at, person=user, role=role, site=site)
    return user


def members(since: date) -> Iterator[Membership]:
    """Sixty agents; Agus Salim is one of Jakarta's first team."""
    number = 1200
    for place, area in enumerate(AREAS, start=2):
        for n in range(area.agents):
            number += 1
            agus = area.code == "jkt" and n == 0
            name = "Agus Salim" if agus else person(SEED, number).name
            yield Membership(
                agent=_agus().employee_number if agus else f"TDS{number + 100:04d}",
                name=name,
                team=area.teams[n % len(area.teams)],
                area=area.code,
                shift=SHIFTS[(n // len(area.teams)) % len(SHIFTS)][0],
                since=since,
                login=f"{name.split()[0]}.{number}".lower(),
                extension=f"{place}{n + 1:03d}",
            )


def _agus() -> plan.SamplePerson:
    return next(one for one in plan.PEOPLE if one.key == "agus")


def _agents(user: User, at: datetime, since: date) -> None:
    """As a sheet; later one moves to another team, one leaves, one comes."""
    all_of_them = list(members(since))
    rows = [roster.row_of(one) for one in all_of_them]
    rows[9] |= {"until": (since + 5 * MONTH).isoformat()}
    rows[-1] |= {"since": (since + 4 * MONTH).isoformat()}
    roster.import_rows(user=user, at=at, rows=rows, effective=since, complete=True, file="roster.xlsx")
    moving = next(one for one in all_of_them if one.team == "SBY-2")
    on = since + 6 * MONTH
    roster.move(user=user, at=at, member=_in_team(moving, "SBY-1", on))


def _in_team(one: Membership, team: str, since: date) -> Membership:
    return Membership(one.agent, one.name, team, one.area, one.shift, since, None, one.login, one.extension)


def _numbers(user: User, at: datetime) -> None:
    clients = {client.code: client for client in Client.objects.all()}
    recordings = {one.client.code: one for one in Source.objects.filter(record_class="recording")}
    for area in AREAS:
        site = Site.objects.get(code=area.code)
        given = NewDestination(
            name=f"Layanan {site.name}", number=area.number, site=site, client=clients[area.client],
            service="Layanan pelanggan", queue="Umum", hours=HOURS, source=recordings.get(area.client),
        )  # fmt: skip
        ground.save_destination(user=user, at=at, code=f"{area.code}-1", given=given)
    national = NewDestination(name="Nasional", number="1500 101", service="Layanan pelanggan", active=False)
    ground.save_destination(user=user, at=at, code="nasional", given=national)


def _callers(users: dict[str, User], at: datetime) -> None:
    """Qori and Yuni call; a Team Leader and a Supervisor help where somebody gives them a call by hand."""
    jakarta, surabaya = (Site.objects.get(code=code) for code in ("jkt", "sby"))
    for who, given in (
        (users["qori"], NewCaller("f", share=2)),
        (_without_login(SECOND_OFFICER, at), NewCaller("f", [surabaya], share=1)),
        (users["tari"], NewCaller("f", [jakarta], share=0)),
        (users["surya"], NewCaller("m", [jakarta], share=0)),
    ):
        callers.save(user=users["qanita"], at=at, person=who, given=given)


def _personas(user: User, at: datetime) -> None:
    """Numbers of a range that no operator gives out."""
    for n, (code, name, gender, profile, style) in enumerate(PERSONAS):
        materials.save_persona(
            user=user, at=at, code=code, name=name, gender=gender, profile=profile, style=style,
            caller_number=f"+628120{mixed(SEED, n) % 10_000_000:07d}",
        )  # fmt: skip
