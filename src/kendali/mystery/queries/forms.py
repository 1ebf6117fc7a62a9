"""The forms of mystery calling as the rules see them: which version is in force, and which there were."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from kendali.documents.models import Document, Revision
from kendali.mystery.rules import plain
from kendali.mystery.rules.default_form import default_form
from kendali.mystery.rules.form import Form

NUMBER = default_form().number  # of procedure 10.1: IN.QCC.TDSCC.F-22
KEPT = 64  # forms in memory
_forms: dict[tuple[int, str], Form] = {}


def form_of(revision: Revision) -> Form:
    """The structure of a revision. The digest is part of its key, because a draft changes."""
    key = (revision.pk, revision.digest)
    form = _forms.get(key)
    if form is None:
        form = plain.read(Form, revision.content)
        while len(_forms) >= KEPT:
            _forms.pop(next(iter(_forms)), None)
        _forms[key] = form
    return form


def form_in_force(day: date, number: str = NUMBER) -> Revision | None:
    """The newest version that had come into force and holds on this day."""
    begun = Revision.objects.filter(
        Q(valid_until=None) | Q(valid_until__gte=day),
        document__kind=Document.Kind.FORM,
        document__code=number,
        status=Revision.Status.EFFECTIVE,
        valid_from__lte=day,
    )
    return begun.select_related("document").order_by("-version").first()


def versions(document: Document) -> QuerySet[Revision]:
    """Newest first."""
    return document.revisions.select_related("document", "author", "effective_by").order_by("-version")


def locked_forms(document: Document) -> list[Form]:
    """Every version that was ever in force, oldest first: what `form_rules` asks for as `earlier`."""
    return [form_of(one) for one in document.revisions.exclude(status=Revision.Status.DRAFT).order_by("version")]


def compared_with(revision: Revision, version: int = 0) -> Revision | None:
    """What its differences are told to: the version asked for, the one in force, or the one before it."""
    others = revision.document.revisions.select_related("document").exclude(pk=revision.pk)
    if asked := others.filter(version=version).first():
        return asked
    holds = form_in_force(timezone.localdate(), revision.document.code)
    if holds is not None and holds.version < revision.version:
        return holds
    return others.filter(version__lt=revision.version).order_by("-version").first()
