"""The store: what it promises, and whether it kept it when it was tried."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali import formats
from kendali.accounts import access, permissions
from kendali.archive.errors import ArchiveError
from kendali.audit.sentences import say
from kendali.records import words
from kendali.records.actions import store as store_actions
from kendali.records.models import StoreLook
from kendali.records.views.answers import attempt

PROMISES = {
    "writes": gettext_noop("It takes what is written"),
    "create_refuses_overwrite": gettext_noop("It refuses to overwrite: written once, never changed"),
    "reads_back": gettext_noop("It gives back what was written, byte by byte"),
    "reads_ranges": gettext_noop("It gives back a part without the whole"),
    "lists": gettext_noop("It lists what is there"),
    "lock_refuses": gettext_noop("Its lock really refuses a deletion"),
    "lock_within_life": gettext_noop(
        "Its lock is not longer than the shortest lawful life (%(days)s of %(life)s days)"
    ),
    "deletes": gettext_noop("It deletes, and what was deleted is gone"),
    "private": gettext_noop("Nobody else on this machine can read it"),
    "space": gettext_noop("Free space: %(free)s"),
}
STATES = {True: ("done", gettext_noop("kept")), False: ("late", gettext_noop("broken"))}


@login_required
@require_safe
def store(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "store.view")
    look, problem = None, None
    try:
        look = store_actions.newest()
    except ArchiveError as error:
        problem = words.told_problem({"code": error.code, "facts": dict(error.facts)})
    context = {
        "look": look,
        "problem": problem,
        "findings": [_finding(item) for item in look.findings] if look else [],
        "earlier": StoreLook.objects.order_by("-at")[:20],
        "may_probe": permissions.can(user, "store.probe"),
    }
    return render(request, "records/store.html", context)


def _finding(item: dict[str, object]) -> tuple[str, str, str]:
    """(what is promised, state of the pill, its word; neither for what is only told)"""
    kept = item.get("facts")
    facts = dict(kept) if isinstance(kept, dict) else {}
    if isinstance(free := facts.get("free"), int):
        facts["free"] = formats.size(free, get_language() or "id")
    told = say(PROMISES.get(str(item["code"]), str(item["code"])), facts)
    if item["ok"] is None:
        return told, "", ""
    state, word = STATES[bool(item["ok"])]
    return told, state, _(word)


@login_required
@require_POST
def probe(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "store.probe")
    try:
        attempt(request, lambda: store_actions.look(at=timezone.now(), user=user), _("The promises were tried."))
    except ArchiveError as error:
        messages.error(request, words.told_problem({"code": error.code, "facts": dict(error.facts)}).sentence)
    return redirect("store")
