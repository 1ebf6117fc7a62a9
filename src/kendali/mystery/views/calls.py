"""A caller's day and one call: attempts with running timers, also told later by a phone that was without connection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.history import history
from kendali.mystery import office, words_calls
from kendali.mystery.actions import calling
from kendali.mystery.models import Sample
from kendali.mystery.queries import calling_day, calls, tickets
from kendali.mystery.queries.card import Card, card
from kendali.mystery.rules.reported import Reported, corrected
from kendali.mystery.rules.sample_rules import Outcome
from kendali.numerals import whole
from kendali.records.views.answers import field, told

QUEUED = "X-Kendali-Queue"  # sent by calls.js: the answer is JSON


@login_required
@require_safe
@never_cache
def my_calls(request: HttpRequest) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    access.require(user, "sample.call")
    day = calling_day.day_of(user, now)
    groups = [
        ("forms", _("Form to submit"), day.forms),
        ("now", _("Can be called now"), day.now),
        ("later", _("Next windows"), day.later),
        ("passed", _("Slot passed"), day.passed),
        ("done", _("Submitted today"), day.done),
        ("tickets", _("Test tickets to close"), day.tickets),
    ]
    context = {
        "day": day,
        "late": day.late,
        "groups": [(key, title, [line(row, user, now) for row in rows]) for key, title, rows in groups if rows],
        "crisis": calls.crisis(),
        "first": next(iter([*day.forms, *day.now]), None),
        "now": now,
    }
    return render(request, "mystery/my_calls.html", context)


def line(row: calling_day.Row, user: User, now: datetime) -> dict[str, object]:
    one, form = row.sample, row.sample.state in calls.TO_FILL
    ahead = one.state in calls.TO_CALL and one.closes > now
    return {
        "wait": words_calls.until(one.opens, now) if ahead and one.opens > now else "",
        "left": words_calls.until(one.closes, now) if ahead and one.opens <= now else "",
        "sample": one, "due": row.due, "tried": row.tried, "pill": words_calls.STATES[one.state],
        "kind": words_calls.KINDS.get(one.kind, one.kind), "place": words_calls.place(one),
        "window": words_calls.window(one, user.zone), "day": words_calls.day(one, user.zone),
        "form": form,
    }  # fmt: skip


@login_required
@require_safe
@never_cache
def call(request: HttpRequest, pk: int) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    sample = calls.load(user, pk, now)
    found = card(user, sample, now)
    return render(request, "mystery/call.html", _context(user, found, now))


def _context(user: User, found: Card, now: datetime) -> dict[str, object]:
    sample = found.sample
    attempts = [
        (one, words_calls.OUTCOMES[one.outcome], words_calls.both(one.at, sample.zone, user.zone))
        for one in found.attempts
    ]
    return {
        "card": found, "sample": sample, "crisis": found.crisis, "attempts": attempts,
        "pill": words_calls.STATES[sample.state], "now": now,
        "kind": words_calls.KINDS.get(sample.kind, sample.kind), "place": words_calls.place(sample),
        "window": words_calls.window(sample, user.zone), "reader": user.zone,
        "why": why(found, user),
        "called": words_calls.both(sample.called_at, sample.zone, user.zone) if sample.called_at else "",
        "big": [(code, words_calls.OUTCOMES[code]) for code in words_calls.BIG],
        "other": [(code, words_calls.OUTCOMES[code]) for code in words_calls.OTHER],
        "apart": int(office.patience().apart.total_seconds()), "history": history(sample, limit=30),
        "dials": sample.state in calls.TO_CALL, "fills": sample.state in calls.TO_FILL,
        "sees_sample": permissions.can(user, "sample.view"), "may_say": tickets.may_say(sample, user, now),
    }  # fmt: skip


def why(found: Card, user: User) -> str:
    """What keeps it from being dialled now; the rest between attempts in both zones."""
    if found.may_dial:
        return ""
    if found.free_at is not None and found.may_dial.facts.get("code") == "rest":
        at = words_calls.both(found.free_at, found.sample.zone, user.zone)
        return _("The next attempt counts from %(at)s.") % {"at": at}
    return told(found.may_dial)


@login_required
@require_safe
@never_cache
def live(request: HttpRequest, pk: int) -> JsonResponse:
    """What a phone asks every half minute: a crisis, another phone, when the next attempt counts."""
    user, now = access.signed_in(request), timezone.now()
    found = card(user, calls.load(user, pk, now), now)
    return JsonResponse(standing(found))


def standing(found: Card) -> dict[str, object]:
    return {
        "state": found.sample.state,
        "attempts": len(found.attempts),
        "crisis": found.crisis.reason if found.crisis is not None else None,
        "free": found.free_at.isoformat() if found.free_at else None,
        "may_dial": found.may_dial.ok,
        "why": "" if found.may_dial else told(found.may_dial),
    }


# --- what a button does


@login_required
@require_POST
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    sample = calls.load(user, pk, now)
    queued = QUEUED in request.headers
    try:
        act(request, user, sample, verb, now)()
    except RuleRefused as refused:
        if queued:
            code = refused.verdict.facts.get("code", "")
            return JsonResponse({"detail": told(refused.verdict), "code": code}, status=409)
        messages.error(request, told(refused.verdict))
    except StaleState:
        if queued:
            return JsonResponse({"detail": _("Somebody else was faster."), "code": "stale"}, status=409)
        messages.warning(request, _("Somebody else was faster: this is the page as it is now."))
    if queued:
        fresh = Sample.objects.select_related(*calls.RELATED).get(pk=sample.pk)
        return JsonResponse(standing(card(user, fresh, now)))
    return redirect("my_calls") if verb == "tidak-tersambung" else redirect("call", pk=pk)


def act(request: HttpRequest, user: User, sample: Sample, verb: str, now: datetime) -> Callable[[], object]:
    """The action behind a button. SuspiciousOperation (400): none, or its times cannot be read."""
    told_of = _reported(request, sample, now)
    own: Any = {"user": user, "at": now, "sample": sample}
    outcome = field(request, "hasil")
    verbs: dict[str, Callable[[], object]] = {
        "mulai": lambda: calling.begin(**own, begun=told_of.begun if field(request, "mulai") else now),
        "tersambung": lambda: calling.connect(**own, told=told_of),
        "selesai": lambda: calling.end_call(**own, ended=told_of.ended, talk=told_of.talk, hold=told_of.hold),
        "hentikan": lambda: calling.stop(**own, reason=field(request, "alasan")),
        "tidak-tersambung": lambda: calling.give_up(**own),
    }
    if outcome in set(Outcome):
        verbs["percobaan"] = lambda: calling.record_attempt(**own, outcome=Outcome(outcome), told=told_of)
    if verb not in verbs:
        raise SuspiciousOperation(verb)
    return verbs[verb]


def _reported(request: HttpRequest, sample: Sample, now: datetime) -> Reported:
    """As the phone tells it, its clock put right by the time it says it is now."""
    sent = _instant(request, "dikirim") or now
    begun, ended = (_instant(request, name) for name in ("mulai", "akhir"))
    numbers = {name: whole(field(request, name)) for name in ("ivr", "antre", "dering", "bicara", "hold")}
    return Reported(
        begun=corrected(begun, sent, now) if begun is not None else calling.assumed_begin(sample, now),
        ended=corrected(ended, sent, now) if ended is not None else None,
        ivr=numbers["ivr"], queue=numbers["antre"], ring=numbers["dering"], talk=numbers["bicara"],
        hold=numbers["hold"], note=field(request, "catatan"), token=field(request, "kunci"),
    )  # fmt: skip


def _instant(request: HttpRequest, name: str) -> datetime | None:
    text = field(request, name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SuspiciousOperation(name) from None
    if found.tzinfo is None or not 2000 < found.year < 2999:
        raise SuspiciousOperation(name)
    return found.astimezone(UTC)
