"""The rule in Python and the statements in SQL take the same records, whatever the instant, the zone and the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kendali import civil_time
from kendali.accounts.permissions import RuleRefused
from kendali.records import rules
from kendali.records.actions import counts, escalations
from kendali.records.models import Record, Source
from kendali.records.queries.radar import radar
from kendali.terms.models import Policy
from tests.cast import Cast

ZONES = st.sampled_from(sorted(civil_time.ZONES))
TODAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31)) | st.sampled_from(
    [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2025, 2, 28), date(2025, 3, 1), date(2028, 2, 29)]
)
NEAR = st.integers(-90_000, 90_000)  # seconds around the cut: a day and an hour
FAR = st.integers(-900 * 86_400, 0)


def _set_up(cast: Cast, zone: str, years: int, lead: int) -> tuple[Source, Policy]:
    policy = Policy.objects.create(
        client=cast.nusantara, record_class="conversation", version=1, zone=zone, backup_after_years=years,
        lead_days=lead, delete_after_years=years + 1, backup_copy_months=24, reason="x", created_at=cast.now,
    )  # fmt: skip
    source = Source.objects.create(
        client=cast.nusantara, kind="folder_drop", record_class="conversation", name="x", zone=zone, created_at=cast.now
    )
    return source, policy


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=ZONES, today=TODAYS, years=st.integers(1, 5), lead=st.integers(0, 60),
    offsets=st.lists(NEAR | FAR, min_size=1, max_size=12), hour=st.integers(0, 23),
)  # fmt: skip
@example(zone="Asia/Jayapura", today=date(2025, 3, 1), years=1, lead=0, offsets=[-1, 0, 1, -86_400], hour=0)
@example(zone="Asia/Jakarta", today=date(2025, 2, 28), years=1, lead=1, offsets=[-1, 0, 1, 86_400], hour=23)
def test_the_radar_counts_what_the_rule_says(
    cast: Cast, zone: str, today: date, years: int, lead: int, offsets: list[int], hour: int
) -> None:
    with transaction.atomic():
        source, policy = _set_up(cast, zone, years, lead)
        now = civil_time.start_of_day(today, zone) + timedelta(hours=hour)
        cuts = rules.cuts(today, escalations.retention_of(policy))
        clocks = [cut + timedelta(seconds=offset) for offset in offsets for cut in (cuts.overdue, cuts.due)]
        _records(source, clocks, now)
        states = [
            rules.state(rules.Facts(clock, clock, has_version=False, changed_at=None, vanished_at=None), cuts)
            for clock in clocks
        ]
        counts.refresh(source, at=now)
        found = radar([cast.nusantara], now)
        assert found.total("overdue") == states.count("overdue")
        assert found.total("due") == states.count("due")
        transaction.set_rollback(True)


def _records(source: Source, clocks: list[datetime], now: datetime) -> None:
    Record.objects.bulk_create(
        Record(
            source=source, ref=str(n), started_at=clock, last_activity_at=clock, backup_clock=clock, first_seen_at=now
        )
        for n, clock in enumerate(clocks)
    )


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=ZONES, cut_off=st.dates(date(2018, 1, 1), date(2026, 11, 18)), offsets=st.lists(NEAR, min_size=1, max_size=20)
)
@example(zone="Asia/Makassar", cut_off=date(2024, 2, 29), offsets=[-1, 0, 1])
def test_the_frozen_list_holds_what_ended_on_the_cut_off_day_at_the_latest(
    cast: Cast, zone: str, cut_off: date, offsets: list[int]
) -> None:
    with transaction.atomic():
        source, _policy = _set_up(cast, zone, 1, 30)
        cut = civil_time.start_of_day(cut_off + timedelta(days=1), zone)
        clocks = [cut + timedelta(seconds=offset) for offset in offsets]
        _records(source, clocks, cast.now)
        expected = {str(n) for n, clock in enumerate(clocks) if civil_time.local_date(clock, zone) <= cut_off}
        try:
            order: Any = escalations.raise_escalation(user=cast.tari, at=cast.now, source=source, cut_off=cut_off)
        except RuleRefused:
            assert not expected
        else:
            items = order.items.select_related("record")
            assert {item.record.ref for item in items} == expected
            for item in items:
                assert item.month == rules.package_month(
                    started_at=item.record.started_at, last_activity_at=item.record.last_activity_at, zone=zone
                )
            assert order.list_count == len(expected)
        transaction.set_rollback(True)


def test_examples_are_instants() -> None:
    assert civil_time.start_of_day(date(2024, 2, 29), "Asia/Jayapura") == datetime(2024, 2, 28, 15, tzinfo=UTC)
