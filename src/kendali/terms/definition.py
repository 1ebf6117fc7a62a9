"""What one setting is: default, unit and bounds. The settings of records control are in `settings`, those of mystery
calling in `settings_mystery`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


@dataclass(frozen=True, slots=True)
class Definition:
    key: str
    default: int | str | bool
    label: str | Promise
    unit: str | Promise = ""
    minimum: int = 0
    maximum: int = 0
    choices: Sequence[str] = ()
    per_client: bool = False
    needs: Sequence[str] = ()  # a text that is not empty contains one of them

    @property
    def per_class(self) -> bool:
        """Whether a client may have another value for each record class."""
        return self.key in PER_CLASS

    def problem(self, value: object) -> str:
        """Why `value` cannot be taken (English message id), or ''."""
        if type(value) is not type(self.default):
            return gettext_noop("The value has the wrong kind.")
        if self.choices and value not in self.choices:
            return gettext_noop("Choose one of the values offered.")
        if isinstance(value, str) and self.maximum and len(value) > self.maximum:
            return gettext_noop("The text is too long.")
        if isinstance(value, str) and value and self.needs and not any(part in value for part in self.needs):
            return gettext_noop("Without {nomor} or {BA} every certificate would print the same number.")
        if isinstance(value, int) and not isinstance(value, bool) and not self.minimum <= value <= self.maximum:
            return gettext_noop("The value is outside its bounds.")
        return ""


# What is agreed with a client for conversations and for recordings apart (records-control, "setting").
PER_CLASS = frozenset(
    """
    approval.answer_days approval.ask_again_days approval.approvers approval.changed_voids approval.letter_suffices
    approval.remind_first_days approval.remind_second_days approval.valid_days certificate.client_signs
    certificate.contract certificate.number_format certificate.regulations certificate.stamp_duty
    certificate.witnesses destruction.epoch disposal.arm_from disposal.arm_until disposal.batch_records
    disposal.daily_quota disposal.per_second disposal.settle_hours disposal.tries disposal.waiting_hours
    disposal.window_from disposal.window_to drill.mode drill.percent erasure.hours escalation.periodic
    fingerprint.cycle_days fixity.cycle_days handover.accept_days handover.confirm_days handover.run_days
    hold.review_days invitation.days proposal.open_eligible recheck.first_days recheck.second_days
    register.owner_unit register.responsible
    """.split()
)
DAYS, WORKING_DAYS, HOURS = _("days"), _("working days"), _("hours")
