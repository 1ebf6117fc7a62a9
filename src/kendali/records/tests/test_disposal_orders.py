"""The paper of a deletion order, from the client's Ya to the worker: who does what, in which order, in which hours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.disposal.models import Decision, Proposal
from kendali.notices.models import Notice
from kendali.records.actions import disposal_orders as orders
from kendali.records.models import DisposalOrder
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = "000001"


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(3)) as found:
        yield found


def test_the_order_holds_exactly_the_list_the_client_signed(it: House) -> None:
    proposal = it.approved(taken_out=[FIRST])
    order = orders.raise_order(user=it.office.cast.tari, at=it.now, proposal=proposal)
    assert order.number.startswith("ESP-")
    assert (order.list_digest, order.list_count) == (proposal.final_digest, 2)
    assert it.outcomes(order) == {FIRST: "taken_out", "000002": "waiting", "000003": "waiting"}
    assert Notice.objects.filter(user=it.office.cast.indra, kind="disposal_order.raise").exists()


def test_a_second_click_raises_no_second_order(it: House) -> None:
    order = it.raised()
    with refused(order.number):
        orders.raise_order(user=it.office.cast.tari, at=it.now, proposal=order.proposal)
    assert DisposalOrder.objects.count() == 1


def test_without_a_valid_approval_there_is_no_order(it: House) -> None:
    proposal = it.approved()
    with pytest.raises(RuleRefused):
        orders.raise_order(user=it.office.cast.tari, at=it.now + timedelta(days=31), proposal=proposal)
    Proposal.objects.filter(pk=proposal.pk).update(status="asked")
    with pytest.raises(RuleRefused):
        orders.raise_order(user=it.office.cast.tari, at=it.now, proposal=proposal)


def test_team_it_returns_it_with_a_reason_and_every_line_has_its_end(it: House) -> None:
    order, indra = it.raised(), it.office.cast.indra
    with refused("reason"):
        orders.return_to_raiser(user=indra, at=it.now, order=order, reason=" ")
    orders.return_to_raiser(user=indra, at=it.now, order=order, reason="Sumber sedang diperbarui")
    assert order.status == "returned"
    assert set(it.outcomes(order).values()) == {"cancelled"}
    assert Notice.objects.filter(user=it.office.cast.tari, kind="disposal_order.return").exists()
    again = orders.raise_order(user=it.office.cast.tari, at=it.now, proposal=order.proposal)
    assert again.number != order.number


def test_it_is_armed_by_typing_its_number_in_working_hours(it: House) -> None:
    order, indra = it.raised(), it.office.cast.indra
    orders.accept(user=indra, at=it.now, order=order)
    for typed, at, words in [
        ("ESP-1999-0001", it.now, "not the number"),
        (order.number, it.now + timedelta(hours=12), "working days"),  # 22.00 local
    ]:
        with refused(words):
            orders.arm(user=indra, at=at, order=order, typed_number=typed)
    orders.arm(user=indra, at=it.now, order=order, typed_number=order.number.lower())
    assert order.status == "armed"


def test_it_starts_by_itself_when_the_waiting_period_is_over_and_not_before(it: House) -> None:
    order = it.armed()
    assert orders.start_due(at=it.later(hours=23, minutes=59)) == []
    assert orders.start_due(at=it.later(minutes=1)) == [order]
    assert orders.start_due(at=it.now) == []


@pytest.mark.parametrize("nick", ["tari", "clara"])
def test_team_leader_and_client_may_stop_it_in_the_waiting_period(it: House, nick: str) -> None:
    order = it.armed()
    orders.cancel(user=it.office.cast.people[nick], at=it.now, order=order, reason="Masih ada sengketa")
    assert order.status == "cancelled"
    assert orders.start_due(at=it.later(hours=24)) == []
    assert set(it.outcomes(order).values()) == {"cancelled"}
    assert len(list(it.fake.records)) == 3


def test_an_approval_that_ended_in_the_waiting_period_cancels_the_order(it: House) -> None:
    order = it.armed()
    Proposal.objects.filter(pk=order.proposal_id).update(valid_until=it.now + timedelta(hours=1))
    assert orders.start_due(at=it.later(hours=24)) == []
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert order.reason == "The client's approval is no longer valid."


STEPS: dict[str, Callable[[House, User, DisposalOrder], object]] = {
    "accept": lambda it, user, order: orders.accept(user=user, at=it.now, order=order),
    "return": lambda it, user, order: orders.return_to_raiser(user=user, at=it.now, order=order, reason="x"),
    "arm": lambda it, user, order: orders.arm(user=user, at=it.now, order=order, typed_number=order.number),
    "pause": lambda it, user, order: orders.pause(user=user, at=it.now, order=order),
    "resume": lambda it, user, order: orders.resume(user=user, at=it.now, order=order),
}


def test_only_team_it_carries_it_through(it: House) -> None:
    order, cast = it.raised(), it.office.cast
    for step in STEPS.values():
        for nick in ("tari", "clara", "dewi", "maya", "adi", "aulia"):
            with pytest.raises(PermissionDenied):
                step(it, cast.people[nick], order)
    order.refresh_from_db()
    assert order.status == "raised"


def test_who_approved_neither_raises_nor_carries_out(it: House) -> None:
    """A deputy counts as the person they stand in for; here the same login answered for the client."""
    proposal, cast = it.approved(), it.office.cast
    order = orders.raise_order(user=cast.tari, at=it.now, proposal=proposal)
    second = it.approved()
    Decision.objects.create(
        proposal=second, step=2, answer="yes", list_digest=second.final_digest, list_count=second.final_count or 0,
        user=cast.tari, name="Tari", position="", way="login", at=it.now, expires_at=second.valid_until,
    )  # fmt: skip
    with refused("does not send the order"):
        orders.raise_order(user=cast.tari, at=it.now, proposal=second)
    Decision.objects.create(
        proposal=proposal, step=2, answer="yes", list_digest=proposal.final_digest,
        list_count=proposal.final_count or 0, user=cast.indra, name="Indra", position="", way="login", at=it.now,
        expires_at=proposal.valid_until,
    )  # fmt: skip
    with refused("does not carry the order out"):
        orders.accept(user=cast.indra, at=it.now, order=order)


@pytest.mark.parametrize("step", ["arm", "pause", "resume"])
def test_a_step_that_does_not_follow_is_refused_and_changes_nothing(it: House, step: str) -> None:
    order = it.raised()
    with pytest.raises(RuleRefused):
        STEPS[step](it, it.office.cast.indra, order)
    order.refresh_from_db()
    assert order.status == "raised"
