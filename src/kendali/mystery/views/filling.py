"""Filling in the form F-22: a draft that is saved as it grows, checked as it is saved, submitted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kendali import formats
from kendali.accounts import access
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.sentences import say
from kendali.mystery import form_view, forms_filling, words_calls
from kendali.mystery.actions import filling as action
from kendali.mystery.actions import recordings
from kendali.mystery.models import Evaluation, Sample
from kendali.mystery.queries import calls, filling
from kendali.mystery.queries import recordings as recording_query
from kendali.mystery.queries.evaluation import form_of, owners
from kendali.mystery.rules import scoring
from kendali.mystery.rules.answers import findings
from kendali.mystery.rules.filled import by_item
from kendali.mystery.rules.problems import Problem
from kendali.numerals import whole
from kendali.records.views.answers import attempt, field, told

LIVE = "X-Kendali-Draft"  # sent by form.js: the answer is JSON
DESCRIBED = ("agent_said", "no_agent_reason", "ticket", "no_recording_reason")


def _draft(request: HttpRequest, pk: int, now: datetime) -> tuple[User, Sample, Evaluation | None]:
    user = access.signed_in(request)
    sample = calls.load(user, pk, now)
    rows = sample.evaluations.exclude(status=Evaluation.Status.RETRACTED).select_related("form")
    row = rows.first()
    if row is not None:
        row.sample = sample
    return user, sample, row


@login_required
@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    user, sample, _row = _draft(request, pk, now)
    begun = attempt(
        request, lambda: action.begin(user=user, at=now, sample=sample), _("The form is open. It saves itself.")
    )
    return redirect("form_fill" if begun else "call", pk=pk)


@login_required
@require_safe
@never_cache
def form(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    user, sample, row = _draft(request, pk, now)
    if row is None or row.status != Evaluation.Status.DRAFT:
        return redirect("call", pk=pk)
    standing = filling.standing(row, now)
    kept = recording_query.of(sample)
    recording = recording_query.heard(kept)
    context = {
        "sample": sample, "evaluation": row, "standing": standing, "now": now, "reader": user.zone,
        "sections": form_view.sections(standing, words_calls.language()), "recording": recording,
        "recording_fate": recording_query.fate(kept),
        "candidates": [] if recording else recordings.candidates(sample),
        "fragment": fragment(standing), "place": words_calls.place(sample),
        "kind": words_calls.KINDS.get(sample.kind, sample.kind),
        "checked": "periksa" in request.GET, "told": _told(standing), "crisis": calls.crisis(),
        "called": words_calls.both(sample.called_at, sample.zone, user.zone) if sample.called_at else "",
    }  # fmt: skip
    return render(request, "mystery/form_fill.html", context)


def fragment(standing: filling.Standing) -> str:
    """The findings that follow, with what is written to them."""
    return render_to_string(
        "mystery/_findings.html", {"findings": form_view.findings(standing, words_calls.language())}
    )


@login_required
@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    now, live = timezone.now(), LIVE in request.headers
    user, _sample, row = _draft(request, pk, now)
    if row is None:
        return _refusal(request, live, pk, _("The form has not been begun yet."))
    try:
        saved = _save(request, user, row, now)
    except StaleState:
        row.refresh_from_db()
        newer = {"saved": row.saved, "saved_at": row.saved_at.isoformat() if row.saved_at else None}
        said = _("A newer draft of this form was saved from another device.")
        return JsonResponse({"detail": said, "newer": newer}, status=409) if live else _refusal(request, live, pk, said)
    except RuleRefused as refused:
        return _refusal(request, live, pk, told(refused.verdict))
    if live:
        return JsonResponse(saved.told)
    messages.success(request, _("The draft is saved."))
    return redirect("form_fill", pk=pk)


@dataclass(frozen=True, slots=True)
class Saved:
    """`unsaved`: what was sent and is not in the draft: ranges that cannot be read, words of the call that must not be
    kept."""

    evaluation: Evaluation
    told: dict[str, object]
    unsaved: Sequence[Problem] = ()


def _save(request: HttpRequest, user: User, row: Evaluation, now: datetime) -> Saved:
    """Raises StaleState, RuleRefused (only for what is said of the call; the answers are saved before)."""
    form = form_of(row)
    post = {name: request.POST[name] for name in request.POST}
    sent = forms_filling.parse(post, form, form_view.keys(form))
    base, edit = (whole(field(request, name)) or 0 for name in ("saved", "edit"))
    raised = findings(form, by_item(sent.answers), owners(), sent.unticked)
    said = {one.key: sent.said[one.key] for one in raised if one.key in sent.said}
    saved = action.save(
        user=user, at=now, evaluation=row, answers=sent.answers, said=said, unticked=sent.unticked, saved=base,
        device=field(request, "device")[:40], edit=min(edit, 2**31 - 1),
    )  # fmt: skip
    problems = list(sent.unreadable)
    if any(name in post for name in DESCRIBED):
        given = {name: field(request, name) for name in DESCRIBED if name in post}
        try:
            saved.sample = action.describe(user=user, at=now, sample=row.sample, **_completed(row.sample, given))
        except action.Incomplete as incomplete:
            problems += incomplete.problems
    standing = filling.standing(saved, now)
    told_of = _told(standing, problems) | {"saved": saved.saved, "findings_html": fragment(standing)}
    return Saved(saved, told_of, problems)


def _completed(sample: Sample, given: dict[str, str]) -> dict[str, str]:
    return {name: given.get(name, getattr(sample, name)) for name in DESCRIBED}


def _refusal(request: HttpRequest, live: bool, pk: int, said: str) -> HttpResponse:
    if live:
        return JsonResponse({"detail": said}, status=409)
    messages.error(request, said)
    return redirect("call", pk=pk)


def _told(standing: filling.Standing, more: list[Problem] | None = None) -> dict[str, object]:
    """What the page shows of it without being loaded again."""
    found = [*(more or []), *standing.problems]
    return {
        "asked": sorted(standing.asked),
        "failed": sorted(form_view.failed(standing)),
        "problems": [
            {"place": one.place, "part": one.part, "text": say(one.reason, one.facts),
             "missing": form_view.is_missing(one)} for one in found
        ],
        "summary": summary(len(found)),
        "findings": "|".join(f"{one.key}:{','.join(line.item for line in one.lines)}" for one in standing.findings),
        "score": None if standing.final is None else _score(standing),
        "blind": standing.blind,
        "late": standing.late,
    }  # fmt: skip


def summary(count: int) -> str:
    if not count:
        return _("Complete: it can be submitted.")
    return ngettext("%(count)s thing is missing", "%(count)s things are missing", count) % {"count": count}


def _score(standing: filling.Standing) -> str:
    assert standing.final is not None
    return formats.number(scoring.shown(standing.final), words_calls.language(), 1)


def _why(refused: RuleRefused, row: Evaluation) -> str:
    """The first of what is missing, with the item it is about."""
    said = told(refused.verdict)
    item = form_of(row).item(refused.problems[0].place) if isinstance(refused, action.Incomplete) else None
    return said if item is None else f"{item.label.in_language(words_calls.language())}: {said}"


@login_required
@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    user, _sample, row = _draft(request, pk, now)
    if row is None:
        return redirect("call", pk=pk)
    try:
        saved = _save(request, user, row, now)
        if saved.unsaved:
            raise action.Incomplete(saved.unsaved)
        done = action.submit(user=user, at=now, evaluation=saved.evaluation)
    except StaleState:
        messages.error(request, _("A newer draft of this form was saved from another device. Look at it, then submit."))
        return redirect("form_fill", pk=pk)
    except RuleRefused as refused:
        messages.error(request, _("Not submitted yet: %(why)s") % {"why": _why(refused, row)})
        response = redirect("form_fill", pk=pk)
        response["Location"] += "?periksa"
        return response
    late = _("Submitted, later than the limit: that is counted.")
    messages.success(request, late if done.late else _("Submitted to QA: hand-over 4 is made."))
    return redirect("my_calls")
