"""What rests on a version of an article. Who cites articles says so itself, when the app is ready: `register`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.utils.functional import Promise

from kendali.verdict import YES, Verdict


@dataclass(frozen=True, slots=True)
class Dependent:
    """`standing`: a no says why it cannot rely on the article any more. `action`: the permission to see it."""

    kind: str | Promise
    name: str
    url: str
    action: str
    version: int  # of the article
    standing: Verdict = YES


Finder = Callable[[Collection[int]], dict[int, list[Dependent]]]  # keys of documents → what cites them
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    if finder not in _finders:
        _finders.append(finder)


def of(documents: Collection[int]) -> dict[int, list[Dependent]]:
    found: dict[int, list[Dependent]] = {key: [] for key in documents}
    for finder in _finders:
        for key, some in finder(documents).items():
            found[key] += some
    return found
