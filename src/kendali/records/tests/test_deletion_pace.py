"""How fast the engine deletes and when it waits: pauses, quota, window, a lost source, a cancelled order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from kendali.connectors.base import SourceError
from kendali.records.actions import disposal_orders
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND = "000001", "000002"


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(6)) as found:
        yield found


def setting(key: str, value: object) -> None:
    Setting.objects.create(key=key, value=value, version=1, reason="-", created_at=timezone.now())


def test_429_and_retry_after_are_obeyed(it: House) -> None:
    it.fake.deleting.does = dict.fromkeys([FIRST, SECOND], "too_many")
    it.fake.deleting.retry_after = 120.0
    order = it.work(it.running())
    assert order.status == "running"
    told = sum(it.fake.deleting.told.values())
    it.later(seconds=60)
    it.work(order)
    assert sum(it.fake.deleting.told.values()) == told
    it.later(seconds=61)
    it.work(order)
    assert set(it.outcomes(order).values()) == {"deleted"}


def test_the_daily_quota_pauses_the_order_until_tomorrow(it: House) -> None:
    setting("disposal.daily_quota", 2)
    setting("disposal.batch_records", 2)
    order = it.work(it.running())
    done = 6 - len(it.fake.records_there)
    assert (order.status, order.problem["code"]) == ("paused", "quota_used")
    assert disposal_orders.start_due(at=it.later(minutes=10)) == []
    assert disposal_orders.start_due(at=it.later(hours=24)) == [order]
    it.work(order)
    assert 6 - len(it.fake.records_there) > done


def test_the_run_window_pauses_the_order_and_opens_it_again(it: House) -> None:
    setting("disposal.window_from", 20)
    setting("disposal.window_to", 6)
    order = it.armed()
    assert disposal_orders.start_due(at=it.later(hours=24)) == []  # 10.00 WIB
    assert disposal_orders.start_due(at=it.later(hours=11)) == [order]
    order.refresh_from_db()
    it.later(hours=10)  # 07.00 WIB
    it.work(order)
    assert (order.status, order.problem["code"]) == ("paused", "outside_window")
    assert it.fake.deleting.told == {}
    assert disposal_orders.start_due(at=it.later(hours=13)) == [order]
    assert set(it.outcomes(it.work(order)).values()) == {"deleted"}


def test_a_source_that_is_gone_for_a_moment_is_tried_again_and_nothing_counts_twice(it: House) -> None:
    it.fake.failures = [SourceError("connection_lost", reason="x", host="fake")]
    it.fake.deleting.does[FIRST] = "answer_lost"
    order = it.work_on(it.running())
    assert set(it.outcomes(order).values()) == {"deleted"}
    assert all(count == 1 for count in it.fake.deleting.told.values())


def test_a_source_that_stays_away_stops_the_order_and_what_was_deleted_counts_afterwards(it: House) -> None:
    setting("disposal.batch_records", 2)
    it.fake.deleting.gone_after = 3
    order = it.work_on(it.running())
    assert (order.status, order.problem["code"]) == ("stopped", "connection_lost")
    assert len(it.fake.deleting.taken) == 3
    it.fake.come_back()
    disposal_orders.resume(user=it.office.cast.indra, at=it.now, order=order)
    it.work_on(order)
    assert set(it.outcomes(order).values()) == {"deleted"}
    assert sorted(it.fake.deleting.taken) == sorted(it.outcomes(order))


def test_a_pause_takes_effect_between_two_batches(it: House) -> None:
    setting("disposal.batch_records", 1)
    order = it.running()
    disposal_orders.pause(user=it.office.cast.indra, at=it.now, order=order)
    it.work(order)
    assert it.fake.deleting.told == {}
    disposal_orders.resume(user=it.office.cast.indra, at=it.now, order=order)
    assert it.work(order).status == "done"


def test_a_cancelled_order_gives_every_line_that_waits_its_end(it: House) -> None:
    order = it.running()
    disposal_orders.pause(user=it.office.cast.indra, at=it.now, order=order)
    with refused("Give a reason."):
        disposal_orders.cancel(user=it.office.cast.clara, at=it.now, order=order, reason=" ")
    disposal_orders.cancel(user=it.office.cast.clara, at=it.now, order=order, reason="Kontrak diperpanjang")
    it.work(order)
    assert (order.status, set(it.outcomes(order).values())) == ("done", {"cancelled"})
    assert len(it.fake.records_there) == 6
