"""What a finished order hands to the register for its Berita Acara: facts and lines, read from rows alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F
from django.utils.translation import gettext_noop, override

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.records.actions.certificate_facts import facts_of
from kendali.records.actions.certificate_facts import reference as reference
from kendali.records.models import DisposalItem, DisposalOrder
from kendali.register import actions as register
from kendali.register import facts as said
from kendali.register.models import Certificate
from kendali.verdict import no

OUTCOME = DisposalItem.Outcome
MEASURED = (
    "rows", "files", "blobs", "cannot_see", "hold", "code", "answer", "problem", "copies", "epochs", "copy",
    "copy_hold", "kept",
)  # fmt: skip


@transaction.atomic
def draft(*, user: User, at: datetime, order: DisposalOrder, language: str = "id") -> Certificate:
    """Step 9, by Document Control. Refused while a line has no end: queued is none (I6)."""
    permissions.acting(user, "certificate.draft", order.client)
    row = _finished(order.pk)
    with override(language):
        facts = facts_of(row)
    return register.draft_certificate(
        user=user, at=at, act=row.act, client=row.client, order_ref=reference(row), facts=facts, lines=lines_of(row),
        language=language,
    )  # fmt: skip


@transaction.atomic
def correct(*, user: User, at: datetime, certificate: Certificate, reason: str) -> Certificate:
    """A new draft from the rows as they are now, which names the old certificate; the old one never changes."""
    permissions.acting(user, "certificate.correct", certificate.client)
    row = finished_order(certificate)
    with override(certificate.language):
        facts = facts_of(row)
    return register.correct(user=user, at=at, certificate=certificate, facts=facts, lines=lines_of(row), reason=reason)


@transaction.atomic
def finished_order(certificate: Certificate) -> DisposalOrder:
    """The order that this certificate is of. RuleRefused: it is of something else, or not finished."""
    label, _, key = certificate.order_ref.partition(":")
    known = label == DisposalOrder._meta.label_lower and key.isdigit()
    if not known or not DisposalOrder.objects.filter(pk=int(key)).exists():
        raise RuleRefused(no(gettext_noop("This certificate is of no order of this installation.")))
    return _finished(int(key))


def _finished(pk: int) -> DisposalOrder:
    """The order's row, locked."""
    row = DisposalOrder.objects.select_for_update(of=("self",)).get(pk=pk)
    still_open = row.items.filter(outcome__in=(OUTCOME.WAITING, OUTCOME.QUEUED)).count()
    if row.status != DisposalOrder.Status.DONE or still_open:
        raise RuleRefused(
            no(gettext_noop("This order is not finished: %(count)s records have no outcome yet."), count=still_open)
        )
    return row


LENGTH = ExpressionWrapper(F("record__last_activity_at") - F("record__started_at"), output_field=DurationField())


def lines_of(order: DisposalOrder) -> Iterator[said.Line]:
    """Every line of the list in its order, each with what was measured; constant memory."""
    recordings = order.proposal.record_class == "recording"
    rows = order.items.order_by("pk").annotate(length=LENGTH).values_list(
        "record__ref", "source__name", "outcome", "keyed_digest", "clock", "due_on", "settled_at", "size", "length",
        "facts",
    )  # fmt: skip
    for ref, source, outcome, digest, clock, due_on, ended_at, size, length, facts in rows.iterator(chunk_size=5000):
        measured = {name: facts[name] for name in MEASURED if name in facts}
        seconds = max(0.0, length.total_seconds()) if recordings and length else 0.0
        yield said.Line(
            ref=ref, source=source, verdict=outcome, keyed_digest=bytes(digest), clock=clock, due_on=due_on,
            ended_at=ended_at, size=size, seconds=seconds, measured=measured,
        )  # fmt: skip
