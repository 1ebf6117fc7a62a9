"""One section or one item of a draft: entered and changed, with its problems at their place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kendali.accounts.answers import attempt, field
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.documents.models import Revision
from kendali.mystery import form_words as words
from kendali.mystery import forms_form as fields
from kendali.mystery.actions import forms as actions
from kendali.mystery.queries.forms import form_of, locked_forms
from kendali.mystery.rules import form_edit, form_rules, plain
from kendali.mystery.rules.form import Form, Item, Kind, Section
from kendali.mystery.views.forms import about, load
from kendali.verdict import no

GET_POST = ["GET", "HEAD", "POST"]


def _draft(request: HttpRequest, pk: int) -> tuple[User, Revision, Form]:
    """A version in force has no pages for editing: 404."""
    user, revision = load(request, pk, "form.edit")
    if revision.status != Revision.Status.DRAFT:
        raise Http404
    return user, revision, form_of(revision)


def _section(form: Form, id_: str) -> Section:
    try:
        return form_edit.section(form, id_)
    except KeyError:
        raise Http404 from None


def _item(form: Form, id_: str) -> Item:
    found = form.item(id_)
    if found is None:
        raise Http404
    return found


def _back(revision: Revision, place: str) -> HttpResponse:
    return redirect(f"/mystery/formulir/{revision.pk}/#{place}")


def _save(request: HttpRequest, user: User, revision: Revision, change: Callable[[Form], Form], place: str) -> bool:
    return attempt(
        request,
        lambda: actions.edit(user=user, at=timezone.now(), revision=revision, change=change, place=place),
        _("Saved."),
    )


def _taken(revision: Revision) -> set[str]:
    """Every id that was ever used in this form."""
    versions = [form_of(revision), *locked_forms(revision.document)]
    items = {item.id for form in versions for item in form.items()}
    return items | {section.id for form in versions for section in form.sections}


def _page(request: HttpRequest, name: str, user: User, revision: Revision, here: str, **more: Any) -> HttpResponse:
    context = about(user, revision, "") | more
    context["crumbs"] = [*context["crumbs"][:1], (str(revision), f"/mystery/formulir/{revision.pk}/"), (here, "")]
    return render(request, name, context, status=422 if request.method == "POST" else 200)


def _problems(revision: Revision, form: Form, place: str) -> list[str]:
    found = form_rules.problems(form, locked_forms(revision.document))
    return [words.problem(one) for one in found if one.place == place]


# --- sections


@login_required
@require_http_methods(GET_POST)
def section_new(request: HttpRequest, pk: int) -> HttpResponse:
    user, revision, _form = _draft(request, pk)
    form = fields.SectionForm(request.POST or None, initial={"weight": "1"})
    if request.method == "POST" and form.is_valid():
        new = form.section(form_edit.new_id(form.cleaned_data["label_id"], _taken(revision)))
        if _save(request, user, revision, lambda now: form_edit.add_section(now, new), new.id):
            return _back(revision, f"seksi-{new.id}")
    return _page(request, "mystery/form_section.html", user, revision, _("New section"), form=form)


@login_required
@require_http_methods(GET_POST)
def section(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    user, revision, content = _draft(request, pk)
    old = _section(content, section)
    form = fields.SectionForm(request.POST or None, initial=fields.SectionForm.initial_of(old))
    if request.method == "POST" and form.is_valid():
        new = form.section(section)
        if _save(request, user, revision, lambda now: form_edit.with_section(now, section, new), section):
            return _back(revision, f"seksi-{section}")
    label = words.said(old.label) or section
    more = {"form": form, "old": old, "problems": _problems(revision, content, section)}
    return _page(request, "mystery/form_section.html", user, revision, label, **more)


# --- items


@login_required
@require_http_methods(GET_POST)
def item_new(request: HttpRequest, pk: int, section: str) -> HttpResponse:
    """First its kind and its text; all the rest stands in its page, filled in."""
    user, revision, content = _draft(request, pk)
    home = _section(content, section)
    form = fields.NewItemForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        label = form.label()
        new = form_edit.blank(Kind(form.cleaned_data["kind"]), form_edit.new_id(label.id, _taken(revision)), label)
        if _save(request, user, revision, lambda now: form_edit.add_item(now, section, new), new.id):
            return redirect("form_item", pk=pk, item=new.id)
    more = {"form": form, "home": words.said(home.label) or section}
    return _page(request, "mystery/form_item_new.html", user, revision, _("New item"), **more)


@login_required
@require_http_methods(GET_POST)
def item(request: HttpRequest, pk: int, item: str) -> HttpResponse:
    user, revision, content = _draft(request, pk)
    old, home = _item(content, item), form_edit.section_of(content, item)
    data = request.POST or None
    form = fields.ItemForm(data, old, content, home.id)
    steps, when = fields.step_rows(data, old), fields.condition_rows(data, old, content)
    if request.method == "POST" and all([form.is_valid(), steps is None or steps.is_valid(), when.is_valid()]):
        new = form.item(old, fields.steps(steps, old) if steps else (), fields.when(when))
        change = _changed(item, new, form.cleaned_data["section"], field(request, "dilihat"))
        if _save(request, user, revision, change, item):
            return _back(revision, f"butir-{item}")
    more = {
        "form": form, "steps": steps, "when": when, "old": old, "seen": _seen(old), "home": home,
        "kind": words.KINDS[old.kind.value], "problems": _problems(revision, content, f"{home.id}/{item}"),
    }  # fmt: skip
    return _page(request, "mystery/form_item.html", user, revision, words.said(old.label) or item, **more)


def _changed(id_: str, new: Item, to_section: str, seen: str) -> Callable[[Form], Form]:
    """Refused when somebody else changed the item since; what was written stands in the page, to be compared."""

    def change(now: Form) -> Form:
        if _seen(form_edit.item(now, id_)) != seen:
            raise RuleRefused(
                no("Somebody else changed %(place)s in the meantime: compare, then save again.", place=id_)
            )
        return form_edit.with_item(now, id_, new, to_section)

    return change


def _seen(item: Item) -> str:
    return hashlib.sha256(plain.canonical(item)).hexdigest()[:16]
