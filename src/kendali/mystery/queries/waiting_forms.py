"""The form builder: a draft that is ready waits for whoever puts it into force."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.audit.models import Entry
from kendali.documents.models import Document, Revision
from kendali.mystery.actions.forms import EDITS, may_put_in_force
from kendali.records.queries.waiting_line import Waiting


def lines(user: User, at: datetime) -> list[Waiting]:
    if not permissions.can(user, "form.activate"):
        return []
    drafts = Revision.objects.filter(document__kind=Document.Kind.FORM, status=Revision.Status.DRAFT)
    return [
        Waiting(
            due=None,
            sentence=_("Version %(version)s of the form %(number)s is ready to be put into force."),
            detail=_("What changed stands beside the version in force."),
            action=_("Look at it"),
            url=f"/mystery/formulir/{one.pk}/perbedaan/",
            facts={"version": one.version, "number": one.document.code},
        )
        for one in drafts.select_related("document", "author")
        if _is_offered(one) and may_put_in_force(user, one)
    ]


def _is_offered(revision: Revision) -> bool:
    """The newest that happened to it is that it was offered: an edit after that takes it back to the editor."""
    entries = Entry.objects.filter(
        object_type=revision._meta.label_lower, object_id=str(revision.pk), verb__in=[*EDITS, "form.offered"]
    )
    newest = entries.order_by("-id").values_list("verb", flat=True).first()
    return newest == "form.offered"
