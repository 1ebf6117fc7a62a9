"""The certificate as PDF/A-3a: everything it says, in its language, with the same as JSON attached for machines.

PDF/A-3 differs from PDF/A-2 in one thing only: it may carry a file, and the stand-alone verifier reads that one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import qrcode
import typst
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

from kendali import formats
from kendali.register import evidence, rules, words
from kendali.register.annex import Annex
from kendali.register.lines import Row
from kendali.register.models import Certificate, Signature
from kendali.register.paper import Paper
from kendali.terms import settings as terms

TEMPLATE = Path(__file__).parent / "print" / "certificate.typ"
FIRST_LINES = 60  # of the list on the paper; all of it is in the annexed files


@dataclass(frozen=True, slots=True)
class Content:
    """What is printed beside the certificate's own columns, most of which are written only afterwards."""

    number: str
    printed_number: str
    annex: Annex
    first: Sequence[Row]
    signatures: Sequence[Signature]
    chain: tuple[int, bytes, str] | None = None  # entry, hash, place of the anchor; None: not sealed yet
    signing_sha256: str = ""


def render(certificate: Certificate, content: Content, *, at: datetime) -> bytes:
    """The PDF for signing, or (with a chain head) the one to be sealed. `at`: when it is made."""
    with translation.override(certificate.language):
        values = _values(certificate, content)
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[settings.PACKAGE / "home" / "fonts"]
    )
    compiler = typst.Compiler(input=TEMPLATE.read_bytes(), font_paths=fonts, sys_inputs={"values": json.dumps(values)})
    return cast(bytes, compiler.compile(format="pdf", pdf_standards="a-3a", timestamp=int(at.timestamp())))


def address(number: str, token: str) -> str:
    """The page that anybody with the paper may open."""
    return settings.BASE_URL.rstrip("/") + reverse("certificate_verify", kwargs={"number": number, "token": token})


def _values(certificate: Certificate, content: Content) -> dict[str, Any]:
    paper = Paper(certificate)
    url = address(content.number, certificate.token)
    organisation = certificate.facts.get("organisation") or str(terms.get("organisation.name")) or "Kendali"
    number = content.printed_number
    return {
        "lang": certificate.language,
        "title": _("Certificate of Destruction of Documents"),
        "organisation": organisation,
        "client_line": f"{certificate.client.name} · {certificate.facts['owner_unit']}",
        "number_word": _("Number"),
        "number": number,
        "description": f"{content.number} {content.annex.root.hex()}",
        "state": _state(content),
        "qr": _qr(url),
        "qr_words": _("QR code: the verification page %(url)s") % {"url": url},
        "scan_word": _("Scan to verify"),
        "page_word": _("page"),
        "footer": f"{number} · {certificate.client.name} · {content.annex.root.hex()[:16]}…",
        "opening": paper.opening(),
        "correction": paper.correction(),
        "totals": paper.totals(),
        "sections": paper.sections(),
        "signing": _signing(certificate, content),
        "seal": _seal(certificate, content, url),
        "annex": _annex(certificate, content),
        "evidence": evidence.of(certificate, content).decode(),
        "evidence_words": _("What this certificate says, as JSON; for python -m kendali.register verify"),
    }


def _state(content: Content) -> dict[str, str]:
    if content.chain is None:
        return {"word": _("text for signature"), "colour": "soon"}
    return {"word": _("signed and sealed"), "colour": "done"}


def _qr(text: str) -> str:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0, image_factory=SvgPathImage)
    code.add_data(text)
    svg: str = code.make_image().to_string(encoding="unicode")
    return svg


def _signing(certificate: Certificate, content: Content) -> dict[str, Any]:
    signed = list(content.signatures)
    blocks = [_signed(certificate, one) for one in sorted(signed, key=lambda one: (_order(one.part), one.pk or 0))]
    left = rules.missing(
        [one.part for one in signed], witnesses=certificate.witnesses_needed, client_signs=certificate.client_signs
    )
    blocks += [_unsigned(certificate, part) for part in left]
    note = _("Each signature is a log-in with password or second factor on exactly one text, kept in the audit trail.")
    if content.signing_sha256:
        note += " " + _("SHA-256 of the text that was signed:") + f" {content.signing_sha256}"
    return {"title": _("Signatures"), "note": note, "blocks": blocks}


def _order(part: str) -> int:
    return list(rules.PERMISSIONS).index(part)


def _signed(certificate: Certificate, one: Signature) -> dict[str, Any]:
    zone = ZoneInfo(certificate.facts["zone"])
    behalf = [_("on behalf of %(name)s") % {"name": one.on_behalf_of}] if one.on_behalf_of else []
    return {
        "part": str(words.PARTS[one.part]),
        "signed": True,
        "mark": _("Signed electronically"),
        "lines": [formats.moment(one.at, zone, certificate.language), str(words.FACTORS[one.factor]), *behalf],
        "name": one.name,
        "position": _position(one.position, one.employee_number),
    }


def _unsigned(certificate: Certificate, part: str) -> dict[str, Any]:
    whose = certificate.client_id, certificate.record_class
    stamped = part == rules.ACKNOWLEDGED and terms.get("certificate.stamp_duty", *whose)
    stamp = [_("place of the e-meterai")] if stamped else []
    named = {"pelaksana": certificate.facts["executor"], "pemilik": certificate.facts.get("owner")}.get(part) or {}
    return {
        "part": str(words.PARTS[part]),
        "signed": False,
        "mark": "",
        "lines": [_("not signed yet"), *stamp],
        "name": named.get("name") or "…",
        "position": _position(named.get("position", ""), named.get("employee_number", "")),
    }


def _position(position: str, number: str) -> str:
    employee = _("employee no. %(number)s") % {"number": number} if number else ""
    return " · ".join(text for text in (position, employee) if text)


def _seal(certificate: Certificate, content: Content, url: str) -> dict[str, Any]:
    rows: list[list[object]] = []
    if content.chain is not None:
        entry, head, place = content.chain
        rows = [
            [
                _("Head of the audit trail"),
                _("entry %(entry)s") % {"entry": formats.number(entry, certificate.language)},
            ],
            ["", {"digest": head.hex()}],
            [_("Anchored at"), place],
            [_("Verification page"), url],
        ]
    return {
        "title": _("Seal of the installation"),
        "rows": rows,
        "note": _(
            "This file is sealed once with the certificate of the installation (PAdES); any PDF reader shows whether "
            "it was changed since. The seal is not anybody's personal signature."
        ),
    }


def _annex(certificate: Certificate, content: Content) -> dict[str, Any]:
    lang, zone = certificate.language, ZoneInfo(certificate.facts["zone"])
    verdicts = words.verdicts(certificate.act)
    rows = [
        [
            formats.number(row.position, lang), row.source, row.ref,
            formats.short_day(row.due_on, lang) if row.due_on else "–",
            formats.short_moment(row.ended_at, zone, lang) if row.ended_at else "–",
            verdicts[row.verdict], row.keyed_digest.hex()[:12] + "…",
        ]
        for row in content.first
    ]  # fmt: skip
    shown, count = len(rows), content.annex.count
    more = _("Lines 1 to %(shown)s of %(count)s; all of them are in the annexed files.") % {
        "shown": formats.number(shown, lang), "count": formats.number(count, lang),
    }  # fmt: skip
    return {
        "title": _("Annex: the list"),
        "note": _(
            "The whole list is kept as CSV and XLSX with this certificate. The root is that of a Merkle tree "
            "(RFC 6962) over all lines: with it one record can be proved to be on this list without showing any other."
        ),
        "facts": [
            [_("Lines"), formats.number(count, lang)],
            [_("Root of the list"), {"digest": content.annex.root.hex()}],
            ["SHA-256 CSV", {"digest": content.annex.csv_sha256}],
            ["SHA-256 XLSX", {"digest": content.annex.xlsx_sha256}],
        ],
        "head": [
            _("No."), _("Source"), _("Id at the source"), _("May go from"), _("Verdict measured at"), _("Verdict"),
            _("Keyed digest"),
        ],
        "aligns": ["r", "l", "l", "l", "l", "l", "l"],
        "widths": ["auto", 1.2, 0.8, "auto", "auto", 1.3, "auto"],
        "rows": rows,
        "more": more if shown < count else _("This is the whole list."),
    }  # fmt: skip
