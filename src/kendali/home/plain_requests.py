"""What no page and no row can mean anything by: text with NUL characters. PostgreSQL refuses it, deep inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict

Respond = Callable[[HttpRequest], HttpResponse]


def plain_requests_middleware(respond: Respond) -> Respond:
    """400 before any view; JSON bodies are looked at by the API's parser."""

    def checked(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or _has_nul(request.GET) or _has_nul(request.POST):
            raise BadRequest("NUL characters")
        return respond(request)

    return checked


def _has_nul(asked: QueryDict) -> bool:
    return any("\0" in text for name, values in asked.lists() for text in _texts(name, values))


def _texts(name: str, values: Iterable[object]) -> Iterable[str]:
    yield name
    yield from (value for value in values if isinstance(value, str))
