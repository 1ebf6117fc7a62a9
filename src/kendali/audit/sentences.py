"""From verb and facts to a sentence in the reader's language; the audit trail stores no prose.

Each app may have a module `sentences.py` with
- VERBS: verb → English message id, with %(actor)s, %(object)s and the entry's facts;
- NOTICES: kind → English message id, with the notice's facts;
- WORDS: fact name → code → message id, for facts that are codes ({"role": {"team_it": "Team IT"}}).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext

from kendali.audit.models import Entry

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$")
DAY = re.compile(r"\d{4}-\d\d-\d\d$")


def render(entry: Entry) -> str:
    """The sentence of one entry; a verb nobody knows any more is shown as itself rather than hidden."""
    msgid = verbs().get(entry.verb, "%(actor)s: " + entry.verb)
    facts = {**entry.facts, "actor": actor(entry), "object": entry.object_label}
    return say(msgid, facts)


def actor(entry: Entry) -> str:
    if not entry.on_behalf_of:
        return entry.actor_name
    return gettext("%(deputy)s on behalf of %(principal)s") % {
        "deputy": entry.actor_name,
        "principal": entry.on_behalf_of,
    }


def say(msgid: str, facts: Mapping[str, object]) -> str:
    """A translated sentence with its facts, dates and numbers in the reader's format; a missing fact is a dash."""
    return gettext(msgid) % _Shown({name: shown(name, value) for name, value in facts.items()})


def shown(name: str, value: object) -> str:
    """A fact as a person reads it: codes by WORDS, dates and numbers localised, lists with commas."""
    if isinstance(value, list | tuple):
        return ", ".join(shown(name, item) for item in value) or "–"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float):
        return number_format(value, use_l10n=True, force_grouping=True)
    if value is None or value == "":
        return "–"
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j F Y H.i T")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return _shown_text(name, str(value))


def _shown_text(name: str, text: str) -> str:
    word = words().get(name, {}).get(text)
    if word is not None:
        return gettext(word)
    if INSTANT.match(text):
        return date_format(timezone.localtime(datetime.fromisoformat(text)), "j F Y H.i T")
    if DAY.match(text):
        return date_format(date.fromisoformat(text), "j F Y")
    return text


class _Shown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


@cache
def verbs() -> dict[str, str]:
    return {verb: msgid for module in _modules() for verb, msgid in getattr(module, "VERBS", {}).items()}


@cache
def notices() -> dict[str, str]:
    return {kind: msgid for module in _modules() for kind, msgid in getattr(module, "NOTICES", {}).items()}


@cache
def words() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for module in _modules():
        for name, codes in getattr(module, "WORDS", {}).items():
            found.setdefault(name, {}).update(codes)
    return found


@cache
def _modules() -> tuple[object, ...]:
    names = [f"{config.name}.sentences" for config in apps.get_app_configs() if config.name.startswith("kendali.")]
    own = [name for name in names if name != __name__ and find_spec(name) is not None]
    return tuple(import_module(name) for name in own)
