"""A form like F-22 as plain data: sections, items with stable ids, what counts and what fails. No database.

Procedure IN.QCC.TDSCC.P-01, 10.1. An item keeps its id through all versions of a form; an evaluation is pinned to the
version it was filled with. What a form must fulfil is in `form_rules`, what an answer is worth in `scoring`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    GRADED = "graded"  # bertingkat: described steps
    YES_NO = "yes_no"  # ya / tidak
    NUMBER = "number"  # angka, with ranges that map to points
    TEXT = "text"  # isian: never scored


class TouchPoint(StrEnum):
    ACCESS = "access"  # Akses
    SYSTEM = "system"  # Sistem & Prosedur
    PEOPLE = "people"  # Petugas


class ErrorClass(StrEnum):
    """Whom a critical error harms. An item without a class is not critical; accuracy is told per class."""

    CUSTOMER = "customer"  # nasabah / pelanggan
    BUSINESS = "business"  # bisnis
    COMPLIANCE = "compliance"  # kepatuhan


class Cause(StrEnum):
    """What is behind a failed item; from it follows who owns the finding."""

    AGENT = "agent"  # agent: the supervisor owns it
    ACCESS = "access"  # akses: by default Operasional/WFM
    KNOWLEDGE_BASE = "knowledge_base"  # knowledge base
    SYSTEM = "system"  # sistem, IVR
    PROCEDURE = "procedure"  # prosedur


class NotApplicable(StrEnum):
    NEVER = "never"  # tidak boleh
    PRESET = "preset"  # only where the scenario presets it
    WITH_REASON = "with_reason"  # dengan alasan


class AutoFail(StrEnum):
    """What a failed answer pulls to 0 besides its own points."""

    NOTHING = "nothing"
    SECTION = "section"  # seksi
    FORM = "form"  # seluruh formulir


class Operator(StrEnum):
    IS = "="
    IS_NOT = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class FormStatus(StrEnum):
    DRAFT = "draft"  # draf
    ACTIVE = "active"  # berlaku
    RETIRED = "retired"  # ditarik


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the two languages; English may be missing, then the Indonesian stands in."""

    id: str
    en: str = ""

    def in_language(self, language: str) -> str:
        return self.en if language == "en" and self.en else self.id


@dataclass(frozen=True, slots=True)
class Choice:
    """One step of a graded or a yes/no item. `fails`: this answer is a ketidaksesuaian and becomes a line."""

    code: str
    label: Words
    points: Decimal
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` up to but without `high` (None: no end)."""

    low: Decimal
    high: Decimal | None
    points: Decimal
    fails: bool = False

    def holds(self, number: Decimal) -> bool:
        return self.low <= number and (self.high is None or number < self.high)


@dataclass(frozen=True, slots=True)
class Condition:
    """Another item's answer. Not met while that item is hidden, not answered or N/A, whatever the operator."""

    item: str
    operator: Operator
    value: str


@dataclass(frozen=True, slots=True)
class Item:
    """`when`: asked only if all of these hold. A weight of 0 is asked, may fail and may be a gate, but gives no points.
    `unit` of a number: "s", "x"."""

    id: str
    label: Words
    kind: Kind
    weight: Decimal = Decimal(1)
    hint: Words = Words("")
    choices: tuple[Choice, ...] = ()
    ranges: tuple[Range, ...] = ()
    unit: str = ""
    required: bool = True
    na: NotApplicable = NotApplicable.WITH_REASON
    when: tuple[Condition, ...] = ()
    auto_fail: AutoFail = AutoFail.NOTHING
    error_class: ErrorClass | None = None
    cause: Cause = Cause.AGENT

    @property
    def steps(self) -> tuple[Choice | Range, ...]:
        """What can be answered, each with its points."""
        return self.ranges if self.kind is Kind.NUMBER else self.choices

    @property
    def maximum(self) -> Decimal:
        return max((step.points for step in self.steps), default=Decimal(0))

    @property
    def scored(self) -> bool:
        return self.weight > 0 and self.maximum > 0


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    label: Words
    items: tuple[Item, ...]
    weight: Decimal = Decimal(1)
    touch_point: TouchPoint | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """`number` and `revision` as document control prints them (IN.QCC.TDSCC.F-22, 02); `version` counts every edit."""

    number: str
    revision: str
    version: int
    title: Words
    sections: tuple[Section, ...]

    def items(self) -> Iterator[Item]:
        for section in self.sections:
            yield from section.items

    def item(self, id_: str) -> Item | None:
        return next((item for item in self.items() if item.id == id_), None)
