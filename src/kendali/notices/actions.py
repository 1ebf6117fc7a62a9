"""Telling people: one row in the inbox and one e-mail job each, in the transaction that makes them necessary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from kendali.audit.actions import plain
from kendali.notices.models import Notice

if TYPE_CHECKING:
    from kendali.accounts.models import User


def notify(
    users: Iterable[User],
    *,
    kind: str,
    facts: Mapping[str, object] | None = None,
    url: str = "",
    at: datetime,
    due: datetime | None = None,
    email: bool = True,
) -> list[Notice]:
    """Each person once, inactive people not at all. `kind` is a key of NOTICES in some app's sentences.py;
    facts as in the audit trail: no customer content, name or phone number. `url` is a path within Kendali.
    `email` False: for the inbox only."""
    people = {user.pk: user for user in users if user.is_active}
    with transaction.atomic():
        return [_one(user, kind, facts or {}, url, at, due, email) for user in people.values()]


def _one(
    user: User, kind: str, facts: Mapping[str, object], url: str, at: datetime, due: datetime | None, email: bool
) -> Notice:
    from kendali.notices import mail, tasks

    state = Notice.EmailState.QUEUED if email and mail.configured() else Notice.EmailState.NONE
    notice = Notice.objects.create(user=user, at=at, kind=kind, facts=plain(facts), url=url, due=due, email_state=state)
    if state == Notice.EmailState.QUEUED:
        tasks.send_notice.defer(notice_id=notice.pk)
    return notice


def mark_read(*, user: User, notice: Notice | None = None, at: datetime) -> int:
    """One notice, or all of the person's; returns how many were unread."""
    unread = Notice.objects.filter(user=user, read_at=None)
    if notice is not None:
        unread = unread.filter(pk=notice.pk)
    return unread.update(read_at=at)


def unread_count(user: User) -> int:
    return Notice.objects.filter(user=user, read_at=None).count()
