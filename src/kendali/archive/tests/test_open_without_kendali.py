"""An exported package is opened by ordinary tools, following docs/open-without-kendali.md; Kendali is not imported
by any of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import duckdb
import pyrage
import pytest

from kendali.archive.age import Identity
from kendali.archive.errors import AgeError, PackageError, StoreExistsError
from kendali.archive.export import export_package
from kendali.archive.reader import Package
from kendali.archive.stores import Store
from kendali.archive.tests.packages import CONVERSATIONS, RECORDINGS, Chat, bytes_file, calls, recordings, write

RECEIVER = Identity(bytes(range(50, 82)))
CHAT = Chat(
    {str(n): [f"pesan {n} ke-{i} 😀" for i in range(n % 4)] for n in range(40)}, {"7": [bytes_file("a.jpg", b"foto")]}
)


def _run(*words: str | Path, cwd: Path, data: bytes | None = None) -> bytes:
    return subprocess.run([str(w) for w in words], cwd=cwd, input=data, capture_output=True, check=True).stdout


def _age(sealed: Path) -> bytes:
    """``age -d -i identity.txt``; by pyrage where the command is not installed."""
    if not shutil.which("age"):
        return bytes(pyrage.decrypt(sealed.read_bytes(), [pyrage.x25519.Identity.from_str(RECEIVER.secret_text())]))
    identity = sealed.parent / "identity.txt"
    identity.write_text(RECEIVER.secret_text() + "\n")
    try:
        return _run("age", "-d", "-i", identity, sealed, cwd=sealed.parent)
    finally:
        identity.unlink()


def _check_bag(bag: Path) -> None:
    _run("sha256sum", "-c", "tagmanifest-sha256.txt", cwd=bag)
    _run("sha256sum", "-c", "manifest-sha256.txt", cwd=bag)
    _run(sys.executable, "-m", "bagit", "--validate", bag, cwd=bag)


def _records(bag: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in _age(bag / "data/records.age").splitlines()]


def test_a_recording_is_opened_by_sha256sum_bagit_age_and_tar(folder: Store, tmp_path: Path) -> None:
    units = calls(tmp_path / "monitor", 4)
    written, key = write(folder, RECORDINGS, recordings(units))
    bag = tmp_path / "out/bag"
    done = export_package(folder, written.path, key, recipient=str(RECEIVER.recipient()), into=bag)
    assert (done.records, done.units, done.left_out) == (4, 4, ())
    assert [p.name for p in bag.parent.iterdir()] == ["bag"]
    _check_bag(bag)
    work = tmp_path / "work"
    work.mkdir()
    for unit, record in zip(units, _records(bag), strict=True):
        ((found,), ref) = record["units"], record["ref"]
        _run("tar", "xf", bag / found["pack"], found["member"], cwd=work)
        _run("tar", "x", cwd=work, data=_age(work / found["member"]))
        facts = json.loads((work / "call.json").read_text())
        assert (ref, facts["ref"], facts["facts"]) == (unit.ref, unit.ref, unit.facts)
        data = (work / unit.files[0].name).read_bytes()
        assert data == unit.files[0].open().read()
        assert found["files"] == [{"name": unit.files[0].name, "size": len(data), "sha256": sha256(data).hexdigest()}]


def test_conversations_are_opened_by_age_and_duckdb(folder: Store, tmp_path: Path) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    bag = tmp_path / "bag"
    export_package(folder, written.path, key, recipient=str(RECEIVER.recipient()), into=bag)
    _check_bag(bag)
    (tmp_path / "messages.parquet").write_bytes(_age(bag / "data/tables/messages.age"))
    with duckdb.connect() as db:
        rows = db.execute(
            "SELECT _ref, content FROM read_parquet(?) ORDER BY id", [str(tmp_path / "messages.parquet")]
        ).fetchall()
    assert [content for ref, content in rows if ref == "39"] == list(CHAT.texts["39"])
    assert len(rows) == sum(map(len, CHAT.texts.values()))
    ((unit,),) = [record["units"] for record in _records(bag) if record["units"]]
    _run("tar", "xf", bag / unit["pack"], unit["member"], cwd=tmp_path)
    _run("tar", "x", cwd=tmp_path, data=_age(tmp_path / unit["member"]))
    assert (tmp_path / "a.jpg").read_bytes() == b"foto"


def test_an_export_of_some_records_holds_no_other(folder: Store, tmp_path: Path) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    bag = tmp_path / "bag"
    done = export_package(folder, written.path, key, recipient=str(RECEIVER.recipient()), into=bag, refs=["7", "11"])
    assert (done.records, done.units) == (2, 1)
    assert [record["ref"] for record in _records(bag)] == ["7", "11"]
    (tmp_path / "m.parquet").write_bytes(_age(bag / "data/tables/messages.age"))
    with duckdb.connect() as db:
        found = db.execute("SELECT DISTINCT _ref FROM read_parquet(?)", [str(tmp_path / "m.parquet")]).fetchall()
    assert sorted(ref for (ref,) in found) == ["11", "7"]
    with pytest.raises(PackageError, match="nothing_to_export"):
        export_package(folder, written.path, key, recipient=str(RECEIVER.recipient()), into=tmp_path / "b", refs=["x"])
    assert not (tmp_path / "b").exists()


def test_the_archives_own_keys_open_nothing_of_an_export(folder: Store, tmp_path: Path) -> None:
    written, key = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 2)))
    bag = tmp_path / "bag"
    export_package(folder, written.path, key, recipient=str(RECEIVER.recipient()), into=bag)
    ring = Package(folder, written.path, key).keyring
    sealed = (bag / "data/records.age").read_bytes()
    for slot in range(3):
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(ring.identity(slot).secret_text())])


def test_an_export_never_overwrites_and_wants_a_real_recipient(folder: Store, tmp_path: Path) -> None:
    written, key = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 1)))
    (tmp_path / "bag").mkdir()
    with pytest.raises(StoreExistsError):
        export_package(folder, written.path, key, recipient=str(RECEIVER.recipient()), into=tmp_path / "bag")
    with pytest.raises(AgeError):
        export_package(folder, written.path, key, recipient="age1nonsense", into=tmp_path / "other")


def test_an_archived_recording_itself_opens_with_ordinary_tools_and_its_derived_identity(
    folder: Store, tmp_path: Path
) -> None:
    """The format's promise for the package, not only for the export: HKDF, age, tar."""
    units = calls(tmp_path / "monitor", 3)
    written, key = write(folder, RECORDINGS, recordings(units))
    place = folder.local(written.path)
    assert place is not None
    _check_bag(place)
    work = tmp_path / "work"
    work.mkdir()
    _run("tar", "xf", place / "data/recordings-0-0001.tar", "00000002.age", cwd=work)
    secret = Package(folder, written.path, key).keyring.identity(2).secret_text()
    plain = pyrage.decrypt((work / "00000002.age").read_bytes(), [pyrage.x25519.Identity.from_str(secret)])
    _run("tar", "x", cwd=work, data=plain)
    assert (work / units[1].files[0].name).read_bytes() == units[1].files[0].open().read()
