"""Findings and their clocks, disputes, coaching: what waits for a person."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, roles
from kendali.accounts.models import User
from kendali.mystery.models import Finding
from kendali.mystery.queries import board, scope
from kendali.mystery.queries import clocks as clock_query
from kendali.mystery.rules.finding_rules import Dispute, FindingState
from kendali.records.queries.waiting_line import Waiting

S = FindingState
CONCERNED = (roles.QC_OFFICER, roles.TEAM_LEADER, roles.SUPERVISOR, roles.DEPARTMENT_HEAD, roles.QA)
FEW = 10  # lines of their own; what is behind them is on the board
WRITE = _("Write")
SAID: dict[str, tuple[str, str]] = {
    S.FOUND.value: (_("Write the feedback of the Access finding of %(area)s"), WRITE),
    S.FEEDBACK_GIVEN.value: (_("Forward the Access finding of %(area)s"), _("Check")),
    S.AT_SUPERVISOR.value: (_("Report the follow-up of a finding in %(area)s"), _("Report")),
    S.AT_DEPARTMENT.value: (_("Report the follow-up of a finding in %(area)s"), _("Report")),
    S.IN_PROGRESS.value: (_("Report the follow-up of a finding in %(area)s"), _("Report")),
    S.FOLLOW_UP_REPORTED.value: (_("Check the follow-up and close the finding in %(area)s"), _("Check")),
}


def lines(user: User, at: datetime) -> list[Waiting]:
    """The first due first. What is handed over with its form waits as a form, not here."""
    if not permissions.can(user, "finding.view") and not permissions.can(user, "finding.feedback"):
        return []
    rows = scope.findings_for(user).filter(board.of(user), due_at__isnull=False)
    rows = rows.exclude(state__in=scope.WITH_QA, sample__isnull=False, escalated_at=None, dispute=Dispute.NONE.value)
    found = list(rows.order_by("due_at", "pk").prefetch_related("clocks")[: FEW + 1])
    oversees = bool(permissions.can(user, "finding.escalated"))
    own = scope.people_as(user, *CONCERNED)
    shown = [_line(one, own, oversees=oversees) for one in found[:FEW]]
    return [*shown, _more(found[FEW])] if len(found) > FEW else shown


def _line(row: Finding, own: frozenset[int], *, oversees: bool) -> Waiting:
    """`own`: as whom this person acts; whom a disputed finding concerns goes on with it and decides nothing."""
    sentence, action = SAID[row.state]
    if oversees and row.escalated_at is not None:
        sentence, action = _("A finding in %(area)s is late: reroute, remind or decide"), _("Open")
    elif row.dispute == Dispute.OPEN and not own & {row.executor_id, row.owner_id, row.verifier_id}:
        sentence, action = _("Decide the dispute of a finding in %(area)s"), _("Decide")
    return Waiting(
        due=row.due_at,
        sentence=sentence,
        detail="%(description)s",
        action=action,
        url=f"/mystery/temuan/{row.pk}/{'feedback/' if action == WRITE else ''}",
        number=row.number,
        facts={"area": row.area.upper(), "description": _short(row.description)},
        primary=True,
        zone=clock_query.zone_of_due(row, row.clocks.all()),
    )


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 100 else words[:99].rstrip() + "…"


def _more(row: Finding) -> Waiting:
    return Waiting(
        due=row.due_at,
        sentence=_("More findings wait for you"),
        detail=_("the board has all of them"),
        action=_("Open"),
        url="/mystery/temuan/?milik=saya",
        zone=clock_query.zone_of_due(row, row.clocks.all()),
    )
