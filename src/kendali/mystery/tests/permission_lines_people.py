"""Roster, callers, destinations, calendar: who may open what."""

from __future__ import annotations

from datetime import date
from typing import Any

from kendali.mystery.models import Absence, Caller
from kendali.mystery.tests import roster_rows
from tests.cast import Cast
from tests.permissions import Line

OFFICE = "qanita qadri kirana maya rahma aulia"  # who may know the plan
SEES = f"{OFFICE} surya tari adi"
KEEPS = "qanita qadri kirana adi"
ASSIGNS = "qanita qadri kirana"
DAYS = f"{OFFICE} qori surya tari dewi dina adi"
KEEPS_DAYS = "kirana adi"
LAST = {"last": "2026-11-30"}


def _floor(cast: Cast, **kwargs: object) -> dict[str, Any]:
    roster_rows.floor(cast)
    return dict(kwargs)


def _agent(cast: Cast) -> dict[str, Any]:
    return {"pk": roster_rows.floor(cast).agents["A2"].pk}


def _number(cast: Cast) -> dict[str, Any]:
    return _floor(cast, number="A2")


def _team(cast: Cast) -> dict[str, Any]:
    return _floor(cast, code="J1")


def _destination(cast: Cast) -> dict[str, Any]:
    return _floor(cast, code="jkt-1")


def _caller(cast: Cast, name: str = "pk") -> dict[str, Any]:
    return {name: Caller.objects.create(user=cast.qori).pk}


def _absence(cast: Cast, name: str = "pk") -> dict[str, Any]:
    caller = Caller.objects.create(user=cast.qori)
    row = Absence.objects.create(caller=caller, first=date(2026, 12, 1), last=date(2026, 12, 2))
    return {name: row.pk}


def _place(cast: Cast) -> dict[str, Any]:
    return {"name": "Bagas Pratama", "team": "J1", "shift": "pagi", "since": "2026-11-30"}


def api(allow: str, **more: Any) -> Line:
    return Line(api=True, allow=allow, **more)


PAGES: dict[str, Line] = {
    "roster": Line(allow=SEES),
    "roster_xlsx": Line(allow=SEES),
    "roster_import": Line(allow=KEEPS),
    "roster_agent_new": Line(method="POST", allow=KEEPS),
    "roster_agent": Line(allow=SEES, kwargs=_agent),
    "roster_agent_move": Line(method="POST", allow=KEEPS, kwargs=_agent),
    "roster_agent_end": Line(method="POST", allow=KEEPS, kwargs=_agent),
    "roster_teams": Line(allow=SEES),
    "roster_team_new": Line(method="POST", allow=KEEPS),
    "roster_team": Line(allow=SEES, kwargs=_team),
    "roster_team_change": Line(method="POST", allow=KEEPS, kwargs=_team),
    "roster_team_end": Line(method="POST", allow=KEEPS, kwargs=_team),
    "roster_shifts": Line(allow=SEES),
    "roster_shift_save": Line(method="POST", allow=KEEPS),
    "roster_destinations": Line(allow=OFFICE),
    "roster_destination_new": Line(allow=ASSIGNS),
    "roster_destination": Line(allow=OFFICE, kwargs=_destination),
    "roster_callers": Line(allow=OFFICE),
    "roster_caller_new": Line(allow=ASSIGNS),
    "roster_caller": Line(allow=OFFICE, kwargs=_caller),
    "roster_absence_add": Line(method="POST", allow=ASSIGNS, kwargs=_caller),
    "roster_absence_remove": Line(method="POST", allow=ASSIGNS, kwargs=_absence),
    "work_calendar": Line(allow=DAYS),
    "calendar_day": Line(method="POST", allow=KEEPS_DAYS),
    "calendar_day_remove": Line(method="POST", allow=KEEPS_DAYS),
    "calendar_year_add": Line(method="POST", allow=KEEPS_DAYS, kwargs=lambda cast: {"year": 2027}),
    "workplace_save": Line(method="POST", allow=KEEPS_DAYS, kwargs=lambda cast: _floor(cast, code="jkt")),
    "clocks_recompute": Line(method="POST", allow=KEEPS_DAYS),
}
MACHINES: dict[str, Line] = {
    "list_roster": api(SEES),
    "show_agent": api(SEES, kwargs=_number),
    "add_agent": api(KEEPS, method="POST", data=lambda cast: {**_place(cast), "number": "N1"}),
    "move_agent": api(KEEPS, method="POST", kwargs=_number, data=_place),
    "end_agent": api(KEEPS, method="POST", kwargs=_number, data=lambda cast: LAST),
    "import_roster": api(KEEPS, method="POST", data=lambda cast: {"rows": [], "effective": "2026-11-30"}),
    "list_teams": api(SEES),
    "put_team": api(
        KEEPS, method="PUT", kwargs=_team, data=lambda cast: {"area": "jkt", "since": "2026-11-30"}
    ),
    "end_team": api(KEEPS, method="POST", kwargs=_team, data=lambda cast: LAST),
    "list_shifts": api(SEES),
    "save_shift": api(
        KEEPS, method="PUT", kwargs=lambda cast: {"code": "malam"},
        data=lambda cast: {"name": "Malam", "first": 1320, "last": 1800},
    ),
    "list_destinations": api(OFFICE),
    "save_destination": api(
        ASSIGNS, method="PUT", kwargs=_destination, data=lambda cast: {"name": "Jakarta", "number": "1500001"}
    ),
    "list_callers": api(OFFICE),
    "save_caller": api(
        ASSIGNS, method="PUT", kwargs=lambda cast: {"user_id": cast.qori.pk}, data=lambda cast: {"share": 2}
    ),
    "add_absence": api(
        ASSIGNS, method="POST", kwargs=lambda cast: _caller(cast, "caller_id"),
        data=lambda cast: {"first": "2026-12-01", "last": "2026-12-02"},
    ),
    "remove_absence": api(ASSIGNS, method="DELETE", kwargs=lambda cast: _absence(cast, "absence_id")),
    "show_work_calendar": api(DAYS),
    "list_calendar_versions": api(DAYS),
    "put_day_off": api(
        KEEPS_DAYS, method="PUT", kwargs=lambda cast: {"on": "2026-12-28"},
        data=lambda cast: {"name": "Libur perusahaan", "reason": "Keputusan direksi"},
    ),
    "remove_day_off": api(
        KEEPS_DAYS, method="POST", kwargs=lambda cast: {"on": "2026-12-25"}, data=lambda cast: {"reason": "Salah"}
    ),
    "add_calendar_year": api(KEEPS_DAYS, method="POST", kwargs=lambda cast: {"year": 2030}),
    "recompute_clocks": api(KEEPS_DAYS, method="POST"),
    "list_workplaces": api(DAYS),
    "save_workplace": api(
        KEEPS_DAYS, method="PUT", kwargs=lambda cast: _floor(cast, area="jkt"),
        data=lambda cast: {"week": "six_days"},
    ),
}  # fmt: skip
LINES: dict[str, Line] = {**PAGES, **{f"api-v1:{name}": line for name, line in MACHINES.items()}}
