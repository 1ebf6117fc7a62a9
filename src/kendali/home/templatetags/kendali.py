"""What templates may say: formats in the reader's language and zone, a rule's reason, a chart's geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from kendali import formats
from kendali.audit.sentences import shown
from kendali.home import charts
from kendali.verdict import Verdict

register = template.Library()


def _lang() -> str:
    return "en" if (get_language() or "id").startswith("en") else "id"


@cache
def _named_zone(name: str) -> tzinfo:
    return ZoneInfo(name)


def _zone(zone: object) -> tzinfo:
    """The zone of the source or client when given (name or tzinfo), else the organisation's."""
    if isinstance(zone, tzinfo):
        return zone
    return _named_zone(str(zone)) if zone else timezone.get_current_timezone()


@register.filter
def number(value: object, places: int | None = None) -> object:
    """{{ 1204|number }} → 1.204; text passes as it is, nothing becomes a dash."""
    if value is None or value == "":
        return formats.DASH
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return formats.number(value, _lang(), places)


@register.filter
def percent(value: formats.Number | None, places: int = 0) -> str:
    """{{ 0.72|percent }} → 72 %."""
    return formats.DASH if value is None else formats.percent(value, _lang(), places)


@register.filter
def size(value: int | None) -> str:
    """{{ bytes|size }} → 7,1 MB."""
    return formats.DASH if value is None else formats.size(value, _lang())


@register.filter
def rate(value: formats.Number | None, noun: str) -> str:
    """{{ 4120|rate:noun }} → 4.120 percakapan/detik."""
    return formats.DASH if value is None else formats.rate(value, noun, _lang())


@register.filter
def duration(seconds: formats.Number | None) -> str:
    """{{ 200|duration }} → 3 menit 20 detik."""
    return formats.DASH if seconds is None else formats.duration(seconds, _lang())


@register.filter
def clock(seconds: formats.Number | None) -> str:
    """{{ 47|clock }} → 00:47."""
    return formats.DASH if seconds is None else formats.clock(seconds)


@register.filter
def day(value: date | None, zone: object = None) -> str:
    """{{ at|day }} → 21 November 2026, of the zone's calendar."""
    return formats.DASH if value is None else formats.day(formats.local(value, _zone(zone)), _lang())


@register.filter
def short_day(value: date | None, zone: object = None) -> str:
    """{{ at|short_day }} → 21 Nov 2026."""
    return formats.DASH if value is None else formats.short_day(formats.local(value, _zone(zone)), _lang())


@register.filter
def weekday(value: date | None, zone: object = None) -> str:
    """{{ at|weekday }} → Sabtu, 21 November 2026."""
    return formats.DASH if value is None else formats.weekday(formats.local(value, _zone(zone)), _lang())


@register.filter
def month(value: date | None, zone: object = None) -> str:
    """{{ at|month }} → November 2026."""
    return formats.DASH if value is None else formats.month(formats.local(value, _zone(zone)), _lang())


@register.filter
def time_of_day(value: datetime | None, zone: object = None) -> str:
    """{{ at|time_of_day }} → 08.12."""
    return formats.DASH if value is None else formats.time_of_day(value.astimezone(_zone(zone)), _lang())


@register.filter
def zone_name(value: datetime | None, zone: object = None) -> str:
    """{{ at|zone_name:"Asia/Makassar" }} → WITA."""
    return formats.DASH if value is None else formats.zone_name(_zone(zone), value)


@register.filter
def moment(value: datetime | None, zone: object = None) -> str:
    """{{ at|moment:source.zone }} → Sabtu, 21 November 2026 · 08.12 WIB."""
    return formats.DASH if value is None else formats.moment(value, _zone(zone), _lang())


@register.filter
def short_moment(value: datetime | None, zone: object = None) -> str:
    """{{ at|short_moment }} → 20 Nov 15.40 WIB (with the year when it is not this year)."""
    if value is None:
        return formats.DASH
    return formats.short_moment(value, _zone(zone), _lang(), timezone.now())


@register.simple_tag
def months(first: date, last: date, zone: object = None) -> str:
    """{% months first last %} → Agustus–Oktober 2025."""
    here = _zone(zone)
    return formats.months(formats.local(first, here), formats.local(last, here), _lang())


@register.filter
def deadline(due: datetime, zone: object = None) -> formats.Deadline:
    """{% with d=due|deadline %}{{ d.text }} {{ d.state }}; the component c-deadline does it."""
    return formats.deadline(due, timezone.now(), _zone(zone), _lang())


@register.filter
def initials(name: str) -> str:
    return formats.initials(str(name))


@register.filter
def reason(verdict: Verdict | str) -> str:
    """A rule's reason in the reader's language, its facts in the reader's formats."""
    if not isinstance(verdict, Verdict):
        return str(verdict)
    return gettext(verdict.reason) % _told(verdict.facts) if verdict.reason else ""


def _told(facts: Mapping[str, object]) -> dict[str, object]:
    told: dict[str, object] = {}
    for name, value in facts.items():
        if isinstance(value, datetime):
            told[name] = short_moment(value)
        elif isinstance(value, date):
            told[name] = day(value)
        elif isinstance(value, str | list | tuple):
            told[name] = shown(name, value)
        else:
            told[name] = number(value)
    return told


@register.filter
def bold_start(sentence: str, name: str | None) -> str:
    """The name in bold where the sentence begins with it; the sentence itself is escaped as ever."""
    if not name or not sentence.startswith(name):
        return sentence
    return format_html("<b>{}</b>{}", name, sentence.removeprefix(name))


@register.simple_tag
def month_chart(bars: Sequence[charts.Bar], wide: bool = False) -> charts.Chart:
    return charts.month_chart(bars, width=1060 if wide else 360)


@register.filter
def trimmed(slot: str | SafeString) -> str:
    """A slot without the white space the template has around it, for text whose own line breaks count."""
    return SafeString(slot.strip()) if isinstance(slot, SafeString) else slot.strip()


@register.filter
def has_text(slot: str | SafeString | None) -> bool:
    """Whether a component's slot says anything but white space."""
    return bool(slot and str(slot).strip())


@register.filter
def message_state(tags: str) -> str:
    """Django's message level as a state of the look."""
    states = {"success": "done", "warning": "soon", "error": "late", "info": "active"}
    return next((states[tag] for tag in str(tags).split() if tag in states), "active")
