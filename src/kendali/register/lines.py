"""The lines of a certificate: in by COPY, out in order, each with its leaf; thousands at a time, constant memory."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from django.db import connection

from kendali.audit.actions import plain
from kendali.register import merkle
from kendali.register.facts import VERDICTS, Line
from kendali.register.models import Certificate, CertificateLine

CHUNK = 5_000
COPY = """COPY register_certificateline (certificate_id, position, source, ref, clock, due_on, ended_at, verdict, size,
    seconds, measured, keyed_digest, blind) FROM STDIN"""


class Row(NamedTuple):
    """A line as it is stored."""

    position: int
    source: str
    ref: str
    clock: datetime | None
    due_on: date | None
    ended_at: datetime | None
    verdict: str
    size: int
    seconds: float
    measured: dict[str, object]
    keyed_digest: bytes
    blind: bytes


def add(certificate: Certificate, lines: Iterable[Line]) -> Counter[str]:
    """How many lines of each verdict were added. ValueError for a verdict that nobody knows.

    Block by block: the lines may themselves come from a query, and while a COPY is open its connection answers none."""
    counted: Counter[str] = Counter()
    numbered = enumerate(lines, start=1)
    while block := list(islice(numbered, CHUNK)):
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for position, line in block:
                if line.verdict not in VERDICTS:
                    raise ValueError(f"{line.verdict} is no verdict of a certificate's line")
                counted[line.verdict] += 1
                copy.write_row(
                    (
                        certificate.pk, position, line.source, line.ref, line.clock, line.due_on, line.ended_at,
                        line.verdict, line.size, line.seconds, json.dumps(plain(line.measured)), line.keyed_digest,
                        secrets.token_bytes(merkle.BLIND),
                    )
                )  # fmt: skip
    return counted


def rows(certificate: Certificate) -> Iterator[Row]:
    """Every line in order, from a server-side cursor."""
    stored = CertificateLine.objects.filter(certificate=certificate).order_by("position")
    for values in stored.values_list(*Row._fields).iterator(chunk_size=CHUNK):
        yield _row(values)


def first(certificate: Certificate, count: int) -> Iterator[Row]:
    """The first `count` lines."""
    stored = CertificateLine.objects.filter(certificate=certificate, position__lte=count).order_by("position")
    for values in stored.values_list(*Row._fields):
        yield _row(values)


def _row(values: tuple[object, ...]) -> Row:
    row = Row(*values)  # type: ignore[arg-type]
    return row._replace(keyed_digest=bytes(row.keyed_digest), blind=bytes(row.blind))


def one(certificate: Certificate, ref: str, source: str = "") -> Row | None:
    """The line of one record by its id at the source; `source` where two sources use the same id."""
    found = CertificateLine.objects.filter(certificate=certificate, ref=ref)
    if source:
        found = found.filter(source=source)
    values = found.order_by("position").values_list(*Row._fields).first()
    return None if values is None else _row(values)


def sources(certificate: Certificate, ref: str) -> list[str]:
    """Names of the sources that use this id on this certificate."""
    found = CertificateLine.objects.filter(certificate=certificate, ref=ref).order_by("source")
    return list(found.values_list("source", flat=True).distinct())


def data(number: str, row: Row) -> bytes:
    """What its leaf says (merkle.line_data)."""
    return merkle.line_data(
        certificate=number,
        source=row.source,
        ref=row.ref,
        clock=row.clock,
        due_on=row.due_on,
        ended_at=row.ended_at,
        verdict=row.verdict,
        keyed_digest=row.keyed_digest,
    )


def leaf(number: str, row: Row) -> bytes:
    return merkle.leaf(data(number, row), row.blind)


def leaves(certificate: Certificate) -> Iterator[bytes]:
    assert certificate.number is not None
    for row in rows(certificate):
        yield leaf(certificate.number, row)
