"""The page a person opens first: what waits for me, by when, with the one button that moves it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_safe

from kendali import formats
from kendali.accounts import access, permissions
from kendali.accounts.models import Client, User
from kendali.audit.sentences import say
from kendali.home.context import is_client
from kendali.home.nav import address
from kendali.home.recovery import confirmations
from kendali.mystery.queries import waiting as mystery
from kendali.records.models import Escalation, Source
from kendali.records.pictures import legend, month_bars
from kendali.records.queries import waiting as query
from kendali.records.queries.radar import Radar, radar
from kendali.records.queries.waiting_disposal import asked_of
from kendali.terms.models import Policy
from kendali.terms.recovery import in_recovery


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    if is_client(user) and not permissions.can(user, "radar.view"):
        asked = any(asked_of(user, client) for client in access.visible_clients(user, "client_page.view"))
        return redirect("decisions" if asked else "client_page")
    now = timezone.now()
    waiting = [*query.waiting(user, now), *mystery.waiting(user, now)]
    waiting.sort(key=lambda line: (line.due is None, line.due or now, line.number))
    lines = [*recovery_line(user), *(told(line) for line in waiting)]
    context = {
        "greeting": greeting(timezone.localtime(now).hour),
        "first_name": user.name.split()[0],
        "now": now,
        "lines": lines,
        "line_count": len(lines),
        "late": sum(1 for line in lines if line.due and line.due < now),
        "next_steps": next_steps(user),
    }
    if permissions.can(user, "radar.view"):
        found = radar(access.visible_clients(user, "radar.view"), now)
        context |= {"radar": found, "figures": figures(found), "bars": month_bars(found.months)}
        overdue, due = found.total("overdue"), found.total("due")
        context |= {"overdue": overdue, "due": due, "legend": legend(overdue, due)}
    return render(request, "home/waiting.html", context)


def greeting(hour: int) -> str:
    """As people in Indonesia greet: pagi until eleven, siang until three, sore until six, then malam."""
    if 4 <= hour < 11:
        return _("Good morning")
    if 11 <= hour < 15:
        return _("Good day")
    return _("Good afternoon") if 15 <= hour < 18 else _("Good evening")


@dataclass(frozen=True, slots=True)
class Line:
    due: datetime | None
    sentence: str
    detail: str
    action: str
    url: str
    number: str
    primary: bool
    zone: str = ""


def recovery_line(user: User) -> list[Line]:
    """After a restore, for the two who end the recovery, until they have."""
    if not in_recovery() or not permissions.can(user, "recovery.confirm"):
        return []
    if any(row.user_id == user.pk for row in confirmations().values()):
        return []
    sentence = gettext("Compare the restored installation and confirm")
    detail = gettext("until then nothing is deleted or destroyed")
    return [Line(None, sentence, detail, gettext("Open"), address("recovery"), "", True)]


def told(line: query.Waiting) -> Line:
    """A line in the reader's language: months where it speaks of a span of days."""
    facts = spans(line.facts)
    sentence, detail = say(line.sentence, facts), say(line.detail, facts)
    return Line(line.due, sentence, detail, gettext(line.action), line.url, line.number, line.primary, line.zone)


def spans(facts: Mapping[str, object]) -> dict[str, object]:
    lang = "en" if get_language() == "en" else "id"
    return {name: _span(value, lang) if isinstance(value, tuple) else value for name, value in facts.items()}


def _span(value: tuple[object, ...], lang: str) -> str:
    first, last = value
    assert isinstance(first, date)
    assert isinstance(last, date)
    return formats.months(first, last, lang)


@dataclass(frozen=True, slots=True)
class Figure:
    """One card: the count, a note and its colour ("" = plain), where it leads."""

    label: str
    value: int
    note: str
    state: str
    url: str


def figures(found: Radar) -> list[Figure]:
    """Only figures that exist: a class no source has is left out."""
    shown = [
        _kpi(found, record_class, number)
        for record_class, number in (("conversation", "7.1"), ("recording", "7.2"))
        if any(gap.source.record_class == record_class for gap in found.gaps)
    ]
    if not shown:
        return []
    sources = [gap.source for gap in found.gaps]
    orders = [gap.open_order for gap in found.gaps if gap.open_order is not None]
    changed = sum(source.counts.get("changed", 0) for source in sources)
    apart = sum(source.counts.get("unbackupable", 0) for source in sources)
    running = sum(1 for order in orders if order.status == Escalation.Status.RUNNING)
    note = gettext("%(count)s running") % {"count": running} if running else gettext("none is running")
    return [
        *shown,
        Figure(gettext("Open escalations"), len(orders), note, "active" if running else "", address("escalations")),
        Figure(
            gettext("Changed since backup"),
            changed,
            say(_("%(count)s cannot be backed up"), {"count": apart}),
            "held" if apart else "",
            address("radar"),
        ),
    ]


def _kpi(found: Radar, record_class: str, number: str) -> Figure:
    overdue, due = found.total("overdue", record_class), found.total("due", record_class)
    labels = {"conversation": _("Conversations due for backup"), "recording": _("Recordings due for backup")}
    if overdue:
        note, state = say(_("%(count)s older than one year"), {"count": overdue}), "late"
    else:
        note, state = gettext("backup: target %(kpi)s reached") % {"kpi": number}, "done"
    url = f"{address('radar')}?kelas={record_class}"
    return Figure(gettext(labels[record_class]), overdue + due, note, state, url)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to set up before the procedure can run; `url` "" = somebody else does it."""

    text: str
    done: bool
    url: str


def next_steps(user: User) -> list[Step]:
    """For the administrator of an installation that is not ready: what to do next, in order. [] when all is done."""
    if not permissions.can(user, "source.edit"):
        return []
    clients = Client.objects.filter(active=True).exists()
    sources = Source.objects.filter(active=True)
    steps = [
        Step(gettext("Add the first client"), clients, address("clients")),
        Step(gettext("Connect its omni-channel application as a source"), sources.exists(), address("source_new")),
        Step(gettext("Scan the source"), sources.exclude(counted_at=None).exists(), address("sources")),
        Step(gettext("Invite the people who do the work"), User.objects.count() > 1, address("users")),
        Step(gettext("The QMR or Manager Operation writes the retention policy"), Policy.objects.exists(), ""),
    ]
    return [] if all(step.done for step in steps) else steps
