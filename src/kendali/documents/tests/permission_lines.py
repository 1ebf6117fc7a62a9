"""Controlled documents: who may open what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from kendali.documents import actions, importing
from kendali.documents.models import Revision
from tests.cast import Cast
from tests.permissions import Line

READERS = "tari qori qanita qadri surya kirana maya rahma aulia dewi dina"
WRITERS = "qanita qadri dewi"
ARTICLE = {"title": "Biaya transfer", "text": "Rp 2.500", "valid_from": "2026-11-01"}
TODAY = date(2026, 11, 1)


def draft(cast: Cast) -> Revision:
    return actions.draft(user=cast.qanita, at=cast.now, code="PSL-1", title="Biaya", body="Rp 2.500", valid_from=TODAY)


def in_force(cast: Cast) -> Revision:
    return actions.put_in_force(user=cast.qanita, at=cast.now, revision=draft(cast))


def page(**more: Any) -> Callable[[Cast], Mapping[str, Any]]:
    return lambda cast: {"pk": in_force(cast).document_id, **more}


def of_draft(cast: Cast) -> Mapping[str, Any]:
    return {"pk": draft(cast).document_id}


def version(cast: Cast) -> Mapping[str, Any]:
    in_force(cast)
    return {"code": "PSL-1", "version": 1}


def later(**named: Any) -> Callable[[Cast], Mapping[str, Any]]:
    """Of an article with two versions; a page is called by its key, an operation by its number."""

    def made(cast: Cast) -> Mapping[str, Any]:
        first, _second = in_force(cast), in_force(cast)
        return named if "code" in named else {"pk": first.document_id, **named}

    return made


def code(cast: Cast) -> Mapping[str, Any]:
    in_force(cast)
    return {"code": "PSL-1"}


def code_of_draft(cast: Cast) -> Mapping[str, Any]:
    draft(cast)
    return {"code": "PSL-1"}


def kept(name: str) -> Callable[[Cast], Mapping[str, Any]]:
    row = {"code": "PSL-9", "title": "Blokir", "text": "Hubungi kami", "valid_from": "", "valid_until": ""}
    return lambda cast: {name: importing.keep(user=cast.qanita, at=cast.now, name="x.csv", rows=[row]).pk}


LINES: dict[str, Line] = {
    "articles": Line(allow=READERS),
    "articles_xlsx": Line(allow=READERS),
    "article": Line(allow=READERS, kwargs=page()),
    "article_version": Line(allow=READERS, kwargs=page(version=1)),
    "article_differences": Line(allow=READERS, kwargs=later(version=2)),
    "article_new": Line(allow=WRITERS),
    "article_edit": Line(allow=WRITERS, kwargs=page()),
    "article_in_force": Line(allow=WRITERS, method="POST", kwargs=of_draft),
    "article_discard": Line(allow=WRITERS, method="POST", kwargs=of_draft),
    "article_end": Line(allow=WRITERS, method="POST", kwargs=page()),
    "article_withdraw": Line(allow=WRITERS, method="POST", kwargs=page()),
    "article_imports": Line(allow=WRITERS),
    "article_paste": Line(allow=WRITERS, method="POST"),
    "article_read": Line(allow=WRITERS, method="POST"),
    "article_import": Line(allow=WRITERS, kwargs=kept("pk")),
    "article_import_live": Line(allow=WRITERS, kwargs=kept("pk")),
    "article_import_apply": Line(allow=WRITERS, method="POST", kwargs=kept("pk")),
    "article_import_drop": Line(allow=WRITERS, method="POST", kwargs=kept("pk")),
    "api-v1:list_articles": Line(api=True, allow=READERS, anonymous="401"),
    "api-v1:show_article": Line(api=True, allow=READERS, kwargs=code, anonymous="401"),
    "api-v1:list_article_changes": Line(
        api=True, allow=READERS, kwargs=later(code="PSL-1", version=2), anonymous="401"
    ),
    "api-v1:draft_article": Line(
        api=True, allow=WRITERS, method="PUT", kwargs=code, data=lambda cast: ARTICLE, anonymous="401"
    ),
    "api-v1:discard_article_draft": Line(
        api=True, allow=WRITERS, method="DELETE", kwargs=code_of_draft, anonymous="401"
    ),
    "api-v1:put_article_in_force": Line(
        api=True, allow=WRITERS, method="POST", kwargs=code_of_draft, anonymous="401"
    ),
    "api-v1:end_article": Line(
        api=True, allow=WRITERS, method="POST", kwargs=version, data=lambda cast: {"valid_until": "2026-12-31"},
        anonymous="401",
    ),
    "api-v1:withdraw_article": Line(
        api=True, allow=WRITERS, method="POST", kwargs=version, data=lambda cast: {"reason": "x"}, anonymous="401"
    ),
    "api-v1:list_article_imports": Line(api=True, allow=WRITERS, anonymous="401"),
    "api-v1:check_articles": Line(
        api=True, allow=WRITERS, method="POST", data=lambda cast: {"rows": [{"code": "PSL-9"}]}, anonymous="401"
    ),
    "api-v1:show_article_import": Line(api=True, allow=WRITERS, kwargs=kept("import_id"), anonymous="401"),
    "api-v1:apply_article_import": Line(
        api=True, allow=WRITERS, method="POST", kwargs=kept("import_id"), anonymous="401"
    ),
    "api-v1:drop_article_import": Line(
        api=True, allow=WRITERS, method="POST", kwargs=kept("import_id"), anonymous="401"
    ),
    "api-v1:read_knowledge_base": Line(api=True, allow=WRITERS, method="POST", anonymous="401"),
}  # fmt: skip
