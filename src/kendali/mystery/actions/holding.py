"""An open finding holds its recording against deletion; the hold goes with the last open finding of that recording.

Source: mystery-calling "One finding"; records-control decision 7, I3. Rule: `finding_rules.holds_recording`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from kendali import civil_time
from kendali.accounts.models import Client
from kendali.audit.actor import SYSTEM
from kendali.disposal import locks
from kendali.disposal.actions import holds
from kendali.disposal.models import Hold
from kendali.mystery.models import Finding, Recording, Sample
from kendali.mystery.rules.finding_rules import FindingState, holds_recording
from kendali.records.models import Record
from kendali.terms import settings as terms

# The finding names its hold; the hold names neither the finding nor mystery calling: who reads the holds of a client
# would know a test call before QA forwarded it.
OPEN = "Temuan mutu pada rekaman ini masih terbuka."
GONE = "Temuan terakhir pada rekaman ini sudah berakhir."


def record_of(sample: Sample | None) -> Record | None:
    """The record of the voice recording system; None: no recording, or an upload of ours that nobody deletes."""
    if sample is None:
        return None
    rows = Recording.objects.filter(sample=sample, record__isnull=False)
    row = rows.select_related("record__source__client").first()
    return row.record if row is not None else None


def lock(sample: Sample | None) -> None:
    """First thing in a transaction that may place or lift a hold, before anything is written to the trail: a running
    deletion holds this lock while it waits for the trail."""
    record = record_of(sample)
    if record is not None:
        locks.exclusive(record.source.client_id)


def settle(sample: Sample | None, *, at: datetime) -> None:
    """Places or lifts the hold, as the findings of the recording stand now, also when the sample got another
    recording. May run twice."""
    if sample is None:
        return
    record = record_of(sample)
    if record is not None:
        locks.exclusive(record.source.client_id)
    rows = Finding.objects.filter(_of(sample, record)).select_related("merged_into", "hold").order_by("pk")
    findings = list(rows)
    holding = [one for one in findings if _holds(one)] if record is not None else []
    placed = _placed(findings, record if holding else None, at)
    if record is not None and holding:
        placed = placed or _place(record, at)
        Finding.objects.filter(pk__in=[one.pk for one in holding]).exclude(hold=placed).update(hold=placed)


def _of(sample: Sample, record: Record | None) -> Q:
    return Q(sample=sample) | (Q(sample__recording__record=record) if record is not None else Q(pk=None))


def _placed(findings: list[Finding], record: Record | None, at: datetime) -> Hold | None:
    """The active hold on this record; those that hold something else, or nothing any more, are lifted."""
    found = None
    for hold in {one.hold for one in findings if one.hold is not None and one.hold.status == Hold.Status.ACTIVE}:
        if record is not None and hold.subjects.filter(subject=record.pk).exists():
            found = hold
        else:
            holds.end_for(actor=SYSTEM, at=at, hold=hold, reason=GONE)
    return found


def _holds(finding: Finding) -> bool:
    survivor = finding.merged_into
    return holds_recording(FindingState(finding.state), FindingState(survivor.state) if survivor is not None else None)


def _place(record: Record, at: datetime) -> Hold:
    client: Client = record.source.client
    days = terms.number("hold.review_days", client.pk)
    return holds.place_for(
        actor=SYSTEM,
        user=None,
        at=at,
        client=client,
        order=holds.Order(
            scope=Hold.Scope.RECORD,
            cause=Hold.Cause.FINDING,
            reason=OPEN,
            review_on=civil_time.local_date(at, client.zone) + timedelta(days=days),
            subjects=[(record.pk, record.ref)],
        ),
    )
