"""Call detail records as Asterisk writes them: into PostgreSQL (cdr_pgsql), MariaDB/MySQL (FreePBX) and Master.csv.

`calldate` is the switch's local wall time without zone, whole seconds. One call is two or three rows (legs) that share
`linkedid`, the uniqueid of its first channel. `recordingfile` is the base name of the audio file, or empty."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from .copying import field


class Leg(NamedTuple):
    """One row of the table, in the order of its columns."""

    calldate: datetime
    clid: str
    src: str
    dst: str
    dcontext: str
    channel: str
    dstchannel: str
    lastapp: str
    lastdata: str
    duration: int
    billsec: int
    disposition: str
    amaflags: int
    accountcode: str
    uniqueid: str
    userfield: str
    did: str
    recordingfile: str
    cnum: str
    cnam: str
    outbound_cnum: str
    outbound_cnam: str
    dst_cnam: str
    linkedid: str
    peeraccount: str
    sequence: int


COLUMNS: Sequence[str] = Leg._fields
_WIDTHS = {
    "clid": 80,
    "accountcode": 20,
    "uniqueid": 32,
    "linkedid": 32,
    "userfield": 255,
    "recordingfile": 255,
    "did": 50,
}
_INDEXED = ("calldate", "dst", "accountcode", "uniqueid", "did", "recordingfile", "linkedid")


def _type(column: str, moment: str) -> str:
    if column == "calldate":
        return f"{moment} NOT NULL"
    if column in {"duration", "billsec", "amaflags", "sequence"}:
        return "integer NOT NULL DEFAULT 0"
    width = 45 if column == "disposition" else _WIDTHS.get(column, 80)
    return f"varchar({width}) NOT NULL DEFAULT ''"


def postgresql_tables(schema: str = "public") -> str:
    columns = ",\n    ".join(f"{name} {_type(name, 'timestamp without time zone')}" for name in COLUMNS)
    indexes = "".join(f'CREATE INDEX cdr_{name} ON "{schema}".cdr ({name});\n' for name in _INDEXED)
    return f'CREATE SCHEMA IF NOT EXISTS "{schema}";\nCREATE TABLE "{schema}".cdr (\n    {columns}\n);\n{indexes}'


def mariadb_tables() -> str:
    """FreePBX's table of asteriskcdrdb; one statement."""
    columns = ", ".join(f"`{name}` {_type(name, 'datetime')}" for name in COLUMNS)
    keys = ", ".join(f"KEY `{name}` (`{name}`{'(191)' if name == 'recordingfile' else ''})" for name in _INDEXED)
    return f"CREATE TABLE cdr ({columns}, {keys}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"


def copy_postgresql(connection: psycopg.Connection[Any], legs: Iterable[Leg], schema: str = "public") -> int:
    """Append rows by COPY; how many."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(schema, "cdr"), sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    )
    done = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for leg in legs:
            copy.write("\t".join([field(value) for value in leg]) + "\n")
            done += 1
    return done


def insert_mariadb(connection: Any, legs: Iterable[Leg]) -> int:
    """Append rows over a pymysql connection and commit; how many."""
    places, done = ", ".join(["%s"] * len(COLUMNS)), 0
    statement = f"INSERT INTO cdr ({', '.join(f'`{name}`' for name in COLUMNS)}) VALUES ({places})"  # noqa: S608
    with connection.cursor() as cursor:
        batch: list[Leg] = []
        for leg in legs:
            batch.append(leg)
            if len(batch) == 500:
                done += cursor.executemany(statement, batch)
                batch.clear()
        if batch:
            done += cursor.executemany(statement, batch)
    connection.commit()
    return done


def append_master_csv(path: Path, legs: Iterable[Leg]) -> int:
    """Asterisk's cdr-csv/Master.csv with loguniqueid, loguserfield and newcdrcolumns: no header, text quoted, numbers
    bare, local time. It has no column for the recording: the old dialplans put `audio:NAME` into userfield."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = 0
    with path.open("a", encoding="utf-8", newline="") as out:
        for leg in legs:
            ended = leg.calldate + timedelta(seconds=leg.duration)
            answered = ended - timedelta(seconds=leg.billsec) if leg.billsec else ""
            line = StringIO()
            csv.writer(line, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerow(
                [
                    leg.accountcode, leg.src, leg.dst, leg.dcontext, leg.clid, leg.channel, leg.dstchannel, leg.lastapp,
                    leg.lastdata, str(leg.calldate), str(answered), str(ended), leg.duration, leg.billsec,
                    leg.disposition, "DOCUMENTATION", leg.uniqueid,
                    f"audio:{leg.recordingfile}" if leg.recordingfile else leg.userfield,
                    leg.peeraccount, leg.linkedid, leg.sequence,
                ]
            )  # fmt: skip
            out.write(line.getvalue())
            done += 1
    return done
