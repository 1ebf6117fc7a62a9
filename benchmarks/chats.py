"""Conversations: backup beside pg_dump | zstd | age, verification, one fetched, and a whole order by the worker."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from django.core.management import call_command

from benchmarks import peers
from benchmarks.bench import Bench, new_part, owner_url, source_address
from benchmarks.measure import Cost, Task, paired, percentile, run, wall
from benchmarks.order import measure_order
from benchmarks.report import Line, at_least, at_most
from kendali.connectors.chatwoot.schema import TABLES
from kendali.home.postgres_tools import tool

TITLE = "Conversations"
CONVERSATIONS = 200_000
PACKAGE = 50_000  # conversations in one package at most, as the setting is by default
MIB = 1 << 20


class Chats:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        began = time.monotonic()
        conversations = bench.amount(CONVERSATIONS, 400)
        call_command("sample", conversations=conversations, recordings=40, no_past=True)
        self.seeding = time.monotonic() - began
        with psycopg.connect(owner_url()) as source:
            self.accounts = {
                account: [str(ref) for (ref,) in rows]
                for account in (1, 2)
                if (rows := source.execute("SELECT id FROM conversations WHERE account_id = %s ORDER BY id", [account]))
            }
            (self.messages,) = source.execute("SELECT count(*) FROM messages").fetchone() or (0,)
        bench.say(f"{conversations} conversations, {self.messages} messages in {self.seeding:.0f} s")

    def _parts(self, only: str) -> list[dict[str, object]]:
        from django.conf import settings

        storage = str(Path(settings.HOME) / "omnichannel" / "storage")
        parts = []
        for account, refs in self.accounts.items():
            config = source_address() | {"account": str(account), "storage": storage}
            for start in range(0, len(refs), PACKAGE):
                part = {"refs": refs[start : start + PACKAGE], "only": only, "config": config, "kind": "chatwoot"}
                parts.append(new_part(source=f"chat-{account}", record_class="conversation", **part))
        return parts

    def _ours(self, name: str, only: str) -> Task:
        store = self.bench.folder / name

        def command(_: int) -> list[str]:
            job = {"store": str(store), "month": "2024-01", "parts": self._parts(only), "remember": PACKAGE}
            return self.bench.ours("backup", self.bench.job(name, job))

        return Task(name, command, lambda _: shutil.rmtree(store, ignore_errors=True))

    def _dump(self, name: str, tables: Sequence[str], recipient: str) -> Task:
        dump: list[str | Path] = [tool("pg_dump", 18), "--dbname", owner_url()]
        dump += [word for table in tables for word in ("-t", table)]
        steps = (dump, ["zstd", "-3", "-q", "-T1"], ["age", "-r", recipient])
        return Task(name, lambda _: peers.pipe(self.bench.folder / f"{name}.age", *steps))

    def backup(self) -> tuple[list[Line], dict[str, Any]]:
        tasks = [self._ours("messages", "messages"), self._ours("whole", "")]
        if peers.there("pg_dump"):
            recipient = peers.age_recipient(self.bench.folder / "age.key")
            tasks.insert(1, self._dump("dump-messages", ["messages"], recipient))
            tasks.append(self._dump("dump-whole", [table.name for table in TABLES], recipient))
        costs = paired(tasks, self.bench.rounds)
        made = {name: self.bench.answer(costs[name][-1]) for name in ("messages", "whole")}
        packages = {
            name: {"store": str(self.bench.folder / name), "packages": answer["packages"]}
            for name, answer in made.items()
        }
        return self._backup_lines(costs), packages

    def _backup_lines(self, costs: Mapping[str, Sequence[Cost]]) -> list[Line]:
        if "dump-messages" not in costs:
            missing = ", ".join(peers.missing("pg_dump"))
            return [Line("Backup beside pg_dump | zstd | age", f"not measured, not installed: {missing}")]
        lines = []
        for name, what, goals in (
            ("messages", "the messages table, with a hash per conversation", True),
            ("whole", "whole conversations: all 21 tables and the attachments", False),
        ):
            ours, dump = costs[name], costs[f"dump-{name}"]
            times = median(own.wall / other.wall for own, other in zip(ours, dump, strict=True))
            mine = peers.size_of(self.bench.folder / name)
            theirs = peers.size_of(self.bench.folder / f"dump-{name}.age")
            figure = (
                f"{times:.2f} × ({wall(ours):.1f} s, {self.messages / wall(ours):,.0f} messages/s; "
                f"`pg_dump` {wall(dump):.1f} s)"
            )
            size = f"{mine / theirs:.3f} ({mine / 1e6:.0f} MB; {theirs / 1e6:.0f} MB)"
            memory = f"{max(cost.memory for cost in ours) / MIB:.0f} MiB"
            if goals:
                lines.append(at_most(f"Backup of {what}, time beside `pg_dump`", times, 1.25, figure, why=WHY_TIME))
                lines.append(at_most("… size beside it", mine / theirs, 0.95, size, "of it", WHY_SIZE))
            else:
                lines.append(Line(f"Backup of {what}, time beside `pg_dump` of the same tables", figure))
                lines.append(Line("… size beside it (ours holds the attachments' files, too)", size))
            lines.append(Line("… peak memory, all processes together", memory))
        return lines

    def verify(self, packages: Mapping[str, Any]) -> list[Line]:
        jobs = {name: self.bench.job(f"verify-{name}", job) for name, job in packages.items()}

        def task(name: str) -> Task:
            place = Path(packages[name]["store"])
            return Task(name, lambda _: self.bench.ours("verify", jobs[name]), lambda _: peers.warm(place))

        costs = paired([task("messages"), task("whole")], self.bench.rounds)
        rates = {name: self.messages / wall(costs[name]) for name in costs}
        figure = f"{rates['messages']:,.0f} messages/s ({wall(costs['messages']):.1f} s)"
        return [
            at_least("Verify with rehash, messages table", rates["messages"] / 1e6, 1, figure, "million/s", WHY_VERIFY),
            Line("Verify with rehash, whole conversations", f"{rates['whole']:,.0f} messages/s "
                 f"({wall(costs['whole']):.1f} s; every byte of all tables and attachments)"),
        ]  # fmt: skip

    def fetch(self, job: dict[str, Any]) -> list[Line]:
        package = job["packages"][0]
        keys, into = self.bench.folder / "keys.txt", self.bench.folder / "fetched"
        keys.write_text(f"{package['path'].rsplit('/', 1)[-1]} {package['key']}\n")
        away: Callable[[int], None] = lambda _: shutil.rmtree(into, ignore_errors=True)  # noqa: E731
        extract = [
            *(sys.executable, "-m", "kendali.archive", "extract", package["path"], "--store", job["store"]),
            *("--key-file", keys, "--into", into, "--ref"),
        ]
        chosen = [ref for ref, _ in package["records"][:: max(1, len(package["records"]) // 20)]]
        task = Task("ours", lambda n: [*extract, chosen[n % len(chosen)]], away, away)
        many = max(self.bench.rounds, 15) if self.bench.scale >= 0.05 else self.bench.rounds
        middle = wall(paired([task], many)["ours"]) * 1000
        held = sum(len(package["records"]) for package in job["packages"])
        lines = [at_most(f"Fetch one of {len(package['records']):,} in its package, a process of its own", middle, 250,
                         f"{middle:.0f} ms, all tables", "ms", WHY_PROCESS)]  # fmt: skip
        times = self.bench.ask("fetch", "fetch", {**job, "count": self.bench.amount(400, 20)})
        p50, p99 = (percentile(times["fetch"], share) * 1000 for share in (0.5, 0.99))
        figure = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms (all 21 tables, {held:,} conversations to choose from)"
        lines.append(at_most("Fetch one inside a running server", p50, 5, figure, "ms (p50)", WHY_INSIDE))
        return lines


WHY_TIME = (
    "A dump neither looks up conversations nor hashes any. Processor time of ours, of two cores that the source "
    "shares: three tenths reading through ADBC (its driver, field by field), two tenths the canonical form and its "
    "SHA-256, two tenths work per conversation in Python (two HMACs, the record), two tenths Parquet and zstd, the "
    "rest starting."
)
WHY_SIZE = (
    "The table itself is 0.86 of the dump; the list of records with a keyed digest of 32 bytes for each conversation, "
    "which a dump does not have, is 0.07 more (digests do not compress)."
)
WHY_VERIFY = (
    "Decoding, the canonical form, SHA-256 and two HMACs for each conversation, in two processes of their own for each "
    "package, so that forged Parquet reaches no more than that; starting them is a fifth of the time."
)
WHY_PROCESS = (
    "Starting Python with Arrow, then one row group of each table with rows of it, each written as a file of its own."
)
WHY_INSIDE = (
    "The list says which rows they are, but Parquet is decoded by row groups: some 11 tables have rows, and of each "
    "1,000 to 5,000 rows are decoded, half a millisecond to two a table."
)


def measure(bench: Bench) -> None:
    made = Chats(bench)
    lines, packages = made.backup()
    lines += made.verify(packages)
    lines += made.fetch(packages["whole"])
    for name in ("messages", "whole"):
        shutil.rmtree(bench.folder / name, ignore_errors=True)
    lines += measure_order(bench)
    refs = sum(map(len, made.accounts.values()))
    intro = (
        f"{refs:,} conversations of two clients, {made.messages:,} messages, made and scanned in {made.seeding:.0f} s; "
        f"{bench.rounds} rounds; packages of at most {PACKAGE:,} conversations. Beside: {peers.versions()}, pg_dump 18."
    )
    bench.write(TITLE, intro, lines)
    for path in bench.folder.glob("dump-*.age"):
        path.unlink()
    run(["sync"])
