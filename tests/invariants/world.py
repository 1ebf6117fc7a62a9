"""A small contact centre with a whole life: two clients, two sources that may lie, a clock of its own, a real database.

    with built(tmp_path) as world:        # backed up and verified; a few seconds, once
        world.put_back()                  # as it was then, in some 0.1 s: rows, store, slots, sources, clock

Time is the world's: Django's clock and the database's `clock_timestamp()` both read `world.now`. Everything is
committed (the journal's trigger tells an intent of another transaction from one of the same), so an example is undone
by putting the rows back, not by a rollback.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.backends.signals import connection_created
from django.utils import timezone

from kendali.archive import slots
from kendali.audit.actor import SYSTEM
from kendali.connectors import registry
from kendali.connectors.base import Part, Sink, Snapshot
from kendali.connectors.fake import Deleting, FakeDeleter, FakeRecord, FakeSource, as_kind
from kendali.disposal import locks
from kendali.home.database_roles import connect_arguments
from kendali.records.actions import backup, escalations, policies, scan, sources
from kendali.records.models import Escalation, Source
from kendali.records.tests.deletions import deletable
from kendali.terms.rules import Periods
from kendali.vault import actions as vault
from tests import cast
from tests.invariants.rewind import SAVED, Rewind

START = datetime(2027, 3, 1, 3, 0, tzinfo=UTC)  # Monday, 10.00 WIB
ZONE = "Asia/Jakarta"
CLOCK = """
CREATE SCHEMA IF NOT EXISTS model;
CREATE OR REPLACE FUNCTION model.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
  $$ SELECT coalesce(nullif(current_setting('model.now', true), '')::timestamptz, pg_catalog.clock_timestamp()) $$;
GRANT USAGE ON SCHEMA model TO PUBLIC;
"""
TERMS = Periods(backup_after_years=1, lead_days=30, delete_after_years=2, backup_copy_months=1)


def content(record: FakeRecord) -> tuple[object, ...]:
    """What a backup has to hold of it."""
    files = tuple(sorted((name, len(data)) for name, data in record.files.items()))
    return (record.customer_name, record.customer_phone, record.agent, tuple(record.messages), files)


class TrueSource(FakeSource):
    """The fake source, which also remembers what it really gave to whom."""

    def begin(self) -> None:
        self.given: dict[str, list[tuple[object, ...]]] = {}
        self.at_call: Callable[[str], None] = lambda _name: None
        self.finished: Callable[[str], None] = lambda _ref: None

    def call(self, name: str) -> None:
        super().call(name)
        self.at_call(name)

    def snapshot(self, refs: Sequence[str], sink: Sink) -> Iterator[Snapshot]:
        for found in super().snapshot(refs, sink):
            record = self.records_there.get(found.ref)
            if record is not None:
                self.given.setdefault(found.ref, []).append(content(record))
            yield found


class JudgedDeleter(FakeDeleter):
    def finish(self, parts: Mapping[str, Sequence[Part]]) -> None:
        source = self.source
        assert isinstance(source, TrueSource)
        for ref in parts:
            if ref in source.left_files:
                source.finished(ref)
        super().finish(parts)


def conversations() -> list[FakeRecord]:
    """Bank Nusantara: five long past their two years (two of one customer), two that get there in some days."""
    old = START - timedelta(days=1100)
    return [
        _chat("c1", old, "Budi", "+62811000001", files={"bukti.txt": b"x" * 40}),
        _chat("c2", old + timedelta(hours=30), "Budi", "+62811000001"),
        _chat("c3", old + timedelta(hours=31), "Citra", "+62811000003"),
        _chat("c4", old + timedelta(hours=40), "Dodi", "+62811000004", files={"foto.jpg": b"y" * 90}),
        _chat("c5", old + timedelta(hours=50), "Eko", "+62811000005"),
        _chat("c6", datetime(2025, 3, 5, 16, 30, tzinfo=UTC), "Fitri", "+62811000006"),
        _chat("c7", datetime(2025, 3, 6, 1, 0, tzinfo=UTC), "Gita", "+62811000007"),
    ]


def recordings() -> list[FakeRecord]:
    """Telko Raya: three old calls, and one that is due in some days."""
    old = START - timedelta(days=900)
    begun = [old, old + timedelta(hours=4), old + timedelta(hours=30), datetime(2025, 3, 3, 17, 30, tzinfo=UTC)]
    return [
        FakeRecord(
            f"r{n}", at, at + timedelta(minutes=3), files={f"r{n}.wav": bytes([n]) * 300}, channel="Phone",
            customer_name=f"Pelanggan {n % 2}", customer_phone=f"+6281200000{n}",
        )
        for n, at in enumerate(begun, start=1)
    ]  # fmt: skip


def _chat(ref: str, at: datetime, name: str, phone: str, *, files: Mapping[str, bytes] | None = None) -> FakeRecord:
    messages = [(at - timedelta(minutes=5), f"Halo, {ref}"), (at, "Terima kasih")]
    return FakeRecord(ref, messages[0][0], at, messages, files or {}, customer_name=name, customer_phone=phone)


MADE: Sequence[tuple[str, Callable[[], list[FakeRecord]]]] = (
    ("conversation", conversations),
    ("recording", recordings),
)


@dataclass
class World:
    cast: cast.Cast
    folder: Path
    owner: psycopg.Connection[Any]
    eye: psycopg.Connection[Any]  # sees only what is committed
    fakes: list[TrueSource]
    now: datetime = START
    drift: timedelta = timedelta(0)  # the database's clock minus ours
    sources: list[Source] = field(default_factory=list)
    elsewhere: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    before_lock: Callable[[], None] = field(default=lambda: None)  # just before a batch takes the client's lock

    def clock(self) -> datetime:
        return self.now

    def at(self, now: datetime, drift: timedelta = timedelta(0)) -> None:
        self.now, self.drift = now, drift
        self._tell_time()

    def later(self, **delta: float) -> None:
        self.at(self.now + timedelta(**delta), self.drift)

    def _tell_time(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('model.now', %s, false)", [(self.now + self.drift).isoformat()])

    def meanwhile(self, act: Callable[[], None]) -> None:
        """By somebody else, on another connection, committed when this returns."""

        def done() -> None:
            self._tell_time()
            act()

        self.elsewhere.submit(done).result()

    def source_of(self, client: int) -> Source:
        return Source.objects.select_related("client").get(pk=self.sources[client].pk)

    @property
    def kept(self) -> Path:
        return self.folder.parent / "kept"

    def save(self) -> None:
        """Remember everything as it is now."""
        self._rows = Rewind(self.owner)
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.folder, self.kept)
        self._saved = (self.now, [dict(fake.records_there) for fake in self.fakes])
        self._given = [{ref: list(found) for ref, found in fake.given.items()} for fake in self.fakes]

    def put_back(self) -> None:
        self._rows.back()
        _same_files(self.folder, self.kept)
        now, rows = self._saved
        for fake, there, given in zip(self.fakes, rows, self._given, strict=True):
            fresh = TrueSource(there.values(), record_class=fake.record_class)
            vars(fake).clear()
            vars(fake).update(vars(fresh))
            fake.begin()
            fake.given = {ref: list(found) for ref, found in given.items()}
            fake.now = self.clock
            fake.deleting = Deleting()
        self.before_lock = lambda: None
        self.at(now)

    def back_up(self, client: int, *, worker: str = "test") -> Escalation:
        """From a scan to verified packages, of everything that is older than a day."""
        people, source = self.cast, self.source_of(client)
        order = escalations.raise_escalation(
            user=people.tari, at=self.now, source=source, cut_off=(self.now - timedelta(days=2)).date()
        )
        escalations.accept(user=people.indra, at=self.now, order=order)
        escalations.begin(user=people.indra, at=self.now, order=order)
        backup.run(order.pk, worker=worker)
        order.refresh_from_db()
        return order


@contextmanager
def built(folder: Path) -> Iterator[World]:
    """Needs a test's `transactional_db`; leaves the database as it found it to that fixture."""
    name = connections["default"].settings_dict["NAME"]
    owner = psycopg.connect(**connect_arguments(settings.DATABASE_OWNER | {"NAME": name}), autocommit=True)
    eye = psycopg.connect(**connect_arguments(connections["default"].settings_dict), autocommit=True)
    owner.execute(CLOCK)
    fakes = [TrueSource(make(), record_class=kind) for kind, make in MADE]  # type: ignore[arg-type]
    (folder / "world" / "store").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patched, as_kind(*fakes) as configs:
        world = World(cast.assemble(START), folder / "world", owner, eye, fakes)
        patched.setattr(settings, "KENDALI_STORE", str(world.folder / "store"))
        patched.setattr(timezone, "now", world.clock)
        patched.setattr(locks, "shared", _asking(world, locks.shared))
        kind = registry.KINDS["fake"]
        patched.setitem(
            registry.KINDS, "fake",
            replace(kind, make_deleter=lambda _c, config, _r, _d: JudgedDeleter(fakes[int(config["name"])])),
        )  # fmt: skip
        connection_created.connect(_own_clock, dispatch_uid="invariants")
        connection.close()
        try:
            _furnish(world, configs)
            yield world
        finally:
            world.elsewhere.submit(_hang_up).result()
            world.elsewhere.shutdown()
            connection_created.disconnect(dispatch_uid="invariants")
            connection.close()
            owner.execute(f"DROP SCHEMA IF EXISTS {SAVED} CASCADE; DROP SCHEMA model CASCADE")
            owner.close()
            eye.close()


def _same_files(now: Path, then: Path) -> None:
    """Files of store and slots are written once; a slot's are replaced, a damaged package's changed: size and time."""
    before, after = _files(then), _files(now)
    for name in after.keys() - before.keys():
        (now / name).unlink()
    for name in before:
        if after.get(name) != before[name]:
            (now / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(then / name, now / name)


def _files(root: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for path in root.rglob("*"):
        if path.is_file():
            stat = path.stat()
            found[str(path.relative_to(root))] = (stat.st_size, stat.st_mtime_ns)
    return found


def _hang_up() -> None:
    connections["default"].close()  # of the thread that asks


def _own_clock(connection: Any, **_more: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = model, pg_catalog, public")
        cursor.execute("SET synchronous_commit = off")


def _asking(world: World, shared: Callable[[int], None]) -> Callable[[int], None]:
    def asked(client: int) -> None:
        act, world.before_lock = world.before_lock, lambda: None
        act()
        shared(client)

    return asked


def _furnish(world: World, configs: Sequence[Mapping[str, str]]) -> None:
    people = world.cast
    world.at(START - timedelta(days=1))
    vault.set_up(
        at=world.now, actor=SYSTEM,
        slots=[slots.Place(slots.KEYFILE, str(world.folder / f"slot-{n}")) for n in (1, 2)],
    )  # fmt: skip
    for fake, (kind, _make), client, config in zip(
        world.fakes, MADE, (people.nusantara, people.telko), configs, strict=True
    ):
        fake.begin()
        fake.now = world.clock
        policies.save(
            user=people.maya, at=world.now, client=client, record_class=kind,
            terms=policies.Terms(zone=ZONE, periods=TERMS), reason="Kontrak",
        )  # fmt: skip
        source = sources.connect(
            user=people.adi, at=world.now, client=client, kind="fake", record_class=kind, name=f"Sumber {kind}",
            zone=ZONE, config=dict(config), secret={},
        )  # fmt: skip
        deletable(source)
        world.sources.append(source)
    for number in range(len(world.sources)):
        found = scan.scan_now(world.source_of(number), at=world.now)
        assert found is not None
        assert found.status == "done", found.problem
        order = world.back_up(number)
        assert order.status == "done", order.problem
        escalations.confirm(user=people.tari, at=world.now, order=order)
    world.at(START)
    world.save()
