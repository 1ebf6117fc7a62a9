"""Package keys and the first epoch: what opens, what is refused, what alone opens nothing."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from kendali.archive import vaults
from kendali.archive.errors import ArchiveError
from kendali.archive.slots import SlotError, places
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Entry
from kendali.vault import actions
from kendali.vault.errors import SENTENCES, KeyDestroyedError, KeysError, KeyUnknownError, sentence
from kendali.vault.models import Epoch, PackageKey, Sheet, Slot, SlotAnswer, VaultExport
from kendali.vault.package_keys import master_of
from kendali.vault.testing import places_below
from kendali.vault.tests.conftest import Keys


def test_set_up_makes_one_epoch_in_every_slot_and_a_vault(keys: Keys) -> None:
    epoch = actions.current_epoch()
    assert (epoch.number, epoch.status) == (1, "current")
    assert Slot.objects.count() == 3
    assert set(SlotAnswer.objects.values_list("operation", "answer")) == {("write", "wrote"), ("read", "same")}
    assert keys.store.read("vault/vault-000001")
    assert Entry.objects.filter(verb="keys.set_up").count() == 1


def test_set_up_again_changes_nothing(keys: Keys) -> None:
    before = keys.path("slot-1").joinpath("epoch-000001.key").read_bytes()
    assert actions.set_up(at=timezone.now(), actor=SYSTEM, slots=places_below(keys.folder / "keys")) is None
    assert keys.path("slot-1").joinpath("epoch-000001.key").read_bytes() == before
    assert Epoch.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "code"), [("{0}/a", "slots_too_few"), ("offhost:{0}/a,offhost:{0}/b", "slots_no_keyfile")]
)
def test_set_up_wants_two_slots_and_one_that_opens_by_itself(db: None, tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(KeysError) as error:
        actions.set_up(at=timezone.now(), actor=SYSTEM, slots=places(text.format(tmp_path)))
    assert error.value.code == code
    assert not Epoch.objects.exists()


def test_an_interrupted_set_up_is_run_again(db: None, tmp_path: Path, settings: Any) -> None:
    settings.KENDALI_STORE = str(tmp_path / "store")
    (tmp_path / "off-host").write_text("not a folder")
    with pytest.raises(SlotError):
        actions.set_up(at=timezone.now(), actor=SYSTEM, slots=places_below(tmp_path))
    assert not Epoch.objects.filter(status="current").exists()
    (tmp_path / "off-host").unlink()
    assert actions.set_up(at=timezone.now(), actor=SYSTEM, slots=places_below(tmp_path))
    package = uuid4()
    assert actions.new_package_key(package) == actions.package_key(package)


def test_set_up_refuses_a_store_that_has_vaults_of_a_lost_database(keys: Keys) -> None:
    PackageKey.objects.all().delete()
    Epoch.objects.update(status="retired")
    with pytest.raises(KeysError) as error:
        actions.set_up(at=timezone.now(), actor=SYSTEM, slots=places_below(keys.folder / "more"))
    assert error.value.code == "store_in_use"


def test_a_package_key_opens_again_and_is_nowhere_in_the_clear(keys: Keys) -> None:
    package = uuid4()
    key = actions.new_package_key(package)
    assert len(key) == 32
    assert actions.package_key(package) == key
    row = PackageKey.objects.get(package=package)
    assert key not in bytes(row.wrapped or b"")
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault_packagekey::text FROM vault_packagekey")
        assert all(key.hex() not in line for (line,) in cursor.fetchall())


def test_generations_are_told_apart_and_the_newest_is_the_default(keys: Keys) -> None:
    package = uuid4()
    first, second = actions.new_package_key(package), actions.new_package_key(package, 2)
    assert first != second
    assert actions.package_key(package) == second
    assert actions.package_key(package, 1) == first
    with pytest.raises(KeysError) as error:
        actions.new_package_key(package, 2)
    assert error.value.code == "package_key_exists"


def test_unknown_and_destroyed_keys_are_two_different_errors(keys: Keys) -> None:
    package = uuid4()
    with pytest.raises(KeyUnknownError):
        actions.package_key(package)
    actions.new_package_key(package)
    actions.destroy_package_key(package, 1, at=timezone.now())
    actions.destroy_package_key(package, 1, at=timezone.now())
    with pytest.raises(KeyDestroyedError):
        actions.package_key(package)
    assert PackageKey.objects.get(package=package).wrapped is None
    assert not actions.destruction_effective(package, 1)


def test_a_package_key_is_not_made_inside_a_transaction(lasting_keys: Keys) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.new_package_key(uuid4())


def test_one_slot_lost_is_no_loss_and_all_lost_is_said(keys: Keys) -> None:
    package = uuid4()
    key = actions.new_package_key(package)
    (keys.path("slot-1") / "epoch-000001.key").unlink()
    assert actions.package_key(package) == key
    os.rename(keys.path("slot-2"), keys.path("away"))
    with pytest.raises(KeysError) as error:
        actions.package_key(package)
    assert error.value.code == "no_slot_opens"


def test_the_database_alone_the_sheet_alone_and_an_offhost_file_alone_open_nothing(keys: Keys) -> None:
    key = actions.new_package_key(uuid4())
    secret = keys.path("slot-1").joinpath("epoch-000001.key").read_text().split()[-1]
    with connection.cursor() as cursor:
        dump = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            dump += [line for (line,) in cursor.fetchall()]
    everything = "\n".join(dump)
    assert secret not in everything
    assert key.hex() not in everything
    assert keys.sheet.identity.secret_text() not in everything
    # Of five characters; figures alone would also be found in an instant or a digest.
    assert not any(group in everything for group in keys.sheet.groups if not group.isdigit())
    offhost = keys.path("off-host").joinpath("epoch-000001.age").read_bytes()
    assert secret.encode() not in offhost
    assert bytes.fromhex(secret) not in offhost
    assert all(secret not in path.read_text() for path in (keys.folder / "store").rglob("vault-*"))


def test_the_same_slot_file_of_another_installation_opens_nothing_here(keys: Keys) -> None:
    package = uuid4()
    actions.new_package_key(package)
    for name in ("slot-1", "slot-2"):
        (keys.path(name) / "kendali-slot").write_text("f" * 32 + "\n")
    with pytest.raises(KeysError):
        actions.package_key(package)


def test_proving_tells_each_slot_apart(keys: Keys) -> None:
    actions.new_package_key(uuid4())
    at = timezone.now()
    assert [a.answer for a in actions.prove(actor=SYSTEM, at=at)] == ["opened", "opened", "unchanged"]
    with_sheet = actions.prove(actor=SYSTEM, at=at, identity=keys.sheet.identity)
    assert [a.answer for a in with_sheet] == ["opened", "opened", "opened"]
    os.rename(keys.path("slot-1"), keys.path("away"))
    keys.path("slot-2").joinpath("epoch-000001.key").write_bytes(b"rust")
    keys.path("off-host").joinpath("epoch-000001.age").unlink()
    assert [a.answer for a in actions.prove(actor=SYSTEM, at=at)] == ["unreachable", "differs", "absent"]


def test_a_slot_is_added_and_opens_samples(keys: Keys) -> None:
    key = actions.new_package_key(package := uuid4())
    place = places(f"{keys.folder}/usb=Brankas")[0]
    assert [a.answer for a in actions.add_slot(place, actor=SYSTEM, at=timezone.now())] == ["opened"]
    for name in ("slot-1", "slot-2"):
        os.rename(keys.path(name), keys.path(name + "-away"))
    assert actions.package_key(package) == key


def test_a_withdrawn_slot_is_emptied_and_two_must_remain(keys: Keys) -> None:
    at = timezone.now()
    location = str(keys.path("slot-1"))
    with pytest.raises(KeysError) as error:
        actions.withdraw_slot(location, statement=" ", actor=SYSTEM, at=at)
    assert error.value.code == "slot_statement"
    answers = actions.withdraw_slot(location, statement="Disk dihancurkan", actor=SYSTEM, at=at)
    assert [a.answer for a in answers] == ["absent"]
    assert not keys.path("slot-1").joinpath("epoch-000001.key").exists()
    with pytest.raises(KeysError) as error:
        actions.withdraw_slot(str(keys.path("slot-2")), statement="x", actor=SYSTEM, at=at)
    assert error.value.code == "slot_last"


def test_the_sheet_is_confirmed_by_its_last_group_only(keys: Keys) -> None:
    at = timezone.now()
    sheet = actions.make_sheet(actor=SYSTEM, at=at)  # unconfirmed: made anew freely
    with pytest.raises(KeysError) as error:
        actions.confirm_sheet(keys.sheet.confirmation, actor=SYSTEM, at=at)
    assert error.value.code == "sheet_not_this"
    assert actions.confirm_sheet(sheet.confirmation.lower(), actor=SYSTEM, at=at).confirmed_at == at
    with pytest.raises(KeysError) as error:
        actions.make_sheet(actor=SYSTEM, at=at)
    assert error.value.code == "sheet_confirmed"
    assert Sheet.objects.filter(replaced_at=None).count() == 1
    answers = actions.prove(actor=SYSTEM, at=at, identity=sheet.identity)
    assert [a.answer for a in answers] == ["opened", "opened", "opened"]
    replaced = actions.make_sheet(actor=SYSTEM, at=at, replace=True)
    assert [a.answer for a in actions.prove(actor=SYSTEM, at=at, identity=sheet.identity)][-1] == "differs"
    assert [a.answer for a in actions.prove(actor=SYSTEM, at=at, identity=replaced.identity)][-1] == "opened"


def test_the_export_holds_every_live_key_and_is_authentic(keys: Keys) -> None:
    made = [uuid4() for _ in range(5)]
    opened = {package: actions.new_package_key(package) for package in made}
    actions.destroy_package_key(made[0], 1, at=timezone.now())
    export = actions.export_vault(at=timezone.now())
    assert (export.number, export.keys) == (2, 4)
    master = master_of(actions.current_epoch())
    vault = vaults.from_bytes(keys.store.read("vault/vault-000002"), master)
    assert {k.package: master.unwrap(k.wrapped, package=k.package, generation=1) for k in vault.keys} == {
        package: opened[package] for package in made[1:]
    }
    assert [gone.package for gone in vault.destroyed] == [made[0]]
    assert keys.store.read(vaults.tombstone_name(made[0], 1))


@pytest.mark.parametrize("model", [SlotAnswer, VaultExport])
def test_what_was_seen_cannot_be_rewritten(keys: Keys, model: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        model.objects.update(at=timezone.now())


def test_every_error_has_a_sentence_that_renders(keys: Keys) -> None:
    for code, template in SENTENCES.items():
        facts = dict.fromkeys(_placeholders(template), "x")
        assert "%(" not in sentence(ArchiveError(code, **facts))


def _placeholders(template: str) -> list[str]:
    return re.findall(r"%\((\w+)\)s", template)
