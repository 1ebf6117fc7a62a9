"""I3: the rule in Python and the predicate in SQL hold the same records, whatever the scope, the zone and the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kendali import civil_time
from kendali.accounts.models import Client
from kendali.disposal import rules
from kendali.disposal.models import HeldSubject, Hold
from kendali.records.actions.holds import place_on_records
from kendali.records.models import Record, Source
from kendali.records.queries import held
from kendali.records.tests.office import refused
from tests.cast import Cast

DAYS = [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2023, 12, 31), date(2024, 1, 1)]
ZONES = sorted(civil_time.ZONES)
DAY = st.sampled_from(DAYS)
NAMES = st.sampled_from([None, b"n1", b"n2"])
CLASSES = ["conversation", "recording"]
SECONDS = st.sampled_from([0, 1, 3599, 3600, 7199, 7200, 43_200, 86_399]) | st.integers(0, 86_399)
INSTANT = st.none() | st.tuples(DAY, st.sampled_from(ZONES), SECONDS)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    first, last = draw(INSTANT), draw(INSTANT)
    times = [instant(one) for one in (first, last)]
    if times[0] and times[1]:
        times.sort()
    return {
        "source": draw(st.integers(0, 3)), "name": draw(NAMES), "phone": draw(NAMES), "first": times[0],
        "last": times[1],
    }  # fmt: skip


def instant(given: tuple[date, str, int] | None) -> datetime | None:
    return None if given is None else civil_time.start_of_day(given[0], given[1]) + timedelta(seconds=given[2])


HOLDS = st.fixed_dictionaries(
    {
        "scope": st.sampled_from(Hold.Scope.values), "client": st.integers(0, 1),
        "record_class": st.sampled_from(["", *CLASSES]), "active": st.booleans() | st.just(True), "name": NAMES,
        "phone": NAMES, "starts": st.none() | DAY, "ends": st.none() | DAY,
        "subjects": st.frozensets(st.integers(0, 5), max_size=3),
    }
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(records(), min_size=1, max_size=6), wanted=st.lists(HOLDS, max_size=5))
@example(
    rows=[
        {"source": n, "name": None, "phone": None, "first": civil_time.start_of_day(date(2024, 2, 29), ZONES[n]),
         "last": civil_time.start_of_day(date(2024, 2, 29), ZONES[n])}
        for n in range(2)
    ],
    wanted=[{"scope": "range", "client": 0, "record_class": "", "active": True, "name": None, "phone": None,
             "starts": date(2024, 2, 29), "ends": date(2024, 2, 29), "subjects": frozenset()}],
)  # fmt: skip
def test_the_rule_and_the_predicate_hold_the_same_records(
    cast: Cast, rows: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]]
) -> None:
    with transaction.atomic():
        clients = [cast.nusantara, cast.telko]
        found = _records(cast, clients, rows)
        holds = [_hold(cast, clients, found, n, one) for n, one in enumerate(wanted)]
        expected = {r.pk: names for r in found if (names := rules.holds_on(_subject(r), [_facts(h) for h in holds]))}
        assert held.of(found) == expected
        assert held.of([r.pk for r in found]) == expected
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT r.id FROM records_record r JOIN records_source s ON s.id = r.source_id WHERE " + held.held_sql()
            )
            assert {pk for (pk,) in cursor.fetchall()} == set(expected)
        transaction.set_rollback(True)


def _records(cast: Cast, clients: Sequence[Client], rows: Sequence[dict[str, Any]]) -> list[Record]:
    sources = [
        Source.objects.create(
            client=clients[n // 2], kind="folder_drop", record_class=CLASSES[n % 2], name=f"s{n}",
            zone=ZONES[n % 3], created_at=cast.now,
        )
        for n in range(4)
    ]  # fmt: skip
    return Record.objects.bulk_create(
        Record(
            source=sources[row["source"]], ref=str(n), customer_name_hmac=row["name"],
            customer_phone_hmac=row["phone"], started_at=row["first"], last_activity_at=row["last"],
            first_seen_at=cast.now,
        )
        for n, row in enumerate(rows)
    )  # fmt: skip


def _hold(cast: Cast, clients: Sequence[Client], found: Sequence[Record], n: int, one: dict[str, Any]) -> Hold:
    starts_at, ends_at = rules.range_of(one["starts"], one["ends"])
    hold = Hold.objects.create(
        number=f"TGH-{n}", client=clients[one["client"]], scope=one["scope"], record_class=one["record_class"],
        customer_name_hmac=one["name"], customer_phone_hmac=one["phone"], starts_at=starts_at, ends_at=ends_at,
        cause="other", reason="x", review_on=date(2027, 1, 1), placed_by_name="x", placed_at=cast.now,
        status="active" if one["active"] else "released",
    )  # fmt: skip
    chosen = [found[index] for index in sorted(one["subjects"]) if index < len(found)]
    HeldSubject.objects.bulk_create(HeldSubject(hold=hold, subject=r.pk, ref=r.ref) for r in chosen)
    return hold


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def _subject(record: Record) -> rules.Subject:
    return rules.Subject(
        subject=record.pk, client=record.source.client_id, record_class=record.source.record_class,
        name=_bytes(record.customer_name_hmac), phone=_bytes(record.customer_phone_hmac), started_at=record.started_at,
        last_activity_at=record.last_activity_at,
    )  # fmt: skip


def _facts(hold: Hold) -> rules.HoldFacts:
    return rules.HoldFacts(
        number=hold.number, client=hold.client_id, scope=hold.scope, record_class=hold.record_class,
        active=hold.status == "active", subjects=frozenset(hold.subjects.values_list("subject", flat=True)),
        name=_bytes(hold.customer_name_hmac), phone=_bytes(hold.customer_phone_hmac), starts_at=hold.starts_at,
        ends_at=hold.ends_at,
    )  # fmt: skip


@pytest.mark.django_db
def test_records_of_two_clients_are_two_holds(cast: Cast) -> None:
    empty = {"name": None, "phone": None, "first": None, "last": None}
    found = _records(cast, [cast.nusantara, cast.telko], [{"source": n} | empty for n in (0, 2)])
    with refused("several clients"):
        place_on_records(
            user=cast.rahma, at=cast.now, records=found, cause="case", reason="Perkara", review_on=date(2027, 1, 1)
        )
