"""The only way from a URL to a row: strangers get 404 (they may not even know that it exists), members 403."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from kendali.accounts.models import Client, User
from kendali.accounts.permissions import CAN, Refused, can, rights
from kendali.audit.actions import client_of
from kendali.verdict import no

M = TypeVar("M", bound=Model)


def load(source: type[M] | QuerySet[M], user: User | AnonymousUser, action: str, **lookup: object) -> M:
    """The row, if this person may do `action` on it. Http404, or Refused (403) with the reason."""
    obj = get_object_or_404(source, **lookup)
    client = client_of(obj)
    if client is not None and not is_member(user, client):
        raise Http404
    verdict = can(user, action, client)
    if not verdict:
        raise Refused(verdict)
    return obj


def require(user: User | AnonymousUser, action: str, client: Client | None = None) -> None:
    """For pages without an object: Refused (403) unless the person may, for this client or for any."""
    verdict = can(user, action, client)
    if not verdict:
        raise Refused(verdict)


def is_member(user: User | AnonymousUser, client: Client) -> bool:
    if isinstance(user, AnonymousUser):
        return False
    return any(right.client_id in (None, client.pk) for right in rights(user))


def visible_clients(user: User | AnonymousUser, action: str | None = None) -> QuerySet[Client]:
    """Clients a person has any role for; with `action`, those for which they may do it."""
    if isinstance(user, AnonymousUser) or not user.is_active:
        return Client.objects.none()
    if action is not None and not can(user, action):
        return Client.objects.none()
    held = [right for right in rights(user) if action is None or right.role in CAN[action]]
    if any(right.client_id is None for right in held):
        return Client.objects.all()
    return Client.objects.filter(pk__in={right.client_id for right in held})


def signed_in(request: HttpRequest) -> User:
    """The person of a page behind login_required."""
    if not isinstance(request.user, User):
        raise Refused(no("Log in first."))
    return request.user
