"""Import of knowledge articles from a file or the knowledge base: look first, then apply all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kendali import civil_time
from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actions import StaleState
from kendali.audit.actor import SYSTEM, Actor
from kendali.documents import import_rules, knowledge_base, queries, sheets
from kendali.documents.import_rules import Effect, Plan, Step
from kendali.documents.models import ArticleImport, Document, Revision
from kendali.documents.rules import digest
from kendali.documents.sheets import NotReadable, Rows
from kendali.notices import actions as notices
from kendali.terms import settings as terms
from kendali.verdict import Verdict, no

STATUS = ArticleImport.Status
SHEET, HTTP = Revision.Origin.SHEET, Revision.Origin.HTTP
READING_ENDS = timedelta(minutes=10)  # after that a reading that left no word counts as dead


def today(at: datetime) -> date:
    return civil_time.local_date(at, settings.TIME_ZONE)


def plan(row: ArticleImport, at: datetime) -> Plan:
    """What it would change now; asked again before it is applied."""
    return import_rules.dry_run(row.rows, queries.known(_codes(row)), on=today(at))


def _codes(row: ArticleImport) -> set[str]:
    return {str(one.get("code", "")).strip().upper() for one in row.rows}


def _lock(row: ArticleImport) -> None:
    """Nobody writes a version of these articles between the look and the end of the transaction."""
    rows = Document.objects.filter(kind=queries.ARTICLE, code__in=_codes(row)).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk"))


@transaction.atomic
def check_file(*, user: User, at: datetime, name: str, content: bytes) -> ArticleImport:
    """Kept as rows to be looked at; nothing is changed by it. RuleRefused where the file cannot be read."""
    permissions.acting(user, "article.edit", at=at)
    try:
        rows = sheets.read(name, content)
    except NotReadable as error:
        raise RuleRefused(error.why) from error
    return keep(user=user, at=at, name=name, rows=rows)


@transaction.atomic
def keep(*, user: User, at: datetime, name: str, rows: Rows) -> ArticleImport:
    permissions.acting(user, "article.edit", at=at)
    if len(rows) > import_rules.MOST_ROWS:
        raise RuleRefused(no("More than %(most)s rows: divide the file.", most=import_rules.MOST_ROWS))
    return ArticleImport.objects.create(origin=SHEET, ref=name[:300], rows=rows, by=user, at=at)


@transaction.atomic
def apply(*, user: User, at: datetime, row: ArticleImport) -> ArticleImport:
    """RuleRefused while one row is wrong."""
    actor = permissions.acting(user, "article.edit", at=at)
    locked = ArticleImport.objects.select_for_update().get(pk=row.pk)
    return _apply(locked, actor=actor, by=user, at=at)


@transaction.atomic
def drop(*, user: User, at: datetime, row: ArticleImport) -> None:
    permissions.acting(user, "article.edit", at=at)
    if ArticleImport.objects.filter(pk=row.pk, status=STATUS.CHECKED).update(status=STATUS.DROPPED, rows=[]) != 1:
        raise StaleState(row, {STATUS.CHECKED}, STATUS.DROPPED)


def _apply(row: ArticleImport, *, actor: Actor, by: User | None, at: datetime) -> ArticleImport:
    if row.status != STATUS.CHECKED:
        raise StaleState(row, {STATUS.CHECKED}, STATUS.APPLIED)
    _lock(row)
    asked = plan(row, at)
    if asked.faults:
        raise RuleRefused(
            no("%(count)s rows have problems: nothing is applied before they are solved.", count=len(asked.faults))
        )
    _write(asked.changes, row, by=by, at=at)
    row.status, row.applied_by, row.applied_at, row.rows = STATUS.APPLIED, by, at, []
    row.counts = {effect.value: count for effect, count in asked.counts.items()}
    row.save()
    audit.record("article.imported", actor=actor, at=at, obj=row, facts={"origin": row.origin, **row.counts})
    return row


def _write(steps: Iterable[Step], row: ArticleImport, *, by: User | None, at: datetime) -> None:
    """In bulk: documents that are new, then their revisions; a new last day one by one."""
    steps = list(steps)
    codes = {step.text.code for step in steps}
    there = {one.code: one for one in Document.objects.filter(kind=queries.ARTICLE, code__in=codes)}
    made = [
        Document(kind=queries.ARTICLE, code=code, title=step.text.title, created_by=by, created_at=at)
        for step in steps
        if (code := step.text.code) not in there
    ]
    there |= {one.code: one for one in Document.objects.bulk_create(made, batch_size=500)}
    for step in steps:
        if step.effect is Effect.ENDS:
            now = Revision.objects.filter(document=there[step.text.code], version=step.version)
            now.update(valid_until=step.text.valid_until)
    worded = [step for step in steps if step.effect is not Effect.ENDS]
    versions = _newest([there[step.text.code].pk for step in worded])
    Revision.objects.bulk_create(
        [_revision(step, there[step.text.code], versions, row, by=by, at=at) for step in worded], batch_size=500
    )
    for step in worded:
        there[step.text.code].title = step.text.title
    Document.objects.bulk_update([there[step.text.code] for step in worded], ["title"], batch_size=500)


def _newest(documents: Iterable[int]) -> dict[int, int]:
    rows = Revision.objects.filter(document__in=documents).order_by("version")
    return dict(rows.values_list("document", "version"))


def _revision(
    step: Step, document: Document, versions: dict[int, int], row: ArticleImport, *, by: User | None, at: datetime
) -> Revision:
    text = step.text
    return Revision(
        document=document, version=versions.get(document.pk, 0) + 1, title=text.title, body=text.body,
        digest=digest(text.title, text.body, {}), status=Revision.Status.EFFECTIVE, valid_from=text.valid_from,
        valid_until=text.valid_until, origin=row.origin, origin_ref=f"{row.ref}, {step.row}"[:300], author=by,
        created_at=at, effective_by=by, effective_at=at,
    )  # fmt: skip


# --- the knowledge base


def address() -> str:
    return str(terms.get("mystery.knowledge_url")).strip()


@transaction.atomic
def ask(*, user: User, at: datetime) -> ArticleImport:
    """Read the knowledge base now, by a job."""
    permissions.acting(user, "article.edit", at=at)
    if not address():
        raise RuleRefused(no("No address of a knowledge base is set. An administrator sets it under Settings."))
    if reading(at) is not None:
        raise RuleRefused(no("The knowledge base is being read already."))
    return _begin(by=user, at=at)


@transaction.atomic
def ask_when_due(at: datetime) -> ArticleImport | None:
    """By schedule: read again after so many hours."""
    if not address():
        return None
    after = timedelta(hours=terms.number("mystery.knowledge_hours"))
    if ArticleImport.objects.filter(origin=HTTP, at__gt=at - after).exists():
        return None
    return _begin(by=None, at=at)


def reading(at: datetime) -> ArticleImport | None:
    return ArticleImport.objects.filter(origin=HTTP, status=STATUS.READING, at__gt=at - READING_ENDS).first()


def _begin(*, by: User | None, at: datetime) -> ArticleImport:
    from kendali.documents import tasks

    row = ArticleImport.objects.create(origin=HTTP, ref=address()[:500], status=STATUS.READING, by=by, at=at)
    tasks.read_knowledge_base.defer(import_id=row.pk)
    return row


def read_now(row: ArticleImport, *, at: datetime | None = None) -> ArticleImport:
    """The job: read, look, and apply where nothing is wrong; otherwise somebody has to look. May run twice."""
    if row.status != STATUS.READING:
        return row
    try:
        rows = knowledge_base.read(row.ref)
    except NotReadable as error:
        return _failed(row, error.why, at=at or timezone.now())
    now = at or timezone.now()
    with transaction.atomic():
        locked = ArticleImport.objects.select_for_update().get(pk=row.pk)
        if locked.status != STATUS.READING:
            return locked
        locked.rows, locked.status = rows[: import_rules.MOST_ROWS + 1], STATUS.CHECKED
        locked.save()
        asked = plan(locked, now)
        if asked.faults:
            _tell(locked, "article.import_waits", now, {"count": len(asked.faults)})
            return locked
        if not asked.changes:
            locked.status = STATUS.DROPPED
            locked.counts = {effect.value: count for effect, count in asked.counts.items()}
            locked.rows = []
            locked.save()
            return locked
        return _apply(locked, actor=SYSTEM, by=None, at=now)


@transaction.atomic
def _failed(row: ArticleImport, why: Verdict, *, at: datetime) -> ArticleImport:
    earlier = ArticleImport.objects.filter(origin=HTTP).exclude(pk=row.pk).exclude(status=STATUS.READING).first()
    row.status, row.problem = STATUS.FAILED, {"reason": why.reason, "facts": dict(why.facts)}
    row.save()
    if row.by_id is not None or earlier is None or earlier.problem != row.problem:  # not the same every day
        _tell(row, "article.import_failed", at, {})
    return row


def _tell(row: ArticleImport, kind: str, at: datetime, facts: dict[str, object]) -> None:
    people = [row.by] if row.by is not None else permissions.holders("article.edit")
    notices.notify(people, kind=kind, at=at, url=f"/pansol/impor/{row.pk}/", facts=facts)
