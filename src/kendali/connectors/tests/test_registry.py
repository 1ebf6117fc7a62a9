"""Settings, sentences, and what all parts of the connectors promise together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kendali.connectors
from kendali.connectors.base import Problem, SourceError
from kendali.connectors.problems import SENTENCES, sentence
from kendali.connectors.registry import KINDS
from kendali.connectors.registry import open as open_connector

FOLDER = Path(kendali.connectors.__file__).parent
SOURCES = [path for path in sorted(FOLDER.rglob("*.py")) if "tests" not in path.parts]


def test_every_code_in_the_connectors_has_a_sentence_and_every_sentence_is_used() -> None:
    used: set[str] = set()
    for path in SOURCES:
        if path.name == "problems.py":
            continue
        text = path.read_text("utf-8")
        used |= set(re.findall(r'(?:Problem|SourceError)\(\s*"(\w+)"', text))
        used |= {word for word in re.findall(r'"(\w+)"', text) if word in SENTENCES}
    assert used - set(SENTENCES) == set()
    # The archive's writer and the engine say these.
    assert set(SENTENCES) - used <= {"file_changed_while_copying"}


def test_a_sentence_says_what_happened_and_ends_as_one() -> None:
    for code, text in SENTENCES.items():
        assert text[0].isupper() or text.startswith("%("), code
        assert text.rstrip()[-1] in ".)s", code
        assert re.sub(r"%\(\w+\)s", "", text).count("%") == 0, code


def test_a_sentence_is_filled_from_problem_and_error() -> None:
    problem = Problem("file_truncated", "7", "a.wav", {"expected": 10, "actual": 3})
    assert sentence(problem).startswith("The file a.wav is cut off: 10 bytes")
    assert "db.example" in sentence(SourceError("host_unreachable", host="db.example"))


def test_every_setting_explains_itself_and_secrets_are_apart() -> None:
    for kind in KINDS.values():
        fields = [*kind.fields, *kind.delete_fields]
        names = [field.name for field in fields]
        assert len(names) == len(set(names))
        for field in fields:
            assert field.label, field.name
            assert (field.type == "choice") == bool(field.choices)
            assert field.when is None or field.when[0] in names
            assert field.default == "" or not field.choices or field.default in dict(field.choices)
        assert [field.name for field in kind.fields if field.type == "secret"] in ([], ["password"])
        assert {field.name for field in kind.delete_fields if field.type == "secret"} <= {
            "delete_password",
            "delete_token",
        }


def test_defaults_fill_what_was_left_empty() -> None:
    kind = KINDS["asterisk"]
    whole = kind.complete({"database": "csv", "zone": "", "monitor": None})
    assert whole["zone"] == "Asia/Jakarta"
    assert whole["monitor"] == "/var/spool/asterisk/monitor"
    assert kind.missing({"database": "csv"}, {}) == []
    assert kind.missing({"database": "mysql"}, {}) == ["dbname", "user"]
    assert KINDS["chatwoot"].missing({}, {}) == ["dbname", "user", "account"]


@pytest.mark.parametrize(
    ("kind", "config"), [("none", {}), ("chatwoot", {}), ("chatwoot", {"dbname": "d", "user": "u", "account": "x"})]
)
def test_what_cannot_even_be_tried_is_refused_at_once(kind: str, config: dict[str, str]) -> None:
    with pytest.raises(SourceError, match="bad_configuration") as raised:
        open_connector(kind, "conversation", config, {})
    assert sentence(raised.value)


def test_no_password_stands_in_an_error_or_a_name() -> None:
    config = {"host": "127.0.0.1", "port": 1, "dbname": "d", "user": "u", "account": 1}
    for kind, record_class, more in (("chatwoot", "conversation", {}), ("asterisk", "recording", {"monitor": "/x"})):
        source = open_connector(kind, record_class, {**config, **more}, {"password": "geheim-1"})  # type: ignore[arg-type]
        told = f"{source.probe()} {source!r}"
        with pytest.raises(SourceError) as raised:
            source.due(None, "", 1)
        assert "geheim-1" not in f"{told} {raised.value} {raised.value.facts}"
        source.close()


def test_every_setting_is_described_in_the_documentation() -> None:
    text = (FOLDER.parents[2] / "docs" / "sources.md").read_text("utf-8")
    for kind in KINDS.values():
        for field in (*kind.fields, *kind.delete_fields):
            assert f"`{field.name}`" in text, field.name
