"""The nine slots of the dossier (berkas bukti) of one disposal, and how complete they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kendali.records.models import DisposalItem, DisposalOrder, Package
from kendali.register.models import Certificate, RegisterEntry


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the nine; `missing` "" = complete."""

    number: int
    title: str
    missing: str

    @property
    def folder(self) -> str:
        return f"{self.number}-{FOLDERS[self.number - 1]}"


FOLDERS: Final = (
    "usulan",
    "uji-restore",
    "pertimbangan",
    "permintaan",
    "persetujuan",
    "perintah",
    "pelaksanaan",
    "berita-acara",
    "daftar-catatan",
)


def order_ref(order: DisposalOrder) -> str:
    return f"records.disposalorder:{order.pk}"


def packages(order: DisposalOrder) -> QuerySet[Package]:
    """The packages that hold any version of the order's records."""
    return Package.objects.filter(versions__record__disposals__order=order).distinct().order_by("number")


def certificates(order: DisposalOrder) -> QuerySet[Certificate]:
    rows = Certificate.objects.filter(order_ref=order_ref(order)).exclude(status=Certificate.Status.CANCELLED)
    return rows.order_by("drafted_at")


def every_certificate(order: DisposalOrder) -> list[Certificate]:
    """With those that were given up after they had a number."""
    rows = Certificate.objects.filter(order_ref=order_ref(order)).exclude(status="cancelled", number=None)
    return list(rows.select_related("corrects").order_by("drafted_at"))


def register_rows(order: DisposalOrder) -> QuerySet[RegisterEntry]:
    return RegisterEntry.objects.filter(orders__contains=[order_ref(order)]).order_by("pk")


def slots(order: DisposalOrder) -> list[Slot]:
    """The completeness meter. A handful of queries whatever the number of records."""
    proposal = order.proposal
    return [
        Slot(1, _("Proposal and list"), "" if proposal.number and proposal.list_digest else _("not sent yet")),
        Slot(2, _("Results of the restore drill"), _undrilled(order)),
        Slot(
            3, _("Consideration of the owner"), "" if proposal.policy_id and proposal.proposed_by_id else _("no owner")
        ),
        Slot(4, _("Request to the client"), "" if proposal.asked_at else _("the client was not asked yet")),
        Slot(5, _("Approval of the client"), "" if proposal.decisions.filter(answer="yes").exists() else _("no Yes")),
        Slot(6, _("Order"), "" if order.armed_at else _("not armed by Team IT yet")),
        Slot(7, _("Journal and verification"), _unsettled(order)),
        Slot(8, _("Berita Acara and list"), _unsealed(order)),
        Slot(
            9, _("Update of the register"), "" if register_rows(order).exists() else _("the register has no row of it")
        ),
    ]


def _undrilled(order: DisposalOrder) -> str:
    found = packages(order)
    if not found:
        return _("no package holds these records")
    left = [package.number for package in found if package.drilled_at is None]
    return _("no restore drill of %(packages)s") % {"packages": ", ".join(left)} if left else ""


def _unsettled(order: DisposalOrder) -> str:
    open_items = order.items.filter(outcome__in=[DisposalItem.Outcome.WAITING, DisposalItem.Outcome.QUEUED]).count()
    if open_items:
        return _("%(count)s records have no outcome yet") % {"count": open_items}
    return "" if order.status == DisposalOrder.Status.DONE else _("not finished yet")


def _unsealed(order: DisposalOrder) -> str:
    found = list(certificates(order))
    if not found:
        return _("no Berita Acara yet")
    return "" if found[-1].status == Certificate.Status.SEALED else _("not signed by everybody yet")


def complete(found: Sequence[Slot]) -> int:
    return sum(not slot.missing for slot in found)
