"""Working days: the month with its days off, the table of a year in versions, week and office hours of each site."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt
from kendali.accounts.models import Site
from kendali.civil_time import EARLIEST, LATEST, ZONES, add_months
from kendali.mystery import hours, office
from kendali.mystery.actions import calendar as actions
from kendali.mystery.actions import clocks
from kendali.mystery.forms_people import WEEKS, DayForm, RemoveDayForm, WorkplaceForm
from kendali.mystery.queries import month_view
from kendali.mystery.queries.calendars import Calendars
from kendali.mystery.rules import calendar_days, cycle
from kendali.mystery.rules.calendar_days import OWN, DayOff
from kendali.mystery.views.roster import valid


@login_required
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "calendar.view")
    month, version = _month(request), office.newest_calendar()
    table, calendars = month_view.table_of(version), Calendars(version)
    may_edit = permissions.can(user, "calendar.edit")
    today, sites = timezone.localdate(), dict(Site.objects.values_list("code", "name"))
    context = {
        "month": month,
        "today": today,
        "back": f"{add_months(month, -1):%Y-%m}",
        "on": f"{add_months(month, 1):%Y-%m}",
        "weeks": month_view.grid(month, table, calendars),
        "working_days": len(cycle.working_days(month, calendars.of())),
        "sites": [_site(one) for one in month_view.sites(month, table, calendars)],
        "newest": version,
        "days": [(one, _forms(one, sites), ", ".join(sites.get(code, code) for code in one.sites)) for one in
                 month_view.of_year(table, month.year)],
        "undecreed": [one for year in (month.year, today.year + 1) if not (one := calendar_days.decreed(table, year))],
        "versions": month_view.versions(8),
        "outdated": actions.outdated_clocks(timezone.now()) if may_edit else 0,
        "may_edit": may_edit,
        "form": DayForm(sites=sites, initial={"on": max(month, today)}, auto_id="new_%s") if may_edit else None,
    }  # fmt: skip
    return render(request, "mystery/calendar.html", context)


def _month(request: HttpRequest) -> date:
    """?bulan=2027-03; what cannot be read is this month."""
    try:
        month = date.fromisoformat(f"{request.GET.get('bulan', '')}-01")
    except ValueError:
        month = timezone.localdate().replace(day=1)
    return month if EARLIEST < month < LATEST.replace(day=1) else timezone.localdate().replace(day=1)


def _site(one: month_view.SiteMonth) -> tuple[month_view.SiteMonth, WorkplaceForm, str, str, str]:
    """With its form, and week, office hours and zone in words."""
    given = _place(one)
    form = WorkplaceForm(initial=given, auto_id=f"{one.site.code}_%s")
    open_ = hours.shown(f"{one.place.opens:%H.%M}-{one.place.closes:%H.%M}" if one.place else "08.00-17.00")
    return one, form, str(dict(WEEKS)[str(given["week"])]), open_, ZONES[one.site.zone]


def _place(one: month_view.SiteMonth) -> dict[str, object]:
    place = one.place
    return {"week": place.week, "opens": place.opens, "closes": place.closes} if place else {
        "week": WEEKS[0][0], "opens": "08:00", "closes": "17:00"
    }  # fmt: skip


def _forms(one: DayOff, sites: dict[str, str]) -> tuple[DayForm, RemoveDayForm]:
    edit = DayForm(
        sites=sites, initial={"on": one.on, "name": one.name, "sites": list(one.sites)}, auto_id=f"{one.on:%Y%m%d}_%s"
    )
    edit.fields["on"].widget.attrs["readonly"] = True
    return edit, RemoveDayForm(initial={"on": one.on}, auto_id=f"x{one.on:%Y%m%d}_%s")


def _to_month(on: date) -> HttpResponse:
    return redirect(f"/mystery/kalender/?bulan={on:%Y-%m}")


@login_required
@require_POST
def day_put(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "calendar.edit")
    form = DayForm(request.POST, sites=dict(Site.objects.values_list("code", "name")))
    if not valid(request, form):
        return redirect("work_calendar")
    held = next((one for one in actions.table() if one.on == form.cleaned_data["on"]), None)
    day, reason = form.day_off(held.kind if held else OWN), form.cleaned_data["reason"]
    attempt(
        request,
        lambda: actions.put_day(user=user, at=timezone.now(), day=day, reason=reason),
        _("A new version of the table is in force. Clocks that run stay as they are until they are recomputed."),
    )
    return _to_month(day.on)


@login_required
@require_POST
def day_remove(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "calendar.edit")
    form = RemoveDayForm(request.POST)
    if not valid(request, form):
        return redirect("work_calendar")
    on, reason = form.cleaned_data["on"], form.cleaned_data["reason"]
    attempt(
        request,
        lambda: actions.remove_day(user=user, at=timezone.now(), on=on, reason=reason),
        _("A new version of the table is in force. Clocks that run stay as they are until they are recomputed."),
    )
    return _to_month(on)


@login_required
@require_POST
def year_add(request: HttpRequest, year: int) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "calendar.edit")
    done = attempt(
        request,
        lambda: actions.add_year(user=user, at=timezone.now(), year=year),
        _("The published days off of the year are in the table."),
    )
    return _to_month(date(year, 1, 1)) if done else redirect("work_calendar")


@login_required
@require_POST
def workplace_save(request: HttpRequest, code: str) -> HttpResponse:
    user = access.signed_in(request)
    site = access.load(Site.objects.all(), user, "calendar.edit", code=code)
    form = WorkplaceForm(request.POST)
    if valid(request, form):
        attempt(
            request,
            lambda: actions.save_workplace(user=user, at=timezone.now(), site=site, **form.cleaned_data),
            _("Saved; clocks that start from now on are counted by it."),
        )
    return redirect("work_calendar")


@login_required
@require_POST
def clocks_recompute(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "calendar.edit")
    attempt(
        request,
        lambda: clocks.recompute_all(user=user, at=timezone.now()),
        _("Running clocks are counted by the table in force; what has ended did not move."),
    )
    return redirect("work_calendar")
