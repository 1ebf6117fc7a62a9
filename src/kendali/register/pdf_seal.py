"""Reading a sealed PDF: whose signature, whether anything changed, and the JSON attached to it. No Django here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

ATTACHED: Final = "berita-acara.json"


class BadPdf(Exception):
    """Not a sealed PDF: the sentence says why."""


@dataclass(frozen=True, slots=True)
class Seal:
    intact: bool  # the signed bytes have their digest
    valid: bool  # and the signature over it is the certificate's
    whole: bool  # it covers the whole file
    trusted: bool  # its certificate was issued by the authority that was given
    signer: str
    fingerprint: str  # SHA-256 of the signing certificate
    claimed: str  # the time that the sealing machine says
    stamped: str  # the time that a time-stamp server says; "" without one
    subject: str  # of the document: number and root, as they are printed


def read_seal(data: bytes, trust: Path | None = None) -> Seal:
    """BadPdf when there is not exactly one signature, or the file is damaged."""
    try:
        reader = PdfFileReader(BytesIO(data), strict=False)
        signatures = reader.embedded_signatures
        if len(signatures) != 1:
            raise BadPdf(f"it has {len(signatures)} signatures instead of one")
        status = validate_pdf_signature(signatures[0], context(trust))
        subject = str(reader.trailer["/Info"].get("/Subject", ""))
    except (PdfError, SignatureValidationError, SigningError, KeyError, ValueError, TypeError) as error:
        raise BadPdf(str(error)) from error
    stamp = status.timestamp_validity
    good_stamp = stamp is not None and stamp.intact and stamp.valid
    return Seal(
        intact=status.intact,
        valid=status.valid,
        whole=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        trusted=status.trusted,
        signer=str(status.signing_cert.subject.human_friendly),
        fingerprint=status.signing_cert.sha256.hex(),
        claimed=str(status.signer_reported_dt),
        stamped=str(stamp.timestamp) if good_stamp and stamp else "",
        subject=subject,
    )


def context(trust: Path | None) -> ValidationContext:
    """Nothing is fetched; `trust`: PEM of the only authority that counts."""
    roots = []
    if trust is not None:
        loaded = pem.unarmor(trust.read_bytes(), multiple=True)
        roots = [asn1_x509.Certificate.load(der) for _type, _head, der in loaded]
    return ValidationContext(trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail")


def attachment(data: bytes) -> bytes | None:
    """The attached facts, None where there are none (or the file cannot be read as PDF)."""
    try:
        names = PdfFileReader(BytesIO(data), strict=False).root["/Names"]["/EmbeddedFiles"]
        for name, spec in _named(names):
            if name == ATTACHED:
                content: bytes = spec["/EF"]["/F"].data
                return content
    except (PdfError, KeyError, ValueError, TypeError):
        return None
    return None


def _named(tree: Any) -> Iterator[tuple[str, Any]]:
    """The pairs of a name tree (ISO 32000-1, 7.9.6)."""
    values = tree.get("/Names", [])
    for index in range(0, len(values) - 1, 2):
        yield str(values[index]), values[index + 1]
    for kid in tree.get("/Kids", []):
        yield from _named(kid.get_object() if hasattr(kid, "get_object") else kid)
