"""Who may open the pages around an approval: approvers, links, letters, erasure requests, deleting at a source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from kendali.disposal.actions import invitations
from kendali.disposal.models import ErasureRequest, Invitation, Letter
from kendali.disposal.tests import asking
from kendali.records.tests.permission_lines import source_row
from tests.cast import Cast
from tests.permissions import ANYBODY, EVERYBODY, Line

OTHER = "candra"
STAFF = "tari indra dewi maya rahma aulia"
HOUSE = f"{STAFF} adi"


def _proposal(cast: Cast) -> dict[str, Any]:
    return {"pk": asking.asked(cast).pk}


def _letter(cast: Cast) -> dict[str, Any]:
    proposal = asking.asked(cast)
    row = Letter.objects.create(
        proposal=proposal, path="letters/nowhere.ks1", name="surat.pdf", size=1, sha256="0" * 64,
        list_digest=proposal.final_digest, signed_by_name="Dian", signed_by_position="Kepala",
        signed_on=cast.now.date(), uploaded_by=cast.tari, uploaded_at=cast.now,
    )  # fmt: skip
    return {"pk": row.pk}


def _link(cast: Cast) -> dict[str, Any]:
    proposal = asking.asked(cast)
    row = Invitation(
        proposal=proposal, approver=asking.approver(cast), list_digest=proposal.final_digest, created_at=cast.now,
        expires_at=cast.now + timedelta(days=36500),
    )  # fmt: skip
    row.token_hash = invitations._hash(invitations.token(row))
    row.save()
    return {"secret": invitations.token(row)}


def request_row(cast: Cast) -> ErasureRequest:
    return ErasureRequest.objects.create(
        number="PPD-2026-0001", client=cast.nusantara, record_class="recording", customer_phone_hmac=b"x" * 16,
        received_at=cast.now, due_at=cast.now + timedelta(hours=72), entered_by=cast.tari, entered_at=cast.now,
    )  # fmt: skip


def _request(cast: Cast) -> dict[str, Any]:
    return {"pk": request_row(cast).pk}


def _source(cast: Cast) -> dict[str, Any]:
    return {"pk": source_row(cast).pk}


def _client(cast: Cast) -> dict[str, Any]:
    return {"code": cast.nusantara.code}


def _approver(cast: Cast) -> dict[str, Any]:
    return {"code": cast.nusantara.code, "pk": asking.approver(cast).pk}


LINES = {
    "approval_link": Line(allow=EVERYBODY, anonymous=ANYBODY, kwargs=_link),
    "approval_link_xlsx": Line(allow=EVERYBODY, anonymous=ANYBODY, kwargs=_link),
    "approvers": Line(allow=f"{HOUSE} clara", stranger=OTHER, kwargs=_client),
    "approver_new": Line(allow="adi", stranger=OTHER, kwargs=_client),
    "approver_edit": Line(allow="adi", stranger=OTHER, kwargs=_approver),
    "approver_end": Line(allow="adi", stranger=OTHER, method="POST", kwargs=_approver),
    "letter_new": Line(allow="tari", stranger=OTHER, kwargs=_proposal),
    "invite_again": Line(allow="tari", stranger=OTHER, method="POST", kwargs=_proposal),
    "letter": Line(allow=f"{STAFF} clara", stranger=OTHER, kwargs=_letter),
    "letter_yes": Line(allow="tari", stranger=OTHER, method="POST", kwargs=_letter),
    "erasures": Line(allow=f"{STAFF} clara candra"),
    "erasure_new": Line(allow="tari dewi clara candra"),
    "erasure": Line(allow=f"{STAFF} clara", stranger=OTHER, kwargs=_request),
    "erasure_propose": Line(allow="tari", stranger=OTHER, method="POST", kwargs=_request),
    "erasure_refuse": Line(allow="clara", stranger=OTHER, method="POST", kwargs=_request),
    "erasure_close": Line(allow="tari", stranger=OTHER, method="POST", kwargs=_request),
    "source_deleting": Line(allow=HOUSE, stranger=OTHER, kwargs=_source),
    "source_deleting_probe": Line(allow="adi indra", stranger=OTHER, method="POST", kwargs=_source),
}


def _number(name: str, row: Callable[[Cast], dict[str, Any]]) -> Callable[[Cast], dict[str, Any]]:
    return lambda cast: {name: row(cast)["pk"]}


def _get(allow: str, kwargs: Callable[[Cast], dict[str, Any]] = lambda cast: {}, **more: Any) -> Line:
    return Line(api=True, allow=allow, kwargs=kwargs, **more)


def _post(
    allow: str, kwargs: Callable[[Cast], dict[str, Any]] = lambda cast: {}, data: Any = None, **more: Any
) -> Line:
    return Line(
        api=True, method=more.pop("method", "POST"), allow=allow, kwargs=kwargs, data=lambda cast: data or {}, **more
    )


PERSON = {"email": "baru@bank.test", "name": "Baru", "position": "Staf"}
PDF = {"name": "surat.pdf", "pdf": "JVBERi0=", "signed_by_name": "Dian", "signed_by_position": "Kepala",
       "signed_on": "2026-11-20"}  # fmt: skip
ASKED = {"client": "bank-nusantara", "record_class": "recording", "phone": "0812",
         "received_at": "2026-11-20T08:00:00Z"}  # fmt: skip
READERS = f"{STAFF} clara"
API = {
    "list_approvers": _get(f"{HOUSE} clara", _client, stranger=OTHER),
    "propose_approver": _post("adi", _client, PERSON),
    "propose_approver_change": _post("adi", _number("approver_id", _approver), PERSON, method="PUT"),
    "propose_approver_end": _post("adi", _number("approver_id", _approver)),
    "upload_letter": _post("tari", _number("proposal_id", _proposal), PDF),
    "list_letters": _get(READERS, _number("proposal_id", _proposal), stranger=OTHER),
    "show_letter": _get(READERS, _number("letter_id", _letter), stranger=OTHER),
    "record_letter": _post("tari", _number("letter_id", _letter)),
    "send_links": _post("tari", _number("proposal_id", _proposal)),
    "list_erasures": _get(f"{STAFF} clara candra"),
    "enter_erasure": _post("tari dewi clara", data=ASKED, stranger=OTHER),
    "show_erasure": _get(READERS, _number("erasure_id", _request), stranger=OTHER),
    "list_erasure_records": _get(READERS, _number("erasure_id", _request), stranger=OTHER),
    "propose_erasure": _post("tari", _number("erasure_id", _request), {"records": [1]}),
    "refuse_erasure": _post("clara", _number("erasure_id", _request), {"reason": "Perkara"}, stranger=OTHER),
    "close_erasure": _post("tari", _number("erasure_id", _request), {"reason": "Tidak ada"}),
    "show_deleting": _get(HOUSE, _number("source_id", _source)),
    "propose_deleting": _post("adi", _number("source_id", _source), {"config": {"delete_by": "none"}}, method="PUT"),
    "probe_deleting": _post("adi indra", _number("source_id", _source)),
}
LINES |= {f"api-v1:{name}": line for name, line in API.items()}
