"""How a person reads: language and time zone of a page, and the form that changes language and theme.

Language: the person's own, else this browser's cookie, else Indonesian; never guessed. Zone: the person's own, else
the organisation's.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from kendali.accounts.models import User
from kendali.accounts.own_actions import change_profile

Respond = Callable[[HttpRequest], HttpResponse]
LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)
THEMES = frozenset({"light", "dark", "auto"})
A_YEAR = 365 * 86_400


def reading_middleware(respond: Respond) -> Respond:
    """After the authentication middleware, in the place of Django's locale middleware."""

    def in_their_way(request: HttpRequest) -> HttpResponse:
        language = language_of(request)
        with translation.override(language), timezone.override(zone_of(request)):
            request.LANGUAGE_CODE = language
            response = respond(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return in_their_way


def language_of(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    chosen = user.language if isinstance(user, User) else request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE


def zone_of(request: HttpRequest) -> ZoneInfo:
    user = getattr(request, "user", None)
    return ZoneInfo(user.zone if isinstance(user, User) else settings.TIME_ZONE)


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Language and theme from the header's menu or the login page: kept with the person, and in this browser."""
    language, theme = request.POST.get("language", ""), request.POST.get("theme", "")
    changes = {"language": language} if language in LANGUAGES else {}
    if theme in THEMES:
        changes["theme"] = theme
    if isinstance(request.user, User):
        change_profile(user=request.user, at=timezone.now(), changes=changes)
    response = HttpResponseRedirect(_back(request))
    for name, value in changes.items():
        cookie = settings.LANGUAGE_COOKIE_NAME if name == "language" else name
        response.set_cookie(cookie, value, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


def _back(request: HttpRequest) -> str:
    came_from = request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if safe else "/"
