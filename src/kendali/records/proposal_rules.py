"""Why a record past its period is left out of a proposal. No database, no clock; `queries.eligible` says it in SQL.

Source: procedure 5.3, 5.4; records-control decisions 2 to 8. Unknown means keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kendali import civil_time
from kendali.verdict import YES, Verdict, no


def latest_cut_off(today: date, years: int) -> date:
    """The last local date of which everything is older than `years` today."""
    return civil_time.cut_date(today, years) - timedelta(days=1)


def may_cut_off(cut_off: date, *, today: date, years: int) -> Verdict:
    latest = latest_cut_off(today, years)
    if cut_off > latest:
        return no(
            "Records of %(cut_off)s are not past their period yet: choose %(latest)s at the latest.",
            cut_off=cut_off.isoformat(),
            latest=latest.isoformat(),
        )
    return YES


def copy_due(deleted_at: datetime, months: int, zone: str) -> date:
    """The first local day on which a backup copy may be destroyed: the day after its last month, in calendar months;
    31 January + 1 month = 1 March where there is no 31st."""
    day = civil_time.local_date(deleted_at, zone)
    first = civil_time.add_months(day, months)
    try:
        last = first.replace(day=day.day)
    except ValueError:
        last = civil_time.next_month(first)
    return last + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one record that may be proposed for deletion at its source."""

    held: bool
    vanished: bool
    due_on: date | None  # None: no date to count from
    in_proposal: bool
    unbackupable: bool
    package: str  # status of the package of its current version, "" = no current version
    complete: bool  # that version holds every part
    damaged: bool  # a package that held it is damaged
    changed: bool  # seen to differ from its backup
    covered: bool  # no content outside a verified package
    resolved: bool  # closed at the source
    refused: bool = False  # taken out of a list by the client, whose day to be asked again has not come
    compared: bool = True  # with the source, for this list


def left_out(facts: Facts, *, today: date, open_eligible: bool = False) -> str:
    """The reason that matters most (disposal LeftOut.Reason), "" = it may be proposed."""
    if facts.held:
        return "held"
    if facts.vanished:
        return "vanished"
    if facts.due_on is None:
        return "no_date"
    if facts.due_on > today:
        return "not_due"
    if facts.in_proposal:
        return "in_proposal"
    if facts.refused:
        return "refused"
    if facts.unbackupable:
        return "unbackupable"
    if not facts.package:
        return "damaged" if facts.damaged else "not_verified"
    if facts.package != "verified" or not facts.complete:
        return "damaged" if facts.package == "damaged" else "not_verified"
    if facts.changed or not facts.covered:
        return "changed"
    if not facts.resolved and not open_eligible:
        return "open"
    return "" if facts.compared else "not_verified"
