"""Deleting at a vendor's by hand; how deleters are opened and what they say of themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kendali.connectors.base import SourceError
from kendali.connectors.problems import sentence
from kendali.connectors.registry import KINDS, WORDS, open_deleter
from kendali.connectors.registry import open as open_connector
from kendali.connectors.tests import grounds
from kendali.connectors.tests.deleting_contract import delete, left, parts_of, prints, refs_of

CHATWOOT = {"host": "127.0.0.1", "port": 1, "dbname": "d", "user": "u", "account": 1}
SQL = {**CHATWOOT, "delete_by": "sql", "delete_user": "hapus"}
ASTERISK = {"monitor": "/x", "database": "mysql", "host": "h", "dbname": "d", "user": "u", "delete_by": "files"}


def test_a_person_is_asked_and_the_letter_is_not_believed_while_the_export_shows_it(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with grounds.folder_drop(request, tmp_path) as ground:
        ref = refs_of(ground)[0]
        parts = parts_of(ground, [ref])
        answer = delete(ground, prints(ground, [ref]))[ref]
        assert answer.outcome == "queued"
        assert answer.problem is not None
        assert answer.problem.code == "delete_by_hand"
        assert left(ground, parts) == {ref: [part.name for part in parts[ref]]}
        ground.settle([ref])
        assert left(ground, parts) == {ref: []}


def test_without_an_export_nothing_can_be_seen(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with grounds.folder_drop(request, tmp_path) as ground:
        refs = refs_of(ground)[:3]
        parts = parts_of(ground, refs)
        (tmp_path / "records.csv").unlink()
        deleter = ground.deleter()
        assert {each.state for states in deleter.absent(parts).values() for each in states} == {"cannot_see"}
        deleter.close()


def test_a_file_that_another_record_of_the_export_names_is_not_left(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with grounds.folder_drop(request, tmp_path) as ground:
        one, other = refs_of(ground)[:2]
        name = next(part.name for part in parts_of(ground, [one])[one] if part.kind == "file")
        lines = (tmp_path / "records.csv").read_text("utf-8").splitlines(keepends=True)
        at = next(number for number, line in enumerate(lines) if line.startswith(f"{other},"))
        cells = lines[at].split(",")
        cells[7] = name
        lines[at] = ",".join(cells)
        (tmp_path / "records.csv").write_text(
            "".join(line for line in lines if not line.startswith(f"{one},")), "utf-8"
        )
        (tmp_path / "messages.csv").unlink()
        deleter = ground.deleter()
        parts = {one: [part for part in parts_of(ground, [other])[other] if part.name == name]}
        (state,) = deleter.absent(parts)[one]
        assert (state.state, state.shared) == ("gone", True)
        deleter.close()


@pytest.mark.parametrize(
    ("kind", "config", "secret", "field"),
    [
        ("none", {}, {}, "kind"),
        ("chatwoot", CHATWOOT, {}, "delete_by"),
        ("chatwoot", {**SQL, "delete_user": ""}, {}, "delete_user"),
        ("chatwoot", {**SQL, "delete_user": "u"}, {}, "delete_user"),
        ("chatwoot", {**CHATWOOT, "delete_by": "api"}, {"delete_token": "t"}, "delete_url"),
        ("chatwoot", {**CHATWOOT, "delete_by": "api", "delete_url": "https://x"}, {}, "delete_token"),
        ("asterisk", ASTERISK, {}, "delete_user"),
        ("asterisk", {**ASTERISK, "delete_user": "h", "table": "cdr; drop"}, {}, "table"),
    ],
)
def test_what_may_not_delete_is_refused_at_once(
    kind: str, config: dict[str, Any], secret: dict[str, str], field: str
) -> None:
    record_class = "recording" if kind == "asterisk" else "conversation"
    with pytest.raises(SourceError, match="bad_configuration") as raised:
        open_deleter(kind, record_class, config, reading={}, deleting=secret)  # type: ignore[arg-type]
    assert field in str(raised.value.facts["field"])
    assert sentence(raised.value)


def test_a_source_that_does_not_answer_is_a_problem_in_the_look_and_an_error_in_the_work() -> None:
    cases = (("chatwoot", "conversation", SQL), ("asterisk", "recording", {**ASTERISK, "delete_user": "hapus"}))
    for kind, record_class, place in cases:
        config = {**place, "host": "127.0.0.1", "port": 1}
        secrets = {"delete_password": "geheim-2"}
        deleter = open_deleter(kind, record_class, config, reading={"password": "geheim-1"}, deleting=secrets)  # type: ignore[arg-type]
        probe = deleter.probe()
        assert "host_unreachable" in {each.code for each in probe.problems}
        for work in (lambda: list(deleter.delete({"1": b""})), lambda: deleter.parts(["1"])):  # noqa: B023
            with pytest.raises(SourceError) as raised:
                work()
            assert raised.value.code == "host_unreachable"
            assert "geheim" not in f"{probe} {raised.value} {raised.value.facts}"
        deleter.close()


def test_what_stays_behind_is_said_in_words_that_are_translated() -> None:
    said = (
        open_connector("chatwoot", "conversation", SQL, {}),
        open_connector("asterisk", "recording", ASTERISK, {}),
        open_connector("folder_drop", "recording", {"folder": "/x"}, {}),
    )
    for connector in said:
        able = connector.capabilities()
        assert able.leaves_behind
        assert set(able.leaves_behind) <= set(WORDS.values())
    assert open_connector("chatwoot", "conversation", SQL, {}).capabilities().deletes_by == "sql"


def test_reading_and_deleting_have_no_secret_in_common() -> None:
    for kind in KINDS.values():
        reading = {field.name for field in kind.fields}
        assert not reading & {field.name for field in kind.delete_fields}
        assert kind.make_deleter is not None
