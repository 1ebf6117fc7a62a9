"""A conversation out of its package, a page of messages at a time."""

from __future__ import annotations

import pytest

from kendali.archive import stores
from kendali.archive.chat_rows import conversation_page
from kendali.archive.reader import Package
from kendali.archive.tests.packages import CONVERSATIONS, Chat, write

LONG = [f"pesan {number}" for number in range(12_345)]  # more than two row groups


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    store = stores.open_store(str(tmp_path_factory.mktemp("store")))
    chat = Chat({"1": ["halo"] * 3, "2": LONG, "3": [], "4": ["akhir"]})
    written, key = write(store, CONVERSATIONS, chat.fill)
    return Package(store, written.path, key)


@pytest.mark.parametrize("start", [0, 200, 4_999, 5_000, 12_300, 12_345, 50_000])
def test_a_page_is_the_messages_from_its_start(package: Package, start: int) -> None:
    tables, total = conversation_page(package, "2", ["messages", "conversations", "never_there"], start, 200)
    assert total == len(LONG)
    assert tables["messages"]["content"].to_pylist() == LONG[start : start + 200]
    assert tables["conversations"].num_rows == 1
    assert set(tables) == {"messages", "conversations"}


def test_neighbours_stay_out(package: Package) -> None:
    assert conversation_page(package, "1", ["messages"], 0, 200)[1] == 3
    assert conversation_page(package, "4", ["messages"], 0, 200)[0]["messages"]["content"].to_pylist() == ["akhir"]


def test_a_conversation_without_messages_or_without_itself_has_none(package: Package) -> None:
    for ref in ("3", "99"):
        tables, total = conversation_page(package, ref, ["messages"], 0, 200)
        assert (tables["messages"].num_rows, total) == (0, 0)


def test_a_page_reads_only_its_row_groups(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the whole conversation: the last page of 12,345 messages opens one or two of its row groups."""
    import pyarrow.parquet as pq

    read: list[tuple[int, object]] = []
    whole = pq.ParquetFile.read_row_group

    def watched(self: pq.ParquetFile, number: int, columns: object = None, **more: object) -> object:
        read.append((number, columns))
        return whole(self, number, columns=columns, **more)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", watched)
    conversation_page(package, "2", ["messages"], 12_300, 200)
    assert len({number for number, columns in read if columns is None}) <= 2
