"""Verifying: what waits for QA."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, roles
from kendali.accounts.models import RoleGrant, User
from kendali.mystery.queries import samples, scope
from kendali.mystery.queries.samples import Waits
from kendali.records.queries.waiting_line import Waiting

FEW = 10  # lines of their own; all of them are in the queue


def lines(user: User, at: datetime) -> list[Waiting]:
    """The forms that were submitted first, with the clock of what was found; nobody's own calls."""
    if not _is_the_judge(user, at):
        return []
    rows = samples.to_verify().exclude(executor=user).select_related("agent_site", "executor")
    found = list(rows.order_by(*samples.QUEUE)[: FEW + 1])
    waits = samples.waits(found, at)
    shown = [_line(one) for one in waits[:FEW]]
    return [*shown, _more(waits[FEW])] if len(waits) > FEW else shown


def _is_the_judge(user: User, at: datetime) -> bool:
    """QA; the Kordinator where there is no QA."""
    if not permissions.can(user, "sample.verify", at=at):
        return False
    held = RoleGrant.objects.filter(role=roles.QA, ended_at=None, user__is_active=True)
    return bool(scope.people_as(user, roles.QA)) or not held.exists()


def _line(one: Waits) -> Waiting:
    row = one.sample
    place = row.agent_site.name if row.agent_site is not None else row.area.upper()
    if one.critical:
        detail = _("a compliance-critical finding")
    elif one.findings:
        detail = _("findings to forward: %(findings)s")
    else:
        detail = _("no finding")
    return Waiting(
        due=one.k2.due_at if one.k2 else None,
        sentence=_("Verify the call to %(place)s of %(caller)s"),
        detail=detail,
        action=_("Check"),
        url=reverse("sample", args=[row.pk]),
        facts={"place": place, "caller": row.executor.name if row.executor else "–", "findings": one.findings},
        number=row.number,
        primary=True,
        zone=one.k2.zone if one.k2 else "",
    )


def _more(one: Waits) -> Waiting:
    return Waiting(
        due=one.k2.due_at if one.k2 else None,
        sentence=_("More forms wait to be verified"),
        detail=_("the queue has all of them"),
        action=_("Open"),
        url=reverse("to_verify"),
        zone=one.k2.zone if one.k2 else "",
    )
