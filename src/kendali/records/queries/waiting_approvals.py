"""What waits for a person around an approval: guarded changes for a second person, erasure requests and their clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_noop as _

from kendali.accounts import access, permissions, sensitive
from kendali.accounts.models import User
from kendali.accounts.sensitive_views import sentence, visible
from kendali.disposal.actions.erasures import LIVING
from kendali.disposal.models import ErasureRequest
from kendali.records.queries.waiting_line import Waiting


def lines(user: User, at: datetime) -> Iterator[Waiting]:
    yield from _guarded(user)
    yield from _erasures(user)


def _guarded(user: User) -> Iterator[Waiting]:
    """For the second person: who proposed it is not asked."""
    if not permissions.can(user, "sensitive.confirm"):
        return
    for row in visible(user).filter(sensitive.PENDING, confirmed_at=None):
        may = permissions.can(user, "sensitive.confirm", row.client)
        if may and not permissions.same_person(row.proposed_by, user):
            yield Waiting(
                due=None,
                sentence=_("Confirm or stop: %(what)s, %(name)s"),
                detail=_("%(sentence)s Proposed by %(by)s."),
                action=_("Look"),
                url=f"/perubahan-penting/{row.pk}/",
                facts={
                    "what": row.do,
                    "name": str(row.summary.get("name", "")),
                    "sentence": sentence(row),
                    "by": row.proposed_by.name if row.proposed_by else "Kendali",
                },
            )


def _erasures(user: User) -> Iterator[Waiting]:
    """Until it is decided; the clock runs through nights and weekends."""
    rows = ErasureRequest.objects.filter(
        status=ErasureRequest.Status.RECEIVED, client__in=access.visible_clients(user, "erasure.view")
    )
    for row in rows.select_related("client"):
        proposes = permissions.can(user, "erasure.propose", row.client)
        if not proposes and not permissions.can(user, "erasure.refuse", row.client):
            continue
        listed = row.proposals.filter(status__in=LIVING).exists()
        yield Waiting(
            due=row.due_at,
            sentence=_("Decide the erasure request of a customer of %(client)s"),
            detail=_("its list waits for the client") if listed else _("find the records and put them to the client"),
            action=_("Open"),
            url=f"/permintaan-hapus/{row.pk}/",
            number=row.number,
            primary=not listed,
            facts={"client": row.client.name},
        )
