"""The form builder, for machines: versions, a draft as a whole, what changed, putting it into force."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.documents.models import Document, Revision
from kendali.mystery.actions import forms as actions
from kendali.mystery.queries.forms import compared_with, form_of, locked_forms
from kendali.mystery.rules import form_diff, form_rules, plain
from kendali.mystery.rules.form import Form

router = Router(tags=["mystery calling"])


class FormVersionOut(Schema):
    id: int
    number: str = Field(alias="document.code")
    version: int
    revision: str = Field(alias="label")
    title: str
    status: str
    valid_from: date
    created_at: datetime
    effective_at: datetime | None
    digest: str


class FormOut(FormVersionOut):
    content: dict[str, Any] = Field(description="sections, items, answers, ranges, conditions; numbers as text")


class FormProblem(Schema):
    place: str = Field(description="section, or section/item; empty: the form itself")
    part: str
    reason: str


class FormSaved(Schema):
    form: FormOut
    problems: list[FormProblem] = Field(description="what keeps it from being put into force")


class FormIn(Schema):
    content: dict[str, Any]


class FormChange(Schema):
    change: str
    place: str
    part: str
    before: Any = None
    after: Any = None
    scored: bool = Field(description="scores of the two versions are not the same measure")


class FormForce(Schema):
    since: date = Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))


def _load(request: HttpRequest, form_id: int, action: str = "form.view") -> Revision:
    rows = Revision.objects.filter(document__kind=Document.Kind.FORM).select_related("document")
    return access.load(rows, signed_in(request), action, pk=form_id)


@router.get("/forms", response=list[FormVersionOut])
def list_forms(request: HttpRequest) -> list[Revision]:
    """Every version of every form, newest first."""
    access.require(signed_in(request), "form.view")
    rows = Revision.objects.filter(document__kind=Document.Kind.FORM).select_related("document")
    return list(rows.order_by("document__code", "-version"))


@router.post("/forms", response={201: FormOut})
def begin_form(request: HttpRequest) -> Status[Revision]:
    """A new version as a copy of the newest one; where there is no form yet, the shipped one."""
    user = signed_in(request)
    access.require(user, "form.edit")
    document = Document.objects.filter(kind=Document.Kind.FORM).order_by("code").first()
    if document is None:
        return Status(201, actions.ship_default(timezone.now()))
    return Status(201, actions.draft(user=user, at=timezone.now(), document=document))


@router.get("/forms/{int:form_id}", response=FormOut)
def show_form(request: HttpRequest, form_id: int) -> Revision:
    return _load(request, form_id)


@router.put("/forms/{int:form_id}", response=FormSaved)
def save_form(request: HttpRequest, form_id: int, data: FormIn) -> dict[str, Any]:
    """The whole content of a draft. It may have problems; a content of another shape is refused (422)."""
    revision = _load(request, form_id, "form.edit")
    try:
        wanted = plain.read(Form, data.content)
    except plain.Unreadable as unreadable:
        raise HttpError(422, str(unreadable)) from unreadable
    saved = actions.edit(
        user=signed_in(request), at=timezone.now(), revision=revision, change=lambda _form: wanted, place="API"
    )
    found = form_rules.problems(form_of(saved), locked_forms(saved.document))
    problems = [{"place": one.place, "part": one.part, "reason": str(one).partition(": ")[2]} for one in found]
    return {"form": saved, "problems": problems}


@router.delete("/forms/{int:form_id}", response={204: None})
def discard_form(request: HttpRequest, form_id: int) -> Status[None]:
    revision = _load(request, form_id, "form.edit")
    actions.discard(user=signed_in(request), at=timezone.now(), revision=revision)
    return Status(204, None)


@router.get("/forms/{int:form_id}/differences", response=list[FormChange])
def list_form_differences(request: HttpRequest, form_id: int) -> list[form_diff.Difference]:
    """To the version in force, or to the one before it; empty where there is none."""
    revision = _load(request, form_id)
    other = compared_with(revision)
    return form_diff.differences(form_of(other), form_of(revision)) if other else []


@router.post("/forms/{int:form_id}/offer", response=FormOut)
def offer_form(request: HttpRequest, form_id: int) -> Revision:
    revision = _load(request, form_id, "form.edit")
    actions.offer(user=signed_in(request), at=timezone.now(), revision=revision)
    return revision


@router.post("/forms/{int:form_id}/put-in-force", response=FormOut)
def force_form(request: HttpRequest, form_id: int, data: FormForce) -> Revision:
    revision = _load(request, form_id, "form.activate")
    return actions.put_in_force(user=signed_in(request), at=timezone.now(), revision=revision, since=data.since)
