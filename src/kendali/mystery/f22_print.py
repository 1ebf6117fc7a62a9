"""F-22 on paper: sheets and register as PDF/A-2a in the reader's language; a large month as a ZIP of several PDFs,
written while it is read, so that no more than one part is in memory."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import RawIOBase
from pathlib import Path
from typing import Any, cast

import typst
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from kendali import formats
from kendali.mystery import f22_register, f22_sheet
from kendali.mystery.f22_sheet import SheetText
from kendali.mystery.models import Cycle, CycleSignature
from kendali.mystery.queries.f22 import Row, standing
from kendali.mystery.queries.sheet import language
from kendali.terms import settings as terms

TEMPLATES = Path(__file__).parent / "print"
AT_ONCE = 250  # sheets in one PDF
MOST = 2_000  # rows of the register on paper; the spreadsheet has all of them


def sheets(found: Sequence[SheetText], title: str, at: datetime) -> bytes:
    values = _common(title, at) | {
        "words": {
            "header": _("The sample"), "execution": _("Execution"), "attempts": f22_sheet.attempts_head(),
            "assessment": _("Assessment"), "answer": _("Answer"), "remarks": _("Range, reason, note"),
            "findings": _("Findings"), "none": _("No finding."), "empty": _("No call was made."),
            "sign_off": _("Sign-off"),
            "hand_overs": [_("Hand-over"), _("On"), _("In time (Y/N)")], "digest": _("Code hash of the frozen row"),
        },
        "sheets": [dataclasses.asdict(one) for one in found],
    }  # fmt: skip
    return _compiled("f22_sheets.typ", values, at)


def register(rows: Iterable[Row], cycle: Cycle, signatures: Sequence[CycleSignature], at: datetime) -> bytes:
    """As many rows as paper takes."""
    lines: list[list[str]] = []
    more = False
    for row in rows:
        if more := len(lines) == MOST:
            break
        lines.append(f22_register.paper_row(row))
    title = _("Register F-22, %(month)s") % {"month": formats.month(cycle.month, language())}
    values = _common(title, at) | {
        "form": f"{cycle.form.document.code} rev {cycle.form.label}" if cycle.form else "",
        "counts": _("%(count)s calls") % {"count": formats.number(len(lines), language())},
        "head": f22_register.paper_head(),
        "rows": lines,
        "empty": _("No call was made."),
        "more": _("The list goes on: the spreadsheet has every row.") if more else "",
        "signatures": register_signatures(signatures),
        "digest_word": _("Code hash of the frozen register"),
        "digest": cycle.frozen_digest,
    }
    return _compiled("f22_register.typ", values, at)


def register_signatures(signatures: Sequence[CycleSignature]) -> list[tuple[str, str, str]]:
    """The three of the register: part, name with position, when; a dash where it is not signed yet."""
    lang, zone = language(), timezone.get_current_timezone()
    known = {one.part: one for one in standing(signatures)}
    parts = {
        CycleSignature.Part.MADE: _("Made by (QCO)"),
        CycleSignature.Part.CHECKED: _("Checked by (QA)"),
        CycleSignature.Part.ACKNOWLEDGED: _("Acknowledged by (coordinator)"),
    }
    return [
        (label, ", ".join(filter(None, (one.name, one.position))), formats.short_moment(one.at, zone, lang))
        if (one := known.get(part)) is not None else (label, f22_sheet.DASH, "")
        for part, label in parts.items()
    ]  # fmt: skip


def _common(title: str, at: datetime) -> dict[str, Any]:
    lang = language()
    return {
        "lang": lang,
        "title": title,
        "organisation": str(terms.get("organisation.name")) or "Kendali",
        "made": formats.moment(at, timezone.get_current_timezone(), lang),
        "page_word": _("page"),
        "retention": f22_sheet.retention(),
    }


def _compiled(name: str, values: dict[str, Any], at: datetime) -> bytes:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[settings.PACKAGE / "home" / "fonts"]
    )
    compiler = typst.Compiler(
        input=(TEMPLATES / name).read_bytes(), font_paths=fonts, sys_inputs={"values": json.dumps(values)}
    )
    return cast(bytes, compiler.compile(format="pdf", pdf_standards="a-2a", timestamp=int(at.timestamp())))


# --- many sheets


class _Out(RawIOBase):
    """Keeps what was written until it is taken; zipfile asks for no more of a stream."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self.pieces = b"".join(self.pieces), []
        return taken


def zipped(parts: Iterable[tuple[str, bytes]], at: datetime) -> Iterator[bytes]:
    """A ZIP of these files, each handed on as soon as it is written."""
    out = _Out()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts:
            archive.writestr(zipfile.ZipInfo(name, timezone.localtime(at).timetuple()[:6]), data)
            yield out.take()
    yield out.take()
