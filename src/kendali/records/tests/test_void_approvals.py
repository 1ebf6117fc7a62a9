"""What voids the client's Ya is found when its order moves on, not at night: raised, accepted, armed, started."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kendali.disposal.models import Proposal, ProposalItem
from kendali.notices.models import Notice
from kendali.records.actions import disposal_orders as orders
from kendali.records.actions import proposals
from kendali.records.models import DisposalOrder, Record
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused

pytestmark = pytest.mark.django_db(transaction=True)
CHANGED = "A record of the list changed at the source before anything was deleted."
ON_LIST = "Sebuah catatan berubah di sumber setelah daftar dikunci."
ON_ORDER = "Ada catatan di daftar yang berubah di aplikasi sumber sebelum ada yang dihapus."


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(3)) as found:
        yield found


def changed(it: House) -> None:
    """As a scan or the rolling comparison finds it."""
    Record.objects.filter(ref="000002").update(changed_at=it.now)


def void(proposal: Proposal, why: str = "record_changed") -> None:
    proposal.refresh_from_db()
    assert (proposal.status, proposal.void_reason["code"]) == ("voided", why)
    told = set(Notice.objects.filter(kind="proposal.voided").values_list("user__name", flat=True))
    assert told == {"Tari Lestari", "Clara Wijaya"}


def test_no_order_is_raised_for_a_list_with_a_record_that_changed(it: House) -> None:
    proposal, tari = it.approved(), it.office.cast.tari
    changed(it)
    with refused("approval is void"):
        orders.raise_order(user=tari, at=it.now, proposal=proposal)
    void(proposal)
    assert not DisposalOrder.objects.exists()
    assert ON_LIST in it.office.cast.web(tari).get(f"/usulan/{proposal.pk}/").content.decode()


def test_nor_for_one_that_somebody_added_a_line_to(it: House) -> None:
    proposal = it.approved(refs=["000001", "000002"])
    line = ProposalItem.objects.filter(proposal=proposal).first()
    assert line is not None
    line.pk, line.subject, line.ref = None, Record.objects.get(ref="000003").pk, "000003"
    line.save()
    with refused("approval is void"):
        orders.raise_order(user=it.office.cast.tari, at=it.now, proposal=proposal)
    void(proposal, "list_changed")


STEPS: dict[str, Callable[[House, DisposalOrder], object]] = {
    "accept": lambda it, order: orders.accept(user=it.office.cast.indra, at=it.now, order=order),
    "arm": lambda it, order: orders.arm(user=it.office.cast.indra, at=it.now, order=order, typed_number=order.number),
}


@pytest.mark.parametrize("step", STEPS)
def test_an_order_that_team_it_takes_on_is_cancelled_and_says_why(it: House, step: str) -> None:
    order, cast = it.raised(), it.office.cast
    if step == "arm":
        orders.accept(user=cast.indra, at=it.now, order=order)
    changed(it)
    with refused("approval is void"):
        STEPS[step](it, order)
    void(order.proposal)
    order.refresh_from_db()
    assert (order.status, order.reason) == ("cancelled", CHANGED)
    assert set(it.outcomes(order).values()) == {"cancelled"}
    told = set(Notice.objects.filter(kind="disposal_order.cancel").values_list("user__name", flat=True))
    assert told == ({"Tari Lestari", "Indra Saputra"} if step == "arm" else {"Tari Lestari"})
    assert ON_ORDER in cast.web(cast.indra).get(f"/penghapusan/{order.pk}/").content.decode()


def test_an_armed_order_does_not_start_and_nothing_is_deleted(it: House) -> None:
    order = it.armed()
    changed(it)
    assert orders.start_due(at=it.later(hours=24)) == []
    void(order.proposal)
    order.refresh_from_db()
    assert (order.status, order.reason) == ("cancelled", CHANGED)
    assert len(it.fake.records_there) == 3


def test_another_version_of_the_policy_cancels_an_order_that_was_raised_before(it: House) -> None:
    order = it.raised()
    it.office.policy(it.office.cast.nusantara, "conversation", lead_days=60)
    order.proposal.refresh_from_db()
    assert order.proposal.void_reason["code"] == "policy_version"
    with refused("not approved by the client"):
        STEPS["accept"](it, order)
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_what_changes_after_the_first_deletion_is_left_out_one_by_one(it: House) -> None:
    order = it.running()
    changed(it)
    assert proposals.void_now(order.proposal, at=it.now) == ""
    order = it.work_on(order)
    assert order.status == "done"
    assert it.outcomes(order)["000001"] == "deleted"
