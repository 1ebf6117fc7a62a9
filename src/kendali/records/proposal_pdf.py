"""Daftar Usulan Penghapusan as a PDF: the whole of it in numbers, its first pages line by line, and its digest."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import typst
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kendali import formats
from kendali.disposal.models import Act, Proposal
from kendali.records import words, words_disposal
from kendali.records.queries import proposals as query
from kendali.terms import settings as terms

TEMPLATE = Path(__file__).parent / "print" / "proposal.typ"
LINES = 240  # of the list that are printed; all of them are in the XLSX, and the digest names them all


def render(proposal: Proposal, *, at: datetime) -> bytes:
    """PDF/A-2a in the reader's language."""
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[settings.PACKAGE / "home" / "fonts"]
    )
    values = json.dumps(_values(proposal, at))
    compiler = typst.Compiler(input=TEMPLATE.read_bytes(), font_paths=fonts, sys_inputs={"values": values})
    pdf = compiler.compile(format="pdf", pdf_standards="a-2a", timestamp=int(at.timestamp()))
    return cast(bytes, pdf)


class _Paper:
    """How values are written: the reader's language, the policy's zone."""

    def __init__(self, proposal: Proposal) -> None:
        self.lang = "en" if get_language() == "en" else "id"
        self.zone = ZoneInfo(proposal.policy.zone)

    def count(self, value: int) -> str:
        return formats.number(value, self.lang)

    def size(self, value: int) -> str:
        return formats.size(value, self.lang)

    def day(self, value: Any) -> str:
        return formats.day(formats.local(value, self.zone), self.lang) if value else "–"

    def short_day(self, value: Any) -> str:
        return formats.short_day(formats.local(value, self.zone), self.lang) if value else "–"

    def moment(self, value: datetime | None) -> str:
        return formats.moment(value, self.zone, self.lang) if value else "–"


def _values(proposal: Proposal, at: datetime) -> dict[str, Any]:
    paper = _Paper(proposal)
    sums = query.totals(proposal)
    backup = proposal.act == Act.BACKUP
    return {
        "lang": paper.lang,
        "organisation": str(terms.get("organisation.name") or "Kendali"),
        "title": _("List proposed for destruction of the backup copy") if backup else _("List proposed for deletion"),
        "description": _("One exact list, put to the client for its decision"),
        "number_word": _("Number"),
        "number": proposal.number or _("draft"),
        "state": str(proposal.get_status_display()),
        "client_line": f"{proposal.client.name} · {words.CLASSES[proposal.record_class]}",
        "footer": _("%(number)s · printed %(at)s") % {"number": proposal.number or _("draft"), "at": paper.moment(at)},
        "page_word": _("Page"),
        "facts": _facts(proposal, paper, sums),
        "digest_title": _("Digest of the list (SHA-256)"),
        "digest": proposal.final_digest or proposal.list_digest,
        "digest_note": _(
            "Over one line for each record (source, id, date, first day of deletion, keyed digest) in byte order. "
            "The client's answer names this digest; it changes with every line."
        ),
        "totals_title": _("By month and channel"),
        "totals": _totals(sums, paper),
        "apart": _apart(proposal, paper),
        "answers_title": _("Answer of the client"),
        "answers": _answers(proposal, paper),
        "list": _list(proposal, paper, sums),
    }


def _facts(proposal: Proposal, paper: _Paper, sums: query.Totals) -> list[list[str]]:
    rows = [
        [_("Act"), str(proposal.get_act_display())],
        [_("Records"), paper.count(sums.total)],
        [_("Size"), paper.size(sums.size)],
        [_("Period"), f"{paper.day(sums.oldest)} – {paper.day(sums.newest)}"],
        [_("Cut-off"), paper.day(proposal.cut_off)],
        [_("Policy"), _("version %(version)s, deletion after %(years)s years") % {
            "version": proposal.policy.version, "years": proposal.policy.delete_after_years}],
        [_("Compared with the source"), paper.moment(proposal.frozen_at)],
        [_("Asked"), paper.moment(proposal.asked_at)],
        [_("Answer until"), paper.moment(proposal.due_at)],
    ]  # fmt: skip
    if proposal.proposed_by:
        rows.insert(0, [_("Proposed by"), proposal.proposed_by.name])
    return rows


def _totals(sums: query.Totals, paper: _Paper) -> dict[str, Any]:
    rows = [
        [formats.month(line.month, paper.lang), *map(paper.count, line.counts), paper.size(line.size),
         paper.count(line.total)]
        for line in sums.months
    ]  # fmt: skip
    return {
        "head": [_("Month"), *map(str, sums.channels), _("Size"), _("Together")],
        "rows": rows,
        "foot": [_("Together"), *map(paper.count, sums.counts), paper.size(sums.size), paper.count(sums.total)],
        "aligns": ["l", *["r"] * (len(sums.channels) + 2)],
        "widths": [2, *["auto"] * (len(sums.channels) + 2)],
    }


def _apart(proposal: Proposal, paper: _Paper) -> dict[str, Any]:
    rows = [[str(one.pill.word).capitalize(), paper.count(one.count)] for one in query.left_out(proposal)]
    return {"title": _("Left out, with the reason"), "head": [_("Reason"), _("Records")], "rows": rows}


def _answers(proposal: Proposal, paper: _Paper) -> list[list[str]]:
    rows = []
    for one in proposal.decisions.all():
        said = f"{one.get_answer_display()} · {one.name}, {one.position} · {one.get_way_display()}"
        rows.append([paper.moment(one.at), f"{said} · {one.reason}" if one.reason else said])
    if proposal.valid_until and proposal.decided_at:
        rows.append([_("Valid until"), paper.moment(proposal.valid_until)])
    if proposal.void_reason:
        rows.append([_("The approval is void"), words_disposal.void_sentence(proposal.void_reason)])
    return rows


def _list(proposal: Proposal, paper: _Paper, sums: query.Totals) -> dict[str, Any]:
    items = proposal.items.filter(taken_out=False).order_by("month", "id")[:LINES]
    rows = [
        [paper.count(place), item.display or item.ref, item.channel or "–", paper.short_day(item.clock),
         paper.short_day(item.due_on), paper.size(item.size)]
        for place, item in enumerate(items, start=1)
    ]  # fmt: skip
    note = (
        _("All %(count)s records.")
        if sums.total <= LINES
        else _("The first %(shown)s of %(count)s records; all of them are in the XLSX of the same number.")
    )
    return {
        "title": _("The list"),
        "note": note % {"count": paper.count(sums.total), "shown": paper.count(len(rows))},
        "head": [_("No."), _("Number"), _("Channel"), _("Date the period runs from"), _("May be deleted from"),
                 _("Size")],
        "rows": rows,
    }  # fmt: skip
