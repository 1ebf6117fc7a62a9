"""Recordings: first backup, verification, one fetched, a tenth destroyed, beside restic, borg, tar and cp."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.bench import Bench, new_part, owner_url, source_address
from benchmarks.measure import Cost, Task, paired, percentile, ratio, run, wall
from benchmarks.report import Line, at_least, at_most
from kendali.connectors import registry
from kendali.home.sample.calls import BANK_SWITCH, Wish
from kendali.home.sample.recordings import seed_asterisk

TITLE = "Recordings"
BYTES = 2_000_000_000
MEAN = 2_690_000  # bytes of a recording: one to seven minutes, A-law or 16 bit
WISH = Wish((("alaw", 0.6), ("wav", 0.4)), (60, 420))
MIB = 1 << 20


class Recordings:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.monitor = bench.folder / "monitor"
        self.store = bench.folder / "store"
        self.restic = peers.Restic(bench.folder / "restic")
        self.borg = peers.Borg(bench.folder / "borg")
        self.config = self._make()
        self.bytes = peers.size_of(self.monitor)
        self.files = sorted(path for path in self.monitor.rglob("*") if path.is_file())
        self.refs = self._refs()
        self.package: dict[str, Any] = {}

    def _make(self) -> dict[str, str]:
        switch = replace(BANK_SWITCH, code="pbx_bench")
        made = seed_asterisk(
            owner_url(), recordings=self.bench.amount(BYTES // MEAN, 12), seed=1, today=datetime.now(UTC).date(),
            monitor=self.monitor, switch=switch, wish=WISH, awkward=False, reader_role="omnichannel_reader",
        )  # fmt: skip
        self.bench.say(f"{made.files} recordings, {made.bytes / 1e9:.2f} GB")
        place = {"database": "postgresql", "table": f"{switch.code}.cdr", "monitor": str(self.monitor)}
        return source_address() | place | {"zone": switch.zone}

    def _refs(self) -> list[str]:
        connector = registry.open("asterisk", "recording", self.config, {})
        refs: list[str] = []
        while page := connector.due(None, refs[-1] if refs else "", 5_000):
            refs += [listed.ref for listed in page]
        connector.close()
        return refs

    # --- first backup -----------------------------------------------------------------------------------------

    def backup(self) -> list[Line]:
        bench, few = self.bench, min(self.bench.rounds, 2)
        shutil.rmtree(self.store, ignore_errors=True)
        copied, packed = bench.folder / "copied", bench.folder / "recordings.tar.zst.age"
        tasks = [Task("ours", self._backup_command, self._clear, self._remember)]
        if peers.there("cp"):
            away = lambda _: shutil.rmtree(copied, ignore_errors=True)  # noqa: E731
            tasks.append(Task("cp", lambda _: peers.copy(self.monitor, copied), away, away))
        if peers.there("restic"):
            tasks.append(
                Task(
                    "restic",
                    lambda _: self.restic.backup(self.monitor),
                    self.restic.fresh,
                    environment=self.restic.environment,
                )
            )
        if peers.there("borg"):
            tasks.append(
                Task(
                    "borg",
                    lambda _: self.borg.backup(self.monitor),
                    self.borg.fresh,
                    environment=self.borg.environment,
                    rounds=few,
                )
            )
        if peers.there("tar"):
            recipient = peers.age_recipient(bench.folder / "age.key")
            tasks.append(Task("tar", lambda _: peers.tar_age(self.monitor, packed, recipient), rounds=few))
        costs = paired(tasks, bench.rounds)
        sizes = {"tar": packed, "restic": self.restic.place, "borg": self.borg.place, "ours": self.store}
        return self._backup_lines(
            costs, {name: peers.size_of(place) for name, place in sizes.items() if place.exists()}
        )

    def _backup_command(self, number: int) -> list[str]:
        part = new_part(source="pbx", record_class="recording", kind="asterisk", config=self.config, refs=self.refs)
        job = {"store": str(self.store), "month": "2024-01", "parts": [part], "remember": len(self.refs)}
        return self.bench.ours("backup", self.bench.job("recordings", job))

    def _clear(self, _: int) -> None:
        shutil.rmtree(self.store, ignore_errors=True)

    def _remember(self, _: int) -> None:
        part = json.loads((self.bench.folder / "recordings.json").read_text())["parts"][0]
        path = f"packages/bench/pbx/recording/2024-01/{part['id']}"
        self.package = {"path": path, "key": part["key"]}

    def _backup_lines(self, costs: Mapping[str, Sequence[Cost]], sizes: Mapping[str, int]) -> list[Line]:
        ours, gigabytes = costs["ours"], self.bytes / 1e9
        records = self.bench.answer(ours[-1])["packages"][0]
        assert not records["problems"]
        self.package["records"] = records["records"]
        lines = []
        if "cp" in costs:
            share = ratio(ours, costs["cp"])
            figure = f"{share:.2f} ({wall(ours):.1f} s; cp {wall(costs['cp']):.1f} s)"
            lines.append(
                at_least("First backup, speed beside `cp -r` + sync", share, 0.75, figure, "of it", WHY_BACKUP)
            )
        lines += self._beside_restic("First backup beside `restic backup`, compression off", costs, "restic")
        core = median(cost.cpu for cost in ours) / gigabytes
        memory = max(cost.memory for cost in ours) / MIB
        lines.append(at_most("Processor time", core, 2.8, f"{core:.2f} core-s/GB", "core-s/GB", WHY_CPU))
        lines.append(
            at_most("Peak memory, all processes together", memory, 150, f"{memory:.0f} MiB", "MiB", WHY_MEMORY)
        )
        for name in ("restic", "borg", "tar", "cp"):
            if name in costs:
                lines.append(self._beside(name, costs[name], sizes.get(name)))
            else:
                lines.append(Line(f"{name}", f"not installed: {', '.join(peers.missing(name))}"))
        lines.append(Line("Size of the package", f"{sizes['ours'] / self.bytes:.4f} of the files"))
        return lines

    def _beside_restic(self, what: str, costs: Mapping[str, Sequence[Cost]], peer: str) -> list[Line]:
        if peer not in costs:
            return []
        times = ratio(costs["ours"], costs[peer])
        figure = f"{times:.2f} × ({wall(costs['ours']):.2f} s; restic {wall(costs[peer]):.2f} s)"
        return [at_least(what, times, 3, figure, why=WHY_RESTIC)]

    def _beside(self, name: str, costs: Sequence[Cost], size: int | None) -> Line:
        told = {"tar": "`tar | zstd -3 | age`", "borg": "`borg create`, no compression", "cp": "`cp -r` + sync"}
        core = median(cost.cpu for cost in costs) / (self.bytes / 1e9)
        memory = max(cost.memory for cost in costs) / MIB
        share = "" if size is None else f", {size / self.bytes:.4f} of the files"
        what = f"Beside it: {told.get(name, name)} ({len(costs)} rounds)"
        return Line(what, f"{wall(costs):.1f} s, {core:.2f} core-s/GB, {memory:.0f} MiB{share}")

    # --- verify -----------------------------------------------------------------------------------------------

    def verify(self) -> list[Line]:
        job = self.bench.job("verify", {"store": str(self.store), "packages": [self.package]})
        tasks = [Task("ours", lambda _: self.bench.ours("verify", job), lambda _: peers.warm(self.store))]
        if peers.there("restic"):
            environment = self.restic.environment
            warm = lambda _: peers.warm(self.restic.place)  # noqa: E731
            tasks.append(Task("restic", lambda _: self.restic.check(), warm, environment=environment))
        costs = paired(tasks, self.bench.rounds)
        rate = self.bytes / 1e9 / wall(costs["ours"])
        core = median(cost.cpu for cost in costs["ours"]) / (self.bytes / 1e9)
        lines = self._beside_restic("Verify every byte beside `restic check --read-data`", costs, "restic")
        lines.append(at_least("Verify, warm", rate, 1.3, f"{rate:.2f} GB/s, {core:.2f} core-s/GB", "GB/s", WHY_VERIFY))
        return lines

    # --- one record -------------------------------------------------------------------------------------------

    def fetch(self) -> list[Line]:
        keys = self.bench.folder / "keys.txt"
        keys.write_text(f"{self.package['path'].rsplit('/', 1)[-1]} {self.package['key']}\n")
        into, chosen = self.bench.folder / "fetched", self.refs[:: max(1, len(self.refs) // 20)]
        away = lambda _: shutil.rmtree(into, ignore_errors=True)  # noqa: E731
        extract = [
            *(sys.executable, "-m", "kendali.archive", "extract", self.package["path"], "--store", self.store),
            *("--key-file", keys, "--into", into, "--ref"),
        ]
        tasks = [Task("ours", lambda n: [*extract, chosen[n % len(chosen)]], away, away)]
        if peers.there("restic"):
            dump = lambda n: self.restic.dump(self.files[n % len(self.files)], self.bench.folder / "one")  # noqa: E731
            tasks.append(Task("restic", dump, environment=self.restic.environment, rounds=5))
        costs = paired(tasks, max(self.bench.rounds, 15) if self.bench.scale >= 0.05 else self.bench.rounds)
        middle = wall(costs["ours"]) * 1000
        beside = f"; `restic dump` {wall(costs['restic']) * 1000:.0f} ms" if "restic" in costs else ""
        lines = [at_most("Fetch one, a process of its own", middle, 100, f"{middle:.0f} ms{beside}", "ms", WHY_PROCESS)]
        job = {"store": str(self.store), "packages": [self.package], "count": self.bench.amount(1_000, 20)}
        times = self.bench.ask("fetch", "fetch", job)
        inside = [percentile(times["fetch"], share) * 1000 for share in (0.5, 0.99)]
        opening = percentile(times["open"], 0.5) * 1000
        figure = f"p50 {inside[0]:.2f} ms, p99 {inside[1]:.2f} ms, all of it; opening the package {opening:.1f} ms more"
        lines.append(at_most("Fetch one inside a running server", inside[0], 2, figure, "ms (p50)", WHY_INSIDE))
        return lines

    # --- destroy ----------------------------------------------------------------------------------------------

    def destroy(self) -> list[Line]:
        """Each round takes another tenth, every tenth record, from the package and from borg's archive."""
        before = self._digests()
        key, excluded = [self.package["key"]], self.bench.folder / "excluded"

        def ours(number: int) -> list[str]:
            key.append(os.urandom(32).hex())
            slots = [slot for _, slot in self.package["records"][number::10]]
            job = {"store": str(self.store), "path": self.package["path"], "old": key[-2], "new": key[-1]}
            return self.bench.ours("destroy", self.bench.job("destroy", job | {"slots": slots}))

        def exclude(number: int) -> None:
            gone = [path for n, path in enumerate(self.files) if n % 10 <= number]
            excluded.write_text("".join(f"pp:{str(path).lstrip('/')}\n" for path in gone))

        tasks = [Task("ours", ours)]
        if peers.there("borg"):
            environment = self.borg.environment
            tasks.append(Task("borg", lambda _: self.borg.without(excluded), exclude, environment=environment))
        costs = paired(tasks, min(self.bench.rounds, 9))
        same = before == self._digests()
        lines = [Line("Destroying 10 %: archive bytes rewritten", "none; the SHA-256 of every pack is as before"
                      if same else "packs changed", "none", same)]  # fmt: skip
        inside = median(self.bench.answer(cost)["seconds"] for cost in costs["ours"]) * 1000
        if "borg" not in costs:
            return [*lines, Line("Destroying 10 %", f"{inside:.0f} ms; borg is not installed")]
        times = ratio(costs["ours"], costs["borg"])
        figure = f"1/{times:.0f} ({wall(costs['ours']):.2f} s as a process; borg {wall(costs['borg']):.1f} s)"
        lines.append(at_least("Destroying 10 %, time beside `borg recreate` + `compact`", times, 50, figure,
                              "times faster", WHY_DESTROY))  # fmt: skip
        work = median(
            other.wall / self.bench.answer(own)["seconds"]
            for own, other in zip(costs["ours"], costs["borg"], strict=True)
        )
        lines.append(Line("… without our process's start, as in the worker", f"1/{work:.0f} ({inside:.0f} ms)"))
        return lines

    def _digests(self) -> dict[str, str]:
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (self.store / "packages").rglob("*.tar")
        }


WHY_BACKUP = (
    "Each byte is read, hashed twice (the file, the pack) and sealed: processor time, see below, where the kernel only "
    "copies; the faster the disk, the more of the time is this."
)
WHY_CPU = "SHA-256 of the file and of the pack, and ChaCha20-Poly1305."
WHY_MEMORY = (
    "The process that reads the source holds 95 MiB, half of it Arrow and the database drivers of the connectors; each "
    "of the two lanes 30 MiB, of which its buffers are 2."
)
WHY_RESTIC = "SHA-256 of every file and of every pack and ChaCha20-Poly1305 on both cores, see processor time."
WHY_VERIFY = (
    "SHA-256 of the pack, decryption and SHA-256 of each file, spread over two processes; and starting them. "
    "Other programs that use the cores add to this directly: see the load average above."
)
WHY_PROCESS = "Starting Python and loading the cryptography library is nearly all of it (see inside a running server)."
WHY_INSIDE = "Decryption of the whole recording (up to 6.7 MB) on one core."
WHY_DESTROY = "Starting Python is nearly all of it (see the line below)."


def measure(bench: Bench) -> None:
    made = Recordings(bench)
    lines = [*made.backup(), *made.verify(), *made.fetch(), *made.destroy()]
    intro = (
        f"{len(made.refs)} calls with {len(made.files)} recordings, {made.bytes / 1e9:.2f} GB (G.711 and 16 bit PCM), "
        f"{bench.rounds} rounds. Beside: {peers.versions()}."
    )
    bench.write(TITLE, intro, lines)
    for place in (made.monitor, made.store, made.restic.place, made.borg.place):
        shutil.rmtree(place, ignore_errors=True)
    run(["sync"])
