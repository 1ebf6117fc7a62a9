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
from kendali.mystery.queries import cycle_page, ending, f22, pace
from kendali.mystery.rules.ending import ORDER
from kendali.mystery.views.cycles import crumbs, load
from kendali.mystery.views.plan import CHECKED
from kendali.mystery.words_plan import PARTS, cycle_pill
from kendali.verdict import Verdict


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
    return render(request, "mystery/cycle_sign.html", _context(request, row, user))


def _context(request: HttpRequest, row: Cycle, user: User) -> dict[str, object]:
    """The digest of thousands of rows takes seconds: then it is computed by a click."""
    now = timezone.now()
    asked = bool(request.GET.get("kode")) or cycle_page.counts(row).planned <= CHECKED
    digest = row.frozen_digest or (f22.register_digest(row, now) if asked else "")
    signed = {one.part: one for one in row.signatures.order_by("at") if not digest or one.digest == digest}
    old = [one for one in row.signatures.order_by("at") if digest and one.digest != digest]
    counted = pace.meter(row, now).counted
    may_freeze = permissions.can(user, "cycle.freeze") and bool(digest)
    return {
        "row": row,
        "crumbs": crumbs(row),
        "pill": cycle_pill(row),
        "digest": digest,
        "lines": [(part, *PARTS[part], signed.get(part), _may_sign(row, user, part, digest)) for part in ORDER],
        "old": old,
        "counted": counted,
        "may_freeze": ending.may_freeze(row, now, counted=counted, now=digest) if may_freeze else None,
    }


def _may_sign(row: Cycle, user: User, part: str, digest: str) -> Verdict | None:
    """None: not this person's part, or nothing was shown yet."""
    if not digest or not permissions.can(user, actions.PARTS[CycleSignature.Part(part)]):
        return None
    return ending.may_sign(row, part, by=user.pk, shown=digest, now=digest)


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
