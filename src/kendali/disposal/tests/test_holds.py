"""Holds as actions: who places and lifts them, what is told, what the database keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from kendali.accounts import roles
from kendali.accounts.models import Deputy, User
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.disposal import locks
from kendali.disposal.actions import holds
from kendali.disposal.models import HeldSubject, Hold
from kendali.notices.models import Notice
from tests.cast import Cast

REVIEW = date(2027, 2, 1)


def place(cast: Cast, user: User | None = None, **changes: Any) -> Hold:
    order: dict[str, Any] = {
        "scope": "client",
        "cause": "dispute",
        "reason": "Sengketa transaksi",
        "review_on": REVIEW,
    } | changes
    return holds.place(user=user or cast.rahma, at=cast.now, client=cast.nusantara, **order)


@pytest.mark.django_db
def test_a_hold_has_a_number_a_line_in_the_trail_and_tells_who_proposes_and_who_lifts(cast: Cast) -> None:
    hold = place(cast, scope="record", subjects=[(7, "a"), (8, "b")], reference="123/POL/2026", legal_basis="Pasal 51")
    assert (hold.number, hold.status, hold.placed_by, hold.placed_role) == (
        "TGH-2026-0001",
        "active",
        cast.rahma,
        "qmr",
    )
    assert set(hold.subjects.values_list("subject", "ref")) == {(7, "a"), (8, "b")}
    entry = Entry.objects.get(verb="hold.placed")
    assert entry.client == cast.nusantara
    assert entry.facts["count"] == 2
    told = set(Notice.objects.filter(kind="hold.placed").values_list("user__email", flat=True))
    assert {cast.tari.email, cast.maya.email, cast.clara.email} <= told
    assert cast.candra.email not in told


@pytest.mark.django_db
@pytest.mark.parametrize("nick", ["tari", "dewi", "rahma", "maya", "clara"])
def test_who_may_place_one(cast: Cast, nick: str) -> None:
    assert place(cast, cast.people[nick]).placed_by_name == cast.people[nick].name


@pytest.mark.django_db
@pytest.mark.parametrize("nick", ["indra", "aulia", "adi", "candra", "qori", "agus"])
def test_who_may_not(cast: Cast, nick: str) -> None:
    with pytest.raises(Refused):
        place(cast, cast.people[nick])
    assert not Hold.objects.exists()


@pytest.mark.django_db
def test_a_range_keeps_its_days_and_nothing_else(cast: Cast) -> None:
    hold = place(cast, scope="range", starts=date(2024, 2, 29), ends=date(2024, 3, 1), name_hmac=b"x")
    hold.refresh_from_db()
    assert hold.starts_at == datetime.fromisoformat("2024-02-28T15:00:00Z")  # 29 February begins in Jayapura
    assert hold.ends_at == datetime.fromisoformat("2024-03-01T17:00:00Z")  # 1 March ends in Jakarta
    assert hold.customer_name_hmac is None


@pytest.mark.django_db
def test_a_reason_with_a_phone_number_is_sent_back(cast: Cast) -> None:
    with pytest.raises(RuleRefused, match=r"phone number|nomor telepon"):
        place(cast, reason="Nasabah 0812 3456 7890 mengadu")
    with pytest.raises(RuleRefused):
        place(cast, legal_basis="kartu 4111 1111 1111 1111")


@pytest.mark.django_db
def test_several_holds_overlap_and_are_lifted_one_by_one(cast: Cast) -> None:
    first, second = place(cast), place(cast, scope="record", subjects=[(7, "a")])
    holds.release(user=cast.maya, at=cast.now, hold=first, reason="Selesai")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("released", "active")
    assert (first.released_by, first.release_reason) == (cast.maya, "Selesai")
    assert Entry.objects.filter(verb="hold.released").count() == 1


@pytest.mark.django_db
def test_it_is_lifted_once(cast: Cast) -> None:
    hold = place(cast)
    stale = Hold.objects.get(pk=hold.pk)
    holds.release(user=cast.maya, at=cast.now, hold=hold, reason="Selesai")
    with pytest.raises(RuleRefused):
        holds.release(user=cast.maya, at=cast.now, hold=hold, reason="Selesai")
    with pytest.raises(RuleRefused):  # a second click on an old page
        holds.release(user=cast.maya, at=cast.now, hold=stale, reason="Selesai")


@pytest.mark.django_db
def test_who_placed_it_does_not_lift_it_nor_does_a_deputy(cast: Cast) -> None:
    hold = place(cast)
    with pytest.raises(RuleRefused):
        holds.release(user=cast.rahma, at=cast.now, hold=hold, reason="Selesai")
    today = cast.now.date()
    Deputy.objects.create(principal=cast.rahma, deputy=cast.maya, role=roles.QMR, starts=today - timedelta(days=9),
                          ends=today - timedelta(days=3), named_at=cast.now)  # fmt: skip
    with pytest.raises(RuleRefused):  # the two count as one person, also when the deputyship is over
        holds.release(user=cast.maya, at=cast.now, hold=hold, reason="Selesai")


@pytest.mark.django_db
@pytest.mark.parametrize("nick", ["tari", "dewi", "aulia", "indra"])
def test_placing_is_not_lifting(cast: Cast, nick: str) -> None:
    hold = place(cast)
    with pytest.raises(Refused):
        holds.release(user=cast.people[nick], at=cast.now, hold=hold, reason="Selesai")


@pytest.mark.django_db
def test_what_the_client_placed_only_the_client_lifts_and_never_ours(cast: Cast) -> None:
    own, ours = place(cast, cast.clara), place(cast)
    with pytest.raises(RuleRefused):
        holds.release(user=cast.rahma, at=cast.now, hold=own, reason="Selesai")
    with pytest.raises(RuleRefused):
        holds.release(user=cast.clara, at=cast.now, hold=ours, reason="Selesai")
    with pytest.raises(Refused):
        holds.release(user=cast.candra, at=cast.now, hold=own, reason="Selesai")
    holds.release(user=cast.clara, at=cast.now, hold=own, reason="Selesai")


@pytest.mark.django_db
def test_the_day_of_review_reminds_once_and_a_new_day_again(cast: Cast) -> None:
    hold = place(cast)
    day = datetime.fromisoformat("2027-02-01T00:05:00Z")  # 07.05 WIB
    before = day - timedelta(hours=8)  # 23.05 WIB the day before
    assert holds.remind_of_reviews(at=before) == []
    assert holds.remind_of_reviews(at=day) == [hold]
    assert holds.remind_of_reviews(at=day + timedelta(days=1)) == []
    later = date(2027, 5, 1)
    holds.review(user=cast.tari, at=day, hold=hold, review_on=later, reason="Perkara berjalan")
    assert holds.remind_of_reviews(at=day + timedelta(days=30)) == []
    assert holds.remind_of_reviews(at=day + timedelta(days=100)) == [hold]
    holds.release(user=cast.maya, at=day, hold=hold, reason="Selesai")
    assert holds.remind_of_reviews(at=day + timedelta(days=999)) == []


@pytest.mark.django_db
def test_a_failed_placing_leaves_no_number_behind(cast: Cast) -> None:
    with pytest.raises(ValueError, match="weather"):
        place(cast, cause="weather")
    assert place(cast).number == "TGH-2026-0001"
    assert HeldSubject.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_placing_waits_for_the_batch_that_runs_and_the_next_batch_sees_it(cast: Cast) -> None:
    """The one lock: a batch holds it shared; placing waits until it is over, then it stands before the next begins."""
    in_batch, may_end, placed = threading.Event(), threading.Event(), threading.Event()
    seen: list[int] = []

    def batch() -> None:
        with transaction.atomic():
            locks.shared(cast.nusantara.pk)
            in_batch.set()
            may_end.wait(60)
            seen.append(Hold.objects.count())
        connection.close()

    def placing() -> None:
        place(cast)
        placed.set()
        connection.close()

    threads = [threading.Thread(target=batch), threading.Thread(target=_after(in_batch, placing))]
    for thread in threads:
        thread.start()
    assert not placed.wait(0.5)
    may_end.set()
    for thread in threads:
        thread.join(60)
    assert seen == [0]
    with transaction.atomic():
        locks.shared(cast.nusantara.pk)
        assert Hold.objects.count() == 1


def _after(event: threading.Event, work: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        event.wait(60)
        work()

    return run
