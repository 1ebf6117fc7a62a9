"""Materials, personas, scenarios: who may open what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kendali.mystery.tests import prepared_rows as rows
from tests.cast import Cast
from tests.permissions import Line

OFFICE = "kirana maya rahma aulia qanita qadri"  # coordinator, manager operation, QMR, auditor, QA
SEES_MATERIALS = f"{OFFICE} qori"
QA = "qanita qadri"
CONTENT = {"kind": "informasi", "valid_from": "2026-11-01", "valid_until": "2027-10-31"}
MATERIAL = {"kind": "informasi", "title": "Biaya", "cites": [{"article": "PSL-0001", "version": 1}]}
PERSONA = {"name": "Rina Uji", "caller_number": "0812-0000-1111"}


def material(cast: Cast) -> Mapping[str, Any]:
    return {"pk": rows.material(cast).pk}


def persona(cast: Cast) -> Mapping[str, Any]:
    return {"pk": rows.persona().pk}


def scenario(status: str) -> Callable[[Cast], Mapping[str, Any]]:
    return lambda cast: {"pk": rows.scenario(cast, status).pk}


def second(cast: Cast) -> Mapping[str, Any]:
    return {"pk": rows.second_version(cast).pk}


def coded(status: str) -> Callable[[Cast], Mapping[str, Any]]:
    def found(cast: Cast) -> Mapping[str, Any]:
        row = rows.scenario(cast, status)
        return {"code": row.scenario.code, "version": row.version}

    return found


def second_coded(cast: Cast) -> Mapping[str, Any]:
    row = rows.second_version(cast)
    return {"code": row.scenario.code, "version": row.version}


def machine(allow: str, method: str = "GET", **more: Any) -> Line:
    return Line(api=True, allow=allow, method=method, anonymous="401", **more)  # type: ignore[arg-type]


REASON = {"data": lambda cast: {"reason": "Belum selesai"}}
LINES: dict[str, Line] = {
    "materials": Line(allow=SEES_MATERIALS),
    "materials_xlsx": Line(allow=SEES_MATERIALS),
    "material": Line(allow=SEES_MATERIALS, kwargs=material),
    "material_new": Line(allow=QA),
    "material_edit": Line(allow=QA, kwargs=material),
    "personas": Line(allow=OFFICE),
    "persona": Line(allow=OFFICE, kwargs=persona),
    "persona_new": Line(allow=QA),
    "persona_edit": Line(allow=QA, kwargs=persona),
    "scenarios": Line(allow=OFFICE),
    "scenarios_xlsx": Line(allow=OFFICE),
    "scenario": Line(allow=OFFICE, kwargs=scenario("approved")),
    "scenario_card": Line(allow=OFFICE, kwargs=scenario("approved")),
    "scenario_differences": Line(allow=OFFICE, kwargs=second),
    "scenario_new": Line(allow=QA),
    "scenario_edit": Line(allow=QA, kwargs=scenario("draft")),
    "scenario_check": Line(allow=QA, method="POST", kwargs=scenario("draft")),
    "scenario_discard": Line(allow=QA, method="POST", kwargs=scenario("draft")),
    "scenario_next": Line(allow=QA, method="POST", kwargs=scenario("approved")),
    "scenario_submit": Line(allow=QA, method="POST", kwargs=scenario("draft")),
    "scenario_approve": Line(allow=f"{QA} kirana", method="POST", kwargs=scenario("submitted")),
    "scenario_return": Line(allow=f"{QA} kirana", method="POST", kwargs=scenario("submitted")),
    "scenario_retire": Line(allow=QA, method="POST", kwargs=scenario("approved")),
    "api-v1:list_materials": machine(SEES_MATERIALS),
    "api-v1:show_material": machine(SEES_MATERIALS, kwargs=lambda cast: {"code": rows.material(cast).code}),
    "api-v1:save_material": machine(
        QA, "PUT", kwargs=lambda cast: {"code": rows.material(cast).code}, data=lambda cast: MATERIAL
    ),
    "api-v1:list_personas": machine(OFFICE),
    "api-v1:show_persona": machine(OFFICE, kwargs=lambda cast: {"code": rows.persona().code}),
    "api-v1:save_persona": machine(QA, "PUT", kwargs=lambda cast: {"code": "P-RINA"}, data=lambda cast: PERSONA),
    "api-v1:list_scenarios": machine(OFFICE),
    "api-v1:begin_scenario": machine(QA, "POST", data=lambda cast: {"code": "SKN-9", "kind": "informasi"}),
    "api-v1:show_scenario": machine(OFFICE, kwargs=coded("approved")),
    "api-v1:save_scenario": machine(QA, "PUT", kwargs=coded("draft"), data=lambda cast: CONTENT),
    "api-v1:check_scenario": machine(QA, "POST", kwargs=coded("draft"), data=lambda cast: CONTENT),
    "api-v1:discard_scenario": machine(QA, "DELETE", kwargs=coded("draft")),
    "api-v1:next_scenario_version": machine(
        QA, "POST", kwargs=lambda cast: {"code": rows.scenario(cast, "approved").scenario.code}
    ),
    "api-v1:submit_scenario": machine(QA, "POST", kwargs=coded("draft")),
    "api-v1:approve_scenario": machine(f"{QA} kirana", "POST", kwargs=coded("submitted")),
    "api-v1:return_scenario": machine(f"{QA} kirana", "POST", kwargs=coded("submitted"), **REASON),
    "api-v1:withdraw_scenario": machine(QA, "POST", kwargs=coded("approved"), **REASON),
    "api-v1:list_scenario_changes": machine(OFFICE, kwargs=second_coded),
}
