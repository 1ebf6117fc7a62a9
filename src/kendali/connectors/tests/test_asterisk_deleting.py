"""Deleting recordings and their call records: shared and converted files, links, crashes, Master.csv line by line."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kendali.connectors.asterisk.csv_rewriting import Rewriting
from kendali.connectors.asterisk.master_csv import FIXED, MasterCsv
from kendali.connectors.base import Deletion, Part, SourceError
from kendali.connectors.problems import sentence
from kendali.connectors.removing import Outside, look, plain, remove
from kendali.connectors.tests import grounds
from kendali.connectors.tests.deleting_contract import Ground, delete, left, parts_of, prints, refs_of
from kendali.connectors.tests.servers import as_owner

MAKERS: dict[str, Callable[[pytest.FixtureRequest, Path], AbstractContextManager[Ground]]] = {
    "postgresql": grounds.asterisk_postgresql,
    "mariadb": grounds.asterisk_mariadb,
    "csv": grounds.asterisk_csv,
}


@pytest.fixture(params=MAKERS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    with MAKERS[request.param](request, tmp_path) as made:
        yield made


def monitor(tmp_path: Path) -> Path:
    return tmp_path / "monitor"


def with_file(ground: Ground) -> tuple[str, str]:
    """A call with a plain recording, and its path."""
    parts = parts_of(ground, refs_of(ground))
    users = [part.name for listed in parts.values() for part in listed]
    return next(
        (ref, part.name)
        for ref, listed in parts.items()
        for part in listed
        if part.kind == "file" and part.name.endswith(".wav") and users.count(part.name) == 1 and len(listed) == 2
    )


def one(ground: Ground, ref: str) -> Deletion:
    return delete(ground, prints(ground, [ref]))[ref]


def test_what_a_recording_was_converted_to_goes_with_it(ground: Ground, tmp_path: Path) -> None:
    ref, path = with_file(ground)
    copy = monitor(tmp_path) / Path(path).with_suffix(".mp3")
    copy.write_bytes(b"ID3")
    parts = parts_of(ground, [ref])
    assert len(parts[ref]) == 3
    assert one(ground, ref).outcome == "deleted"
    assert left(ground, parts) == {ref: []}
    assert not copy.exists()


@pytest.mark.parametrize("kind", ["file", "folder", "outside"])
def test_a_recording_behind_a_link_is_refused_before_anything_is_deleted(
    ground: Ground, tmp_path: Path, kind: str
) -> None:
    ref, path = with_file(ground)
    file = monitor(tmp_path) / path
    if kind == "folder":
        file.parent.rename(file.parent.with_name("real"))
        file.parent.symlink_to("real")
    else:
        target = file.with_name("real.wav") if kind == "file" else tmp_path / "elsewhere.wav"
        file.rename(target)
        file.symlink_to(target)
    before = ground.picture()
    expected = prints(ground, [ref])
    answer = delete(ground, expected)[ref]
    if kind == "outside":  # the reader does not open it either, so no such call has a verified backup
        assert answer.outcome in {"deleted", "refused"}
        assert (tmp_path / "elsewhere.wav").exists()
    else:
        assert answer.outcome == "refused"
        assert answer.problem is not None
        assert answer.problem.code == "file_outside"
        assert ground.picture() == before


def test_a_recording_that_changed_on_the_disk_is_not_touched(ground: Ground, tmp_path: Path) -> None:
    ref, path = with_file(ground)
    expected = prints(ground, [ref])
    file = monitor(tmp_path) / path
    stat = file.stat()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    before = ground.picture()
    assert delete(ground, expected)[ref].outcome == "changed"
    assert ground.picture() == before


def test_a_file_that_two_calls_name_goes_with_the_last(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with grounds.asterisk_postgresql(request, tmp_path) as ground:
        ref, path = with_file(ground)
        other = next(each for each in refs_of(ground) if each != ref)
        deleter = ground.deleter()
        owner = psycopg.connect(as_owner(database(deleter)))
        with owner:
            owner.execute(
                "UPDATE cdr SET recordingfile = %s WHERE linkedid = %s", [f"/var/spool/asterisk/monitor/{path}", other]
            )
        parts = parts_of(ground, [ref, other])
        file = monitor(tmp_path) / path
        assert one(ground, ref).outcome == "deleted"
        assert file.exists()
        states = {each.part.name: each for each in deleter.absent(parts)[ref]}
        assert (states[path].state, states[path].shared) == ("gone", True)
        deleter.finish({ref: parts[ref]})
        assert file.exists()
        assert one(ground, other).outcome == "deleted"
        assert not file.exists()
        assert left(ground, parts) == {ref: [], other: []}
        deleter.close()


def database(deleter: object) -> str:
    return str(deleter._writer.server.place["database"])  # type: ignore[attr-defined]


def test_rows_that_went_before_a_crash_leave_files_that_are_seen_and_taken_later(
    ground: Ground, tmp_path: Path
) -> None:
    """The worker died between its commit and the files: here the file came back after a whole deletion."""
    ref, path = with_file(ground)
    parts = parts_of(ground, [ref])
    content = (monitor(tmp_path) / path).read_bytes()
    assert one(ground, ref).outcome == "deleted"
    (monitor(tmp_path) / path).write_bytes(content)
    assert left(ground, parts) == {ref: [path]}
    again = delete(ground, {ref: b"\0" * 32})[ref]
    assert again.outcome == "already_absent"
    reader = ground.reader()
    assert path in {each.part for each in reader.unclaimed()}
    reader.close()
    deleter = ground.deleter()
    deleter.finish(parts)
    deleter.close()
    assert left(ground, parts) == {ref: []}


def test_a_tree_that_is_not_mounted_is_never_taken_for_an_empty_one(ground: Ground, tmp_path: Path) -> None:
    ref, path = with_file(ground)
    parts = parts_of(ground, [ref])
    assert one(ground, ref).outcome == "deleted"
    monitor(tmp_path).rename(tmp_path / "away")
    assert left(ground, parts) == {ref: [path]}
    monitor(tmp_path).mkdir()
    assert left(ground, parts) == {ref: [path]}


def test_a_role_that_may_not_delete_is_refused_and_told_how_to_grant_it(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with grounds.asterisk_postgresql(request, tmp_path) as ground:
        ref, _ = with_file(ground)
        deleter = ground.deleter()
        role = deleter._writer.server.place["user"]  # type: ignore[attr-defined]
        url = as_owner(database(deleter))
        before = ground.picture()
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(f"REVOKE DELETE ON cdr FROM {role}")
            (problem,) = deleter.probe().problems
            assert problem.code == "no_right_to_delete"
            assert sentence(problem)
            assert one(ground, ref).outcome == "refused"
            assert ground.picture() == before
            owner.execute(str(problem.facts["command"]).encode())
            assert deleter.probe().problems == []
            owner.execute(f"GRANT UPDATE ON cdr TO {role}")
            assert [each.code for each in deleter.probe().warnings] == ["may_do_more"]
        assert one(ground, ref).outcome == "deleted"
        deleter.close()


def test_a_call_that_somebody_works_on_is_left_for_later_and_the_others_go(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with grounds.asterisk_postgresql(request, tmp_path) as ground:
        refs = refs_of(ground)[:4]
        deleter = ground.deleter()
        url = as_owner(database(deleter))
        deleter.close()
        expected = prints(ground, refs)
        with psycopg.connect(url) as somebody:
            somebody.execute("UPDATE cdr SET userfield = userfield WHERE linkedid = %s", [refs[1]])
            answers = delete(ground, expected)
            somebody.rollback()
        assert (answers[refs[1]].outcome, answers[refs[1]].retryable) == ("failed", True)
        assert {answers[ref].outcome for ref in refs if ref != refs[1]} == {"deleted"}


# --- Master.csv

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
CALLS = ("1700000000.1", "1700000000.2", "1700000000.3")


@st.composite
def master(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """(call, the bytes of its line); lines as Asterisk writes them, as a spreadsheet does, cut off, and not UTF-8."""
    lines: list[tuple[str, bytes]] = []
    for call in draw(st.lists(st.sampled_from((*CALLS, "", "damaged")), max_size=12)):
        if call == "damaged":
            lines.append(("", draw(st.sampled_from((b"\xff\xfe,1,2\n", b"cut off, here\n", b"\n", b'"a","b"\r\n')))))
            continue
        cells = [draw(CELL) for _ in range(len(FIXED))]
        cells += ["1", "", "", call, "7"]
        text = io.StringIO()
        bare = draw(st.booleans()) and "\r" not in "".join(cells)  # where a bare one would end the line
        end = draw(st.sampled_from(("\n", "\r\n")))
        quoting: Any = csv.QUOTE_MINIMAL if bare else csv.QUOTE_ALL
        csv.writer(text, quoting=quoting, lineterminator=end).writerow(cells)
        lines.append((call, text.getvalue().encode()))
    return lines


@given(lines=master(), refs=st.sets(st.sampled_from(CALLS)), appended=st.binary(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_other_line_stays_byte_for_byte_and_what_is_appended_meanwhile_too(
    tmp_path: Path, lines: Sequence[tuple[str, bytes]], refs: set[str], appended: bytes
) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(b"".join(raw for _, raw in lines))
    path.chmod(0o640)
    columns = (*FIXED, "uniqueid", "userfield", "peeraccount", "linkedid", "sequence")
    rewriting = Rewriting(MasterCsv(path, columns), "linkedid", refs)
    with path.open("ab") as switch:
        switch.write(appended)
    rewriting.commit()
    assert path.read_bytes() == b"".join(raw for call, raw in lines if call not in refs) + appended
    assert len(rewriting.removed) == sum(call in refs for call, _ in lines)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["Master.csv"]


def test_undoing_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(b"a,b\n" * 9)
    (tmp_path / ".Master.csv.kendali").write_bytes(b"left by a crash")
    inode = path.stat().st_ino
    Rewriting(MasterCsv(path, ("linkedid", "x")), "linkedid", {"a"}).undo()
    assert (path.read_bytes(), path.stat().st_ino) == (b"a,b\n" * 9, inode)
    assert [each.name for each in tmp_path.iterdir()] == ["Master.csv"]


def test_a_master_csv_that_is_gone_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="folder_unreadable"):
        Rewriting(MasterCsv(tmp_path / "none.csv", ("linkedid",)), "linkedid", {"a"})


# --- files

NAMES = st.sampled_from(("a", "b", "..", ".", "", "link", "folder", "up", "/", "x\0y", "a.wav"))


@given(steps=st.lists(NAMES, min_size=1, max_size=4), absolute=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_path_leads_out_of_its_folder(tmp_path: Path, steps: Sequence[str], absolute: bool) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    for folder in (outside / "a", root / "folder", root / "a"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.wav").write_bytes(b"x")
    for name, target in (("link", outside), ("up", Path(".."))):
        if not (root / name).is_symlink():
            (root / name).symlink_to(target)
    path = ("/" if absolute else "") + "/".join(steps)
    state = look(root, path)
    try:
        taken = remove(root, path)
    except (Outside, OSError):
        taken = False
    assert (outside / "a" / "a.wav").exists()
    assert (root / "link").is_symlink()
    assert not taken or state == "present"
    assert not plain(root, path)


def test_parts_name_nothing_but_what_is_needed_to_find_them_again(ground: Ground) -> None:
    parts: Mapping[str, Sequence[Part]] = parts_of(ground, refs_of(ground))
    for ref, listed in parts.items():
        assert listed[0] == Part("row", f"cdr:{ref}")
        assert all(part.kind == "file" and not part.name.startswith("/") for part in listed[1:])
