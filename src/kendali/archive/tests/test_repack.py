"""Conversations taken out of a month: a new package without them; and what a proof of destruction looks at."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import pytest

from kendali.archive import destroy
from kendali.archive.drill import drill
from kendali.archive.errors import ArchiveError, PackageError, StoreMissingError
from kendali.archive.folder_store import DRAFTS, FolderStore
from kendali.archive.keyring import keyed_digest
from kendali.archive.package import package_id_of
from kendali.archive.reader import Package
from kendali.archive.repack import Repacked, repack_without
from kendali.archive.stores import packages
from kendali.archive.tests import packages as made
from kendali.archive.verify import verify_package
from kendali.connectors.base import Problem

CANARY = "kenari-pualam-8841"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def month(store: FolderStore, count: int = 1200) -> tuple[str, bytes, made.Chat]:
    """A month of conversations in the order of their ids as text; some with files."""
    refs = sorted(str(number) for number in range(1, count + 1))
    texts = {ref: [f"halo {ref}", None, f"{CANARY} {ref}"][: 1 + int(ref) % 3] for ref in refs}
    files = {ref: [made.bytes_file(f"bukti-{ref}.png", os.urandom(3000))] for ref in refs if int(ref) % 50 == 0}
    chat = made.Chat(texts, files)
    written, key = made.write(store, made.CONVERSATIONS, chat.fill)
    return written.path, key, chat


def repacked(store: FolderStore, path: str, key: bytes, gone: set[str]) -> tuple[str, bytes, Repacked]:
    new_path, new_key = f"{path.rsplit('/', 1)[0]}/{uuid4()}", os.urandom(32)
    return new_path, new_key, repack_without(store, path, key, gone, new_path=new_path, new_key=new_key)


def test_what_stays_is_the_same_and_what_goes_is_nowhere_in_the_new_package(store: FolderStore) -> None:
    path, key, chat = month(store)
    gone = {"50", "1", "999", "1200"}
    new_path, new_key, done = repacked(store, path, key, gone)
    assert verify_package(store, new_path, new_key, expected=done.written.tagmanifest_sha256) == []
    assert drill(store, new_path, new_key).restored == 1200 - len(gone)
    old, new = Package(store, path, key), Package(store, new_path, new_key)
    for ref in ("100", "1000", "2"):
        assert new.conversation(ref)["messages"].equals(old.conversation(ref)["messages"])
        digests = done.moved[ref]
        assert digests[0] != digests[1]
    (slot,) = next(record.parts for record in new.records(["100"])).values()
    ((name, stream),) = new.unit(slot).files
    assert (name, stream.read()) == ("bukti-100.png", chat.attachments["100"][0].open().read())
    assert {record.ref for record in new.records()} == set(chat.texts) - gone
    assert all(rows.num_rows == 0 for ref in gone for rows in new.conversation(ref).values())
    assert gone.isdisjoint(done.moved)


def test_a_new_digest_is_of_the_same_fingerprint_under_the_new_salt(store: FolderStore) -> None:
    path, key, _chat = month(store, 5)
    new_path, new_key, done = repacked(store, path, key, {"3"})
    from kendali import fingerprint

    prints = fingerprint.conversations(Package(store, new_path, new_key).conversations(["1", "2"]), ["1", "2"])
    for place, of, number in ((path, key, 0), (new_path, new_key, 1)):
        ring = Package(store, place, of).keyring
        for ref in ("1", "2"):
            assert keyed_digest(ring.conversation_salt(ref), prints[ref]) == done.moved[ref][number]


def test_an_incomplete_conversation_stays_incomplete(store: FolderStore) -> None:
    lost = made.bytes_file("hilang.png", b"x" * 10, size=99)
    chat = made.Chat({"1": ["a"], "2": ["b"], "3": ["c"]}, {"2": [lost]})
    written, key = made.write(store, made.CONVERSATIONS, chat.fill)
    new_path, new_key, _done = repacked(store, written.path, key, {"1"})
    kept = {record.ref: record for record in Package(store, new_path, new_key).records()}
    assert [problem.code for problem in kept["2"].problems] == ["file_changed_while_copying"]
    assert kept["2"].keyed_digest is not None
    assert isinstance(kept["2"].problems[0], Problem)
    assert verify_package(store, new_path, new_key) == []


def test_it_is_refused_and_leaves_nothing_where_it_cannot_be_right(store: FolderStore) -> None:
    path, key, chat = month(store, 6)
    for gone, code in ((set(chat.texts), "repack_nothing"), ({"7"}, "repack_refs")):
        with pytest.raises(PackageError) as caught:
            repacked(store, path, key, gone)
        assert caught.value.code == code
    with pytest.raises(PackageError) as caught:
        repack_without(store, path, key, {"1"}, new_path="packages/x/y/conversation/2024-10/z", new_key=os.urandom(32))
    assert caught.value.code == "repack_place"
    assert list(packages(store)) == [path]


def test_a_damaged_month_is_not_carried_on_as_if_it_were_whole(store: FolderStore) -> None:
    path, key, _chat = month(store, 60)
    table = store.local(f"{path}/data/tables/messages.age")
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    with pytest.raises((ArchiveError, OSError)):
        repacked(store, path, key, {"1"})
    assert list(packages(store)) == [path]
    assert not list((store.root / DRAFTS).iterdir())


def test_a_slot_is_destroyed_while_its_bytes_and_its_neighbour_are_as_before(
    store: FolderStore, tmp_path: Path
) -> None:
    written, key = made.write(store, made.RECORDINGS, made.recordings(made.calls(tmp_path / "calls", 3)))
    first, second, third = written.records
    before = Package(store, written.path, key)
    sums = {slot: destroy.sealed_sha256(before, slot) for slot in (1, 2, 3)}
    assert destroy.slots_of(before, [second.ref]) == {second.ref: [second.slot]}
    new_key, name = os.urandom(32), package_id_of(written.path)
    destroy.replace_keyring(store, name, old_key=key, new_key=new_key, slots=[second.slot or 0])
    after = Package(store, written.path, new_key)
    assert [destroy.opens(after, slot or 0) for slot in (first.slot, second.slot, third.slot)] == [True, False, True]
    assert {slot: destroy.sealed_sha256(after, slot) for slot in (1, 2, 3)} == sums
    assert drill(store, written.path, new_key, destroyed={second.slot or 0}).problems == []
    assert [problem.code for problem in drill(store, written.path, new_key).problems] == ["no_key"]


def test_a_missing_file_is_no_proof_of_anything(store: FolderStore, tmp_path: Path) -> None:
    written, key = made.write(store, made.RECORDINGS, made.recordings(made.calls(tmp_path / "calls", 2)))
    (pack,) = store.local(f"{written.path}/data").glob("*.tar")
    pack.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreMissingError):
        destroy.opens(Package(store, written.path, key), 1)
    with pytest.raises(StoreMissingError):
        destroy.sealed_sha256(Package(store, written.path, key), 1)


def test_bytes_are_removed_even_where_an_earlier_attempt_died(store: FolderStore, tmp_path: Path) -> None:
    written, _key = made.write(store, made.RECORDINGS, made.recordings(made.calls(tmp_path / "calls", 2)))
    place = store.local(written.path)
    (store.root / DRAFTS).mkdir(exist_ok=True)
    place.rename(store.root / DRAFTS / f"gone-{place.name}")  # killed between taking away and removing
    assert destroy.what_is_left(store, written.path) == [f"keyrings/{place.name}/000001"]
    destroy.remove_bytes(store, written.path)
    destroy.remove_bytes(store, written.path)
    assert destroy.what_is_left(store, written.path) == []
    assert not list((store.root / DRAFTS).iterdir())
