"""The register as XLSX lines and as a printed list, with the columns of the procedure in its own words (clause 5.6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import cast

import typst
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kendali import formats
from kendali.accounts.models import Client
from kendali.records.queries.batch_holds import BatchHold
from kendali.records.queries.register import Row
from kendali.records.register_words import STATES
from kendali.terms import settings as terms

TEMPLATE = Path(__file__).parent / "print" / "register.typ"
MOST = 2_000  # rows on paper; the spreadsheet has all of them


def head() -> list[str]:
    """Every column of the register, in the order of the domain's list."""
    return [
        _("No."),
        _("Classification code"),
        _("Name / description"),
        _("Kind"),
        _("Client"),
        _("Owning unit"),
        _("Period from"),
        _("Period to"),
        _("Issue date of the document"),
        _("Backup due"),
        _("Backed up"),
        _("Package"),
        _("Restore drill"),
        _("Expired date / expiry date of the document"),
        _("Holds"),
        _("Approval of the client"),
        _("Destruction date of the document (source)"),
        _("Berita Acara (source)"),
        _("Destruction date of the backup copy"),
        _("Berita Acara (backup copy)"),
        _("Quantity"),
        _("Deleted at the source"),
        _("Backup copies destroyed"),
        _("Medium / location"),
        _("Responsible"),
        _("Entry kept for (years)"),
        _("Status"),
        _("Remarks"),
    ]


def line(row: Row) -> Sequence[object]:
    entry = row.entry
    by_hand = entry.certificate_by_hand
    return (
        entry.pk,
        entry.classification,
        entry.title,
        str(entry.get_kind_display()),
        entry.client.name if entry.client else "",
        entry.owner_unit,
        entry.period_first,
        entry.period_last,
        entry.issued_on,
        entry.backup_due_on,
        entry.backed_up_on,
        entry.package,
        drill(row),
        entry.expires_on,
        holds(row),
        approvals(row),
        entry.deleted_on,
        by_hand or numbers(row, "source"),
        entry.destroyed_on,
        by_hand or numbers(row, "backup"),
        entry.quantity,
        entry.deleted_quantity,
        entry.destroyed_quantity,
        entry.medium,
        entry.responsible,
        entry.keep_years,
        str(STATES[row.state].word),
        entry.remarks,
    )


def drill(row: Row) -> str:
    found = row.entry.drill
    return _("%(count)s restored, %(day)s") % {"count": found["records"], "day": found["on"]} if found else ""


def holds(row: Row) -> str:
    return "; ".join(
        _("%(number)s (%(basis)s) since %(since)s") % _hold(one)
        if one.lifted is None
        else _("%(number)s (%(basis)s) since %(since)s, lifted %(lifted)s") % _hold(one)
        for one in row.holds
    )


def _hold(one: BatchHold) -> dict[str, str]:
    lifted = f"{timezone.localtime(one.lifted):%Y-%m-%d}" if one.lifted else ""
    return {
        "number": one.number,
        "basis": one.basis,
        "since": f"{timezone.localtime(one.since):%Y-%m-%d}",
        "lifted": lifted,
    }


def approvals(row: Row) -> str:
    return "; ".join(f"{one['number']} ({one['on']})" for one in row.entry.approvals if one.get("number"))


def numbers(row: Row, act: str) -> str:
    return ", ".join(str(one) for one in row.certificates_of(act))


def pdf(rows: Sequence[Row], *, at: datetime, client: Client | None, more: bool) -> bytes:
    """A3 landscape, PDF/A-2a, in the reader's language; `more`: there are rows that did not fit."""
    lang = (get_language() or "id")[:2]
    values = {
        "lang": lang,
        "title": _("Register of Documents"),
        "organisation": str(terms.get("organisation.name")) or "Kendali",
        "client": client.name if client else _("all clients"),
        "made": formats.moment(at, timezone.get_current_timezone(), lang),
        "page_word": _("page"),
        "more": _("The list goes on: the spreadsheet has every row.") if more else "",
        "empty": _("The register is empty."),
        "head": _paper_head(),
        "rows": [_paper_row(row, lang) for row in rows],
    }
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[settings.PACKAGE / "home" / "fonts"]
    )
    with translation.override(lang):
        compiler = typst.Compiler(
            input=TEMPLATE.read_bytes(), font_paths=fonts, sys_inputs={"values": json.dumps(values)}
        )
        return cast(bytes, compiler.compile(format="pdf", pdf_standards="a-2a", timestamp=int(at.timestamp())))


def _paper_head() -> list[str]:
    return [
        _("No."),
        _("Name / description"),
        _("Client and unit"),
        _("Issue date of the document"),
        _("Backup, package, restore drill"),
        _("Expired date / expiry date of the document"),
        _("Holds"),
        _("Approval of the client"),
        _("Destruction date of the document (source), Berita Acara"),
        _("Destruction date of the backup copy, Berita Acara"),
        _("Quantity"),
        _("Medium, responsible, kept for"),
        _("Status, remarks"),
    ]


def _paper_row(row: Row, lang: str) -> list[str]:
    entry = row.entry

    def on(value: date | None) -> str:
        return formats.day(value, lang) if value else "–"

    def gone(value: date | None, count: int, act: str) -> str:
        if value is None:
            return "–"
        part = (
            ""
            if count >= entry.quantity
            else f"\n{formats.number(count, lang)} / {formats.number(entry.quantity, lang)}"
        )
        return "\n".join(filter(None, [on(value) + part, entry.certificate_by_hand or numbers(row, act)]))

    years = _("%(years)s years") % {"years": entry.keep_years}
    return [
        str(entry.pk),
        "\n".join(filter(None, [entry.title, entry.classification])),
        "\n".join(filter(None, [entry.client.name if entry.client else "", entry.owner_unit])),
        on(entry.issued_on),
        "\n".join(filter(None, [on(entry.backed_up_on), entry.package, drill(row)])),
        on(entry.expires_on),
        holds(row) or "–",
        approvals(row) or "–",
        gone(entry.deleted_on, entry.deleted_quantity, "source"),
        gone(entry.destroyed_on, entry.destroyed_quantity, "backup"),
        formats.number(entry.quantity, lang),
        "\n".join(filter(None, [entry.medium, entry.responsible, years])),
        "\n".join(filter(None, [str(STATES[row.state].word), entry.remarks])),
    ]
