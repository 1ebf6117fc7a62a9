"""Materials (bahan) and test identities (persona): lists, one of each, entering and changing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kendali import keyset, spreadsheet
from kendali.accounts import access, permissions
from kendali.accounts.answers import told
from kendali.accounts.permissions import RuleRefused
from kendali.audit.history import history
from kendali.documents import queries as documents
from kendali.mystery import words
from kendali.mystery.actions import materials as actions
from kendali.mystery.forms_prepare import FIELD_OF, MaterialFilter, MaterialForm, PersonaForm
from kendali.mystery.models import Material, Persona
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.words_prepare import told as told_problem

M = TypeVar("M", bound=Model)
GET_POST = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def materials(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "material.view")
    rows, form = _chosen(request)
    page = keyset.page(rows, ("code", "id"), request.GET)
    listed = Material.objects.filter(pk__in=[one.pk for one in page.rows]).order_by("code")
    ground = queries.materials(timezone.now(), listed)
    context = {
        "form": form,
        "page": page,
        "rows": [(row, words.word(words.KINDS, row.kind), _problems(row, ground)) for row in ground.rows],
        "kinds": [(words.word(words.KINDS, kind), kind not in ground.missing) for kind in KINDS],
        "missing": [words.word(words.KINDS, kind) for kind in ground.missing],
        "may_edit": permissions.can(user, "material.edit"),
        "query": request.GET.urlencode(),
    }
    return render(request, "mystery/materials.html", context)


def _chosen(request: HttpRequest) -> tuple[QuerySet[Material], MaterialFilter]:
    form = MaterialFilter(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    rows = Material.objects.filter(active=asked.get("status") != "berhenti")
    return (rows.filter(kind=asked["jenis"]) if asked.get("jenis") else rows), form


def _problems(row: Material, ground: queries.Ground) -> list[str]:
    return [told_problem(one) for one in ground.problems.get(row.code, [])] if row.active else []


@login_required
@require_safe
def material(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Material.objects.select_related("author"), user, "material.view", pk=pk)
    ground = queries.materials(timezone.now(), Material.objects.filter(pk=pk))
    context = {
        "material": row,
        "kind": words.word(words.KINDS, row.kind),
        "problems": _problems(row, ground),
        "cites": [one.revision for one in ground.rows[0].cites.all()] if ground.rows else [],
        "may_edit": permissions.can(user, "material.edit"),
        "may_read": permissions.can(user, "article.view"),
        "history": history(row),
    }
    return render(request, "mystery/material.html", context)


@login_required
@require_http_methods(GET_POST)
def material_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    user, at = access.signed_in(request), timezone.now()
    access.require(user, "material.edit")
    row = access.load(Material, user, "material.edit", pk=pk) if pk else None
    form = MaterialForm(request.POST or None, initial=_of_material(row), day=queries.today(at))

    def act() -> Material:
        asked = form.cleaned_data
        return actions.save_material(
            user=user, at=at, material=row, code=asked["kode"], kind=asked["jenis"], title=asked["judul"],
            text=asked["isi"], cites=asked["artikel"], active=asked["aktif"],
        )  # fmt: skip

    if request.method == "POST" and form.is_valid() and (saved := _saved(request, form, act)):
        return redirect("material", pk=saved.pk)
    context = {
        "form": form,
        "material": row,
        "articles": documents.citable(queries.today(at)).only("title", "document__code")[:300],
    }
    return render(request, "mystery/material_form.html", context, status=422 if form.errors else 200)


def _of_material(row: Material | None) -> dict[str, object]:
    if row is None:
        return {}
    cites = row.cites.select_related("revision__document").order_by("revision__document__code")
    return {
        "kode": row.code, "jenis": row.kind, "judul": row.title, "isi": row.body, "aktif": row.active,
        "artikel": "\n".join(f"{one.revision.document.code} v{one.revision.version}" for one in cites),
    }  # fmt: skip


def _saved(request: HttpRequest, form: forms.Form, act: Callable[[], M]) -> M | None:
    """None: a field says why not."""
    try:
        row = act()
    except RuleRefused as refused:
        field = FIELD_OF.get(str(refused.verdict.facts.get("part", "")), "")
        form.add_error(field if field in form.fields else None, told(refused.verdict))
        return None
    messages.success(request, _("Saved."))
    return row


@login_required
@require_safe
def materials_xlsx(request: HttpRequest) -> FileResponse:
    user = access.signed_in(request)
    access.require(user, "material.view")
    rows, _form = _chosen(request)
    ground = queries.materials(timezone.now(), rows.order_by("code"))
    head = [_("Code"), _("Kind"), _("Title"), _("Text"), _("Articles"), _("In use"), _("Problems")]

    def lines() -> Iterator[Sequence[object]]:
        for row in ground.rows:
            cites = ", ".join(str(one.revision) for one in row.cites.all())
            yield (row.code, words.word(words.KINDS, row.kind), row.title, row.body, cites,
                   _("yes") if row.active else _("no"), "; ".join(_problems(row, ground)))  # fmt: skip

    return spreadsheet.workbook(f"bahan-{timezone.localdate():%Y%m%d}.xlsx", head, lines(), zone=user.zone)


# --- test identities


@login_required
@require_safe
def personas(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "persona.view")
    page = keyset.page(Persona.objects.all(), ("code", "id"), request.GET)
    context = {"page": page, "rows": page.rows, "may_edit": permissions.can(user, "persona.edit")}
    return render(request, "mystery/personas.html", context)


@login_required
@require_safe
def persona(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Persona, user, "persona.view", pk=pk)
    context = {"persona": row, "may_edit": permissions.can(user, "persona.edit"), "history": history(row)}
    return render(request, "mystery/persona.html", context)


@login_required
@require_http_methods(GET_POST)
def persona_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "persona.edit")
    row = access.load(Persona, user, "persona.edit", pk=pk) if pk else None
    form = PersonaForm(request.POST or None, initial=_of_persona(row))

    def act() -> Persona:
        asked = form.cleaned_data
        return actions.save_persona(
            user=user, at=timezone.now(), persona=row, code=asked["kode"], name=asked["nama"], gender=asked["suara"],
            profile=asked["profil"], style=asked["gaya"], caller_number=asked["nomor"], numbers=asked["lain"],
            active=asked["aktif"],
        )  # fmt: skip

    if request.method == "POST" and form.is_valid() and (saved := _saved(request, form, act)):
        return redirect("persona", pk=saved.pk)
    context = {"form": form, "persona": row}
    return render(request, "mystery/persona_form.html", context, status=422 if form.errors else 200)


def _of_persona(row: Persona | None) -> dict[str, object]:
    if row is None:
        return {}
    return {
        "kode": row.code, "nama": row.name, "suara": row.gender, "profil": row.profile, "gaya": row.style,
        "nomor": row.caller_number, "lain": "\n".join(row.numbers), "aktif": row.active,
    }  # fmt: skip
