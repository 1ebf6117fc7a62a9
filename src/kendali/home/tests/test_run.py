"""`kendali run` from the first start to Ctrl-C, as a person at a terminal has it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from kendali.home import installation
from kendali.home import run as run_module
from kendali.home.supervisor import Supervisor

Run = Callable[..., "subprocess.Popen[str]"]
LONGEST = 300  # s until all is down: PostgreSQL alone may write for a minute where the disk is busy


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def run(folder: Path, port: int) -> Iterator[Run]:
    """`kendali run --empty`, or with the sample, of an installation below `folder`, its words in one stream."""
    given = {"PATH": os.environ["PATH"], "KENDALI_HOME": str(folder / "var"), "PYTHONUNBUFFERED": "1"}
    given |= {"PYTHONPATH": str(installation.REPOSITORY / "src"), "DJANGO_SETTINGS_MODULE": "kendali.settings"}
    given |= {"KENDALI_HEARTBEAT_SECONDS": "1"}
    started: list[subprocess.Popen[str]] = []

    def start(*, empty: bool = True, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "kendali.home.run", *(["--empty"] if empty else []), f"--port={port}"]
        process = subprocess.Popen(
            command,
            env=given | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        with contextlib.suppress(ValueError):
            process.communicate(timeout=LONGEST)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return text
    raise AssertionError(f"never said {words!r}: {text}")


def wait_at_the_gate(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """The web server and the worker that are there, once both have imported what they need."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = [one for one in psutil.Process(run.pid).children(recursive=True) if is_at_the_gate(one)]
        if len(found) == 2:
            return found
        time.sleep(0.1)
    raise AssertionError("nobody waits")


def is_at_the_gate(process: psutil.Process) -> bool:
    try:
        return any(file.path.endswith("/run.gate") for file in process.open_files())
    except psutil.NoSuchProcess:
        return False


def app_url(folder: Path) -> str:
    lines = (folder / "var" / "environment").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith("DATABASE_URL="))


def test_it_starts_answers_stops_on_ctrl_c_and_comes_back_with_its_data_and_keys(
    run: Run, folder: Path, port: int
) -> None:
    first = run()
    read_until(first, "ready after")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=60) as answer:
        assert answer.status == 200
    keys = (folder / "var" / "environment").read_text()
    assert stat.S_IMODE((folder / "var" / "environment").stat().st_mode) == 0o600
    with psycopg.connect(app_url(folder), autocommit=True) as database:
        database.execute("INSERT INTO django_content_type (app_label, model) VALUES ('mark', 'one')")
    os.killpg(first.pid, signal.SIGINT)
    words, _ = first.communicate(timeout=LONGEST)
    assert first.returncode == 0
    assert "stopped" in words
    assert "Traceback" not in words

    second = run()
    read_until(second, "ready after")
    with psycopg.connect(app_url(folder)) as database:
        assert database.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'mark'").fetchone() == (1,)
    assert (folder / "var" / "environment").read_text() == keys


def test_told_to_stop_while_the_table_of_users_is_made_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    says_and_stays = f"import os, time; open({str(begun)!r}, 'w').write(str(os.getpid())); time.sleep(3600)"
    monkeypatch.setattr(run_module, "MODULE", [sys.executable, "-c", says_and_stays])
    supervisor = Supervisor()
    sleep = time.sleep

    def nap(seconds: float) -> None:
        supervisor.stopping = begun.exists() and bool(begun.read_text())
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", nap)
    assert run_module.who_can_log_in(supervisor) == ""
    assert not psutil.pid_exists(int(begun.read_text()))


@pytest.mark.long
def test_a_killed_run_leaves_no_process_and_nothing_in_the_way_of_the_next(run: Run, folder: Path) -> None:
    first = run()
    read_until(first, "ready after")
    first.kill()
    first.communicate(timeout=LONGEST)  # ends when the last child has closed its output
    read_until(run(), "ready after")


@pytest.mark.long
def test_a_second_run_and_a_taken_port_are_refused_with_what_to_type(run: Run, folder: Path, port: int) -> None:
    first = run()
    read_until(first, "ready after")
    second = run()
    words, _ = second.communicate(timeout=LONGEST)
    assert second.returncode == 1
    assert f"already running here: process {first.pid}" in words
    elsewhere = run(KENDALI_HOME=str(folder / "other"))
    words, _ = elsewhere.communicate(timeout=LONGEST)
    assert elsewhere.returncode == 1
    assert f"./kendali run --port {port + 1}" in words


@pytest.mark.long
def test_a_first_start_interrupted_at_half_has_shown_nothing_and_leaves_nothing_running(
    run: Run, folder: Path, port: int
) -> None:
    process = run(empty=False)
    words = read_until(process, "floor of the contact centre")
    waiting = wait_at_the_gate(process)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    os.killpg(process.pid, signal.SIGINT)
    words += process.communicate(timeout=LONGEST)[0]
    assert process.returncode == 130
    assert "worker starts" not in words
    assert "ready after" not in words
    assert not any(one.is_running() for one in waiting)
    again = run(empty=False)
    words, _ = again.communicate(timeout=LONGEST)
    assert again.returncode == 1
    assert f"begin again with: rm -r '{folder / 'var'}'" in words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KENDALI_WORKER_JOBS", "none"),
        ("KENDALI_STORE", "relative"),
        ("DATABASE_URL", "mysql://x"),
        ("KENDALI_INSTALLATION_KEY", "short"),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_named(run: Run, name: str, value: str) -> None:
    process = run(**{name: value})
    words, _ = process.communicate(timeout=LONGEST)
    assert process.returncode == 1
    assert f"kendali: {name}: " in words
    assert "Traceback" not in words
