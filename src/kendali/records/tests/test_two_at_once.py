"""Two people, or two workers, at the same order in the same moment: exactly one wins, the other gets a clear answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.db import connection
from pytest_django import Settings

from conftest import LONG
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.disposal.models import Proposal
from kendali.records.actions import certificates, deletion, disposal_orders, lease
from kendali.records.models import DisposalOrder, JournalEntry
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office
from kendali.register import actions as register
from kendali.register.models import Certificate, Signature
from kendali.register.tests import papers

pytestmark = pytest.mark.django_db(transaction=True)
CLICKS = 250 if LONG else 3  # two races each
Act = Callable[[], object]


@pytest.fixture
def it(office: Office, settings: Settings) -> Iterator[House]:
    """With the lease of an installation: a computer that stands still for some seconds is no worker that died."""
    settings.KENDALI_HEARTBEAT_SECONDS = 10
    with house(office, old_conversations(6)) as found:
        yield found


def at_once(*acts: Act) -> list[BaseException]:
    """Each in a thread and on a connection of its own, begun together; what stopped those that were stopped."""
    start, stopped = threading.Barrier(len(acts)), []

    def one(act: Act) -> None:
        try:
            start.wait(30)
            act()
        except BaseException as error:
            stopped.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    return stopped


def one_wins(*acts: Act) -> None:
    """The other is refused, or told that somebody was faster; pages and API say both in words."""
    stopped = at_once(*acts)
    assert len(stopped) == len(acts) - 1, stopped
    assert all(isinstance(error, (RuleRefused, StaleState)) for error in stopped), stopped


def test_of_two_clicks_on_each_step_of_the_paper_one_counts(it: House) -> None:
    cast, proposal = it.office.cast, it.approved()

    def order() -> DisposalOrder:
        """As each click reads it anew."""
        return DisposalOrder.objects.select_related("client", "proposal__policy").get()

    one_wins(*[
        lambda: disposal_orders.raise_order(
            user=cast.tari, at=it.now, proposal=Proposal.objects.select_related("client", "policy").get(pk=proposal.pk)
        )
    ] * 2)  # fmt: skip
    number = order().number
    read = [order(), order()]
    one_wins(*[lambda one=one: disposal_orders.accept(user=cast.indra, at=it.now, order=one) for one in read])
    read = [order(), order()]
    one_wins(
        *[
            lambda one=one: disposal_orders.arm(user=cast.indra, at=it.now, order=one, typed_number=number)
            for one in read
        ]
    )
    assert order().status == "armed"


def test_two_clicks_race_again_and_again_and_one_counts_every_time(it: House) -> None:
    cast = it.office.cast
    for _ in range(CLICKS):
        proposal = it.approved(refs=["000001"])
        lists = [Proposal.objects.select_related("client", "policy").get(pk=proposal.pk) for _ in range(2)]
        one_wins(
            *[lambda one=one: disposal_orders.raise_order(user=cast.tari, at=it.now, proposal=one) for one in lists]
        )
        found = DisposalOrder.objects.select_related("client", "proposal__policy").filter(proposal=proposal)
        (order,), read = found, [found.get(), found.get()]
        one_wins(*[lambda one=one: disposal_orders.accept(user=cast.indra, at=it.now, order=one) for one in read])
        order.refresh_from_db()
        disposal_orders.cancel(user=cast.tari, at=it.now, order=order, reason="Uji")
    numbers = sorted(DisposalOrder.objects.values_list("number", flat=True))
    assert numbers == [f"ESP-{it.now.year}-{number:04}" for number in range(1, CLICKS + 1)]


def test_a_cancellation_and_the_start_at_once_leave_one_of_the_two(it: House) -> None:
    armed = it.armed()
    it.later(hours=24)
    started: list[DisposalOrder] = []
    row = DisposalOrder.objects.select_related("client", "proposal__policy").get(pk=armed.pk)
    stopped = at_once(
        lambda: disposal_orders.cancel(user=it.office.cast.clara, at=it.now, order=row, reason="Kontrak diperpanjang"),
        lambda: started.extend(disposal_orders.start_due(at=it.now)),
    )
    armed.refresh_from_db()
    assert (armed.status, len(started), len(stopped)) in {("cancelled", 0, 0), ("running", 1, 1)}
    assert all(isinstance(error, (RuleRefused, StaleState)) for error in stopped), stopped
    assert it.fake.deleting.told == {}


def test_of_two_workers_one_carries_the_order_out(it: House) -> None:
    order = it.running()
    stopped = at_once(*[lambda: deletion.run(order.pk, worker="w", clock=it.clock, patience=0)] * 2)
    assert [type(error) for error in stopped] in ([], [lease.Busy])  # or it came when all was done
    order.refresh_from_db()
    assert (order.status, set(it.outcomes(order).values())) == ("done", {"deleted"})
    assert set(it.fake.deleting.told.values()) == {1}
    assert JournalEntry.objects.filter(order=order).count() == 12


def test_a_worker_whose_lease_ran_out_in_the_middle_is_overtaken_and_nothing_is_told_twice(it: House) -> None:
    order = it.running()
    successors: list[threading.Thread] = []

    def other() -> None:
        try:
            DisposalOrder.objects.filter(pk=order.pk).update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
            with suppress(lease.Busy):  # the first one gave a sign again in between
                deletion.run(order.pk, worker="successor", clock=it.clock, patience=0)
        finally:
            connection.close()

    def overtake(_ref: str) -> None:
        if not successors:
            successors.append(threading.Thread(target=other))
            successors[0].start()

    it.fake.deleting.before = overtake
    deletion.run(order.pk, worker="first", clock=it.clock, patience=0)
    successors[0].join(60)
    assert not successors[0].is_alive()
    it.work_on(order)
    assert (order.status, set(it.outcomes(order).values())) == ("done", {"deleted"})
    assert set(it.fake.deleting.told.values()) == {1}
    lines = JournalEntry.objects.filter(order=order, kind="outcome", outcome="deleted")
    assert lines.values("item").distinct().count() == lines.count() == 6


def test_two_drafts_two_dispatches_and_two_signatures_at_once_count_once_each(it: House) -> None:
    cast, order = it.office.cast, it.work(it.running())
    assert at_once(*[lambda: certificates.draft(user=cast.dewi, at=it.now, order=order)] * 2) == []
    living = Certificate.objects.exclude(status="cancelled")
    assert (living.count(), Certificate.objects.count()) == (1, 2)  # the later draft stands, the earlier is replaced

    def paper() -> Certificate:
        return living.select_related("client").get()

    def dispatch(one: Certificate) -> Act:
        return lambda: register.send_for_signature(
            user=cast.dewi, at=it.now, certificate=one, proof=papers.proof(cast.dewi, it.now)
        )

    one_wins(dispatch(paper()), dispatch(paper()))
    assert paper().number == f"BA-{it.now:%Y}-0001"

    def sign(one: Certificate) -> Act:
        return lambda: register.sign(
            user=cast.indra, at=it.now, certificates=[one], proof=papers.proof(cast.indra, it.now)
        )

    one_wins(sign(paper()), sign(paper()))
    assert Signature.objects.filter(user=cast.indra).count() == 1
