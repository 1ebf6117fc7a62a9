"""From the frozen list to the verified package: nothing counts that was not read back, nothing is skipped silently."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kendali.audit.history import history
from kendali.audit.models import Entry
from kendali.notices.models import Notice
from kendali.records.actions import backup, content, escalations, lease, unbackupable
from kendali.records.models import Escalation, Package, Record, RecordVersion
from kendali.records.queries.radar import radar
from kendali.records.tests.office import Office

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def calls(office: Office) -> Office:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    for number in range(4):
        office.call("pbx", f"call-{number}", OLD + timedelta(days=20 * number))
    return office


def test_every_record_is_in_one_verified_package_and_opens_again(calls: Office) -> None:
    order = calls.backed_up("pbx")

    assert (order.status, order.progress["done"]) == ("done", 4)
    packages = list(Package.objects.order_by("month"))
    assert [(package.status, package.records) for package in packages] == [
        ("verified", 2),
        ("verified", 1),
        ("verified", 1),
    ]
    assert RecordVersion.objects.count() == 4
    for record in Record.objects.select_related("version__package"):
        assert record.version is not None
        assert record.version.slot is not None
        unit = content.package_of(record.version).unit(record.version.slot)
        name, stream = unit.files[0]
        assert stream.read() == (calls.folder / "export" / "pbx" / name).read_bytes()
    assert radar([calls.cast.nusantara], calls.cast.now).gaps[0].overdue == 0


def test_each_package_was_read_back_and_drilled_before_it_counted(calls: Office) -> None:
    calls.backed_up("pbx")
    for package in Package.objects.all():
        kinds = {check.kind: check.records for check in package.checks.all()}
        assert kinds == {"verify": package.records, "drill": 1}
        assert package.next_check_at is not None


def test_all_records_are_drilled_where_the_setting_says_so(calls: Office) -> None:
    from kendali.terms.models import Setting

    Setting.objects.create(key="drill.mode", value="all", version=1, reason="audit", created_at=calls.cast.now)
    calls.backed_up("pbx")
    assert all(package.drill_records == package.records for package in Package.objects.all())


def test_conversations_come_back_with_every_message(office: Office) -> None:
    office.source("chat", client=office.cast.nusantara, record_class="conversation")
    said = [
        (OLD + timedelta(minutes=n), text)
        for n, text in enumerate(["Halo 👋", "مرحبا", "꧋ꦲꦤꦕꦫꦏ", "", "NULL", "a\u2028b"])
    ]
    office.chat("chat", "c-1", said)
    office.chat("chat", "c-2", [(OLD, "lain")])
    assert office.backed_up("chat").status == "done"
    record = Record.objects.select_related("version__package").get(ref="c-1")
    assert record.version is not None
    tables = content.package_of(record.version).conversation("c-1")
    texts = [json.loads(row)["text"] for row in tables["messages"]["row"].to_pylist()]
    assert sorted(texts) == sorted(text for _, text in said)


def test_what_cannot_be_read_ends_the_order_with_shortcomings_and_is_listed(calls: Office) -> None:
    calls.call("pbx", "lost", OLD, file=False)
    order = calls.backed_up("pbx")

    assert order.status == "incomplete"
    problems = {item.record.ref: item.problems[0]["code"] for item in order.items.filter(outcome="problem")}
    assert problems == {"lost": "file_missing"}
    assert Record.objects.get(ref="lost").version is None
    assert radar([calls.cast.nusantara], calls.cast.now).gaps[0].overdue == 1
    assert Notice.objects.filter(user=calls.cast.tari, kind="escalation.finish_incomplete").exists()


def test_a_record_of_which_only_a_date_moved_is_not_copied_a_second_time(calls: Office) -> None:
    calls.backed_up("pbx")
    copied = RecordVersion.objects.get(record__ref="call-0")
    Record.objects.filter(ref="call-0").update(covered_modified_at=OLD)  # the source said another date then
    calls.rows["pbx"]["call-1"] |= {"modified_at": calls.cast.now.isoformat(), "agent": "Agen lain"}
    calls.write("pbx")
    Escalation.objects.update(status="confirmed")
    order = calls.running("pbx")
    assert order.list_count == 2
    backup.run(order.pk, worker="test")
    order.refresh_from_db()

    assert order.status == "done"
    outcomes = {item.record.ref: (item.outcome, item.version.number) for item in order.items.all() if item.version}
    assert outcomes == {"call-0": ("unchanged", 1), "call-1": ("backed_up", 2)}
    record = Record.objects.get(ref="call-0")
    assert (record.version, record.changed_at, record.backup_clock) == (copied, None, None)
    calls.scan("pbx")
    assert not Record.objects.exclude(changed_at=None).exists()


def test_an_order_of_which_nothing_changed_ends_without_a_package(calls: Office) -> None:
    calls.backed_up("pbx")
    Record.objects.filter(ref="call-0").update(changed_at=calls.cast.now, backup_clock=OLD)
    Escalation.objects.update(status="confirmed")
    order = calls.running("pbx")
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert (order.status, order.items.get().outcome, order.packages.count()) == ("done", "unchanged", 0)


def test_what_cannot_be_compared_is_copied_again(calls: Office, settings: object) -> None:
    calls.backed_up("pbx")
    record = Record.objects.select_related("version__package").get(ref="call-0")
    assert record.version is not None
    Record.objects.filter(ref="call-0").update(changed_at=calls.cast.now, backup_clock=OLD)
    Escalation.objects.update(status="confirmed")
    order = calls.running("pbx")
    store = Path(settings.KENDALI_STORE)  # type: ignore[attr-defined]
    for keyring in store.glob(f"keyrings/{record.version.package_id}/*"):
        keyring.chmod(0o600)
        keyring.write_bytes(b"not a keyring any more")
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert (order.items.get().outcome, record.versions.count()) == ("backed_up", 2)


def test_when_nothing_of_a_month_can_be_read_there_is_no_package(office: Office) -> None:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "lost", OLD, file=False)
    order = office.backed_up("pbx")
    assert order.status == "incomplete"
    assert order.items.get().problems[0]["code"] == "file_missing"
    assert not Package.objects.exclude(status="abandoned").exists()


def test_a_record_that_vanished_after_raising_is_named_as_absent(calls: Office) -> None:
    calls.keys()
    order = calls.running("pbx")
    del calls.rows["pbx"]["call-0"]
    calls.write("pbx")
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert order.status == "incomplete"
    assert order.items.get(record__ref="call-0").outcome == "absent"


def test_a_source_that_is_gone_stops_the_order_and_it_goes_on_when_it_is_back(calls: Office) -> None:
    calls.keys()
    order = calls.running("pbx")
    folder = calls.folder / "export" / "pbx"
    folder.rename(folder.with_name("away"))
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert (order.status, order.problem["code"]) == ("stopped", "export_missing")
    assert Notice.objects.filter(user=calls.cast.indra, kind="escalation.stop").exists()

    folder.with_name("away").rename(folder)
    escalations.begin(user=calls.cast.indra, at=calls.cast.now, order=order)
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert order.status == "done"


def test_a_store_that_is_gone_stops_the_order_with_a_clear_problem(calls: Office, settings: object) -> None:
    calls.keys()
    order = calls.running("pbx")
    store = Path(settings.KENDALI_STORE)  # type: ignore[attr-defined]
    store.rename(store.with_name("unmounted"))
    store.write_text("a file where the store should be")
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    assert order.status == "stopped"
    assert order.problem["code"]
    assert not RecordVersion.objects.exists()


def test_a_paused_order_keeps_what_is_verified_and_goes_on_from_there(calls: Office) -> None:
    calls.keys()
    order = calls.running("pbx")
    fence = lease.take(order.pk, "first", lease.BACKUPS)
    assert fence is not None
    escalations.pause(user=calls.cast.indra, at=calls.cast.now, order=order)
    with pytest.raises(lease.Fenced):
        fence.beat()
    lease.release(fence)
    escalations.begin(user=calls.cast.indra, at=calls.cast.now, order=order)
    backup.run(order.pk, worker="second")
    order.refresh_from_db()
    assert (order.status, order.attempt) == ("done", 2)


def test_a_second_worker_waits_while_the_first_one_lives(calls: Office) -> None:
    calls.keys()
    order = calls.running("pbx")
    assert lease.take(order.pk, "first", lease.BACKUPS) is not None
    with pytest.raises(lease.Busy):
        backup.run(order.pk, worker="second")


def test_a_worker_that_lost_its_lease_writes_nothing_more(calls: Office) -> None:
    calls.keys()
    order = calls.running("pbx")
    sleeper = lease.take(order.pk, "sleeper", lease.BACKUPS)
    assert sleeper is not None
    Escalation.objects.filter(pk=order.pk).update(lease_until=calls.cast.now - timedelta(days=1))
    backup.run(order.pk, worker="successor")
    before = Entry.objects.count()
    with pytest.raises(lease.Fenced):
        sleeper.beat()
    with pytest.raises(lease.Fenced):
        sleeper.lock()
    assert Entry.objects.count() == before
    assert RecordVersion.objects.count() == 4


def test_a_job_that_runs_again_after_the_end_does_nothing(calls: Office) -> None:
    order = calls.backed_up("pbx")
    backup.run(order.pk, worker="again")
    assert RecordVersion.objects.count() == 4
    assert len(history(order)) == len(history(Escalation.objects.get(pk=order.pk)))


def test_a_changed_record_gets_a_second_version_in_another_package(office: Office) -> None:
    office.source("chat", client=office.cast.nusantara, record_class="conversation")
    office.chat("chat", "c-1", [(OLD, "Halo")])
    first = office.backed_up("chat")
    escalations.confirm(user=office.cast.tari, at=office.cast.now, order=first)
    office.chat("chat", "c-1", [(OLD, "Halo"), (OLD + timedelta(days=2), "Lagi")])
    order = office.running("chat")
    assert order.list_count == 1
    backup.run(order.pk, worker="test")
    record = Record.objects.get(ref="c-1")
    versions = list(record.versions.order_by("number"))
    assert [version.number for version in versions] == [1, 2]
    assert versions[0].package_id != versions[1].package_id
    assert record.version == versions[1]
    assert record.backup_clock is None


def test_a_damaged_record_is_confirmed_as_not_backupable_by_another_person(calls: Office) -> None:
    cast = calls.cast
    calls.call("pbx", "lost", OLD, file=False)
    calls.backed_up("pbx")
    record = Record.objects.get(ref="lost")
    row = unbackupable.propose(user=cast.tari, at=cast.now, record=record, reason="Berkas hilang saat migrasi disk")
    unbackupable.decide(user=cast.rahma, at=cast.now, row=row, confirmed=True)
    assert radar([cast.nusantara], cast.now).gaps[0].overdue == 0
    assert record.source.__class__.objects.get(pk=record.source_id).counts["unbackupable"] == 1
