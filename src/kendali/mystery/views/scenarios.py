"""Scenarios: the list, one version, its steps, what changed, and the card as the caller will see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset, spreadsheet
from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt, field
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.documents import queries as documents
from kendali.mystery import words
from kendali.mystery import words_prepare as told
from kendali.mystery.actions import scenarios as actions
from kendali.mystery.form_words import said
from kendali.mystery.forms_prepare import ScenarioFilter
from kendali.mystery.models import Persona, Scenario, ScenarioVersion
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.queries.prepared import scenario_of
from kendali.mystery.rules import scenario_rules
from kendali.mystery.rules.form import Form
from kendali.mystery.rules.problems import Problem
from kendali.mystery.rules.scenario import Branch, Question
from kendali.mystery.rules.scenario import Scenario as Content
from kendali.mystery.rules.scenario_diff import changes
from kendali.mystery.rules.scenario_rules import ScenarioEvent
from kendali.records.words import Pill
from kendali.verdict import Verdict

E = ScenarioEvent


# --- the list


@dataclass(frozen=True, slots=True)
class Row:
    """A scenario with its newest version, the one in use, and the pills that say how it stands."""

    scenario: Scenario
    newest: ScenarioVersion
    used: ScenarioVersion | None
    pills: tuple[Pill, ...]
    kind: str


@login_required
@require_safe
def scenarios(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "scenario.view")
    rows, form = _chosen(request)
    page = keyset.page(rows, ("code", "id"), request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": _rows(page.rows, timezone.now()),
        "may_edit": permissions.can(user, "scenario.edit"),
        "filtered": any(request.GET.get(name) for name in ("cari", "jenis", "status")),
        "query": request.GET.urlencode(),
    }
    return render(request, "mystery/scenarios.html", context)


def _chosen(request: HttpRequest) -> tuple[QuerySet[Scenario], ScenarioFilter]:
    form = ScenarioFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    rows = queries.chosen(
        kind=asked.get("jenis") or "", status=asked.get("status") or "", text=asked.get("cari") or "", at=timezone.now()
    )
    return rows, form


def _rows(scenarios: Sequence[Scenario], at: datetime) -> list[Row]:
    versions = ScenarioVersion.objects.filter(scenario__in=scenarios).select_related("scenario", "author")
    newest = {row.scenario_id: row for row in versions.order_by("version")}
    used = queries.in_use([one.pk for one in scenarios])
    marked = queries.marks([*newest.values(), *used.values()], at)
    found = []
    for one in scenarios:
        if (last := newest.get(one.pk)) is not None:
            now = used.get(one.pk)
            kind = words.word(words.KINDS, last.kind)
            found.append(Row(one, last, now, tuple(_pills(last, now, marked, at)), kind))
    return found


def _pills(
    last: ScenarioVersion, used: ScenarioVersion | None, marked: dict[int, list[Problem]], at: datetime
) -> Iterator[Pill]:
    if used is not None and used.pk != last.pk and last.status != "retired":
        yield told.STATUS[used.status]
    yield told.STATUS[last.status]
    counts = used or last
    if counts.status == "approved" and counts.valid_until < queries.today(at):
        yield told.EXPIRED
    elif last.status != "retired" and (counts.pk in marked or (last.pk in marked and last.status == "approved")):
        yield told.MARKED


@login_required
@require_safe
def scenarios_xlsx(request: HttpRequest) -> FileResponse:
    user = access.signed_in(request)
    access.require(user, "scenario.view")
    rows, _form = _chosen(request)
    head = [
        _("Code"), _("Version"), _("Kind"), _("What is tested"), _("Status"), _("Valid from"), _("Valid until"),
        _("Questions"), _("Articles"), _("Written by"),
    ]  # fmt: skip

    def lines() -> Iterator[Sequence[object]]:
        for row in _rows(list(rows.order_by("code")), timezone.now()):
            one = row.newest
            content = scenario_of(one)
            yield (row.scenario.code, one.version, row.kind, one.goal, ", ".join(str(pill.word) for pill in row.pills),
                   one.valid_from, one.valid_until, len(content.questions),
                   ", ".join(f"{code} v{version}" for code, version in content.cites), one.author.name)  # fmt: skip

    return spreadsheet.workbook(f"skenario-{timezone.localdate():%Y%m%d}.xlsx", head, lines(), zone=user.zone)


# --- one version


def load(request: HttpRequest, pk: int, action: str) -> ScenarioVersion:
    rows = ScenarioVersion.objects.select_related("scenario", "author", "approved_by")
    return access.load(rows, access.signed_in(request), action, pk=pk)


def crumbs(row: ScenarioVersion, here: str = "") -> list[tuple[str, str]]:
    found = [(_("Scenarios"), "/mystery/skenario/"), (words.word(words.KINDS, row.kind), "")]
    return [*found, (str(row), f"/mystery/skenario/{row.pk}/"), (here, "")] if here else found


@login_required
@require_safe
def scenario(request: HttpRequest, pk: int) -> HttpResponse:
    row, user, at = load(request, pk, "scenario.view"), access.signed_in(request), timezone.now()
    content = scenario_of(row)
    found = queries.problems(content, at) if row.status in ("draft", "submitted") else []
    marked = queries.marks([row], at).get(row.pk, []) if row.status == "approved" else []
    versions = list(row.scenario.versions.select_related("scenario").order_by("-version"))
    context = {
        "row": row,
        "content": content,
        "crumbs": crumbs(row),
        "pill": told.STATUS[row.status],
        "kind": words.word(words.KINDS, row.kind),
        "steps": _steps(row),
        "problems": [(told.place_of(one, content), told.told(one)) for one in found],
        "marks": [(told.place_of(one, content), told.told(one)) for one in marked],
        "expired": row.status == "approved" and row.valid_until < queries.today(at),
        "questions": _questions(content),
        "preset": preset_words(content, queries.form_on(queries.today(at))),
        "versions": [(one, told.STATUS[one.status]) for one in versions],
        "earlier": next((one for one in versions if one.version < row.version), None),
        "newer": versions[0] if versions[0].version > row.version and versions[0].status != "retired" else None,
        "may": _may(row, user, at, found, versions),
        "may_read": permissions.can(user, "article.view"),
        "history": history(row),
    }
    return render(request, "mystery/scenario.html", context)


def _may(
    row: ScenarioVersion, user: User, at: datetime, found: list[Problem], versions: list[ScenarioVersion]
) -> dict[str, Verdict | bool | None]:
    """Per button: a verdict, or None where it does not belong to this page or this person."""

    def shown(event: ScenarioEvent, status: str) -> Verdict | None:
        if row.status != status or not permissions.can(user, actions.RIGHTS[event]):
            return None
        return actions.may(event, user, row, at, found)

    edits = bool(permissions.can(user, "scenario.edit"))
    return {
        "edit": edits and row.status == "draft",
        "submit": shown(E.SUBMIT, "draft"),
        "approve": shown(E.APPROVE, "submitted"),
        "return": shown(E.RETURN, "submitted"),
        "retire": shown(E.RETIRE, "approved"),
        "next": edits and versions[0].pk == row.pk and row.status in ("approved", "retired"),
    }


def _steps(row: ScenarioVersion) -> list[dict[str, object]]:
    order = ["draft", "submitted", "approved"]
    at = len(order) if row.status == "retired" else order.index(row.status)
    names = [_("Written"), _("Submitted"), _("Approved")]
    notes = [row.author.name, "", row.approved_by.name if row.approved_by else ""]
    return [
        {"name": name, "note": note, "state": "done" if n < at or row.status == "approved" else
         "current" if n == at else "todo"}
        for n, (name, note) in enumerate(zip(names, notes, strict=True))
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its branches and the page of the article it rests on."""

    number: int
    question: Question
    branches: tuple[tuple[str, str], ...]  # if, goes on with
    document: int | None


def _questions(content: Content) -> list[Asked]:
    revisions = documents.revisions_of(content.cites)
    numbers = {one.id: f"{told.PARTS['question']} {n}" for n, one in enumerate(content.questions, 1)}
    found = []
    for n, one in enumerate(content.questions, 1):
        revision = revisions.get((one.article, one.article_version))
        branches = tuple(_led(branch, numbers) for branch in content.branches if branch.after == one.id)
        found.append(Asked(n, one, branches, revision.document_id if revision else None))
    return found


def _led(branch: Branch, numbers: dict[str, str]) -> tuple[str, str]:
    return branch.when, numbers.get(branch.go_to) or str(told.PARTS["closing"])


def preset_words(content: Content, form: Form) -> list[str]:
    return [said(item.label) if (item := form.item(id_)) else id_ for id_ in content.preset_na]


# --- steps


SAID = {
    "submit": noop("Submitted: another QA approves it or returns it."),
    "approve": noop("Approved: calls may be made with it."),
    "return": noop("Returned to the one who wrote it."),
    "retire": noop("Withdrawn: no further call uses it."),
}


@login_required
@require_POST
def step(request: HttpRequest, pk: int, event: str) -> HttpResponse:
    row, user = load(request, pk, actions.RIGHTS[E(event)]), access.signed_in(request)
    reason = field(request, "alasan")
    attempt(
        request,
        lambda: actions.move(E(event), user=user, at=timezone.now(), version=row, reason=reason),
        _(SAID[event]),
    )
    return redirect("scenario", pk=pk)


# --- what changed, and the card


@login_required
@require_safe
def differences(request: HttpRequest, pk: int) -> HttpResponse:
    row = load(request, pk, "scenario.view")
    others = row.scenario.versions.select_related("scenario").exclude(pk=pk).order_by("-version")
    asked = request.GET.get("dengan", "")
    chosen = [one for one in others if str(one.version) == asked]
    chosen = chosen or [one for one in others if one.version < row.version]
    if not chosen:
        raise Http404
    old, new = scenario_of(chosen[0]), scenario_of(row)
    numbers = {one.id: n for n, one in enumerate((*old.questions, *new.questions), 1)}
    numbers |= {one.id: n for n, one in enumerate(new.questions, 1)}
    rows = [
        (f"{told.PARTS['question']} {numbers[one.question]}" if one.question in numbers else "",
         told.PARTS[one.part], one.before, one.after)
        for one in changes(old, new)
    ]  # fmt: skip
    context = {"row": row, "other": chosen[0], "others": others, "rows": rows,
               "crumbs": crumbs(row, _("What changed"))}  # fmt: skip
    return render(request, "mystery/scenario_differences.html", context)


@login_required
@require_safe
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """As the caller will see it, with one of the personas that fit and at an hour."""
    row = load(request, pk, "scenario.view")
    content = scenario_of(row)
    fitting = Persona.objects.filter(active=True)
    fitting = fitting.filter(code__in=content.personas) if content.personas else fitting
    personas = list(fitting)
    persona = next((one for one in personas if one.code == request.GET.get("persona")), None)
    persona = persona or (personas[0] if personas else None)
    hour = request.GET.get("jam", "")
    local = time(int(hour)) if hour.isdecimal() and int(hour[:3]) < 24 else timezone.localtime().time()
    context = {
        "row": row,
        "content": content,
        "crumbs": crumbs(row, _("Card of the caller")),
        "kind": words.word(words.KINDS, row.kind),
        "personas": personas,
        "persona": persona,
        "hour": local.hour,
        "hours": range(24),
        "opening": scenario_rules.spoken_opening(content, persona.name if persona else "…", local),
        "questions": _questions(content),
    }
    return render(request, "mystery/scenario_card.html", context)
