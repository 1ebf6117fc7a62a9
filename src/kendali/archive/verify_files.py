"""Reads the files of a package for `verify`: several at once, in threads or in processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from kendali.archive.errors import AgeError, ArchiveError, StoreError
from kendali.archive.lane_process import ProcessCheck
from kendali.archive.pack_check import PackCheck, Place, check_pack, content_digest, plain_digest
from kendali.archive.package import IndexLine
from kendali.archive.stores import Store
from kendali.archive.unit_tar import FACTS_NAME


def digest_file(store: Store, key: str, unit_key: bytes | None) -> tuple[bytes, bytes, int]:
    """(SHA-256 of the content, b"" where it does not open; SHA-256 of the file; bytes)."""
    if unit_key is not None:
        try:
            with store.stream(key) as source:
                return content_digest(source, unit_key)
        except AgeError:
            pass  # damaged or another key; the file's own sum is still to be told
    with store.stream(key) as source:
        digest, size = plain_digest(source)
    return b"", digest, size


def check_packs(
    store: Store,
    path: str,
    packs: Mapping[str, Mapping[int, Place]],
    lines: Mapping[int, IndexLine],
    processes: int,
    tick: Callable[..., None],
) -> Iterator[tuple[str, PackCheck | ArchiveError]]:
    """Each pack's check, or why it could not be read."""

    count = max(1, processes)
    apart = count > 1 and len(packs) > 1 and store.local(path) is not None
    checkers: SimpleQueue[ProcessCheck | None] = SimpleQueue()
    for _ in range(count):
        checkers.put(ProcessCheck() if apart else None)

    def check(name: str) -> PackCheck | ArchiveError:
        checker = checkers.get()
        try:
            return _check_one(store, f"{path}/{name}", packs[name], lines, checker)
        except StoreError as error:
            return error
        finally:
            checkers.put(checker)

    with ThreadPoolExecutor(count, "kendali-verify") as pool:
        waiting = [(name, pool.submit(check, name)) for name in packs]
        try:
            for name, future in waiting:
                answer = future.result()
                if isinstance(answer, PackCheck):
                    tick(units=len(answer.found), size=answer.size)
                yield name, answer
        finally:
            for _, future in waiting:
                future.cancel()
            pool.shutdown()
            while not checkers.empty():
                if (checker := checkers.get()) is not None:
                    checker.close()


def _check_one(
    store: Store,
    key: str,
    places: Mapping[int, Place],
    lines: Mapping[int, IndexLine],
    checker: ProcessCheck | None,
) -> PackCheck:
    kinds = {lines[slot].kind for slot in places}
    facts_name = FACTS_NAME.get(kinds.pop() if len(kinds) == 1 else "", "")
    local = store.local(key)
    if checker is not None and local is not None:
        return checker.check(local, places, facts_name)
    with store.stream(key) as source:
        return check_pack(source, places, facts_name)
