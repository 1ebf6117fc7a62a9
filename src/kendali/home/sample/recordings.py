"""Call recordings and their call table, as FreePBX keeps them: monitor/YYYY/MM/DD/NAME and one `cdr` per server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from . import awkward_calls
from .audio import encoder
from .calls import BANK_SWITCH, Call, Switch, Wish, call, make_calls, renamed
from .cdr import Leg, copy_postgresql, postgresql_tables
from .chatwoot_seed import Progress, grant_deleter_of_calls, grant_reader
from .tree import Recorded, Tree

OPUS_AT_MOST = 40  # one encoder run each


def usable(wish: Wish) -> Wish:
    """Without an encoder mp3 and opus are not asked for."""
    if encoder():
        return wish
    return replace(wish, kinds=tuple((kind, share) for kind, share in wish.kinds if kind not in {"mp3", "opus"}))


def seed_recordings(
    switch: Switch,
    *,
    recordings: int,
    seed: int,
    today: date,
    monitor: Path,
    wish: Wish | None = None,
    awkward: bool = True,
    progress: Progress | None = None,
) -> Iterator[Leg | Recorded]:
    """Writes the tree and yields the rows of the call table (awkward calls first, then by day), last the Recorded."""
    tree, wish = Tree(monitor, seed), usable(wish or Wish())
    monitor.mkdir(parents=True, exist_ok=True)
    special = _awkward_calls(tree, switch, seed, today) if awkward else []
    for one in special:
        yield from one.legs
    opus = 0
    wanted = max(0, recordings - len(special))
    for number, one in enumerate(make_calls(switch, wanted, seed, today, wish)):
        opus += one.kind == "opus"
        kept = one if one.kind != "opus" or opus <= OPUS_AT_MOST else _as_mp3(one)
        tree.write(kept, number)
        yield from kept.legs
        tree.made.calls += 1
        tree.made.legs += len(kept.legs)
        if progress and number % 200 == 199:
            progress(f"recordings {switch.code}", number + 1, wanted)
    yield tree.made


def _as_mp3(one: Call) -> Call:
    name = one.file.removesuffix(".opus") + ".mp3"
    return replace(renamed(one, recordingfile=name), kind="mp3", file=name)


def seed_asterisk(
    dsn_cdr: str,
    *,
    recordings: int,
    seed: int,
    today: date,
    monitor: Path,
    switch: Switch = BANK_SWITCH,
    wish: Wish | None = None,
    awkward: bool = True,
    reader_role: str | None = None,
    reader_password: str | None = None,
    deleter_role: str | None = None,
    deleter_password: str | None = None,
    progress: Progress | None = None,
) -> Recorded:
    """One switch: its tree under `monitor`, its rows in PostgreSQL table `cdr` of schema `switch.code`.

    Two clients are two switches: call it twice, with two trees; one database may hold both schemas. Raises
    psycopg.errors.DuplicateTable when the schema has a call table already."""
    with psycopg.connect(dsn_cdr) as connection:
        connection.execute(postgresql_tables(switch.code).encode())
        result = Recorded()

        def legs() -> Iterator[Leg]:
            nonlocal result
            for row in seed_recordings(
                switch, recordings=recordings, seed=seed, today=today, monitor=monitor, wish=wish, awkward=awkward,
                progress=progress,
            ):  # fmt: skip
                if isinstance(row, Recorded):
                    result = row
                else:
                    yield row

        copy_postgresql(connection, legs(), switch.code)
        if reader_role:
            grant_reader(connection, reader_role, reader_password)
            schema, role = sql.Identifier(switch.code), sql.Identifier(reader_role)
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
            connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, role))
        if deleter_role:
            grant_deleter_of_calls(connection, deleter_role, deleter_password, switch.code)
        return result


def _awkward_calls(tree: Tree, switch: Switch, seed: int, today: date) -> list[Call]:
    """One call per case, two years and a bit ago, marked `sample:CASE` in `userfield`."""
    rnd, zone, out = Random(seed), ZoneInfo(switch.zone), []  # noqa: S311
    for n, (name, maker) in enumerate(awkward_calls.AWKWARD.items()):
        day = today - timedelta(days=760 - n * 3)
        start = datetime(day.year, day.month, day.day, 9, 15, n % 60, tzinfo=zone)
        plain = call(switch, rnd, 900_000 + n, start, 6, "wav", seed=seed, way="q")
        marked = replace(plain, legs=tuple(leg._replace(userfield=f"sample:{name}") for leg in plain.legs))
        made = maker(tree, marked, 900_000 + n)
        tree.made.cases[name] = [made.linkedid] if made else [""]
        if made:
            out.append(made)
            tree.made.calls += 1
            tree.made.legs += len(made.legs)
    return out
