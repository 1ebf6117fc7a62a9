"""The form F-22 in versions: shipped with Kendali, edited as a draft, put into force by somebody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.audit.models import Entry
from kendali.documents import rules as documents
from kendali.documents.models import Document, Revision
from kendali.mystery.queries import forms as queries
from kendali.mystery.rules import form_rules, form_sheets, form_workbook, plain
from kendali.mystery.rules.default_form import default_form
from kendali.mystery.rules.form import Form, FormStatus
from kendali.mystery.rules.form_sheets import SheetProblem
from kendali.notices import actions as notices
from kendali.verdict import YES, Verdict, no

IN_FORCE_SINCE = date(2019, 8, 1)  # procedure 10.1: IN.QCC.TDSCC.F-22 rev 02
MAX_TITLE, MAX_NUMBER = 300, 20  # of the columns of a revision
EDITS = ("form.drafted", "form.edited", "form.uploaded")
STATUSES = {"draft": FormStatus.DRAFT, "effective": FormStatus.ACTIVE, "retired": FormStatus.RETIRED}


@transaction.atomic
def ship_default(at: datetime) -> Revision:
    """The form that comes with Kendali, in force; where a form with this number is there already, its newest version
    in force, or its first one."""
    form = default_form()
    document, new = Document.objects.get_or_create(
        kind=Document.Kind.FORM, code=form.number, defaults={"title": form.title.id, "created_at": at}
    )
    if not new:
        kept = document.revisions.order_by("-version").filter(status=Revision.Status.EFFECTIVE).first()
        return kept or document.revisions.order_by("version")[0]
    revision = Revision.objects.create(
        document=document,
        version=form.version,
        status=Revision.Status.EFFECTIVE,
        valid_from=IN_FORCE_SINCE,
        origin=Revision.Origin.SHIPPED,
        created_at=at,
        effective_at=at,
        **_columns(form),
    )
    audit.record("form.shipped", actor=SYSTEM, at=at, obj=revision, facts=_facts(revision))
    return revision


def _columns(form: Form) -> dict[str, object]:
    content, title = plain.write(form), form.title.id[:MAX_TITLE]
    digest = documents.digest(title, "", content)
    return {"label": form.revision, "title": title, "content": content, "digest": digest}


def _facts(revision: Revision) -> dict[str, object]:
    return {"number": revision.document.code, "label": revision.label, "version": revision.version}


# --- a draft


@transaction.atomic
def draft(*, user: User, at: datetime, document: Document) -> Revision:
    """A new version, the same as the newest one so far."""
    actor = permissions.acting(user, "form.edit")
    Document.objects.select_for_update().get(pk=document.pk)
    newest = queries.versions(document).first()
    if newest is not None and newest.status == Revision.Status.DRAFT:
        raise RuleRefused(no("There is a draft of this form already: go on with that one."))
    form = queries.form_of(newest) if newest else default_form()
    version = (document.revisions.aggregate(last=Max("version"))["last"] or 0) + 1
    form = replace(form, number=document.code, version=version, revision=_next_label(form.revision))
    revision = Revision.objects.create(
        document=document,
        version=version,
        valid_from=timezone.localdate(at),
        author=user,
        created_at=at,
        **_columns(form),
    )
    audit.record("form.drafted", actor=actor, at=at, obj=revision, facts=_facts(revision))
    return revision


def _next_label(label: str) -> str:
    """ "02" → "03"; what is no number is for a person to number."""
    return f"{int(label) + 1:0{len(label)}d}" if label.isdigit() and label.isascii() else ""


@transaction.atomic
def edit(
    *,
    user: User,
    at: datetime,
    revision: Revision,
    change: Callable[[Form], Form],
    place: str = "",
    verb: str = "edited",
) -> Revision:
    """`change` gets the form as it is now, with the row locked, and may raise KeyError: what it names is gone."""
    actor = permissions.acting(user, "form.edit")
    row = _locked_draft(revision)
    try:
        form = change(queries.form_of(row))
    except KeyError as gone:
        raise RuleRefused(no("%(place)s is not in this version any more.", place=str(gone.args[0]))) from gone
    if len(form.revision) > MAX_NUMBER:
        raise RuleRefused(no("A revision number has at most %(most)s characters.", most=MAX_NUMBER))
    form = replace(form, number=row.document.code, version=row.version)
    return _saved(row, form, actor, at, f"form.{verb}", {"place": place})


def _locked_draft(revision: Revision) -> Revision:
    row = Revision.objects.select_for_update(of=("self",)).select_related("document").filter(pk=revision.pk).first()
    if row is None:
        raise RuleRefused(no("This draft was thrown away."))
    allowed = form_rules.may_edit(STATUSES[row.status])
    if not allowed:
        raise RuleRefused(allowed)
    return row


def _saved(row: Revision, form: Form, actor: Actor, at: datetime, verb: str, facts: Mapping[str, object]) -> Revision:
    columns = _columns(form)
    if columns["digest"] == row.digest and columns["label"] == row.label:
        return row
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))
    audit.record(verb, actor=actor, at=at, obj=row, facts={**_facts(row), **facts})
    return row


@transaction.atomic
def upload(*, user: User, at: datetime, revision: Revision, content: bytes, name: str) -> list[SheetProblem]:
    """The workbook in place of what the draft says. With problems nothing is saved, and all of them are told."""
    permissions.acting(user, "form.edit")
    row = _locked_draft(revision)
    sheets, problems = form_workbook.read_xlsx(content)
    if problems:
        return problems
    reading = form_sheets.from_sheets(sheets, queries.locked_forms(row.document))
    read = reading.form
    if read is None or reading.problems:
        return reading.problems
    edit(user=user, at=at, revision=row, change=lambda _form: read, place=name[:200], verb="uploaded")
    return []


@transaction.atomic
def discard(*, user: User, at: datetime, revision: Revision) -> None:
    actor = permissions.acting(user, "form.edit")
    row = _locked_draft(revision)
    audit.record("form.discarded", actor=actor, at=at, obj=row.document, facts=_facts(row))
    row.delete()


@transaction.atomic
def offer(*, user: User, at: datetime, revision: Revision) -> None:
    """Tell those who put it into force that it is ready."""
    actor = permissions.acting(user, "form.edit")
    row = _locked_draft(revision)
    ready = ready_for_force(row)
    if not ready:
        raise RuleRefused(ready)
    audit.record("form.offered", actor=actor, at=at, obj=row, facts=_facts(row))
    people = [one for one in permissions.holders("form.activate") if one.pk != user.pk]
    notices.notify(people, kind="form.offered", at=at, url=f"/mystery/formulir/{row.pk}/", facts=_facts(row))


# --- in force


def ready_for_force(revision: Revision) -> Verdict:
    """Whoever asks: is it a draft without problems, with a number of its own?"""
    form, earlier = queries.form_of(revision), queries.locked_forms(revision.document)
    return form_rules.may_activate(form, STATUSES[revision.status], earlier) and form_rules.has_new_label(form, earlier)


def may_put_in_force(user: User, revision: Revision) -> Verdict:
    return (
        permissions.can(user, "form.activate") and ready_for_force(revision) and _edited_by_another(user, revision)
    )  # fmt: skip


def _edited_by_another(user: User, revision: Revision) -> Verdict:
    """Nobody puts the own edits into force alone, also not as somebody's deputy."""
    entries = Entry.objects.filter(
        object_type=revision._meta.label_lower, object_id=str(revision.pk), verb__in=EDITS, actor_id__isnull=False
    )
    for editor in {revision.author_id, *entries.values_list("actor_id", flat=True)}:
        if permissions.same_person(user, editor, since=revision.created_at):
            return no("Who edited this version does not put it into force: somebody else does.")
    return YES


@transaction.atomic
def put_in_force(*, user: User, at: datetime, revision: Revision, since: date) -> Revision:
    """From this day on new evaluations are filled with it; the version before stays as it was."""
    actor = permissions.acting(user, "form.activate")
    row = Revision.objects.select_for_update(of=("self",)).select_related("document").filter(pk=revision.pk).first()
    if row is None:
        raise RuleRefused(no("This draft was thrown away."))
    for allowed in (may_put_in_force(user, row), _not_before(row, since, at)):
        if not allowed:
            raise RuleRefused(allowed)
    Document.objects.filter(pk=row.document_id).update(title=row.title)
    audit.move(
        row,
        Revision.Status.EFFECTIVE.value,
        verb="form.activated",
        actor=actor,
        at=at,
        expected=Revision.Status.DRAFT.value,
        changes={"valid_from": since, "effective_by": user, "effective_at": at},
        facts={**_facts(row), "since": since},
    )
    if row.author is not None and row.author.pk != user.pk:
        facts = {**_facts(row), "since": since}
        notices.notify([row.author], kind="form.activated", at=at, url=f"/mystery/formulir/{row.pk}/", facts=facts)
    return row


def _not_before(revision: Revision, since: date, at: datetime) -> Verdict:
    if since < timezone.localdate(at):
        return no("A version comes into force today at the earliest: what was filled in before stays as it was.")
    others = revision.document.revisions.filter(status=Revision.Status.EFFECTIVE, valid_from__gt=since)
    if (other := others.order_by("-valid_from").first()) is not None:
        return no("Version %(version)s comes into force only on %(day)s: choose that day or a later one.",
                  version=other.version, day=other.valid_from)  # fmt: skip
    return YES
