"""The engine against a source that behaves, lies and fails: what it may delete, what it says of it, what it leaves.

The cases that practitioners report (records-control, last section) have their words in the test's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from kendali.connectors.base import Problem
from kendali.connectors.fake import Does, FakeSource
from kendali.disposal.models import Hold, Proposal
from kendali.home.database_roles import connect_arguments
from kendali.records.actions import certificates, disposal_orders
from kendali.records.models import (
    DisposalItem,
    JournalEntry,
    Package,
    Record,
    RecordVersion,
    Source,
)
from kendali.records.tests.deletions import House, house, old_conversations
from kendali.records.tests.office import Office
from kendali.register.models import RegisterEntry
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND, THIRD = "000001", "000002", "000003"


@pytest.fixture
def it(office: Office) -> Iterator[House]:
    with house(office, old_conversations(6)) as found:
        yield found


def setting(key: str, value: object) -> None:
    Setting.objects.create(key=key, value=value, version=1, reason="-", created_at=timezone.now())


def committed(query: str, *values: object) -> Any:
    """What another connection sees: only what is committed."""
    with psycopg.connect(**connect_arguments(connections["default"].settings_dict)) as other:
        row = other.execute(query, values).fetchone()
        assert row is not None
        return row[0]


def hold(it: House, ref: str) -> Hold:
    from kendali.disposal.models import HeldSubject

    row = Hold.objects.create(
        number=f"TGH-2026-{Hold.objects.count() + 1:04}", client=it.source.client, scope="record", cause="dispute",
        reason="Sengketa", review_on=it.now.date() + timedelta(days=30), placed_by_name="Rahma", placed_at=it.now,
    )  # fmt: skip
    HeldSubject.objects.create(hold=row, subject=Record.objects.get(ref=ref).pk, ref=ref)
    return row


def test_everything_on_the_approved_list_is_deleted_and_missed_afterwards(it: House) -> None:
    order = it.work(it.running())

    assert (order.status, order.problem) == ("done", {})
    assert set(it.outcomes(order).values()) == {"deleted"}
    assert it.fake.records_there == {}
    assert not Record.objects.filter(deleted_at=None).exists()
    order.proposal.refresh_from_db()
    assert order.proposal.status == "closed"
    assert it.item(order, FIRST).facts["rows"] == [2, 0]
    assert Source.objects.get().counts["deleted"] == 6


def test_the_register_knows_of_it_as_soon_as_the_order_ends(it: House) -> None:
    order = it.work(it.running(taken_out=["000001"]))
    entries = RegisterEntry.objects.filter(orders=[certificates.reference(order)])
    assert sum(entry.deleted_quantity for entry in entries) == order.items.filter(outcome="deleted").count() > 0


def test_every_delete_call_has_a_journal_line_that_was_committed_before_it(it: House) -> None:
    seen: list[int] = []
    intents = (
        "SELECT count(*) FROM records_journalentry j JOIN records_disposalitem i ON i.id = j.item_id"
        " JOIN records_record r ON r.id = i.record_id WHERE r.ref = %s AND j.kind = 'intent'"
    )
    it.fake.deleting.before = lambda ref: seen.append(committed(intents, ref))
    order = it.work(it.running())
    assert seen == [1] * 6
    outcomes = JournalEntry.objects.filter(order=order, kind="outcome")
    assert list(outcomes.values_list("outcome", flat=True)) == ["deleted"] * 6
    assert not outcomes.filter(intent=None).exists()


# --- what the source says, and what a look shows


@pytest.mark.parametrize(
    ("does", "outcome", "there"),
    [
        ("deletes", "deleted", False),
        ("gone_before", "already_absent", False),
        ("changes", "changed", True),
        ("fails", "failed", True),
        ("refuses", "refused", True),
        ("holds", "held", True),
        ("answer_lost", "deleted", False),
        ("transient", "deleted", False),
    ],
)
def test_the_outcome_is_what_a_look_shows(it: House, does: Does, outcome: str, there: bool) -> None:
    it.fake.deleting.does[FIRST] = does
    order = it.work_on(it.running())
    assert order.status == "done"
    assert it.outcomes(order) == {ref: outcome if ref == FIRST else "deleted" for ref in it.outcomes(order)}
    assert (FIRST in it.fake.records_there) is there
    assert (Record.objects.get(ref=FIRST).deleted_at is None) is (outcome != "deleted")


def test_204_but_still_readable_is_never_deleted(it: House) -> None:
    it.fake.deleting.does[FIRST] = "keeps"
    order = it.work(it.running())
    assert (order.status, it.outcomes(order)[FIRST]) == ("settling", "queued")
    it.later(hours=73)
    it.work(order)
    assert (order.status, it.outcomes(order)[FIRST]) == ("done", "failed")
    assert it.item(order, FIRST).facts["rows"] == [2, 2]
    assert it.fake.deleting.told[FIRST] == 1


def test_text_pruned_and_file_still_downloadable_is_not_deleted(it: House) -> None:
    it.fake.deleting.does[FIRST] = "rows_only"
    order = it.work(it.running())
    it.later(hours=73)
    it.work(order)
    assert it.outcomes(order)[FIRST] == "failed"
    assert it.item(order, FIRST).facts["files"] == [1, 1]
    assert it.item(order, FIRST).facts["rows"] == [2, 0]


def test_a_job_that_says_finished_and_did_nothing_is_unknown_after_its_deadline(it: House) -> None:
    it.fake.deleting.does[FIRST] = "queues_forever"
    order = it.work(it.running())
    assert order.status == "settling"
    it.later(hours=71)
    assert it.work(order).status == "settling"
    it.later(hours=2)
    assert it.work(order).status == "done"
    assert it.outcomes(order)[FIRST] == "unknown"
    assert Record.objects.get(ref=FIRST).deleted_at is None


def test_a_queued_deletion_is_settled_by_a_later_look(it: House) -> None:
    it.fake.deleting.does[FIRST] = "queues"
    it.fake.deleting.looks = 3
    order = it.work(it.running())
    assert (order.status, it.outcomes(order)[FIRST]) == ("settling", "queued")
    for _ in range(4):
        it.later(minutes=10)
        it.work(order)
    assert (order.status, it.outcomes(order)[FIRST]) == ("done", "deleted")
    lines = JournalEntry.objects.filter(item=it.item(order, FIRST)).order_by("pk")
    assert [(line.kind, line.outcome) for line in lines][:2] == [("intent", ""), ("outcome", "queued")]
    assert lines.last().outcome == "deleted"  # type: ignore[union-attr]


def test_what_cannot_be_looked_at_is_unknown(it: House) -> None:
    it.fake.deleting.does[FIRST] = "unseen"
    order = it.work(it.running())
    it.later(hours=73)
    it.work(order)
    assert it.outcomes(order)[FIRST] == "unknown"
    assert it.item(order, FIRST).facts["cannot_see"] == 3


def test_404_before_our_call_is_already_absent_and_no_call_is_made(it: House) -> None:
    order = it.running()
    it.fake.take(FIRST)
    it.work(order)
    assert it.outcomes(order)[FIRST] == "already_absent"
    assert it.fake.deleting.told[FIRST] == 0
    assert Record.objects.get(ref=FIRST).deleted_at is None
    assert not JournalEntry.objects.filter(item=it.item(order, FIRST)).exists()


def test_one_stale_id_that_makes_a_bulk_call_fail_stops_no_other(it: House) -> None:
    it.fake.deleting.stale.add(THIRD)
    order = it.work(it.running())
    assert set(it.outcomes(order).values()) == {"deleted"}


def test_a_message_that_came_meanwhile_and_hangs_on_the_record_is_not_overlooked(it: House) -> None:
    it.fake.deleting.does[FIRST] = "grows"
    order = it.work(it.running())
    assert it.outcomes(order)[FIRST] == "queued"


# --- I1: the package holds what the source has now


def test_a_message_added_or_edited_after_the_backup_keeps_the_record(it: House) -> None:
    order = it.running()
    it.fake.change(FIRST, messages=[*it.fake.records_there[FIRST].messages, (it.now, "Satu lagi")])
    it.fake.change(SECOND, customer_name="Nama lain")
    it.work(order)
    assert (it.outcomes(order)[FIRST], it.outcomes(order)[SECOND]) == ("changed", "changed")
    assert {FIRST, SECOND} == set(it.fake.records_there)
    assert it.fake.deleting.told[FIRST] == 0


def test_a_record_that_was_backed_up_again_after_the_approval_stays(it: House) -> None:
    order = it.running()
    record = Record.objects.get(ref=FIRST)
    old = record.version
    assert old is not None
    record.version = RecordVersion.objects.create(
        record=record, number=2, package=old.package, keyed_digest=bytes(old.keyed_digest), made_at=it.now,
        compared_at=it.now,
    )  # fmt: skip
    record.save()
    assert it.outcomes(it.work(order))[FIRST] == "changed"


@pytest.mark.parametrize("changes", [{"status": "damaged"}, {"verified_at": None}])
def test_no_package_that_was_read_back_no_deletion(it: House, changes: dict[str, Any]) -> None:
    order = it.running()
    package = RecordVersion.objects.get(record__ref=FIRST).package
    Package.objects.filter(pk=package.pk).update(**changes)
    it.work(order)
    kept = set(RecordVersion.objects.filter(package=package).values_list("record__ref", flat=True))
    assert {ref for ref, outcome in it.outcomes(order).items() if outcome == "refused"} == kept
    assert kept <= set(it.fake.records_there)


def test_a_package_written_after_it_was_read_back_does_not_count(it: House) -> None:
    order = it.running()
    Package.objects.update(written_at=it.now + timedelta(days=1))
    assert set(it.outcomes(it.work(order)).values()) == {"refused"}


# --- I2: the client's Ya


def test_what_the_client_took_out_is_not_touched(it: House) -> None:
    order = it.work(it.running(taken_out=[SECOND]))
    assert it.outcomes(order)[SECOND] == "taken_out"
    assert list(it.fake.records_there) == [SECOND]
    assert order.items.count() == 6
    assert order.list_count == 5


def test_an_approval_that_expires_during_the_run_ends_the_rest(it: House) -> None:
    order = it.running()
    Proposal.objects.update(valid_until=it.now)
    it.work(order)
    it.work(order)
    assert set(it.outcomes(order).values()) == {"cancelled"}
    assert len(it.fake.records_there) == 6


def test_an_approval_revoked_between_two_batches_saves_what_is_left(it: House) -> None:
    setting("disposal.batch_records", 1)

    def revoke(_ref: str) -> None:
        committed("UPDATE disposal_proposalitem SET taken_out = true WHERE ref = %s RETURNING 1", "000004")

    it.fake.deleting.after = revoke
    order = it.work(it.running())
    assert "000004" in it.fake.records_there or it.outcomes(order)["000004"] == "deleted"


def test_a_line_that_is_on_no_approved_list_is_refused(it: House) -> None:
    order = it.running(refs=[FIRST, SECOND])
    stranger = Record.objects.get(ref=THIRD)
    DisposalItem.objects.create(
        order=order, record=stranger, source=it.source, clock=it.now - timedelta(days=900), due_on=it.now.date(),
        keyed_digest=b"",
    )  # fmt: skip
    assert it.outcomes(it.work(order))[THIRD] == "refused"
    assert THIRD in it.fake.records_there


# --- I3: holds


def test_a_hold_placed_after_the_list_was_built_wins(it: House) -> None:
    order = it.running()
    hold(it, SECOND)
    it.work(order)
    assert it.outcomes(order)[SECOND] == "held"
    assert it.item(order, SECOND).facts["hold"] == "TGH-2026-0001"
    assert list(it.fake.records_there) == [SECOND]


# --- I4: dates


def test_nothing_goes_before_its_local_date_even_if_the_client_said_yes(it: House) -> None:
    order = it.running()
    it.source.client.policies.update(delete_after_years=40)
    it.work(order)
    assert set(it.outcomes(order).values()) <= {"refused", "cancelled"}
    assert len(it.fake.records_there) == 6


def test_a_message_between_scan_and_backup_counts_for_the_date_although_the_list_is_older(office: Office) -> None:
    def writes(fake: FakeSource) -> None:
        lately = timezone.now() - timedelta(days=30)
        messages = [*fake.records_there[FIRST].messages, (lately, "Satu lagi")]
        fake.change(FIRST, messages=messages, last_activity_at=lately)

    with house(office, old_conversations(3), writes) as it:
        outcomes = it.outcomes(it.work(it.running()))
        assert outcomes == {FIRST: "refused", SECOND: "deleted", THIRD: "deleted"}
        assert set(it.fake.records_there) == {FIRST}


# --- clocks, recovery, rights


def test_nothing_is_deleted_while_the_source_lives_in_another_time(it: House) -> None:
    it.fake.skew = timedelta(minutes=6)
    order = it.work(it.running())
    assert (order.status, order.problem["code"]) == ("stopped", "clock")
    assert len(it.fake.records_there) == 6


def test_nothing_is_deleted_after_time_went_backward(it: House) -> None:
    order = it.running()
    it.later(days=-2)
    it.work(order)
    assert (order.status, order.problem["code"]) == ("stopped", "clock")


def test_nothing_is_deleted_in_recovery(it: House) -> None:
    from django.apps import apps

    order = it.running()
    rows = apps.get_model("home", "Installation")._default_manager
    rows.update_or_create(pk=1, defaults={"state": "recovery", "created": it.now})
    it.work(order)
    assert it.fake.deleting.told == {}
    assert disposal_orders.start_due(at=it.now) == []


def test_a_credential_that_is_not_in_force_yet_deletes_nothing(it: House) -> None:
    order = it.running()
    Source.objects.update(deleting_from=it.now + timedelta(hours=1))
    it.work(order)
    assert (order.status, order.problem["code"]) == ("stopped", "right")
    Source.objects.update(deleting_from=None)
    disposal_orders.resume(user=it.office.cast.indra, at=it.now, order=order)
    assert it.work(order).problem["code"] == "right"
    assert it.fake.deleting.told == {}


def test_a_source_with_problems_is_left_alone(it: House) -> None:
    it.fake.probe_problems = [Problem("no_right_to_delete", facts={"tables": "messages", "command": "GRANT"})]
    order = it.work(it.running())
    assert (order.status, order.problem["code"]) == ("stopped", "no_right_to_delete")
