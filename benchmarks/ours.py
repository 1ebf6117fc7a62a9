"""What is measured of ours, as processes: ``python -m benchmarks.ours WORK JOB.json`` (or an order's number)."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from kendali.archive.package import PackageInfo
from kendali.archive.stores import open_store
from kendali.connectors.base import Sink, Snapshot


def backup(job: dict[str, Any]) -> dict[str, Any]:
    """Each list of refs becomes a package; the answer is their paths, keys and records."""
    from kendali.archive.writer import write_package

    store, made = open_store(job["store"]), []
    for part in job["parts"]:
        info = PackageInfo("bench", part["source"], part["record_class"], job["month"])
        key = bytes.fromhex(part["key"])

        def fill(sink: Sink, part: dict[str, Any] = part) -> Iterator[Snapshot]:
            return _copied(part, sink)

        written = write_package(store, package_id=part["id"], info=info, package_key=key, fill=fill)
        records = [[record.ref, record.slot] for record in written.records[: job.get("remember", 0)]]
        problems = sum(1 for record in written.records if record.problems)
        made.append({"path": written.path, "key": part["key"], "records": records, "problems": problems})
    return {"packages": made}


def _copied(part: dict[str, Any], sink: Sink) -> Iterator[Snapshot]:
    if part.get("only"):
        yield from _one_table(part, sink)
        return
    from kendali.connectors import registry

    connector = registry.open(part["kind"], part["record_class"], part["config"], {})
    yield from connector.snapshot(part["refs"], sink)
    connector.close()


def _one_table(part: dict[str, Any], sink: Sink) -> Iterator[Snapshot]:
    """One table of the conversations and its hash for each: what a dump of that table is compared with."""
    from kendali import fingerprint
    from kendali.connectors.ahead import ahead
    from kendali.connectors.chatwoot.columns import Columns
    from kendali.connectors.chatwoot.reader import Reader
    from kendali.connectors.chatwoot.schema import TABLES
    from kendali.connectors.postgres import Server

    config, name = part["config"], part["only"]
    absent = {table.name for table in TABLES} - {"conversations", name}
    server = Server(config, {})
    columns = Columns(server, absent)
    columns.require()
    for batch in ahead(Reader(server, columns, int(config["account"]), absent).batches(part["refs"])):
        table = batch.tables[name]
        for rows in table.to_batches(max_chunksize=10_000):
            sink.table(name, rows)
        prints = fingerprint.conversations({name: table}, batch.found)
        for ref in batch.refs:
            if ref in prints:
                yield Snapshot(ref, prints[ref], None, None)
    server.close()


def verify(job: dict[str, Any]) -> dict[str, Any]:
    from kendali.archive.verify import verify_package

    store, problems = open_store(job["store"]), []
    for package in job["packages"]:
        problems += verify_package(store, package["path"], bytes.fromhex(package["key"]))
    if problems:
        raise SystemExit(f"not verified: {problems[:3]}")
    return {"packages": len(job["packages"])}


def destroy(job: dict[str, Any]) -> dict[str, Any]:
    """Take the keys of these slots away for good."""
    from kendali.archive import destroy as keys

    store, package_id = open_store(job["store"]), job["path"].rsplit("/", 1)[-1]
    old, new = bytes.fromhex(job["old"]), bytes.fromhex(job["new"])
    began = time.perf_counter()
    keys.replace_keyring(store, package_id, old_key=old, new_key=new, slots=job["slots"])
    keys.forget_old_keyrings(store, package_id, new)
    return {"seconds": time.perf_counter() - began}


def fetch(job: dict[str, Any]) -> dict[str, Any]:
    """As a running server fetches: opened package in hand, any of its records; seconds each."""
    from kendali.archive.reader import Package

    store, chooser = open_store(job["store"]), Random(1)  # noqa: S311 - a sample, no secret
    opened = [(Package(store, p["path"], bytes.fromhex(p["key"])), p["records"]) for p in job["packages"]]
    times = {"open": [], "fetch": []}  # type: dict[str, list[float]]
    for number in range(job["count"] + 20):
        package, records = chooser.choice(opened)
        ref, slot = chooser.choice(records)
        began = time.perf_counter()
        if slot is None:
            package.conversation(ref)
        else:
            for _, stream in package.unit(slot).files:
                stream.read()
        if number >= 20:  # the first ones warm up
            times["fetch"].append(time.perf_counter() - began)
    for _ in range(20):
        began = time.perf_counter()
        Package(store, opened[0][0].path, bytes.fromhex(job["packages"][0]["key"]))
        times["open"].append(time.perf_counter() - began)
    return times


def order(number: int) -> dict[str, Any]:
    """A whole order, as the worker carries it out."""
    import django

    django.setup()
    from kendali.records.actions import backup as action

    began = datetime.now(UTC)
    action.run(number, worker="bench")
    return {"seconds": (datetime.now(UTC) - began).total_seconds()}


def disposal(work: str, job: dict[str, Any]) -> dict[str, Any]:
    """A part of a deletion; see deleting.py."""
    import django

    django.setup()
    from benchmarks import deleting

    answer: dict[str, Any] = getattr(deleting, work)(job)
    return answer


def main(words: Sequence[str]) -> None:
    work, argument = words
    if work == "order":
        answer = order(int(argument))
    elif work in ("propose", "delete", "certify"):
        answer = disposal(work, json.loads(Path(argument).read_text()))
    else:
        job = json.loads(Path(argument).read_text())
        answer = {"backup": backup, "verify": verify, "destroy": destroy, "fetch": fetch}[work](job)
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
