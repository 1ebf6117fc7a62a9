"""A vendor's export, read once into a temporary index: CSV, JSON Lines, or JSON (which is loaded whole; up to 256 MB).

Default layout, all text UTF-8:

- `records.csv`: id, started_at, ended_at, channel, agent, customer_name, customer_phone, and optionally display,
  state (open, pending, snoozed, resolved), modified_at, file (several separated by `;`, relative to the export). Other
  columns are kept as they are.
- `messages.csv` (conversations; optional): record_id, sent_at, sender, text, file, and whatever else.
- JSON: a list of such records, or {"records": [...]}; there `file` may be a list, and `messages` a list of messages.

Dates: ISO 8601, or day/month/year; without a zone they are in the source's. The setting `columns` says what a vendor
calls our names (`id=CallID, messages.text=Body`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from kendali.connectors.base import Problem, SourceError
from kendali.connectors.folder_drop.place import Place
from kendali.connectors.lookup import Lookup

JSON_BYTES = 256 << 20
_FORMATS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d/%m/%Y", "%d-%m-%Y")
Row = dict[str, Any]

# A conversation begins with its oldest message and lasts until its newest, whatever its own row says.
_WIDEN = """
    UPDATE records SET
      started_at = coalesce(min(nullif(records.started_at, ''), m.oldest), m.oldest, records.started_at),
      last_activity_at = max(records.last_activity_at, m.newest)
    FROM (
      SELECT record_id, min(sent_at) AS oldest, max(sent_at) AS newest FROM messages
      WHERE sent_at <> '' GROUP BY record_id
    ) m
    WHERE m.record_id = records.id
"""


def instant(text: object, zone: ZoneInfo) -> datetime | None:
    """UTC, or None for what is no date."""
    said = str(text or "").strip()
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        for form in _FORMATS:
            try:
                found = datetime.strptime(said, form)  # noqa: DTZ007
                break
            except ValueError:
                continue
        else:
            return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _key(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if value else ""


class Export:
    def __init__(self, place: Place, records: str, columns: Mapping[str, str], zone: ZoneInfo) -> None:
        self._place, self._records, self._columns, self._zone = place, records, columns, zone
        self._lookup: Lookup | None = None
        self._state: object = None
        self.problems: list[Problem] = []

    def value(self, row: Mapping[str, Any], name: str) -> Any:
        """Our name's value in a row, by the vendor's name for it."""
        return row.get(self._columns.get(name, name.rpartition(".")[2]))

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Tables `records` (id, started_at, last_activity_at: UTC text, '' = none; row: JSON) and `messages`
        (record_id, sent_at, row). Raises SourceError."""
        state = self._place.state()
        if self._lookup is None or self._state != state:
            self.close()
            self._lookup, self._state = self._build(), state
        return self._lookup.rows(query, values)[1]

    def _build(self) -> Lookup:
        self.problems = []
        lookup = Lookup()
        lookup.create("records", ("id", "started_at", "last_activity_at", "row"))
        lookup.create("messages", ("record_id", "sent_at", "row"))
        try:
            lookup.add("records", 4, self._records_of(self._source(), lookup))
            lookup.add("messages", 3, self._messages())
        except OSError as error:
            lookup.close()
            raise SourceError("folder_unreadable", path=self._records, reason=f"{error.strerror}.") from None
        except SourceError:
            lookup.close()
            raise
        lookup.index("records", ["id"])
        lookup.index("messages", ["record_id"])
        lookup.change(_WIDEN)
        return lookup

    def _source(self) -> Iterator[Row]:
        for name in (self._records,) if self._records else ("records.csv", "records.jsonl", "records.json"):
            stream = self._place.open(name)
            if stream is not None:
                return self._read(stream, name)
        raise SourceError("export_missing", file=self._records or "records.csv")

    def _read(self, stream: BinaryIO, name: str) -> Iterator[Row]:
        kind = name.rpartition(".")[2].lower()
        readers: dict[str, Callable[[BinaryIO, str], Iterator[Row]]] = {
            "csv": self._csv,
            "jsonl": self._json_lines,
            "ndjson": self._json_lines,
            "json": self._json,
        }
        if kind not in readers:
            raise SourceError(
                "bad_configuration", field="records", reason="it must be a .csv, .json, .jsonl or .zip file"
            )
        return readers[kind](stream, name)

    def _csv(self, stream: BinaryIO, name: str) -> Iterator[Row]:
        with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as text:
            sample = text.readline()
            delimiter = max(",;\t", key=sample.count)
            names = next(csv.reader([sample], delimiter=delimiter), [])
            for row in csv.reader(text, delimiter=delimiter):
                if len(row) == len(names):
                    yield dict(zip(names, row, strict=True))
                elif row:
                    self._note(name, f"{len(row)} columns instead of {len(names)}.", row[0])

    def _json_lines(self, stream: BinaryIO, name: str) -> Iterator[Row]:
        with stream:
            for number, line in enumerate(stream, 1):
                try:
                    row = json.loads(line) if line.strip() else {}
                except ValueError:
                    self._note(name, "It is not JSON.", str(number))
                    continue
                if row:
                    yield row

    def _json(self, stream: BinaryIO, name: str) -> Iterator[Row]:
        with stream:
            data = stream.read(JSON_BYTES + 1)
        if len(data) > JSON_BYTES:
            raise SourceError(
                "bad_configuration", field="records", reason="JSON over 256 MB: ask for JSON Lines or CSV"
            )
        try:
            found = json.loads(data)
        except ValueError as error:
            raise SourceError("folder_unreadable", path=name, reason=f"It is not JSON: {error}.") from None
        yield from found["records"] if isinstance(found, dict) else found

    def _records_of(self, rows: Iterator[Row], lookup: Lookup) -> Iterator[tuple[str, str, str, str]]:
        seen: set[str] = set()
        for row in rows:
            ref = str(self.value(row, "id") or "").strip()
            if not ref:
                self._note(self._records, "It has no id.", "?")
            elif ref in seen:
                self.problems.append(Problem("duplicate_id", ref, facts={"file": self._records}))
            else:
                seen.add(ref)
                nested = [(ref, self._date(each, "messages.sent_at", ref), _json_text(each)) for each in _taken(row)]
                lookup.add("messages", 3, nested)
                started = self._date(row, "started_at", ref)
                yield ref, started, max(self._date(row, "ended_at", ref), started), _json_text(row)

    def _messages(self) -> Iterator[tuple[str, str, str]]:
        stream = self._place.open("messages.csv")
        if stream is not None:
            for row in self._csv(stream, "messages.csv"):
                ref = str(self.value(row, "messages.record_id") or "").strip()
                yield ref, self._date(row, "messages.sent_at", ref), _json_text(row)

    def _date(self, row: Mapping[str, Any], name: str, ref: str = "") -> str:
        said = self.value(row, name)
        found = instant(said, self._zone)
        if found is None and said:
            self.problems.append(Problem("date_unreadable", ref, facts={"value": str(said), "file": self._records}))
        return _key(found)

    def _note(self, name: str, reason: str, line: str) -> None:
        self.problems.append(Problem("row_unreadable", facts={"file": name, "line": line, "reason": reason}))

    def close(self) -> None:
        if self._lookup is not None:
            self._lookup.close()
            self._lookup = None


def _taken(row: Row) -> list[Row]:
    """The messages nested in a record, which are kept as rows of their own."""
    return row.pop("messages", None) or []


def _json_text(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=True, sort_keys=True)
