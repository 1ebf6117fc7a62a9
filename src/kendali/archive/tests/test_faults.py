"""Losing the process, a lane, the disk's space or the store in the middle: a whole package, or nothing that counts."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from kendali.archive.errors import PackageError, StoreFullError, StoreUnreachableError
from kendali.archive.stores import Store, clean_temporary, open_store, packages
from kendali.archive.tests.packages import RECORDINGS, calls, recordings, write
from kendali.archive.tests.s3_server import s3_server
from kendali.archive.verify import verify_package
from kendali.connectors.base import Sink, Snapshot

LATER = datetime.now(UTC) + timedelta(days=1)

WRITER = """
import sys
from pathlib import Path
from kendali.archive.stores import open_store
from kendali.archive.tests.packages import RECORDINGS, local_file, recordings
from kendali.archive.writer import write_package
from kendali.connectors.base import Unit

store, source, package_id = open_store(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
units = [Unit(path.name, "", [local_file(path)]) for path in sorted(source.iterdir())]
print("ready", flush=True)
write_package(store, package_id=package_id, info=RECORDINGS, package_key=bytes(range(32)), fill=recordings(units),
              processes=2, pack_size=20_000_000)
print("done", flush=True)
"""


@contextmanager
def _largest_file(size: int) -> Iterator[None]:
    """A full disk as a process meets it: writes end with an error, in this process and in those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("processes", [0, 2])
def test_a_disk_that_fills_up_is_told_and_leaves_nothing(folder: Store, tmp_path: Path, processes: int) -> None:
    units = calls(tmp_path / "monitor", 40, 3_000_000)
    with _largest_file(35_000_000 if processes else 10_000_000), pytest.raises(StoreFullError):
        write(folder, RECORDINGS, recordings(units), processes=processes, pack_size=80_000_000)
    assert list(folder.entries("")) == []
    written, key = write(folder, RECORDINGS, recordings(units), processes=processes)
    assert verify_package(folder, written.path, key) == []


def test_a_lane_that_dies_is_told_and_leaves_nothing(folder: Store, tmp_path: Path) -> None:
    def fill(sink: Sink) -> Iterator[Snapshot]:
        for number, snapshot in enumerate(recordings(calls(tmp_path / "monitor", 60, 3_000_000))(sink)):
            yield snapshot
            if number == 30:
                for child in psutil.Process().children():
                    if child.status() != psutil.STATUS_ZOMBIE and "kendali.archive.lane_process" in child.cmdline():
                        child.kill()

    with pytest.raises(PackageError, match="lane_died"):
        write(folder, RECORDINGS, fill, processes=2)
    assert list(folder.entries("")) == []


def test_a_store_that_goes_away_is_told(tmp_path: Path) -> None:
    with s3_server() as server:
        options = server.options | {"retries": "0", "spool": str(tmp_path)}
        store = open_store(f"s3://{server.bucket()}/x", options)

        def fill(sink: Sink) -> Iterator[Snapshot]:
            yield from recordings(calls(tmp_path / "monitor", 3))(sink)
            server.stop()

        with pytest.raises(StoreUnreachableError):
            write(store, RECORDINGS, fill)
    assert not list(tmp_path.glob("kendali-spool-*"))


def _killed_after(delay: float, store: str, source: Path, package_id: str) -> None:
    words = [sys.executable, "-c", WRITER, store, str(source), package_id]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": ":".join(sys.path)})
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    lanes = psutil.Process(process.pid).children
    try:
        process.wait(timeout=delay)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGSTOP)  # so that it starts none that is not listed
        orphans = lanes()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not psutil.wait_procs(orphans, timeout=60)[1]  # no lane goes on without its parent
    process.stdout.close()


def _rounds(count: int, tmp_path: Path) -> None:
    source, seed = tmp_path / "monitor", time.time_ns()
    calls(source, 60, 2_500_000)
    chance = random.Random(seed)
    store = open_store(str(tmp_path / "store"))
    for number in range(count):
        _killed_after(chance.uniform(0.0, 1.2), store.url, source, f"p{number}")
        for path in packages(store):
            assert verify_package(store, path, bytes(range(32)), processes=0) == [], (seed, number)
        clean_temporary(store, LATER)
        left = [entry.key for entry in store.entries("packages")]
        assert {key.split("/data/")[0] for key in left if "/data/" in key} == set(packages(store)), (seed, number)
        assert not list((tmp_path / "store/.drafts").iterdir())
        for path in list(packages(store)):
            store.remove_package(path)


def test_a_writer_killed_anywhere_leaves_a_whole_package_or_nothing(tmp_path: Path) -> None:
    _rounds(4, tmp_path)


@pytest.mark.long
def test_a_writer_killed_anywhere_fifty_times(tmp_path: Path) -> None:
    _rounds(50, tmp_path)
