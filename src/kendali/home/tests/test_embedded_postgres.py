"""The embedded server, started as people start it: from a process of its own, as root and as a normal user."""

from __future__ import annotations

import contextlib
import os
import pwd
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from conftest import each
from kendali.home import embedded_postgres, postgres_place
from kendali.home.embedded_postgres import Server, pid_file, running, serving
from kendali.home.postgres_place import CannotStart, Place, place_for

SOURCES = Path(__file__).parents[3]
HOLD = """
import os, sys
from pathlib import Path
import psycopg
from kendali.home.embedded_postgres import Server
from kendali.home.postgres_place import place_for
if os.geteuid() == 0 and sys.argv[2] != "0":
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[2]))
server = Server(place_for(Path(sys.argv[1])))
print(server.start(), flush=True)
sys.stdin.read()
server.stop(wait_for_others=True)
"""
WHO = each("root", "nobody") if os.geteuid() == 0 else [pwd.getpwuid(os.geteuid()).pw_name]

Hold = Callable[[Path], "subprocess.Popen[str]"]


@pytest.fixture(params=WHO)
def hold(request: pytest.FixtureRequest, folder: Path) -> Iterator[Hold]:
    """Start a process that starts the server and keeps it until its input is closed."""
    account = pwd.getpwnam(request.param)
    started: list[subprocess.Popen[str]] = []

    def start(root: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(root), str(account.pw_uid)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"PYTHONPATH": str(SOURCES), "PATH": "/usr/bin:/bin"},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
    for process in started:
        process.wait(60)


def finish(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(60)


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def seen(root: Path) -> Place:
    """The place as root or the same user sees it; its socket is where the other process put it."""
    return Place(root, Path("/nowhere"))


def connect(root: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(seen(root).url("kendali_owner", "kendali"), autocommit=True)


def remember(root: Path, text: str) -> None:
    with connect(root) as database:
        database.execute("CREATE TABLE IF NOT EXISTS memory (text text)")
        database.execute("INSERT INTO memory VALUES (%s)", (text,))


def remembered(root: Path) -> list[object]:
    with connect(root) as database:
        return [row[0] for row in database.execute("SELECT text FROM memory ORDER BY text")]


def wait_for_end(pid: int) -> None:
    """Until the process is gone, without asking again and again."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        assert select.select([handle], [], [], 60)[0], "still running"
        os.close(handle)


def test_it_stops_with_its_process_and_starts_again_with_its_data(hold: Hold, folder: Path) -> None:
    process = hold(folder / "pg")
    assert answer(process) == "True"
    remember(folder / "pg", "first")
    finish(process)
    assert pid_file(seen(folder / "pg")) == []
    assert answer(hold(folder / "pg")) == "True"
    assert remembered(folder / "pg") == ["first"]


def test_it_dies_with_a_parent_that_was_killed_and_starts_again_with_its_data(hold: Hold, folder: Path) -> None:
    process = hold(folder / "pg")
    answer(process)
    remember(folder / "pg", "committed")
    postmaster = running(seen(folder / "pg"))
    assert postmaster
    process.kill()
    process.wait()
    wait_for_end(postmaster)
    assert answer(hold(folder / "pg")) == "True"
    assert remembered(folder / "pg") == ["committed"]


def test_it_recovers_after_the_server_itself_was_killed(hold: Hold, folder: Path) -> None:
    process = hold(folder / "pg")
    answer(process)
    remember(folder / "pg", "committed")
    postmaster = running(seen(folder / "pg"))
    assert postmaster
    os.kill(postmaster, signal.SIGKILL)
    process.kill()
    process.wait()
    assert answer(hold(folder / "pg")) == "True"
    assert remembered(folder / "pg") == ["committed"]


def test_of_two_starts_at_once_one_starts_it_and_both_use_it(hold: Hold, folder: Path) -> None:
    processes = [hold(folder / "pg"), hold(folder / "pg")]
    assert sorted(map(answer, processes)) == ["False", "True"]
    remember(folder / "pg", "shared")


def test_a_pid_file_that_names_somebody_elses_process_is_not_believed(hold: Hold, folder: Path) -> None:
    root = folder / "pg"
    finish(hold_once(hold, root))
    bystander = subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=root.joinpath("data").stat().st_uid)
    file = root / "data" / "postmaster.pid"
    file.write_text(f"{bystander.pid}\n{root / 'data'}\n1\n5432\n{root / 'socket'}\n\n 1 1\nready\n")
    os.chown(file, root.joinpath("data").stat().st_uid, -1)
    assert running(seen(root)) is None
    assert answer(hold(root)) == "True"
    assert bystander.poll() is None, "an unrelated process was ended"
    bystander.communicate(timeout=60)


def hold_once(hold: Hold, root: Path) -> subprocess.Popen[str]:
    process = hold(root)
    answer(process)
    return process


def test_data_and_socket_are_closed_to_others_and_nothing_outside_changes_its_mode(hold: Hold, folder: Path) -> None:
    before = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)]
    answer(hold(folder / "pg"))
    for name in ("data", "socket"):
        found = (folder / "pg" / name).stat()
        assert stat.S_IMODE(found.st_mode) == 0o700
        assert found.st_uid != 0
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)] == before


def test_nobody_reaches_it_over_the_network(hold: Hold, folder: Path) -> None:
    answer(hold(folder / "pg"))
    with connect(folder / "pg") as database:
        assert database.execute("SHOW listen_addresses").fetchone() == ("",)
    postmaster = running(seen(folder / "pg"))
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    listening = {line.split()[9] for table in tables for line in table}
    sockets = {os.readlink(handle) for handle in Path(f"/proc/{postmaster}/fd").iterdir()}
    assert not {f"socket:[{inode}]" for inode in listening} & sockets


def test_the_programs_role_has_no_power_and_each_database_is_closed_to_the_others_roles(folder: Path) -> None:
    place = place_for(folder / "pg")
    with serving(place):
        with psycopg.connect(place.url("kendali_owner", "kendali")) as database:
            rows = database.execute("SELECT rolname FROM pg_roles WHERE rolsuper OR rolcreaterole OR rolbypassrls")
            assert [row[0] for row in rows] == ["postgres"]
        strangers = (("omnichannel_reader", "kendali"), ("omnichannel_deleter", "kendali"))
        for role, name in (("kendali_app", "omnichannel"), *strangers):
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                psycopg.connect(place.url(role, name))


def test_a_path_too_long_for_a_socket_gets_a_short_socket_folder_that_goes_again(folder: Path) -> None:
    place = place_for(folder / ("long " * 20))
    with serving(place):
        assert len(os.fsencode(place.sockets)) < 60
        assert stat.S_IMODE(place.sockets.stat().st_mode) == 0o700
        psycopg.connect(place.url("kendali_app", "kendali")).close()
    assert not place.sockets.exists()


def test_an_interrupted_first_start_leaves_nothing_that_counts(folder: Path) -> None:
    place = place_for(folder / "pg")
    (place.root / "data.unfinished").mkdir()
    (place.root / "data.unfinished" / "PG_VERSION").write_text("18")
    with serving(place) as started:
        assert started


def test_data_of_another_major_version_is_refused_with_the_way_on(folder: Path) -> None:
    place = place_for(folder / "pg")
    place.data.mkdir(parents=True)
    (place.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 16, this is 18.*manage backup.*manage restore"):
        Server(place).start()


if os.geteuid() == 0:  # only root drops to another account

    def test_where_its_account_cannot_reach_the_installation_it_lives_outside(
        folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres_place, "OUTSIDE", folder / "lib")
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        place = place_for(closed / "pg")
        assert place.root.is_relative_to(folder / "lib")
        assert place.binaries.is_relative_to(folder / "lib")
        with serving(place):
            psycopg.connect(place.url("kendali_app", "kendali")).close()
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert place_for(closed / "pg") == place, "the data is found again"


def test_a_log_that_grew_large_is_put_aside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_postgres, "LOG_BYTES", 10)
    place = place_for(folder / "pg")
    for _ in range(2):
        with serving(place):
            pass
    assert place.log.with_suffix(".log.1").exists()
