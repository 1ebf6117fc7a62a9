"""Service hours as people write them."""

from __future__ import annotations

import pytest

from kendali.mystery import hours


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("", []),
        ("07.00-22.00", [[420, 1320]]),
        ("08:00 – 12:00, 13:00 - 17:00", [[480, 720], [780, 1020]]),
        ("22.00-06.00", [[1320, 1800]]),
        ("00.00-24.00", [[0, 1440]]),
    ],
)
def test_hours_are_read_and_written_back(text: str, day: list[list[int]]) -> None:
    assert hours.parsed(text) == day
    assert hours.parsed(hours.written(day)) == day


@pytest.mark.parametrize("text", ["7-22", "pagi", "25.00-26.00", "07.60-08.00", "07.00-24.30"])
def test_what_is_no_hour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        hours.parsed(text)
