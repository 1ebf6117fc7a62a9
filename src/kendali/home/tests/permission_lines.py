"""Who may open the first page, the health pages, and the API of all apps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kendali.home.tests.permission_lines_api import administration_lines
from kendali.home.tests.permission_lines_disposal import DISPOSAL
from kendali.records.models import Record, Unbackupable
from kendali.records.tests import permission_lines_disposal as disposal
from kendali.records.tests.permission_lines import (
    OTHER_CLIENT,
    OVERSIGHT,
    REGISTER_READERS,
    STAFF,
    entry_row,
    item_row,
    order_row,
    package_row,
    policy_row,
    source_row,
)
from tests.cast import Cast
from tests.permissions import ANYBODY, EVERYBODY, Line

READERS = "tari indra dewi maya rahma aulia clara"  # of one record of Bank Nusantara
WHY = {"reason": "Berkas hilang di sumber."}
AGREED = {"agreed": True, **WHY}
POLICY = {"client": "bank-nusantara", "record_class": "conversation", "backup_copy_months": 24, **WHY}
SOURCE = {"client": "bank-nusantara", "kind": "folder_drop", "record_class": "recording", "name": "Ekspor"}


def _source(cast: Cast) -> dict[str, Any]:
    return {"source_id": source_row(cast).pk}


def _order(cast: Cast) -> dict[str, Any]:
    return {"order_id": order_row(cast).pk}


def _package(cast: Cast) -> dict[str, Any]:
    return {"package_id": package_row(cast).pk}


def _record(cast: Cast) -> dict[str, Any]:
    return {"record_id": Record.objects.create(source=source_row(cast), ref="1", first_seen_at=cast.now).pk}


def _proposal(cast: Cast) -> dict[str, Any]:
    record = item_row(cast).record
    row = Unbackupable.objects.create(record=record, reason="x", proposed_by=cast.tari, proposed_at=cast.now)
    return {"row_id": row.pk}


def _raise(cast: Cast) -> dict[str, Any]:
    day = cast.now.date() - timedelta(days=324)
    return {"source": source_row(cast).pk, "cut_off": day.isoformat()}


def order_step(allow: str, **data: str) -> Line:
    """A step of an escalation of Bank Nusantara."""
    return Line(api=True, method="POST", allow=allow, stranger=OTHER_CLIENT, kwargs=_order, data=lambda cast: data)


OPENERS = "tari maya rahma aulia"

DOSSIER_READERS = "tari indra dewi maya rahma aulia"


def _register_entry(cast: Cast) -> dict[str, Any]:
    return {"entry_id": entry_row(cast).pk}


def _disposal_order(cast: Cast) -> dict[str, Any]:
    return {"order_id": disposal._order(cast)["pk"]}


API = {
    "api-root": Line(api=True, allow="", refused=404, anonymous="404"),
    "openapi-json": Line(api=True, allow=EVERYBODY, anonymous=ANYBODY),
    "me": Line(api=True, allow=EVERYBODY),
    "list_waiting": Line(api=True, allow=EVERYBODY),
    "inbox": Line(api=True, allow=EVERYBODY),
    "audit": Line(api=True, allow=f"{OVERSIGHT} aulia adi"),
    "show_keys": Line(api=True, allow="adi indra rahma aulia"),
    "prove_slots": Line(api=True, method="POST", allow="adi indra"),
    "show_radar": Line(api=True, allow=STAFF),
    "list_records": Line(
        api=True, allow=READERS, stranger=OTHER_CLIENT, data=lambda cast: {"source": source_row(cast).pk}
    ),
    "show_record": Line(api=True, allow=READERS, stranger=OTHER_CLIENT, kwargs=_record),
    "propose_unbackupable": Line(
        api=True, method="POST", allow="tari", stranger=OTHER_CLIENT, kwargs=_record, data=lambda cast: WHY
    ),
    "search_records": Line(api=True, allow="tari indra dewi maya rahma aulia"),
    "open_record": Line(
        api=True, method="POST", allow=OPENERS, stranger=OTHER_CLIENT, kwargs=_record, data=lambda cast: WHY
    ),
    "read_content": Line(api=True, allow=OPENERS, stranger=OTHER_CLIENT, kwargs=_record),
    "read_audio": Line(api=True, allow=OPENERS, stranger=OTHER_CLIENT, kwargs=_record),
    "read_attachment": Line(
        api=True, allow=OPENERS, stranger=OTHER_CLIENT, kwargs=lambda cast: {**_record(cast), "slot": 1}
    ),
    "list_unbackupable": Line(api=True, allow=STAFF),
    "decide_unbackupable": Line(
        api=True, method="POST", allow=OVERSIGHT, stranger=OTHER_CLIENT, kwargs=_proposal, data=lambda cast: AGREED
    ),
    "list_sources": Line(api=True, allow=EVERYBODY),  # only those of one's clients
    "connect_source": Line(api=True, method="POST", allow="adi", data=lambda cast: SOURCE),
    "show_source": Line(api=True, allow=STAFF, stranger=OTHER_CLIENT, kwargs=_source),
    "probe_source": Line(api=True, method="POST", allow="adi indra", stranger=OTHER_CLIENT, kwargs=_source),
    "scan_source": Line(api=True, method="POST", allow="adi indra tari", stranger=OTHER_CLIENT, kwargs=_source),
    "list_escalations": Line(api=True, allow=STAFF),
    "raise_escalation": Line(api=True, method="POST", allow="tari", stranger=OTHER_CLIENT, data=_raise),
    "send_drafts": Line(api=True, method="POST", allow="tari"),
    "show_escalation": Line(api=True, allow=STAFF, stranger=OTHER_CLIENT, kwargs=_order),
    "list_items": Line(api=True, allow=STAFF, stranger=OTHER_CLIENT, kwargs=_order),
    "send": order_step("tari"),
    "accept": order_step("indra"),
    "return_to_raiser": order_step("indra", **WHY),
    "start": order_step("indra"),
    "pause": order_step("indra"),
    "confirm": order_step("tari"),
    "cancel": order_step("tari", **WHY),
    "list_register": Line(api=True, allow=REGISTER_READERS),
    "show_register_entry": Line(
        api=True, allow=REGISTER_READERS.replace(" candra", ""), stranger=OTHER_CLIENT, kwargs=_register_entry
    ),
    "enter_document": Line(
        api=True,
        allow="dewi",
        method="POST",
        data=lambda cast: {"kind": "form", "title": "F-22", "issued_on": "2026-10-31"},
    ),
    "change_register_entry": Line(
        api=True,
        allow="dewi",
        stranger=OTHER_CLIENT,
        method="POST",
        kwargs=_register_entry,
        data=lambda cast: {"title": "F-22"},
    ),
    "enter_destruction": Line(
        api=True,
        allow="dewi",
        stranger=OTHER_CLIENT,
        method="POST",
        kwargs=_register_entry,
        data=lambda cast: {"on": "2026-10-31", "number": "BA-1"},
    ),
    "show_summary": Line(api=True, allow="maya rahma aulia"),
    "show_dossier": Line(api=True, allow=DOSSIER_READERS, stranger=OTHER_CLIENT, kwargs=_disposal_order),
    "take_dossier": Line(api=True, allow=DOSSIER_READERS, stranger=OTHER_CLIENT, kwargs=_disposal_order),
    "list_packages": Line(api=True, allow=STAFF),
    "show_package": Line(api=True, allow=STAFF, stranger=OTHER_CLIENT, kwargs=_package),
    "list_checks": Line(api=True, allow=STAFF, stranger=OTHER_CLIENT, kwargs=_package),
    "verify_package": Line(api=True, method="POST", allow="indra rahma", stranger=OTHER_CLIENT, kwargs=_package),
    "list_policies": Line(api=True, allow=EVERYBODY),  # only those of one's clients
    "preview_policy": Line(api=True, method="POST", allow=OVERSIGHT, data=lambda cast: POLICY),
    "save_policy": Line(api=True, method="POST", allow=OVERSIGHT, data=lambda cast: POLICY),
    "decide_policy": Line(
        api=True,
        method="POST",
        allow="clara",
        stranger=OTHER_CLIENT,
        kwargs=lambda cast: {"policy_id": policy_row(cast, "waiting").pk},
        data=lambda cast: AGREED,
    ),
}

API |= administration_lines()

LINES = {
    "home": Line(allow=EVERYBODY),
    "recovery": Line(allow=STAFF),
    "recovery_reconcile": Line(allow="adi indra", method="POST"),
    "recovery_confirm": Line(allow="adi rahma", method="POST"),
    "first_run": Line(allow=EVERYBODY),  # who may not set up anything is sent to the first page
    "health_live": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "health_ready": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "appearance": Line(allow=EVERYBODY, anonymous=ANYBODY, method="POST"),
    "style_sheet": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "gaya/bentuk.json": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "gaya/berjalan/": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "gaya/suara.wav": Line(allow=EVERYBODY, anonymous=ANYBODY),
    **{f"api-v1:{name}": line for name, line in API.items()},
    **DISPOSAL,
}
