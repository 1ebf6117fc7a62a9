"""Bring the catalogues up to date with the program, compile them, and say what is still without a translation."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from argparse import ArgumentParser
from contextlib import chdir
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.commands import makemessages

from kendali.home.words import PO, Catalogue, catalogues, problems, read_po, table

NEVER_SHOWN = shutil.ignore_patterns(
    "tests", "migrations", "static", "fonts", "sample", "__pycache__", "*.mo", "style_sheet.*", "_style_*"
)


class Collect(makemessages.Command):
    """Django's own collector, which does not guess (fuzzy) and knows the reasons of rules as messages: `no("reason")`,
    `problem(place, part, "reason")`, those of the quotas, of sheets and of what hands a reason on; and the other names
    that gettext has here (see tests/test_translations.py)."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=no",
        "--keyword=problem:3",
        "--keyword=_shortage:5",
        "--keyword=_row:3",
        "--keyword=_unreadable",
        "--keyword=wrong:3",
        "--keyword=SheetProblem:4",
        "--keyword=noop",
        "--keyword=translate",
    ]


def collected(catalogue: Catalogue) -> str:
    """The catalogue as it has to be now: today's messages with the translations there are; "" without any message.

    Works on a copy and changes nothing. Needs GNU gettext (Debian package gettext).
    """
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place).resolve() / "source"
        if catalogue.tables:
            (copy / PO).parent.mkdir(parents=True)
            messages = [f"_({text!r})" for address in catalogue.tables for text in table(address)]
            (copy / "tables.py").write_text("\n".join(messages))
            if catalogue.po.exists():
                shutil.copy(catalogue.po, copy / PO)
        else:
            shutil.copytree(catalogue.folder, copy, ignore=NEVER_SHOWN)
            (copy / PO).parent.mkdir(parents=True, exist_ok=True)
        with chdir(copy):
            call_command(Collect(), locale=["id"], no_location=True, no_obsolete=True, no_wrap=True, verbosity=0)
        text = (copy / PO).read_text() if (copy / PO).exists() else ""
    # The date of collecting would be a difference where there is none.
    return re.sub(r'"POT-Creation-Date: .*\\n"\n', "", text) if read_po(text) else ""


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("apps", nargs="*", help="only these apps (home, records, …; kendali: the shared one)")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = options["apps"]
        asked = [one for one in catalogues() if not chosen or one.folder.name in chosen]
        missing = sum(self.update(catalogue) for catalogue in asked)
        if missing:
            raise CommandError(f"{missing} messages still need a translation")

    def update(self, catalogue: Catalogue) -> int:
        text = collected(catalogue)
        if not text:
            return 0
        catalogue.po.parent.mkdir(parents=True, exist_ok=True)
        catalogue.po.write_text(text)
        subprocess.run(["msgfmt", "--check-format", "-o", catalogue.po.with_suffix(".mo"), catalogue.po], check=True)
        found = problems(read_po(text))
        for problem in found:
            self.stdout.write(f"{catalogue.folder.name}: {problem}")
        return len(found)
