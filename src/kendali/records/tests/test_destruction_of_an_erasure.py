"""An erasure request (UU 27/2022): one order; the copies go after the deletion at the source was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from kendali.disposal.actions import decisions, proposals
from kendali.disposal.actions.decisions import Person
from kendali.disposal.models import ErasureRequest, Proposal
from kendali.records.actions import certificates, destruction, disposal_orders, holds
from kendali.records.actions import erasures as finding
from kendali.records.models import DisposalOrder, Record, VersionDestruction
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office, refused
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


PHONE = b"p" * 32


def of_one_customer(chats: House, refs: list[str]) -> ErasureRequest:
    """A request by whom these records are, as the keyed hash knows."""
    now = chats.now
    Record.objects.filter(ref__in=refs).update(customer_phone_hmac=PHONE)
    return ErasureRequest.objects.create(
        number="PPD-2026-0002", client=chats.source.client, record_class="conversation", customer_phone_hmac=PHONE,
        received_at=now, due_at=now + timedelta(days=3), entered_by=chats.office.cast.tari, entered_at=now,
    )  # fmt: skip


def deleted_before(chats: House, refs: list[str]) -> None:
    """At the source, ten days ago, while their copies are to live on for 24 months."""
    at = chats.now - timedelta(days=10)
    Record.objects.filter(ref__in=refs).update(deleted_at=at, vanished_at=at)


def said_yes(chats: House, request: ErasureRequest, records: list[Record], act: str) -> Proposal:
    cast, now = chats.office.cast, timezone.now()
    chats.now = now
    chosen = {one.pk for one in records}
    proposal = finding.propose(user=cast.tari, at=now, request=request, chosen=chosen, act=act)
    proposals.ask(user=cast.tari, at=now, proposal=proposal)
    person = Person("login", user=cast.clara)
    decisions.decide(at=now, proposal=proposal, answer="yes", list_digest=proposal.final_digest, person=person)
    request.refresh_from_db()
    return proposal


def carried_out(chats: House, proposal: Proposal) -> DisposalOrder:
    order = disposal_orders.raise_order(user=chats.office.cast.tari, at=chats.now, proposal=proposal)
    assert order.waiting_until <= chats.now  # the request does not wait
    DisposalOrder.objects.filter(pk=order.pk).update(status="running", started_at=chats.now)
    destruction.run(order.pk, worker="test")
    order.refresh_from_db()
    return order


def test_copies_of_what_was_deleted_earlier_end_before_their_period(chats: House) -> None:
    refs = sorted(Record.objects.values_list("ref", flat=True))
    deleted_before(chats, refs[:1])
    request = of_one_customer(chats, refs[:1])
    assert finding.matches(request) == []
    found = [match.record for match in finding.matches(request, "backup")]
    assert [one.ref for one in found] == refs[:1]
    proposal = said_yes(chats, request, found, "backup")
    assert (proposal.act, str(proposal.number)[:4], request.status) == ("backup", "UPS-", "accepted")
    order = carried_out(chats, proposal)
    assert (order.status, chats.outcomes(order)) == ("done", {refs[0]: "deleted"})
    assert Record.objects.get(ref=refs[0]).destroyed_at is not None
    assert not Record.objects.filter(ref__in=refs[1:]).exclude(destroyed_at=None).exists()
    request.refresh_from_db()
    assert request.status == "done"
    paper = certificates.draft(user=chats.office.cast.dewi, at=timezone.now(), order=order)
    assert paper.acts == ["backup"]
    assert paper.facts["erasure_request"] == "PPD-2026-0002"
    assert "PPD-2026-0002" in paper.facts["checks"]["exempt"]


def test_a_hold_keeps_the_copy_also_from_an_accepted_request(chats: House) -> None:
    refs = sorted(Record.objects.values_list("ref", flat=True))
    deleted_before(chats, refs[:2])
    request = of_one_customer(chats, refs[:2])
    proposal = said_yes(chats, request, list(finding.deleted_of(request)), "backup")
    holds.place_on_records(
        user=chats.office.cast.rahma, at=chats.now, records=Record.objects.filter(ref=refs[0]),
        cause="dispute", reason="Sengketa", review_on=timezone.localdate() + timedelta(days=90),
    )  # fmt: skip
    order = carried_out(chats, proposal)
    assert chats.outcomes(order) == {refs[0]: "held", refs[1]: "deleted"}
    assert Record.objects.get(ref=refs[0]).destroyed_at is None


def test_a_request_is_over_only_when_both_of_its_lists_are(chats: House) -> None:
    """One record is deleted at the source already, the other still lies there."""
    refs = sorted(Record.objects.values_list("ref", flat=True))
    deleted_before(chats, refs[:1])
    request = of_one_customer(chats, refs[:2])
    at_source = said_yes(chats, request, list(finding.records_of(request)), "source")
    assert finding.more_to_list(at_source)
    copies = said_yes(chats, request, list(finding.deleted_of(request)), "backup")
    assert not finding.more_to_list(at_source)
    with refused("a list for this request already"):
        finding.propose(user=chats.office.cast.tari, at=chats.now, request=request, chosen={1}, act="backup")
    assert carried_out(chats, copies).status == "done"
    request.refresh_from_db()
    assert request.status == "accepted"  # its other list is still open
    Proposal.objects.filter(pk=at_source.pk).update(begun_at=chats.now)
    proposals.close(at=timezone.now(), proposal=at_source)
    request.refresh_from_db()
    assert request.status == "done"


def test_nothing_that_is_still_at_the_source_gets_on_a_list_of_copies(chats: House) -> None:
    refs = sorted(Record.objects.values_list("ref", flat=True))
    request = of_one_customer(chats, refs[:1])
    keys = set(finding.records_of(request).values_list("pk", flat=True))
    with refused("Choose at least one record."):
        finding.propose(user=chats.office.cast.tari, at=chats.now, request=request, chosen=keys, act="backup")
