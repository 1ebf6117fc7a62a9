"""What a record's page says of it: where it stands, the dates with the rule behind each, its versions and orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kendali import civil_time
from kendali.audit.sentences import say
from kendali.disposal.models import Hold, ProposalItem
from kendali.records import words, words_disposal
from kendali.records.life import OPEN_ORDER, LifeFacts
from kendali.records.models import DisposalItem, EscalationItem, Incident, Record, RecordVersion, Unbackupable
from kendali.records.queries import catalogue, holds, life
from kendali.records.queries.orders import Step
from kendali.terms.models import BackupClock, DeletionClock, Policy

FEW = 50


@dataclass(frozen=True, slots=True)
class Due:
    """One date of the policy: what it is, the first local day on which it holds, and the rule in a sentence.
    day None: cannot be computed, or there is nothing to wait for; `state` is the colour of its pill."""

    label: str
    day: date | None
    rule: str
    word: str = ""
    state: str = "idle"


@dataclass(frozen=True, slots=True)
class Dates:
    """`due` and `overdue` of the backup (None: everything is in a package, or no date), `deletable` at the source."""

    due: date | None
    overdue: date | None
    deletable: date | None
    backup_clock: datetime | None
    deletion_clock: datetime | None


def policy_of(record: Record) -> Policy | None:
    source = record.source
    return Policy.objects.filter(
        client=source.client_id, record_class=source.record_class, status=Policy.Status.EFFECTIVE
    ).first()


def dates(record: Record, policy: Policy) -> Dates:
    by_start = policy.backup_clock == BackupClock.STARTED and record.backup_clock is not None
    clock = record.started_at if by_start else record.backup_clock
    last = policy.deletion_clock == DeletionClock.LAST_ACTIVITY
    deletion = (record.last_activity_at if last else None) or record.started_at
    overdue = civil_time.eligible_from(clock, policy.backup_after_years, policy.zone) if clock else None
    return Dates(
        due=overdue - timedelta(days=policy.lead_days) if overdue else None,
        overdue=overdue,
        deletable=civil_time.eligible_from(deletion, policy.delete_after_years, policy.zone) if deletion else None,
        backup_clock=clock,
        deletion_clock=deletion,
    )


def explained(record: Record, policy: Policy, today: date) -> list[Due]:
    """The policy applied to this one record, line by line."""
    found = dates(record, policy)
    return [_backup(record, policy, found, today), _deletion(record, policy, found, today), _copy(policy)]


def _backup(record: Record, policy: Policy, found: Dates, today: date) -> Due:
    label = _("Must be backed up since")
    if found.overdue is None or found.due is None or found.backup_clock is None:
        if record.version_id is None:
            return Due(label, None, _("The source gives no date, so it cannot be computed."), _("no date"), "soon")
        return Due(label, None, _("Everything in it is in a verified package."), _("backed up"), "done")
    rule = say(
        _("%(clock)s (%(at)s) + %(years)s years, from the day after; shown as due %(lead)s days before."),
        {
            "clock": policy.get_backup_clock_display(),
            "at": _local(found.backup_clock, policy.zone),
            "years": policy.backup_after_years,
            "lead": policy.lead_days,
        },
    )
    if record.vanished_at:
        return Due(label, found.overdue, rule, _("no longer at the source"), "late")
    if found.overdue <= today:
        return Due(label, found.overdue, rule, _("overdue"), "late")
    word, state = (_("due"), "soon") if found.due <= today else (_("not yet"), "idle")
    return Due(_("Must be backed up from"), found.overdue, rule, word, state)


def _deletion(record: Record, policy: Policy, found: Dates, today: date) -> Due:
    label = _("May be deleted at the source from")
    if found.deletable is None or found.deletion_clock is None:
        return Due(label, None, _("The source gives no date, so it cannot be computed: never."), _("never"), "idle")
    rule = say(
        _("%(clock)s (%(at)s) + %(years)s years, from the day after; only with the client's approval."),
        {
            "clock": policy.get_deletion_clock_display(),
            "at": _local(found.deletion_clock, policy.zone),
            "years": policy.delete_after_years,
        },
    )
    if record.source_state != "resolved":
        rule += " " + _("It is not resolved at the source; until then it is not deleted.")
    if record.deleted_at:
        return Due(label, found.deletable, rule, _("deleted at the source"), "done")
    if found.deletable <= today:
        return Due(label, found.deletable, rule, _("past retention"), "soon")
    return Due(label, found.deletable, rule, _("not yet"), "idle")


def _copy(policy: Policy) -> Due:
    months = policy.backup_copy_months
    rule = ngettext(
        "The backup copy is kept %(months)s month after the deletion at the source, then its destruction is proposed.",
        "The backup copy is kept %(months)s months after the deletion at the source, then its destruction is proposed.",
        months,
    )
    return Due(_("Backup copy"), None, rule % {"months": months})


def _local(at: datetime, zone: str) -> str:
    return date_format(civil_time.local_date(at, zone), "j F Y")


def steps(record: Record, policy: Policy | None, today: date) -> list[Step]:
    """The life of a record as the procedure has it, as far as this one has come."""
    found = dates(record, policy) if policy else None
    package = record.version.package if record.version else None
    must = bool(found and found.due and found.due <= today)
    past = bool(found and found.deletable and found.deletable <= today)
    backup = "done" if package and not record.changed_at else "current" if must or package else "todo"
    return [
        Step(_("Active"), _day(record.started_at, record.source.zone), "done" if must or package else "current"),
        Step(_("Due for backup"), _date(found.due if found else None), "done" if must or package else "todo"),
        Step(_("Backed up"), package.number if package else "", backup),
        Step(_("Restore drill"), _drilled(package.drilled_at if package else None), _drill_state(package)),
        Step(_("Past retention"), _date(found.deletable if found else None), _past_state(past, bool(package))),
        *disposal_steps(record),
    ]


def _drill_state(package: object) -> str:
    return "done" if getattr(package, "drilled_at", None) else "todo"


def _past_state(past: bool, backed_up: bool) -> str:
    return "done" if past and backed_up else "todo"


def _drilled(at: datetime | None) -> str:
    return date_format(localtime(at), "j M Y") if at else ""


def _day(at: datetime | None, zone: str) -> str:
    return _date(civil_time.local_date(at, zone)) if at else _("no date")


def _date(day: date | None) -> str:
    return date_format(day, "j M Y") if day else ""


def state(record: Record, at: datetime) -> words.Pill:
    return words.RECORD_STATES[catalogue.states([record], record.source, at)[0]]


def versions(record: Record) -> list[RecordVersion]:
    return list(record.versions.select_related("package").order_by("-number")[:FEW])


@dataclass(frozen=True, slots=True)
class Line:
    """The record in one order: what came out, in a pill, and why."""

    item: EscalationItem
    pill: words.Pill
    problems: Sequence[words.Told]


def orders(record: Record) -> list[Line]:
    items = EscalationItem.objects.filter(record=record).select_related("escalation").order_by("-pk")[:FEW]
    return [Line(item, words.item_pill(item), [words.told_problem(one) for one in item.problems]) for item in items]


def unbackupable(record: Record) -> Unbackupable | None:
    """The newest proposal that this record cannot be backed up."""
    return record.unbackupable.select_related("proposed_by", "decided_by").order_by("-proposed_at").first()


@dataclass(frozen=True, slots=True)
class Disposal:
    """What a page says of a record's disposal: holds that cover it, the newest list and order, incidents."""

    holds: Sequence[tuple[Hold, words.Pill]]
    line: ProposalItem | None
    line_pill: words.Pill | None
    item: DisposalItem | None
    item_pill: words.Pill | None
    item_told: str
    incidents: Sequence[tuple[Incident, words.Pill]]

    @property
    def touched(self) -> bool:
        return bool(self.holds or self.line or self.item or self.incidents)


def disposal(record: Record) -> Disposal:
    line, item = life.newest_lines([record.pk]).first(), life.newest_items([record.pk]).first()
    return Disposal(
        holds=[(hold, words_disposal.hold_pill(hold)) for hold in holds.on(record)[:FEW]],
        line=line,
        line_pill=words_disposal.proposal_pill(line.proposal) if line else None,
        item=item,
        item_pill=words_disposal.outcome_pill(item.outcome, item.order.act) if item else None,
        item_told=words_disposal.told_facts(item.outcome, item.facts) if item else "",
        incidents=[(row, words_disposal.incident_pill(row)) for row in record.incidents.order_by("-found_at")[:FEW]],
    )


def disposal_steps(record: Record) -> list[Step]:
    """After the period: the client's Yes, the deletion at the source, the end of the backup copy."""
    facts = life.facts([record])[0]
    yes = facts.proposal in ("approved", "closed") and not facts.taken_out
    no = facts.taken_out or facts.proposal == "refused"
    answer = "done" if yes or record.deleted_at else "failed" if no else "todo"
    if facts.held and not record.deleted_at:
        answer = "held"
    elif facts.proposal == "asked":
        answer = "current"
    note = _("held") if answer == "held" else _("answered No") if answer == "failed" else ""
    return [
        Step(_("Approved by the client"), note, answer),
        Step(_("Deleted"), _drilled(record.deleted_at), _gone_state(facts, record)),
        Step(_("Backup destroyed"), _drilled(record.destroyed_at), "done" if record.destroyed_at else "todo"),
    ]


def _gone_state(facts: LifeFacts, record: Record) -> str:
    if facts.incident:
        return "failed"
    if record.deleted_at:
        return "done"
    if facts.outcome in ("failed", "unknown"):
        return "failed"
    return "current" if facts.order in OPEN_ORDER and facts.outcome in ("waiting", "queued") else "todo"
