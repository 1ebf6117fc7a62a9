"""Numbers that are called, callers and working days, for machines."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client, Site, User
from kendali.mystery import office
from kendali.mystery.actions import calendar, clocks
from kendali.mystery.actions import callers as caller_actions
from kendali.mystery.actions import ground as actions
from kendali.mystery.models import Absence, Caller, Destination, Workplace
from kendali.mystery.queries import month_view
from kendali.mystery.rules.calendar_days import OWN, DayOff
from kendali.records.models import Source

router = Router(tags=["mystery calling"])
Code = Field(min_length=1, max_length=40)
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class DestinationOut(Schema):
    code: str
    name: str
    number: str
    area: str | None = Field(None, alias="site.code", description="none: cannot be determined")
    zone: str
    client: str | None = Field(None, alias="client.code")
    service: str
    queue: str
    hours: list[list[tuple[int, int]]] = Field(description="seven days, Monday first; empty: always open")
    source: int | None = Field(None, alias="source_id")
    active: bool


class DestinationIn(Schema):
    name: str = Field(min_length=1, max_length=120)
    number: str = Field(min_length=1, max_length=30)
    area: str = Field("", max_length=40, description="empty: cannot be determined")
    zone: Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"] = "Asia/Jakarta"
    client: str = Field("", max_length=40)
    service: str = Field("", max_length=120)
    queue: str = Field("", max_length=80)
    hours: list[list[tuple[int, int]]] = Field(default_factory=list, max_length=7)
    source: int | None = Field(None, ge=1, le=2**31 - 1)
    active: bool = True


class AbsenceOut(Schema):
    id: int
    first: date
    last: date
    reason: str


class CallerOut(Schema):
    id: int
    user: str = Field(alias="user.email")
    name: str = Field(alias="user.name")
    gender: str
    known_in: list[str]
    first: int
    last: int
    share: int
    active: bool
    absences: list[AbsenceOut]

    @staticmethod
    def resolve_known_in(row: Caller) -> list[str]:
        return [site.code for site in row.known_in.all()]

    @staticmethod
    def resolve_absences(row: Caller) -> list[Absence]:
        return list(row.absences.all())


class CallerIn(Schema):
    gender: Literal["", "f", "m"] = ""
    known_in: list[str] = Field(default_factory=list, max_length=200, description="codes of areas")
    first: int = Field(480, ge=0, lt=1440, description="minutes since midnight in the caller's own zone")
    last: int = Field(1020, gt=0, le=2880)
    share: int = Field(1, ge=0, le=100, description="0: only by hand")
    active: bool = True


class AbsenceIn(Schema):
    first: date
    last: date
    reason: str = Field("", max_length=200)


@router.get("/destinations", response=list[DestinationOut])
def list_destinations(request: HttpRequest) -> list[Destination]:
    access.require(signed_in(request), "plan.view")
    return list(Destination.objects.select_related("site", "client"))


@router.put("/destinations/{slug:code}", response=DestinationOut)
def save_destination(request: HttpRequest, code: str, data: DestinationIn) -> Destination:
    """New, or changed."""
    user = signed_in(request)
    access.require(user, "plan.assign")
    given = actions.NewDestination(
        name=data.name, number=data.number, site=get_object_or_404(Site, code=data.area) if data.area else None,
        zone=data.zone, client=get_object_or_404(Client, code=data.client) if data.client else None,
        service=data.service, queue=data.queue, hours=data.hours, active=data.active,
        source=get_object_or_404(Source, pk=data.source) if data.source else None,
    )  # fmt: skip
    return actions.save_destination(user=user, at=timezone.now(), code=code, given=given)


def _callers() -> QuerySet[Caller]:
    return Caller.objects.select_related("user").prefetch_related("known_in", "absences")


@router.get("/callers", response=list[CallerOut])
def list_callers(request: HttpRequest) -> list[Caller]:
    access.require(signed_in(request), "plan.view")
    return list(_callers())


@router.put("/callers/{int:user_id}", response=CallerOut)
def save_caller(request: HttpRequest, user_id: int, data: CallerIn) -> Caller:
    """New, or changed."""
    user = signed_in(request)
    access.require(user, "plan.assign")
    person = get_object_or_404(User, pk=user_id, is_active=True)
    sites = [get_object_or_404(Site, code=code) for code in dict.fromkeys(data.known_in)]
    given = caller_actions.NewCaller(**{**data.dict(), "known_in": sites})
    row = caller_actions.save(user=user, at=timezone.now(), person=person, given=given)
    return _callers().get(pk=row.pk)


@router.post("/callers/{int:caller_id}/absences", response={201: CallerOut})
def add_absence(request: HttpRequest, caller_id: int, data: AbsenceIn) -> Status[Caller]:
    user = signed_in(request)
    access.require(user, "plan.assign")
    row = get_object_or_404(Caller.objects.select_related("user"), pk=caller_id)
    caller_actions.add_absence(user=user, at=timezone.now(), caller=row, **data.dict())
    return Status(201, _callers().get(pk=row.pk))


@router.delete("/absences/{int:absence_id}", response=CallerOut)
def remove_absence(request: HttpRequest, absence_id: int) -> Caller:
    user = signed_in(request)
    access.require(user, "plan.assign")
    row = get_object_or_404(Absence.objects.select_related("caller__user"), pk=absence_id)
    caller_actions.remove_absence(user=user, at=timezone.now(), absence=row)
    return _callers().get(pk=row.caller_id)


# --- working days


class DayOffOut(Schema):
    on: date
    name: str
    kind: str
    estimated: bool
    sites: list[str] = Field(description="codes; empty: everywhere")


class CalendarOut(Schema):
    version: int = Field(description="0: nobody keeps a table yet")
    days: list[DayOffOut]


class VersionOut(Schema):
    number: int
    reason: str
    by: str
    at: datetime
    added: list[DayOffOut]
    removed: list[DayOffOut]


class WorkplaceOut(Schema):
    area: str = Field(alias="site.code")
    week: str
    opens: str = Field(description="local time, 08:00")
    closes: str

    @staticmethod
    def resolve_opens(row: Workplace) -> str:
        return f"{row.opens:%H:%M}"

    @staticmethod
    def resolve_closes(row: Workplace) -> str:
        return f"{row.closes:%H:%M}"


class WorkplaceIn(Schema):
    week: Literal["five_days", "six_days", "calendar", "round_the_clock"]
    opens: str = Field("08:00", pattern=CLOCK)
    closes: str = Field("17:00", pattern=CLOCK)


class DayOffIn(Schema):
    name: str = Field(min_length=1, max_length=120)
    sites: list[str] = Field(default_factory=list, max_length=200)
    reason: str = Field(min_length=1, max_length=300)


class CalendarReason(Schema):
    reason: str = Field(min_length=1, max_length=300)


class Recomputed(Schema):
    moved: int


def _calendar() -> dict[str, object]:
    version = office.newest_calendar()
    return {"version": version.number if version else 0, "days": month_view.table_of(version)}


@router.get("/calendar", response=CalendarOut)
def show_work_calendar(request: HttpRequest) -> dict[str, object]:
    """The table of days off in force."""
    access.require(signed_in(request), "calendar.view")
    return _calendar()


@router.get("/calendar/versions", response=list[VersionOut])
def list_calendar_versions(request: HttpRequest) -> list[dict[str, object]]:
    """The newest twenty, each with what it changed."""
    access.require(signed_in(request), "calendar.view")
    return [
        {
            "number": row.number, "reason": row.reason, "by": row.changed_by.name if row.changed_by else "Kendali",
            "at": row.at, "added": [*changed.added, *(after for _, after in changed.renamed)],
            "removed": [*changed.removed, *(before for before, _ in changed.renamed)],
        }
        for row, changed in month_view.versions()
    ]  # fmt: skip


@router.put("/calendar/days/{str:on}", response=CalendarOut)
def put_day_off(request: HttpRequest, on: date, data: DayOffIn) -> dict[str, object]:
    """Added, renamed, or given other areas: a new version."""
    user = signed_in(request)
    access.require(user, "calendar.edit")
    held = next((one for one in calendar.table() if one.on == on), None)
    day = DayOff(on, data.name.strip(), held.kind if held else OWN, False, tuple(sorted(set(data.sites))))
    calendar.put_day(user=user, at=timezone.now(), day=day, reason=data.reason)
    return _calendar()


@router.post("/calendar/days/{str:on}/remove", response=CalendarOut)
def remove_day_off(request: HttpRequest, on: date, data: CalendarReason) -> dict[str, object]:
    """It is a working day: a new version."""
    user = signed_in(request)
    access.require(user, "calendar.edit")
    calendar.remove_day(user=user, at=timezone.now(), on=on, reason=data.reason)
    return _calendar()


@router.post("/calendar/years/{int:year}", response=CalendarOut)
def add_calendar_year(request: HttpRequest, year: int) -> dict[str, object]:
    """What is published for a year; days that the table has already stay."""
    user = signed_in(request)
    access.require(user, "calendar.edit")
    calendar.add_year(user=user, at=timezone.now(), year=year)
    return _calendar()


@router.post("/calendar/recompute", response=Recomputed)
def recompute_clocks(request: HttpRequest) -> dict[str, int]:
    """Running clocks by the table in force; what has ended does not move."""
    user = signed_in(request)
    access.require(user, "calendar.edit")
    return {"moved": clocks.recompute_all(user=user, at=timezone.now())}


@router.get("/workplaces", response=list[WorkplaceOut])
def list_workplaces(request: HttpRequest) -> list[Workplace]:
    access.require(signed_in(request), "calendar.view")
    return list(Workplace.objects.select_related("site").order_by("site__code"))


@router.put("/workplaces/{slug:area}", response=WorkplaceOut)
def save_workplace(request: HttpRequest, area: str, data: WorkplaceIn) -> Workplace:
    user = signed_in(request)
    access.require(user, "calendar.edit")
    site = get_object_or_404(Site, code=area)
    return calendar.save_workplace(
        user=user, at=timezone.now(), site=site, week=data.week, opens=time.fromisoformat(data.opens),
        closes=time.fromisoformat(data.closes),
    )  # fmt: skip
