"""A vendor's export as vendors make them: other names, other dates, JSON, ZIP, damage."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kendali.connectors.base import Connector, Cut, SourceError
from kendali.connectors.problems import sentence
from kendali.connectors.registry import open as open_connector
from kendali.connectors.tests.contract import everything
from kendali.connectors.tests.sinks import MemorySink


def opened(folder: Path, record_class: Any = "recording", **config: Any) -> Connector:
    return open_connector("folder_drop", record_class, {"folder": str(folder), **config}, {})


def test_a_vendors_own_columns_and_dates_are_mapped(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "CallID;Start Time;End Time;Agent Name;Number;Audio\n"
        "A1;31/12/2023 23:30:00;31/12/2023 23:45:00;Agus;0811;a1.wav\n"
        "A2;01-01-2024 00:10;;Agus;0812;a2.wav;\n"
        "A3;yesterday;;Agus;0813;\n"
        "A1;01/01/2024;;Agus;0811;a1.wav\n"
        ";01/01/2024;;Agus;0811;a1.wav\n"
        "A4;2024-01-01T10:00:00+09:00;;Agus;0814;a1.wav\n",
        "utf-8",
    )
    (tmp_path / "a1.wav").write_bytes(b"audio")
    names = "id=CallID, started_at=Start Time, ended_at=End Time, agent=Agent Name, customer_phone=Number, file=Audio"
    source = opened(tmp_path, records="calls.csv", columns=names)
    listed = {each.ref: each for each in everything(source)}
    assert set(listed) == {"A1", "A3", "A4"}
    assert listed["A1"].started_at == datetime(2023, 12, 31, 16, 30, tzinfo=UTC)
    assert listed["A1"].last_activity_at == datetime(2023, 12, 31, 16, 45, tzinfo=UTC)
    assert (listed["A1"].agent, listed["A1"].customer_phone, listed["A1"].size) == ("Agus", "0811", 5)
    assert listed["A3"].started_at is None
    assert listed["A4"].started_at == datetime(2024, 1, 1, 1, tzinfo=UTC)
    assert [each.ref for each in everything(source, Cut(datetime(2024, 1, 1, tzinfo=UTC)))] == ["A1"]
    warnings = source.probe().warnings
    assert sorted(each.code for each in warnings) == [
        "date_unreadable",
        "duplicate_id",
        "row_unreadable",
        "row_unreadable",
    ]
    assert all(sentence(each) for each in warnings)
    (snapshot,) = source.snapshot(["A3"], MemorySink())
    assert [each.code for each in snapshot.problems] == ["no_recording"]
    source.close()


RECORDS = [
    {
        "id": "c1",
        "started_at": "2024-05-01 10:00:00",
        "state": "open",
        "customer_name": "Siti",
        "file": ["a.txt", "b.txt"],
        "messages": [
            {"sent_at": "2024-05-01 09:59:00", "text": "Halo 🙏"},
            {"sent_at": "2024-06-01 10:00:00", "text": "Masih di sana?"},
        ],
    },
    {"id": "c2", "started_at": None, "messages": []},
]


@pytest.mark.parametrize("name", ["records.json", "records.jsonl"])
def test_json_exports_nest_their_messages(tmp_path: Path, name: str) -> None:
    lines = "\n".join(json.dumps(record) for record in RECORDS)
    (tmp_path / name).write_text(json.dumps({"records": RECORDS}) if name.endswith(".json") else lines, "utf-8")
    for file in ("a.txt", "b.txt"):
        (tmp_path / file).write_text(file)
    source = opened(tmp_path, "conversation", records=name)
    first, second = everything(source)
    assert first.started_at == datetime(2024, 5, 1, 2, 59, tzinfo=UTC)
    assert first.last_activity_at == datetime(2024, 6, 1, 3, tzinfo=UTC)
    assert (first.state, first.parts, first.customer_name) == ("open", 2, "Siti")
    assert (second.started_at, second.parts) == (None, 0)
    sink = MemorySink()
    snapshots = list(source.snapshot(["c1", "c2"], sink))
    assert [each.problems for each in snapshots] == [(), ()]
    assert [unit.part for unit in sink.units_seen] == ["file-1", "file-2"]
    assert {name: table.num_rows for name, table in sink.tables.items()} == {"records": 2, "messages": 2, "files": 2}
    assert source.search("halo 🙏", 5) == ["c1"]
    source.close()


def test_a_replaced_export_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "records.csv"
    path.write_text("id,started_at\n1,2024-01-01\n")
    source = opened(tmp_path)
    assert len(everything(source)) == 1
    before = source.fingerprints(["1"])
    path.write_text("id,started_at\n1,2024-01-02\n2,2024-01-01\n")
    assert len(everything(source)) == 2
    assert source.fingerprints(["1"]) != before
    path.unlink()
    with pytest.raises(SourceError, match="export_missing"):
        source.due(None, "", 1)
    assert [each.code for each in source.probe().problems] == ["export_missing"]
    source.close()


def test_a_name_that_leads_out_of_the_folder_is_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "records.csv").write_text(
        "id,started_at,file\n1,2024-01-01,../secret\n2,2024-01-01,/etc/passwd\n3,2024-01-01,link\n"
    )
    source = opened(folder)
    codes = [[problem.code for problem in each.problems] for each in source.snapshot(["1", "2", "3"], MemorySink())]
    assert codes == [["file_outside"]] * 3
    source.close()


def test_a_damaged_zip_and_a_damaged_member_are_told(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("records.csv", "id,started_at,file\n1,2024-01-01,a.wav\n2,2024-01-01,../a.wav\n")
        archive.writestr("a.wav", b"A" * 1000)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"A" * 1000, b"A" * 999 + b"B"))
    source = opened(tmp_path, records="export.zip")
    first, second = source.snapshot(["1", "2"], MemorySink())
    assert [each.code for each in first.problems] == ["file_unreadable"]
    assert [each.code for each in second.problems] == ["file_missing"]
    source.close()
    path.write_bytes(data[:100])
    broken = opened(tmp_path, records="export.zip")
    assert [each.code for each in broken.probe().problems] == ["folder_unreadable"]
    broken.close()


def test_what_belongs_to_no_record_is_unclaimed(tmp_path: Path) -> None:
    (tmp_path / "records.csv").write_text("id,started_at\n1,2024-01-01\n")
    (tmp_path / "messages.csv").write_text("record_id,sent_at,text\n1,2024-01-01,a\n9,2024-01-01,b\n")
    source = opened(tmp_path, "conversation")
    assert [(each.code, each.ref) for each in source.unclaimed()] == [("record_missing", "9")]
    source.close()


def test_an_export_without_a_record_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "records.csv").write_text("id,started_at\n")
    source = opened(tmp_path)
    assert [each.code for each in source.probe().problems] == ["no_records"]
    source.close()
