"""The one script: what it tells people, and how it hands pip's configuration to uv."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def script() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("kendali_script", str(ROOT / "kendali"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def pip_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """pip's configuration comes from this file alone."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    # The interpreter that the environment was made from has pip; the environment itself has none.
    monkeypatch.setattr(sys, "executable", os.path.realpath(sys.executable))
    return tmp_path / "pip.conf"


def test_it_explains_itself_without_an_environment() -> None:
    shown = subprocess.run([sys.executable, ROOT / "kendali"], capture_output=True, text=True, env={})
    assert shown.returncode == 0
    assert "./kendali run" in shown.stdout
    wrong = subprocess.run([sys.executable, ROOT / "kendali", "rum"], capture_output=True, text=True, env={})
    assert wrong.returncode == 2
    assert "there is no command 'rum'" in wrong.stderr


def test_it_uses_nothing_but_the_standard_library() -> None:
    shown = subprocess.run(
        [sys.executable, "-S", "-E", ROOT / "kendali", "--help"], capture_output=True, text=True, env={}
    )
    assert shown.returncode == 0, shown.stderr


def test_uv_is_told_where_pip_takes_packages_from(script: ModuleType, pip_says: Path, tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    pip_says.write_text(
        "[global]\nindex-url = https://mirror.example/simple\n"
        f"find-links = {tmp_path / 'wheels'} /not/there\ntrusted-host = mirror.example\n"
        "[install]\nextra-index-url = https://one.example/simple\n    https://two.example/simple\n"
    )
    options = script.index_options()
    pairs = set(zip(options[::2], options[1::2], strict=True))
    assert pairs == {
        ("--index-strategy", "unsafe-best-match"),
        ("--index-url", "https://mirror.example/simple"),
        ("--extra-index-url", "https://one.example/simple"),
        ("--extra-index-url", "https://two.example/simple"),
        ("--find-links", str(tmp_path / "wheels")),
        ("--allow-insecure-host", "mirror.example"),
    }


def test_uvs_own_settings_win(script: ModuleType, pip_says: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip_says.write_text("[global]\nindex-url = https://mirror.example/simple\n")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example/simple")
    assert script.index_options() == []


def test_the_environment_counts_as_made_only_for_the_lock_file_it_was_made_from(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RUNTIME", "DEVELOPMENT"):
        monkeypatch.setattr(script, name, tmp_path / name)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(script, "STAMP", tmp_path / "stamp")
    assert not script.prepared(script.RUNTIME)
    (tmp_path / "stamp").write_text(script.stamp(script.RUNTIME))
    assert script.prepared(script.RUNTIME)
    assert not script.prepared(script.DEVELOPMENT)
    (tmp_path / "stamp").write_text(script.stamp(script.DEVELOPMENT))
    assert script.prepared(script.RUNTIME), "the development environment holds all of it"
    (tmp_path / "RUNTIME").write_text("a new version")
    (tmp_path / "DEVELOPMENT").write_text("a new version, too")
    assert not script.prepared(script.RUNTIME)


def test_the_callers_variables_reach_the_program(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENDALI_LOG", "DEBUG")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    given = script.environment()
    assert given["KENDALI_LOG"] == "DEBUG"
    assert "PYTHONHOME" not in given
    assert str(ROOT / "src") in given["PYTHONPATH"].split(os.pathsep)
