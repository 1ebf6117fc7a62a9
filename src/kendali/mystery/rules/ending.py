"""When the calls of a month close, its register is signed and it is frozen. No database, no clock.

Source: mystery-calling "One cycle" (last day: calls close; working day 10 of M+1: freeze, sign, hash), "60 samples" (a
shortfall is reported with its reason, never filled in later), "Form F-22" (disusun QCO, diperiksa QA, diketahui
Kordinator).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kendali.verdict import YES, Verdict, no

ORDER = ("made", "checked", "acknowledged")  # disusun, diperiksa, diketahui


@dataclass(frozen=True, slots=True)
class Signed:
    """`by`: the person, for a deputy the one acted for; `digest`: of the register that was seen."""

    part: str
    by: int
    digest: str


def may_close(
    *, status: str, today: date, from_day: date, ahead: int, short: int, reason: str, by_itself: bool = False
) -> Verdict:
    """`from_day`: when the calls close; `ahead`: samples whose window is open or to come; `short`: samples missing
    to the minimum, if QA verifies all that wait. By itself: when the month is over, whatever is missing."""
    if status != "planned":
        return no("Only a month with a frozen plan is closed, and only once.", code="status")
    if today < from_day:
        return no("The calls close on %(day)s.", code="early", day=from_day.isoformat())
    if ahead:
        return no("%(count)s samples can still be called: close when their windows are over.", code="ahead",
                  count=ahead)  # fmt: skip
    if short and not reason.strip() and not by_itself:
        return no("%(count)s samples are missing to the minimum: give the reason.", code="short", count=short)
    return YES


def may_sign(
    *, status: str, part: str, by: int, shown: str, now: str, waiting: int, signed: Sequence[Signed]
) -> Verdict:
    """One after the other, each by another person, all on the same register. `waiting`: forms that QA has not decided;
    `now`: digest of the register as it stands. A part that was signed on a register that changed since is signed
    again."""
    good = valid(signed, now)
    if status != "closed":
        return no("The register is signed when the calls are closed, until the month is frozen.", code="status")
    if waiting:
        return no("%(count)s samples are not verified, returned or void yet: decide them first.", code="waiting",
                  count=waiting)  # fmt: skip
    if part in good:
        return no("This part is signed already.", code="signed")
    missing = [one for one in ORDER[: ORDER.index(part)] if one not in good]
    if missing:
        return no("First comes: %(part)s.", code="order", part=missing[0])
    if by in {one.by for one in good.values()}:
        return no("Each part is signed by another person.", code="same_person")
    if shown != now:
        return no("The register changed since it was shown: look at it again.", code="changed")
    return YES


def valid(signed: Sequence[Signed], now: str) -> Mapping[str, Signed]:
    """Of each part the signature on this very register."""
    return {one.part: one for one in signed if one.digest == now}


def may_freeze(
    *, status: str, today: date, from_day: date, counted: int, minimum: int, reason: str, now: str,
    signed: Sequence[Signed], tickets: int,
) -> Verdict:  # fmt: skip
    """`from_day`: working day 10 of the month after; `tickets`: test tickets that nobody said to be closed."""
    if status != "closed":
        return no("A month is frozen once, after its calls are closed.", code="status")
    if today < from_day:
        return no("The month is frozen on %(day)s or later.", code="early", day=from_day.isoformat())
    if counted < minimum and not reason.strip():
        return no("%(counted)s of %(minimum)s samples count: give the reason of the shortfall first.", code="short",
                  counted=counted, minimum=minimum)  # fmt: skip
    if tickets:
        return no("%(count)s test tickets are not said to be tagged as test and closed yet.", code="tickets",
                  count=tickets)  # fmt: skip
    missing = [part for part in ORDER if part not in valid(signed, now)]
    if missing:
        return no("The register F-22 is not signed as it stands now: %(part)s is missing.", code="unsigned",
                  part=missing[0])  # fmt: skip
    return YES
