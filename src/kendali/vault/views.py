"""The keys page: what lives where, when it was last proved. No secret passes but the sheet, once, as a PDF."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kendali.accounts.access import require, signed_in
from kendali.accounts.permissions import acting, can
from kendali.archive.errors import ArchiveError
from kendali.terms import settings
from kendali.vault import actions, sheet_pdf
from kendali.vault.errors import sentence
from kendali.vault.overview import overview
from kendali.vault.slot_actions import is_proof


@login_required
def keys(request: HttpRequest) -> HttpResponse:
    require(request.user, "keys.view")
    return render(request, "vault/keys.html", {"seen": overview(), "may": can(request.user, "keys.manage")})


@login_required
@require_POST
def prove(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    actor = acting(signed_in(request), "keys.manage", at=at)
    try:
        bad = [answer for answer in actions.prove(actor=actor, at=at) if not is_proof(answer)]
    except ArchiveError as error:
        messages.error(request, sentence(error))
    else:
        if bad:
            messages.error(
                request, gettext("Not proved: %(slots)s") % {"slots": ", ".join(str(answer.slot) for answer in bad)}
            )
        else:
            messages.success(request, gettext("Every slot holds the right key."))
    return redirect("keys")


@login_required
@never_cache
@require_POST
def print_sheet(request: HttpRequest) -> HttpResponse:
    """A new sheet as a PDF; only while the present one is not confirmed."""
    at = timezone.now()
    actor = acting(signed_in(request), "keys.manage", at=at)
    try:
        sheet = actions.make_sheet(actor=actor, at=at)
    except ArchiveError as error:
        messages.error(request, sentence(error))
        return redirect("keys")
    organisation = str(settings.get("organisation.name")) or "Kendali"
    name = f"lembar-pemulihan-{timezone.localdate(at):%Y%m%d}.pdf"
    return HttpResponse(
        sheet_pdf.render(sheet, at=at, organisation=organisation),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@sensitive_post_parameters("group")
@login_required
@require_POST
def confirm_sheet(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    actor = acting(signed_in(request), "keys.manage", at=at)
    try:
        actions.confirm_sheet(request.POST.get("group", ""), actor=actor, at=at)
    except ArchiveError as error:
        messages.error(request, sentence(error))
    else:
        messages.success(request, gettext("Confirmed. From now on the recovery key is only on that paper."))
    return redirect("keys")
