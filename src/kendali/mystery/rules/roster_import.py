"""A roster from a sheet: first what it would change, then the new history. No database, no clock.

Source: mystery-calling "Roster" (XLSX import with dry run; history kept). A row is text by column name. A change ends
the open interval the day before and begins a new one; intervals that ended before stay as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from kendali.mystery.rules.problems import Problem, problem
from kendali.mystery.rules.roster_rules import Membership, check
from kendali.mystery.rules.working_time import DAY

COLUMNS = ("agent", "name", "team", "area", "shift", "since", "until", "login", "extension")
NEEDED = ("agent", "name", "team", "area", "shift")
MOST_TEXT = 200
MOST_OF = {"agent": 40, "team": 40, "area": 40, "shift": 20, "login": 120, "extension": 20}  # as the columns


@dataclass(frozen=True, slots=True)
class Known:
    """What a row may name."""

    areas: Collection[str]
    shifts: Collection[str]
    teams: Mapping[str, str]  # team -> its area


@dataclass(frozen=True, slots=True)
class Change:
    """`before` ends as it is now, `after` stands in its place from `after.since` on."""

    before: Membership
    after: Membership


@dataclass(frozen=True, slots=True)
class Diff:
    """`ended`: with the new last day; `changed`: moved, renamed, or given an end. Nothing may be applied while there
    are problems."""

    added: tuple[Membership, ...] = ()
    changed: tuple[Change, ...] = ()
    ended: tuple[Change, ...] = ()
    unchanged: tuple[Membership, ...] = ()
    problems: tuple[Problem, ...] = ()


def dry_run(
    rows: Sequence[Mapping[str, str]],
    history: Iterable[Membership],
    *,
    known: Known,
    effective: date,
    complete: bool = False,
) -> Diff:
    """`effective`: from when a row holds that names no day. `complete`: the sheet is the whole roster, so whoever is
    missing ends the day before. Problems name the row as in the sheet, with its head as row 1."""
    held = list(history)
    wanted, problems = _read_all(rows, known, effective)
    added, changed, unchanged = [], [], []
    for number, one in wanted:
        now = _open(held, one.agent, one.since)
        if now is not None and (one.where, one.until) == (now.where, now.until):
            unchanged.append(now)
        elif why := _refused(one, now, held, number):
            problems += why
        elif now is None:
            added.append(one)
        else:
            changed.append(Change(now, _moved(now, one)))
    named = {one.agent for _, one in wanted} | {row.get("agent", "").strip() for row in rows}
    missing = [one for one in held if complete and one.agent not in named and one.last >= effective]
    problems += _not_yet(missing, effective)
    ended = [Change(one, replace(one, until=effective - DAY)) for one in missing if one.since < effective]
    diff = Diff(tuple(added), tuple(changed), tuple(ended), tuple(unchanged), tuple(problems))
    return diff if problems else replace(diff, problems=tuple(check(applied(held, diff))))


def applied(history: Iterable[Membership], diff: Diff) -> tuple[Membership, ...]:
    """The history after the import, ordered. ValueError while there are problems."""
    if diff.problems:
        raise ValueError("an import with problems is not applied")
    out = set(history)
    for change in (*diff.changed, *diff.ended):
        out.discard(change.before)
        if change.after.since > change.before.since:
            out.add(replace(change.before, until=change.after.since - DAY))
        out.add(change.after)
    return tuple(sorted({*out, *diff.added}, key=lambda one: (one.agent, one.since)))


def _moved(now: Membership, one: Membership) -> Membership:
    """Only another end: the same interval. Anything else: a new one from the row's day on."""
    return replace(now, until=one.until) if one.where == now.where else one


def _open(history: Iterable[Membership], agent: str, day: date) -> Membership | None:
    return next((one for one in history if one.agent == agent and one.holds(day)), None)


def _refused(one: Membership, now: Membership | None, history: Iterable[Membership], number: int) -> list[Problem]:
    """An import goes on from the last interval, it does not rewrite the ones between."""
    later = [old for old in history if old.agent == one.agent and old.since > one.since]
    if later:
        return [_row(number, "since", "Agent %(agent)s has an interval from %(later)s on already: end or correct that "
                     "one first.", agent=one.agent, later=min(old.since for old in later).isoformat())]  # fmt: skip
    if now is not None and one.where != now.where and one.since == now.since:
        return [_row(number, "since", "Agent %(agent)s has had other data since %(since)s: give the day on which it "
                     "changed.", agent=one.agent, since=one.since.isoformat())]  # fmt: skip
    return []


def _not_yet(missing: Iterable[Membership], effective: date) -> list[Problem]:
    return [
        problem(one.agent, "agent", "Agent %(agent)s is missing in the sheet but begins only on %(since)s.",
                agent=one.agent, since=one.since.isoformat())
        for one in missing
        if one.since >= effective
    ]  # fmt: skip


# --- rows


def _read_all(
    rows: Sequence[Mapping[str, str]], known: Known, effective: date
) -> tuple[list[tuple[int, Membership]], list[Problem]]:
    found: list[tuple[int, Membership]] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, 2):
        texts = {column: str(row.get(column, "")).strip() for column in COLUMNS}
        if not any(texts.values()):
            continue
        why = _texts(texts, number, known)
        first = seen.setdefault(texts["agent"], number) if texts["agent"] else number
        if first != number:
            why.append(_row(number, "agent", "Agent %(agent)s is in row %(first)s already.",
                            agent=texts["agent"], first=first))  # fmt: skip
        since, until = _day(texts, "since", number, why), _day(texts, "until", number, why)
        begin = since or effective
        if until is not None and until < begin:
            why.append(_row(number, "until", "The interval ends on %(until)s, before it begins.",
                            until=until.isoformat()))  # fmt: skip
        problems += why
        if not why:
            found.append((number, _membership(texts, begin, until)))
    return found, problems


def _membership(texts: Mapping[str, str], since: date, until: date | None) -> Membership:
    return Membership(
        agent=texts["agent"], name=texts["name"], team=texts["team"], area=texts["area"], shift=texts["shift"],
        since=since, until=until, login=texts["login"], extension=texts["extension"],
    )  # fmt: skip


def _texts(texts: Mapping[str, str], number: int, known: Known) -> list[Problem]:
    why = [_row(number, part, "This field is empty.") for part in NEEDED if not texts[part]]
    why += [_row(number, part, "This text is longer than %(most)s characters.", most=most)
            for part, text in texts.items() if len(text) > (most := MOST_OF.get(part, MOST_TEXT))]  # fmt: skip
    for part, names in (("team", known.teams), ("area", known.areas), ("shift", known.shifts)):
        if texts[part] and texts[part] not in names:
            why.append(_row(number, part, "%(value)s is not known here.", value=texts[part]))
    area = known.teams.get(texts["team"], texts["area"])
    if texts["area"] in known.areas and area != texts["area"]:
        why.append(_row(number, "area", "Team %(team)s belongs to area %(area)s.", team=texts["team"], area=area))
    return why


def _day(texts: Mapping[str, str], part: str, number: int, why: list[Problem]) -> date | None:
    """ISO days, as a sheet gives them; adds a problem where it is none."""
    text = texts[part]
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        why.append(_row(number, part, "%(value)s is no date: write it as 2027-03-31.", value=text))
        return None


def _row(number: int, part: str, reason: str, **facts: object) -> Problem:
    return problem(f"row {number}", part, reason, **facts)
