"""The form F-22 in versions: shipped with Kendali, edited as a draft, put into force by somebody else."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.documents import rules as documents
from kendali.documents.models import Document, Revision
from kendali.mystery.rules import plain
from kendali.mystery.rules.default_form import default_form

IN_FORCE_SINCE = date(2019, 8, 1)  # procedure 10.1: IN.QCC.TDSCC.F-22 rev 02


@transaction.atomic
def ship_default(at: datetime) -> Revision:
    """The form that comes with Kendali, in force; where a form with this number is there already, its newest version
    in force, or its first one."""
    form = default_form()
    document, new = Document.objects.get_or_create(
        kind=Document.Kind.FORM, code=form.number, defaults={"title": form.title.id, "created_at": at}
    )
    if not new:
        kept = document.revisions.order_by("status", "-version").filter(status=Revision.Status.EFFECTIVE).first()
        return kept or document.revisions.order_by("version")[0]
    content = plain.write(form)
    revision = Revision.objects.create(
        document=document,
        version=form.version,
        label=form.revision,
        title=form.title.id,
        content=content,
        digest=documents.digest(form.title.id, "", content),
        status=Revision.Status.EFFECTIVE,
        valid_from=IN_FORCE_SINCE,
        origin=Revision.Origin.SHIPPED,
        created_at=at,
        effective_at=at,
    )
    audit.record(
        "form.shipped", actor=SYSTEM, at=at, obj=revision, facts={"number": form.number, "label": form.revision}
    )
    return revision
