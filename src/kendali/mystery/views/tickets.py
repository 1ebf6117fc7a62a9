"""What became of the ticket that a test call left behind."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kendali.accounts import access
from kendali.accounts.answers import attempt, field
from kendali.mystery.actions import tickets
from kendali.mystery.views.verifying import load


@login_required
@require_POST
def say(request: HttpRequest, pk: int) -> HttpResponse:
    """`keadaan`: "terbuka" = open after all; back to the page it was said on."""
    user = access.signed_in(request)
    row = load(user, "sample.ticket", pk)
    closed = field(request, "keadaan") != "terbuka"
    said = _("Written down: the test ticket is closed.") if closed else _("Written down: the test ticket is open.")
    attempt(request, lambda: tickets.say(user=user, at=timezone.now(), sample=row, closed=closed), said)
    return redirect("call" if field(request, "dari") == "panggilan" else "sample", pk=pk)
