"""Writing a scenario: a draft is saved whatever is wrong with it, and says at once what is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kendali.accounts import access
from kendali.accounts.answers import attempt, field, told
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.documents import queries as documents
from kendali.mystery import scenario_fields as fields
from kendali.mystery import words_prepare as words
from kendali.mystery.actions import scenarios as actions
from kendali.mystery.form_words import said
from kendali.mystery.forms_prepare import FIELD_OF, KIND_CHOICES, ScenarioBeginForm, versions_now
from kendali.mystery.models import Persona, ScenarioVersion
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.queries.prepared import scenario_of
from kendali.mystery.rules.form import Form, NotApplicable
from kendali.mystery.rules.scenario import CLOSING, Scenario
from kendali.mystery.rules.scenario_rules import ScenarioEvent as E
from kendali.mystery.views.scenarios import crumbs, load

MOST_OFFERED = 2_000
GET_POST = ["GET", "HEAD", "POST"]


@login_required
@require_http_methods(GET_POST)
def begin(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "scenario.edit")
    form = ScenarioBeginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            row = actions.begin(
                user=user, at=timezone.now(), code=asked["kode"], kind=asked["jenis"], goal=asked["tujuan"]
            )
            return redirect("scenario_edit", pk=row.pk)
        except RuleRefused as refused:
            part = FIELD_OF.get(str(refused.verdict.facts.get("part", "")), "")
            form.add_error(part if part in form.fields else None, told(refused.verdict))
    return render(request, "mystery/scenario_begin.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def new_version(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = load(request, pk, "scenario.edit"), access.signed_in(request)
    made: list[ScenarioVersion] = []
    attempt(
        request,
        lambda: made.append(actions.next_version(user=user, at=timezone.now(), scenario=row.scenario)),
        _("A new version begins with the words of the last one."),
    )
    return redirect("scenario_edit", pk=made[0].pk) if made else redirect("scenario", pk=pk)


@login_required
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = load(request, pk, "scenario.edit"), access.signed_in(request)
    done = attempt(
        request, lambda: actions.discard(user=user, at=timezone.now(), version=row), _("The draft is discarded.")
    )
    return redirect("scenarios") if done else redirect("scenario", pk=pk)


def _draft(request: HttpRequest, pk: int) -> ScenarioVersion:
    row = load(request, pk, "scenario.edit")
    if row.status != "draft":
        raise Http404
    return row


@login_required
@require_http_methods(GET_POST)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`lakukan`: what the button says beside saving: a question more, less or up; submit; the card; only look."""
    row = _draft(request, pk)
    before = scenario_of(row)
    content, seen = before, queries.digest(before)
    if request.method == "POST":
        wish = field(request, "lakukan")
        now = versions_now(queries.today(timezone.now()))
        content, seen = fields.changed(fields.read(request.POST, before, now), wish), field(request, "dilihat")
        content = fields.rebound(content, now) if wish == fields.REBIND else content
        if _save(request, row, content, seen):
            return _after(request, row, wish)
    return _page(request, row, content, seen)


def _save(request: HttpRequest, row: ScenarioVersion, content: Scenario, seen: str) -> bool:
    """False: somebody changed it since; what was typed stays on the page."""
    try:
        actions.save(user=access.signed_in(request), at=timezone.now(), version=row, content=content, seen=seen)
    except StaleState:
        messages.error(
            request,
            _("Somebody else changed this draft meanwhile; nothing of yours was saved. Open it in another window to "
              "compare."),
        )  # fmt: skip
        return False
    return True


def _after(request: HttpRequest, row: ScenarioVersion, wish: str) -> HttpResponse:
    user = access.signed_in(request)
    if wish == "ajukan":
        said = _("Submitted: another QA approves it or returns it.")
        attempt(request, lambda: actions.move(E.SUBMIT, user=user, at=timezone.now(), version=row), said)
        return redirect("scenario", pk=row.pk)
    if wish == "kartu":
        return redirect("scenario_card", pk=row.pk)
    if wish in ("", "simpan"):
        messages.success(request, _("Saved."))
        return redirect("scenario", pk=row.pk)
    if wish == fields.REBIND:
        messages.warning(request, _("Bound to the versions in force. Read each expected answer against the new text."))
    place = "cabang" if "cabang" in wish else "pertanyaan"
    return redirect(f"/mystery/skenario/{row.pk}/ubah/#{place}")


@dataclass(frozen=True, slots=True)
class Box:
    value: str
    label: str
    checked: bool


def _page(request: HttpRequest, row: ScenarioVersion, content: Scenario, seen: str) -> HttpResponse:
    at = timezone.now()
    day = queries.today(at)
    found = queries.problems(content, at)
    numbers = [(one.id, f"{words.PARTS['question']} {n}") for n, one in enumerate(content.questions, 1)]
    context = {
        "row": row,
        "content": content,
        "crumbs": crumbs(row, _("Edit")),
        "seen": seen,
        "kinds": KIND_CHOICES,
        "lines": [(line, [words.told(one) for one in found if one.place == line.question.id])
                  for line in fields.lines(content)],
        "branches": list(enumerate(content.branches, 1)),
        "places": numbers,
        "goals": [*numbers, (CLOSING, str(words.PARTS["closing"]))],
        "personas": [Box(one.code, f"{one.code} · {one.name}", one.code in content.personas)
                     for one in Persona.objects.filter(active=True)],
        "items": _items(queries.form_on(day), content),
        "test_data": "\n".join(content.test_data),
        "problems": [(words.place_of(one, content), words.told(one)) for one in found],
        "outdated": fields.outdated(content, versions_now(day)),
        "articles": _offered(day),
        "most": fields.MOST_TEXT,
    }  # fmt: skip
    return render(request, "mystery/scenario_edit.html", context)


def _offered(day: date) -> SafeString:
    """What is proposed while an article is typed; joined here, because a template takes a second for thousands."""
    rows = documents.citable(day).values_list("document__code", "version", "title")[:MOST_OFFERED]
    return format_html_join("", '<option value="{} v{}">{}</option>', rows)


def _items(form: Form, content: Scenario) -> list[Box]:
    return [
        Box(item.id, said(item.label), item.id in content.preset_na)
        for item in form.items()
        if item.na is not NotApplicable.NEVER
    ]


@login_required
@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """What would be wrong with the words on the page; nothing is saved."""
    row, at = _draft(request, pk), timezone.now()
    content = fields.read(request.POST, scenario_of(row), versions_now(queries.today(at)))
    found = queries.problems(content, at)
    shown = [(words.place_of(one, content), words.told(one)) for one in found]
    return render(request, "mystery/_scenario_problems.html", {"problems": shown})
