"""What is particular to Asterisk: legs and linkedids, the tree by local day, damaged audio, where call records lie."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kendali.connectors import audio
from kendali.connectors.asterisk.calls import Names, call
from kendali.connectors.base import Connector, Cut, SourceError
from kendali.connectors.problems import sentence
from kendali.connectors.registry import open as open_connector
from kendali.connectors.tests.conftest import Calls
from kendali.connectors.tests.contract import everything
from kendali.connectors.tests.servers import MariaDb, Postgres
from kendali.connectors.tests.sinks import MemorySink
from kendali.home.sample import cdr


def opened(calls: Calls, server: Postgres | MariaDb, **changes: Any) -> Connector:
    database = "mysql" if isinstance(server, MariaDb) else "postgresql"
    config = {"monitor": str(calls.monitor), "database": database, **server.config, **changes}
    return open_connector("asterisk", "recording", config, server.secret)


@pytest.fixture
def connector(calls: Calls, cdr_postgresql: Postgres) -> Iterator[Connector]:
    one = opened(calls, cdr_postgresql)
    yield one
    one.close()


def test_only_calls_that_name_a_recording_are_records(calls: Calls, connector: Connector) -> None:
    refs = {listed.ref for listed in everything(connector)}
    assert refs == {leg.linkedid for leg in calls.legs if leg.recordingfile}
    assert not refs & set(calls.made.cases["not_recorded"])


def test_all_sources_of_call_records_list_the_same(
    calls: Calls, cdr_postgresql: Postgres, cdr_mariadb: MariaDb, cdr_csv: Path
) -> None:
    by_file = open_connector(
        "asterisk", "recording", {"monitor": str(calls.monitor), "database": "csv", "csv": str(cdr_csv)}, {}
    )
    sources = [opened(calls, cdr_postgresql), opened(calls, cdr_mariadb), by_file]
    lists = [
        sorted((each.ref, each.started_at, each.last_activity_at, each.parts) for each in everything(source))
        for source in sources
    ]
    assert lists[0] == lists[1] == lists[2]
    for source in sources:
        source.close()


def test_the_awkward_recordings_are_found_where_they_are(calls: Calls, connector: Connector) -> None:
    cases = (
        *("two_files", "over_midnight", "first_hour_of_the_year", "leap_day", "copied_to_new_server", "full_path"),
        *("wav49_capitals", "name_without_extension", "wrong_folder", "modified_before_the_call"),
    )
    for case in cases:
        (ref,) = calls.made.cases[case]
        sink = MemorySink()
        (snapshot,) = connector.snapshot([ref], sink)
        assert snapshot.problems == (), case
        assert len(sink.contents) == (2 if case == "two_files" else 1), case
        assert all(content[:4] == b"RIFF" for content in sink.contents.values())


def test_a_call_starts_by_the_zone_of_the_server(calls: Calls, connector: Connector) -> None:
    (ref,) = calls.made.cases["first_hour_of_the_year"]
    (listed,) = [each for each in everything(connector) if each.ref == ref]
    assert listed.started_at is not None
    legs = [leg for leg in calls.legs if leg.linkedid == ref]
    assert listed.started_at == datetime(legs[0].calldate.year - 1, 12, 31, 17, 30, 5, tzinfo=UTC)
    end = max(leg.calldate.timestamp() + leg.duration for leg in legs)
    assert listed.last_activity_at is not None
    assert (listed.last_activity_at - listed.started_at).total_seconds() == end - legs[0].calldate.timestamp()
    assert ref not in {each.ref for each in everything(connector, Cut(listed.started_at))}


def test_a_file_of_no_call_is_unclaimed(calls: Calls, connector: Connector) -> None:
    (problem,) = connector.unclaimed()
    assert problem.code == "orphan"
    assert (calls.monitor / problem.part).is_file()
    probe = connector.probe()
    assert probe.counts["orphans"] == 1
    assert probe.counts["files_checked"] == calls.made.files
    assert [each.code for each in probe.warnings] == ["orphans"]
    assert all(sentence(each) for each in [problem, *probe.warnings])


def test_the_fingerprint_changes_with_a_leg_and_with_a_byte(
    calls: Calls, cdr_postgresql: Postgres, connector: Connector
) -> None:
    (ref,) = calls.made.cases["leap_day"]
    before = connector.fingerprints([ref])[ref]
    with psycopg.connect(cdr_postgresql.dsn, autocommit=True) as owner:
        for column, value in (("userfield", "'x'"), ("billsec", "billsec + 1"), ("disposition", "'BUSY'")):
            old = owner.execute(f"SELECT {column} FROM cdr WHERE linkedid = %s AND lastapp = 'Queue'", [ref]).fetchone()
            owner.execute(f"UPDATE cdr SET {column} = {value} WHERE linkedid = %s AND lastapp = 'Queue'", [ref])
            assert connector.fingerprints([ref])[ref] != before, column
            assert old is not None
            owner.execute(f"UPDATE cdr SET {column} = %s WHERE linkedid = %s AND lastapp = 'Queue'", [old[0], ref])
    assert connector.fingerprints([ref])[ref] == before
    sink = MemorySink()
    list(connector.snapshot([ref], sink))
    path = sink.units_seen[0].files[0].path
    assert path is not None
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert connector.fingerprints([ref])[ref] != before
    path.write_bytes(whole)
    assert connector.fingerprints([ref])[ref] == before


def test_a_unit_holds_the_facts_of_all_legs(calls: Calls, connector: Connector) -> None:
    (ref,) = calls.made.cases["two_files"]
    sink = MemorySink()
    list(connector.snapshot([ref], sink))
    facts = sink.units_seen[0].facts
    legs = facts["legs"]
    assert isinstance(legs, list)
    assert facts["zone"] == "Asia/Jakarta"
    assert len(legs) == len([leg for leg in calls.legs if leg.linkedid == ref])
    first = next(leg for leg in calls.legs if leg.linkedid == ref)
    assert set(legs[0]) == {name for name, value in first._asdict().items() if value != ""}


def test_a_call_without_a_date_is_listed_and_never_due(calls: Calls, cdr_mariadb: MariaDb) -> None:
    """MySQL keeps 0000-00-00 where the clock was wrong."""
    leg = calls.legs[0]._replace(linkedid="zero.1", uniqueid="zero.1", recordingfile="zero.wav")
    with cdr_mariadb.root() as root, root.cursor() as cursor:
        cdr.insert_mariadb(root, [leg])
        cursor.execute("SET SESSION sql_mode = ''")
        cursor.execute("UPDATE cdr SET calldate = '0000-00-00 00:00:00' WHERE linkedid = 'zero.1'")
        try:
            source = opened(calls, cdr_mariadb)
            (listed,) = [each for each in everything(source) if each.ref == "zero.1"]
            assert (listed.started_at, listed.last_activity_at) == (None, None)
            undated = {each.ref for each in everything(source) if each.started_at is None}
            assert undated == {"zero.1", *(leg.linkedid for leg in calls.legs if leg.calldate.year == 1970)}
            due = everything(source, Cut(datetime(2100, 1, 1, tzinfo=UTC)))
            assert {each.ref for each in due} == {each.ref for each in everything(source)} - undated
            assert source.oldest_uncovered({"zero.1": datetime(2000, 1, 1, tzinfo=UTC)}) == {"zero.1": None}
            source.close()
        finally:
            cursor.execute("DELETE FROM cdr WHERE linkedid = 'zero.1'")


def test_mariadb_says_what_its_user_may(calls: Calls, cdr_mariadb: MariaDb) -> None:
    source = opened(calls, cdr_mariadb)
    probe = source.probe()
    assert probe.problems == []
    assert "may_write" not in {each.code for each in probe.warnings}
    assert "MariaDB" in probe.version
    with cdr_mariadb.root() as root, root.cursor() as cursor:
        cursor.execute("GRANT DELETE ON asteriskcdrdb.cdr TO kendali@'127.0.0.1', kendali@localhost")
        assert "may_write" in {each.code for each in source.probe().warnings}
        cursor.execute("REVOKE DELETE ON asteriskcdrdb.cdr FROM kendali@'127.0.0.1', kendali@localhost")
        cursor.execute("ALTER TABLE cdr DROP KEY linkedid")
        assert "no_index" in {each.code for each in source.probe().warnings}
        cursor.execute("ALTER TABLE cdr ADD KEY linkedid (linkedid)")
    assert all("baca-saja" not in right for right in probe.rights)
    source.close()


def test_mariadb_that_is_gone_in_the_middle_is_one_clear_error(calls: Calls, cdr_mariadb: MariaDb) -> None:
    source = opened(calls, cdr_mariadb)
    refs = [listed.ref for listed in everything(source)]
    with cdr_mariadb.root() as root, root.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE user = 'kendali'")
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {number}")
    with pytest.raises(SourceError) as raised:
        list(source.snapshot(refs, MemorySink()))
    assert raised.value.code == "connection_lost"
    assert len(list(source.snapshot(refs, MemorySink()))) == len(refs)
    source.close()


def test_calls_without_a_linkedid_are_told_and_can_be_read_by_another_column(calls: Calls, tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    cdr.append_master_csv(path, [leg._replace(linkedid="") for leg in calls.legs[:4]])
    config = {"monitor": str(calls.monitor), "database": "csv", "csv": str(path)}
    source = open_connector("asterisk", "recording", config, {})
    assert everything(source) == []
    (warning,) = [each for each in source.probe().warnings if each.code == "calls_without_id"]
    assert "linkedid" in sentence(warning)
    source.close()
    other = open_connector("asterisk", "recording", {**config, "call_column": "uniqueid"}, {})
    assert everything(other)
    assert "calls_without_id" not in {each.code for each in other.probe().warnings}
    other.close()


def test_master_csv_grows_and_its_bad_lines_are_named(calls: Calls, tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    cdr.append_master_csv(path, calls.legs[:6])
    config = {"monitor": str(calls.monitor), "database": "csv", "csv": str(path)}
    source = open_connector("asterisk", "recording", config, {})
    first = everything(source)
    cdr.append_master_csv(path, calls.legs[6:30])
    with path.open("a") as file:
        file.write('"cut off","in the mid')
    assert len(everything(source)) > len(first)
    (warning,) = [each for each in source.probe().warnings if each.code == "row_unreadable"]
    assert "Master.csv" in sentence(warning)
    source.close()
    path.write_text("one,two\n")
    with pytest.raises(SourceError, match="csv_columns"):
        source.due(None, "", 1)


def test_files_beside_and_above_the_tree_are_not_opened(calls: Calls, tmp_path: Path) -> None:
    monitor = tmp_path / "monitor"
    monitor.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"RIFF")
    (monitor / "link.wav").symlink_to(tmp_path / "secret.wav")
    names = ["../secret.wav", "/etc/passwd", "link.wav", "a\0b.wav"]
    legs = [
        calls.legs[0]._replace(linkedid=f"1.{n}", recordingfile=f"audio:{name}") for n, name in enumerate(names[:3])
    ]
    path = tmp_path / "Master.csv"
    cdr.append_master_csv(path, [leg._replace(recordingfile=leg.recordingfile.removeprefix("audio:")) for leg in legs])
    source = open_connector("asterisk", "recording", {"monitor": str(monitor), "database": "csv", "csv": str(path)}, {})
    sink = MemorySink()
    codes = {
        each.ref: [problem.code for problem in each.problems] for each in source.snapshot(["1.0", "1.1", "1.2"], sink)
    }
    assert codes == {f"1.{n}": ["file_outside"] for n in range(3)}
    assert sink.units_seen == []
    source.close()


def changed(data: bytes, **_: object) -> bytes:
    return data


def wav(length: int, claimed: int | None = None, chunk: bytes = b"") -> bytes:
    said = length if claimed is None else claimed
    body = b"WAVEfmt " + (16).to_bytes(4, "little") + bytes(16) + chunk + b"data" + said.to_bytes(4, "little")
    return b"RIFF" + ((len(body) + said) & 0xFFFFFFFF).to_bytes(4, "little") + body + bytes(length)


def ogg(last: bool = True, cut: int = 0) -> bytes:
    page = b"OggS\0" + bytes([4 if last else 0]) + bytes(20) + bytes([1, 100]) + bytes(100)
    return (b"OggS\0\2" + bytes(20) + bytes([1, 10]) + bytes(10) + page)[: -cut or None]


def xing(claimed: int, length: int) -> bytes:
    head = (
        b"\xff\xfb\x90\x64"
        + bytes(32)
        + b"Xing"
        + (3).to_bytes(4, "big")
        + (9).to_bytes(4, "big")
        + claimed.to_bytes(4, "big")
    )
    return head + bytes(length - len(head))


AUDIO: list[tuple[str, bytes, str]] = [
    ("a.wav", wav(320), ""),
    ("a.wav", wav(320, chunk=b"LIST\4\0\0\0abcd"), ""),
    ("a.WAV", wav(65), ""),
    ("a.wav", wav(320)[:-1], "file_truncated"),
    ("a.wav", wav(320, claimed=0), "file_truncated"),
    ("a.wav", wav(0), ""),
    ("a.wav", wav(320, claimed=0xFFFFFFFF), ""),
    ("a.wav", wav(320)[:30], "file_truncated"),
    ("a.wav", b"<html>no such page</html>", "file_not_audio"),
    ("a.opus", ogg(), ""),
    ("a.ogg", ogg(last=False), "file_truncated"),
    ("a.ogg", ogg(cut=20), "file_truncated"),
    ("a.ogg", b"RIFFxxxxWAVE", "file_not_audio"),
    ("a.mp3", b"\xff\xfb\x90\x64" + bytes(400), ""),
    ("a.mp3", b"ID3\4\0\0\0\0\0\7" + bytes(7) + b"\xff\xfb\x90\x64" + bytes(400), ""),
    ("a.mp3", b"ID3\4\0\0\0\0\7\7" + bytes(7), "file_truncated"),
    ("a.mp3", xing(500, 500), ""),
    ("a.mp3", xing(900, 500), "file_truncated"),
    ("a.mp3", b"not music", "file_not_audio"),
    ("a.gsm", b"\xd2" + bytes(65), ""),
    ("a.gsm", b"\xd2" + bytes(60), "file_truncated"),
    ("a.gsm", b"text", "file_not_audio"),
    ("a.sln", b"anything", ""),
]


@pytest.mark.parametrize(("name", "content", "code"), AUDIO)
def test_damaged_audio_is_told_from_whole(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert [problem.code for problem in audio.check(path, len(content), "1", name)] == ([code] if code else [])


def test_every_recording_of_the_sample_is_whole_unless_it_was_broken_on_purpose(calls: Calls) -> None:
    broken = [
        path.name
        for path in sorted(calls.monitor.rglob("*.*"))
        if path.is_file() and path.stat().st_size and audio.check(path, path.stat().st_size, "", "")
    ]
    (ref,) = calls.made.cases["truncated_file"]
    assert len(broken) == 1
    assert ref in broken[0]


def people(**changes: str) -> tuple[str, str, str]:
    leg = {"calldate": datetime(2024, 1, 1), "recordingfile": "a.wav", "duration": 5, **changes}  # noqa: DTZ001
    from zoneinfo import ZoneInfo

    one = call("1", [leg], Names("calldate", "recordingfile", "duration", ZoneInfo("Asia/Jakarta")))
    return one.agent, one.customer_phone, one.customer_name


def test_the_long_number_is_the_customer_and_the_short_one_the_agent() -> None:
    name = '"Siti Rahayu" <08123456789>'
    assert people(src="08123456789", dst="600", clid=name, dstchannel="PJSIP/1001-0000a") == (
        "1001",
        "08123456789",
        "Siti Rahayu",
    )
    assert people(src="1002", dst="08123456789", clid='"Agus" <1002>', channel="SIP/1002-01") == (
        "1002",
        "08123456789",
        "",
    )
    assert people(src="1002", dst="08123456789", clid="", channel="Local/x@y") == ("1002", "08123456789", "")
    assert people(src="anonymous", dst="s", clid="") == ("", "", "")


def test_settings_that_cannot_work_are_refused_at_once(calls: Calls) -> None:
    make: Callable[..., Connector] = lambda **config: open_connector(  # noqa: E731
        "asterisk", "recording", {"monitor": "/x", "database": "csv", "csv": "/x", **config}, {}
    )
    for field, value in (("zone", "Asia/Bandung"), ("database", "oracle")):
        with pytest.raises(SourceError, match=field):
            make(**{field: value})
    with pytest.raises(SourceError, match="table"):
        make(database="mysql", host="h", dbname="d", user="u", table="cdr; drop table cdr")
    with pytest.raises(SourceError, match="record_class"):
        open_connector("asterisk", "conversation", {}, {})
    assert dataclasses.asdict(make().capabilities())["deletes_by"] == "none"
    assert make(delete_by="files").capabilities().deletes_by == "files"
