"""Placing a call: attempts, windows, phones without connection, the crisis flag. With a database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from kendali.accounts.models import Deputy, RoleGrant
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.mystery.actions import calling, filling
from kendali.mystery.models import Attempt, CrisisFlag, Cycle, Finding, Sample
from kendali.mystery.queries.card import card
from kendali.mystery.rules.reported import Reported
from kendali.mystery.rules.sample_rules import Outcome
from kendali.mystery.tests.house import CALLED, MONTH, House
from kendali.notices.models import Notice
from kendali.terms import numbers

pytestmark = pytest.mark.django_db
OPENS = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # 10.00 WIB, until 12.00
MINUTE = timedelta(minutes=1)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(RuleRefused) as caught:
        yield
    assert caught.value.verdict.facts.get("code") == code, caught.value


def told(minute: int, *, ended: int = 1, token: str = "", **more: int) -> Reported:
    begun = OPENS + minute * MINUTE
    return Reported(begun, begun + ended * MINUTE, token=token, **more)  # type: ignore[arg-type]


def at(minute: int) -> datetime:
    return OPENS + minute * MINUTE


def busy(house: House, sample: Sample, minute: int, outcome: Outcome = Outcome.BUSY, token: str = "") -> Attempt:
    return calling.record_attempt(
        user=house.cast.qori, at=at(minute + 1), sample=sample, outcome=outcome, told=told(minute, token=token)
    )


def test_two_attempts_fail_and_the_third_connects(house: House) -> None:
    sample = house.sample("assigned")
    calling.begin(user=house.cast.qori, at=at(1), sample=sample)
    busy(house, sample, 1)
    busy(house, sample, 17, Outcome.NO_ANSWER)
    begun = calling.begin(user=house.cast.qori, at=at(33), sample=sample)
    assert begun.state == "calling"
    calling.connect(user=house.cast.qori, at=at(35), sample=sample,
                    told=Reported(at(33), ivr=21, queue=47, ring=4))  # fmt: skip
    ended = calling.end_call(user=house.cast.qori, at=at(40), sample=sample, hold=30)
    assert (ended.state, ended.called_at, ended.ended_at) == ("called", at(33), at(40))
    rows = list(sample.attempts.values_list("number", "outcome", "queue_seconds", "talk_seconds", "hold_seconds"))
    assert rows == [
        (1, "busy", None, None, None),
        (2, "no_answer", None, None, None),
        (3, "connected", 47, 420 - 21 - 47 - 4, 30),
    ]
    verbs = list(Entry.objects.filter(object_type="mystery.sample").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["sample.begin_calling", "sample.record_attempt", "sample.record_attempt", "sample.connect",
                     "sample.end_call"]  # fmt: skip


def test_a_call_is_not_begun_outside_its_window(house: House) -> None:
    sample = house.sample("assigned")
    with refused("early"):
        calling.begin(user=house.cast.qori, at=OPENS - MINUTE, sample=sample)
    with refused("passed"):
        calling.begin(user=house.cast.qori, at=at(120), sample=sample)


def test_a_further_attempt_waits_and_its_refusal_says_until_when(house: House) -> None:
    sample = house.sample("calling")
    busy(house, sample, 2)
    with pytest.raises(RuleRefused) as caught:
        calling.begin(user=house.cast.qori, at=at(10), sample=sample)
    assert caught.value.verdict.facts["from"] == at(17)
    assert calling.begin(user=house.cast.qori, at=at(17), sample=sample).state == "calling"


def test_our_own_trouble_makes_nobody_wait(house: House) -> None:
    sample = house.sample("calling")
    busy(house, sample, 2, Outcome.TROUBLE)
    assert calling.begin(user=house.cast.qori, at=at(4), sample=sample).state == "calling"


def test_an_attempt_that_is_sent_twice_counts_once(house: House) -> None:
    sample = house.sample("assigned")
    first = busy(house, sample, 1, token="k1")
    assert busy(house, sample, 1, token="k1") == first
    connected = [
        calling.connect(user=house.cast.qori, at=at(19), sample=sample, told=told(17, token="k2")) for _ in range(2)
    ]
    assert connected[0] == connected[1]
    assert Attempt.objects.count() == 2
    assert Entry.objects.filter(verb="sample.connect").count() == 1


def test_what_was_done_without_connection_is_judged_by_when_it_happened(house: House) -> None:
    """Begun inside the window, told two hours after it closed."""
    sample = house.sample("assigned")
    late = at(240)
    calling.record_attempt(user=house.cast.qori, at=late, sample=sample, outcome=Outcome.BUSY, told=told(60, token="a"))
    calling.connect(user=house.cast.qori, at=late, sample=sample, told=told(80, ended=5, token="b"))
    sample.refresh_from_db()
    assert (sample.state, sample.calling_since, sample.called_at) == ("called", at(60), at(80))
    assert set(Entry.objects.filter(object_type="mystery.sample").values_list("at", flat=True)) == {late}


def test_a_call_that_cannot_have_happened_is_refused(house: House) -> None:
    sample = house.sample("assigned")
    connect = {"user": house.cast.qori, "sample": sample}
    with refused("future"):
        calling.connect(at=at(3), told=told(4), **connect)  # type: ignore[arg-type]
    with refused("order"):
        calling.connect(at=at(9), told=told(4, ended=-1), **connect)  # type: ignore[arg-type]
    with refused("old"):
        calling.connect(at=at(4) + timedelta(days=4), told=told(4), **connect)  # type: ignore[arg-type]
    with refused("passed"):
        calling.connect(at=at(300), told=told(121), **connect)  # type: ignore[arg-type]


def test_what_began_long_before_the_window_is_no_attempt_of_this_sample(house: House) -> None:
    """Nobody tells three attempts of the morning and gives up at once."""
    sample = house.sample("calling")
    with refused("early"):
        busy(house, sample, -30)
    with refused("early"):
        calling.connect(user=house.cast.qori, at=at(3), sample=sample, told=told(-30))
    busy(house, sample, -1)  # a clock that is off a little
    assert sample.attempts.count() == 1


def test_a_call_over_midnight_belongs_to_the_day_it_began(house: House) -> None:
    """23.58 WIB on the last day of the month; the agent answers in the next one."""
    opens = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    sample = house.sample("assigned", opens=opens, closes=opens + timedelta(hours=2))
    begun = datetime(2026, 11, 30, 16, 58, tzinfo=UTC)
    calling.connect(user=house.cast.qori, at=begun + 5 * MINUTE, sample=sample, told=Reported(begun, queue=240))
    ended = calling.end_call(user=house.cast.qori, at=begun + 9 * MINUTE, sample=sample)
    assert ended.called_at == begun
    assert sample.attempts.get().talk_seconds == 300


def test_a_note_holds_no_customers_number(house: House) -> None:
    sample = house.sample("calling")
    bad = Reported(at(1), at(2), note="nasabah 0812 3456 7890")
    with pytest.raises(RuleRefused, match=r"(?i)phone number|nomor telepon"):
        calling.record_attempt(user=house.cast.qori, at=at(3), sample=sample, outcome=Outcome.BUSY, told=bad)
    fine = Reported(at(1), at(2), note="dari nomor uji 0811 0000 0001")
    calling.record_attempt(user=house.cast.qori, at=at(3), sample=sample, outcome=Outcome.BUSY, told=fine)


def test_an_attempt_that_nobody_timed_began_with_the_calling_and_the_next_one_now(house: House) -> None:
    sample = house.sample("calling", calling_since=at(1))
    assert calling.assumed_begin(sample, at(3)) == at(1)
    busy(house, sample, 1)
    assert calling.assumed_begin(sample, at(20)) == at(20)


def test_stopping_keeps_what_was_attempted(house: House) -> None:
    sample = house.sample("calling")
    busy(house, sample, 1)
    for _ in range(2):  # sent twice
        stopped = calling.stop(user=house.cast.qori, at=at(3), sample=sample, reason="Rapat mendadak")
    assert (stopped.state, stopped.calling_since, sample.attempts.count()) == ("assigned", None, 1)


def test_only_the_executor_calls(house: House) -> None:
    sample = house.sample("assigned")
    with refused("executor"):
        calling.begin(user=house.cast.surya, at=at(1), sample=house.sample("assigned", executor=house.cast.qanita))
    with pytest.raises(Refused):
        calling.begin(user=house.cast.qanita, at=at(1), sample=sample)


def test_who_calls_too_calls_and_fills_the_samples_of_the_one_stood_in_for(house: House) -> None:
    qadri, own = house.cast.qadri, house.sample("assigned", executor=house.cast.qadri)
    RoleGrant.objects.create(user=qadri, role="qc_officer", granted_at=OPENS)
    day = OPENS.date()
    Deputy.objects.create(principal=house.cast.qori, deputy=qadri, role="qc_officer", starts=day, ends=day,
                          named_at=OPENS)  # fmt: skip
    lent = house.sample("assigned")
    for sample in (lent, own):
        assert card(qadri, sample, at(1)).may_dial
        calling.begin(user=qadri, at=at(1), sample=sample)
        calling.connect(user=qadri, at=at(4), sample=sample, told=told(2))
        filling.begin(user=qadri, at=at(5), sample=sample)
        sample.refresh_from_db()
        assert sample.state == "scoring"
    assert Entry.objects.filter(verb="sample.begin_calling", actor_id=qadri.pk).count() == 2


def test_a_helper_calls_only_the_own_next_sample(house: House) -> None:
    tari = house.cast.tari
    later = house.sample("assigned", executor=tari, opens=OPENS + 30 * MINUTE)
    first = house.sample("assigned", executor=tari)
    with refused("helper"):
        calling.begin(user=tari, at=at(31), sample=later)
    assert calling.begin(user=tari, at=at(31), sample=first).state == "calling"


# --- the crisis flag


def test_a_crisis_stops_every_call_that_has_not_begun(house: House) -> None:
    new, under_way = house.sample("assigned"), house.sample("calling")
    flag = calling.set_crisis(user=house.cast.kirana, at=at(1), reason="Banjir, antrean penuh")
    for sample in (new, under_way):
        with refused("crisis"):
            calling.begin(user=house.cast.qori, at=at(2), sample=sample)
    told_to = set(Notice.objects.filter(kind="crisis.set").values_list("user__name", flat=True))
    assert {"Qori Amelia", "Tari Lestari", "Qanita Putri"} <= told_to
    calling.lift_crisis(user=house.cast.qanita, at=at(20), reason="Air surut")
    flag.refresh_from_db()
    assert (flag.lifted_by, flag.lifted_at) == (house.cast.qanita, at(20))
    assert calling.begin(user=house.cast.qori, at=at(21), sample=new).state == "calling"


def test_a_crisis_is_set_once_and_lifted_by_those_who_may(house: House) -> None:
    calling.set_crisis(user=house.cast.qori, at=at(1), reason="Gangguan jaringan")
    with refused("set"):
        calling.set_crisis(user=house.cast.qanita, at=at(2), reason="Gangguan jaringan")
    with pytest.raises(Refused):
        calling.lift_crisis(user=house.cast.qori, at=at(3), reason="Sudah pulih")
    with refused("reason"):
        calling.lift_crisis(user=house.cast.qanita, at=at(3), reason=" ok ")
    calling.lift_crisis(user=house.cast.qanita, at=at(4), reason="Sudah pulih")
    with refused("lifted"):
        calling.lift_crisis(user=house.cast.qanita, at=at(5), reason="Sudah pulih")


def test_a_call_made_in_ignorance_of_a_crisis_is_kept_with_that_mark(house: House) -> None:
    sample = house.sample("assigned")
    calling.set_crisis(user=house.cast.kirana, at=at(1), reason="Banjir, antrean penuh")
    busy(house, sample, 2, token="offline")
    assert Entry.objects.get(verb="sample.begin_calling").facts["crisis"] is True
    assert CrisisFlag.objects.count() == 1


# --- giving up, and slots that pass


@pytest.mark.parametrize("minutes", [(1, 17, 33), (1, 16, 31)])
def test_a_sample_ends_unconnected_after_three_attempts_that_count(house: House, minutes: tuple[int, ...]) -> None:
    sample = tried(house)
    for minute in minutes:
        busy(house, sample, minute)
    ended = calling.give_up(user=house.cast.qori, at=at(40), sample=sample)
    assert ended.state == "unconnected"
    assert Entry.objects.get(verb="sample.give_up").facts["attempts"] == 3


def test_attempts_that_come_too_close_are_data_and_do_not_count(house: House) -> None:
    sample = house.sample("calling")
    for minute in (1, 6, 11, 16):
        busy(house, sample, minute)
    with refused("attempts"):
        calling.give_up(user=house.cast.qori, at=at(40), sample=sample)
    assert sample.attempts.count() == 4


def tried(house: House) -> Sample:
    """Under way, and with a number that its replacement will not take again."""
    house.made += 1
    (number,) = numbers.take_monthly("MC", MONTH, 1)
    return house.sample("calling", number=number)


def test_slots_that_passed_are_missed_an_hour_later_where_somebody_could_still_tell(house: House) -> None:
    unconnected = tried(house)
    planned, assigned, under_way = (house.sample(state) for state in ("planned", "assigned", "calling"))
    for minute in (1, 17, 33):
        busy(house, unconnected, minute)
    assert calling.miss_passed(at=at(119)) == 0
    assert calling.miss_passed(at=at(120)) == 1
    assert calling.miss_passed(at=at(180)) == 3
    assert calling.miss_passed(at=at(181)) == 0
    states = [Sample.objects.get(pk=one.pk).state for one in (planned, assigned, under_way, unconnected)]
    assert states == ["missed", "missed", "missed", "unconnected"]


@pytest.mark.parametrize("by_itself", [True, False])
def test_a_sample_tried_often_enough_and_then_stopped_ends_unconnected_too(house: House, by_itself: bool) -> None:
    stopped, other = tried(house), house.sample("assigned", number="MC-2026-11-9001")
    for minute in (1, 17, 33):
        busy(house, stopped, minute)
    calling.stop(user=house.cast.qori, at=at(40), sample=stopped, reason="Rapat mendadak")
    if by_itself:
        assert calling.miss_passed(at=at(180)) == 2  # and keeps no other from ending
    else:
        calling.give_up(user=house.cast.qori, at=at(41), sample=stopped)
    stopped.refresh_from_db()
    other.refresh_from_db()
    assert (stopped.state, other.state) == ("unconnected", "missed" if by_itself else "assigned")


@pytest.mark.parametrize("by_itself", [True, False])
def test_after_the_calls_of_the_month_are_closed_nothing_takes_the_place_of_an_unconnected_sample(
    house: House, by_itself: bool
) -> None:
    sample = tried(house)
    for minute in (1, 17, 33):
        busy(house, sample, minute)
    Cycle.objects.update(status="closed")
    if by_itself:
        assert calling.miss_passed(at=at(180)) == 1
    else:
        calling.give_up(user=house.cast.qori, at=at(41), sample=sample)
    assert (Sample.objects.get().state, Finding.objects.get().access_day) == ("unconnected", CALLED.date())


# --- two phones


def both(*acts: Callable[[], object]) -> list[object]:
    """At once, each with its own connection; what each returned or raised."""
    came: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int) -> None:
        start.wait(timeout=60)
        try:
            came[place] = acts[place]()
        except Exception as error:  # told to the test
            came[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return came


@pytest.mark.django_db(transaction=True)
def test_of_two_phones_that_connect_at_once_one_is_the_call(house: House) -> None:
    sample = house.sample("calling")

    def connect(token: str) -> Callable[[], object]:
        return lambda: calling.connect(user=house.cast.qori, at=at(9), sample=sample, told=told(8, token=token))

    same = both(connect("one"), connect("one"))
    assert same[0] == same[1]
    other = both(connect("two"))[0]
    assert isinstance(other, RuleRefused)
    assert Attempt.objects.get().token == "one"


@pytest.mark.django_db(transaction=True)
def test_attempts_of_two_phones_get_two_numbers(house: House) -> None:
    sample = house.sample("calling")
    both(lambda: busy(house, sample, 1, token="a"), lambda: busy(house, sample, 17, token="b"))
    assert sorted(sample.attempts.values_list("number", flat=True)) == [1, 2]
