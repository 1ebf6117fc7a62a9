"""Every page and API call reads the settings once, however many of them it asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kendali.terms import settings

Respond = Callable[[HttpRequest], HttpResponse]


def settings_middleware(respond: Respond) -> Respond:
    def once(request: HttpRequest) -> HttpResponse:
        with settings.remembered():
            return respond(request)

    return once
