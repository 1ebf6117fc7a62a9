from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kendali.archive.__main__ import main
from kendali.archive.stores import Store
from kendali.archive.tests.packages import CONVERSATIONS, RECORDINGS, Chat, bytes_file, calls, recordings, write
from kendali.connectors.base import Unit

CHAT = Chat({"1": ["satu"], "2/x": ["dua", "tiga"]}, {"2/x": [bytes_file("../f oto.jpg", b"foto")]})


def _key_file(tmp_path: Path, path: str, key: bytes) -> str:
    (tmp_path / "keys").mkdir(exist_ok=True)
    line = f"# exported\n{path.rsplit('/', 1)[-1]} {key.hex()}\n"
    (tmp_path / "keys/package.key").write_text(line)
    return str(tmp_path / "keys/package.key")


def test_a_package_is_verified_listed_and_extracted_without_a_database(
    folder: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = calls(tmp_path / "monitor", 3)
    written, key = write(folder, RECORDINGS, recordings(units))
    place, keys = str(folder.local(written.path)), _key_file(tmp_path, written.path, key)
    assert main(["verify", place, "--key-file", keys, "--quiet"]) == 0
    assert capsys.readouterr().out == f"verified: {written.path}\n"
    assert main(["list", written.path, "--store", folder.url, "--key-file", str(tmp_path / "keys")]) == 0
    assert [json.loads(line)["ref"] for line in capsys.readouterr().out.splitlines()] == [u.ref for u in units]
    assert main(["extract", place, "--key-file", keys, "--into", str(tmp_path / "out"), "--ref", units[1].ref]) == 0
    files = {str(p.relative_to(tmp_path / "out")): p for p in (tmp_path / "out").rglob("*") if p.is_file()}
    name = units[1].files[0].name
    assert set(files) == {f"{units[1].ref}/call.json", f"{units[1].ref}/{name}"}
    assert files[f"{units[1].ref}/{name}"].read_bytes() == units[1].files[0].open().read()


def test_conversations_are_extracted_as_parquet_and_files(folder: Store, tmp_path: Path) -> None:
    written, key = write(folder, CONVERSATIONS, CHAT.fill)
    keys = _key_file(tmp_path, written.path, key)
    out = tmp_path / "out"
    assert main(["extract", str(folder.local(written.path)), "--key-file", keys, "--into", str(out)]) == 0
    assert pq.read_table(out / "messages.parquet")["content"].to_pylist() == ["satu", "dua", "tiga"]
    assert [p.read_bytes() for p in tmp_path.rglob("*.jpg") if p.is_file()] == [b"foto"]
    assert all(p.is_relative_to(out) for p in tmp_path.rglob("*.jpg"))


def test_names_that_clean_to_the_same_folder_stay_apart(folder: Store, tmp_path: Path) -> None:
    units = [Unit(ref, "", [bytes_file("a.wav", ref.encode())]) for ref in ("a/b", "a_b", "a:b", "..")]
    written, key = write(folder, RECORDINGS, recordings(units))
    out, keys = tmp_path / "out", _key_file(tmp_path, written.path, key)
    assert main(["extract", str(folder.local(written.path)), "--key-file", keys, "--into", str(out)]) == 0
    assert sorted(p.read_text() for p in out.rglob("a.wav")) == ["..", "a/b", "a:b", "a_b"]


def test_damage_is_printed_one_problem_a_line_and_the_exit_status_says_so(
    folder: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, key = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 2)))
    place = folder.local(written.path)
    assert place is not None
    (place / "data/extra").write_bytes(b"x")
    keys = _key_file(tmp_path, written.path, key)
    assert main(["verify", str(place), "--key-file", keys, "--quiet"]) == 1
    assert [json.loads(line)["code"] for line in capsys.readouterr().out.splitlines()] == ["bag_file_unlisted"]


def test_what_is_needed_is_said_when_it_is_missing(
    folder: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, key = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 1)))
    place = str(folder.local(written.path))
    for words, told in (
        (["verify", place, "--key-file", str(tmp_path / "none")], "key_file_unreadable"),
        (["verify", place, "--key-file", _key_file(tmp_path, "another", key)], "no_key_for_package"),
        (["verify", str(tmp_path / "nowhere"), "--key-file", "x"], "missing"),
        (["verify", str(tmp_path / "monitor"), "--key-file", "x"], "keyring_not_found"),
    ):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert told in error
        assert key.hex() not in error
    (tmp_path / "keys/package.key").write_text(f"{written.path.rsplit('/', 1)[-1]} 00\n")
    assert main(["verify", place, "--key-file", str(tmp_path / "keys/package.key")]) == 2
    assert "key_file_line" in capsys.readouterr().err


def test_it_runs_as_a_module_without_django(folder: Store, tmp_path: Path) -> None:
    written, key = write(folder, RECORDINGS, recordings(calls(tmp_path / "monitor", 1)))
    keys = _key_file(tmp_path, written.path, key)
    code = (
        "import sys; sys.modules['django'] = None; import runpy; "
        "sys.argv[1:] = sys.argv[1:]; runpy.run_module('kendali.archive', run_name='__main__')"
    )
    words = [sys.executable, "-c", code, "verify", str(folder.local(written.path)), "--key-file", keys]
    run = subprocess.run(words, capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert (run.returncode, run.stdout) == (0, f"verified: {written.path}\n"), run.stderr
