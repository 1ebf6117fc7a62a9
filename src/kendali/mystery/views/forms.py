"""The form F-22: its versions, one of them with its items, a trial, the differences, and how it comes into force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt, field
from kendali.accounts.models import User
from kendali.audit.history import history
from kendali.documents.models import Document, Revision
from kendali.mystery.actions import forms as actions
from kendali.mystery.forms_form import ForceForm, SettingsForm
from kendali.mystery.queries import form_pages
from kendali.mystery.queries.forms import compared_with, form_of
from kendali.mystery.rules import form_edit
from kendali.mystery.rules.form import Form
from kendali.mystery.rules.form_edit import Direction

DRAFT = Revision.Status.DRAFT


@login_required
@require_safe
def form_list(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "form.view")
    today = timezone.localdate()
    documents = Document.objects.filter(kind=Document.Kind.FORM).order_by("code")
    listed = [(one, form_pages.listed(one, today)) for one in documents]
    context = {
        "documents": [(one, rows, next((r for r, _pill, _count in rows if r.status == DRAFT), None)) for one, rows in
                      listed],
        "may_edit": permissions.can(user, "form.edit"),
    }  # fmt: skip
    return render(request, "mystery/forms.html", context)


@login_required
@require_POST
def form_begin(request: HttpRequest) -> HttpResponse:
    """A new version; the default form where there is none yet."""
    user = access.signed_in(request)
    access.require(user, "form.edit")
    made: list[Revision] = []
    document = Document.objects.filter(kind=Document.Kind.FORM, pk=_number(field(request, "dokumen"))).first()
    if document is None:
        attempt(request, lambda: actions.ship_default(timezone.now()), _("The default form is in force."))
        return redirect("forms")
    attempt(
        request,
        lambda: made.append(actions.draft(user=user, at=timezone.now(), document=document)),
        _("The new version begins as a copy of the newest one. Nothing changes before it is put into force."),
    )
    return redirect("form_version", pk=made[0].pk) if made else redirect("forms")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def load(request: HttpRequest, pk: int, action: str = "form.view") -> tuple[User, Revision]:
    user = access.signed_in(request)
    rows = Revision.objects.filter(document__kind=Document.Kind.FORM)
    return user, access.load(rows.select_related("document", "author", "effective_by"), user, action, pk=pk)


@login_required
@require_safe
def form_version(request: HttpRequest, pk: int) -> HttpResponse:
    user, revision = load(request, pk)
    form = form_of(revision)
    editing = revision.status == DRAFT and bool(permissions.can(user, "form.edit"))
    context = about(user, revision, "form_version") | {
        "outline": form_pages.outline(revision),
        "editing": editing,
        "settings": SettingsForm(initial=SettingsForm.initial_of(form), auto_id="atur_%s") if editing else None,
        "history": history(revision),
    }
    return render(request, "mystery/form.html", context)


def about(user: User, revision: Revision, here: str) -> dict[str, Any]:
    """What every page of a version shows: its state, its tabs, and what may be done with it."""
    draft = revision.status == DRAFT
    context: dict[str, Any] = {
        "revision": revision,
        "pill": form_pages.standing(revision, timezone.localdate()),
        "crumbs": [(_("Forms"), "/mystery/formulir/"), (revision.document.code, "")],
        "tabs": [
            (_("Items"), f"/mystery/formulir/{revision.pk}/", here == "form_version"),
            (_("As the caller sees it"), f"/mystery/formulir/{revision.pk}/pratinjau/", here == "form_preview"),
            (_("Differences"), f"/mystery/formulir/{revision.pk}/perbedaan/", here == "form_differences"),
        ],
        "may_edit": permissions.can(user, "form.edit"),
        "draft": draft,
    }
    if draft:
        may_force = actions.may_put_in_force(user, revision)
        context |= {
            "ready": actions.ready_for_force(revision),
            "may_force": may_force,
            "forces": permissions.can(user, "form.activate"),
            "force": ForceForm(initial={"since": timezone.localdate()}) if may_force else None,
        }
    else:
        context["other_draft"] = revision.document.revisions.filter(status=DRAFT).first()
    return context


@login_required
@require_safe
def form_preview(request: HttpRequest, pk: int) -> HttpResponse:
    user, revision = load(request, pk)
    form = form_of(revision)
    context = about(user, revision, "form_preview") | {"trial": form_pages.trial(form, request.GET.dict())}
    return render(request, "mystery/form_preview.html", context)


@login_required
@require_safe
def form_differences(request: HttpRequest, pk: int) -> HttpResponse:
    """To the version in force; of that one to the one before it."""
    user, revision = load(request, pk)
    context = about(user, revision, "form_differences")
    other = compared_with(revision, _number(request.GET.get("dengan", "")))
    changes = form_pages.changes(form_of(other), form_of(revision)) if other else []
    others = revision.document.revisions.exclude(pk=revision.pk).order_by("-version")
    context |= {
        "other": other, "others": others, "changes": changes, "measured": any(one.scored for one in changes),
    }  # fmt: skip
    return render(request, "mystery/form_differences.html", context)


# --- what is done with a version


def changing(request: HttpRequest, pk: int, change: Callable[[Form], Form], place: str, said: str) -> bool:
    """One step of editing, on the draft as it is now."""
    user, revision = load(request, pk, "form.edit")
    return attempt(
        request,
        lambda: actions.edit(user=user, at=timezone.now(), revision=revision, change=change, place=place),
        said,
    )


@login_required
@require_POST
def form_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down, section or item; the page comes back to where it went."""
    section, item = field(request, "seksi"), field(request, "butir")
    to = Direction.UP if field(request, "arah") == "naik" else Direction.DOWN
    if item:
        changing(request, pk, lambda form: form_edit.move_item(form, item, to), item, _("Moved."))
    else:
        changing(request, pk, lambda form: form_edit.move_section(form, section, to), section, _("Moved."))
    return redirect(f"/mystery/formulir/{pk}/#{'butir' if item else 'seksi'}-{item or section}")


@login_required
@require_POST
def form_remove(request: HttpRequest, pk: int) -> HttpResponse:
    section, item = field(request, "seksi"), field(request, "butir")
    if item:
        changing(request, pk, lambda form: form_edit.remove_item(form, item), item, _("The item is taken away."))
    else:
        gone = _("The section is taken away, with its items.")
        changing(request, pk, lambda form: form_edit.remove_section(form, section), section, gone)
    return redirect("form_version", pk=pk)


@login_required
@require_POST
def form_settings(request: HttpRequest, pk: int) -> HttpResponse:
    form = SettingsForm(request.POST)
    load(request, pk, "form.edit")
    if form.is_valid():
        changing(request, pk, form.changed, _("title and number"), _("Saved."))
    else:
        refuse(request, form)
    return redirect("form_version", pk=pk)


def refuse(request: HttpRequest, form: Any) -> None:
    """What a form in a dialog complains of, on the page below it."""
    from django.contrib import messages

    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        messages.error(request, f"{label}: {' '.join(errors)}" if label else " ".join(errors))


@login_required
@require_POST
def form_discard(request: HttpRequest, pk: int) -> HttpResponse:
    user, revision = load(request, pk, "form.edit")
    attempt(
        request,
        lambda: actions.discard(user=user, at=timezone.now(), revision=revision),
        _("The draft is thrown away; the version in force goes on."),
    )
    return redirect("forms")


@login_required
@require_POST
def form_offer(request: HttpRequest, pk: int) -> HttpResponse:
    user, revision = load(request, pk, "form.edit")
    attempt(
        request,
        lambda: actions.offer(user=user, at=timezone.now(), revision=revision),
        _("Document Control and the coordinator are told that it is ready."),
    )
    return redirect("form_version", pk=pk)


@login_required
@require_POST
def form_force(request: HttpRequest, pk: int) -> HttpResponse:
    user, revision = load(request, pk, "form.activate")
    form = ForceForm(request.POST)
    if not form.is_valid():
        refuse(request, form)
        return redirect("form_version", pk=pk)
    since = form.cleaned_data["since"]
    attempt(
        request,
        lambda: actions.put_in_force(user=user, at=timezone.now(), revision=revision, since=since),
        _("It is in force: new evaluations are filled with it, those begun before stay with theirs."),
    )
    return redirect("form_version", pk=pk)
