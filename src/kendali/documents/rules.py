"""Controlled documents: what a revision says as one number, which one is in force, what may be done with it.

No database, no clock. Source: mystery-calling "Scenario" (answers are bound to an article and its version), ISO
9001:2015 7.5.3. A document no longer in force is "kadaluwarsa"; one that was taken back is "ditarik".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from kendali.verdict import YES, Verdict, no

CODE = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,39}")
MOST_TITLE, MOST_BODY = 300, 50_000  # characters


def digest(title: str, body: str, content: Any) -> str:
    """SHA-256 over title, text and structure (JSON): the same for the same words, whoever wrote them."""
    said = [title, body, content]
    return hashlib.sha256(
        json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


# --- which version holds


@dataclass(frozen=True, slots=True)
class ArticleVersion:
    """One version of a knowledge article (Web Pansol). Both days count; `valid_until` None = until a newer one."""

    code: str
    version: int
    valid_from: date
    valid_until: date | None = None
    withdrawn: bool = False


class Standing(StrEnum):
    """Where a document stands on a day."""

    IN_FORCE = "in_force"  # berlaku
    COMING = "coming"  # belum berlaku
    EXPIRED = "expired"  # kadaluwarsa
    REPLACED = "replaced"  # digantikan; of a version only
    WITHDRAWN = "withdrawn"  # ditarik
    DRAFT = "draft"  # draf


def in_force(articles: Iterable[ArticleVersion], on: date) -> dict[str, ArticleVersion]:
    """Of every article the newest version that has begun and was not withdrawn, also when it has expired since."""
    newest: dict[str, ArticleVersion] = {}
    for one in articles:
        if not one.withdrawn and one.valid_from <= on:
            best = newest.get(one.code)
            newest[one.code] = one if best is None or one.version > best.version else best
    return newest


def holds(code: str, version: int, now: Mapping[str, ArticleVersion], on: date) -> Verdict:
    """May an answer rest on this version of the article on this day? `now`: what `in_force` says of that day."""
    article = now.get(code)
    if article is None:
        return no("Article %(article)s is not in force.", article=code)
    if article.version != version:
        return no("Article %(article)s is in force as version %(now)s; the answer rests on version %(version)s.",
                  article=code, now=article.version, version=version)  # fmt: skip
    if article.valid_until is not None and article.valid_until < on:
        return no("Article %(article)s expired on %(until)s.", article=code, until=article.valid_until.isoformat())
    return YES


def standing(
    status: str, *, version: int, valid_from: date, valid_until: date | None, now: int | None, on: date
) -> Standing:
    """Of one version. `status`: of models.Revision; `now`: the version of its document that `in_force` names."""
    if status == "draft":
        return Standing.DRAFT
    if status == "retired":
        return Standing.WITHDRAWN
    if valid_from > on:
        return Standing.COMING
    if now is not None and now > version:
        return Standing.REPLACED
    return Standing.EXPIRED if valid_until is not None and valid_until < on else Standing.IN_FORCE


# --- what may be done


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wants an article to say."""

    code: str
    title: str
    body: str
    valid_from: date
    valid_until: date | None = None


def refusals(text: Text) -> list[tuple[str, Verdict]]:
    """Field → why it cannot be taken; empty = good."""
    found: list[tuple[str, Verdict]] = []
    if not CODE.fullmatch(text.code):
        found.append(("code", no("A number has capital letters, digits, dots, slashes and hyphens, at most 40.")))
    if not text.title.strip():
        found.append(("title", no("The title is missing.")))
    if len(text.title) > MOST_TITLE:
        found.append(("title", no("The title is longer than %(most)s characters.", most=MOST_TITLE)))
    if not text.body.strip():
        found.append(("body", no("The text is missing.")))
    if len(text.body) > MOST_BODY:
        found.append(("body", no("The text is longer than %(most)s characters.", most=MOST_BODY)))
    if text.valid_until is not None and text.valid_until < text.valid_from:
        found.append(("valid_until", no("It ends before it begins.")))
    return found


# --- what changed between two versions


@dataclass(frozen=True, slots=True)
class Change:
    """`part`: title, text, valid_from or valid_until, as in the columns of the import; `line`: where a passage of the
    text stands in the newer version. None: it is not there; "": empty."""

    part: str
    before: date | str | None
    after: date | str | None
    line: int | None = None


def changes(old: Text, new: Text) -> tuple[Change, ...]:
    """Part by part; of the text the passages that differ."""
    found = [Change("title", old.title, new.title)] if old.title != new.title else []
    found += _passages(old.body.split("\n"), new.body.split("\n"))
    for part in ("valid_from", "valid_until"):
        before, after = (getattr(one, part) or "" for one in (old, new))
        if before != after:
            found.append(Change(part, before, after))
    return tuple(found)


def _passages(old: list[str], new: list[str]) -> Iterator[Change]:
    for kind, first, last, start, end in SequenceMatcher(None, old, new).get_opcodes():
        if kind != "equal":
            before = "\n".join(old[first:last]) if last > first else None
            after = "\n".join(new[start:end]) if end > start else None
            yield Change("text", before, after, start + 1)


# --- what may be done with a version


def may_edit(status: str) -> Verdict:
    """A draft only."""
    if status == "draft":
        return YES
    return no("A version that came into force is never changed: write a new one.", code="state")


def may_put_in_force(status: str, valid_from: date, valid_until: date | None, *, begins: date | None) -> Verdict:
    """`begins`: from when the newest version that is in force or coming holds, None = there is none."""
    if status != "draft":
        return no("Only a draft can be put in force.", code="state")
    if valid_until is not None and valid_until < valid_from:
        return no("It ends before it begins.", code="days")
    if begins is not None and valid_from < begins:
        return no("The version before it is in force from %(begins)s on: a newer one cannot begin earlier.",
                  code="order", begins=begins.isoformat())  # fmt: skip
    return YES


def may_end(status: str, valid_from: date, valid_until: date | None) -> Verdict:
    """Give a version that is in force another last day (None: until a newer one)."""
    if status != "effective":
        return no("Only a version in force gets another last day.", code="state")
    if valid_until is not None and valid_until < valid_from:
        return no("It ends before it begins.", code="days")
    return YES


def may_retire(status: str, reason: str) -> Verdict:
    if status != "effective":
        return no("Only a version in force can be withdrawn.", code="state")
    return YES if reason.strip() else no("Give a reason.", code="reason")
