"""Taking the evidence of a disposal (berkas bukti) out of the house: made anew each time, and written to the trail."""

from __future__ import annotations

from datetime import datetime
from typing import IO

from django.utils.translation import gettext_noop as _

from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.records import dossier
from kendali.records.models import DisposalOrder
from kendali.register.seal import SealingError
from kendali.verdict import no


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
    """The ZIP, at its start. Raises Refused, RuleRefused, StoreError."""
    actor = permissions.acting(user, "dossier.view", order.client)
    try:
        file = dossier.write(order, at=at)
    except SealingError as error:
        raise RuleRefused(no(_("Its sums cannot be signed: %(why)s"), why=str(error))) from error
    audit.record("dossier.taken", actor=actor, at=at, obj=order, facts={"number": order.number})
    return file
