"""The inbox: everybody's own, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kendali.notices import mail
from kendali.notices.actions import mark_read, unread_count
from kendali.notices.models import Notice
from kendali.numerals import whole

if TYPE_CHECKING:
    from kendali.accounts.models import User

PAGE = 50


@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    user = cast("User", request.user)
    before = request.GET.get("before", "")
    rows = Notice.objects.filter(user=user).order_by("-pk")
    if (last := whole(before)) is not None:
        rows = rows.filter(pk__lt=last)
    found = list(rows[: PAGE + 1])
    context = {
        "notices": [(notice, mail.sentence(notice)) for notice in found[:PAGE]],
        "unread": unread_count(user),
        "newest": "" if not before else request.path,
        "older": f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else "",
    }
    return render(request, "notices/inbox.html", context)


@login_required
@require_POST
def open_notice(request: HttpRequest, number: int) -> HttpResponse:
    """Read it and go where it points."""
    user = cast("User", request.user)
    notice = get_object_or_404(Notice, pk=number, user=user)
    mark_read(user=user, notice=notice, at=timezone.now())
    return redirect(notice.url or "inbox")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    mark_read(user=cast("User", request.user), at=timezone.now())
    return redirect("inbox")
