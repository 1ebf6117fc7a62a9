"""Cycles: plan, assignment, pace, closing, freezing: who may open what."""

from __future__ import annotations

from typing import Any

from kendali.mystery.models import Cycle, Sample
from kendali.mystery.tests.month_rows import MONTH, ready
from tests.cast import Cast
from tests.permissions import Line

OFFICE = "qanita qadri kirana maya rahma aulia"  # who may know the plan
MONTHS = f"{OFFICE} qori dewi"  # who sees a month
QA = "qanita qadri"


def _month(cast: Cast) -> dict[str, Any]:
    row = Cycle.objects.create(month=MONTH, created_at=cast.now)
    return {"month": str(row)}


def _sample(cast: Cast) -> dict[str, Any]:
    row = ready(cast).frozen()
    return {"month": str(row), "pk": Sample.objects.filter(cycle=row).first().pk}  # type: ignore[union-attr]


PAGES: dict[str, Line] = {
    "cycles": Line(allow=MONTHS),
    "cycle_begin": Line(allow=QA, method="POST"),
    "cycle": Line(allow=MONTHS, kwargs=_month),
    "cycle_copy": Line(allow=QA, method="POST", kwargs=_month),
    "cycle_choose": Line(allow=QA, kwargs=_month),
    "cycle_close": Line(allow=QA, method="POST", kwargs=_month),
    "cycle_explain": Line(allow=QA, method="POST", kwargs=_month),
    "cycle_sign": Line(allow=MONTHS, kwargs=_month),
    "cycle_freeze": Line(allow=QA, method="POST", kwargs=_month),
    "plan": Line(allow=OFFICE, kwargs=_month),
    "plan_draw": Line(allow=QA, method="POST", kwargs=_month),
    "plan_live": Line(allow=OFFICE, kwargs=_month),
    "plan_freeze": Line(allow=QA, method="POST", kwargs=_month),
    "plan_text": Line(allow=OFFICE, kwargs=_month),
    "plan_give_out": Line(allow=f"{QA} kirana", method="POST", kwargs=_month),
    "plan_replace_caller": Line(
        allow=f"{QA} kirana", method="POST", kwargs=_month, data=lambda cast: {"pelaksana": cast.qori.pk}
    ),
    "sample_assign": Line(allow=f"{QA} kirana", kwargs=_sample),
}


def api(allow: str, **more: Any) -> Line:
    return Line(api=True, allow=allow, anonymous="401", **more)


def _quotas(cast: Cast) -> dict[str, Any]:
    margins = [{"dimension": one, "shares": [{"level": "1"}]} for one in ("area", "shift", "kind", "week")]
    return {"samples": 66, "margins": margins}


def _of_sample(cast: Cast) -> dict[str, Any]:
    found = _sample(cast)
    return {"month": found["month"], "sample_id": found["pk"]}


ASSIGNS = f"{QA} kirana"
MACHINES: dict[str, Line] = {
    "list_cycles": api(MONTHS),
    "begin_cycle": api(QA, method="POST", data=lambda cast: {"month": "2026-12-01"}),
    "show_cycle": api(MONTHS, kwargs=_month),
    "copy_last_month": api(QA, method="POST", kwargs=_month),
    "choose_for_cycle": api(QA, method="PUT", kwargs=_month, data=lambda cast: {"materials": [], "scenarios": []}),
    "close_cycle": api(QA, method="POST", kwargs=_month, data=lambda cast: {"reason": ""}),
    "explain_shortfall": api(QA, method="POST", kwargs=_month, data=lambda cast: {"reason": "Libur"}),
    "list_cycle_signatures": api(MONTHS, kwargs=_month),
    "sign_cycle": api("qori", method="POST", kwargs=_month, data=lambda cast: {"part": "made", "digest": "0" * 64}),
    "freeze_cycle": api(QA, method="POST", kwargs=_month),
    "show_plan": api(OFFICE, kwargs=_month),
    "preview_plan": api(QA, method="POST", kwargs=_month, data=_quotas),
    "set_quotas": api(QA, method="PUT", kwargs=_month, data=_quotas),
    "draw_plan": api(QA, method="POST", kwargs=_month),
    "freeze_plan": api(QA, method="POST", kwargs=_month),
    "take_plan_text": api(OFFICE, kwargs=_month),
    "list_windows": api(OFFICE, kwargs=_month),
    "assign_sample": api(ASSIGNS, method="POST", kwargs=_of_sample, data=lambda cast: {"executor": cast.qori.email}),
    "give_out_samples": api(ASSIGNS, method="POST", kwargs=_month),
    "replace_caller": api(
        ASSIGNS, method="POST", kwargs=_month, data=lambda cast: {"executor": cast.qori.email, "reason": "Sakit"}
    ),
}
LINES: dict[str, Line] = {**PAGES, **{f"api-v1:{name}": line for name, line in MACHINES.items()}}
