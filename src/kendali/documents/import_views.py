"""Articles from a sheet, pasted rows or the knowledge base: what it would change, then all of it or nothing."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt, told
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.sentences import say
from kendali.documents import importing, words
from kendali.documents.forms import PasteForm, UploadForm
from kendali.documents.import_rules import Effect, Plan
from kendali.documents.models import ArticleImport
from kendali.documents.sheets import MOST_BYTES

FEW = 20
SHOWN = 200  # rows of a plan on the page
STATUS = ArticleImport.Status


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "article.edit")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and (row := _upload(form, user)):
        return redirect("article_import", pk=row.pk)
    newest = ArticleImport.objects.select_related("by").defer("rows")[:FEW]
    context = {
        "form": form,
        "paste": PasteForm(),
        "address": importing.address(),
        "reading": importing.reading(timezone.now()),
        "rows": [(one, words.import_pill(one)) for one in newest],
    }
    return render(request, "documents/imports.html", context, status=422 if form.errors else 200)


def _upload(form: UploadForm, user: User) -> ArticleImport | None:
    file = form.cleaned_data["berkas"]
    try:
        return importing.check_file(user=user, at=timezone.now(), name=file.name, content=file.read(MOST_BYTES + 1))
    except RuleRefused as refused:
        form.add_error("berkas", told(refused.verdict))
        return None


@login_required
@require_POST
def paste(request: HttpRequest) -> HttpResponse:
    """Rows of a sheet go to the import; anything else is one article, to be looked at before it is saved."""
    user = access.signed_in(request)
    access.require(user, "article.edit")
    form = PasteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Paste a text first."))
        return redirect("article_imports")
    if not form.is_table():
        request.session["pasted_article"] = form.article()
        return redirect("article_new")
    content = str(form.cleaned_data["tempel"]).encode("utf-8", "replace")
    try:
        row = importing.check_file(user=user, at=timezone.now(), name=_("pasted rows"), content=content)
    except RuleRefused as refused:
        messages.error(request, told(refused.verdict))
        return redirect("article_imports")
    return redirect("article_import", pk=row.pk)


@login_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """The knowledge base, now."""
    user = access.signed_in(request)
    access.require(user, "article.edit")
    begun: list[ArticleImport] = []
    attempt(
        request,
        lambda: begun.append(importing.ask(user=user, at=timezone.now())),
        _("The knowledge base is being read."),
    )
    return redirect("article_import", pk=begun[0].pk) if begun else redirect("article_imports")


def _load(request: HttpRequest, pk: int) -> ArticleImport:
    rows = ArticleImport.objects.select_related("by", "applied_by")
    return access.load(rows, access.signed_in(request), "article.edit", pk=pk)


@login_required
@require_safe
def one_import(request: HttpRequest, pk: int) -> HttpResponse:
    row, at = _load(request, pk), timezone.now()
    plan = importing.plan(row, at) if row.status == STATUS.CHECKED else None
    context = {
        "row": row,
        "pill": words.import_pill(row),
        "plan": plan,
        "counts": _counts(row, plan),
        "steps": [(step, words.EFFECT[step.effect]) for step in plan.changes[:SHOWN]] if plan else [],
        "more": max(0, len(plan.changes) - SHOWN) if plan else 0,
        "faults": [(one.row, words.COLUMNS[one.column], told(one.why)) for one in plan.faults[:SHOWN]] if plan else [],
        "problem": say(row.problem["reason"], row.problem["facts"]) if row.problem else "",
        "may_edit": permissions.can(access.signed_in(request), "article.edit"),
    }
    return render(request, "documents/import.html", context)


def _counts(row: ArticleImport, plan: Plan | None) -> list[tuple[words.Pill, int]]:
    counts = plan.counts if plan else {Effect(code): count for code, count in row.counts.items()}
    return [(pill, counts.get(effect, 0)) for effect, pill in words.EFFECT.items()] if counts else []


@login_required
@require_safe
def import_live(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked while the knowledge base is read; the page is loaded again when that has ended."""
    row = _load(request, pk)
    response = render(request, "documents/_import_live.html", {"row": row})
    if row.status != STATUS.READING:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = _load(request, pk), access.signed_in(request)
    attempt(
        request, lambda: importing.apply(user=user, at=timezone.now(), row=row), _("Applied: all of it is taken over.")
    )
    return redirect("article_import", pk=pk)


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    row, user = _load(request, pk), access.signed_in(request)
    attempt(request, lambda: importing.drop(user=user, at=timezone.now(), row=row), _("Nothing was applied."))
    return redirect("article_imports")
