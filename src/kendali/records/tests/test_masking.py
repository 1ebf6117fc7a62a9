"""No customer's number in a row, whatever the telephone system calls its files."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kendali.connectors.base import Problem
from kendali.records.actions.sources import plain
from kendali.records.masking import mask_numbers
from kendali.records.tests.office import Office


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        (
            "q-600-085703207761-20241022-091500-1729563300.3600001.wav",
            "q-600-•••••••••761-20241022-091500-1729563300.3600001.wav",
        ),
        ("in-6281234567890-0215551234.WAV", "in-••••••••••890-•••••••234.WAV"),
        ("out-81234567890-101.wav", "out-••••••••890-101.wav"),
        ("blob-12", "blob-12"),
        ("2024/10/22/20241022", "2024/10/22/20241022"),
    ],
)
def test_numbers_are_masked_and_dates_and_ids_stay(name: str, masked: str) -> None:
    assert mask_numbers(name) == masked


def test_a_problem_is_kept_without_the_number() -> None:
    kept = plain(Problem("file_missing", "17.1", "in-085703207761.wav", {"reason": "no 085703207761"}))
    assert "085703207761" not in str(kept)


def test_a_shortcoming_names_the_file_without_the_number(office: Office) -> None:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "085703207761", datetime(2025, 3, 3, tzinfo=UTC), file=False)
    order = office.backed_up("pbx")
    assert "•••••••••761.wav" in str(order.items.get().problems)
    assert "085703207761.wav" not in str(order.items.get().problems)
