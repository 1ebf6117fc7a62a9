"""Taking the evidence of a disposal (berkas bukti) out of the house: made anew each time, and written to the trail."""

from __future__ import annotations

from datetime import datetime
from typing import IO

from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.audit import actions as audit
from kendali.records import dossier
from kendali.records.models import DisposalOrder


def order_of(user: User, pk: int) -> DisposalOrder:
    """The order with everything the dossier shows of it. Http404 for strangers, Refused for members."""
    rows = DisposalOrder.objects.select_related(
        "client",
        "proposal__client",
        "proposal__policy",
        "proposal__proposed_by",
        "raised_by",
        "accepted_by",
        "armed_by",
    )
    return access.load(rows, user, "dossier.view", pk=pk)


def take(*, user: User, at: datetime, order: DisposalOrder) -> IO[bytes]:
    """The ZIP, at its start. Raises Refused, StoreError."""
    actor = permissions.acting(user, "dossier.view", order.client)
    file = dossier.write(order, at=at)
    audit.record("dossier.taken", actor=actor, at=at, obj=order, facts={"number": order.number})
    return file
