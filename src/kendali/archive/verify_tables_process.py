"""Parses archived tables in a process of its own, with limits of memory and time: Parquet is a large format, and who
forges a package must not reach more than this. Frees its memory by ending, too.

A child of the `nursery`: one message in, answers out (see `lane_process` for the frames).
"""

from __future__ import annotations

import gc
import os
import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Any, Final

from kendali.archive import nursery
from kendali.archive.lane_process import receive, send
from kendali.archive.package import IndexLine
from kendali.archive.reader import Package, table_name
from kendali.archive.stores import open_store
from kendali.archive.verify_chat import Checked, Compared, check_conversations, left_over, read_units

MEMORY: Final = 4 * 1024**3  # bytes of address space; a fraction of it is ever used
SILENCE: Final = 300.0  # seconds without an answer
RECORDS_EACH: Final = 20_000  # records for which one more process is worth its start
UNITS_TOLD: Final = 5_000  # in one message


class TablesApart:
    """As `check_conversations`, in processes of their own; of a large package several, each a part of the records.
    They start at once, to be ready when the files were read; `close` ends them, whatever they are doing."""

    def __init__(self, package: Package, package_key: bytes, processes: int) -> None:
        store = package.store
        self._start: dict[str, object] = {"store": store.url, "options": dict(store.options), "path": package.path}
        self._start["key"] = package_key.hex()
        # As here and now: the nursery may be older than a change of these.
        self._start["environment"] = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
        told = package.info.get("Kendali-Records", "")
        count = max(1, min(processes, int(told) // RECORDS_EACH if told.isdecimal() else 1))
        self._answers: SimpleQueue[tuple[int, Any]] = SimpleQueue()
        self._children = [_child(number, self._answers) for number in range(count)]

    def check(self, tables: Sequence[IndexLine], problem: Callable[..., None], tick: Callable[..., None]) -> Checked:
        """Problem ``tables_process``: one died, or had to be ended."""
        slots, count = [line.slot for line in tables], len(self._children)
        for number, child in enumerate(self._children):
            with suppress(OSError):  # it is gone: told by the end of its answers
                send(child.writing, self._start | {"slots": slots, "part": [number, count]})
        found = Checked()
        parts = _listen(self._answers, count, found, problem, tick)
        found.compared = left_over(parts, problem)
        return found

    def close(self) -> None:
        for child in self._children:
            child.end()


def _child(number: int, answers: SimpleQueue[tuple[int, Any]]) -> nursery.Child:
    child = nursery.child()

    def listen() -> None:
        with suppress(ValueError, OSError):  # closed when it is no longer wanted
            while (answer := receive(child.reading)) is not None:
                answers.put((number, answer))
        answers.put((number, None))

    Thread(target=listen, name="kendali-tables", daemon=True).start()
    return child


def _listen(
    answers: SimpleQueue[tuple[int, Any]],
    count: int,
    found: Checked,
    problem: Callable[..., None],
    tick: Callable[..., None],
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
        elif "listed" in answer:
            found.listed = answer["listed"]
        elif "units" in answer:
            found.units += [(ref, part, slot) for ref, part, slot in answer["units"]]
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

    os.environ.update(start["environment"])
    gc.disable()  # the lists of a package are long, and go with the process
    package = Package(open_store(start["store"], start["options"]), start["path"], bytes.fromhex(start["key"]))
    tables = {table_name(line): line for line in map(package.line, start["slots"])}
    number, of = start["part"]
    if number == 0:
        for answer in _listed(package, problem):
            send(stdout, answer)
    found = check_conversations(package, tables, problem, tick, part=(number, of))
    rows = [[file, taken, total] for file, (taken, total) in found.rows.items()]
    send(stdout, {"compared": found.records, "rows": rows})


def _listed(package: Package, problem: Callable[..., None]) -> Iterator[dict[str, object]]:
    """What the list says of the sealed units, some thousand at a time."""
    listed, units = read_units(package, problem)
    yield {"listed": listed}
    for start in range(0, len(units), UNITS_TOLD):
        yield {"units": units[start : start + UNITS_TOLD]}
