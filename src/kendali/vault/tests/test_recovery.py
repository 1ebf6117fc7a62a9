"""The drill: database and key files lost; sheet, off-host copy, newest vault and archive bring everything back."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from kendali.archive.age import encrypt_bytes
from kendali.archive.epochs import Master
from kendali.archive.recovery import ALPHABET, PREFIX, from_typed, new_sheet
from kendali.archive.sealing import open_bytes, seal_bytes
from kendali.archive.slots import SlotError, places
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Entry
from kendali.vault import actions
from kendali.vault.errors import KeyDestroyedError, KeysError
from kendali.vault.models import Epoch, PackageKey, Sheet
from kendali.vault.package_keys import master_of
from kendali.vault.testing import places_below
from kendali.vault.tests.conftest import Keys


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def lose_the_database() -> None:
    """What a new, migrated database holds, and nothing else."""
    connection.ops.execute_sql_flush([])


def carried_away(keys: Keys) -> Path:
    """The off-host files as they were brought to another place before the machine was lost."""
    place = keys.folder / "carried"
    shutil.copytree(keys.path("off-host"), place)
    return place


def test_after_losing_database_and_key_files_a_sealed_package_key_opens_again(lasting_keys: Keys) -> None:
    keys = lasting_keys
    made = {package: actions.new_package_key(package) for package in (uuid4() for _ in range(4))}
    gone, late, *kept = made
    sealed = seal_bytes(made[kept[0]], b"keyring", b"the unit keys of a package")
    actions.change_epoch(actor=SYSTEM, at=timezone.now())
    actions.destroy_package_key(gone, 1, at=timezone.now())
    actions.export_vault(at=timezone.now())
    actions.destroy_package_key(late, 1, at=timezone.now())  # after the last vault: only its tombstone says so
    typed = "\n".join(keys.sheet.groups)
    carried = carried_away(keys)
    shutil.rmtree(keys.folder / "keys")
    lose_the_database()

    done = actions.recover(
        identity=from_typed(typed),
        offhost=carried,
        places=places_below(keys.folder / "new machine"),
        actor=SYSTEM,
        at=timezone.now(),
    )
    assert (done.epoch, done.keys, done.destroyed, done.unopened) == (2, 3, 2, [])
    assert [answer.answer for answer in done.slots] == ["opened", "opened", "unchanged"]
    assert open_bytes(actions.package_key(kept[0]), b"keyring", sealed) == b"the unit keys of a package"
    assert {package: actions.package_key(package) for package in kept} == {package: made[package] for package in kept}
    for package in (gone, late):
        with pytest.raises(KeyDestroyedError):
            actions.package_key(package)
    assert Sheet.objects.get().confirmed_at
    assert Entry.objects.filter(verb="keys.recovered").count() == 1
    works_on(kept, made)


def works_on(kept: list[UUID], made: dict[UUID, bytes]) -> None:
    package = uuid4()
    key = actions.new_package_key(package)
    change = actions.change_epoch(actor=SYSTEM, at=timezone.now())
    assert change.status == "done"
    assert change.new is not None
    assert change.new.number == 3
    assert actions.package_key(package) == key
    assert {package: actions.package_key(package) for package in kept} == {package: made[package] for package in kept}


def test_only_the_key_files_lost_the_slots_are_filled_again(keys: Keys) -> None:
    package = uuid4()
    key = actions.new_package_key(package)
    carried = carried_away(keys)
    shutil.rmtree(keys.folder / "keys")
    with pytest.raises(KeysError):
        actions.package_key(package)
    done = actions.recover(
        identity=keys.sheet.identity,
        offhost=carried / "epoch-000001.age",
        places=places_below(keys.folder / "keys"),
        actor=SYSTEM,
        at=timezone.now(),
    )
    assert (done.epoch, done.vault) == (1, None)
    assert actions.package_key(package) == key


def recovering(keys: Keys, **changes: Any) -> None:
    facts = {
        "identity": keys.sheet.identity,
        "offhost": keys.path("off-host"),
        "places": places_below(keys.folder / "new machine"),
    }
    actions.recover(**{**facts, **changes}, actor=SYSTEM, at=timezone.now())


def test_another_sheet_is_refused_and_nothing_is_written(lasting_keys: Keys) -> None:
    keys = lasting_keys
    lose_the_database()
    with pytest.raises(KeysError) as error:
        recovering(keys, identity=new_sheet().identity)
    assert error.value.code == "offhost_not_opened"
    assert not Epoch.objects.exists()
    assert not (keys.folder / "new machine").exists()


def test_a_sheet_without_a_copy_and_a_copy_without_its_store_recover_nothing(lasting_keys: Keys, settings: Any) -> None:
    keys = lasting_keys
    lose_the_database()
    with pytest.raises(KeysError) as error:
        recovering(keys, offhost=keys.folder / "nowhere")
    assert error.value.code == "offhost_none"
    settings.KENDALI_STORE = str(keys.folder / "another store")
    with pytest.raises(KeysError) as error:
        recovering(keys)
    assert error.value.code == "vault_none"
    assert not PackageKey.objects.exists()


def test_a_damaged_vault_is_passed_over_for_the_one_before(lasting_keys: Keys) -> None:
    keys = lasting_keys
    package = uuid4()
    key = actions.new_package_key(package)
    actions.export_vault(at=timezone.now())
    newest = keys.folder / "store" / "vault" / "vault-000003"
    newest.write_bytes(
        (keys.folder / "store" / "vault" / "vault-000002").read_bytes().replace(b"generation", b"generatiom")
    )
    lose_the_database()
    recovering(keys)
    assert actions.package_key(package) == key


def test_a_forged_tombstone_stops_the_recovery_and_is_named(lasting_keys: Keys) -> None:
    keys = lasting_keys
    package = uuid4()
    actions.new_package_key(package)
    actions.destroy_package_key(package, 1, at=timezone.now())
    (stone,) = (keys.folder / "store" / "vault").glob("tombstone-*")
    stone.write_bytes(stone.read_bytes().replace(b'"generation":1', b'"generation":2'))
    lose_the_database()
    with pytest.raises(KeysError) as error:
        recovering(keys)
    assert error.value.code == "tombstone_bad"


def test_a_copy_of_another_installation_is_refused_by_the_database(keys: Keys, tmp_path: Path) -> None:
    stranger = Master(1, bytes(range(32)))
    file = tmp_path / "epoch-000001.age"
    file.write_bytes(encrypt_bytes(keys.sheet.identity.recipient(), stranger.to_text()))
    with pytest.raises(KeysError) as error:
        recovering(keys, offhost=file)
    assert error.value.code == "recover_other"


def test_a_folder_with_other_keys_is_not_overwritten_by_a_recovery(lasting_keys: Keys) -> None:
    keys = lasting_keys
    lose_the_database()
    place = keys.folder / "new machine" / "slot-1"
    place.mkdir(parents=True)
    (place / "kendali-slot").write_text("f" * 32 + "\n")
    (place / "epoch-000001.key").write_bytes(Master(1, bytes(range(32))).to_text())
    with pytest.raises(SlotError):
        recovering(keys)
    assert (place / "epoch-000001.key").read_bytes() == Master(1, bytes(range(32))).to_text()


def command(*words: str, typed: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    out = io.StringIO()
    if monkeypatch is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    call_command("keys", *words, stdout=out)
    return out.getvalue()


def test_the_command_recovers_and_names_the_group_with_the_typing_error(
    lasting_keys: Keys, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = lasting_keys
    package = uuid4()
    key = actions.new_package_key(package)
    actions.export_vault(at=timezone.now())
    lose_the_database()
    new = keys.folder / "new"
    settings.KENDALI_KEYS = f"{new}/slot-1,{new}/slot-2,offhost:{new}/off-host"
    groups = list(keys.sheet.groups)
    slip = groups[6][:2] + ("Q" if groups[6][2] != "Q" else "P") + groups[6][3:]
    wrong = " ".join([*groups[:6], slip, *groups[7:]])
    recover = ("recover", "--offhost", str(keys.path("off-host")))
    with pytest.raises(CommandError, match="Group 7 has a typing error"):
        command(*recover, typed=wrong, monkeypatch=monkeypatch)
    with pytest.raises(CommandError, match="does not open"):
        command(*recover, typed=" ".join(new_sheet().groups), monkeypatch=monkeypatch)
    printed = command(*recover, typed=" ".join(groups), monkeypatch=monkeypatch)
    assert "1 keys" in printed
    assert actions.package_key(package) == key


def test_the_command_shows_proves_changes_and_exports_without_a_secret(keys: Keys) -> None:
    package = uuid4()
    key = actions.new_package_key(package)
    master = master_of(actions.current_epoch())
    printed = command("show") + command("prove") + command("export") + command("change-epoch") + command("show")
    assert "EP-000001 → EP-000002: done" in printed
    assert "Rak 1" in printed
    for secret in (key.hex(), master.secret.hex(), keys.sheet.groups[0], keys.sheet.identity.secret_text()):
        assert secret not in printed
    shutil.rmtree(keys.path("slot-1"))
    with pytest.raises(CommandError, match="slot-1"):
        command("prove")
    with pytest.raises(CommandError, match="Pending"):
        command("change-epoch")


def test_the_sheet_is_printed_confirmed_and_not_printed_again(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf = tmp_path / "sheet.pdf"
    command("sheet", "--pdf", str(pdf))
    assert pdf.read_bytes().startswith(b"%PDF-1.7")
    assert pdf.stat().st_mode & 0o777 == 0o600
    if which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
        ).stdout
        # A group may well be digits alone; no heading of the sheet is of the alphabet's capitals and digits.
        groups = [word for word in text.split() if len(word) in {5, 7} and set(word) <= set(ALPHABET)]
        from_typed(" ".join(groups[:14]))
        command("sheet", "--confirm", typed=groups[13] + "\n", monkeypatch=monkeypatch)
        with pytest.raises(CommandError, match="confirmed already"):
            command("sheet", "--pdf", str(tmp_path / "again.pdf"))
    with pytest.raises(CommandError, match="new file"):
        command("sheet", "--pdf", str(pdf))


@pytest.mark.skipif(which("age") is None, reason="the age command is not installed")
def test_without_the_program_age_gives_the_master_from_sheet_and_copy(keys: Keys, tmp_path: Path) -> None:
    identity = tmp_path / "R"
    identity.write_text(PREFIX + "".join(group[:-1] for group in keys.sheet.groups) + "\n")
    offhost = keys.path("off-host") / "epoch-000001.age"
    text = subprocess.run(["age", "-d", "-i", str(identity), str(offhost)], capture_output=True, check=True).stdout
    assert Master.from_text(text) == master_of(actions.current_epoch())


def test_set_up_by_command_in_the_places_of_the_setting(db: None, tmp_path: Path, settings: Any) -> None:
    settings.KENDALI_STORE = str(tmp_path / "store")
    settings.KENDALI_KEYS = f"{tmp_path}/a,offhost:{tmp_path}/b=Bandung"
    printed = command("set-up", "--pdf", str(tmp_path / "sheet.pdf"))
    assert "Print it" in printed
    assert command("set-up", "--pdf", str(tmp_path / "other.pdf")).startswith("Keys are set up already")
    assert not (tmp_path / "other.pdf").exists()
    assert [place.declared for place in places(settings.KENDALI_KEYS)] == ["", "Bandung"]
