"""How figures, dates and deadlines read in both languages: tables of cases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from django.utils.formats import localize

from kendali import formats
from kendali.home.templatetags import kendali as tags
from kendali.verdict import no

JAKARTA, MAKASSAR, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")
NOW = datetime(2026, 11, 21, 1, 12, tzinfo=UTC)  # Saturday, 08.12 WIB


def plain(text: str) -> str:
    return text.replace(formats.NB, " ")


@pytest.mark.parametrize(
    ("value", "places", "indonesian", "english"),
    [
        (0, None, "0", "0"),
        (1204, None, "1.204", "1,204"),
        (1_000_000, None, "1.000.000", "1,000,000"),
        (7.1, None, "7,1", "7.1"),
        (Decimal("7.15"), None, "7,2", "7.2"),
        (7.0, None, "7", "7"),
        (0.5, 2, "0,50", "0.50"),
        (-3, None, "−3", "−3"),
    ],
)
def test_a_number_reads_as_in_its_language(
    value: formats.Number, places: int | None, indonesian: str, english: str
) -> None:
    assert formats.number(value, "id", places) == indonesian
    assert formats.number(value, "en", places) == english


@pytest.mark.parametrize(
    ("share", "indonesian", "english"),
    [
        (0, "0 %", "0%"),
        (0.72, "72 %", "72%"),
        (1, "100 %", "100%"),
        (0.9999, "99 %", "99%"),
        (0.0001, "1 %", "1%"),
        (1.5, "150 %", "150%"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, indonesian: str, english: str) -> None:
    assert plain(formats.percent(share, "id")) == indonesian
    assert formats.percent(share, "en") == english


@pytest.mark.parametrize(
    ("count", "indonesian"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1,0 kB"),
        (7_100_000, "7,1 MB"),
        (148_213, "148 kB"),
        (999_600, "1,0 MB"),
        (43_000_000_000, "43,0 GB"),
        (5 * 10**18, "5.000 PB"),
    ],
)
def test_a_size_is_in_decimal_units(count: int, indonesian: str) -> None:
    assert plain(formats.size(count, "id")) == indonesian


@pytest.mark.parametrize(
    ("seconds", "indonesian", "english"),
    [
        (0, "0 detik", "0 seconds"),
        (0.4, "< 1 detik", "< 1 second"),
        (5, "5 detik", "5 seconds"),
        (200, "3 menit 20 detik", "3 minutes 20 seconds"),
        (3605, "1 jam", "1 hour"),
        (93_784, "1 hari 2 jam", "1 day 2 hours"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, indonesian: str, english: str) -> None:
    assert plain(formats.duration(seconds, "id")) == indonesian
    assert plain(formats.duration(seconds, "en")) == english


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00"), (47.9, "00:47"), (3599, "59:59"), (3725, "1:02:05")])
def test_the_length_of_a_recording_reads_as_a_clock(seconds: float, text: str) -> None:
    assert formats.clock(seconds) == text


@pytest.mark.parametrize(
    ("zone", "indonesian", "english"),
    [
        (JAKARTA, "Sabtu, 21 November 2026 · 08.12 WIB", "Saturday, 21 November 2026 · 08:12 WIB"),
        (MAKASSAR, "Sabtu, 21 November 2026 · 09.12 WITA", "Saturday, 21 November 2026 · 09:12 WITA"),
        (JAYAPURA, "Sabtu, 21 November 2026 · 10.12 WIT", "Saturday, 21 November 2026 · 10:12 WIT"),
        (ZoneInfo("UTC"), "Sabtu, 21 November 2026 · 01.12 UTC", "Saturday, 21 November 2026 · 01:12 UTC"),
    ],
)
def test_an_instant_names_its_day_and_zone(zone: ZoneInfo, indonesian: str, english: str) -> None:
    assert plain(formats.moment(NOW, zone, "id")) == indonesian
    assert plain(formats.moment(NOW, zone, "en")) == english


def test_the_year_of_a_short_moment_is_left_out_only_in_that_year() -> None:
    assert plain(formats.short_moment(NOW, JAKARTA, "id", NOW)) == "21 Nov 08.12 WIB"
    assert plain(formats.short_moment(NOW - timedelta(days=400), JAKARTA, "id", NOW)) == "17 Okt 2025 08.12 WIB"
    # 31 December 17.30 UTC is already the new year in Jakarta
    eve = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
    assert plain(formats.short_moment(eve, JAKARTA, "en", NOW)) == "1 Jan 2027 00:30 WIB"


@pytest.mark.parametrize(
    ("due", "state", "indonesian", "english"),
    [
        (NOW - timedelta(days=110), "late", "lewat 110 hari", "late by 110 days"),
        (NOW - timedelta(hours=8, minutes=30), "late", "lewat 1 hari", "late by 1 day"),
        (NOW - timedelta(hours=3), "late", "lewat 3 jam", "late by 3 hours"),
        (NOW - timedelta(seconds=5), "late", "lewat 1 menit", "late by 1 minute"),
        (datetime(2026, 11, 21, 10, 0, tzinfo=UTC), "soon", "hari ini 17.00", "today 17:00"),
        (datetime(2026, 11, 22, 10, 0, tzinfo=UTC), "soon", "besok 17.00", "tomorrow 17:00"),
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), "soon", "Senin, 23 Nov", "Mon, 23 Nov"),
        (datetime(2026, 11, 25, 10, 0, tzinfo=UTC), "idle", "Rabu, 25 Nov", "Wed, 25 Nov"),
        (datetime(2026, 12, 5, 10, 0, tzinfo=UTC), "idle", "5 Des", "5 Dec"),
        (datetime(2027, 2, 3, 10, 0, tzinfo=UTC), "idle", "3 Feb 2027", "3 Feb 2027"),
    ],
)
def test_a_deadline_says_how_near_it_is(due: datetime, state: str, indonesian: str, english: str) -> None:
    told = formats.deadline(due, NOW, JAKARTA, "id")
    assert (told.state, plain(told.text)) == (state, indonesian)
    assert plain(formats.deadline(due, NOW, JAKARTA, "en").text) == english


@pytest.mark.parametrize(
    ("first", "last", "indonesian"),
    [
        (date(2025, 5, 1), date(2025, 5, 31), "Mei 2025"),
        (date(2025, 8, 3), date(2025, 10, 31), "Agustus–Oktober 2025"),
        (date(2025, 12, 1), date(2026, 1, 31), "Desember 2025 – Januari 2026"),
    ],
)
def test_a_span_of_months_says_the_year_once(first: date, last: date, indonesian: str) -> None:
    assert formats.months(first, last, "id") == indonesian


@pytest.mark.parametrize(
    ("name", "letters"), [("Tari Wulandari", "TW"), ("Indra", "I"), ("  ", "?"), ("Siti Nur (QA) Aminah", "SA")]
)
def test_the_initials_are_of_the_first_and_last_name(name: str, letters: str) -> None:
    assert formats.initials(name) == letters


def test_the_filters_follow_the_language_of_the_page() -> None:
    with translation.override("id"):
        assert plain(str(tags.number(1204))) == "1.204"
        assert plain(tags.weekday(NOW)) == "Sabtu, 21 November 2026"
        assert tags.reason(no("Backup %(count)s", count=1204)) == "Backup 1.204"
    with translation.override("en"):
        assert plain(str(tags.number(1204))) == "1,204"
    assert tags.number(None) == tags.size(None) == tags.day(None) == formats.DASH
    assert tags.number("langkah 1") == "langkah 1"


def test_django_itself_groups_numbers_as_indonesian_writes_them() -> None:
    with translation.override("id"):
        assert (
            localize(1234567.5) == "1234567,5"
        )  # grouping is left to |number, or addresses and values would carry dots
