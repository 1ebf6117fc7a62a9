"""The form builder: who may open what."""

from __future__ import annotations

from typing import Any

from kendali.documents.models import Document, Revision
from kendali.mystery.actions import forms
from tests.cast import Cast
from tests.permissions import Line

SEES = "qori qanita qadri kirana maya rahma aulia dewi"
EDITS = "qanita qadri"
FORCES = "dewi kirana"


def draft(cast: Cast) -> Revision:
    """Of a form that is in force; every line may ask again."""
    document = forms.ship_default(cast.now).document
    kept = document.revisions.filter(status="draft").first()
    return kept or forms.draft(user=cast.qanita, at=cast.now, document=document)


def of_draft(cast: Cast) -> dict[str, Any]:
    return {"pk": draft(cast).pk}


def of_section(cast: Cast) -> dict[str, Any]:
    return {**of_draft(cast), "section": "people"}


def of_item(cast: Cast) -> dict[str, Any]:
    return {**of_draft(cast), "item": "empathy"}


def _document(cast: Cast) -> dict[str, Any]:
    return {"dokumen": Document.objects.get_or_create(
        kind="form", code="F-1", defaults={"title": "F", "created_at": cast.now})[0].pk}  # fmt: skip


PAGES: dict[str, Line] = {
    "forms": Line(allow=SEES),
    "form_begin": Line(method="POST", allow=EDITS, data=_document),
    "form_version": Line(allow=SEES, kwargs=of_draft),
    "form_preview": Line(allow=SEES, kwargs=of_draft),
    "form_differences": Line(allow=SEES, kwargs=of_draft),
    "form_xlsx": Line(allow=SEES, kwargs=of_draft),
    "form_settings": Line(method="POST", allow=EDITS, kwargs=of_draft),
    "form_move": Line(method="POST", allow=EDITS, kwargs=of_draft, data=lambda cast: {"butir": "empathy"}),
    "form_remove": Line(method="POST", allow=EDITS, kwargs=of_draft, data=lambda cast: {"butir": "empathy"}),
    "form_discard": Line(method="POST", allow=EDITS, kwargs=of_draft),
    "form_offer": Line(method="POST", allow=EDITS, kwargs=of_draft),
    "form_force": Line(method="POST", allow=FORCES, kwargs=of_draft, data=lambda cast: {"since": "2099-01-01"}),
    "form_section_new": Line(allow=EDITS, kwargs=of_draft),
    "form_section": Line(allow=EDITS, kwargs=of_section),
    "form_item_new": Line(allow=EDITS, kwargs=of_section),
    "form_item": Line(allow=EDITS, kwargs=of_item),
    "form_upload": Line(allow=EDITS, kwargs=of_draft),
}


def _id(cast: Cast) -> dict[str, Any]:
    return {"form_id": draft(cast).pk}


def _content(cast: Cast) -> dict[str, Any]:
    return {"content": draft(cast).content}


def api(allow: str, **more: Any) -> Line:
    return Line(api=True, allow=allow, **more)


MACHINES: dict[str, Line] = {
    "list_forms": api(SEES),
    "begin_form": api(EDITS, method="POST"),
    "save_form": api(EDITS, method="PUT", kwargs=_id, data=_content),
    "discard_form": api(EDITS, method="DELETE", kwargs=_id),
    "show_form": api(SEES, kwargs=_id),
    "list_form_differences": api(SEES, kwargs=_id),
    "offer_form": api(EDITS, method="POST", kwargs=_id),
    "force_form": api(FORCES, method="POST", kwargs=_id, data=lambda cast: {"since": "2099-01-01"}),
}
LINES: dict[str, Line] = {**PAGES, **{f"api-v1:{name}": line for name, line in MACHINES.items()}}
