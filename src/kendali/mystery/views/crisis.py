"""The crisis flag: is it up, who set and lifted it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import access, permissions
from kendali.mystery.actions import crisis as action
from kendali.mystery.models import CrisisFlag
from kendali.mystery.queries import calls
from kendali.records.views.answers import attempt, field

SHOWN = 50


@login_required
@require_safe
def crisis(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "crisis.view")
    context = {
        "flag": calls.crisis(),
        "former": CrisisFlag.objects.exclude(lifted_at=None).select_related("set_by", "lifted_by")[:SHOWN],
        "may_set": permissions.can(user, "crisis.set"),
        "may_lift": permissions.can(user, "crisis.lift"),
    }
    return render(request, "mystery/crisis.html", context)


@login_required
@require_POST
def crisis_move(request: HttpRequest, verb: str) -> HttpResponse:
    user, now = access.signed_in(request), timezone.now()
    verbs = {
        "pasang": (action.set_crisis, _("The crisis flag is set: nobody calls until it is lifted.")),
        "cabut": (action.lift_crisis, _("The crisis flag is lifted: calling goes on.")),
    }
    if verb not in verbs:
        raise Http404
    act, said = verbs[verb]
    attempt(request, lambda: act(user=user, at=now, reason=field(request, "alasan")), said)
    return redirect("crisis")
