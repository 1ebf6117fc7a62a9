"""Children of the nursery: each alone, ended whatever it does, and none without its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading

import psutil  # type: ignore[import-untyped]
import pytest

from kendali.archive import nursery
from kendali.archive.lane_process import receive, send
from kendali.archive.nursery import Child, child


@pytest.fixture
def nurse() -> psutil.Process:
    """The process that forks the children of this one."""
    child().end()
    found = [one for one in psutil.Process().children() if "kendali.archive.nursery" in one.cmdline()]
    return next(one for one in found if one.status() != psutil.STATUS_ZOMBIE)


def gone(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        process.wait(60)
    except psutil.NoSuchProcess:
        return True
    return not process.is_running()


def says_nothing(one: Child) -> bool:
    return receive(one.reading) is None


def test_a_child_is_ended_while_it_waits_and_its_neighbour_lives(nurse: psutil.Process) -> None:
    first, second = child(), child()
    first.end()
    assert gone(first.pid)
    assert [one.pid for one in nurse.children()] == [second.pid]
    second.end()
    second.end()  # twice is once
    assert nurse.children() == []


def test_a_killed_nursery_is_told_by_its_children_and_replaced(nurse: psutil.Process) -> None:
    orphan = child()
    nurse.kill()
    nurse.wait(60)
    following = child()
    assert following.pid != orphan.pid
    orphan.end()
    assert gone(orphan.pid)
    send(following.writing, {"store": "nonsense://x", "options": {}, "path": "x", "key": "00", "slots": [], "part": []})
    assert says_nothing(following)  # it died of that, and said so on its way out
    following.end()


def test_a_nursery_that_ended_leaves_no_defunct_process(nurse: psutil.Process) -> None:
    watching = [thread for thread in threading.enumerate() if thread.name == "kendali-nursery"]
    os.kill(nurse.pid, signal.SIGKILL)
    for thread in watching:
        thread.join(60)
    assert not psutil.pid_exists(nurse.pid)


def test_a_child_that_died_leaves_the_nursery_at_work(nurse: psutil.Process) -> None:
    one = child()
    os.kill(one.pid, signal.SIGKILL)
    assert says_nothing(one)
    one.end()
    other = child()
    assert other.pid in {process.pid for process in nurse.children()}
    other.end()


def test_without_their_parent_neither_nursery_nor_child_goes_on() -> None:
    code = "from kendali.archive.nursery import child; one = child(); print(one.pid, flush=True); input()"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    words = [sys.executable, "-c", code]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        nurse = psutil.Process(pid).parent()
        assert nurse is not None
        parent.kill()
    assert gone(pid)
    assert gone(nurse.pid)


def test_with_nothing_to_do_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    monkeypatch.setattr(nursery, "IDLE", 0.01)
    with ours, theirs:
        serving = threading.Thread(target=nursery.serve, args=(theirs, print), daemon=True)
        serving.start()
        serving.join(60)
        assert not serving.is_alive()
