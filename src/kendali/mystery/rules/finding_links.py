"""Findings beside each other: which may be merged, which come back. No database, no clock.

Source: mystery-calling "One finding" (DIGABUNG, BERULANG). Which findings a form makes: `answers.findings`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from kendali.mystery.rules.finding_rules import ENDED, FindingState
from kendali.verdict import YES, Verdict, no

RECURS_WITHIN = 3  # cycles back

# --- merging


@dataclass(frozen=True, slots=True, kw_only=True)
class Mergeable:
    number: str
    state: FindingState
    owner: str
    found_at: datetime
    critical_compliance: bool = False


def may_merge(one: Mergeable, into: Mergeable) -> Verdict:
    """Into an open finding of the same owner that was found before it, so that no clock is gained by merging."""
    if one.number == into.number:
        return no("A finding is not merged with itself.", code="same")
    if into.state in ENDED:
        return no("%(number)s has ended: nothing is merged into it.", code="ended", number=into.number)
    if one.critical_compliance:
        return no("A compliance-critical finding stays a finding of its own.", code="critical")
    if one.owner != into.owner:
        return no("%(number)s belongs to somebody else.", code="owner", number=into.number)
    if (into.found_at, into.number) > (one.found_at, one.number):
        return no("%(number)s was found later: merge it into this one.", code="later", number=into.number)
    return YES


# --- recurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A finding as far as it may come back. `lines`: (item id, knowledge article or None). Item ids are the same in all
    versions of the form."""

    number: str
    cycle: date  # first day of its month
    found_at: datetime
    lines: frozenset[tuple[str, str | None]]
    agent_id: int | None = None
    state: FindingState = FindingState.CLOSED


def recurs(new: Appearance, others: Iterable[Appearance], cycles: int = RECURS_WITHIN) -> tuple[str, ...]:
    """Numbers of earlier findings, oldest first, that had the same item with the same agent or the same article, in
    this cycle or one of the `cycles` before. Invalid and merged ones do not count."""
    earlier = [
        one
        for one in others
        if one.state not in {FindingState.INVALID, FindingState.MERGED}
        and (one.found_at, one.number) < (new.found_at, new.number)
        and 0 <= _months(one.cycle, new.cycle) <= cycles
        and _same(one, new)
    ]
    return tuple(one.number for one in sorted(earlier, key=lambda one: (one.found_at, one.number)))


def _same(one: Appearance, other: Appearance) -> bool:
    if one.agent_id is not None and one.agent_id == other.agent_id:
        return not {item for item, _ in one.lines}.isdisjoint(item for item, _ in other.lines)
    return any(article is not None for _item, article in one.lines & other.lines)


def _months(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month
