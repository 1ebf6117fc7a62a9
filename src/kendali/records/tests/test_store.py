"""The store is tried before anything is trusted to it, and the rolling comparison sees what no date tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from kendali.accounts.permissions import Refused
from kendali.records.actions import fingerprints, store
from kendali.records.models import Package, Record, RecordVersion, StoreLook
from kendali.records.tests.office import Office

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


def test_a_folder_keeps_its_promises_and_the_look_is_kept(office: Office) -> None:
    row = store.look(at=office.cast.now, user=office.cast.indra)
    assert row.usable
    assert {item["code"]: item["ok"] for item in row.findings}["create_refuses_overwrite"] is True
    assert store.newest() == row


def test_the_room_that_is_left_is_told_as_a_size_and_is_no_promise(office: Office) -> None:
    row = store.look(at=office.cast.now)
    space = {"code": "space", "ok": None, "facts": {"free": 47_359_496_192}}
    row.findings = [{"code": "lists", "ok": True, "facts": {}}, space]
    row.save()
    page = office.cast.web(office.cast.indra).get("/penyimpanan/").content.decode()
    assert "Ruang kosong: 47,4\xa0GB" in page
    assert page.count('class="pill') == 2  # usable, kept


def test_the_first_backup_tries_the_store_by_itself(office: Office) -> None:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "call-1", OLD)
    office.backed_up("pbx")
    assert StoreLook.objects.count() == 1


def test_nothing_is_written_to_a_store_that_broke_its_promises(office: Office) -> None:
    row = store.look(at=office.cast.now)
    row.usable = False
    row.findings = [{"code": "create_refuses_overwrite", "ok": False, "facts": {}}]
    row.save()
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "call-1", OLD)
    order = office.backed_up("pbx")
    assert (order.status, order.problem["code"]) == ("stopped", "store_unusable")
    assert not Package.objects.exists()


@pytest.mark.parametrize("who", ["tari", "clara", "aulia", "rahma"])
def test_only_team_it_and_the_administrator_try_it(office: Office, who: str) -> None:
    with pytest.raises(Refused):
        store.look(at=office.cast.now, user=getattr(office.cast, who))


def test_an_edit_that_moves_no_date_is_found_by_the_rolling_comparison(office: Office) -> None:
    office.source("chat", client=office.cast.nusantara, record_class="conversation")
    office.chat("chat", "c-1", [(OLD, "Halo")])
    office.chat("chat", "c-2", [(OLD, "Halo")])
    office.backed_up("chat")
    row = office.rows["chat"]["c-1"]
    row["messages"] = json.dumps([(OLD.isoformat(), "Hapus!")])
    office.write("chat")
    office.scan("chat")
    made = RecordVersion.objects.latest("made_at").made_at
    source = office.found["chat"]

    assert fingerprints.compare(source=source, at=made + timedelta(days=29)) == 0  # not due yet
    assert fingerprints.compare(source=source, at=made + timedelta(days=31)) == 1
    changed = Record.objects.get(ref="c-1")
    assert changed.changed_at is not None
    assert changed.backup_clock == OLD
    assert Record.objects.get(ref="c-2").changed_at is None
    assert fingerprints.compare(source=source, at=made + timedelta(days=32)) == 0  # compared this cycle
