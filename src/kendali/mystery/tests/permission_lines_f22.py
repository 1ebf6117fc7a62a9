"""The form F-22 as register and sheets: who may open what. Agent, TL and SPV: nothing of it."""

from __future__ import annotations

from typing import Any

from kendali.mystery.models import Sample
from kendali.mystery.tests.f22_rows import MONTH, month
from tests.cast import Cast
from tests.permissions import Line

SEES = "qori qanita qadri kirana maya rahma aulia dewi"


def _month(cast: Cast) -> dict[str, Any]:
    month(cast, 1)
    return {"month": f"{MONTH:%Y-%m}"}


def _sheet(cast: Cast) -> dict[str, Any]:
    month(cast, 1)
    return {"pk": Sample.objects.get().pk}


LINES: dict[str, Line] = {
    "f22": Line(allow=SEES),
    "f22_month": Line(allow=SEES, kwargs=_month),
    "f22_xlsx": Line(allow=SEES, kwargs=_month),
    "f22_pdf": Line(allow=SEES, kwargs=_month),
    "f22_sheets": Line(allow=SEES, kwargs=_month),
    "f22_sheet": Line(allow=SEES, kwargs=_sheet),
    "f22_sheet_pdf": Line(allow=SEES, kwargs=_sheet),
    "f22_sheet_xlsx": Line(allow=SEES, kwargs=_sheet),
    "api-v1:list_f22": Line(api=True, allow=SEES, kwargs=lambda cast: {**_month(cast), "month": "2026-11-01"}),
    "api-v1:show_f22_sheet": Line(api=True, allow=SEES, kwargs=lambda cast: {"sample_id": _sheet(cast)["pk"]}),
}
