"""What a certificate says as JSON, attached to its PDF: the stand-alone verifier needs nothing else (verify.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kendali.register import merkle
from kendali.register.facts import FORMAT
from kendali.register.models import Certificate, Signature

if TYPE_CHECKING:
    from kendali.register.certificate_pdf import Content


def of(certificate: Certificate, content: Content) -> bytes:
    """Canonical JSON. The chain head is there only in the sealed PDF."""
    chain = None
    if content.chain is not None:
        entry, head, place = content.chain
        chain = {"entry": entry, "hash": head.hex(), "place": place}
    return merkle.canonical(
        {
            "format": FORMAT,
            "number": content.number,
            "printed_number": content.printed_number,
            "client": certificate.client.name,
            "act": certificate.act,
            "record_class": certificate.record_class,
            "language": certificate.language,
            "order": certificate.order_ref,
            "corrects": certificate.corrects.number if certificate.corrects else None,
            "reason": certificate.reason,
            "totals": {**certificate.totals, "bytes": certificate.bytes, "seconds": certificate.seconds},
            "merkle_root": content.annex.root.hex(),
            "leaf_count": content.annex.count,
            "csv_sha256": content.annex.csv_sha256,
            "xlsx_sha256": content.annex.xlsx_sha256,
            "witnesses": certificate.witnesses_needed,
            "client_signs": certificate.client_signs,
            "signed_pdf_sha256": content.signing_sha256 or None,
            "signatures": [_signature(one) for one in content.signatures],
            "chain": chain,
            "facts": certificate.facts,
        }
    )


def _signature(one: Signature) -> dict[str, object]:
    return {
        "part": one.part, "name": one.name, "position": one.position, "employee_number": one.employee_number,
        "role": one.role, "on_behalf_of": one.on_behalf_of, "factor": one.factor, "pdf_sha256": one.pdf_sha256,
        "at": merkle.instant(one.at),
    }  # fmt: skip
