"""Numbers, sizes, times and deadlines as people read them, in Indonesian and English.

Pure: values in, text out; language ("id", "en"), zone and the present moment are arguments. Spaces inside one
figure are no-break spaces, so that "7,1 MB" and "21 Nov" never part at the end of a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from kendali import civil_time

NB = "\u00a0"
DASH = "\u2014"
Number = int | float | Decimal

MONTHS = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split(),
    "en": "January February March April May June July August September October November December".split(),
}
SHORT_MONTHS = {
    "id": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des".split(),
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
}
WEEKDAYS = {
    "id": "Senin Selasa Rabu Kamis Jumat Sabtu Minggu".split(),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
}
ZONE_NAMES = civil_time.ZONES
SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
UNITS = {
    "id": {"day": "hari", "hour": "jam", "minute": "menit", "second": "detik"},
    "en": {"day": "day", "hour": "hour", "minute": "minute", "second": "second"},
}


def number(value: Number, lang: str, places: int | None = None) -> str:
    """1204 → "1.204" (id), "1,204" (en); `places` decimals, rounded half up; whole numbers have none by default."""
    exact = Decimal(str(value))
    if places is None:
        places = 0 if exact == exact.to_integral_value() else 1
    text = f"{exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP):,f}"
    text = text.replace("-", "\u2212")
    return text if lang == "en" else text.translate(str.maketrans(",.", ".,"))


def percent(share: Number, lang: str, places: int = 0) -> str:
    """0.72 → "72 %" (id), "72%" (en). Something short of all never reads as all, nor something as nothing."""
    hundredfold = Decimal(str(share)) * 100
    step = Decimal(1).scaleb(-places)
    rounded = hundredfold.quantize(step, rounding=ROUND_HALF_UP)
    if rounded >= 100 > hundredfold:
        rounded = 100 - step
    if rounded <= 0 < hundredfold:
        rounded = step
    return number(rounded, lang, places) + (f"{NB}%" if lang == "id" else "%")


def size(count: int, lang: str) -> str:
    """Bytes in decimal units (SI, 1 kB = 1000 B): 7_100_000 → "7,1 MB"."""
    value, unit = Decimal(count), 0
    while value >= Decimal("999.5") and unit < len(SIZES) - 1:
        value, unit = value / 1000, unit + 1
    places = 0 if unit == 0 or value >= 100 else 1
    return f"{number(value, lang, places)}{NB}{SIZES[unit]}"


def rate(per_second: Number, noun: str, lang: str) -> str:
    """4120.4, "percakapan" → "4.120 percakapan/detik"."""
    places = 0 if per_second >= 10 else 1
    return f"{number(per_second, lang, places)}{NB}{noun}/{'detik' if lang == 'id' else 's'}"


def clock(seconds: Number) -> str:
    """Length of a recording: 47 → "00:47", 3_725 → "1:02:05"."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute:02}:{second:02}"


def duration(seconds: Number, lang: str) -> str:
    """The two largest units: 200 → "3 menit 20 detik", "3 minutes 20 seconds"; under a second "< 1 detik"."""
    if 0 < seconds < 1:
        return f"<{NB}{_counted(1, 'second', lang)}"
    left, parts = int(seconds), []
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, length)
        if count:
            parts.append(_counted(count, unit, lang))
        if parts and (len(parts) == 2 or not count):
            break
    return " ".join(parts) or _counted(0, "second", lang)


def _counted(count: int, unit: str, lang: str) -> str:
    plural = "s" if lang == "en" and count != 1 else ""
    return f"{number(count, lang)}{NB}{UNITS[lang][unit]}{plural}"


def local(value: datetime | date, zone: tzinfo) -> datetime | date:
    """An aware instant as the wall clock of the zone; a plain date stays as it is."""
    return value.astimezone(zone) if isinstance(value, datetime) else value


def zone_name(zone: tzinfo, at: datetime | None = None) -> str:
    """Asia/Makassar → "WITA"; zones outside Indonesia by their own abbreviation."""
    return ZONE_NAMES.get(str(zone)) or (at.astimezone(zone).tzname() if at else None) or str(zone)


def day(value: date, lang: str) -> str:
    """ "21 November 2026"."""
    return f"{value.day}{NB}{MONTHS[lang][value.month - 1]} {value.year}"


def short_day(value: date, lang: str) -> str:
    """ "21 Nov 2026"."""
    return f"{value.day}{NB}{SHORT_MONTHS[lang][value.month - 1]}{NB}{value.year}"


def weekday(value: date, lang: str) -> str:
    """ "Sabtu, 21 November 2026"."""
    return f"{WEEKDAYS[lang][value.weekday()]}, {day(value, lang)}"


def month(value: date, lang: str) -> str:
    """ "November 2026"."""
    return f"{MONTHS[lang][value.month - 1]} {value.year}"


def months(first: date, last: date, lang: str) -> str:
    """A span of months: "Agustus–Oktober 2025", "Desember 2025 – Januari 2026", one month alone "Mei 2025"."""
    if (first.year, first.month) == (last.year, last.month):
        return month(first, lang)
    if first.year == last.year:
        return f"{MONTHS[lang][first.month - 1]}–{month(last, lang)}"
    return f"{month(first, lang)} – {month(last, lang)}"


def time_of_day(value: datetime, lang: str, seconds: bool = False) -> str:
    """ "08.12" (id), "08:12" (en), of the wall clock the value already has."""
    text = value.strftime("%H:%M:%S" if seconds else "%H:%M")
    return text.replace(":", ".") if lang == "id" else text


def moment(value: datetime, zone: tzinfo, lang: str) -> str:
    """ "Sabtu, 21 November 2026 · 08.12 WIB"."""
    here = value.astimezone(zone)
    return f"{weekday(here, lang)} · {time_of_day(here, lang)}{NB}{zone_name(zone, value)}"


def short_moment(value: datetime, zone: tzinfo, lang: str, now: datetime | None = None) -> str:
    """ "20 Nov 15.40 WIB"; with the year when it is not the year of `now`, or when `now` is not given."""
    here = value.astimezone(zone)
    text = short_day(here, lang)
    if now is not None and now.astimezone(zone).year == here.year:
        text = text.rpartition(NB)[0]
    return f"{text} {time_of_day(here, lang)}{NB}{zone_name(zone, value)}"


@dataclass(frozen=True, slots=True)
class Deadline:
    """Text for a pill and its state: "late" red, "soon" amber (within two days), "idle" grey."""

    text: str
    state: str


def deadline(due: datetime, now: datetime, zone: tzinfo, lang: str) -> Deadline:
    """How a deadline reads now: "lewat 110 hari", "hari ini 17.00", "Senin, 23 Nov", "3 Feb 2027"."""
    here, today = due.astimezone(zone), now.astimezone(zone).date()
    late = "lewat" if lang == "id" else "late by"
    if due < now:
        days = (today - here.date()).days
        passed = days * 86_400 if days else max(60, (now - due) // timedelta(minutes=1) * 60)
        return Deadline(f"{late}{NB}{_leading(passed, lang)}", "late")
    ahead = (here.date() - today).days
    state = "soon" if ahead <= 2 else "idle"
    if ahead <= 1:
        word = {"id": ("hari ini", "besok"), "en": ("today", "tomorrow")}[lang][ahead]
        return Deadline(f"{word} {time_of_day(here, lang)}", state)
    if ahead < 7:
        name = WEEKDAYS[lang][here.weekday()]
        return Deadline(f"{name if lang == 'id' else name[:3]}, {short_day(here, lang).rpartition(NB)[0]}", state)
    same_year = here.year == today.year
    return Deadline(short_day(here, lang).rpartition(NB)[0] if same_year else short_day(here, lang), state)


def _leading(seconds: int, lang: str) -> str:
    """Only the largest unit of a duration, as far as days."""
    for unit, length in (("day", 86_400), ("hour", 3_600)):
        if seconds >= length:
            return _counted(seconds // length, unit, lang)
    return _counted(seconds // 60, "minute", lang)


def initials(name: str) -> str:
    """ "Tari Wulandari" → "TW", one letter when there is one word."""
    words = [word for word in name.split() if word[0].isalpha()]
    return "".join(word[0].upper() for word in (words[:1] + words[-1:] if len(words) > 1 else words)) or "?"
