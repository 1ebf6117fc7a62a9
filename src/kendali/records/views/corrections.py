"""A sealed Berita Acara is corrected by a new one: what the rows say now, beside what was certified."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kendali.accounts import access
from kendali.accounts.permissions import RuleRefused
from kendali.records.actions import certificates as action
from kendali.records.queries import corrections as query
from kendali.records.views.answers import attempt, field, told
from kendali.register import queries as register


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = access.signed_in(request)
    old = register.load(user, pk, "certificate.correct")
    if request.method == "POST":

        def act() -> None:
            action.correct(user=user, at=timezone.now(), certificate=old, reason=field(request, "alasan"))

        if attempt(request, act, _("The correction is drafted: look at it, then send it out for signature.")):
            new = old.corrections.exclude(status="cancelled").get()
            return redirect("certificate", pk=new.pk)
        return redirect("certificate_correct", pk=pk)
    changes, refused = [], ""
    try:
        changes = query.changes(old)
    except RuleRefused as error:
        refused = told(error.verdict)
    context = {
        "one": old,
        "changes": changes,
        "refused": refused or query.why_not(old),
        "crumbs": [(_("Certificates"), "/berita-acara/"), (str(old), f"/berita-acara/{old.pk}/")],
    }
    return render(request, "records/correction.html", context)
