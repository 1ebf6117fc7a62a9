"""Controlled documents as others read them: which version is in force, where a document stands, what may be cited."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from kendali.accounts import access
from kendali.accounts.models import User
from kendali.documents import rules
from kendali.documents.import_rules import Known
from kendali.documents.models import Document, Revision
from kendali.documents.rules import ArticleVersion, Standing

ARTICLE = Document.Kind.ARTICLE
STATUS = Revision.Status
SOON_DAYS = 30  # an article that expires within these days is marked before


# --- for those who cite


def article_versions(codes: Collection[str] | None = None) -> list[ArticleVersion]:
    """Every version that was ever in force, as the rules see it; `codes`: of these articles only."""
    rows = Revision.objects.filter(document__kind=ARTICLE).exclude(status=STATUS.DRAFT)
    if codes is not None:
        rows = rows.filter(document__code__in=codes)
    found = rows.values_list("document__code", "version", "valid_from", "valid_until", "status")
    return [
        ArticleVersion(code, version, begins, ends, withdrawn=status == STATUS.RETIRED)
        for code, version, begins, ends, status in found
    ]


def article_in_force(code: str, day: date) -> Revision | None:
    """The version an answer may rest on that day; None where there is none, or it expired."""
    rows = Revision.objects.filter(document__kind=ARTICLE, document__code=code, status=STATUS.EFFECTIVE)
    newest = rows.filter(valid_from__lte=day).select_related("document").order_by("-version").first()
    return newest if newest is not None and newest.holds(day) else None


def citable(day: date) -> QuerySet[Revision]:
    """The versions in force that day, by number of the article: what a new answer may be bound to."""
    begun = Revision.objects.filter(document__kind=ARTICLE, status=STATUS.EFFECTIVE, valid_from__lte=day)
    newest = begun.order_by("document", "-version").distinct("document").values("pk")
    rows = Revision.objects.filter(Q(valid_until=None) | Q(valid_until__gte=day), pk__in=newest)
    return rows.select_related("document").order_by("document__code")


def revisions_of(cites: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Revision]:
    """Code and version → the revision, for those that exist and are no draft."""
    wanted = set(cites)
    rows = Revision.objects.filter(document__kind=ARTICLE, document__code__in={code for code, _version in wanted})
    found = {
        (one.document.code, one.version): one for one in rows.exclude(status=STATUS.DRAFT).select_related("document")
    }
    return {key: one for key, one in found.items() if key in wanted}


# --- what changed


def compared(document: Document, version: int, since: int | None) -> tuple[Revision, Revision] | None:
    """The version, and the one it is compared with: `since`, else the one before it. None: there is no such pair."""
    rows = document.revisions.order_by("-version")
    new = rows.filter(version=version).first()
    others = rows.filter(version__lt=version) if since is None else rows.filter(version=since).exclude(version=version)
    old = others.first()
    return (new, old) if new is not None and old is not None else None


def changes(old: Revision, new: Revision) -> tuple[rules.Change, ...]:
    return rules.changes(*(rules.Text("", one.title, one.body, one.valid_from, one.valid_until) for one in (old, new)))


# --- for pages


def visible(user: User) -> QuerySet[Document]:
    """Articles of no client, and those of clients the person has to do with."""
    mine = access.visible_clients(user, "article.view")
    return Document.objects.filter(Q(client=None) | Q(client__in=mine), kind=ARTICLE).select_related("client")


def found(rows: QuerySet[Document], text: str) -> QuerySet[Document]:
    """Words in number, title or any text that is not withdrawn; every word has to occur."""
    for word in text.split()[:8]:
        inside = Revision.objects.filter(document=OuterRef("pk"), body__icontains=word).exclude(status=STATUS.RETIRED)
        rows = rows.filter(Q(code__icontains=word) | Q(title__icontains=word) | Exists(inside))
    return rows


def standing_on(rows: QuerySet[Document], standing: str, day: date) -> QuerySet[Document]:
    """Only documents that stand so: by the version that leads; DRAFT: one waits, beside whatever is in force; "soon":
    in force, but not for much longer."""
    if standing not in ("soon", *Standing):
        return rows
    short = Revision.objects.filter(document__kind=ARTICLE).only(
        "document", "version", "status", "valid_from", "valid_until"
    )
    by_document: dict[int, list[Revision]] = {}
    for one in short.order_by("-version"):
        by_document.setdefault(one.document_id, []).append(one)
    chosen = [key for key, some in by_document.items() if _stands(_placed(some, day), standing, day)]
    return rows.filter(pk__in=chosen)


def _stands(versions: list[Placed], standing: str, day: date) -> bool:
    if standing == Standing.DRAFT:
        return any(one.standing is Standing.DRAFT for one in versions)
    first = leading(versions)
    if first is None or standing != "soon":
        return first is not None and first.standing == standing
    until = first.revision.valid_until
    return first.standing is Standing.IN_FORCE and until is not None and until <= day + timedelta(days=SOON_DAYS)


@dataclass(frozen=True, slots=True)
class Placed:
    """A version and where it stands."""

    revision: Revision
    standing: Standing


def placed(documents: Iterable[Document], day: date) -> dict[int, list[Placed]]:
    """Per document its versions, newest first; three columns of text are left in the database."""
    keys = [one.pk for one in documents]
    rows = Revision.objects.filter(document__in=keys).defer("body", "content").select_related("author", "effective_by")
    by_document: dict[int, list[Revision]] = {key: [] for key in keys}
    for one in rows.order_by("-version"):
        by_document[one.document_id].append(one)
    return {key: _placed(some, day) for key, some in by_document.items()}


def _placed(versions: list[Revision], day: date) -> list[Placed]:
    """All versions of one document."""
    begun = [row.version for row in versions if row.status == STATUS.EFFECTIVE and row.valid_from <= day]
    now = max(begun, default=None)
    return [
        Placed(
            one,
            rules.standing(
                one.status, version=one.version, valid_from=one.valid_from, valid_until=one.valid_until, now=now, on=day
            ),
        )
        for one in versions
    ]


ORDER = (Standing.IN_FORCE, Standing.EXPIRED, Standing.COMING, Standing.DRAFT, Standing.WITHDRAWN, Standing.REPLACED)


def leading(versions: Iterable[Placed]) -> Placed | None:
    """The version that speaks for the document in a list."""
    return min(versions, key=lambda one: ORDER.index(one.standing), default=None)


# --- for imports


def known(codes: Collection[str]) -> list[Known]:
    """As `import_rules.dry_run` asks for them; an article of which nothing counts has version 0."""
    rows = Revision.objects.filter(document__kind=ARTICLE, document__code__in=codes).order_by("document", "-version")
    newest: dict[str, Known] = {}
    drafts: set[str] = set()
    for code, status in rows.values_list("document__code", "status"):
        newest.setdefault(code, Known(code, 0, "", None, None))
        if status == STATUS.DRAFT:
            drafts.add(code)
    effective = rows.filter(status=STATUS.EFFECTIVE)
    for code, version, digest, begins, ends in effective.values_list(
        "document__code", "version", "digest", "valid_from", "valid_until"
    ):
        if newest[code].version < version:
            newest[code] = Known(code, version, digest, begins, ends)
    return [replace(one, draft=code in drafts) for code, one in sorted(newest.items())]
