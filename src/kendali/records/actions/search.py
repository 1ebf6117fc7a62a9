"""Searching conversations for a text. No message text is in the database: the sources and the packages are asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.archive import stores
from kendali.archive.errors import ArchiveError
from kendali.archive.reader import scan_text
from kendali.audit import actions as audit
from kendali.connectors.base import SourceError
from kendali.connectors.reading import CHATS
from kendali.records import secrets
from kendali.records.actions import package_keys, sources
from kendali.records.models import Package, Record, Source, TextSearch
from kendali.terms import free_text
from kendali.verdict import no

MOST = 1000  # matches worth showing; a search that finds more is too wide
SHORTEST = 3


def searched(*, user: User, at: datetime, client: Client | None, fields: list[str], found: int) -> None:
    """That somebody looked for records, and by which fields; never for what. Without a field it was no search."""
    actor = permissions.acting(user, "record.search", client)
    if fields:
        facts = {"fields": fields, "count": found}
        with transaction.atomic():
            audit.record("record.searched", actor=actor, at=at, client=client, facts=facts)


def begin(*, user: User, at: datetime, client: Client, text: str, reason: str) -> TextSearch:
    """Ask for a search; a job carries it out. The text itself is not in the audit trail."""
    from kendali.records import tasks  # tasks call actions; here an action defers a task

    actor = permissions.acting(user, "record.open_content", client)
    if len(text.strip()) < SHORTEST:
        raise RuleRefused(no(_("Give at least three characters to look for.")))
    if not reason.strip():
        raise RuleRefused(no(_("Give a reason.")))
    if not (clean := free_text.acceptable(reason)):
        raise RuleRefused(clean)
    with transaction.atomic():
        search = TextSearch(user=user, client=client, reason=reason.strip(), started_at=at)
        search.text_sealed = secrets.seal_text(f"search/{search.pk}", text.strip())
        search.save(force_insert=True)
        audit.record(
            "record.text_searched", actor=actor, at=at, obj=search, client=client, facts={"reason": reason.strip()}
        )
        tasks.search_text.defer(search_id=str(search.pk))
    return search


def run(search: TextSearch) -> None:
    """First the sources (what is newest), then package after package. A place that fails is named, not skipped."""
    text = secrets.open_text(f"search/{search.pk}", bytes(search.text_sealed))
    conversations = Q(client=search.client, record_class="conversation")
    places = list(Source.objects.filter(conversations, active=True))
    packages = list(
        Package.objects.filter(status=Package.Status.VERIFIED, source__client=search.client,
                               source__record_class="conversation").select_related("source").order_by("-month")
    )  # fmt: skip
    search.status = TextSearch.Status.RUNNING
    search.total, search.done, search.problems = len(places) + len(packages), 0, []
    search.save(update_fields=["status", "total", "done", "problems"])
    try:
        for source in places:
            _ask_source(search, source, text)
        for package in packages:
            _read_package(search, package, text)
    except Exception:
        _end(search, TextSearch.Status.FAILED)  # the page says so; the job may be tried again
        raise
    _end(search, TextSearch.Status.DONE)


def _end(search: TextSearch, status: str) -> None:
    search.status, search.finished_at = status, timezone.now()
    search.save(update_fields=["status", "finished_at"])


def _ask_source(search: TextSearch, source: Source, text: str) -> None:
    try:
        with sources.connected(source) as connector:
            _add(search, source.pk, connector.search(text, MOST))
    except SourceError as error:
        search.problems.append({"place": source.name, "code": error.code, "facts": audit.plain(error.facts)})
    _step(search)


def _read_package(search: TextSearch, package: Package, text: str) -> None:
    try:
        store = stores.open_store(settings.KENDALI_STORE)
        columns = CHATS[package.source.kind].TEXT_COLUMNS
        refs = scan_text(store, package.path, package_keys.key_of(package), text, columns=columns)
        _add(search, package.source_id, refs)
    except ArchiveError as error:
        search.problems.append({"place": package.number, "code": error.code, "facts": audit.plain(error.facts)})
    _step(search)


def _add(search: TextSearch, source_id: int, refs: Iterable[str]) -> None:
    room = MOST - search.matches.count()
    chosen = [ref for _, ref in zip(range(max(room, 0)), refs, strict=False)]
    search.matches.add(*Record.objects.filter(source_id=source_id, ref__in=chosen).values_list("pk", flat=True))


def _step(search: TextSearch) -> None:
    search.done += 1
    search.save(update_fields=["done", "problems"])


def forget(*, at: datetime) -> int:
    """Searches are remembered for a day; that somebody searched stays in the audit trail."""
    return TextSearch.objects.filter(started_at__lt=at - timedelta(days=1)).delete()[0]
