"""A test identity: registered, complete, and nobody else's number. No database.

Source: mystery-calling "Scenario" (persona: name, gender, profile, style, number) and its safety.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kendali.mystery.rules.problems import Problem, problem
from kendali.mystery.rules.safety import plain_digits

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,29}")
CALLER_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{2,28}")
GENDERS = ("", "f", "m")
MOST_NUMBERS, MOST_DIGITS = 20, 40


@dataclass(frozen=True, slots=True)
class Identity:
    """`caller_number`: what the agent sees; `numbers`: further ones that may be said or written for it."""

    code: str
    name: str
    gender: str
    caller_number: str
    numbers: tuple[str, ...] = ()


def problems(one: Identity, others: Iterable[Identity]) -> list[Problem]:
    """`others`: the identities in use besides it."""
    return [*_of_itself(one), *_among(one, list(others))]


def _of_itself(one: Identity) -> Iterator[Problem]:
    if not CODE.fullmatch(one.code):
        yield problem("code", "code", "A code has capital letters, digits and hyphens, at most 30.")
    if not one.name.strip():
        yield problem("name", "name", "This part is missing.")
    if one.gender not in GENDERS:
        yield problem("gender", "gender", "%(gender)s is no voice.", gender=one.gender[:10])
    if not CALLER_NUMBER.fullmatch(one.caller_number.strip()):
        yield problem("caller_number", "caller_number", "This is no telephone number.")
    if len(one.numbers) > MOST_NUMBERS:
        yield problem("numbers", "numbers", "A test identity has at most %(most)s numbers.", most=MOST_NUMBERS)
    for number in one.numbers:
        if not plain_digits(number) or len(number) > MOST_DIGITS:
            yield problem("numbers", "numbers", "One line, one number; a line of it has no digits or too many.")
            return


def _among(one: Identity, others: list[Identity]) -> Iterator[Problem]:
    """Lockouts go by number: two personas with one number would wear each other out."""
    mine = plain_digits(one.caller_number)
    for other in others:
        if mine and plain_digits(other.caller_number) == mine:
            yield problem("caller_number", "caller_number", "Persona %(code)s calls with this number already.",
                          code=other.code)  # fmt: skip
        if other.name.casefold().split() == one.name.casefold().split():
            yield problem("name", "name", "Persona %(code)s has this name already.", code=other.code)
