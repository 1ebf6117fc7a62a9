"""Around a destruction: when it is proposed, what copies outside hold it up, what the certificate may say of it."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.utils import timezone

from kendali.accounts.permissions import RuleRefused
from kendali.archive.age import Identity
from kendali.archive.tests.s3_server import s3_server
from kendali.audit.actor import SYSTEM
from kendali.disposal.models import Proposal
from kendali.records import destruction_rules as rules
from kendali.records.actions import contract_end, copies, destruction, destruction_due, lease
from kendali.records.actions.destruction_facts import destruction_facts
from kendali.records.models import DisposalOrder, Package, Record, RegisteredCopy
from kendali.records.queries import content as query
from kendali.records.tests.approved import deleted_at_source, running
from kendali.records.tests.office import Office
from kendali.terms.models import Policy, Setting
from kendali.vault import actions as vault
from tests.cast import Cast

OLD = datetime(2023, 3, 3, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("deleted", "months", "due"),
    [
        (datetime(2026, 1, 31, 3, tzinfo=UTC), 1, date(2026, 3, 2)),  # there is no 31 February
        (datetime(2024, 2, 29, 3, tzinfo=UTC), 12, date(2025, 3, 2)),
        (datetime(2026, 3, 15, 3, tzinfo=UTC), 24, date(2028, 3, 16)),
        (datetime(2026, 12, 31, 18, tzinfo=UTC), 1, date(2027, 2, 2)),  # 1 January in Jakarta
    ],
)
def test_the_period_of_a_copy_counts_months_of_the_local_day(deleted: datetime, months: int, due: date) -> None:
    assert rules.copy_due_on(deleted, months, "Asia/Jakarta") == due


def test_the_cut_in_sql_is_the_rule_for_every_day() -> None:
    for months in (1, 7, 12, 24):
        for today in (date(2026, 2, 28) + timedelta(days=n) for n in range(800)):
            cut = rules.copy_cut(today, months)
            for day in (cut - timedelta(days=1), cut):
                at = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
                assert (rules.copy_due_on(at, months, "Asia/Jakarta") <= today) == (day < cut)


GOOD = {
    "key_absent": True, "opened": False, "neighbour_opened": True, "sealed_before": "a", "sealed_after": "a",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key_absent": False}, "key_present"),
        ({"key_absent": None}, "key_present"),
        ({"opened": True}, "still_opens"),
        ({"opened": None}, "still_opens"),
        ({"neighbour_opened": None}, "no_neighbour"),
        ({"neighbour_opened": False}, "no_neighbour"),
        ({"sealed_after": "b"}, "bytes_changed"),
        ({"sealed_before": "", "sealed_after": ""}, "bytes_changed"),
        ({"bytes_gone": False}, "bytes_left"),
    ],
)
def test_a_failed_read_alone_proves_nothing(change: dict[str, object], code: str) -> None:
    assert rules.proved(rules.Seen(**GOOD))  # type: ignore[arg-type]
    verdict = rules.proved(rules.Seen(**{**GOOD, **change}))  # type: ignore[arg-type]
    assert (bool(verdict), verdict.facts["code"]) == (False, code)


def test_a_store_that_locks_longer_than_records_live_is_refused() -> None:
    assert rules.store_allows(0, None)
    assert rules.store_allows(365, 730)
    assert not rules.store_allows(731, 730)
    assert not rules.store_allows(1, None)


@pytest.fixture
def calls(office: Office) -> Office:
    return filled(office)


def filled(office: Office) -> Office:
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    for number in range(4):
        office.call("pbx", f"call-{number}", OLD + timedelta(days=number))
    office.backed_up("pbx")
    return office


def carried_out(order: DisposalOrder) -> DisposalOrder:
    destruction.run(order.pk, worker="test")
    order.refresh_from_db()
    return order


@pytest.mark.django_db(transaction=True)
def test_copies_are_due_when_their_period_ended_and_no_list_has_them(calls: Office) -> None:
    policy = Policy.objects.get(status="effective")
    assert not destruction_due.due(policy, timezone.now()).exists()
    records = list(Record.objects.filter(ref__in=["call-0", "call-1"]).select_related("source__client", "version"))
    deleted_at_source(records)
    Record.objects.filter(ref="call-2").update(deleted_at=timezone.now() - timedelta(days=600))  # of 24 months
    assert set(destruction_due.due(policy, timezone.now()).values_list("ref", flat=True)) == {"call-0", "call-1"}
    (draft,) = destruction_due.draft_all(at=timezone.now())
    assert (draft.act, draft.status, draft.list_count, draft.proposed_by) == ("backup", "draft", 2, None)
    assert destruction_due.draft_all(at=timezone.now()) == []
    again = timezone.localdate() + timedelta(days=30)
    Proposal.objects.filter(pk=draft.pk).update(status="refused", ask_again_on=again)
    assert destruction_due.draft_all(at=timezone.now()) == []  # the client named a day
    assert destruction_due.due(policy, timezone.now() + timedelta(days=31)).count() == 2
    Proposal.objects.filter(pk=draft.pk).update(status="cancelled")
    running(calls, ["call-0"])
    assert list(destruction_due.due(policy, timezone.now()).values_list("ref", flat=True)) == ["call-1"]


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_the_client_took_out_is_not_listed_every_night(calls: Office) -> None:
    records = list(Record.objects.filter(ref__in=["call-0", "call-1"]).select_related("source__client", "version"))
    deleted_at_source(records)
    (draft,) = destruction_due.draft_all(at=timezone.now())
    Proposal.objects.filter(pk=draft.pk).update(status="closed")
    again = timezone.localdate() + timedelta(days=30)
    draft.items.filter(ref="call-0").update(taken_out=True, taken_reason="Audit", ask_again_on=again)
    draft.items.filter(ref="call-1").delete()
    (next_one,) = destruction_due.draft_all(at=timezone.now())
    assert list(next_one.items.values_list("ref", flat=True)) == ["call-1"]
    assert not next_one.left_out.exists()
    Proposal.objects.filter(pk=next_one.pk).update(status="closed")
    assert destruction_due.due(Policy.objects.get(status="effective"), timezone.now()).get().ref == "call-1"
    (last,) = destruction_due.draft_all(at=timezone.now() + timedelta(days=30))
    assert set(last.items.values_list("ref", flat=True)) == {"call-0", "call-1"}


@pytest.mark.django_db(transaction=True)
def test_a_key_file_outside_holds_it_up_until_it_is_declared_gone(calls: Office) -> None:
    package = Package.objects.get()
    key = copies.keep(SYSTEM, at=timezone.now(), package=package, kind="key", place="server: /root/paket.key")
    copies.register(user=calls.cast.adi, at=timezone.now(), package=package, place="Pita 12, brankas")
    order = carried_out(running(calls, ["call-1"]))
    assert order.status == "settling"
    row = order.items.get().versions.get()
    assert (row.status, row.proof["problem"]["code"]) == ("pending", "copies")
    with pytest.raises(RuleRefused):
        copies.end(user=calls.cast.adi, at=timezone.now(), copy=key, how="gone", evidence=" ")
    copies.end(user=calls.cast.adi, at=timezone.now(), copy=key, how="gone", evidence="BA 12/2026, disaksikan Rahma")
    assert carried_out(order).status == "done"  # the tape holds sealed bytes without their keys
    whole = carried_out(running(calls, ["call-0", "call-2", "call-3"]))
    assert whole.status == "settling"
    tape = RegisteredCopy.objects.get(kind="bag")
    copies.end(user=calls.cast.adi, at=timezone.now(), copy=tape, how="gone", evidence="BA 13/2026")
    assert carried_out(whole).status == "done"


@pytest.mark.django_db(transaction=True)
def test_the_facts_for_the_certificate_are_modest_and_add_up(calls: Office) -> None:
    order = carried_out(running(calls, ["call-1", "call-2"]))
    facts = destruction_facts(order)
    assert facts["destruction"]["epochs"] == [2]
    assert {slot["answer"] for slot in facts["destruction"]["slots"]} == {"gone"}
    assert len(facts["destruction"]["slots"]) == 2
    assert len(facts["destruction"]["old_keys_may_exist"]) == 3
    assert facts["versions"] == {"proved": 2}
    (fate,) = facts["packages"]
    assert (fate["how"], fate["copies"], fate["destroyed_at"]) == ("keyring", 2, None)
    whole = carried_out(running(calls, ["call-0", "call-3"]))
    (fate,) = destruction_facts(whole)["packages"]
    assert (fate["how"], fate["copies"]) == ("whole", 2)
    assert fate["destroyed_at"] is not None


@pytest.mark.django_db(transaction=True)
def test_when_the_contract_ends_everything_is_returned_and_then_destroyed(calls: Office) -> None:
    now, client = timezone.now(), calls.cast.nusantara
    recipient = str(Identity.generate().recipient())
    into = calls.folder / "kembali"
    done = contract_end.return_everything(actor=SYSTEM, at=now, client=client, recipient=recipient, into=into)
    assert (done.packages, done.records, done.left_out) == (1, 4, 0)
    again = contract_end.return_everything(actor=SYSTEM, at=now, client=client, recipient=recipient, into=into)
    assert again.packages == 0
    with pytest.raises(RuleRefused):
        contract_end.propose_everything(user=calls.cast.tari, at=now, client=client)
    contract_end.record_end(
        user=calls.cast.maya, at=now, client=client, ended_on=now.date() - timedelta(days=1), reference="PKS 7/2020",
        reason="Kontrak berakhir",
    )  # fmt: skip
    order = carried_out(running(calls, [f"call-{n}" for n in range(4)], deleted=False))
    assert (order.status, destruction.outcomes(order)) == ("done", {"deleted": 4})
    (line,) = destruction_facts(order)["returned"]
    assert recipient in line


@pytest.mark.django_db(transaction=True)
def test_two_destructions_and_a_backup_at_once_lose_no_key(calls: Office) -> None:
    orders = [running(calls, ["call-0"]), running(calls, ["call-1"])]
    calls.source("pbx2", client=calls.cast.nusantara, record_class="recording")
    calls.call("pbx2", "baru-1", OLD)
    backup_order = calls.running("pbx2")
    errors: list[BaseException] = []

    def work(what: object) -> None:
        from kendali.records.actions import backup

        try:
            if isinstance(what, DisposalOrder):
                for _attempt in range(200):
                    try:
                        destruction.run(what.pk, worker=f"w{what.pk}")
                        break
                    except lease.Busy:
                        continue
            else:
                backup.run(backup_order.pk, worker="b")
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(one,)) for one in (*orders, None)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    for order in orders:
        DisposalOrder.objects.filter(pk=order.pk, status="stopped").update(status="running")
        assert carried_out(order).status == "done"
    backup_order.refresh_from_db()
    assert backup_order.status == "done"
    for ref in ("call-2", "call-3", "baru-1"):
        record = Record.objects.select_related("source__client", "version__package").get(ref=ref)
        assert record.version is not None
        assert len(query.recording(record, record.version).tracks) == 1
    for package in Package.objects.filter(status="verified"):
        assert vault.living(package.pk) == [package.key_generation]


@pytest.mark.django_db(transaction=True)
def test_in_a_bucket_it_is_the_same(
    cast: Cast, tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.options["access_key_id"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.options["secret_access_key"])
        monkeypatch.setenv("AWS_REGION", server.options["region"])
        bucket = server.bucket()
        settings.KENDALI_STORE = f"s3://{bucket}"  # type: ignore[attr-defined]
        office = filled(Office(cast, tmp_path))
        office.source("obrolan", client=cast.nusantara, record_class="conversation")
        for number in range(3):
            office.chat("obrolan", f"chat-{number}", [(OLD + timedelta(days=number), f"Halo {number}")])
        office.backed_up("obrolan")
        for refs in (["call-1"], ["call-0", "call-2", "call-3"], ["chat-1"]):
            assert carried_out(running(office, refs)).status == "done"
        pages = server.client().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        names = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        for package in Package.objects.filter(status="destroyed"):
            assert {name.split("/")[0] for name in names if str(package.pk) in name} == {"vault"}
        kept = Record.objects.select_related("source__client").get(ref="chat-2")
        version = query.version_of(kept, None)
        assert version is not None
        assert query.chat_page(kept, version, 0).said[0].message.text == "Halo 2"
