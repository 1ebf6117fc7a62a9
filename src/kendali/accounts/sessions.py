"""Where people are logged in: one row per browser session, looked at on every request, so that ending works at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from kendali.accounts.models import User, UserSession
from kendali.accounts.own_actions import as_self
from kendali.audit.actions import record

Respond = Callable[[HttpRequest], HttpResponse]
SEEN_EVERY = timedelta(minutes=1)


def session_middleware(respond: Respond) -> Respond:
    """After the authentication middleware: notes the session, and logs out one that was ended elsewhere."""

    def watched(request: HttpRequest) -> HttpResponse:
        user = request.user
        if not isinstance(user, User):
            return respond(request)
        if seen(request, user, timezone.now()).ended_at is not None:
            logout(request)
            messages.info(request, gettext("This session was ended. Please log in again."))
            return redirect("login")
        user.remembers_rights = True
        return respond(request)

    return watched


def seen(request: HttpRequest, user: User, at: datetime) -> UserSession:
    key = key_hash(request)
    row = UserSession.objects.filter(key_hash=key).first()
    if row is None:
        return _start(request, user, key, at)
    if at - row.last_seen_at > SEEN_EVERY and row.ended_at is None:
        UserSession.objects.filter(pk=row.pk).update(last_seen_at=at, ip=_ip(request))
    return row


@transaction.atomic
def _start(request: HttpRequest, user: User, key: bytes, at: datetime) -> UserSession:
    values = {
        "user": user,
        "started_at": at,
        "last_seen_at": at,
        "ip": _ip(request),
        "agent": request.META.get("HTTP_USER_AGENT", "")[:300],
    }
    row, created = UserSession.objects.get_or_create(key_hash=key, defaults=values)
    if created:
        record("account.logged_in", actor=as_self(user), at=at, obj=user)
    return row


def key_hash(request: HttpRequest) -> bytes:
    return hashlib.sha256((request.session.session_key or "").encode()).digest()


def follow(request: HttpRequest, before: bytes) -> None:
    """Django gave the session a new key (new password); it stays the same line on the sessions page."""
    UserSession.objects.filter(key_hash=before).update(key_hash=key_hash(request))


def open_sessions(user: User, at: datetime) -> QuerySet[UserSession]:
    oldest = at - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return UserSession.objects.filter(user=user, ended_at=None, last_seen_at__gt=oldest)


def _ip(request: HttpRequest) -> str | None:
    return request.META.get("REMOTE_ADDR") or None
