"""What a change of policy means, before it is saved (records-control decision 10)."""

from __future__ import annotations

from dataclasses import dataclass

from kendali.verdict import YES, Verdict, no


@dataclass(frozen=True, slots=True)
class Periods:
    backup_after_years: int
    lead_days: int
    delete_after_years: int
    backup_copy_months: int


def shortens(old: Periods, new: Periods) -> bool:
    """A record would be deleted, or its backup destroyed, earlier than agreed: the client has to say so.
    A longer period may apply at once; so may an earlier backup."""
    return new.delete_after_years < old.delete_after_years or new.backup_copy_months < old.backup_copy_months


def counts_earlier(old_clock: str, new_clock: str) -> bool:
    """A deletion that counts from the start of a record instead of its last activity comes earlier, too."""
    return old_clock == "last_activity_at" and new_clock == "started_at"


def makes_approving_easier(key: str, now: object, then: object) -> bool:
    """Fewer people of the client would have to say Ya, or one of ours could write it down: not for one person alone,
    because whoever sets this and makes a user could forge the client's answer."""
    if key == "approval.letter_suffices":
        return bool(then) and not now
    if key == "approval.approvers" and isinstance(now, int) and isinstance(then, int):
        return then < now
    return False


def acceptable(new: Periods) -> Verdict:
    if new.backup_after_years < 1:
        return no("Backup is due after at least one year (policy 5.1).")
    if new.delete_after_years <= new.backup_after_years:
        return no("Deletion has to come later than backup: nothing is deleted that was not backed up first.")
    if new.lead_days > 366:
        return no("The lead time is longer than a year; give it in days, at most 366.")
    if new.backup_copy_months < 1:
        return no("Say how many months the backup copy is kept after deletion at the source; at least one.")
    return YES
