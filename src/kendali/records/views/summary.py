"""Ringkasan pekan: the page behind Monday's mail."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kendali.accounts import access
from kendali.records import monday


@login_required
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "summary.view")
    found = monday.summary(user, timezone.now())
    return render(request, "records/summary.html", {"summary": found, "text": monday.as_text(found)})
