"""The Daftar Catatan follows orders, holds and certificates at once, not only in the night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from kendali.disposal.actions import holds as paper
from kendali.records.actions import certificates, destruction, disposal_orders, holds
from kendali.records.models import DisposalOrder, Record
from kendali.records.queries import register
from kendali.records.tests.approved import running
from kendali.records.tests.deletions import House, house, spread_conversations
from kendali.records.tests.office import Office
from kendali.register.models import RegisterEntry
from kendali.register.tests import papers
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, spread_conversations(3)) as found:
        yield found


def row_of(ref: str) -> register.Row:
    package = Record.objects.get(ref=ref).versions.get().package
    return register.told([RegisterEntry.objects.get(key=f"records.package:{package.pk}")], timezone.localdate())[0]


def test_an_order_shows_from_the_day_it_is_raised_until_it_is_given_up(it: House) -> None:
    order = it.raised()
    assert [one["number"] for one in row_of("000001").entry.approvals] == [order.proposal.number]
    disposal_orders.cancel(user=it.office.cast.tari, at=it.now, order=order, reason="Klien meminta jeda")
    assert row_of("000001").entry.approvals == []
    again = it.raised()
    disposal_orders.return_to_raiser(user=it.office.cast.indra, at=it.now, order=again, reason="Sumber diperbarui")
    assert row_of("000001").entry.orders == []


def test_what_was_deleted_before_a_pause_counts_already(it: House) -> None:
    Setting.objects.create(key="disposal.batch_records", value=1, version=1, reason="uji", created_at=timezone.now())
    order = it.running()
    it.fake.deleting.gone_after = 1
    it.work(order)
    gone = [ref for ref, outcome in it.outcomes(order).items() if outcome == "deleted"]
    assert order.status == "running"
    assert gone
    disposal_orders.pause(user=it.office.cast.indra, at=it.now, order=order)
    assert {row_of(ref).state for ref in gone} == {"not_wholly_destroyed"}


def test_the_end_of_a_deletion_and_its_certificate_show_at_once(it: House) -> None:
    order, cast = it.work(it.running(taken_out=["000002"])), it.office.cast
    assert order.status == "done"
    row = row_of("000001")
    assert (row.state, row.entry.deleted_quantity, row.certificates) == ("not_wholly_destroyed", 1, [])
    assert row.entry.deleted_on == it.now.date()
    assert row_of("000002").state == "expired"
    made = papers.completed(cast, certificates.draft(user=cast.dewi, at=it.now, order=order), it.now)
    assert row_of("000001").certificates == [made]
    new = certificates.correct(user=cast.dewi, at=it.now, certificate=made, reason="Salah unit")
    papers.completed(cast, new, it.now)
    assert row_of("000001").certificates == [made, new]
    shown = cast.web(cast.dewi).get("/daftar-catatan/").content.decode()
    assert "belum musnah seluruhnya" in shown


def test_a_hold_shows_while_it_lasts_and_when_it_was_lifted(it: House) -> None:
    cast, now = it.office.cast, timezone.now()
    hold = holds.place_on_records(
        user=cast.rahma, at=now, records=Record.objects.filter(ref="000001"), cause="dispute", reason="Sengketa",
        review_on=now.date() + timedelta(days=90),
    )  # fmt: skip
    (shown,) = row_of("000001").holds
    assert (shown.number, shown.lifted) == (hold.number, None)
    assert row_of("000002").holds == ()
    paper.release(user=cast.maya, at=timezone.now(), hold=hold, reason="Selesai")
    (shown,) = row_of("000001").holds
    assert shown.lifted is not None


def test_a_destruction_ends_the_row(it: House) -> None:
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    order = running(it.office, ["000001"])
    destruction.run(order.pk, worker="test")
    assert DisposalOrder.objects.get(pk=order.pk).status == "done"
    assert row_of("000001").state == "destroyed"
    assert row_of("000002").state == "expired"
