"""Parses archived tables in a process of its own, with limits of memory and time: Parquet is a large format, and who
forges a package must not reach more than this. Frees its memory by ending, too.

``python -m kendali.archive.verify_tables_process``: one message in, answers out (see `lane_process` for the frames).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any, Final

from kendali.archive.lane_process import receive, send
from kendali.archive.package import IndexLine
from kendali.archive.reader import Package, table_name
from kendali.archive.stores import open_store
from kendali.archive.verify_chat import Compared, check_conversations, left_over

MEMORY: Final = 4 * 1024**3  # bytes of address space; a fraction of it is ever used
SILENCE: Final = 300.0  # seconds without an answer
RECORDS_EACH: Final = 20_000  # records for which one more process is worth its start


def check_apart(
    package: Package,
    package_key: bytes,
    tables: Sequence[IndexLine],
    records: int,
    problem: Callable[..., None],
    tick: Callable[..., None],
    processes: int,
) -> int:
    """As `check_conversations`, of all `records`; large packages in several processes, each a part of the records.
    Problem ``tables_process``: one died, or had to be ended."""
    count = max(1, min(processes, records // RECORDS_EACH))
    start: dict[str, object] = {
        "store": package.store.url,
        "options": dict(package.store.options),
        "path": package.path,
    }
    start |= {"key": package_key.hex(), "slots": [line.slot for line in tables]}
    answers: SimpleQueue[tuple[int, Any]] = SimpleQueue()
    children = []
    try:
        for number in range(count):
            part = [records * number // count, records * (number + 1) // count] if count > 1 else None
            children.append(_start(start | {"part": part}, number, answers))
        return left_over(_listen(answers, count, problem, tick), problem)
    finally:
        for child in children:
            child.kill()
            child.communicate()


def _start(message: object, number: int, answers: SimpleQueue[tuple[int, Any]]) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    child = subprocess.Popen(
        [sys.executable, "-m", "kendali.archive.verify_tables_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,  # Ctrl-C is for its parent, which ends it
    )
    stdin, stdout = child.stdin, child.stdout
    assert stdin is not None
    assert stdout is not None

    def listen() -> None:
        with suppress(ValueError, OSError):  # closed when it is no longer wanted
            while (answer := receive(stdout)) is not None:
                answers.put((number, answer))
        answers.put((number, None))

    Thread(target=listen, name="kendali-tables", daemon=True).start()
    with suppress(BrokenPipeError):  # told by the end of its answers
        send(stdin, message)
    return child


def _listen(
    answers: SimpleQueue[tuple[int, Any]], count: int, problem: Callable[..., None], tick: Callable[..., None]
) -> list[Compared]:
    waiting, parts = set(range(count)), []
    while waiting:
        try:
            number, answer = answers.get(timeout=SILENCE)
        except Empty:
            problem("tables_process", exit_status="silence")
            break
        if answer is None:
            if number in waiting:
                problem("tables_process", exit_status="died")
            waiting.discard(number)
        elif "problem" in answer:
            code, part, ref, facts = answer["problem"]
            problem(code, part, ref, **facts)
        elif "records" in answer:
            tick(records=answer["records"])
        else:
            rows = {file: (taken, total) for file, taken, total in answer["rows"]}
            parts.append(Compared(answer["compared"], rows))
            waiting.discard(number)
    return parts


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
    records, part = list(package.records()), start["part"]
    found = check_conversations(package, tables, records, problem, tick, part=tuple(part) if part else None)
    rows = [[file, taken, total] for file, (taken, total) in found.rows.items()]
    send(stdout, {"compared": found.records, "rows": rows})


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
