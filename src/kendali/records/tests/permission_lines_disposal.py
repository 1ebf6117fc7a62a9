"""Who may open the pages of disposal; part of the app's table (permission_lines)."""

from __future__ import annotations

from typing import Any

from kendali.records.tests import disposal_rows as rows
from tests.cast import Cast
from tests.permissions import Line

STAFF = "tari indra dewi maya rahma aulia adi"
READERS = "tari indra dewi maya rahma aulia"
CLIENTS = "clara candra"
OTHER = "candra"


def _hold(cast: Cast) -> dict[str, Any]:
    return {"pk": rows.hold(cast).pk}


def _proposal(cast: Cast) -> dict[str, Any]:
    return {"pk": rows.proposal(cast).pk}


def _order(cast: Cast) -> dict[str, Any]:
    return {"pk": rows.order(cast).pk}


LINES = {
    "past_xlsx": Line(allow=STAFF),
    "holds": Line(allow=f"{READERS} {CLIENTS}"),
    "holds_xlsx": Line(allow=f"{READERS} {CLIENTS}"),
    "hold_new": Line(allow=f"tari dewi maya rahma {CLIENTS}"),
    "hold": Line(allow=f"{READERS} clara", stranger=OTHER, kwargs=_hold),
    "hold_release": Line(allow="maya rahma clara", stranger=OTHER, method="POST", kwargs=_hold),
    "hold_review": Line(allow="tari dewi maya rahma clara", stranger=OTHER, method="POST", kwargs=_hold),
    "proposals": Line(allow=f"{READERS} {CLIENTS}"),
    "proposals_xlsx": Line(allow=f"{READERS} {CLIENTS}"),
    "propose": Line(allow="tari"),
    "propose_preview": Line(allow="tari"),
    "proposal": Line(allow=f"{READERS} clara", stranger=OTHER, kwargs=_proposal),
    "proposal_live": Line(allow=f"{READERS} clara", stranger=OTHER, kwargs=_proposal),
    "proposal_xlsx": Line(allow=f"{READERS} clara", stranger=OTHER, kwargs=_proposal),
    "proposal_pdf": Line(allow=f"{READERS} clara", stranger=OTHER, kwargs=_proposal),
    "proposal_move": Line(
        allow="tari", stranger=OTHER, method="POST", kwargs=lambda cast: {**_proposal(cast), "verb": "ask"}
    ),
    "decisions": Line(allow=f"{STAFF} {CLIENTS}"),
    "decision": Line(allow=f"{STAFF} clara", stranger=OTHER, kwargs=_proposal),
    "decision_cancel": Line(allow="tari clara", stranger=OTHER, method="POST", kwargs=_proposal),
    "deleted": Line(allow=f"{STAFF} {CLIENTS}"),
    "dossier": Line(allow="tari indra dewi maya rahma aulia", stranger=OTHER, kwargs=_order),
    "dossier_zip": Line(allow="tari indra dewi maya rahma aulia", stranger=OTHER, kwargs=_order),
    "disposal_orders": Line(allow=f"{STAFF} {CLIENTS}"),
    "disposal_orders_xlsx": Line(allow=f"{STAFF} {CLIENTS}"),
    "disposal_order": Line(allow=f"{STAFF} clara", stranger=OTHER, kwargs=_order),
    "disposal_order_live": Line(allow=f"{STAFF} clara", stranger=OTHER, kwargs=_order),
    "disposal_items_xlsx": Line(allow=f"{STAFF} clara", stranger=OTHER, kwargs=_order),
    "disposal_journal_xlsx": Line(allow=f"{STAFF} clara", stranger=OTHER, kwargs=_order),
    "disposal_order_move": Line(
        allow="indra", stranger=OTHER, method="POST", kwargs=lambda cast: {**_order(cast), "verb": "accept"}
    ),
    "incidents": Line(allow=READERS),
    "incidents_xlsx": Line(allow=READERS),
    "incident_close": Line(
        allow="maya rahma", stranger=OTHER, method="POST", kwargs=lambda cast: {"pk": rows.incident(cast).pk}
    ),
}
