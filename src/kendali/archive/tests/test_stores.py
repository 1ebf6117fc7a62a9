from __future__ import annotations

import os
import resource
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kendali.archive.errors import (
    StoreExistsError,
    StoreFullError,
    StoreMissingError,
    StoreRefusedError,
    StoreUnreachableError,
)
from kendali.archive.folder_store import os_errors
from kendali.archive.stores import COMMIT_MARK, Store, clean_temporary, open_store, packages
from kendali.archive.tests.s3_server import S3

LATER = datetime.now(UTC) + timedelta(days=1)


def test_what_was_put_is_read_whole_by_range_and_as_a_stream(store: Store) -> None:
    data = os.urandom(3_000_001)
    store.put("keyrings/p/000001", data)
    assert store.read("keyrings/p/000001") == data
    assert store.size("keyrings/p/000001") == len(data)
    assert store.read_range("keyrings/p/000001", 100, 1000) == data[100:1100]
    room = memoryview(bytearray(4_000_000))
    with store.stream("keyrings/p/000001") as stream:
        filled = 0
        while count := stream.readinto(room[filled:]):
            filled += count
    assert room[:filled] == data


def test_nothing_is_written_twice(store: Store) -> None:
    store.put("a/b", b"first")
    with pytest.raises(StoreExistsError):
        store.put("a/b", b"second")
    assert store.read("a/b") == b"first"


def test_what_is_not_there_is_said_to_be_missing(store: Store) -> None:
    for ask in (store.read, store.size, store.delete):
        with pytest.raises(StoreMissingError):
            ask("no/such")
    store.put("a/short", b"abc")
    with pytest.raises(StoreMissingError):
        store.read_range("a/short", 1, 10)


def test_listing_is_in_order_and_deleting_takes_one(store: Store) -> None:
    for key in ("x/2", "x/1/a", "y/3"):
        store.put(key, key.encode())
    assert [entry.key for entry in store.entries("x")] == ["x/1/a", "x/2"]
    store.delete("x/2")
    assert [(entry.key, entry.size) for entry in store.entries("x")] == [("x/1/a", 5)]


@pytest.mark.parametrize("key", ["../out", "/etc/passwd", "a//b", "a/../b", "", "a/./b", "a\\b", "a\nb"])
def test_a_name_that_climbs_is_refused(folder: Store, key: str) -> None:
    with pytest.raises(StoreRefusedError):
        folder.put(key, b"")


def test_a_package_is_listed_only_after_its_commit_and_cannot_be_committed_twice(store: Store) -> None:
    first, second = store.draft("packages/c/p1"), store.draft("packages/c/p1")
    for draft in (first, second):
        draft.path("data/a.tar").write_bytes(b"a" * 1000)
        assert list(packages(store)) == []
        if draft is first or store.local("x") is not None:
            draft.publish("data/a.tar")
    assert list(packages(store)) == []
    first.commit(b"sums")
    assert list(packages(store)) == ["packages/c/p1"]
    with pytest.raises(StoreExistsError):
        second.commit(b"other")
    assert store.read("packages/c/p1/" + COMMIT_MARK) == b"sums"
    with pytest.raises(StoreExistsError):
        store.draft("packages/c/p1")


def test_a_big_file_goes_up_in_parts_and_is_never_replaced(store: Store) -> None:
    data = os.urandom(20 * 1024 * 1024)
    draft = store.draft("packages/c/big")
    draft.path("data/a.tar").write_bytes(data)
    draft.publish("data/a.tar")
    draft.commit(b"sums")
    assert store.read("packages/c/big/data/a.tar") == data


def test_leftovers_go_and_complete_packages_stay(store: Store, tmp_path: Path) -> None:
    done, left = store.draft("packages/c/done"), store.draft("packages/c/left")
    for draft in (done, left):
        draft.path("data/a.tar").write_bytes(b"a")
        draft.publish("data/a.tar")
    done.commit(b"sums")
    assert clean_temporary(store, datetime.now(UTC) - timedelta(days=1)) == []
    assert clean_temporary(store, LATER)
    assert clean_temporary(store, LATER) == []
    assert list(packages(store)) == ["packages/c/done"]
    assert not list(tmp_path.glob("spool/*"))
    assert [entry.key for entry in store.entries("packages") if "left" in entry.key] == []


def test_an_abandoned_draft_leaves_nothing(store: Store, tmp_path: Path) -> None:
    draft = store.draft("packages/c/p")
    draft.path("data/a.tar").write_bytes(b"a")
    draft.publish("data/a.tar")
    draft.abandon()
    assert list(store.entries("packages")) == []
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_removing_a_package_takes_its_bytes(store: Store) -> None:
    draft = store.draft("packages/c/p")
    draft.path("data/a.tar").write_bytes(b"a")
    draft.publish("data/a.tar")
    draft.commit(b"sums")
    store.remove_package("packages/c/p")
    assert list(store.entries("packages")) == []


def test_files_of_a_folder_are_for_the_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        store = open_store(str(tmp_path / "store"))
        store.put("a/b/c", b"x")
        draft = store.draft("packages/p")
        draft.path("data/x")
        draft.commit(b"sums")
    finally:
        os.umask(old)
    modes = {p.is_dir(): stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "store").rglob("*")}
    assert modes == {True: 0o700, False: 0o600}


def test_a_full_disk_is_told_as_such_and_leaves_no_file(folder: Store) -> None:
    """/dev/full is the kernel's own full disk; the size limit of the process stands in for a quota."""
    with pytest.raises(StoreFullError), os_errors("x"), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StoreFullError):
            folder.put("a/big", bytes(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(folder.entries("")) == []


def test_a_wrong_password_is_a_refusal_and_a_dead_host_is_unreachable(s3: S3) -> None:
    with pytest.raises(StoreRefusedError):
        open_store("nonsense://x")
    dead = s3.options | {"endpoint": "http://127.0.0.1:1", "retries": "0"}
    with pytest.raises(StoreUnreachableError):
        open_store("s3://bucket/x", dead).read("a")
    with pytest.raises(StoreMissingError):
        open_store("s3://no-such-bucket-here/x", s3.options | {"retries": "0"}).read("a")
