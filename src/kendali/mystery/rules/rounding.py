"""Shares of a whole in whole numbers: the proportional value, and which levels are rounded up. No database, no clock.

Source: mystery-calling "The caller cannot choose the agent": quotas on the margins, floors on the margins only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, islice
from math import floor

from kendali.mystery.rules.draws import Draws

MOST_ROUNDINGS = 70  # of one margin that are tried: all of them up to eight levels


@dataclass(frozen=True, slots=True)
class Share:
    """One level of a margin. `weight`: its part, in any unit; `least`, `most`: samples. ValueError where they make no
    sense."""

    level: str
    weight: int = 1
    least: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        if self.weight < 0 or self.least < 0 or (self.most is not None and self.most < 0):
            raise ValueError(f"{self.level}: a weight or a limit is negative")

    def clipped(self, value: Fraction) -> Fraction:
        value = max(value, Fraction(self.least))
        return value if self.most is None else min(value, Fraction(self.most))


def proportional(shares: Sequence[Share], samples: int) -> dict[str, Fraction] | None:
    """Each level's exact part of `samples`, in proportion to the weights between floor and cap; the sum is `samples`.
    None where floors or caps leave no room (`room` says how much is missing)."""
    low, high = room(shares)
    if samples < low or (high is not None and samples > high):
        return None
    free, fixed = list(shares), dict[str, Fraction]()
    while free:
        left = samples - sum(fixed.values(), Fraction(0))
        weight = sum(one.weight for one in free)
        ideal = {one.level: Fraction(left * one.weight) / weight if weight else left / len(free) for one in free}
        over = sum((one.clipped(ideal[one.level]) - ideal[one.level] for one in free), Fraction(0))
        # The standard step of a bounded apportionment: fix those on the side that asks for more, share the rest again.
        stuck = [one for one in free if _beyond(one, ideal[one.level], over)]
        if not stuck:
            return {**{one.level: fixed.get(one.level, Fraction(0)) for one in shares}, **ideal}
        fixed.update((one.level, one.clipped(ideal[one.level])) for one in stuck)
        free = [one for one in free if one not in stuck]
    return fixed if sum(fixed.values()) == samples else None


def _beyond(share: Share, ideal: Fraction, over: Fraction) -> bool:
    clipped = share.clipped(ideal)
    return clipped > ideal if over > 0 else clipped < ideal if over < 0 else clipped != ideal


def room(shares: Sequence[Share]) -> tuple[int, int | None]:
    """The fewest and the most samples that floors and caps allow; None = no end."""
    most = [one.most for one in shares]
    low = sum(one.least for one in shares)
    if any(one is None for one in most):
        return low, None
    return low, sum(one for one in most if one is not None)


def roundings(exact: Mapping[str, Fraction], draws: Draws) -> Iterator[dict[str, int]]:
    """Every way to round each value down or up so that the sum stays. The first one is drawn so that over many seeds
    each level gets its exact part on average; the others follow in a mixed order, at most MOST_ROUNDINGS."""
    down = {level: floor(value) for level, value in exact.items()}
    broken = draws.shuffled(sorted(level for level, value in exact.items() if value != floor(value)))
    ups = sum((exact[level] - down[level] for level in broken), Fraction(0))
    first = _systematic({level: exact[level] - down[level] for level in broken}, draws)
    yield {level: down[level] + (level in first) for level in exact}
    for chosen in islice(combinations(broken, int(ups)), MOST_ROUNDINGS):
        if set(chosen) != first:
            yield {level: down[level] + (level in chosen) for level in exact}


def _systematic(parts: Mapping[str, Fraction], draws: Draws) -> set[str]:
    """One level for each whole number passed by the running sum, after a random start: level's chance = its part."""
    reached, chosen = draws.part(), set[str]()
    for level, part in parts.items():
        before, reached = reached, reached + part
        if floor(reached) > floor(before):
            chosen.add(level)
    return chosen
