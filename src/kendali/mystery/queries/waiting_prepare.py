"""Scenarios: what waits for those who write and approve them."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.mystery.models import ScenarioVersion
from kendali.mystery.queries import scenarios as queries
from kendali.records.queries.waiting_line import Waiting

LIST = "/mystery/skenario/"


def lines(user: User, at: datetime) -> list[Waiting]:
    return [*_to_approve(user), *_returned(user), *_marked(user, at)]


def _to_approve(user: User) -> list[Waiting]:
    from kendali.mystery.actions.scenarios import approvers

    if not permissions.can(user, "scenario.approve"):
        return []
    rows = ScenarioVersion.objects.filter(status="submitted").select_related("scenario").order_by("submitted_at")[:50]
    return [
        Waiting(
            due=None, sentence=_("Approve scenario %(scenario)s"), detail=_("It was submitted on %(at)s."),
            action=_("Look at it"), url=f"{LIST}{row.pk}/",
            facts={"scenario": str(row), "at": row.submitted_at}, number=row.scenario.code, primary=True,
        )
        for row in rows
        if user in approvers(row)
    ]  # fmt: skip


def _returned(user: User) -> list[Waiting]:
    if not permissions.can(user, "scenario.edit"):
        return []
    rows = ScenarioVersion.objects.filter(status="draft", author=user).exclude(reason="").select_related("scenario")
    return [
        Waiting(
            due=None, sentence=_("Scenario %(scenario)s was returned: %(reason)s"),
            detail=_("Mend it and submit it again."),
            action=_("Edit"), url=f"{LIST}{row.pk}/ubah/",
            facts={"scenario": str(row), "reason": row.reason[:200]}, number=row.scenario.code,
        )
        for row in rows.order_by("pk")[:50]
    ]  # fmt: skip


def _marked(user: User, at: datetime) -> list[Waiting]:
    if not permissions.can(user, "scenario.edit"):
        return []
    count = len(queries.marked_scenarios(at))
    if not count:
        return []
    return [
        Waiting(
            due=None, sentence=_("Scenarios that rest on articles that changed or ended: %(count)s"),
            detail=_("No call uses them before a new version is approved."), action=_("Look at them"),
            url=f"{LIST}?status=marked", facts={"count": count},
        )
    ]  # fmt: skip
