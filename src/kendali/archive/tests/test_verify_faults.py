"""Every way in which a package can be damaged, forged or cut: verification tells, and never passes it."""

from __future__ import annotations

import io
import os
import shutil
import signal
import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kendali.archive import bag, nursery, problems, verify_tables_process
from kendali.archive.age import encrypt_bytes
from kendali.archive.destroy import forget_old_keyrings, replace_keyring
from kendali.archive.drill import drill
from kendali.archive.errors import PackageError, SealError
from kendali.archive.keyring import Keyring, keyed_digest
from kendali.archive.package import INDEX_LINE, IndexLine, Written, load_keyring
from kendali.archive.reader import Package, open_recording
from kendali.archive.stores import Store
from kendali.archive.tests.packages import CONVERSATIONS, RECORDINGS, Chat, bytes_file, calls, recordings, write
from kendali.archive.unit_tar import END, MEMBER, facts_json, header, layout, member_name, padding
from kendali.archive.verify import verify_package

CHAT = Chat({str(n): [f"pesan {n}", None, ""] for n in range(50)}, {"7": [bytes_file("foto.jpg", b"foto")]})


class Case:
    """A package in a folder, and tools to forge it as somebody would who holds the store, or even the key."""

    def __init__(self, store: Store, written: Written, key: bytes) -> None:
        self.store, self.written, self.key = store, written, key
        place = store.local(written.path)
        assert place is not None
        self.place = place
        self.ring: Keyring = load_keyring(store, written.path.rsplit("/", 1)[-1], key)[0]

    def codes(self, **options: object) -> set[str]:
        options = {"processes": 0} | options
        return {p.code for p in verify_package(self.store, self.written.path, self.key, **options)}  # type: ignore[arg-type]

    @property
    def pack(self) -> Path:
        return next(self.place.glob("data/*.tar"))

    def rebag(self) -> None:
        """New sums for whatever lies there now."""
        files = sorted(path for path in (self.place / "data").rglob("*") if path.is_file())
        sums = {str(path.relative_to(self.place)): sha256(path.read_bytes()).digest() for path in files}
        (self.place / bag.MANIFEST).write_bytes(bag.manifest(sums))
        self.retag()

    def retag(self) -> None:
        tags = {n: sha256((self.place / n).read_bytes()).digest() for n in (bag.DECLARATION, bag.INFO, bag.MANIFEST)}
        (self.place / bag.TAGMANIFEST).write_bytes(bag.manifest(tags))

    def index(self, slot: int, **changes: object) -> None:
        path = self.place / "data/index.jsonl"
        content = bytearray(path.read_bytes())
        at = slot * INDEX_LINE
        line = IndexLine.parse(bytes(content[at : at + INDEX_LINE]), slot)
        fields = {name: getattr(line, name) for name in line.__slots__} | changes
        content[at : at + INDEX_LINE] = IndexLine(**fields).line()
        path.write_bytes(content)

    def repack(self, change: Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]]) -> None:
        """A pack with other members, offsets in the index following."""
        with tarfile.open(self.pack) as tar:
            members = [(m.name, tar.extractfile(m).read()) for m in tar.getmembers()]  # type: ignore[union-attr]
        out = io.BytesIO()
        for name, data in change(members):
            out.write(header(name, len(data)))
            if MEMBER.fullmatch(name):
                self.index(int(name[:8]), offset=out.tell(), length=len(data))
            out.write(data + bytes(padding(len(data))))
        self.pack.write_bytes(out.getvalue() + END)
        self.rebag()


@pytest.fixture
def case(folder: Store, tmp_path: Path) -> Case:
    return Case(folder, *write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 6, 70_000))))


@pytest.fixture
def chat(folder: Store) -> Case:
    return Case(folder, *write(folder, CONVERSATIONS, CHAT.fill))


def _flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_flipped_bit_in_any_file_is_told(case: Case) -> None:
    for path in [p for p in case.place.rglob("*") if p.is_file()]:
        for at in (0, path.stat().st_size // 2, path.stat().st_size - 1):
            _flip(path, at)
            assert case.codes(), (path.name, at)
            _flip(path, at)
    assert case.codes() == set()


def test_a_flipped_bit_is_told_even_when_the_sums_were_made_to_fit(case: Case, chat: Case) -> None:
    for damaged in (case, chat):
        for path in sorted(damaged.place.glob("data/**/*.*")):
            for at in (path.stat().st_size // 3, path.stat().st_size // 2):
                _flip(path, at)
                damaged.rebag()
                assert damaged.codes(), (path.name, at)
                _flip(path, at)
        damaged.rebag()
        assert damaged.codes() == set()


def test_one_damaged_recording_does_not_hide_the_others(case: Case) -> None:
    line = Package(case.store, case.written.path, case.key).line(2)
    _flip(case.pack, line.offset + 50_000)
    problems = verify_package(case.store, case.written.path, case.key)
    assert {(p.code, p.facts.get("slot")) for p in problems if p.facts} == {("unit", 2), ("record_part", 2)}


def test_a_file_too_few_or_too_many_is_told(case: Case) -> None:
    (case.place / "data/extra.bin").write_bytes(b"x")
    assert case.codes() == {"bag_file_unlisted"}
    (case.place / "data/extra.bin").unlink()
    case.pack.unlink()
    assert "bag_file_missing" in case.codes()


def test_a_cut_file_is_told(case: Case) -> None:
    os.truncate(case.pack, case.pack.stat().st_size - 1024)
    assert {"checksum", "tar_truncated"} <= case.codes()


def test_another_bag_than_the_row_says_is_told(case: Case) -> None:
    assert case.codes(expected=case.written.tagmanifest_sha256) == set()
    assert case.codes(expected="0" * 64) == {"tagmanifest_changed"}


def test_fetch_and_climbing_paths_are_refused(case: Case) -> None:
    (case.place / "fetch.txt").write_text("http://127.0.0.1/ - data/x\n")
    assert "bag_fetch" in case.codes()
    (case.place / "fetch.txt").unlink()
    for path in ("data/../../x", "/etc/passwd", "../x", "data/a\\b", "./data/x"):
        old = (case.place / bag.MANIFEST).read_bytes()
        (case.place / bag.MANIFEST).write_bytes(old + b"0" * 64 + b"  " + path.encode() + b"\n")
        case.retag()
        assert "manifest_path" in case.codes(), path
        (case.place / bag.MANIFEST).write_bytes(old)
    (case.place / bag.MANIFEST).write_bytes(old + old.splitlines(keepends=True)[0])
    case.retag()
    assert case.codes() == {"manifest_twice"}


def test_no_package_no_bag_and_no_key_are_problems_of_their_own(case: Case) -> None:
    assert {p.code for p in verify_package(case.store, "packages/none", case.key)} == {"package_missing"}
    shutil.rmtree(case.place.parents[5] / "keyrings")
    assert case.codes() == {"keyring_missing"}


def _link(name: str, kind: bytes) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_folders_and_devices_in_a_pack_are_refused(case: Case, kind: bytes) -> None:
    case.pack.write_bytes(case.pack.read_bytes()[: -len(END)] + _link("00000099.age", kind) + END)
    case.rebag()
    assert "tar_member" in case.codes()


@pytest.mark.parametrize(
    "name", ["/00000001.age", "../00000001.age", "00000001.age.sh", "0000001.age", "x/00000001.age"]
)
def test_a_member_of_another_name_is_refused(case: Case, name: str) -> None:
    case.repack(lambda members: [*members, (name, b"x")])
    assert "member_name" in case.codes()


def test_a_member_twice_unknown_or_missing_is_told(case: Case) -> None:
    case.repack(lambda members: [*members, members[0]])
    assert "member_unexpected" in case.codes()
    case.repack(lambda members: members[:-2])
    assert {"member_missing", "record_part"} <= case.codes()
    case.pack.write_bytes(case.pack.read_bytes() + b"trailing")
    case.rebag()
    assert case.codes()


def test_two_recordings_swapped_are_told(case: Case) -> None:
    def swap(members: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        (a, first), (b, second), *rest = members
        return [(a, second), (b, first), *rest]

    case.repack(swap)
    assert {"unit", "record_part"} <= case.codes()


def _unit(case: Case, slot: int, plain: bytes) -> bytes:
    return encrypt_bytes(case.ring.identity(slot).recipient(), plain)


def _forged(case: Case, slot: int, plain: bytes) -> set[str]:
    sealed = _unit(case, slot, plain)
    case.repack(lambda members: [(n, sealed if n == member_name(slot) else data) for n, data in members])
    return case.codes()


def _tar(facts: bytes, *files: tuple[str, bytes], facts_name: str = "call.json") -> bytes:
    plan = layout(facts_name, facts, [(name, len(data)) for name, data in files])
    body = b"".join(head + data for head, (_, data) in zip(plan.heads, files, strict=True))
    return body + plan.tail


def test_other_content_under_the_right_key_is_told_by_the_fingerprint(case: Case) -> None:
    """Somebody with the keys, but without the rows: the keyed digest no longer fits, in index or list of records."""
    facts = facts_json("170000.1", "", {}, ["x.wav"])
    assert {"digest", "record_part"} <= _forged(case, 1, _tar(facts, ("x.wav", b"forged")))


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"not a tar" * 100,
        END,
        _tar(b"{}", ("x", b"1")),
        _tar(b"not json", ("x", b"1")),
        _tar(facts_json("1", "", {}, []), ("x", b"1")),
        _tar(facts_json("1", "", {}, ["x"]), ("x", b"1"), facts_name="other.json"),
        _tar(facts_json("1", "", {}, ["x"]), ("x", b"1"))[:-1024],
        _tar(facts_json("1", "", {}, ["x"]), ("x", b"1")) + b"trailing",
        _tar(facts_json("1", "", {}, ["x"])) [:-1024] + _link("x", tarfile.SYMTYPE) + END,
    ],
)  # fmt: skip
def test_a_unit_that_is_not_what_the_format_says_is_told(case: Case, plain: bytes) -> None:
    assert _forged(case, 1, plain) & {"unit", "unit_files", "unit_facts"}


def test_a_table_or_list_with_other_content_is_told_before_it_is_parsed(chat: Case) -> None:
    for name, slot in (("data/tables/messages.age", 2), ("data/records.age", 0)):
        old = (chat.place / name).read_bytes()
        (chat.place / name).write_bytes(_unit(chat, slot, b"PAR1 not parquet"))
        chat.rebag()
        chat.index(slot, length=(chat.place / name).stat().st_size)
        chat.rebag()
        assert {"digest"} <= chat.codes()
        (chat.place / name).write_bytes(old)
        chat.index(slot, length=len(old))
    chat.rebag()
    assert chat.codes() == set()


def test_a_forged_table_is_told_alike_in_this_process_in_another_and_in_several(
    chat: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forged by somebody with the key, digest and all: it comes as far as the parser."""
    name, old = "data/tables/messages.age", (chat.place / "data/tables/messages.age").read_bytes()
    schema = Package(chat.store, chat.written.path, chat.key).conversation("1")["messages"].schema
    rows = pa.Table.from_pylist([{"_ref": "0", "content": "forged"}, {"_ref": "x", "content": "more"}], schema)
    parquet = pa.BufferOutputStream()
    pq.write_table(rows, parquet)
    for content, told in ((b"PAR1 not parquet", "table_unreadable"), (parquet.getvalue().to_pybytes(), "fingerprint")):
        sealed = _unit(chat, 2, content)
        (chat.place / name).write_bytes(sealed)
        digest = keyed_digest(chat.ring.salt(2), sha256(content).digest()).hex()
        chat.index(2, length=len(sealed), digest=digest)
        chat.rebag()
        here, apart = chat.codes(processes=0), chat.codes(processes=1)
        assert told in here
        assert here == apart
        monkeypatch.setattr(verify_tables_process, "RECORDS_EACH", 10)
        assert chat.codes(processes=3) == here
        monkeypatch.undo()
    assert "rows_without_record" in here
    (chat.place / name).write_bytes(old)


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "is silent"])
def test_a_parser_that_dies_or_is_silent_is_a_problem(
    chat: Case, monkeypatch: pytest.MonkeyPatch, blow: signal.Signals
) -> None:
    start = nursery.child

    def struck() -> nursery.Child:
        child = start()
        os.kill(child.pid, blow)
        return child

    monkeypatch.setattr(nursery, "child", struck)
    monkeypatch.setattr(verify_tables_process, "SILENCE", 60.0 if blow is signal.SIGKILL else 0.2)
    assert chat.codes(processes=1) == {"tables_process", "nothing_verified"}


def test_an_empty_list_of_records_is_a_problem(case: Case, tmp_path: Path) -> None:
    empty = _unit(case, 0, b"")
    (case.place / "data/records.age").write_bytes(empty)
    case.index(0, length=len(empty), digest=keyed_digest(case.ring.salt(0), sha256(b"").digest()).hex())
    case.rebag()
    assert {"nothing_verified", "units_without_record", "record_count"} <= case.codes()


def test_an_index_that_points_elsewhere_is_told(case: Case) -> None:
    old = (case.place / "data/index.jsonl").read_bytes()
    for changes in ({"file": "data/records.age"}, {"file": "data/none.tar"}, {"offset": 0}, {"length": 1}):
        case.index(2, **changes)
        case.rebag()
        assert case.codes(), changes
        (case.place / "data/index.jsonl").write_bytes(old)
    for broken in (old[:-1], b"x" * len(old), old[INDEX_LINE:]):
        (case.place / "data/index.jsonl").write_bytes(broken)
        case.rebag()
        assert case.codes() <= problems.VERIFY.keys()
        assert case.codes()


def test_every_problem_of_a_damaged_package_has_a_sentence_that_its_facts_fill(case: Case) -> None:
    for path in [p for p in case.place.rglob("*") if p.is_file()]:
        data = path.read_bytes()
        for broken in (b"", data[:-700], data[:200] + bytes([data[200] ^ 1 if len(data) > 200 else 1]) + data[201:]):
            path.write_bytes(broken)
            for problem in verify_package(case.store, case.written.path, case.key, processes=0):
                facts = {"ref": problem.ref, "part": problem.part, **problem.facts}
                assert problems.VERIFY[problem.code] % facts
        path.write_bytes(data)
    (case.place / "bag-info.txt").write_text("Kendali-Format: 2\n")
    assert "package_format" in case.codes()


def test_a_destroyed_record_opens_nowhere_and_its_neighbours_do(case: Case) -> None:
    package_id, new_key = case.written.path.rsplit("/", 1)[-1], os.urandom(32)
    before = {p: p.stat().st_mtime_ns for p in case.place.rglob("*")}
    key, generation = replace_keyring(case.store, package_id, old_key=case.key, new_key=new_key, slots=[2, 5])
    assert (generation, key) == (2, f"keyrings/{package_id}/000002")
    for slot in (1, 3, 4, 6):
        assert open_recording(case.store, case.written.path, new_key, slot).files[0][1].read(4) == b"RIFF"
    for slot in (2, 5):
        with pytest.raises(PackageError, match="no_key"):
            open_recording(case.store, case.written.path, new_key, slot)
        assert open_recording(case.store, case.written.path, case.key, slot)  # until the old key is gone
    assert {p: p.stat().st_mtime_ns for p in case.place.rglob("*")} == before
    case.key = new_key
    assert case.codes(destroyed={2, 5}) == set()
    assert case.codes() == {"key_missing", "record_part"}
    assert case.codes(destroyed={2, 4, 5}) == {"key_not_destroyed"}
    assert forget_old_keyrings(case.store, package_id, new_key) == [f"keyrings/{package_id}/000001"]


def test_a_record_is_not_destroyed_twice_nor_under_the_same_key(case: Case) -> None:
    package_id, new_key = case.written.path.rsplit("/", 1)[-1], os.urandom(32)
    with pytest.raises(PackageError, match="same_package_key"):
        replace_keyring(case.store, package_id, old_key=case.key, new_key=case.key, slots=[1])
    replace_keyring(case.store, package_id, old_key=case.key, new_key=new_key, slots=[1])
    with pytest.raises(PackageError, match="no_key"):
        replace_keyring(case.store, package_id, old_key=new_key, new_key=os.urandom(32), slots=[1])
    with pytest.raises(SealError):
        replace_keyring(case.store, package_id, old_key=os.urandom(32), new_key=os.urandom(32), slots=[2])


def test_a_drill_restores_all_or_a_sample_and_compares(case: Case, chat: Case) -> None:
    for good, count in ((case, 6), (chat, 50)):
        whole = drill(good.store, good.written.path, good.key)
        assert (whole.records, whole.restored, whole.problems) == (count, count, [])
        some = drill(good.store, good.written.path, good.key, sample=3, seed=1)
        assert (some.restored, some.problems) == (3, [])


def test_a_drill_tells_what_cannot_be_restored(case: Case) -> None:
    _flip(case.pack, Package(case.store, case.written.path, case.key).line(3).offset + 60_000)
    result = drill(case.store, case.written.path, case.key)
    assert (result.restored, [p.ref for p in result.problems]) == (5, [case.written.records[2].ref])
    other = drill(case.store, case.written.path, os.urandom(32))
    assert [p.code for p in other.problems] == ["package_does_not_open"]


def test_nothing_to_restore_is_a_problem(case: Case) -> None:
    result = drill(case.store, case.written.path, case.key, sample=0)
    assert [p.code for p in result.problems] == ["nothing_verified"]


def test_the_same_damage_is_told_on_s3(store: Store, tmp_path: Path) -> None:
    written, key = write(store, RECORDINGS, recordings(calls(tmp_path / "monitor", 3)))
    pack = f"{written.path}/data/recordings-0-0001.tar"
    data = bytearray(store.read(pack))
    data[30_000] ^= 1
    store.delete(pack)
    store.put(pack, bytes(data))
    assert {p.code for p in verify_package(store, written.path, key)} == {"checksum", "unit", "record_part"}
    store.delete(pack)
    assert "bag_file_missing" in {p.code for p in verify_package(store, written.path, key)}
