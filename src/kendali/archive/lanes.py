"""Spreads units over lanes, bounded, and gives their results back in the order in which the units came.

Small packages stay in one thread. Once enough bytes of local files have passed, lanes run as processes: Python's lock
costs a third of the speed otherwise. Units that are not local files keep going through the thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from kendali.archive.lane import PACK_SIZE, Answer, Done, Job, Lane, Pack
from kendali.archive.lane_process import ProcessLane

BATCH_BYTES: Final = 8 * 1024 * 1024
BATCH_UNITS: Final = 64
WINDOW_BATCHES: Final = 8  # under way at once
PROCESSES_FROM: Final = 24 * 1024 * 1024  # bytes that pass before processes are worth their start


def _nothing(_: Pack) -> None: ...


class AnyLane(Protocol):
    def run(self, jobs: Sequence[Job]) -> Answer: ...
    def finish(self) -> Answer: ...
    def close(self) -> None: ...


@dataclass
class _Seat:
    """A lane and the one thread that talks to it."""

    lane: AnyLane
    thread: ThreadPoolExecutor
    waiting: int = 0  # bytes given and not answered
    takes_any: bool = True  # or only files with a path


@dataclass
class Lanes:
    """`finished` is called, in the caller's thread, for each pack that is complete."""

    folder: Path
    prefix: str  # for example "data/recordings-"
    finished: Callable[[Pack], None]
    processes: int
    pack_size: int = PACK_SIZE
    unreadable: tuple[type[Exception], ...] = (OSError,)
    _seats: list[_Seat] = field(default_factory=list)
    _bytes: int = 0

    def run(self, jobs: Iterable[Job]) -> Iterator[Done]:
        """Results in the order of `jobs`, which is read ahead by a few batches."""
        waiting: deque[tuple[_Seat, int, Future[Answer]]] = deque()
        for batch, size in _batches(jobs):
            seat = self._seat(batch)
            seat.waiting += size
            self._bytes += size
            waiting.append((seat, size, seat.thread.submit(seat.lane.run, batch)))
            while waiting and (len(waiting) >= WINDOW_BATCHES or waiting[0][2].done()):
                yield from self._take(*waiting.popleft())
        while waiting:
            yield from self._take(*waiting.popleft())

    def _take(self, seat: _Seat, size: int, future: Future[Answer]) -> Sequence[Done]:
        answer = future.result()
        seat.waiting -= size
        for pack in answer.packs:
            self.finished(pack)
        return answer.done

    def _seat(self, batch: Sequence[Job]) -> _Seat:
        if not self._seats:
            lane = Lane(self.folder, f"{self.prefix}0-", self.pack_size, self.unreadable)
            self._seats.append(_Seat(lane, ThreadPoolExecutor(1, "kendali-lane")))
        local = all(file.path for job in batch for file in job.files)
        if local and self.processes and self._bytes >= PROCESSES_FROM:
            if len(self._seats) == 1:
                for number in range(1, self.processes + 1):
                    process = ProcessLane(self.folder, f"{self.prefix}{number}-", self.pack_size)
                    self._seats.append(_Seat(process, ThreadPoolExecutor(1, "kendali-lane"), takes_any=False))
            return min(self._seats[1:], key=lambda seat: seat.waiting)
        return self._seats[0]

    def finish(self) -> None:
        """Close the last packs."""
        for seat, future in [(seat, seat.thread.submit(seat.lane.finish)) for seat in self._seats]:
            self._take(seat, 0, future)
        self.close()

    def close(self) -> None:
        for seat in self._seats:
            seat.thread.shutdown(wait=True, cancel_futures=True)
            seat.lane.close()
        self._seats.clear()
        self.finished = _nothing  # a method of the writer: without it the writer, its keys and buffers go at once


def _batches(jobs: Iterable[Job]) -> Iterator[tuple[list[Job], int]]:
    batch: list[Job] = []
    size = 0
    for job in jobs:
        batch.append(job)
        size += sum(file.size for file in job.files)
        if size >= BATCH_BYTES or len(batch) >= BATCH_UNITS:
            yield batch, size
            batch, size = [], 0
    if batch:
        yield batch, size
