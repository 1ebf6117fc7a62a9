"""Both languages are complete: every message has its Indonesian, every .mo is what its .po says, no page says
something that cannot be translated."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
import warnings
from pathlib import Path

import pytest

from kendali.home.management.commands.words import collected
from kendali.home.words import PACKAGE, Catalogue, Message, catalogues, problems, read_po

GETTEXT = shutil.which("xgettext") is not None
ALL = pytest.mark.parametrize("catalogue", catalogues(), ids=lambda catalogue: catalogue.folder.name)
WITH_WORDS = pytest.mark.parametrize(
    "catalogue", [one for one in catalogues() if one.po.exists()], ids=lambda catalogue: catalogue.folder.name
)
TEMPLATES = [path for path in sorted(PACKAGE.glob("*/templates/**/*.html")) if "style" not in path.name]
# What a reader sees and a translator has to see: text between tags, and the attributes that are read out.
NOT_TEXT = re.compile(
    r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|{%\s*blocktrans.*?endblocktrans\w*\s*%}|<(script|style|code)\b.*?</\1>"
    r"|{%\s*block width\s*%}.*?{%\s*endblock\s*%}"  # a class of the stylesheet
    r"|{%.*?%}|{{.*?}}|<!--.*?-->|<!doctype[^>]*>|&[#\w]+;",
    re.DOTALL | re.IGNORECASE,
)
SPOKEN = re.compile(r'\s(?:label|title|note|sentence|detail|help|placeholder|alt|aria-label|word|noun)="([^"]*)"')
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"}
NAMES = {"Kendali", "Indonesia", "English", "XLSX", "PDF", "CSV", "WIB", "SHA-256", "API", "age"}


def living(catalogue: Catalogue) -> list[Message]:
    return read_po(catalogue.po.read_text())


@WITH_WORDS
def test_every_message_has_its_indonesian(catalogue: Catalogue) -> None:
    assert problems(living(catalogue)) == []


@WITH_WORDS
def test_what_runs_is_what_was_translated(catalogue: Catalogue) -> None:
    with catalogue.po.with_suffix(".mo").open("rb") as compiled:
        running = gettext.GNUTranslations(compiled)
    for message in living(catalogue):
        told = running.ngettext(message.msgid, message.plural, 1) if message.plural else running.gettext(message.msgid)
        if message.context:
            told = running.pgettext(message.context, message.msgid)
        assert told == message.texts[0]


@ALL
def test_no_message_of_the_program_is_missing_from_its_catalogue(catalogue: Catalogue) -> None:
    if not GETTEXT:
        warnings.warn("GNU gettext is not here, new messages are not looked for: apt-get install gettext", stacklevel=1)
        return
    there = {(m.context, m.msgid) for m in living(catalogue)} if catalogue.po.exists() else set()
    needed = {(m.context, m.msgid) for m in read_po(collected(catalogue))}
    assert needed - there == set(), f"run: ./kendali manage words {catalogue.folder.name}"
    assert there - needed == set(), f"no longer said; run: ./kendali manage words {catalogue.folder.name}"


def test_no_message_hides_in_an_f_string() -> None:
    """xgettext does not look into f-strings: what is said there has to be in a catalogue for another place's sake."""
    there = {message.msgid for one in catalogues() if one.po.exists() for message in living(one)}
    hidden = [
        f"{path.relative_to(PACKAGE)}: {text}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if "tests" not in path.parts
        for text in in_f_strings(path.read_text())
        if text not in there
    ]
    assert hidden == []


def in_f_strings(source: str) -> list[str]:
    calls = [
        call
        for text in ast.walk(ast.parse(source))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKS
    ]
    return [
        arg.value for call in calls for arg in call.args if isinstance(arg, ast.Constant) if isinstance(arg.value, str)
    ]


def test_the_search_in_f_strings_finds_them() -> None:
    assert in_f_strings("""x = f"{number} · {_('printed')} {gettext('by')}" + _('seen')""") == ["printed", "by"]


@WITH_WORDS
def test_one_message_has_one_translation_in_all_catalogues(catalogue: Catalogue) -> None:
    mine = {(m.context, m.msgid): m.texts for m in living(catalogue)}
    for other in catalogues():
        if other.po.exists():
            differing = [m.msgid for m in living(other) if mine.get((m.context, m.msgid), m.texts) != m.texts]
            assert differing == [], f"{catalogue.folder.name} and {other.folder.name}"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_page_says_nothing_that_cannot_be_translated(template: Path) -> None:
    assert untranslatable(template.read_text()) == []


def untranslatable(source: str) -> list[str]:
    """Words of a template that stand outside {% translate %} and {% blocktranslate %}."""
    bare = NOT_TEXT.sub(" ", source)
    spoken = " ".join(SPOKEN.findall(bare))
    text = re.sub(r"<[^<>]*>", " ", bare)
    words = re.findall(r"[^\W\d_][\w-]{2,}", f"{text} {spoken}")
    return [word for word in words if word not in NAMES]


def test_the_search_for_untranslatable_words_finds_them() -> None:
    assert untranslatable("<p>Halo {{ name }}</p>") == ["Halo"]
    assert untranslatable('<c-card title="Paket">{% translate "Packages" %}</c-card>') == ["Paket"]
    assert untranslatable("<c-card title=\"{% translate 'Packages' %}\">{{ count }} · 5 %</c-card>") == []


def test_a_po_file_is_read_as_gettext_reads_it() -> None:
    text = """#, fuzzy
msgid "One"
msgstr "Sa"
"tu"

msgid "%(n)s day"
msgid_plural "%(n)s days"
msgstr[0] "hari"

#~ msgid "old"
#~ msgstr "lama"
"""
    one, days = read_po(text)
    assert (one.msgid, one.texts, one.fuzzy) == ("One", {0: "Satu"}, True)
    assert (days.plural, days.texts) == ("%(n)s days", {0: "hari"})
    assert problems([one, days, Message("Two", texts={0: ""}), Message("Three", texts={0: "%(n)s"})]) == [
        "fuzzy: One",
        "untranslated: Two",
        "other placeholders: Three",
    ]


GETTEXTS = {"gettext", "gettext_lazy", "gettext_noop"}


def test_every_sentence_that_is_handed_on_as_a_reason_is_in_a_catalogue() -> None:
    """xgettext looks at names: a function that hands a reason on, or another name of gettext, has to be told to it."""
    there = {message.msgid for one in catalogues() if one.po.exists() for message in living(one)}
    sources = [ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py")) if "tests" not in path.parts]
    takers = {name: place for source in sources for name, place in takers_of_reasons(source).items()}
    said = [text for source in sources for text in handed_on(source, takers | other_names(source))]
    assert len(said) > 300
    assert [text for text in said if text not in there and not text.isidentifier()] == []  # codes are no sentences


def takers_of_reasons(source: ast.Module) -> dict[str, int]:
    """Functions and dataclasses with a `reason` and its `facts`, and at which place the reason stands in a call."""
    found = {}
    for one in ast.walk(source):
        names: list[str] = []
        if isinstance(one, ast.FunctionDef) and one.args.kwarg is not None:
            names = [*(arg.arg for arg in one.args.args if arg.arg != "self"), one.args.kwarg.arg]
        elif isinstance(one, ast.ClassDef):
            names = [line.target.id for line in one.body if isinstance(line, ast.AnnAssign)
                     and isinstance(line.target, ast.Name)]  # fmt: skip
        if isinstance(one, ast.FunctionDef | ast.ClassDef) and {"reason", "facts"} <= set(names):
            found[one.name] = names.index("reason")
    return found


def other_names(source: ast.Module) -> dict[str, int]:
    """`from django.utils.translation import gettext as say`."""
    imports = (one for one in ast.walk(source) if isinstance(one, ast.ImportFrom))
    names = (name for one in imports if one.module == "django.utils.translation" for name in one.names)
    return {name.asname or name.name: 0 for name in names if name.name in GETTEXTS}


def handed_on(source: ast.Module, takers: dict[str, int]) -> list[str]:
    calls = (one for one in ast.walk(source) if isinstance(one, ast.Call))
    named = ((one, getattr(one.func, "id", getattr(one.func, "attr", ""))) for one in calls)
    args = (one.args[takers[name]] for one, name in named if name in takers and len(one.args) > takers[name])
    return [one.value for one in args if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value]


def test_the_search_for_handed_on_reasons_finds_them() -> None:
    source = ast.parse(
        "from django.utils.translation import gettext as say\n"
        "def wrong(self, line, reason: str, **facts): ...\n"
        "class Found:\n    place: str\n    reason: str\n    facts: dict\n"
        "me.wrong(1, 'Too long.')\nFound('x', 'Empty.', {})\nsay('Well')\nother('No')\n"
    )
    takers = takers_of_reasons(source)
    assert takers == {"wrong": 1, "Found": 1}
    assert handed_on(source, takers | other_names(source)) == ["Too long.", "Empty.", "Well"]
