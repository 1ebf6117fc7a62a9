"""What the audit pages need of a user; the model itself lies above this app, so it is known by what it can do."""

from __future__ import annotations

from typing import Protocol, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


class Person(Protocol):
    def require(self, action: str) -> None:
        """Raises PermissionDenied with its reason."""

    def client_ids(self, action: str) -> frozenset[int] | None:
        """Clients for which the person may do it; None: for all."""


def require(request: HttpRequest, action: str) -> Person:
    """The person, who may do it; PermissionDenied otherwise."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    person = cast(Person, request.user)
    person.require(action)
    return person
