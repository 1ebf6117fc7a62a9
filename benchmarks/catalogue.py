"""The catalogue at scale: rows by COPY before the secondary indexes, and one record looked up among them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from typing import Any

import psycopg
from django.conf import settings

from benchmarks.bench import Bench
from benchmarks.measure import percentile
from benchmarks.report import Line, at_least, at_most
from kendali.home.database_roles import connect_arguments

TITLE = "Catalogue"
ROWS = 10_000_000
PIECES = 10
BLOCK = 10_000
LOOK_UPS = 20_000
WHY_COPY = "Text in COPY's form, two 32-byte HMACs a row and the primary key; made by this process on the other core."
WHY_LOOK_UP = "Waiting for a core: the median shows the look-up itself."
COLUMNS = (
    "id, source_id, ref, display, channel, agent, customer_name_hmac, customer_phone_hmac, started_at,"
    " last_activity_at, modified_at, source_state, parts, size, backup_clock, first_seen_at"
)


def measure(bench: Bench) -> None:
    rows = bench.amount(ROWS, 20_000)
    with psycopg.connect(**connect_arguments(settings.DATABASE_OWNER), autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS bench_record")
        with owner.transaction():
            # The columns, defaults and primary key of the real table; its other indexes come after the rows.
            owner.execute("CREATE TABLE bench_record (LIKE records_record INCLUDING DEFAULTS, PRIMARY KEY (id))")
            seconds = [_copy(owner, number, rows // PIECES) for number in range(PIECES)]
            began = time.monotonic()
        committing = time.monotonic() - began
        began = time.monotonic()
        owner.execute("CREATE UNIQUE INDEX ON bench_record (source_id, ref)")
        indexing = time.monotonic() - began
        owner.execute("VACUUM ANALYZE bench_record")
        times = _look_up(owner, rows, bench.amount(LOOK_UPS, 200))
        (size,) = owner.execute("SELECT pg_total_relation_size('bench_record')").fetchone() or (0,)
        owner.execute("DROP TABLE bench_record")
    rate, middle = rows / (sum(seconds) + committing), rows // PIECES / median(seconds)
    p50, p99 = (percentile(times, share) * 1000 for share in (0.5, 0.99))
    lines = [
        at_least("Rows inserted by COPY, before the secondary indexes", rate / 1e3, 400,
                 f"{rate:,.0f} rows/s ({sum(seconds):.1f} s and {committing:.1f} s to commit; median of {PIECES} parts "
                 f"{middle:,.0f} rows/s)",
                 "thousand rows/s", WHY_COPY),
        at_most("One record looked up by source and id", p99, 1, f"p50 {p50:.3f} ms, p99 {p99:.3f} ms", "ms (p99)",
                WHY_LOOK_UP),
        Line("Unique index over source and id, afterwards", f"{indexing:.1f} s; table and indexes {size / 1e9:.2f} GB"),
    ]  # fmt: skip
    intro = (
        f"{rows:,} rows of all columns of a record, one pass in {PIECES} parts, the table made in the same "
        "transaction; durable server (fsync on). Through the scan, with all indexes: see Conversations."
    )
    bench.write(TITLE, intro, lines)


def _copy(owner: psycopg.Connection[Any], number: int, count: int) -> float:
    blocks = _blocks(number * count, count)
    began = time.monotonic()
    with owner.cursor() as cursor, cursor.copy(f"COPY bench_record ({COLUMNS}) FROM STDIN") as copy:
        for block in blocks:
            copy.write(block)
    return time.monotonic() - began


def _blocks(first: int, count: int) -> Iterator[bytes]:
    """Rows in COPY's text form; agents, channels and times vary as they do at a source."""
    rnd, start = Random(first), datetime(2023, 1, 1, tzinfo=UTC)  # noqa: S311
    agents, channels = [f"Agent {n:03d}" for n in range(200)], ("WhatsApp", "Web", "E-mail", "Telegram")
    for begin in range(first, first + count, BLOCK):
        at = start + timedelta(seconds=begin * 9)
        since, until = at.isoformat(), (at + timedelta(hours=2)).isoformat()
        name, phone = rnd.randbytes(32).hex(), rnd.randbytes(32).hex()
        middle = (
            f"\t{rnd.choice(channels)}\t{rnd.choice(agents)}\t\\\\x{name}\t\\\\x{phone}\t{since}\t{until}\t{until}"
            f"\tresolved\t{rnd.randrange(2, 40)}\t\\N\t{since}\t{until}\n"
        )
        numbers = range(begin + 1, min(begin + BLOCK, first + count) + 1)
        yield "".join([f"{n}\t1\t{n}\t{n}{middle}" for n in numbers]).encode()


def _look_up(owner: psycopg.Connection[Any], rows: int, count: int) -> list[float]:
    rnd, times = Random(7), []  # noqa: S311
    with owner.cursor() as cursor:
        for _ in range(count):
            ref = str(rnd.randrange(1, rows + 1))
            began = time.perf_counter()
            cursor.execute("SELECT * FROM bench_record WHERE source_id = 1 AND ref = %s", [ref], prepare=True)
            found = cursor.fetchone()
            times.append(time.perf_counter() - began)
            if found is None:
                raise SystemExit(f"record {ref} was not found")
    return times
