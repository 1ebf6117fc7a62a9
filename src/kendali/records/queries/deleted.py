"""What is gone, for the client's own page: order by order, with counts, dates and certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.http import QueryDict

from kendali import keyset
from kendali.accounts.models import Client
from kendali.disposal.models import Act
from kendali.records import words
from kendali.records.models import DisposalItem, DisposalOrder
from kendali.records.queries.proposals import certificate_address
from kendali.register.models import Certificate

OUTCOME = DisposalItem.Outcome
APART = (OUTCOME.HELD, OUTCOME.CHANGED, OUTCOME.TAKEN_OUT, OUTCOME.REFUSED, OUTCOME.FAILED, OUTCOME.UNKNOWN,
         OUTCOME.CANCELLED)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gone:
    """One order that came to its end."""

    order: DisposalOrder
    class_name: str
    deleted: int
    absent: int
    kept: int
    size: int
    certificate: Certificate | None
    certificate_url: str

    @property
    def root(self) -> str:
        """Of the tree over the certificate's lines; "" while there is none."""
        return bytes(self.certificate.merkle_root or b"").hex() if self.certificate else ""


@dataclass(frozen=True, slots=True)
class ClassSum:
    """One class: how many records are gone at the source, how many of their backup copies."""

    class_name: str
    deleted: int
    destroyed: int


def gone(client: Client, args: QueryDict) -> dict[str, object]:
    """The orders of one page, newest first, and the sums over all of them."""
    rows = DisposalOrder.objects.filter(client=client, finished_at__isnull=False).select_related("proposal__policy")
    page = keyset.page(rows, ("-raised_at", "-id"), args)
    counts = _counts(page.rows)
    papers = _certificates(page.rows)
    lines = [_line(order, counts.get(order.pk, {}), papers.get(order.pk)) for order in page.rows]
    return {"page": page, "lines": lines, "sums": sums(client)}


def _counts(orders: Sequence[DisposalOrder]) -> Mapping[int, Mapping[str, tuple[int, int]]]:
    rows = DisposalItem.objects.filter(order__in=orders).values_list("order", "outcome")
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for order, outcome, count, size in rows.annotate(count=Count("pk"), bytes=Sum("size")):
        found.setdefault(order, {})[outcome] = (count, size or 0)
    return found


def _certificates(orders: Sequence[DisposalOrder]) -> Mapping[int, Certificate]:
    """A client sees what is signed and sealed, nothing before."""
    label = DisposalOrder._meta.label_lower
    refs = {f"{label}:{order.pk}": order.pk for order in orders}
    rows = Certificate.objects.filter(order_ref__in=refs, sealed_at__isnull=False).order_by("sealed_at")
    return {refs[row.order_ref]: row for row in rows}


def _line(order: DisposalOrder, found: Mapping[str, tuple[int, int]], paper: Certificate | None) -> Gone:
    deleted, size = found.get(OUTCOME.DELETED, (0, 0))
    return Gone(
        order=order,
        class_name=str(words.CLASSES[order.proposal.record_class]),
        deleted=deleted,
        absent=found.get(OUTCOME.ALREADY_ABSENT, (0, 0))[0],
        kept=sum(found.get(outcome, (0, 0))[0] for outcome in APART),
        size=size,
        certificate=paper,
        certificate_url=certificate_address(paper),
    )


def sums(client: Client) -> list[ClassSum]:
    """From the lines that ended as deleted; one query."""
    rows = (
        DisposalItem.objects.filter(order__client=client, outcome=OUTCOME.DELETED)
        .values_list("order__proposal__record_class", "order__act")
        .annotate(count=Count("pk"))
    )
    found: dict[str, dict[str, int]] = {}
    for record_class, act, count in rows:
        found.setdefault(record_class, {})[act] = count
    return [
        ClassSum(str(words.CLASSES[one]), acts.get(Act.SOURCE, 0), acts.get(Act.BACKUP, 0))
        for one, acts in sorted(found.items())
    ]
