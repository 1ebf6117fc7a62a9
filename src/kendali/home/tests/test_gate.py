"""What waits at the gate goes on when it opens, and ends when it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kendali.home import gate, installation

WAITING = "from kendali.home import gate; print('here', flush=True); gate.wait(); print('through')"


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv(gate.NAME, "")  # put back afterwards
    monkeypatch.setenv("PYTHONPATH", str(installation.REPOSITORY / "src"))
    return [sys.executable, "-c", WAITING]


def test_who_waits_goes_on_when_the_gate_opens_and_so_does_who_comes_later(waiting: list[str], tmp_path: Path) -> None:
    with gate.closed(tmp_path / "gate") as open_gate:
        child = subprocess.Popen(waiting, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.2)
        open_gate()
        assert child.communicate(timeout=60)[0] == "through\n"
        assert subprocess.run(waiting, capture_output=True, text=True, timeout=60).stdout == "here\nthrough\n"


def test_who_waits_ends_when_told_to(waiting: list[str], tmp_path: Path) -> None:
    with gate.closed(tmp_path / "gate"):
        child = subprocess.Popen(waiting, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.terminate()
        assert child.communicate(timeout=60)[0] == ""
        assert child.returncode == -signal.SIGTERM


def test_who_waits_for_one_that_never_opened_the_gate_does_not_begin(waiting: list[str], tmp_path: Path) -> None:
    """As after kill -9: the kernel has let go of the lock, and nothing was opened."""
    with gate.closed(tmp_path / "gate") as open_gate:
        open_gate()  # an earlier start
    with gate.closed(tmp_path / "gate"):
        child = subprocess.Popen(waiting, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
    words, problem = child.communicate(timeout=60)
    assert (words, child.returncode) == ("", 1)
    assert "nothing begins" in problem


def test_without_a_gate_nobody_waits(waiting: list[str]) -> None:
    assert subprocess.run(waiting, capture_output=True, text=True, timeout=60).stdout == "here\nthrough\n"
