"""A month that was written anew without one conversation: the others have new digests, and are deleted by those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from kendali.connectors.fake import FakeRecord
from kendali.disposal.models import Proposal
from kendali.records.actions import comparison, destruction, proposals
from kendali.records.models import Package, Record, RecordVersion
from kendali.records.tests.approved import running
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    with house(office, of_one_month(old_conversations(4))) as found:
        yield found


def of_one_month(records: list[FakeRecord]) -> list[FakeRecord]:
    """The same texts, all on the 10th of a month past two years: one package."""
    day = (timezone.now() - timedelta(days=900)).replace(day=10, hour=3)
    return [
        replace(one, started_at=day, last_activity_at=day, messages=[(day, text) for _at, text in one.messages])
        for one in records
    ]


def one_leaves(it: House) -> tuple[str, list[str], Package]:
    """One conversation of the month is destroyed: (its ref, the refs that stay, the package as it was)."""
    package = Package.objects.get()
    gone, *stay = package.versions.order_by("record__ref").values_list("record__ref", flat=True)
    assert stay
    order = running(it.office, [gone])
    destruction.run(order.pk, worker="test")
    order.refresh_from_db()
    assert destruction.outcomes(order) == {"deleted": 1}, order.problem
    return gone, stay, package


def approved_before(it: House) -> Proposal:
    """The client signs first: the list carries the digests of before."""
    package = Package.objects.get()
    refs = list(package.versions.order_by("record__ref").values_list("record__ref", flat=True))[1:]
    return it.approved(refs=refs)


def test_a_list_signed_before_the_month_was_written_anew_is_deleted_after_it(it: House) -> None:
    proposal = approved_before(it)
    signed = {line.ref: bytes(line.keyed_digest) for line in proposal.items.all()}
    _gone, stay, package = one_leaves(it)
    for version in RecordVersion.objects.filter(record__ref__in=stay).select_related("record"):
        assert version.package_id != package.pk
        assert bytes(version.keyed_digest) != signed[version.record.ref]
        assert version.former_digests == [signed[version.record.ref].hex()]
    assert proposals.void_now(proposal, at=it.now) == ""  # no record changed: only where its copy lies
    order = it.started(proposal)
    assert it.work_on(order).status == "done"
    assert it.outcomes(order) == dict.fromkeys(stay, "deleted")
    assert not set(stay) & set(it.fake.records_there)


def test_what_changed_at_the_source_is_still_kept_after_it(it: House) -> None:
    proposal = approved_before(it)
    _gone, stay, _package = one_leaves(it)
    it.fake.change(stay[0], messages=[*it.fake.records_there[stay[0]].messages, (it.now, "Satu lagi")])
    order = it.work_on(it.started(proposal))
    assert it.outcomes(order) == {**dict.fromkeys(stay, "deleted"), stay[0]: "changed"}
    assert stay[0] in it.fake.records_there


def test_the_rolling_comparison_finds_nothing_where_nothing_changed(it: House) -> None:
    _gone, stay, _package = one_leaves(it)
    versions = [(it.source.pk, row.pk) for row in RecordVersion.objects.filter(record__ref__in=stay, destroyed_at=None)]
    comparison.compare(versions, at=it.now + timedelta(days=40))
    assert not Record.objects.filter(ref__in=stay, changed_at__isnull=False).exists()
