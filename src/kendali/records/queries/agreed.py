"""What somebody decided otherwise than the default, and what therefore holds for one list, order or package: value,
since when, by whom and why (records-control: a setting is "shown with its reason"), on the page where it acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from kendali.disposal.models import Act, Proposal
from kendali.records.models import DisposalOrder, Escalation, Package, Source
from kendali.terms import settings as terms
from kendali.terms.definition import Definition
from kendali.terms.models import Setting

APPROVAL = (
    "proposal.open_eligible", "approval.approvers", "approval.answer_days", "approval.remind_first_days",
    "approval.remind_second_days", "approval.ask_again_days",
    "approval.valid_days", "approval.letter_suffices", "approval.changed_voids",
    "invitation.days", "erasure.hours",
)  # fmt: skip
HAND_OVER = ("handover.accept_days", "handover.run_days", "handover.confirm_days")
DELETION = (
    "disposal.waiting_hours", "disposal.arm_from", "disposal.arm_until", "disposal.window_from", "disposal.window_to",
    "disposal.per_second", "disposal.daily_quota", "disposal.batch_records", "disposal.tries", "disposal.settle_hours",
    "recheck.first_days", "recheck.second_days",
)  # fmt: skip
DESTRUCTION = ("disposal.waiting_hours", "disposal.arm_from", "disposal.arm_until", "destruction.epoch")
CERTIFICATE = ("certificate.witnesses", "certificate.client_signs", "certificate.number_format")
BACKUP = ("escalation.periodic", "drill.mode", "drill.percent", "fixity.cycle_days")


@dataclass(frozen=True, slots=True)
class Agreed:
    """One value that stands by a decision."""

    definition: Definition
    row: Setting

    @property
    def value(self) -> object:
        return self.row.value

    @property
    def scope(self) -> str | Promise:
        if self.row.record_class:
            return f"{self.row.client} · {self.row.get_record_class_display()}"
        return str(self.row.client) if self.row.client else _("all clients")


def of_proposal(row: Proposal) -> list[Agreed]:
    """As it was when the list was decided."""
    keys = tuple(key for key in APPROVAL if row.erasure_id is not None or key != "erasure.hours")
    return _agreed(keys, row.client_id, row.record_class, row.decided_at)


def of_order(row: DisposalOrder) -> list[Agreed]:
    """As it was when the order ended."""
    keys = (*HAND_OVER[:2], *(DESTRUCTION if row.act == Act.BACKUP else DELETION), *CERTIFICATE)
    return _agreed(keys, row.client_id, row.proposal.record_class, row.finished_at)


def of_escalation(row: Escalation) -> list[Agreed]:
    return _agreed((*HAND_OVER, *BACKUP), row.client_id, row.record_class, row.confirmed_at)


def of_package(row: Package) -> list[Agreed]:
    return _agreed(("fixity.cycle_days",), row.source.client_id, row.source.record_class, None)


def of_source(row: Source) -> list[Agreed]:
    return _agreed(("fingerprint.cycle_days", "escalation.periodic"), row.client_id, row.record_class, None)


def _agreed(keys: tuple[str, ...], client_id: int, record_class: str, at: datetime | None) -> list[Agreed]:
    rows = terms.changed(keys, client_id, record_class, at=at)
    return [Agreed(terms.DEFINITIONS[row.key], row) for row in rows]
