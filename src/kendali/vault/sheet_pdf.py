"""The recovery sheet as a PDF, made in memory: nothing of it touches a disk."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import cast

import qrcode
import typst
from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage

from kendali.archive.recovery import RecoverySheet
from kendali.archive.slots import OFFHOST
from kendali.vault.package_keys import current_epoch, registered_slots

TEMPLATE = Path(__file__).parent / "print" / "sheet.typ"


def render(sheet: RecoverySheet, *, at: datetime, organisation: str = "Kendali") -> bytes:
    """One A4 page, PDF/A-2a. `organisation`: whose sheet this is, in the head."""
    with translation.override("id"):
        made = date_format(timezone.localtime(at), "l, j F Y H.i T")
    values = {
        "title": "Lembar Pemulihan Kunci",
        "title_en": "Key recovery sheet",
        "organisation": organisation,
        "made": made,
        "groups": sheet.groups,
        "recipient": sheet.recipient,
        "epoch": str(current_epoch().number),
        "offhost": [slot.declared or slot.location for slot in registered_slots(kind=OFFHOST)],
        "qr": qr(sheet.identity.secret_text()),
        "qr_words": "Kode QR: AGE-SECRET-KEY-1 dan ke-13 kelompok tanpa pemeriksa",
    }
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[settings.PACKAGE / "home" / "fonts"]
    )
    compiler = typst.Compiler(input=TEMPLATE.read_bytes(), font_paths=fonts, sys_inputs={"values": json.dumps(values)})
    pdf = compiler.compile(format="pdf", pdf_standards="a-2a", timestamp=int(at.timestamp()))
    return cast(bytes, pdf)


def qr(text: str) -> str:
    """SVG, error correction M; upper-case text makes the small alphanumeric code."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0, image_factory=SvgPathImage)
    code.add_data(text)
    svg: str = code.make_image().to_string(encoding="unicode")
    return svg
