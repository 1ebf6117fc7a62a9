"""An erasure request (UU 27/2022): one order; the copies go after the deletion at the source was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from kendali.disposal.models import ErasureRequest, Proposal
from kendali.records.actions import disposal_orders, holds
from kendali.records.models import DisposalOrder, Record, VersionDestruction
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chats(office: Office) -> Iterator[House]:
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    with house(office, old_conversations(4)) as found:
        found.now = timezone.now()
        yield found


def erasing(chats: House, refs: list[str]) -> DisposalOrder:
    """Accepted by the client for exactly these, and running."""
    cast, now = chats.office.cast, chats.now
    request = ErasureRequest.objects.create(
        number="PPD-2026-0001", client=chats.source.client, record_class="conversation", status="accepted",
        received_at=now, due_at=now + timedelta(days=3), entered_by=cast.tari, entered_at=now,
    )  # fmt: skip
    proposal = chats.approved(refs=refs)
    Proposal.objects.filter(pk=proposal.pk).update(erasure=request, begun_at=now)
    proposal.refresh_from_db()
    order = disposal_orders.raise_order(user=cast.tari, at=now, proposal=proposal)
    DisposalOrder.objects.filter(pk=order.pk).update(status="running", started_at=now)
    return order


def worked(chats: House, order: DisposalOrder) -> DisposalOrder:
    for _ in range(4):
        chats.now = timezone.now()
        if chats.work(order).status == "done":
            break
    return order


def test_source_and_copies_end_in_one_order(chats: House) -> None:
    refs = sorted(Record.objects.values_list("ref", flat=True))
    order = worked(chats, erasing(chats, refs[:2]))
    assert (order.status, order.problem) == ("done", {})
    assert chats.outcomes(order) == {refs[0]: "deleted", refs[1]: "deleted"}
    assert {row.status for row in VersionDestruction.objects.filter(item__order=order)} == {"proved"}
    for record in Record.objects.filter(ref__in=refs[:2]):
        assert record.deleted_at is not None
        assert record.destroyed_at is not None
    assert not Record.objects.filter(ref__in=refs[2:]).exclude(destroyed_at=None).exists()
    assert order.items.first().facts["copies"] == [1, 1]  # type: ignore[union-attr]


def test_a_hold_between_the_two_acts_keeps_the_copy(chats: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from kendali.records.actions import destruction

    refs = sorted(Record.objects.values_list("ref", flat=True))
    order, erase = erasing(chats, refs[:2]), destruction.erase_copies

    def held_first(*arguments: object) -> bool:
        monkeypatch.setattr(destruction, "erase_copies", erase)
        holds.place_on_records(
            user=chats.office.cast.rahma, at=timezone.now(), records=Record.objects.filter(ref=refs[0]),
            cause="dispute", reason="Sengketa", review_on=timezone.localdate() + timedelta(days=90),
        )  # fmt: skip
        return erase(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(destruction, "erase_copies", held_first)
    worked(chats, order)
    assert order.status == "done"
    assert chats.outcomes(order) == {refs[0]: "deleted", refs[1]: "deleted"}
    assert chats.item(order, refs[0]).facts["copy"] == "held"
    assert Record.objects.get(ref=refs[0]).destroyed_at is None
    assert Record.objects.get(ref=refs[1]).destroyed_at is not None
