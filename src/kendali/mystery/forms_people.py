"""What people type on the pages of roster, callers, numbers and working days."""

from __future__ import annotations

from datetime import date

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import ZONES, Client, Site, User
from kendali.accounts.roles import SUPERVISOR, TEAM_LEADER
from kendali.mystery import hours
from kendali.mystery.actions.callers import LARGEST_SHARE, NewCaller
from kendali.mystery.actions.ground import NewDestination
from kendali.mystery.models import Shift
from kendali.mystery.queries import roster
from kendali.mystery.queries.callers import AS
from kendali.mystery.rules.calendar_days import LONGEST_NAME, DayOff
from kendali.mystery.rules.roster_rules import Membership
from kendali.mystery.rules.working_time import Week
from kendali.records.forms import day
from kendali.records.models import Source

VOICES = [("", _("not said")), ("f", _("female")), ("m", _("male"))]
WEEKS = [
    (Week.FIVE_DAYS.value, _("Monday to Friday")),
    (Week.SIX_DAYS.value, _("Monday to Saturday")),
    (Week.CALENDAR.value, _("every day of the calendar")),
    (Week.ROUND_THE_CLOCK.value, _("round the clock")),
]
WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def clock(label: object) -> forms.TimeField:
    return forms.TimeField(label=label, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))  # type: ignore[arg-type]


def _people(*roles: str) -> QuerySet[User]:
    held = Q(grants__role__in=roles, grants__ended_at=None)
    return User.objects.filter(held, is_active=True).distinct().order_by("name")


class RosterFilter(forms.Form):
    tanggal = day(_("As of"))
    area = forms.ModelChoiceField(
        Site.objects.all(), to_field_name="code", required=False, label=_("Area"), empty_label=_("all areas")
    )
    tim = forms.ChoiceField(required=False, label=_("Team"))
    cari = forms.CharField(max_length=80, required=False, label=_("Name, number, login or extension"))

    def __init__(self, data: object, on: date) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        codes = roster.team_rows(on).values_list("code", flat=True)
        choices = [("", gettext("all teams")), *((code, code) for code in codes)]
        self.fields["tim"].choices = choices  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    """An agent from a day on. The area is the team's."""

    number = forms.CharField(max_length=40, label=_("Employee number"))
    name = forms.CharField(max_length=200, label=_("Name"))
    team = forms.ChoiceField(label=_("Team"))
    shift = forms.ModelChoiceField(
        Shift.objects.filter(active=True), to_field_name="code", label=_("Shift"), empty_label=None
    )
    login = forms.CharField(max_length=120, required=False, label=_("Login of the omni-channel application"))
    extension = forms.CharField(max_length=20, required=False, label=_("Extension"))
    since = day(_("Valid from"), required=True)

    def __init__(self, data: object = None, *, on: date, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial={"since": on, **(initial or {})})  # type: ignore[arg-type]
        self.areas = {one.code: one.site.code for one in roster.team_rows().filter(Q(until=None) | Q(until__gte=on))}
        self.fields["team"].choices = [(code, code) for code in self.areas]  # type: ignore[attr-defined]

    def member(self, number: str = "") -> Membership:
        given = self.cleaned_data
        return Membership(
            agent=number or given["number"].strip(), name=given["name"].strip(), team=given["team"],
            area=self.areas[given["team"]], shift=given["shift"].code, since=given["since"],
            login=given["login"].strip(), extension=given["extension"].strip(),
        )  # fmt: skip


class MoveForm(MemberForm):
    number = None  # type: ignore[assignment]  # stays


class EndForm(forms.Form):
    last = day(_("Last day"), required=True)


class ImportForm(forms.Form):
    file = forms.FileField(label=_("Workbook (XLSX)"), required=False)
    effective = day(_("Holds from, where a row names no day"), required=True)
    complete = forms.BooleanField(
        required=False,
        label=_("This sheet is the whole roster"),
        help_text=_("Whoever is missing in it leaves the roster the day before."),
    )
    rows = forms.CharField(required=False, widget=forms.HiddenInput)  # what the dry run read, for the second click
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class TeamForm(forms.Form):
    leader = forms.ModelChoiceField(
        User.objects.none(), required=False, label=_("Team Leader"), empty_label=_("nobody")
    )
    supervisor = forms.ModelChoiceField(
        User.objects.none(), required=False, label=_("Supervisor"), empty_label=_("nobody")
    )
    since = day(_("Valid from"), required=True)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["leader"].queryset = _people(TEAM_LEADER, SUPERVISOR)  # type: ignore[attr-defined]
        self.fields["supervisor"].queryset = _people(SUPERVISOR)  # type: ignore[attr-defined]


class NewTeamForm(TeamForm):
    code = forms.CharField(max_length=40, label=_("Code"))
    site = forms.ModelChoiceField(Site.objects.all(), to_field_name="code", label=_("Area"), empty_label=None)
    field_order = ["code", "site"]


class ShiftForm(forms.Form):
    code = forms.SlugField(max_length=20, label=_("Code"))
    name = forms.CharField(max_length=80, label=_("Name"))
    first = clock(_("From"))
    last = clock(_("Until"))
    active = forms.BooleanField(required=False, initial=True, label=_("In use"))

    def span(self) -> tuple[int, int]:
        first, last = hours.span(hours.minutes(self.cleaned_data["first"]), hours.minutes(self.cleaned_data["last"]))
        return first, last


class DestinationForm(forms.Form):
    """Service hours as text, one field for each weekday; all empty: open all day, every day."""

    code = forms.SlugField(max_length=40, label=_("Code"))
    name = forms.CharField(max_length=120, label=_("Name"))
    number = forms.CharField(max_length=30, label=_("Number that is called"))
    site = forms.ModelChoiceField(
        Site.objects.all(),
        to_field_name="code",
        required=False,
        label=_("Area that answers"),
        empty_label=_("cannot be determined (national routing)"),
    )
    zone = forms.ChoiceField(choices=ZONES, label=_("Time zone where no area is given"))
    client = forms.ModelChoiceField(
        Client.objects.filter(active=True), to_field_name="code", required=False, label=_("Client"),
        empty_label=_("no client"),
    )  # fmt: skip
    service = forms.CharField(max_length=120, required=False, label=_("Service or product"))
    queue = forms.CharField(max_length=80, required=False, label=_("Queue"))
    source = forms.ModelChoiceField(
        Source.objects.filter(record_class="recording", active=True), required=False,
        label=_("Its recordings are in"), empty_label=_("no source"),
    )  # fmt: skip
    active = forms.BooleanField(required=False, initial=True, label=_("In use"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for number, name in enumerate(WEEKDAYS):
            self.fields[f"day_{number}"] = forms.CharField(max_length=120, required=False, label=name)
        first = self.fields["day_0"]
        first.help_text = _("Service hours like 07.00-22.00; empty: closed. All seven empty: always open.")

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        for number in range(7):
            try:
                given[f"hours_{number}"] = hours.parsed(str(given.get(f"day_{number}") or ""))
            except ValueError:
                self.add_error(f"day_{number}", gettext("Write hours like 07.00-22.00."))
        return given

    def destination(self) -> NewDestination:
        given = self.cleaned_data
        week = [given[f"hours_{number}"] for number in range(7)]
        plain = {name: given[name] for name in ("name", "number", "site", "zone", "client", "service", "queue",
                                                "source", "active")}  # fmt: skip
        return NewDestination(**plain, hours=week if any(week) else [])


class CallerForm(forms.Form):
    gender = forms.ChoiceField(choices=VOICES, required=False, label=_("Voice"))
    first = clock(_("Works from"))
    last = clock(_("Works until"))
    share = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_SHARE,
        label=_("Share of the load"),
        help_text=_("2 gets twice as many calls as 1; 0: only by hand."),
    )
    known_in = forms.ModelMultipleChoiceField(
        Site.objects.all(), to_field_name="code", required=False, label=_("Areas where the voice is known"),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    active = forms.BooleanField(required=False, initial=True, label=_("In use"))

    def caller(self) -> NewCaller:
        given = self.cleaned_data
        first, last = hours.span(hours.minutes(given["first"]), hours.minutes(given["last"]))
        return NewCaller(
            gender=given["gender"], known_in=list(given["known_in"]), first=first, last=last, share=given["share"],
            active=given["active"],
        )  # fmt: skip


class NewCallerForm(CallerForm):
    person = forms.ModelChoiceField(User.objects.none(), label=_("Person"), empty_label=None)
    field_order = ["person"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        people = _people(*(one.value for one in AS)).filter(caller=None)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class AbsenceForm(forms.Form):
    first = day(_("From"), required=True)
    last = day(_("To"), required=True)
    reason = forms.CharField(max_length=200, required=False, label=_("Reason"))


class DayForm(forms.Form):
    """`sites`: code -> name; given by the page, which has many of these forms."""

    on = day(_("Date"), required=True)
    name = forms.CharField(max_length=LONGEST_NAME, label=_("Name"))
    sites = forms.MultipleChoiceField(
        required=False, label=_("Only in"), widget=forms.CheckboxSelectMultiple, help_text=_("None ticked: everywhere.")
    )
    reason = forms.CharField(max_length=300, label=_("Reason of the change"))

    def __init__(self, *args: object, sites: dict[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["sites"].choices = list(sites.items())  # type: ignore[attr-defined]

    def day_off(self, kind: str) -> DayOff:
        given = self.cleaned_data
        return DayOff(given["on"], given["name"].strip(), kind, False, tuple(sorted(given["sites"])))


class RemoveDayForm(forms.Form):
    on = forms.DateField(widget=forms.HiddenInput)
    reason = forms.CharField(max_length=300, label=_("Reason of the change"))


class WorkplaceForm(forms.Form):
    week = forms.ChoiceField(choices=WEEKS, label=_("Working days"))
    opens = clock(_("Office opens"))
    closes = clock(_("Office closes"))
