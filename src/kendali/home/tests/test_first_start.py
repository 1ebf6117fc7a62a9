"""The sample organisation is loaded once, and never half."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django.core.management
import pytest
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from pytest_django import Settings

from kendali.home import first_start


class Sample(BaseCommand):
    """Stands for the real one, which takes half a minute."""

    stealth_options = ("prepared",)
    loaded = 0
    interrupted = False

    def handle(self, *_: object, **options: Any) -> None:
        options["prepared"]()
        Sample.loaded += 1
        if Sample.interrupted:
            raise KeyboardInterrupt


@pytest.fixture
def sample(db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Sample]:
    settings.HOME = tmp_path
    monkeypatch.setattr(django.core.management, "get_commands", lambda: {"sample": Sample()})
    monkeypatch.setattr(Sample, "loaded", 0)
    monkeypatch.setattr(Sample, "interrupted", False)
    return Sample


def test_an_empty_installation_gets_the_sample_and_one_with_users_does_not(sample: type[Sample]) -> None:
    first_start.load_sample()
    assert sample.loaded == 1
    get_user_model().objects.create(email="tari@kendali.example")
    first_start.load_sample()
    assert sample.loaded == 1


def test_a_sample_that_was_interrupted_is_not_taken_for_a_whole_one(
    sample: type[Sample], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sample, "interrupted", True)
    with pytest.raises(KeyboardInterrupt):
        first_start.load_sample()
    with pytest.raises(SystemExit, match="was interrupted") as refusal:
        first_start.load_sample()
    assert f"rm -r '{tmp_path}'" in str(refusal.value)
    assert sample.loaded == 1


def test_the_tables_are_there_before_anything_is_loaded_and_also_where_nothing_is(sample: type[Sample]) -> None:
    waited: list[int] = []
    first_start.load_sample(lambda: waited.append(sample.loaded))
    get_user_model().objects.create(email="tari@kendali.example")
    first_start.load_sample(lambda: waited.append(sample.loaded))
    assert (waited, sample.loaded) == ([0, 1], 1)


def test_without_sample_users_no_table_of_them_is_shown(db: None) -> None:
    assert "sample users" not in first_start.people()


def test_the_table_names_those_who_are_here_and_the_password(db: None) -> None:
    get_user_model().objects.create(email="tari@kendali.example")
    lines = first_start.people().splitlines()
    assert len(lines) == 2
    assert "password" in lines[0]
    assert "team_leader" in lines[1]
