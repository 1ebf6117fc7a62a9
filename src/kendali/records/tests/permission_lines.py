"""Who may open the pages of records control."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kendali.records.models import (
    ContractEnd,
    Escalation,
    EscalationItem,
    Package,
    Record,
    RegisteredCopy,
    Source,
    TextSearch,
    Unbackupable,
)
from kendali.records.tests import permission_lines_disposal
from kendali.register.models import RegisterEntry
from kendali.terms.models import Policy
from tests.cast import Cast
from tests.permissions import Line

STAFF = "tari indra dewi maya rahma aulia adi"
OVERSIGHT = "maya rahma"
OTHER_CLIENT = "candra"  # everything below belongs to Bank Nusantara


def policy_row(cast: Cast, status: str = "effective") -> Policy:
    return Policy.objects.create(
        client=cast.nusantara,
        record_class="conversation",
        version=1,
        status=status,
        backup_copy_months=24,
        reason="Kontrak",
        created_by=cast.maya,
        created_at=cast.now,
    )


def source_row(cast: Cast) -> Source:
    return Source.objects.create(
        client=cast.nusantara,
        kind="folder_drop",
        record_class="conversation",
        name="Ekspor",
        config={"folder": "/nowhere"},
        created_at=cast.now,
    )


def order_row(cast: Cast, status: str = "raised") -> Escalation:
    source = source_row(cast)
    return Escalation.objects.create(
        number="ESK-2026-0001",
        client=cast.nusantara,
        source=source,
        record_class="conversation",
        policy=policy_row(cast),
        cut_off=date(2025, 12, 31),
        cut_instant=cast.now - timedelta(days=324),
        status=status,
        raised_by=cast.tari,
        raised_at=cast.now,
        created_at=cast.now,
    )


def item_row(cast: Cast) -> EscalationItem:
    order = order_row(cast, "incomplete")
    record = Record.objects.create(source=order.source, ref="1", first_seen_at=cast.now)
    return EscalationItem.objects.create(
        escalation=order, record=record, month=date(2025, 3, 1), outcome="problem", problems=[{"code": "file_missing"}]
    )


def package_row(cast: Cast) -> Package:
    order = order_row(cast)
    return Package.objects.create(
        number="PKT-2026-0001",
        escalation=order,
        attempt=1,
        source=order.source,
        month=date(2025, 3, 1),
        status="verified",
        created_at=cast.now,
    )


def entry_row(cast: Cast) -> RegisterEntry:
    return RegisterEntry.objects.create(
        key="by_hand:1",
        kind="hardcopy",
        title="Formulir keluhan",
        client=cast.nusantara,
        issued_on=date(2025, 3, 1),
        entered_at=cast.now,
        changed_at=cast.now,
    )


def _entry(cast: Cast) -> dict[str, Any]:
    return {"pk": entry_row(cast).pk}


def _source(cast: Cast) -> dict[str, Any]:
    return {"pk": source_row(cast).pk}


def _order(cast: Cast) -> dict[str, Any]:
    return {"pk": order_row(cast).pk}


def _package(cast: Cast) -> dict[str, Any]:
    return {"pk": package_row(cast).pk}


def copy_row(cast: Cast) -> RegisteredCopy:
    return RegisteredCopy.objects.create(
        package=package_row(cast), kind="bag", place="Pita 12", registered_by_name="Adi", registered_at=cast.now
    )


def contract_end_row(cast: Cast) -> ContractEnd:
    return ContractEnd.objects.create(
        client=cast.nusantara, ended_on=cast.now.date(), reference="PKS 7/2020", reason="Berakhir",
        entered_by=cast.maya, entered_at=cast.now,
    )  # fmt: skip


def _copy(cast: Cast) -> dict[str, Any]:
    return {"pk": copy_row(cast).pk}


def _contract_end(cast: Cast) -> dict[str, Any]:
    return {"pk": contract_end_row(cast).pk}


def _policy(cast: Cast) -> dict[str, Any]:
    return {"pk": policy_row(cast, "waiting").pk}


def _proposal(cast: Cast) -> dict[str, Any]:
    record = item_row(cast).record
    row = Unbackupable.objects.create(record=record, reason="x", proposed_by=cast.tari, proposed_at=cast.now)
    return {"pk": row.pk}


def _record(cast: Cast) -> dict[str, Any]:
    return {"pk": item_row(cast).record_id}


def _file(cast: Cast) -> dict[str, Any]:
    return {**_record(cast), "number": 1, "slot": 1, "which": 1}


def _search(cast: Cast) -> dict[str, Any]:
    row = TextSearch.objects.create(
        user=cast.tari, client=cast.nusantara, text_sealed=b"x", reason="x", started_at=cast.now
    )
    return {"pk": row.pk}


FINDERS = "tari indra dewi maya rahma aulia"
OPENERS = "tari maya rahma aulia"
REGISTER_READERS = "tari indra dewi maya rahma aulia clara candra"

LINES = {
    "search": Line(allow=FINDERS),
    "text_search_begin": Line(allow=OPENERS, method="POST"),
    "text_search": Line(allow="tari", refused=404, kwargs=_search),  # nobody else's, whatever their role
    "text_search_live": Line(allow="tari", refused=404, kwargs=_search),
    "record": Line(allow=f"{FINDERS} clara", stranger=OTHER_CLIENT, kwargs=_record),
    "record_open": Line(allow=OPENERS, stranger=OTHER_CLIENT, method="POST", kwargs=_record),
    "record_propose": Line(allow="tari", stranger=OTHER_CLIENT, method="POST", kwargs=_record),
    "record_content": Line(allow=OPENERS, stranger=OTHER_CLIENT, kwargs=_record),
    "record_file": Line(allow=OPENERS, stranger=OTHER_CLIENT, kwargs=_file),
    "record_peaks": Line(allow=OPENERS, stranger=OTHER_CLIENT, kwargs=_file),
    "register": Line(allow=REGISTER_READERS),
    "summary": Line(allow="maya rahma aulia"),
    "register_xlsx": Line(allow=REGISTER_READERS),
    "register_pdf": Line(allow=REGISTER_READERS),
    "register_new": Line(allow="dewi"),
    "register_entry": Line(allow=REGISTER_READERS.replace(" candra", ""), stranger=OTHER_CLIENT, kwargs=_entry),
    "register_change": Line(allow="dewi", stranger=OTHER_CLIENT, method="POST", kwargs=_entry),
    "register_destroyed": Line(allow="dewi", stranger=OTHER_CLIENT, method="POST", kwargs=_entry),
    "store": Line(allow=STAFF),
    "store_probe": Line(allow="indra adi", method="POST"),
    "radar": Line(allow=STAFF),
    "radar_xlsx": Line(allow=STAFF),
    "records": Line(allow=STAFF),
    "records_xlsx": Line(allow=STAFF),
    "escalations": Line(allow=STAFF),
    "raise": Line(allow="tari"),
    "raise_preview": Line(allow="tari"),
    "escalations_send": Line(allow="tari", method="POST"),
    "escalations_confirm": Line(allow="tari", method="POST"),
    "escalation": Line(allow=STAFF, stranger=OTHER_CLIENT, kwargs=_order),
    "escalation_live": Line(allow=STAFF, stranger=OTHER_CLIENT, kwargs=_order),
    "escalation_xlsx": Line(allow=STAFF, stranger=OTHER_CLIENT, kwargs=_order),
    "escalation_move": Line(
        allow="indra",
        stranger=OTHER_CLIENT,
        method="POST",
        kwargs=lambda cast: {**_order(cast), "verb": "accept"},
    ),
    "unbackupables": Line(allow=STAFF),
    "unbackupable_propose": Line(
        allow="tari", stranger=OTHER_CLIENT, method="POST", kwargs=lambda cast: {"item": item_row(cast).pk}
    ),
    "unbackupable_decide": Line(allow=OVERSIGHT, stranger=OTHER_CLIENT, method="POST", kwargs=_proposal),
    "sources": Line(allow=STAFF),
    "source_new": Line(allow="adi"),
    "source": Line(allow=STAFF, stranger=OTHER_CLIENT, kwargs=_source),
    "source_edit": Line(allow="adi", stranger=OTHER_CLIENT, kwargs=_source),
    "source_probe": Line(allow="adi indra", stranger=OTHER_CLIENT, method="POST", kwargs=_source),
    "source_scan": Line(allow="adi indra tari", stranger=OTHER_CLIENT, method="POST", kwargs=_source),
    "source_scans": Line(allow=STAFF, stranger=OTHER_CLIENT, kwargs=_source),
    "policies": Line(allow=f"{STAFF} clara candra"),
    "policy": Line(allow=f"{STAFF} clara", stranger=OTHER_CLIENT, kwargs=_policy),
    "policy_decide": Line(allow="clara", stranger=OTHER_CLIENT, method="POST", kwargs=_policy),
    "policy_edit": Line(
        allow=OVERSIGHT,
        stranger=OTHER_CLIENT,
        kwargs=lambda cast: {"client": cast.nusantara.code, "record_class": "conversation"},
    ),
    "packages": Line(allow=STAFF),
    "package": Line(allow=STAFF, stranger=OTHER_CLIENT, kwargs=_package),
    "package_check": Line(allow="indra rahma", stranger=OTHER_CLIENT, method="POST", kwargs=_package),
    "copy_register": Line(allow="indra adi", stranger=OTHER_CLIENT, method="POST", kwargs=_package),
    "copy_end": Line(allow="indra adi", stranger=OTHER_CLIENT, method="POST", kwargs=_copy),
    "contract_ends": Line(allow=f"{STAFF} clara {OTHER_CLIENT}"),
    "contract_end": Line(allow=OVERSIGHT, method="POST", data=lambda cast: {"klien": cast.nusantara.code}),
    "contract_end_withdraw": Line(allow=OVERSIGHT, stranger=OTHER_CLIENT, method="POST", kwargs=_contract_end),
    "contract_end_propose": Line(allow="tari", stranger=OTHER_CLIENT, method="POST", kwargs=_contract_end),
    "settings": Line(allow=f"{OVERSIGHT} aulia adi"),
    "setting": Line(allow=f"{OVERSIGHT} aulia adi", kwargs=lambda cast: {"key": "drill.percent"}),
    "client_page": Line(allow=f"{STAFF} clara candra"),
}
LINES |= permission_lines_disposal.LINES
