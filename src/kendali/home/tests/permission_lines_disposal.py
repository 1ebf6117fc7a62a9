"""Who may hold, propose, answer, order and explain over the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from kendali.records.tests import disposal_rows as rows
from kendali.records.tests.permission_lines import contract_end_row, copy_row, package_row
from tests.cast import Cast
from tests.permissions import Line

STAFF = "tari indra dewi maya rahma aulia adi"
READERS = "tari indra dewi maya rahma aulia"
PLACERS = "tari dewi maya rahma clara"
OTHER = "candra"
WHY = {"reason": "Sengketa belum selesai."}
HOLD = {"client": "bank-nusantara", "scope": "client", "cause": "dispute", "review_on": "2029-01-01", **WHY}
LIST = {"client": "bank-nusantara", "record_class": "conversation"}
ANSWER = {"answer": "yes", "list_digest": "0" * 64}
CONTRACT = {"client": "bank-nusantara", "ended_on": "2026-01-01", "reference": "PKS 7/2020", **WHY}
Method = Literal["GET", "POST"]


def _hold(cast: Cast) -> dict[str, Any]:
    return {"hold_id": rows.hold(cast).pk}


def _proposal(cast: Cast) -> dict[str, Any]:
    return {"proposal_id": rows.proposal(cast).pk}


def _order(cast: Cast) -> dict[str, Any]:
    return {"order_id": rows.order(cast).pk}


def _incident(cast: Cast) -> dict[str, Any]:
    return {"incident_id": rows.incident(cast).pk}


def _contract_end(cast: Cast) -> dict[str, Any]:
    return {"end_id": contract_end_row(cast).pk}


def _line(
    allow: str, kwargs: Callable[[Cast], Mapping[str, Any]] | None = None, method: Method = "GET", **data: object
) -> Line:
    """Of one thing of Bank Nusantara where `kwargs` names it."""
    return Line(
        allow=allow,
        api=True,
        method=method,
        stranger=OTHER if kwargs else "",
        kwargs=kwargs or (lambda cast: {}),
        data=lambda cast: data,
    )


def _of_client(allow: str, data: Mapping[str, object]) -> Line:
    """Where the body names the client."""
    return Line(allow=allow, api=True, method="POST", stranger=OTHER, data=lambda cast: data)


API: dict[str, Line] = {
    "list_holds": _line(f"{READERS} clara candra"),
    "place_hold": _of_client(PLACERS, HOLD),
    "show_hold": _line(f"{READERS} clara", _hold),
    "list_held": _line(f"{READERS} clara", _hold),
    "release_hold": _line("maya rahma clara", _hold, "POST", **WHY),
    "review_hold": _line(PLACERS, _hold, "POST", review_on="2029-01-01", **WHY),
    "list_proposals": _line(f"{READERS} clara candra"),
    "show_past": _line(STAFF),
    "preview_proposal": _of_client("tari", LIST),
    "propose": _of_client("tari", LIST),
    "show_proposal": _line(f"{READERS} clara", _proposal),
    "list_lines": _line(f"{READERS} clara", _proposal),
    "list_left_out": _line(f"{READERS} clara", _proposal),
    "ask_client": _line("tari", _proposal, "POST"),
    "cancel_proposal": _line("tari clara", _proposal, "POST", **WHY),
    "list_gone": Line(
        allow=f"{STAFF} clara", api=True, stranger=OTHER, data=lambda cast: {"client": cast.nusantara.code}
    ),
    "list_decisions": _line(f"{READERS} clara", _proposal),
    "decide": _line("clara", _proposal, "POST", **ANSWER),
    "list_orders": _line(f"{STAFF} clara candra"),
    "raise_order": _line("tari", _proposal, "POST"),
    "show_order": _line(f"{STAFF} clara", _order),
    "list_disposal_items": _line(f"{STAFF} clara", _order),
    "list_journal": _line(f"{STAFF} clara", _order),
    "accept_order": _line("indra", _order, "POST"),
    "return_order": _line("indra", _order, "POST", **WHY),
    "arm_order": _line("indra", _order, "POST", number="ESP-2026-0001"),
    "pause_order": _line("indra", _order, "POST"),
    "resume_order": _line("indra", _order, "POST"),
    "draft_certificate": _line("dewi", _order, "POST", language="id"),
    "cancel_order": _line("tari clara", _order, "POST", **WHY),
    "list_copies": _line(STAFF, lambda cast: {"package_id": package_row(cast).pk}),
    "register_copy": _line("indra adi", lambda cast: {"package_id": package_row(cast).pk}, "POST", place="Pita 12"),
    "end_copy": _line(
        "indra adi", lambda cast: {"copy_id": copy_row(cast).pk}, "POST", how="gone", evidence="BA 12/2026"
    ),
    "list_contract_ends": _line(f"{STAFF} clara candra"),
    "end_contract": _of_client("maya rahma", CONTRACT),
    "withdraw_contract_end": _line("maya rahma", _contract_end, "POST", **WHY),
    "propose_everything": _line("tari", _contract_end, "POST"),
    "list_incidents": _line(READERS),
    "close_incident": _line("maya rahma", _incident, "POST", **WHY),
}
DISPOSAL: dict[str, Line] = {f"api-v1:{name}": line for name, line in API.items()}
