"""The rule that leaves a record out and the statement in SQL say the same, whatever the facts, the zone and the day."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kendali import civil_time
from kendali.disposal.models import Hold, Proposal, ProposalItem
from kendali.records import deletion_rules, proposal_rules, rules
from kendali.records.models import Escalation, Package, Record, RecordVersion, Source, Unbackupable
from kendali.records.queries import eligible
from kendali.records.queries.eligible import Scope
from kendali.terms.models import Policy
from tests.cast import Cast

ZONES = sorted(civil_time.ZONES)
TODAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31)) | st.sampled_from(
    [date(2024, 2, 29), date(2024, 3, 1), date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2), date(2028, 2, 29)]
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


# --- dates


@pytest.mark.parametrize(
    ("clock", "zone", "first_day"),
    [
        # midnight local: one microsecond decides on the day
        ("2024-03-14T16:59:59.999999Z", "Asia/Jakarta", date(2026, 3, 15)),
        ("2024-03-14T17:00:00Z", "Asia/Jakarta", date(2026, 3, 16)),
        # 29 February + 2 years = 1 March; it may go on the 2nd, like a record of 1 March itself
        ("2024-02-29T03:00:00Z", "Asia/Jakarta", date(2026, 3, 2)),
        ("2024-03-01T03:00:00Z", "Asia/Jakarta", date(2026, 3, 2)),
        ("2024-02-28T03:00:00Z", "Asia/Jakarta", date(2026, 3, 1)),
        # a leap year between: calendar years, not 730 days
        ("2023-06-01T03:00:00Z", "Asia/Jakarta", date(2025, 6, 2)),
        # the first hour of 1 January in three zones
        ("2023-12-31T15:30:00Z", "Asia/Jayapura", date(2026, 1, 2)),
        ("2023-12-31T16:30:00Z", "Asia/Makassar", date(2026, 1, 2)),
        ("2023-12-31T16:30:00Z", "Asia/Jakarta", date(2026, 1, 1)),
        ("2023-12-31T17:30:00Z", "Asia/Jakarta", date(2026, 1, 2)),
    ],
)
def test_the_first_day_on_which_a_record_may_go(cast: Cast, clock: str, zone: str, first_day: date) -> None:
    instant = datetime.fromisoformat(clock)
    assert deletion_rules.due_date(instant, rules.Retention(zone, 1, 30, 2)) == first_day
    with transaction.atomic():
        assert _due_in_sql(cast, instant, zone, 24) == first_day


@pytest.mark.parametrize(
    ("deleted", "months", "first_day"),
    [
        ("2026-01-31T03:00:00Z", 1, date(2026, 3, 2)),  # no 31 February: 1 March, and the day after
        ("2028-01-30T03:00:00Z", 1, date(2028, 3, 2)),
        ("2028-01-29T03:00:00Z", 1, date(2028, 3, 1)),
        ("2026-05-31T16:30:00Z", 6, date(2026, 12, 2)),  # 31 May in Jakarta
        ("2026-05-31T17:30:00Z", 6, date(2026, 12, 2)),  # 1 June
        ("2024-02-29T03:00:00Z", 12, date(2025, 3, 2)),
        ("2026-11-20T08:40:00Z", 24, date(2028, 11, 21)),
    ],
)
def test_the_first_day_on_which_a_backup_copy_may_go(cast: Cast, deleted: str, months: int, first_day: date) -> None:
    instant = datetime.fromisoformat(deleted)
    assert proposal_rules.copy_due(instant, months, "Asia/Jakarta") == first_day
    assert _due_in_sql(cast, instant, "Asia/Jakarta", months) == first_day


def _due_in_sql(cast: Cast, clock: datetime, zone: str, months: int) -> date:
    source = Source.objects.create(
        client=cast.nusantara, kind="folder_drop", record_class="conversation", name="x", zone=zone, created_at=LONG_AGO
    )
    Record.objects.create(source=source, ref="1", started_at=clock, last_activity_at=clock, first_seen_at=LONG_AGO)
    far = datetime(2999, 1, 1, tzinfo=UTC)
    scope = Scope("source", cast.nusantara.pk, "conversation", zone, months, date(2999, 1, 1), cut=far)
    return _rows(scope)[0]["due_on"]  # type: ignore[no-any-return]


def _rows(scope: Scope) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(eligible.classified(scope), scope.parameters())
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(ZONES), today=TODAYS, years=st.integers(2, 6),
    offsets=st.lists(st.integers(-90_000, 90_000), min_size=1, max_size=12),
)  # fmt: skip
@example(zone="Asia/Jakarta", today=date(2026, 3, 1), years=2, offsets=[-1, 0, 1, -86_400, 86_400])
@example(zone="Asia/Jayapura", today=date(2026, 3, 2), years=2, offsets=[-1, 0, 1, -86_400, 86_400])
def test_a_cut_off_takes_what_is_due_and_nothing_else(
    cast: Cast, zone: str, today: date, years: int, offsets: list[int]
) -> None:
    """Up to the latest cut-off everything is due by the rule; the day after it nothing is."""
    last = proposal_rules.latest_cut_off(today, years)
    assert proposal_rules.may_cut_off(last, today=today, years=years)
    assert not proposal_rules.may_cut_off(last + timedelta(days=1), today=today, years=years)
    cut = civil_time.start_of_day(last + timedelta(days=1), zone)
    retention = rules.Retention(zone, 1, 30, years)
    with transaction.atomic():
        source = Source.objects.create(
            client=cast.nusantara, kind="x", record_class="recording", name="x", zone=zone, created_at=LONG_AGO
        )
        clocks = {str(n): cut + timedelta(seconds=offset) for n, offset in enumerate(offsets)}
        Record.objects.bulk_create(
            Record(source=source, ref=ref, started_at=at, last_activity_at=at, first_seen_at=LONG_AGO)
            for ref, at in clocks.items()
        )
        due = {ref: deletion_rules.due_date(at, retention) for ref, at in clocks.items()}
        rows = _rows(Scope("source", cast.nusantara.pk, "recording", zone, 12 * years, today, cut=cut))
        assert {row["ref"]: row["due_on"] for row in rows} == {
            ref: day for ref, day in due.items() if day is not None and day <= today
        }
        for row in rows:
            assert row["reason"] == "not_verified"  # never not_due
            assert row["month"] == civil_time.month_of(clocks[row["ref"]], zone)
        transaction.set_rollback(True)


# --- reasons

FACTS = st.fixed_dictionaries(
    {
        "held": st.booleans(), "vanished": st.booleans(), "dated": st.booleans() | st.just(True),
        "in_proposal": st.booleans(), "unbackupable": st.booleans(),
        "again": st.none() | st.integers(-2, 2),  # days until a refused record is asked about again
        "package": st.sampled_from(["", "verified", "verified", "verified", "written", "damaged", "abandoned"]),
        "complete": st.booleans() | st.just(True), "damaged": st.booleans(), "changed": st.booleans(),
        "covered": st.booleans() | st.just(True), "resolved": st.booleans() | st.just(True),
        "compared": st.booleans() | st.just(True),
    }
)  # fmt: skip
GOOD = {
    "held": False, "vanished": False, "dated": True, "in_proposal": False, "unbackupable": False, "again": None,
    "package": "verified", "complete": True, "damaged": False, "changed": False, "covered": True, "resolved": True,
    "compared": True,
}  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.lists(FACTS, min_size=1, max_size=8), open_eligible=st.booleans())
@example(facts=[GOOD], open_eligible=False)
@example(facts=[GOOD | {"resolved": False}], open_eligible=False)
@example(facts=[GOOD | {"resolved": False}], open_eligible=True)
@example(
    facts=[GOOD | {name: not GOOD[name]} for name in GOOD if name not in ("package", "again")], open_eligible=False
)
@example(facts=[GOOD | {"again": days} for days in (-1, 0, 1)], open_eligible=False)
def test_the_rule_and_the_statement_leave_out_the_same_records_for_the_same_reason(
    cast: Cast, facts: Sequence[dict[str, Any]], open_eligible: bool
) -> None:
    today = date(2026, 11, 20)
    with transaction.atomic():
        expected = _set_up(cast, facts, today, open_eligible)
        cut = civil_time.start_of_day(date(2024, 11, 20), "Asia/Jakarta")
        scope = Scope(
            "source", cast.nusantara.pk, "conversation", "Asia/Jakarta", 24, today, cut=cut, since=cast.now,
            open_eligible=open_eligible,
        )  # fmt: skip
        assert {row["ref"]: row["reason"] or "" for row in _rows(scope)} == expected
        transaction.set_rollback(True)


def _set_up(cast: Cast, facts: Sequence[dict[str, Any]], today: date, open_eligible: bool) -> dict[str, str]:
    policy = Policy.objects.create(
        client=cast.nusantara, record_class="conversation", version=1, backup_copy_months=24, reason="x",
        created_at=LONG_AGO,
    )  # fmt: skip
    source = Source.objects.create(
        client=cast.nusantara, kind="x", record_class="conversation", name="x", created_at=LONG_AGO
    )
    order = Escalation.objects.create(
        client=cast.nusantara, source=source, record_class="conversation", policy=policy, cut_off=today,
        cut_instant=LONG_AGO, created_at=LONG_AGO,
    )  # fmt: skip
    other = Proposal.objects.create(
        act="source", client=cast.nusantara, record_class="conversation", policy=policy, status="asked",
        created_at=LONG_AGO,
    )  # fmt: skip
    hold = Hold.objects.create(
        number="TGH-1", client=cast.nusantara, scope="record", cause="other", reason="x", review_on=today,
        placed_by_name="x", placed_at=LONG_AGO,
    )  # fmt: skip
    return {
        str(n): _record(cast, str(n), one, source, order, other, hold, today, open_eligible)
        for n, one in enumerate(facts)
    }


def _record(
    cast: Cast, ref: str, one: dict[str, Any], source: Source, order: Escalation, other: Proposal, hold: Hold,
    today: date, open_eligible: bool,
) -> str:  # fmt: skip
    clock = datetime(2023, 5, 5, tzinfo=UTC)
    record = Record.objects.create(
        source=source, ref=ref, started_at=clock, last_activity_at=clock if one["dated"] else None,
        changed_at=cast.now if one["changed"] else None, backup_clock=None if one["covered"] else clock,
        vanished_at=cast.now if one["vanished"] else None, source_state="resolved" if one["resolved"] else "open",
        first_seen_at=LONG_AGO,
    )  # fmt: skip
    if one["package"]:
        record.version = _version(cast, record, order, 1, one["package"], one)
        record.save()
    if one["damaged"]:
        _version(cast, record, order, 2, "damaged", one)
    if one["unbackupable"]:
        Unbackupable.objects.create(
            record=record, status="confirmed", reason="x", proposed_by=cast.tari, proposed_at=LONG_AGO
        )
    if one["held"]:
        hold.subjects.create(subject=record.pk, ref=ref)
    if one["in_proposal"]:
        ProposalItem.objects.create(
            proposal=other, subject=record.pk, source=source.pk, ref=ref, month=today, clock=clock, clock_rule="x",
            due_on=today, version=1, keyed_digest=b"x",
        )  # fmt: skip
    if one["again"] is not None:
        earlier = Proposal.objects.create(
            act="source", client=cast.nusantara, record_class="conversation", policy=other.policy, status="closed",
            created_at=LONG_AGO,
        )  # fmt: skip
        ProposalItem.objects.create(
            proposal=earlier, subject=record.pk, source=source.pk, ref=ref, month=today, clock=clock, clock_rule="x",
            due_on=today, version=1, keyed_digest=b"x", taken_out=True, ask_again_on=today + timedelta(one["again"]),
        )  # fmt: skip
    due = deletion_rules.due_date(record.last_activity_at, rules.Retention("Asia/Jakarta", 1, 30, 2))
    return proposal_rules.left_out(
        proposal_rules.Facts(
            held=one["held"], vanished=one["vanished"], due_on=due, in_proposal=one["in_proposal"],
            unbackupable=one["unbackupable"], package=one["package"], complete=one["complete"],
            damaged=one["damaged"], changed=one["changed"], covered=one["covered"], resolved=one["resolved"],
            compared=one["compared"], refused=one["again"] is not None and one["again"] > 0,
        ),
        today=today,
        open_eligible=open_eligible,
    )  # fmt: skip


def _version(cast: Cast, record: Record, order: Escalation, n: int, status: str, one: dict[str, Any]) -> RecordVersion:
    package = Package.objects.create(
        id=uuid.uuid4(), number=f"PKT-{record.pk}-{n}", escalation=order, attempt=1, source=record.source,
        month=date(2023, 5, 1), status=status, created_at=LONG_AGO,
    )  # fmt: skip
    return RecordVersion.objects.create(
        record=record, number=n, package=package, keyed_digest=b"x", complete=one["complete"], made_at=LONG_AGO,
        compared_at=cast.now if one["compared"] else LONG_AGO,
    )  # fmt: skip
