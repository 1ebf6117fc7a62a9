"""Slots on real folders: written, read back, deleted, away, foreign, half-written."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from uuid import uuid4

import pytest

from kendali.archive.age import Identity
from kendali.archive.epochs import new_master, new_package_key
from kendali.archive.errors import ArchiveError
from kendali.archive.slot_samples import Sample, open_in_fresh_process
from kendali.archive.slots import Place, Slot, SlotAbsentError, SlotError, SlotUnreachableError, places

R = Identity.generate()


@pytest.fixture(params=["keyfile", "offhost"])
def slot(request: pytest.FixtureRequest, tmp_path: Path) -> Slot:
    made = Slot(request.param, str(tmp_path / "disk" / "slot"), "m1", str(R.recipient()))
    made.prepare()
    return made


def test_what_is_written_reads_back_and_is_private(slot: Slot) -> None:
    master = new_master(1)
    assert slot.write(master) == slot.digest(1)
    assert slot.read(1, R) == master
    assert slot.numbers() == [1]
    assert slot.is_private()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in Path(slot.path).iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(os.stat(slot.path).st_mode) == 0o700


def test_an_offhost_file_alone_opens_nothing(tmp_path: Path) -> None:
    slot = Slot("offhost", str(tmp_path / "s"), "m", str(R.recipient()))
    slot.prepare()
    master = new_master(1)
    slot.write(master)
    content = b"".join(path.read_bytes() for path in Path(slot.path).iterdir())
    assert master.secret not in content
    assert master.secret.hex().encode() not in content
    with pytest.raises(SlotError):
        slot.read(1)
    with pytest.raises(ArchiveError):
        slot.read(1, Identity.generate())


def test_two_epochs_live_side_by_side_and_die_apart(slot: Slot) -> None:
    old, new = new_master(1), new_master(2)
    slot.write(old)
    slot.write(new)
    slot.delete(1)
    assert not slot.holds(1)
    assert slot.read(2, R) == new
    with pytest.raises(SlotAbsentError):
        slot.read(1, R)
    slot.delete(1)  # twice is no error


def test_a_half_written_file_counts_as_held_and_is_deleted_too(slot: Slot) -> None:
    (Path(slot.path) / "epoch-000001.key.part").write_bytes(b"half a master")
    assert slot.holds(1)
    assert slot.numbers() == []
    slot.delete(1)
    assert not slot.holds(1)


def test_an_empty_mount_point_is_unreachable_and_is_not_written(slot: Slot) -> None:
    slot.write(new_master(1))
    away = slot.path + "-away"
    os.rename(slot.path, away)
    os.mkdir(slot.path)
    for touch in (lambda: slot.read(1, R), lambda: slot.write(new_master(2)), lambda: slot.holds(1)):
        with pytest.raises(SlotUnreachableError):
            touch()
    assert os.listdir(slot.path) == []
    os.rmdir(slot.path)
    with pytest.raises(SlotUnreachableError):
        slot.delete(1)


def test_another_installation_s_folder_and_a_used_one_are_refused(slot: Slot, tmp_path: Path) -> None:
    with pytest.raises(SlotError) as error:
        Slot(slot.kind, slot.path, "m2", slot.recipient).prepare()
    assert error.value.code == "slot_foreign"
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter.txt").write_text("dear")
    with pytest.raises(SlotError) as error:
        Slot(slot.kind, str(tmp_path / "used"), "m1").prepare()
    assert error.value.code == "slot_not_empty"
    slot.prepare()  # our own again is no error


def test_another_master_under_the_same_number_is_refused(tmp_path: Path) -> None:
    slot = Slot("keyfile", str(tmp_path / "s"), "m")
    slot.prepare()
    master = new_master(1)
    slot.write(master)
    slot.write(master)
    with pytest.raises(SlotError):
        slot.write(new_master(1))
    assert slot.read(1) == master


def test_the_setting_is_a_list_of_kinds_paths_and_words() -> None:
    assert places("/a/b, offhost:/c/../d=Brankas lantai 2") == [
        Place("keyfile", "/a/b"),
        Place("offhost", "/d", "Brankas lantai 2"),
    ]
    for bad in ("usb:/a", "keys/a", "keyfile:a", "/a,/a/"):
        with pytest.raises(SlotError):
            places(bad)


def test_a_fresh_process_says_what_each_slot_opens(tmp_path: Path) -> None:
    master, package = new_master(1), uuid4()
    sample = Sample(package, 1, master.wrap(new_package_key(), package=package, generation=1))
    slots = []
    for kind, name in (("keyfile", "good"), ("offhost", "off"), ("keyfile", "away"), ("keyfile", "damaged")):
        slot = Slot(kind, str(tmp_path / name), name, str(R.recipient()))
        slot.prepare()
        slots.append((slot, slot.write(master)))
    os.rename(tmp_path / "away", tmp_path / "elsewhere")
    (tmp_path / "damaged" / "epoch-000001.key").write_bytes(b"x" * 100)
    answers = open_in_fresh_process(1, master.fingerprint, slots, [sample])
    assert [answer.answer for answer in answers] == ["opened", "unchanged", "unreachable", "differs"]
    stranger = Sample(uuid4(), 1, sample.wrapped)
    assert [a.answer for a in open_in_fresh_process(1, master.fingerprint, slots[:2], [stranger])] == [
        "differs",
        "unchanged",
    ]
