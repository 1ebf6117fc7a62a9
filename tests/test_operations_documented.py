"""docs/operations.md and the code name the same settings; the documentation's links and commands lead somewhere."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
SETTING = re.compile(r"\b(?:KENDALI|DATABASE)_[A-Z0-9_]+\b")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


def read_by_the_code() -> set[str]:
    """Names given to environment.text(…), .boolean(…) and the others."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "environment"
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and SETTING.fullmatch(str(node.args[0].value))
            ):
                found.add(str(node.args[0].value))
    return found


def described() -> set[str]:
    return set(re.findall(r"^\| `([A-Z0-9_]+)` \|", OPERATIONS, re.MULTILINE))


def test_every_setting_that_the_code_reads_is_described_and_none_besides() -> None:
    assert read_by_the_code() == described()


@pytest.mark.parametrize("name", ["deploy/kendali.env.example", "deploy/owner.env.example", "deploy/compose.yaml"])
def test_the_examples_name_only_settings_that_exist(name: str) -> None:
    lines = (ROOT / name).read_text()
    named = {found for found in SETTING.findall(lines) if not found.endswith("_PASSWORD")}
    assert named <= described()
    assert "DATABASE_OWNER_URL" not in (ROOT / "deploy" / "kendali.env.example").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_both_readmes_begin_with_the_two_commands() -> None:
    for name in ("README.md", "README.id.md"):
        text = (ROOT / name).read_text()
        assert text.index("./kendali run") < text.index("./kendali test") < 1200


def test_every_dependency_earns_a_sentence() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    listed = text[text.index("dependencies = [") : text.index("[dependency-groups]")].splitlines()[1:]
    bare = [
        line
        for before, line in zip(["", *listed], listed, strict=False)
        if line.strip().startswith('"') and not before.strip().startswith(("#", '"'))
    ]
    assert bare == []
    assert tomllib.loads(text)["project"]["license"] == {"text": "Apache-2.0"}


def test_no_lock_file_names_a_place_where_packages_come_from() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text()
        assert "--hash=sha256:" in lock.read_text()
