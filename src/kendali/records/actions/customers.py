"""Whose record it is: name and phone, sealed under a key that dies with the record.

The key comes by HKDF (info ``kendali/1/customer``) from the record's own digest salt, that is from its slot in the
package's keyring (a conversation: from its month's key and its id). Names are read from what is copied anyway, as it
passes into the package: no query, nothing kept but the sealed bytes. To look for somebody there is the keyed HMAC.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from kendali.archive.errors import ArchiveError
from kendali.archive.keyring import Keyring, derive
from kendali.archive.package import WrittenRecord
from kendali.archive.sealing import open_bytes, seal_bytes
from kendali.connectors.base import Sink, Unit, UnitResult
from kendali.connectors.chat import Customer
from kendali.connectors.reading import CALLS, CHATS
from kendali.fingerprint import REF
from kendali.records.actions import content
from kendali.records.models import Record, Source

INFO = b"kendali/1/customer"


class Watch:
    """Sees what a connector gives to a sink, and remembers whose records they are."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._chat = CHATS.get(source.kind) if source.record_class == "conversation" else None
        self._call = CALLS.get(source.kind) if source.record_class == "recording" else None
        self._batches: dict[str, list[pa.RecordBatch]] = defaultdict(list)
        self._found: dict[str, Customer] = {}

    def over(self, sink: Sink) -> Sink:
        return _Watched(self, sink)

    def table(self, name: str, batch: pa.RecordBatch) -> None:
        columns = self._chat.CUSTOMER_COLUMNS.get(name) if self._chat else None
        if columns is not None:
            self._batches[name].append(batch.select([REF, *columns]))

    def unit(self, unit: Unit) -> None:
        if self._call:
            self._found[unit.ref] = self._call.call(unit.facts, self._source.zone).customer

    def customers(self) -> dict[str, Customer]:
        """By ref."""
        if self._chat and self._batches.keys() == self._chat.CUSTOMER_COLUMNS.keys():
            self._found |= self._chat.customers({n: pa.Table.from_batches(b) for n, b in self._batches.items()})
        self._batches.clear()
        return self._found

    def sealed(self, ring: Keyring, records: Sequence[WrittenRecord]) -> dict[str, bytes]:
        """By ref; of everybody who has a name or a phone number."""
        customers = self.customers()
        return {
            record.ref: seal(_key(ring, record.slot, record.ref), self._source.pk, record.ref, customer)
            for record in records
            if (customer := customers.get(record.ref)) and (customer.name or customer.phone) and record.keyed_digest
        }


class _Watched:
    def __init__(self, watch: Watch, sink: Sink) -> None:
        self._watch, self._sink = watch, sink

    def table(self, name: str, batch: pa.RecordBatch) -> None:
        self._watch.table(name, batch)
        self._sink.table(name, batch)

    def units(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        return self._sink.units(self._seen(units))

    def _seen(self, units: Iterable[Unit]) -> Iterator[Unit]:
        for unit in units:
            self._watch.unit(unit)
            yield unit


def seal(key: bytes, source_id: int, ref: str, customer: Customer) -> bytes:
    return seal_bytes(key, _place(source_id, ref), json.dumps([customer.name, customer.phone]).encode())


def customer_of(record: Record) -> Customer | None:
    """Name and phone of a record; None where there are none, or nothing current opens them any more."""
    if record.customer_sealed is None or record.version is None:
        return None
    try:
        ring = content.package_of(record.version).keyring
        key = _key(ring, record.version.slot, record.ref)
        name, phone = json.loads(open_bytes(key, _place(record.source_id, record.ref), bytes(record.customer_sealed)))
    except ArchiveError:
        return None
    return Customer(str(name), str(phone))


def sealed_again(record: Record, old: Keyring, new: Keyring) -> bytes | None:
    """A conversation's name and phone for the package that takes the place of its own; None: there are none. Raises
    ArchiveError where they do not open."""
    if record.customer_sealed is None:
        return None
    place = _place(record.source_id, record.ref)
    content = open_bytes(_key(old, None, record.ref), place, bytes(record.customer_sealed))
    return seal_bytes(_key(new, None, record.ref), place, content)


def _key(ring: Keyring, slot: int | None, ref: str) -> bytes:
    return derive(ring.conversation_salt(ref) if slot is None else ring.salt(slot), INFO)


def _place(source_id: int, ref: str) -> bytes:
    return f"customer/{source_id}/{ref}".encode("utf-8", "surrogatepass")
