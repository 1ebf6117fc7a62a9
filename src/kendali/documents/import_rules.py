"""Knowledge articles from a sheet or another system: what they would change, row by row. No database, no clock.

A row is text by column name. Nothing is applied while one row is wrong; what is not in the import stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from kendali.documents.rules import CODE, Text, digest, refusals
from kendali.verdict import Verdict, no

COLUMNS = ("code", "title", "text", "valid_from", "valid_until")
NEEDED = ("code", "title", "text")
# What people write above their columns, besides the names themselves.
ALSO = {
    "kode": "code", "nomor": "code", "no": "code", "number": "code", "judul": "title", "isi": "text", "teks": "text",
    "body": "text", "berlaku dari": "valid_from", "berlaku mulai": "valid_from", "mulai berlaku": "valid_from",
    "berlaku sejak": "valid_from", "valid from": "valid_from", "in force from": "valid_from",
    "berlaku sampai": "valid_until", "berlaku hingga": "valid_until",
    "valid until": "valid_until", "in force until": "valid_until",
}  # fmt: skip
MOST_ROWS = 5_000
DAY = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?=$|[ T])")  # 2027-03-31, 31/03/2027


class Effect(StrEnum):
    NEW = "new"  # an article that was not there
    CHANGED = "changed"  # a new version
    ENDS = "ends"  # the same words, another last day
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Known:
    """An article as it is: its newest version that is not withdrawn (version 0 = none), and whether a draft is open."""

    code: str
    version: int
    digest: str
    valid_from: date | None
    valid_until: date | None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    row: int
    text: Text
    effect: Effect
    version: int  # the one before, 0 = none


@dataclass(frozen=True, slots=True)
class Fault:
    """`row` as in the sheet, its head being row 1; 0 = the whole."""

    row: int
    column: str
    why: Verdict


@dataclass(frozen=True, slots=True)
class Plan:
    steps: tuple[Step, ...] = ()
    faults: tuple[Fault, ...] = ()
    counts: Mapping[Effect, int] = field(default_factory=dict)

    @property
    def changes(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.effect is not Effect.UNCHANGED)


def columns(head: Sequence[str]) -> dict[str, int]:
    """Column name → its place in the row."""
    found: dict[str, int] = {}
    for place, text in enumerate(head):
        plain = " ".join(text.replace("_", " ").casefold().split())
        name = ALSO.get(plain, plain.replace(" ", "_"))
        if name in COLUMNS:
            found.setdefault(name, place)
    return found


def missing(names: Iterable[str]) -> list[Fault]:
    there = set(names)
    return [
        Fault(1, name, no("The column “%(column)s” is missing.", column=name)) for name in NEEDED if name not in there
    ]


def dry_run(rows: Sequence[Mapping[str, str]], known: Iterable[Known], *, on: date) -> Plan:
    """`on`: from when a row holds that names no day."""
    if len(rows) > MOST_ROWS:
        return Plan(faults=(Fault(0, "", no("More than %(most)s rows: divide the file.", most=MOST_ROWS)),))
    now = {one.code: one for one in known}
    steps: list[Step] = []
    faults: list[Fault] = []
    first: dict[str, int] = {}
    for number, row in enumerate(rows, 2):
        if not any(str(row.get(name, "")).strip() for name in COLUMNS):
            continue
        text, why = _read(row, number, on)
        if text is not None and first.setdefault(text.code, number) != number:
            why.append(Fault(number, "code", no("%(article)s is in row %(first)s already.", article=text.code,
                                                first=first[text.code])))  # fmt: skip
        if text is not None and not why:
            step, refused = _step(number, text, now.get(text.code), named=bool(row.get("valid_from", "").strip()))
            steps, why = [*steps, step], refused
        faults += why
    if not steps and not faults:
        faults.append(Fault(0, "", no("There is no article in it.")))
    counts = {effect: sum(1 for step in steps if step.effect is effect) for effect in Effect}
    return Plan(tuple(steps), tuple(faults), counts)


def _read(row: Mapping[str, str], number: int, on: date) -> tuple[Text | None, list[Fault]]:
    why: list[Fault] = []
    begins, ends = (_day(row.get(name, ""), name, number, why) for name in ("valid_from", "valid_until"))
    text = Text(
        code=str(row.get("code", "")).strip().upper(),
        title=" ".join(str(row.get("title", "")).split()),
        body=str(row.get("text", "")).replace("\r\n", "\n").strip(),
        valid_from=begins or on,
        valid_until=ends,
    )
    why += [Fault(number, "text" if part == "body" else part, verdict) for part, verdict in refusals(text)]
    return (text if CODE.fullmatch(text.code) else None), why


def _step(number: int, text: Text, known: Known | None, *, named: bool) -> tuple[Step, list[Fault]]:
    """`named`: the row says itself from when it holds."""
    if known is None:
        return Step(number, text, Effect.NEW, 0), []
    if known.draft:
        return Step(number, text, Effect.UNCHANGED, known.version), [
            Fault(number, "code", no("A draft of %(article)s is open: put it in force or discard it first.",
                                     article=text.code))
        ]  # fmt: skip
    if known.version and digest(text.title, text.body, {}) == known.digest:
        effect = Effect.UNCHANGED if text.valid_until == known.valid_until else Effect.ENDS
        if effect is Effect.ENDS and known.valid_from and text.valid_until and text.valid_until < known.valid_from:
            return Step(number, text, effect, known.version), [
                Fault(number, "valid_until", no("It ends before it begins."))
            ]
        return Step(number, text, effect, known.version), []
    if known.valid_from is not None and text.valid_from < known.valid_from:
        if named:
            why = no("The version before it is in force from %(begins)s on: a newer one cannot begin earlier.",
                     begins=known.valid_from.isoformat())  # fmt: skip
            return Step(number, text, Effect.CHANGED, known.version), [Fault(number, "valid_from", why)]
        text = Text(text.code, text.title, text.body, known.valid_from, text.valid_until)
    return Step(number, text, Effect.CHANGED if known.version else Effect.NEW, known.version), []


def _day(given: str, column: str, number: int, why: list[Fault]) -> date | None:
    text = str(given).strip()
    if not text:
        return None
    if numbers := DAY.match(text):
        first, month, last = (int(one) for one in numbers.groups())
        year, day = (first, last) if first > 31 else (last, first)
        with suppress(ValueError):
            return date(year, month, day)
    why.append(Fault(number, column, no("%(value)s is no date: write it as 2027-03-31.", value=text[:40])))
    return None
