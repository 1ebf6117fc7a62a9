"""The form F-22 as a page sends it: answers, what is written to findings, what is left out of them.

Names of fields: v.ITEM value, na.ITEM N/A ("human", "system"), nr.ITEM its reason, c.ITEM note, s.ITEM ranges, k.ITEM
cause; x.ITEM left out of the finding with u.ITEM as reason; d.KEY description and r.KEY recommendation of a finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kendali.mystery.rules import filled
from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.filled import Answer, NaBy, Span, span
from kendali.mystery.rules.form import Cause, Form, Item
from kendali.mystery.rules.problems import Problem, problem

MOST = 4000


@dataclass(frozen=True, slots=True)
class Sent:
    answers: tuple[Answer, ...]
    said: Mapping[str, Said]
    unticked: Mapping[str, str]
    unreadable: list[Problem] = field(default_factory=list)


def parse(post: Mapping[str, str], form: Form, owners: frozenset[str]) -> Sent:
    """What a condition hides is dropped. `owners`: keys that findings of this form can have."""
    unreadable: list[Problem] = []
    given = {item.id: one for item in form.items() if (one := _answer(post, item, unreadable)) is not None}
    answers = filled.without_hidden(form, given)
    said = {key: Said(post.get(f"d.{key}", "").strip()[:MOST], post.get(f"r.{key}", "").strip()[:MOST])
            for key in sorted(owners) if f"d.{key}" in post}  # fmt: skip
    unticked = {item.id: post.get(f"u.{item.id}", "").strip()[:MOST]
                for item in form.items() if post.get(f"x.{item.id}") and item.id in answers}  # fmt: skip
    return Sent(tuple(answers.values()), said, unticked, unreadable)


def _answer(post: Mapping[str, str], item: Item, unreadable: list[Problem]) -> Answer | None:
    value, na = post.get(f"v.{item.id}", "").strip()[:MOST], post.get(f"na.{item.id}", "")
    note = post.get(f"c.{item.id}", "").strip()[:MOST]
    spans = _spans(post.get(f"s.{item.id}", ""), item, unreadable)
    cause = post.get(f"k.{item.id}", "")
    if na in set(NaBy):
        return Answer(item.id, "", NaBy(na), post.get(f"nr.{item.id}", "").strip()[:MOST], note)
    if not value and not note and not spans:
        return None
    return Answer(item.id, value, note=note, spans=spans, cause=Cause(cause) if cause in set(Cause) else None)


def _spans(text: str, item: Item, unreadable: list[Problem]) -> tuple[Span, ...]:
    found = []
    for one in filter(str.strip, text[:400].replace(";", ",").split(",")):
        read = span(one)
        if read is None:
            unreadable.append(problem(item.id, "spans", "Write ranges as mm:ss-mm:ss, several with commas."))
        else:
            found.append(read)
    return tuple(found)
