"""Who may open the pages of certificates."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from kendali.register.models import Certificate
from kendali.register.tests import papers
from tests.cast import Cast
from tests.permissions import ANYBODY, EVERYBODY, Line

STAFF = "tari indra dewi maya rahma aulia"
OTHER_CLIENT = "candra"  # everything below belongs to Bank Nusantara


def draft_row(cast: Cast) -> Certificate:
    """A draft; a client's own people do not see it before it is sealed."""
    return papers.drafted(cast)


def _draft(cast: Cast) -> dict[str, Any]:
    return {"pk": draft_row(cast).pk}


def _api(cast: Cast) -> dict[str, Any]:
    return {"certificate_id": draft_row(cast).pk}


def _public(cast: Cast) -> dict[str, Any]:
    one = draft_row(cast)
    Certificate.objects.filter(pk=one.pk).update(
        status="cancelled", number="BA-2026-0001", printed_number="BA-2026-0001"
    )
    return {"number": "BA-2026-0001", "token": one.token}


HIDDEN = f"clara {OTHER_CLIENT}"

LINES = {
    "certificates": Line(allow=f"{STAFF} clara candra"),
    "certificates_sign": Line(allow=f"{STAFF} clara candra", method="POST"),
    "certificate": Line(allow=STAFF, stranger=HIDDEN, kwargs=_draft),
    "certificate_live": Line(allow=STAFF, stranger=HIDDEN, kwargs=_draft),
    "certificate_send": Line(allow="dewi", stranger=HIDDEN, method="POST", kwargs=_draft),
    "certificate_cancel": Line(allow="dewi", stranger=HIDDEN, method="POST", kwargs=_draft),
    "certificate_correct": Line(allow="dewi", stranger=HIDDEN, kwargs=_draft),
    "certificate_proof": Line(allow=STAFF, stranger=HIDDEN, method="POST", kwargs=_draft),
    "certificate_upload": Line(allow="dewi", stranger=HIDDEN, method="POST", kwargs=_draft),
    # A draft has no file yet: whoever may ask is told so by 404, too.
    "certificate_file": Line(
        allow="", stranger=f"{STAFF} {HIDDEN}", kwargs=lambda cast: {**_draft(cast), "kind": "pdf"}
    ),
    "certificate_copy": Line(
        allow="", stranger=f"{STAFF} {HIDDEN}", kwargs=lambda cast: {**_draft(cast), "copy_id": uuid4()}
    ),
    "certificate_verify": Line(allow=EVERYBODY, anonymous=ANYBODY, kwargs=_public),
    "seal_authority": Line(allow="", refused=404, anonymous="404"),  # none was made yet
    "api-v1:list_certificates": Line(allow=f"{STAFF} clara candra", api=True, anonymous="401"),
    "api-v1:show_certificate": Line(allow=STAFF, stranger=HIDDEN, api=True, anonymous="401", kwargs=_api),
    "api-v1:list_certificate_lines": Line(allow=STAFF, stranger=HIDDEN, api=True, anonymous="401", kwargs=_api),
    "api-v1:download_certificate_file": Line(
        allow="", stranger=f"{STAFF} {HIDDEN}", api=True, anonymous="401",
        kwargs=lambda cast: {**_api(cast), "kind": "pdf"},
    ),
    "api-v1:cancel_certificate": Line(
        allow="dewi", stranger=HIDDEN, api=True, anonymous="401", method="POST", kwargs=_api,
        data=lambda cast: {"reason": "x"},
    ),
    "api-v1:correct_certificate": Line(
        allow="dewi", stranger=HIDDEN, api=True, anonymous="401", method="POST", kwargs=_api,
        data=lambda cast: {"reason": "x"},
    ),
    "api-v1:prove_record": Line(
        allow=STAFF, stranger=HIDDEN, api=True, anonymous="401", method="POST", kwargs=_api,
        data=lambda cast: {"ref": "4101"},
    ),
}  # fmt: skip
