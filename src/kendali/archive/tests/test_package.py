"""A package written, verified and read: what goes in comes out, and nothing half comes out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kendali import fingerprint
from kendali.archive import verify_tables_process
from kendali.archive.errors import EmptyPackageError, PackageError, SealError
from kendali.archive.keyring import keyed_digest
from kendali.archive.package import load_keyring
from kendali.archive.reader import Package, open_recording, read_attachment, read_conversation, scan_text
from kendali.archive.stores import Store, packages
from kendali.archive.tests.packages import (
    CONVERSATIONS,
    RECORDINGS,
    Chat,
    bytes_file,
    calls,
    recordings,
    write,
)
from kendali.archive.verify import verify_package
from kendali.connectors.base import FileDigest, Sink, Snapshot, SourceError, SourceFile, Unit

CHAT = Chat(
    {str(number): [f"Halo {number}-{line} 😀 \u202e" for line in range(number % 5)] for number in range(1000, 1300)},
    {"1003": [bytes_file("foto.jpg", b"\xff\xd8jpeg"), bytes_file("surat.pdf", b"")], "1200": [bytes_file("x", b"1")]},
)


def test_recordings_come_back_byte_for_byte_with_their_facts(store: Store, tmp_path: Path) -> None:
    units = calls(tmp_path / "monitor", 12)
    written, key = write(store, RECORDINGS, recordings(units))
    assert list(packages(store)) == [written.path]
    assert verify_package(store, written.path, key, expected=written.tagmanifest_sha256) == []
    for unit, record in zip(units, written.records, strict=True):
        assert record.slot is not None
        opened = open_recording(store, written.path, key, record.slot)
        ((name, stream),) = opened.files
        assert (opened.ref, opened.facts, name) == (unit.ref, unit.facts, unit.files[0].name)
        data = unit.files[0].open().read()
        assert stream.read() == data
        stream.seek(40_000)
        assert stream.read(100) == data[40_000:40_100]


def test_conversations_come_back_row_for_row_with_their_attachments(store: Store) -> None:
    written, key = write(store, CONVERSATIONS, CHAT.fill)
    assert verify_package(store, written.path, key) == []
    records = {record.ref: record for record in written.records}
    for ref in ("1000", "1003", "1299"):
        tables = read_conversation(store, written.path, key, ref)
        assert tables["messages"]["content"].to_pylist() == list(CHAT.texts[ref])
        assert tables["messages"].schema.field("seen_at").metadata == {b"kendali.volatile": b"1"}
        digest = keyed_digest(Package(store, written.path, key).keyring.conversation_salt(ref), _print(tables, ref))
        assert digest == records[ref].keyed_digest
    photo = read_attachment(store, written.path, key, records["1003"].parts["foto.jpg"])
    assert [(name, stream.read()) for name, stream in photo.files] == [("foto.jpg", b"\xff\xd8jpeg")]
    assert read_conversation(store, written.path, key, "no such")["messages"].num_rows == 0


def _print(tables: dict, ref: str) -> bytes:  # type: ignore[type-arg]
    return fingerprint.conversations(tables, [ref])[ref]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_large_package_is_verified_in_parts_of_its_records(
    folder: Store, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conversations without messages, row groups that span the parts: every record is compared once."""
    chat = Chat({str(n): [f"{n}-{line}" for line in range(n * 7 % 130)] for n in range(300)}, batch=50)
    written, key = write(folder, CONVERSATIONS, chat.fill)
    monkeypatch.setattr(verify_tables_process, "RECORDS_EACH", 50)
    seen: list[int] = []
    problems = verify_package(folder, written.path, key, processes=count, progress=lambda p: seen.append(p.records))
    assert problems == []
    assert seen[-1] == 300


def test_text_is_found_in_whatever_case_it_was_written(folder: Store) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    seen: list[tuple[int, int]] = []
    assert list(scan_text(folder, written.path, key, "hALO 1003-2", lambda a, b: seen.append((a, b)))) == ["1003"]
    assert list(scan_text(folder, written.path, key, "no such words")) == []
    assert seen[-1][0] == seen[-1][1] > 0


def test_the_bag_shows_no_name_no_number_and_no_source_id(folder: Store, tmp_path: Path) -> None:
    written, _ = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 3)))
    place = folder.local(written.path)
    assert place is not None
    heard = [path.read_bytes()[:16] for path in (tmp_path / "monitor").iterdir()]
    for path in place.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in (b"out-0812", b"0812000000", b"17000000", b"seconds", *heard):
            assert secret not in content, path


def test_what_the_mapping_says_is_also_inside_the_package(folder: Store, tmp_path: Path) -> None:
    written, key = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 5)))
    inside = list(Package(folder, written.path, key).records())
    assert [(r.ref, r.slot, r.keyed_digest, r.parts) for r in inside] == [
        (r.ref, r.slot, r.keyed_digest, r.parts) for r in written.records
    ]


def test_another_key_opens_nothing(folder: Store, tmp_path: Path) -> None:
    written, _ = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 2)))
    with pytest.raises(SealError):
        open_recording(folder, written.path, os.urandom(32), 1)
    assert [p.code for p in verify_package(folder, written.path, os.urandom(32))] == ["package_does_not_open"]


def _refusing() -> SourceFile:
    def refuse():  # type: ignore[no-untyped-def]
        raise SourceError("checksum_differs", expected="a")

    return SourceFile("refused.wav", 10, refuse)


def test_a_file_that_is_missing_cut_grown_or_refused_is_a_problem_and_not_in_the_pack(
    store: Store, tmp_path: Path
) -> None:
    good = calls(tmp_path / "monitor", 2)
    gone = SourceFile("gone.wav", 5, lambda: (tmp_path / "gone.wav").open("rb"), tmp_path / "gone.wav")
    bad = [
        Unit("gone", "", [gone]),
        Unit("cut", "", [bytes_file("cut.wav", bytes(3_000_000), size=3_000_001)]),
        Unit("grown", "", [bytes_file("ok.wav", b"x"), bytes_file("grown.wav", bytes(100), size=99)]),
        Unit("refused", "", [_refusing()]),
        Unit("folder", "", [SourceFile("folder", 5, lambda: tmp_path.open("rb"), tmp_path)]),
    ]
    written, key = write(store, RECORDINGS, recordings([good[0], *bad, good[1]]))
    found = {record.ref: [p.code for p in record.problems] for record in written.records if record.problems}
    assert found == {
        "gone": ["file_missing"],
        "cut": ["file_changed_while_copying"],
        "grown": ["file_changed_while_copying"],
        "refused": ["checksum_differs"],
        "folder": ["file_unreadable"],
    }
    assert [record.slot for record in written.records if not record.problems] == [1, 7]
    assert verify_package(store, written.path, key) == []
    with pytest.raises(PackageError, match="slot_empty"):
        open_recording(store, written.path, key, 2)
    assert open_recording(store, written.path, key, 7).files[0][1].read() == good[1].files[0].open().read()


def test_nothing_copied_is_no_package(store: Store, tmp_path: Path) -> None:
    gone = SourceFile("gone.wav", 5, lambda: (tmp_path / "gone.wav").open("rb"))
    with pytest.raises(EmptyPackageError) as caught:
        write(store, RECORDINGS, recordings([Unit("gone", "", [gone])]))
    assert [record.ref for record in caught.value.records] == ["gone"]  # type: ignore[attr-defined]
    with pytest.raises(EmptyPackageError):
        write(store, RECORDINGS, lambda sink: [])
    assert list(store.entries("")) == []


def test_a_failure_in_the_middle_leaves_nothing(store: Store, tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop_later(sink: Sink) -> Iterator[Snapshot]:
        yield from recordings(calls(tmp_path / "monitor", 3))(sink)
        raise StopError

    with pytest.raises(StopError):
        write(store, RECORDINGS, stop_later)
    with pytest.raises(StopError):
        write(store, CONVERSATIONS, lambda sink: _then(CHAT.fill(sink), StopError))
    assert list(store.entries("")) == []


def _then(snapshots: Iterator[Snapshot], error: type[Exception]) -> Iterator[Snapshot]:
    yield from snapshots
    raise error


def test_check_stops_the_work_before_anything_counts(folder: Store, tmp_path: Path) -> None:
    class FencedError(Exception):
        pass

    calls_left = 5

    def check() -> None:
        nonlocal calls_left
        calls_left -= 1
        if calls_left < 0:
            raise FencedError

    with pytest.raises(FencedError):
        write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 30)), check=check)
    assert list(folder.entries("")) == []


def test_keys_are_stored_before_the_first_byte_and_grow_before_they_are_used(store: Store) -> None:
    units = [Unit(str(n), "", [bytes_file(f"{n}.wav", b"x" * n)]) for n in range(5000)]
    written, key = write(store, RECORDINGS, recordings(units))
    assert written.keyring_generation == 2
    assert [entry.key for entry in store.entries("keyrings")] == [written.keyring_object]
    ring, generation = load_keyring(store, written.path.rsplit("/", 1)[-1], key)
    assert generation == 2
    assert len(ring) >= 5001
    assert open_recording(store, written.path, key, 5000).files[0][1].read() == b"x" * 4999


def test_packs_are_split_by_size(folder: Store, tmp_path: Path) -> None:
    written, key = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 20)), pack_size=200_000)
    packs = [entry.key for entry in folder.entries(written.path) if entry.key.endswith(".tar")]
    assert len(packs) == 5
    assert verify_package(folder, written.path, key) == []


def test_processes_write_the_same_package_as_threads(folder: Store, tmp_path: Path) -> None:
    units = calls(tmp_path / "monitor", 40, 3_000_000)
    nowhere = tmp_path / "no such"
    missing = Unit("missing", "", [SourceFile("m.wav", 9, lambda: nowhere.open("rb"), nowhere)])
    written, key = write(folder, RECORDINGS, recordings([*units[:30], missing, *units[30:]]), processes=2)
    packs = [entry.key.rsplit("/", 1)[-1] for entry in folder.entries(written.path) if entry.key.endswith(".tar")]
    assert {name.split("-")[1] for name in packs} == {"0", "1", "2"}
    assert verify_package(folder, written.path, key) == []
    assert [r.ref for r in written.records if r.problems] == ["missing"]
    assert [r.slot for r in written.records if r.slot] == [n for n in range(1, 42) if n != 31]


def test_two_attachments_of_one_name_stay_apart(folder: Store) -> None:
    files = [bytes_file("foto.jpg", b"one"), bytes_file("foto.jpg", b"two"), bytes_file("call.json", b"three")]
    written, key = write(folder, RECORDINGS, recordings([Unit("1", "", [*files, bytes_file("../../x", b"four")])]))
    opened = open_recording(folder, written.path, key, 1)
    assert [(name, stream.read()) for name, stream in opened.files] == [
        ("foto.jpg", b"one"),
        ("foto.jpg", b"two"),
        ("call.json", b"three"),
        ("../../x", b"four"),
    ]
    assert verify_package(folder, written.path, key) == []


def test_results_come_in_the_order_of_the_units_with_their_sums(folder: Store, tmp_path: Path) -> None:
    units = calls(tmp_path / "monitor", 10)
    seen: list[tuple[str, list[FileDigest]]] = []

    def fill(sink: Sink) -> Iterator[Snapshot]:
        for result in sink.units(iter(units)):
            seen.append((result.ref, list(result.files)))
            yield Snapshot(result.ref, fingerprint.unit({}, result.files), None, None)

    write(folder, RECORDINGS, fill)
    assert [ref for ref, _ in seen] == [unit.ref for unit in units]
    assert [f[0].size for _, f in seen] == [unit.files[0].size for unit in units]
