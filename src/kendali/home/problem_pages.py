"""What went wrong, as a page for people and as JSON under /api/: a machine that reads JSON gets no HTML."""

from __future__ import annotations

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext
from django.views import defaults

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith(API):
        return JsonResponse({"detail": gettext("The request cannot be read.")}, status=400)
    if isinstance(exception, TooManyFieldsSent):
        return HttpResponse(render_to_string("too_many_fields.html"), status=400)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith(API):
        return JsonResponse({"detail": gettext("There is nothing here for you.")}, status=404)
    return defaults.page_not_found(request, exception)
