"""The catalogues: which parts of the program have one, what is in a .po file, and what is wrong with it.

Message ids are English, Indonesian is the default language and complete. Every app has its own catalogue; the tables
of sentences in the parts that do not know Django share one. docs/translations.md says how to add words.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
PO = Path("locale/id/LC_MESSAGES/django.po")
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|%%")
# Tables of message ids in modules without Django, which have no gettext to mark them with.
TABLES = (
    "kendali.connectors.problems:SENTENCES",
    "kendali.connectors.registry:WORDS",
    "kendali.archive.problems:SENTENCES",
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`folder` holds locale/; the words are in its sources, or (for the shared one) in the tables."""

    folder: Path
    tables: tuple[str, ...] = ()

    @property
    def po(self) -> Path:
        return self.folder / PO


@dataclass(slots=True)
class Message:
    """One entry of a .po file; `texts` are the translation and its plural forms."""

    msgid: str = ""
    context: str = ""
    plural: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False


def catalogues() -> list[Catalogue]:
    apps = sorted(path.parent for path in PACKAGE.glob("*/apps.py"))
    return [*(Catalogue(app) for app in apps), Catalogue(PACKAGE, TABLES)]


def table(address: str) -> list[str]:
    """The message ids of "module:NAME", a mapping from codes to sentences."""
    module, _colon, name = address.partition(":")
    sentences: dict[str, str] = getattr(import_module(module), name)
    return list(dict.fromkeys(sentences.values()))


def read_po(text: str) -> list[Message]:
    """The living messages of a .po file, the header and obsolete entries (#~) left out."""
    return [message for block in re.split(r"\n\s*\n", text) if (message := _message(block)).msgid]


def _message(block: str) -> Message:
    message = Message()
    for keyword, value in _strings(block):
        if keyword == "#,":
            message.fuzzy = "fuzzy" in value
        elif keyword == "msgid":
            message.msgid += value
        elif keyword == "msgid_plural":
            message.plural += value
        elif keyword == "msgctxt":
            message.context += value
        else:
            index = int(keyword.removeprefix("msgstr").strip("[]") or 0)
            message.texts[index] = message.texts.get(index, "") + value
    return message


def _strings(block: str) -> Iterator[tuple[str, str]]:
    keyword = ""
    for line in block.splitlines():
        if line.startswith("#,"):
            yield "#,", line
        elif line.startswith("#") or not line.strip():
            continue
        else:
            word, quote, rest = line.partition('"')
            keyword = word.strip() or keyword
            yield keyword, ast.literal_eval(quote + rest)


def problems(messages: list[Message]) -> list[str]:
    """What a reader of the page would notice: no translation, a guessed one, a figure that is not filled in."""
    found = []
    for message in messages:
        texts = list(message.texts.values())
        if not texts or not all(texts):
            found.append(f"untranslated: {message.msgid}")
        elif message.fuzzy:
            found.append(f"fuzzy: {message.msgid}")
        elif any(_places(text) - _places(message.msgid + message.plural) for text in texts):
            found.append(f"other placeholders: {message.msgid}")
    return found


def _places(text: str) -> set[str]:
    return set(PLACE.findall(text)) - {"%%"}
