"""After a destruction nothing that was kept opens the record: every earlier vault, database dump and copy of the store,
with the recovery sheet and what the slots hold now. With the old master, kept aside here, it could: the control.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from conftest import _owner_entry
from kendali.archive import vaults
from kendali.archive.age import Identity
from kendali.archive.epochs import Master
from kendali.archive.errors import ArchiveError, SealError
from kendali.archive.folder_store import FolderStore
from kendali.archive.package import keyring_generations, keyring_key
from kendali.archive.reader import Package as OpenPackage
from kendali.archive.slots import open_offhost
from kendali.archive.stores import Entry, packages
from kendali.home import postgres_tools
from kendali.home.database_roles import connect_arguments
from kendali.records.actions import destruction
from kendali.records.models import Record, VersionDestruction
from kendali.records.tests.approved import running
from kendali.records.tests.conftest import office as office  # a fixture
from kendali.records.tests.office import Office
from kendali.terms.models import Setting
from kendali.vault import actions as vault
from kendali.vault.testing import set_up_keys

OLD = datetime(2023, 3, 3, 2, 0, tzinfo=UTC)
CANARY = "kenari pualam delapan ribu"
PHONE = "081288417755"
FILE = "out-081288417755-kenari.wav"
pytestmark = pytest.mark.django_db(transaction=True)
Wrapped = tuple[UUID, int, int | None, bytes]  # package, generation, epoch where it is told, wrapped key


@dataclass
class Kept:
    """Everything that somebody could have kept before, and what is there now."""

    stores: list[Path]
    dumps: list[bytes]


def office_with_a_canary(office: Office) -> Office:
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.source("obrolan", client=office.cast.nusantara, record_class="conversation")
    for number in range(3):
        day = OLD + timedelta(days=number)
        office.call("pbx", f"call-{number}", day)
        office.chat("obrolan", f"chat-{number}", [(day, f"Halo {number}"), (day, "Selamat pagi")])
    pbx = office.folder / "export" / "pbx"
    shutil.copy(pbx / "call-1.wav", pbx / FILE)
    with (pbx / FILE).open("ab") as file:
        file.write(CANARY.encode())
    office.rows["pbx"]["call-1"] |= {"file": FILE, "customer_phone": PHONE, "customer_name": CANARY}
    day = OLD + timedelta(days=1)
    office.chat("obrolan", "chat-1", [(day, CANARY), (day, f"telepon saya {PHONE}")])
    office.rows["obrolan"]["chat-1"]["customer_phone"] = PHONE
    for name in ("pbx", "obrolan"):
        office.write(name)
        office.backed_up(name)
    return office


def dump() -> bytes:
    """What `./kendali manage backup` would keep of the database, as plain SQL."""
    entry = connect_arguments(_owner_entry(connection.settings_dict["NAME"]))
    tool = postgres_tools.tool("pg_dump", connection.cursor().connection.info.server_version // 10000)
    command = [str(tool), "-h", str(entry["host"]), "-p", str(entry["port"]), "-U", str(entry["user"])]
    return subprocess.run([*command, str(entry["dbname"])], capture_output=True, check=True).stdout


def masters(folder: Path, identity: Identity) -> list[Master]:
    """Every master that the slots hold now: key files as they are, off-host files by the sheet."""
    found = [Master.from_text(path.read_bytes()) for path in folder.glob("*/epoch-*.key")]
    return found + [open_offhost(path.read_bytes(), identity) for path in folder.glob("*/epoch-*.age")]


def wrapped_keys(kept: Kept) -> set[Wrapped]:
    """Out of every dump and every vault; vaults are taken without asking whether they are authentic."""
    found: set[Wrapped] = set()
    for text in kept.dumps:
        table = re.search(rb"COPY public\.vault_packagekey \(([^)]*)\) FROM stdin;\n(.*?)\n\\\.", text, re.S)
        assert table is not None
        columns = table[1].decode().split(", ")
        for line in table[2].decode().splitlines():
            row = dict(zip(columns, line.split("\t"), strict=True))
            if row["wrapped"] != r"\N":
                sealed = bytes.fromhex(row["wrapped"].removeprefix("\\\\x"))
                found.add((UUID(row["package"]), int(row["generation"]), None, sealed))
    for store in kept.stores:
        for path in store.glob("vault/vault-*"):
            for line in vault_lines(path.read_bytes()):
                found.add(line)
    return found


def vault_lines(data: bytes) -> Iterable[Wrapped]:
    number = vaults.epoch_of(data)
    for line in map(json.loads, data.splitlines()):
        if "wrapped" in line:
            yield UUID(line["package"]), line["generation"], number, b64decode(line["wrapped"])


def package_keys(kept: Kept, known: Iterable[Master]) -> dict[str, set[bytes]]:
    """Package → keys that any of these masters unwraps out of anything that was kept."""
    keys: dict[str, set[bytes]] = {}
    for package, generation, _epoch, sealed in wrapped_keys(kept):
        for master in known:
            try:
                key = master.unwrap(sealed, package=package, generation=generation)
            except ArchiveError:
                continue
            keys.setdefault(str(package), set()).add(key)
    return keys


@dataclass
class OneKeyring:
    """A store whose bags come from one place and whose only keyring of this package from another."""

    bags: FolderStore
    keyrings: FolderStore
    only: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bags, name)

    def read(self, key: str) -> bytes:
        return (self.keyrings if key.startswith("keyrings/") else self.bags).read(key)

    def entries(self, prefix: str) -> Iterator[Entry]:
        if not prefix.startswith("keyrings/"):
            return self.bags.entries(prefix)
        return (entry for entry in self.keyrings.entries(prefix) if entry.key == self.only)


def readable(kept: Kept, known: Iterable[Master]) -> set[str]:
    """Refs of records whose content opens, from any bag with any keyring of any place."""
    keys = package_keys(kept, known)
    stores = [FolderStore(path) for path in kept.stores]
    found: set[str] = set()
    for bags, keyrings in product(stores, stores):
        for path in packages(bags):
            name = path.rsplit("/", 1)[-1]
            for generation, key in product(keyring_generations(keyrings, name), keys.get(name, ())):
                found |= opened(OneKeyring(bags, keyrings, keyring_key(name, generation)), path, key)
    return found


def opened(store: OneKeyring, path: str, key: bytes) -> set[str]:
    found: set[str] = set()
    try:
        package = OpenPackage(store, path, key)
    except SealError:  # another generation's key
        return found
    for record in package.records():
        try:
            if record.slot is not None:
                assert package.unit(record.slot).files[0][1].read()
            elif not package.conversation(record.ref)["messages"].num_rows:
                continue
        except ArchiveError:
            continue
        found.add(record.ref)
    return found


EVERYTHING = {f"{kind}-{number}" for kind in ("call", "chat") for number in range(3)}
SURVIVORS = EVERYTHING - {"call-1", "chat-1"}


def test_nothing_that_was_kept_opens_what_was_destroyed(office: Office) -> None:
    keys, store = office.folder / "keys", Path(settings.KENDALI_STORE)
    sheet = set_up_keys(keys)
    office_with_a_canary(office)
    vault.export_vault(at=timezone.now())
    before = office.folder / "store before"
    shutil.copytree(store, before)
    kept = Kept([before, store], [dump()])
    old = masters(keys, sheet.identity)
    assert readable(kept, old) == EVERYTHING
    for ref in ("call-1", "chat-1"):
        order = running(office, [ref])
        destruction.run(order.pk, worker="test")
        order.refresh_from_db()
        assert order.status == "done"
        kept.dumps.append(dump())
    assert vault.current_epoch().number == 3
    assert {row.proof["vault"] for row in VersionDestruction.objects.all()} <= {3, 4, 5, 6}

    now = masters(keys, sheet.identity)
    assert {master.number for master in now} == {3}
    assert readable(kept, now) == SURVIVORS
    # The control: with the old master, which only this test kept, the old copy of the store gives it back.
    assert readable(kept, [*old, *now]) == EVERYTHING
    # The bytes alone do not: without what the old store kept of keyrings and months there is nothing to open.
    assert readable(Kept([store], kept.dumps), [*old, *now]) == SURVIVORS


def forms(secret: bytes) -> list[bytes]:
    """As it is, and as a plain digest that a guess could be compared with."""
    digest = sha256(secret).digest()
    return [secret, digest, digest.hex().encode(), b64encode(digest), digest.hex().upper().encode()]


def test_a_canary_is_nowhere_but_at_its_source(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    set_up_keys(office.folder / "keys")
    office_with_a_canary(office)
    whole = (office.folder / "export" / "pbx" / FILE).read_bytes()
    texts = {"before": dump()}
    for ref in ("call-1", "chat-1"):
        destruction.run(running(office, [ref]).pk, worker="test")
    texts["after"] = dump()
    texts["logs"] = caplog.text.encode()
    for path in Path(settings.KENDALI_STORE).rglob("*"):
        if path.is_file():
            texts[str(path)] = path.read_bytes()
    for secret in (CANARY.encode(), PHONE.encode(), PHONE[1:].encode(), FILE.encode(), whole):
        for form in forms(secret):
            assert [name for name, text in texts.items() if form in text] == []
    gone = Record.objects.get(ref="call-1")
    assert (gone.customer_name_hmac, gone.customer_phone_hmac, gone.customer_sealed) == (None, None, None)
    # Declared: the source's own number of the record stays in catalogue, order and journal.
    assert b"call-1" in texts["after"]
