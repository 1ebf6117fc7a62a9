"""Knowledge articles (Web Pansol): the list, one article with its versions and what cites it, writing a version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali import formats, keyset, spreadsheet
from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt, field, told
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.history import history
from kendali.documents import actions, dependents, importing, queries, words
from kendali.documents.forms import PARTS, ArticleFilter, ArticleForm, EndForm
from kendali.documents.models import Document, Revision
from kendali.documents.queries import Placed
from kendali.documents.rules import Standing
from kendali.numerals import whole

STATUS = Revision.Status


@login_required
@require_safe
def articles(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "article.view")
    rows, form = _chosen(request, user)
    page = keyset.page(rows, ("code", "id"), request.GET)
    today = importing.today(timezone.now())
    versions, citing = queries.placed(page.rows, today), dependents.of([one.pk for one in page.rows])
    context = {
        "form": form,
        "page": page,
        "rows": [(one, *_summary(versions[one.pk]), len(_seen_by(user, citing[one.pk]))) for one in page.rows],
        "query": request.GET.urlencode(),
        "filtered": bool(request.GET.get("cari") or request.GET.get("status")),
        "may_edit": permissions.can(user, "article.edit"),
    }
    return render(request, "documents/articles.html", context)


def _chosen(request: HttpRequest, user: User) -> tuple[QuerySet[Document], ArticleFilter]:
    form = ArticleFilter(request.GET)
    form.is_valid()
    rows = queries.found(queries.visible(user), form.cleaned_data.get("cari") or "")
    status = form.cleaned_data.get("status") or ""
    return queries.standing_on(rows, status, importing.today(timezone.now())), form


def _summary(versions: Sequence[Placed]) -> tuple[Revision | None, words.Pill | None, bool]:
    """The version that leads, its pill, and whether a draft waits beside it."""
    leading = queries.leading(versions)
    if leading is None:
        return None, None, False
    waits = leading.standing is not Standing.DRAFT and any(one.standing is Standing.DRAFT for one in versions)
    return leading.revision, words.STANDING[leading.standing], waits


def load(request: HttpRequest, pk: int, action: str) -> Document:
    rows = Document.objects.filter(kind=queries.ARTICLE).select_related("client")
    return access.load(rows, access.signed_in(request), action, pk=pk)


@login_required
@require_safe
def article(request: HttpRequest, pk: int, version: int | None = None) -> HttpResponse:
    document = load(request, pk, "article.view")
    user = access.signed_in(request)
    versions = queries.placed([document], importing.today(timezone.now()))[document.pk]
    shown = next((one for one in versions if one.revision.version == version), None)
    shown = queries.leading(versions) if version is None else shown
    if shown is None:
        raise Http404
    draft = next((one.revision for one in versions if one.standing is Standing.DRAFT), None)
    acting_on = shown.revision if shown.revision.status == STATUS.EFFECTIVE else None
    if acting_on is None and version is None:
        acting_on = next((one.revision for one in versions if one.revision.status == STATUS.EFFECTIVE), None)
    context = {
        "document": document,
        "shown": Revision.objects.select_related("author", "effective_by").get(pk=shown.revision.pk),
        "pill": words.STANDING[shown.standing],
        "standing": shown.standing.value,
        "is_leading": version is None,
        "versions": [(one.revision, words.STANDING[one.standing]) for one in versions],
        "oldest": min(one.revision.version for one in versions),
        "citing": _seen_by(user, dependents.of([document.pk])[document.pk]),
        "draft": draft,
        "in_force": acting_on,
        "may_edit": permissions.can(user, "article.edit", document.client),
        "history": history(document),
    }
    return render(request, "documents/article.html", context)


def _seen_by(user: User, citing: Sequence[dependents.Dependent]) -> list[dependents.Dependent]:
    """TL and SPV read articles, and never learn which scenarios rest on them."""
    may = {action for action in {one.action for one in citing} if permissions.can(user, action)}
    return [one for one in citing if one.action in may]


@login_required
@require_safe
def article_differences(request: HttpRequest, pk: int, version: int) -> HttpResponse:
    """`dengan`: the other version; without it the one before."""
    document = load(request, pk, "article.view")
    pair = queries.compared(document, version, whole(request.GET.get("dengan", "")))
    if pair is None:
        raise Http404
    revision, other = pair
    here = (_("version %(version)s") % {"version": version}, f"/pansol/{pk}/versi/{version}/")
    context = {
        "document": document,
        "revision": revision,
        "other": other,
        "others": document.revisions.exclude(pk=revision.pk).order_by("-version"),
        "rows": [
            ("" if one.line is None else _("from line %(line)s") % {"line": one.line},
             str(words.COLUMNS[one.part]).capitalize(), _said(one.before), _said(one.after))
            for one in queries.changes(other, revision)
        ],
        "crumbs": [(_("Knowledge articles"), "/pansol/"), (document.code, f"/pansol/{pk}/"), here,
                   (_("What changed"), "")],
    }  # fmt: skip
    return render(request, "documents/article_differences.html", context)


def _said(value: date | str | None) -> str | None:
    return formats.day(value, "en" if get_language() == "en" else "id") if isinstance(value, date) else value


# --- writing


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def article_new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "article.edit")
    clients = access.visible_clients(user, "article.edit").filter(active=True)
    start = {"dari": importing.today(timezone.now())} | request.session.pop("pasted_article", {})
    form = ArticleForm(clients, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid() and (saved := _save(request, form, None)):
        return redirect("article", pk=saved.document_id)
    return render(request, "documents/article_form.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def article_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft there is, or a next version that begins with the words of the last one."""
    document = load(request, pk, "article.edit")
    newest = document.revisions.exclude(status=STATUS.RETIRED).order_by("-version").first()
    draft = newest if newest is not None and newest.status == STATUS.DRAFT else None
    form = ArticleForm(None, request.POST or None, initial=_initial(newest, draft), fixed=True)
    if request.method == "POST" and form.is_valid() and _save(request, form, document):
        return redirect("article", pk=pk)
    context = {"form": form, "document": document, "draft": draft, "next": actions.next_version(document)}
    return render(request, "documents/article_form.html", context, status=422 if form.errors else 200)


def _initial(newest: Revision | None, draft: Revision | None) -> dict[str, object]:
    today = importing.today(timezone.now())
    if newest is None:
        return {"dari": today, "dilihat": "-"}
    begins = draft.valid_from if draft else max(today, newest.valid_from)
    ends = draft.valid_until if draft else None
    seen = draft.digest if draft else "-"
    return {"judul": newest.title, "isi": newest.body, "dari": begins, "sampai": ends, "dilihat": seen}


def _save(request: HttpRequest, form: ArticleForm, document: Document | None) -> Revision | None:
    """None: a field says why not."""
    asked, user, at = form.cleaned_data, access.signed_in(request), timezone.now()
    seen = asked["dilihat"].replace("-", "") if document else None
    try:
        row = actions.draft(
            user=user, at=at, code=document.code if document else asked["kode"], title=asked["judul"],
            body=asked["isi"], valid_from=asked["dari"], valid_until=asked["sampai"],
            client=document.client if document else asked["klien"], seen=seen, new=document is None,
            origin=Revision.Origin.PASTED if asked["asal"] == "pasted" else Revision.Origin.ENTERED,
        )  # fmt: skip
        if field(request, "lalu") == "berlaku":
            actions.put_in_force(user=user, at=at, revision=row)
    except RuleRefused as refused:
        part = PARTS.get(str(refused.verdict.facts.get("part", "")))
        form.add_error(part if part in form.fields else None, told(refused.verdict))
        return None
    except StaleState:
        form.add_error(None, _("Somebody else changed this draft meanwhile. Open the page again to see it."))
        return None
    messages.success(request, _("Saved.") if row.status == STATUS.DRAFT else _("Saved and put in force."))
    return row


# --- one step each


def _draft_of(document: Document) -> Revision:
    row = document.revisions.filter(status=STATUS.DRAFT).select_related("document").first()
    if row is None:
        raise Http404
    return row


def _meant(request: HttpRequest, document: Document) -> Revision:
    """The version in force that the button stood beside; without a word the one that leads."""
    rows = document.revisions.filter(status=STATUS.EFFECTIVE).select_related("document").order_by("-version")
    said = whole(field(request, "versi"))
    if said is not None:
        rows = rows.filter(version=said)
    today = importing.today(timezone.now())
    row = rows.filter(valid_from__lte=today).first() or rows.first()
    if row is None:
        raise Http404
    return row


@login_required
@require_POST
def article_in_force(request: HttpRequest, pk: int) -> HttpResponse:
    document = load(request, pk, "article.edit")
    row, user = _draft_of(document), access.signed_in(request)
    said = (
        _("Version %(version)s is in force.")
        if row.valid_from <= importing.today(timezone.now())
        else _("Version %(version)s comes into force on its day.")
    )
    act: Any = lambda: actions.put_in_force(user=user, at=timezone.now(), revision=row)  # noqa: E731
    attempt(request, act, said % {"version": row.version})
    return redirect("article", pk=pk)


@login_required
@require_POST
def article_discard(request: HttpRequest, pk: int) -> HttpResponse:
    document = load(request, pk, "article.edit")
    row, user = _draft_of(document), access.signed_in(request)
    attempt(request, lambda: actions.discard(user=user, at=timezone.now(), revision=row), _("The draft is discarded."))
    return redirect("article", pk=pk) if Document.objects.filter(pk=pk).exists() else redirect("articles")


@login_required
@require_POST
def article_end(request: HttpRequest, pk: int) -> HttpResponse:
    document = load(request, pk, "article.edit")
    row, user = _meant(request, document), access.signed_in(request)
    form = EndForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter a valid date."))
        return redirect("article", pk=pk)
    until: date | None = form.cleaned_data["sampai"]
    reason = form.cleaned_data["alasan"]
    attempt(
        request,
        lambda: actions.end(user=user, at=timezone.now(), revision=row, valid_until=until, reason=reason),
        _("The last day is set."),
    )
    return redirect("article", pk=pk)


@login_required
@require_POST
def article_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    document = load(request, pk, "article.edit")
    row, user = _meant(request, document), access.signed_in(request)
    attempt(
        request,
        lambda: actions.retire(user=user, at=timezone.now(), revision=row, reason=field(request, "alasan")),
        _("The version is withdrawn. What rested on it is marked."),
    )
    return redirect("article", pk=pk)


@login_required
@require_safe
def articles_xlsx(request: HttpRequest) -> FileResponse:
    """In the shape that the import takes, with where each stands beside it."""
    user = access.signed_in(request)
    access.require(user, "article.view")
    rows, _form = _chosen(request, user)
    head = ["code", "title", "text", "valid_from", "valid_until", _("Version"), _("Status"), _("Client")]
    name = f"pansol-{importing.today(timezone.now()):%Y%m%d}.xlsx"
    return spreadsheet.workbook(name, head, _lines(rows), zone=user.zone)


def _lines(rows: QuerySet[Document]) -> Iterator[Sequence[object]]:
    today = importing.today(timezone.now())
    documents = list(rows.order_by("code"))
    for first in range(0, len(documents), 500):
        some = documents[first : first + 500]
        versions = queries.placed(some, today)
        leading = {one.pk: queries.leading(versions[one.pk]) for one in some}
        bodies = dict(
            Revision.objects.filter(pk__in=[one.revision.pk for one in leading.values() if one]).values_list(
                "pk", "body"
            )
        )
        for one in some:
            if placed := leading[one.pk]:
                row = placed.revision
                yield (one.code, row.title, bodies[row.pk], row.valid_from, row.valid_until, row.version,
                       str(words.STANDING[placed.standing].word), one.client.name if one.client else "")  # fmt: skip
