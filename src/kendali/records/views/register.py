"""Daftar Catatan Dokumen: the register page, one row with its records, XLSX and PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.records import export, register_paper
from kendali.records.forms_register import ByHandForm, DestroyedForm, RegisterFilter, WordsForm
from kendali.records.queries import register
from kendali.records.register_words import STATES
from kendali.records.views.answers import attempt
from kendali.register import entries
from kendali.register.models import RegisterEntry


@login_required
@require_safe
def register_list(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    rows, form = _chosen(request, user)
    page = keyset.page(rows, register.ORDER, request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": [(row, STATES[row.state]) for row in register.told(page.rows, timezone.localdate())],
        "may_edit": permissions.can(user, "register.edit"),
        "query": keyset.without_cursor(request.GET).urlencode(),
        "filtered": any(form.cleaned_data.values()),
    }
    return render(request, "records/register.html", context)


def _chosen(request: HttpRequest, user: User) -> tuple[QuerySet[RegisterEntry], RegisterFilter]:
    access.require(user, "register.view")
    form = RegisterFilter(request.GET, access.visible_clients(user, "register.view"))
    form.is_valid()
    asked = form.cleaned_data
    rows = register.chosen(
        register.visible(user),
        client=asked.get("klien"),
        kind=asked.get("jenis") or "",
        state=asked.get("status") or "",
        text=asked.get("cari") or "",
        today=timezone.localdate(),
    )
    return rows, form


@login_required
@require_safe
def register_xlsx(request: HttpRequest) -> FileResponse:
    user = access.signed_in(request)
    rows, _form = _chosen(request, user)
    name = f"daftar-catatan-{timezone.localdate():%Y%m%d}.xlsx"
    return export.workbook(name, register_paper.head(), _lines(rows), zone=user.zone)


def _lines(rows: QuerySet[RegisterEntry]) -> Iterator[Sequence[object]]:
    ordered = rows.order_by("issued_on", "id").iterator(chunk_size=500)
    while batch := list(islice(ordered, 500)):
        for row in register.told(batch, timezone.localdate()):
            yield register_paper.line(row)


@login_required
@require_safe
def register_pdf(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    rows, form = _chosen(request, user)
    most = list(rows.order_by("issued_on", "id")[: register_paper.MOST + 1])
    told = register.told(most[: register_paper.MOST], timezone.localdate())
    pdf = register_paper.pdf(told, at=timezone.now(), client=form.cleaned_data.get("klien"), more=len(most) > len(told))
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="daftar-catatan-{timezone.localdate():%Y%m%d}.pdf"'
    return answer


def _entry(user: User, pk: int, action: str = "register.view") -> RegisterEntry:
    """Strangers of a client get 404; so does who holds the role for single clients, for a row of no client."""
    access.require(user, "register.view")
    entry = get_object_or_404(register.visible(user), pk=pk)
    access.require(user, action, entry.client)
    return entry


@login_required
@require_safe
def register_entry(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    entry = _entry(user, pk)
    (row,) = register.told([entry], timezone.localdate())
    may_edit = permissions.can(user, "register.edit", entry.client)
    versions = keyset.page(register.versions(entry), ("id",), request.GET)
    context = {
        "row": row,
        "entry": entry,
        "pill": STATES[row.state],
        "approvals": [(one["number"], date.fromisoformat(one["on"])) for one in entry.approvals if one.get("on")],
        "versions": versions,
        "may_edit": may_edit,
        "form": WordsForm(instance=entry) if may_edit else None,
        "destroyed_form": DestroyedForm() if entry.key.startswith("by_hand:") and entry.destroyed_on is None else None,
        "history": history(entry),
        "crumbs": [(_("Register of records"), "/daftar-catatan/"), (entry.client.name if entry.client else "", "")],
    }
    return render(request, "records/register_entry.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def register_new(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "register.edit")
    form = ByHandForm(request.POST or None, access.visible_clients(user, "register.edit"))
    if request.method == "POST" and form.is_valid():
        made: list[RegisterEntry] = []
        thing = entries.ByHand(**{name: form.cleaned_data[name] for name in entries.ByHand.__dataclass_fields__})
        if attempt(
            request,
            lambda: made.append(
                entries.enter_by_hand(user=user, at=timezone.now(), thing=thing, words=form.cleaned_data)
            ),
            _("Entered in the register."),
        ):
            return redirect("register_entry", pk=made[0].pk)
    return render(request, "records/register_new.html", {"form": form})


@login_required
@require_POST
def register_change(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    entry = _entry(user, pk, "register.edit")
    form = WordsForm(request.POST)
    _save(request, form, lambda: entries.change(user=user, at=timezone.now(), entry=entry, words=form.cleaned_data))
    return redirect("register_entry", pk=pk)


@login_required
@require_POST
def register_destroyed(request: HttpRequest, pk: int) -> HttpResponse:
    user = access.signed_in(request)
    entry = _entry(user, pk, "register.edit")
    form = DestroyedForm(request.POST)
    _save(
        request,
        form,
        lambda: entries.destroyed_by_hand(user=user, at=timezone.now(), entry=entry, **form.cleaned_data),
    )
    return redirect("register_entry", pk=pk)


def _save(request: HttpRequest, form: Any, act: Any) -> None:
    from django.contrib import messages

    if form.is_valid():
        attempt(request, act, _("Saved."))
    else:
        for errors in form.errors.values():
            messages.error(request, " ".join(errors))
