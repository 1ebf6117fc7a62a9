"""The documentation is tested: what it names exists."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(
    r"^\|(?P<clause>[^|]+)\|[^|]+\|\s*`(?P<function>[\w.]+)`\s*\|\s*`(?P<file>[\w/.]+)::(?P<test>\w+)`\s*\|$"
)


def rows() -> list[tuple[str, str, str]]:
    lines = (ROOT / "docs" / "procedure-map.md").read_text().splitlines()
    found = [ROW.match(line) for line in lines if line.startswith("|") and "`" in line]
    assert all(found), "a row of docs/procedure-map.md is not clause | text | `function` | `file::test`"
    return [(row["function"], row["file"], row["test"]) for row in found if row]


@pytest.mark.parametrize(("function", "file", "test"), rows())
def test_every_clause_has_a_function_and_a_test(function: str, file: str, test: str) -> None:
    module, name = function.rsplit(".", 1)
    assert callable(getattr(import_module(module), name))
    tree = ast.parse((ROOT / file).read_text())
    assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


CASE = re.compile(r"^\| [^|]+ \| `(?P<file>[\w/.]+)::(?P<test>\w+)` \|$")


def cases() -> list[tuple[str, str]]:
    lines = (ROOT / "docs" / "cases.md").read_text().splitlines()
    found = [CASE.match(line) for line in lines if line.startswith("|") and "`" in line]
    assert all(found), "a row of docs/cases.md is not case | `file::test`"
    return [(row["file"], row["test"]) for row in found if row]


@pytest.mark.parametrize(("file", "test"), cases())
def test_every_reported_case_has_its_test(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
