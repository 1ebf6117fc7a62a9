"""No verb without its sentence, no notice without its words, in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

import kendali
from kendali.audit.sentences import notices, verbs

PACKAGE = Path(kendali.__file__).parent
SOURCES = [path for path in PACKAGE.rglob("*.py") if "tests" not in path.parts and "migrations" not in path.parts]


def spoken() -> dict[str, str]:
    """verb or kind → where; from record("…"), move(verb="…"), notify(kind="…")."""
    found: dict[str, str] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                for text in _named(node):
                    found[text] = f"{path.relative_to(PACKAGE)}:{node.lineno}"
    return found


def _named(call: ast.Call) -> list[str]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    values = [keyword.value for keyword in call.keywords if keyword.arg in ("verb", "kind")]
    if name == "record" and call.args:
        values.append(call.args[0])
    texts = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return [text for text in texts if "." in text]


def test_every_verb_and_every_notice_of_the_program_has_a_sentence() -> None:
    known = verbs().keys() | notices().keys()
    assert {what: where for what, where in spoken().items() if what not in known} == {}


@pytest.mark.parametrize("verb", sorted({*verbs(), *notices()}))
def test_every_sentence_is_translated(verb: str) -> None:
    for msgid in filter(None, (verbs().get(verb), notices().get(verb))):
        with translation.override("id"):
            assert gettext(msgid) != msgid
        with translation.override("en"):
            assert gettext(msgid) == msgid
