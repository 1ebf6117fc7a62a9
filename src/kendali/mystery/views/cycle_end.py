"""The end of a month: calls close, the register F-22 is signed by three people, the month is frozen."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kendali.accounts import access, permissions
from kendali.accounts.answers import attempt, field
from kendali.accounts.models import User
from kendali.mystery.actions import cycles as actions
from kendali.mystery.models import Cycle, CycleSignature
from kendali.mystery.queries import ending, f22, pace
from kendali.mystery.rules.ending import ORDER
from kendali.mystery.rules.ending import valid as valid_of
from kendali.mystery.views.cycles import crumbs, load
from kendali.mystery.words_plan import PARTS, cycle_pill


@login_required
@require_POST
def close(request: HttpRequest, month: str) -> HttpResponse:
    row, user = load(request, month, "cycle.edit"), access.signed_in(request)
    reason = field(request, "alasan")
    attempt(
        request,
        lambda: actions.close(user=user, at=timezone.now(), row=row, reason=reason),
        _("The calls of the month are closed."),
    )
    return redirect("cycle", month=month)


@login_required
@require_POST
def explain(request: HttpRequest, month: str) -> HttpResponse:
    row, user = load(request, month, "cycle.edit"), access.signed_in(request)
    reason = field(request, "alasan")
    attempt(
        request,
        lambda: actions.explain(user=user, at=timezone.now(), row=row, reason=reason),
        _("The reason of the shortfall is written down; the report prints it."),
    )
    return redirect("cycle", month=month)


@login_required
def sign(request: HttpRequest, month: str) -> HttpResponse:
    """Three signatures on one register, each with the kode hash of what was shown."""
    row, user = load(request, month, "cycle.view"), access.signed_in(request)
    if request.method == "POST":
        part = field(request, "bagian")
        if part not in CycleSignature.Part.values:
            part = ORDER[0]
        access.require(user, actions.PARTS[CycleSignature.Part(part)])
        digest = field(request, "kode")
        attempt(
            request,
            lambda: actions.sign(user=user, at=timezone.now(), row=row, part=part, digest=digest),
            _("Signed. The signature holds for exactly this register."),
        )
        return redirect("cycle_sign", month=month)
    return render(request, "mystery/cycle_sign.html", _context(row, user))


def _context(row: Cycle, user: User) -> dict[str, object]:
    now = timezone.now()
    digest = row.frozen_digest or f22.register_digest(row, now)
    rows = list(row.signatures.select_related("user").order_by("at"))
    good = valid_of(ending.signed(row), digest)
    signed = {one.part: one for one in rows if one.digest == digest}
    meter = pace.meter(row, now)
    lines = []
    for part in ORDER:
        may = permissions.can(user, actions.PARTS[CycleSignature.Part(part)])
        verdict = may and ending.may_sign(row, part, by=user.pk, shown=digest, now=digest)
        lines.append((part, *PARTS[part], signed.get(part), verdict))
    freeze = permissions.can(user, "cycle.freeze") and ending.may_freeze(row, now, counted=meter.counted, now=digest)
    return {
        "row": row,
        "crumbs": crumbs(row),
        "pill": cycle_pill(row),
        "digest": digest,
        "lines": lines,
        "old": [one for one in rows if one.part not in good or one.digest != digest],
        "parts": {code: words[0] for code, words in PARTS.items()},
        "meter": meter,
        "may_freeze": freeze,
    }


@login_required
@require_POST
def freeze(request: HttpRequest, month: str) -> HttpResponse:
    row, user = load(request, month, "cycle.freeze"), access.signed_in(request)
    done = attempt(
        request,
        lambda: actions.freeze(user=user, at=timezone.now(), row=row),
        _("The month is frozen; F-22 stands in the register of records for one year."),
    )
    return redirect("cycle" if done else "cycle_sign", month=month)
