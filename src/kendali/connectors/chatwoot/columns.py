"""What a Chatwoot database really has: its tables, columns and types, asked of the catalogue once per connection."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa

from kendali.connectors.base import Problem, SourceError
from kendali.connectors.chatwoot.schema import ALL, TABLES, Table
from kendali.connectors.postgres import Server
from kendali.fingerprint import REF, VOLATILE

# PostgreSQL types that ADBC hands over as they are. Everything else (json, jsonb, uuid, arrays, numeric …) is read as
# the text PostgreSQL prints: `content_attributes` may hold \u0000, and a string with JSON in it.
_PLAIN: Mapping[str, pa.DataType] = {
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "bool": pa.bool_(),
    "float8": pa.float64(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "text": pa.string(),
    "varchar": pa.string(),
}

_CATALOGUE = """
    SELECT c.relname, a.attname, t.typname
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relname = ANY(%s)
      AND pg_table_is_visible(c.oid)
    ORDER BY c.relname, a.attnum
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as it will be read: the select list (without `_ref`) and the Arrow schema (with it)."""

    select: str
    schema: pa.Schema


class Columns:
    """The shapes of all tables; `problems` names what is missing."""

    def __init__(self, server: Server, absent: Collection[str] = ()) -> None:
        names = [table.name for table in TABLES if table.name not in absent]
        found: dict[str, dict[str, str]] = {}
        with server.errors():
            for table, column, kind in server.rows().execute(_CATALOGUE, [names]):
                found.setdefault(table, {})[column] = kind
        self.shapes = {table.name: _shape(table, found[table.name]) for table in TABLES if table.name in found}
        self.problems: list[Problem] = []
        missing = [name for name in names if name not in found]
        if missing:
            self.problems.append(Problem("tables_missing", facts={"tables": ", ".join(missing)}))
        for table_ in TABLES:
            gone = [name for name in table_.needs if table_.name in found and name not in found[table_.name]]
            if gone:
                facts = {"table": table_.name, "columns": ", ".join(gone)}
                self.problems.append(Problem("columns_missing", facts=facts))

    def require(self) -> None:
        """Raises SourceError unless everything a conversation needs is there."""
        if self.problems:
            raise SourceError(self.problems[0].code, **self.problems[0].facts)


def _shape(table: Table, found: Mapping[str, str]) -> Shape:
    select, fields = [], [pa.field(REF, pa.string(), nullable=False)]
    for name, kind in found.items():
        if table.only and name not in table.only:
            continue
        plain = _PLAIN.get(kind)
        quoted = '"' + name.replace('"', '""') + '"'
        select.append(f"t.{quoted}" if plain is not None else f"t.{quoted}::text AS {quoted}")
        volatile = table.volatile == ALL or name in table.volatile
        fields.append(pa.field(name, plain or pa.string(), metadata={VOLATILE: b"1"} if volatile else None))
    return Shape(", ".join(select), pa.schema(fields))
