"""Children that never outlive their parent, not even one killed with SIGKILL. Linux; standard library only."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _follow_parent(parent: int, sign: signal.Signals) -> Callable[[], None]:
    def in_child() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != parent:  # it died before we asked to be told
            os._exit(1)

    return in_child


def start(
    command: Sequence[str | Path],
    *,
    on_parent_death: signal.Signals = signal.SIGTERM,
    account: pwd.struct_passwd | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    output: int | IO[Any] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, so that Ctrl-C reaches only us and we stop children in order.

    Call from the main thread: the kernel sends `on_parent_death` when the starting *thread* ends.
    """
    drop: dict[str, Any] = {}
    if account is not None and os.geteuid() == 0:
        drop = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return subprocess.Popen(
        [str(part) for part in command],
        env=environment,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_follow_parent(os.getpid(), on_parent_death),  # noqa: PLW1509 (called before any thread)
        **drop,
    )


def stop(child: subprocess.Popen[bytes], *signals: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and wait its seconds; in the end SIGKILL. Nothing to do for one that has ended."""
    for sign, seconds in signals:
        if child.poll() is not None:
            return
        child.send_signal(sign)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    if child.poll() is None:
        child.kill()
        child.wait()
