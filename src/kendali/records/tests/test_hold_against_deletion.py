"""A hold and a deletion race for the same record: the hold that was placed first always wins (I3)."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, connections
from django.utils import timezone

from conftest import LONG
from kendali.home.database_roles import connect_arguments
from kendali.records.actions import holds
from kendali.records.models import Record
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office
from kendali.terms.models import Setting

ROUNDS = 1000 if LONG else 20
HELD = "SELECT count(*) FROM disposal_hold h JOIN disposal_heldsubject s ON s.hold_id = h.id WHERE s.ref = %s"


def place(it: House, ref: str, subject: int) -> str:
    """The very action that a person's click calls, on a connection of its own."""
    try:
        holds.place_on_records(
            user=it.office.cast.rahma, at=it.now, records=Record.objects.filter(pk=subject), cause="dispute",
            reason="Sengketa", review_on=it.now.date() + timedelta(days=30),
        )  # fmt: skip
        return ref
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_hold_that_was_placed_first_always_wins(office: Office) -> None:
    with house(office, old_conversations(ROUNDS)) as it:
        Setting.objects.create(key="disposal.batch_records", value=1, version=1, reason="-", created_at=timezone.now())
        order = it.running()
        subjects = dict(Record.objects.values_list("ref", "pk"))
        broken: list[str] = []
        dice = random.Random(7919)
        with (
            psycopg.connect(**connect_arguments(connections["default"].settings_dict), autocommit=True) as other,
            ThreadPoolExecutor(4) as people,
        ):
            placed = []

            def race(ref: str) -> None:
                """Just before the source is told: is there a hold? And somebody places one for a near record."""
                row = other.execute(HELD, (ref,)).fetchone()
                if row is None or row[0]:
                    broken.append(ref)
                near = f"{int(ref) + dice.randint(0, 2):06d}"
                if near in subjects and dice.random() < 0.7:
                    placed.append(people.submit(place, it, near, subjects.pop(near)))

            it.fake.deleting.before = race
            it.work_on(order)
            held = {one.result() for one in placed}
        assert broken == []
        outcomes = it.outcomes(order)
        assert order.status == "done"
        assert set(outcomes.values()) <= {"deleted", "held"}
        kept = {ref for ref, outcome in outcomes.items() if outcome == "held"}
        assert kept <= held
        assert set(it.fake.records_there) == kept
        assert kept, "no hold came in time: the race was none"
