"""Controlled documents, for machines: knowledge articles. Those who cite them are named by their own operations."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from kendali import keyset
from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client
from kendali.accounts.permissions import RuleRefused
from kendali.civil_time import EARLIEST, LATEST
from kendali.documents import actions, importing, queries
from kendali.documents.import_rules import MOST_ROWS, Plan
from kendali.documents.models import ArticleImport, Document, Revision
from kendali.documents.queries import Placed
from kendali.documents.rules import MOST_BODY, MOST_TITLE
from kendali.verdict import no

router = Router(tags=["documents"])
Code = Field(min_length=1, max_length=40)


class ArticleIn(Schema):
    title: str = Field(min_length=1, max_length=MOST_TITLE)
    text: str = Field(min_length=1, max_length=MOST_BODY)
    valid_from: date = Field(ge=EARLIEST, le=LATEST)
    valid_until: date | None = Field(None, ge=EARLIEST, le=LATEST)
    client: str | None = Field(None, max_length=40, description="code of the client; null: for all of them")


class ArticleVersionOut(Schema):
    version: int
    standing: str
    title: str
    valid_from: date
    valid_until: date | None
    digest: str
    origin: str
    effective_at: datetime | None
    retire_reason: str


class ArticleOut(Schema):
    code: str
    title: str
    client: str | None
    text: str = Field(description="of the version that leads: in force, else the next best")
    versions: list[ArticleVersionOut]


class ArticleRow(Schema):
    code: str
    title: str
    standing: str
    version: int
    valid_from: date
    valid_until: date | None


class ArticlePage(Schema):
    articles: list[ArticleRow]
    next: str | None = Field(description="pass as `after` for the next page; null at the end")


class ArticleSearch(Schema):
    search: str = Field("", max_length=200)
    standing: str = Field("", max_length=20, description="in_force, soon, expired, coming, draft or withdrawn")
    after: str = Field("", max_length=100)


class ArticleEndIn(Schema):
    valid_until: date | None = Field(None, ge=EARLIEST, le=LATEST)
    reason: str = Field("", max_length=500)


class ArticleWithdrawIn(Schema):
    reason: str = Field(min_length=1, max_length=2000)


class ArticlesCompared(Schema):
    since: int = Field(0, ge=0, le=2**31 - 1, description="the other version; 0: the one before")


class ArticleChange(Schema):
    """`line`: of a passage of the text, where it stands in the newer version. null: it is not there."""

    part: str = Field(description="title, text, valid_from or valid_until")
    line: int | None
    before: str | None
    after: str | None


class ArticleRowIn(Schema):
    code: str = Field("", max_length=200)
    title: str = Field("", max_length=2000)
    text: str = Field("", max_length=2 * MOST_BODY)
    valid_from: str = Field("", max_length=40)
    valid_until: str = Field("", max_length=40)


class ArticleRowsIn(Schema):
    name: str = Field("API", min_length=1, max_length=300)
    rows: list[ArticleRowIn] = Field(min_length=1, max_length=MOST_ROWS)


class ArticleFaultOut(Schema):
    row: int
    column: str
    why: str


class ArticleImportOut(Schema):
    id: int
    origin: str
    ref: str
    status: str
    counts: dict[str, int]
    faults: list[ArticleFaultOut]


def _article(request: HttpRequest, code: str, action: str) -> Document:
    rows = Document.objects.filter(kind=queries.ARTICLE).select_related("client")
    return access.load(rows, signed_in(request), action, code=code.upper())


def _out(document: Document) -> ArticleOut:
    versions = queries.placed([document], importing.today(timezone.now()))[document.pk]
    leading = queries.leading(versions)
    text = Revision.objects.values_list("body", flat=True).get(pk=leading.revision.pk) if leading else ""
    return ArticleOut(
        code=document.code,
        title=document.title,
        client=document.client.code if document.client else None,
        text=text,
        versions=[_version(one) for one in versions],
    )


def _version(one: Placed) -> ArticleVersionOut:
    row = one.revision
    return ArticleVersionOut(
        version=row.version, standing=one.standing.value, title=row.title, valid_from=row.valid_from,
        valid_until=row.valid_until, digest=row.digest, origin=row.origin, effective_at=row.effective_at,
        retire_reason=row.retire_reason,
    )  # fmt: skip


@router.get("/articles", response=ArticlePage)
def list_articles(request: HttpRequest, asked: Query[ArticleSearch]) -> ArticlePage:
    user = signed_in(request)
    access.require(user, "article.view")
    today = importing.today(timezone.now())
    rows = queries.standing_on(queries.found(queries.visible(user), asked.search), asked.standing, today)
    args = QueryDict(mutable=True)
    if asked.after:
        args["after"] = asked.after
    page = keyset.page(rows, ("code", "id"), args)
    versions = queries.placed(page.rows, today)
    following = QueryDict(page.older.removeprefix("?")).get("after") if page.older else None
    return ArticlePage(articles=[row for one in page.rows if (row := _row(one, versions[one.pk]))], next=following)


def _row(document: Document, versions: list[Placed]) -> ArticleRow | None:
    leading = queries.leading(versions)
    if leading is None:
        return None
    row = leading.revision
    return ArticleRow(
        code=document.code, title=document.title, standing=leading.standing.value, version=row.version,
        valid_from=row.valid_from, valid_until=row.valid_until,
    )  # fmt: skip


@router.get("/articles/{path:code}/text", response=ArticleOut)
def show_article(request: HttpRequest, code: str) -> ArticleOut:
    return _out(_article(request, code, "article.view"))


@router.get("/articles/{path:code}/versions/{int:version}/changes", response=list[ArticleChange])
def list_article_changes(
    request: HttpRequest, code: str, version: int, asked: Query[ArticlesCompared]
) -> list[ArticleChange]:
    pair = queries.compared(_article(request, code, "article.view"), version, asked.since or None)
    if pair is None:
        raise RuleRefused(no("There is no such version to compare with."))
    new, old = pair
    return [
        ArticleChange(part=one.part, line=one.line, before=_text(one.before), after=_text(one.after))
        for one in queries.changes(old, new)
    ]


def _text(value: date | str | None) -> str | None:
    return None if value is None else str(value)


@router.put("/articles/{path:code}/draft", response=ArticleOut)
def draft_article(request: HttpRequest, code: str, data: ArticleIn) -> ArticleOut:
    """A new article, the next version of one, or other words of the draft there is."""
    user = signed_in(request)
    access.require(user, "article.edit")
    client = access.load(Client, user, "article.edit", code=data.client) if data.client else None
    row = actions.draft(
        user=user, at=timezone.now(), code=code.upper(), title=data.title, body=data.text.replace("\r\n", "\n"),
        valid_from=data.valid_from, valid_until=data.valid_until, client=client,
    )  # fmt: skip
    return _out(Document.objects.select_related("client").get(pk=row.document_id))


def _draft(document: Document) -> Revision:
    row = document.revisions.filter(status=Revision.Status.DRAFT).select_related("document").first()
    if row is None:
        raise RuleRefused(no("There is no draft of this article."))
    return row


def _effective(document: Document, version: int) -> Revision:
    row = document.revisions.filter(version=version).select_related("document").first()
    if row is None:
        raise RuleRefused(no("The article has no such version."))
    return row


@router.post("/articles/{path:code}/put-in-force", response=ArticleOut)
def put_article_in_force(request: HttpRequest, code: str) -> ArticleOut:
    document = _article(request, code, "article.edit")
    actions.put_in_force(user=signed_in(request), at=timezone.now(), revision=_draft(document))
    document.refresh_from_db()
    return _out(document)


@router.delete("/articles/{path:code}/draft", response={204: None})
def discard_article_draft(request: HttpRequest, code: str) -> Status[None]:
    document = _article(request, code, "article.edit")
    actions.discard(user=signed_in(request), at=timezone.now(), revision=_draft(document))
    return Status(204, None)


@router.post("/articles/{path:code}/versions/{int:version}/end", response=ArticleOut)
def end_article(request: HttpRequest, code: str, version: int, data: ArticleEndIn) -> ArticleOut:
    document = _article(request, code, "article.edit")
    actions.end(
        user=signed_in(request), at=timezone.now(), revision=_effective(document, version),
        valid_until=data.valid_until, reason=data.reason,
    )  # fmt: skip
    return _out(document)


@router.post("/articles/{path:code}/versions/{int:version}/withdraw", response=ArticleOut)
def withdraw_article(request: HttpRequest, code: str, version: int, data: ArticleWithdrawIn) -> ArticleOut:
    document = _article(request, code, "article.edit")
    actions.retire(
        user=signed_in(request), at=timezone.now(), revision=_effective(document, version), reason=data.reason
    )
    return _out(document)


# --- imports


def _import(row: ArticleImport, plan: Plan | None = None) -> ArticleImportOut:
    if plan is None and row.status == ArticleImport.Status.CHECKED:
        plan = importing.plan(row, timezone.now())
    found = plan.faults if plan else ()
    faults = [
        ArticleFaultOut(row=one.row, column=one.column, why=one.why.reason % dict(one.why.facts)) for one in found
    ]
    counts = {effect.value: count for effect, count in plan.counts.items()} if plan else row.counts
    return ArticleImportOut(id=row.pk, origin=row.origin, ref=row.ref, status=row.status, counts=counts, faults=faults)


def _found(request: HttpRequest, import_id: int) -> ArticleImport:
    return access.load(ArticleImport, signed_in(request), "article.edit", pk=import_id)


@router.get("/article-imports/{int:import_id}", response=ArticleImportOut)
def show_article_import(request: HttpRequest, import_id: int) -> ArticleImportOut:
    return _import(_found(request, import_id))


@router.get("/article-imports", response=list[ArticleImportOut])
def list_article_imports(request: HttpRequest) -> list[ArticleImportOut]:
    """The newest twenty; counts and faults of those that wait are with each one."""
    access.require(signed_in(request), "article.edit")
    return [_import(row, Plan()) for row in ArticleImport.objects.defer("rows")[:20]]


@router.post("/article-imports", response={201: ArticleImportOut})
def check_articles(request: HttpRequest, data: ArticleRowsIn) -> Status[ArticleImportOut]:
    """A dry run: what the rows would change. They are kept, to be applied."""
    rows = [one.dict() for one in data.rows]
    row = importing.keep(user=signed_in(request), at=timezone.now(), name=data.name, rows=rows)
    return Status(201, _import(row))


@router.post("/article-imports/{int:import_id}/apply", response=ArticleImportOut)
def apply_article_import(request: HttpRequest, import_id: int) -> ArticleImportOut:
    row = importing.apply(user=signed_in(request), at=timezone.now(), row=_found(request, import_id))
    return _import(row)


@router.post("/article-imports/{int:import_id}/drop", response=ArticleImportOut)
def drop_article_import(request: HttpRequest, import_id: int) -> ArticleImportOut:
    row = _found(request, import_id)
    importing.drop(user=signed_in(request), at=timezone.now(), row=row)
    row.refresh_from_db()
    return _import(row)


@router.post("/knowledge-base/read", response={202: ArticleImportOut})
def read_knowledge_base(request: HttpRequest) -> Status[ArticleImportOut]:
    """By a job; ask for the import to see what came of it."""
    return Status(202, _import(importing.ask(user=signed_in(request), at=timezone.now())))
