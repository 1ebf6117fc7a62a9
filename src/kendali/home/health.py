"""Health for load balancers and supervisors: is the process alive, is the whole ready, and if not, why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kendali.accounts.mail_server import unconfirmed
from kendali.archive.errors import ArchiveError
from kendali.archive.stores import open_store
from kendali.home.start_checks import pending


@require_safe
@never_cache
def live(_request: HttpRequest) -> JsonResponse:
    """The process answers. Says nothing about anything else."""
    return JsonResponse({"ok": True})


@require_safe
@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when work can be done; 503 with the names of what is missing. No detail: the page is open to everybody."""
    answers = {name: answer(check) for name, check in CHECKS.items()}
    good = all(value == "ok" for value in answers.values())
    answers |= {name: answer(check) for name, check in NOTES.items()}
    response = JsonResponse({"ok": good, **answers}, status=200 if good else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # asked every few seconds: no error line each time
    return response


def answer(check: Callable[[], str]) -> str:
    try:
        return check()
    except DatabaseError:
        return "no database"
    except Exception as problem:  # (a store may raise anything; the type is all that strangers may see)
        return type(problem).__name__


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def migrations() -> str:
    return "not prepared" if pending() else "ok"


def store() -> str:
    """Reached, not written to; of what goes wrong strangers see the kind only."""
    try:
        next(iter(open_store(settings.KENDALI_STORE).entries("vault")), None)
    except ArchiveError as problem:
        return problem.code
    return "ok"


def worker() -> str:
    """At least one gave a sign within three heartbeats."""
    since = timezone.now() - timedelta(seconds=3 * settings.KENDALI_HEARTBEAT_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > %s)", [since])
        return "ok" if cursor.fetchone()[0] else "none seen"


def mail_server() -> str:
    """Whether mail goes through the server that somebody confirmed; otherwise no decision by link counts."""
    return "not confirmed" if unconfirmed() else "ok"


NOTES = {"mail_server": mail_server}  # work goes on without it
CHECKS = {"database": database, "migrations": migrations, "store": store, "worker": worker}
