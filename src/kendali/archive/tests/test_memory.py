"""What was used for one package goes with it, at once: a worker writes and checks thousands of them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable, Iterator

import pytest

from kendali.archive.reader import Package
from kendali.archive.stores import Store
from kendali.archive.tests.packages import CONVERSATIONS, Chat, write
from kendali.connectors.base import Sink, Snapshot

CHAT = Chat({"1": ["halo"] * 3, "2": ["apa kabar"] * 5})


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """What only the collector finds may stay for hours; what it cannot see stays for ever."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_writer_with_its_keys_and_buffers_goes_when_the_package_is_done(folder: Store) -> None:
    seen: list[weakref.ref[Sink]] = []

    def fill(sink: Sink) -> Iterable[Snapshot]:
        seen.append(weakref.ref(sink))
        return CHAT.fill(sink)

    write(folder, CONVERSATIONS, fill)
    assert seen[0]() is None


def test_an_opened_package_with_its_keys_goes_with_its_last_use(folder: Store) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    package = Package(folder, written.path, key)
    assert package.conversation("2")["messages"].num_rows == 5
    keyring = weakref.ref(package.keyring)
    del package
    assert keyring() is None


def test_neighbours_are_read_together_and_nobody_else(folder: Store) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    both = Package(folder, written.path, key).conversations(["2", "1", "none"])["messages"]
    assert both["_ref"].to_pylist() == ["1"] * 3 + ["2"] * 5
