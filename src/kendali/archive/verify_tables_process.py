"""Parses archived tables in a process of its own, with limits of memory and time: Parquet is a large format, and who
forges a package must not reach more than this. Frees its memory by ending, too.

``python -m kendali.archive.verify_tables_process``: one message in, answers out (see `lane_process` for the frames).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from threading import Timer
from typing import IO, Any, Final

from kendali.archive.lane_process import receive, send
from kendali.archive.package import IndexLine
from kendali.archive.reader import Package, table_name
from kendali.archive.stores import open_store
from kendali.archive.verify_chat import check_conversations

MEMORY: Final = 4 * 1024**3  # bytes of address space; a fraction of it is ever used
SILENCE: Final = 300.0  # seconds without an answer


def check_apart(
    package: Package,
    package_key: bytes,
    tables: Iterable[IndexLine],
    problem: Callable[..., None],
    tick: Callable[..., None],
) -> int:
    """As `check_conversations`. Problem ``tables_process``: it died, or had to be ended."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    process = subprocess.Popen(
        [sys.executable, "-m", "kendali.archive.verify_tables_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    start = {"store": package.store.url, "options": dict(package.store.options), "path": package.path}
    compared = None
    try:
        send(process.stdin, start | {"key": package_key.hex(), "slots": [line.slot for line in tables]})
        while compared is None and (answer := _patiently(process, process.stdout)) is not None:
            if "problem" in answer:
                code, part, ref, facts = answer["problem"]
                problem(code, part, ref, **facts)
            elif "records" in answer:
                tick(records=answer["records"])
            else:
                compared = int(answer["compared"])
    except BrokenPipeError:
        pass
    finally:
        process.kill()
        process.communicate()
    if compared is None:
        problem("tables_process", exit_status=process.returncode)
        return 0
    return compared


def _patiently(process: subprocess.Popen[bytes], stdout: IO[bytes]) -> Any:
    timer = Timer(SILENCE, process.kill)
    timer.start()
    try:
        return receive(stdout)
    finally:
        timer.cancel()


def main(stdin: IO[bytes], stdout: IO[bytes]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    start = receive(stdin)
    if start is None:
        return

    def problem(code: str, part: str = "", ref: str = "", /, **facts: object) -> None:
        send(stdout, {"problem": [code, part, ref, {name: str(value) for name, value in facts.items()}]})

    def tick(*, records: int) -> None:
        send(stdout, {"records": records})

    package = Package(open_store(start["store"], start["options"]), start["path"], bytes.fromhex(start["key"]))
    tables = {table_name(line): line for line in map(package.line, start["slots"])}
    compared = check_conversations(package, tables, list(package.records()), problem, tick)
    send(stdout, {"compared": compared})


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
