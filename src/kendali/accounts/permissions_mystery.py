"""Who may do what in mystery calling (procedure 4 and 7; mystery-calling, Roles).

Agent, TL and SPV never see plan, executor, caller number, persona or scenario; a TL or SPV who helps sees only the own
next sample. Rows are narrowed further by `mystery.queries.scope`: an agent sees own evaluations, a supervisor findings
of the own teams, a department head those it owns.
"""

from __future__ import annotations

from kendali.accounts.roles import (
    ADMINISTRATOR,
    AGENT,
    AUDITOR,
    COORDINATOR,
    DEPARTMENT_HEAD,
    DOCUMENT_CONTROL,
    MANAGER_OPERATION,
    QA,
    QC_OFFICER,
    QMR,
    SUPERVISOR,
    TEAM_LEADER,
)

OVERSIGHT = {COORDINATOR, MANAGER_OPERATION, QMR, AUDITOR}
OFFICE = OVERSIGHT | {QA}  # who may know the plan
CALLERS = {QC_OFFICER, TEAM_LEADER, SUPERVISOR}

MYSTERY: dict[str, frozenset[str]] = {
    # Controlled documents: knowledge articles and the form
    "article.view": frozenset(OFFICE | CALLERS | {DOCUMENT_CONTROL, DEPARTMENT_HEAD}),
    "article.edit": frozenset({QA, DOCUMENT_CONTROL}),
    "form.view": frozenset(OFFICE | {QC_OFFICER, DOCUMENT_CONTROL}),
    "form.edit": frozenset({QA}),
    "form.activate": frozenset({DOCUMENT_CONTROL, COORDINATOR}),
    # Activities 1 and 2
    "material.view": frozenset(OFFICE | {QC_OFFICER}),
    "material.edit": frozenset({QA}),
    "persona.view": frozenset(OFFICE),
    "persona.edit": frozenset({QA}),
    "scenario.view": frozenset(OFFICE),
    "scenario.edit": frozenset({QA}),
    "scenario.approve": frozenset({QA, COORDINATOR}),
    # People and time
    "roster.view": frozenset(OFFICE | {SUPERVISOR, TEAM_LEADER, ADMINISTRATOR}),
    "roster.edit": frozenset({QA, COORDINATOR, ADMINISTRATOR}),
    "calendar.view": frozenset(OFFICE | CALLERS | {DOCUMENT_CONTROL, DEPARTMENT_HEAD, ADMINISTRATOR}),
    "calendar.edit": frozenset({COORDINATOR, ADMINISTRATOR}),
    # The month
    "cycle.view": frozenset(OFFICE | {QC_OFFICER, DOCUMENT_CONTROL}),
    "cycle.edit": frozenset({QA}),
    "cycle.sign_made": frozenset({QC_OFFICER}),
    "cycle.sign_checked": frozenset({QA}),
    "cycle.sign_acknowledged": frozenset({COORDINATOR}),
    "cycle.freeze": frozenset({QA}),
    "plan.view": frozenset(OFFICE),
    "plan.edit": frozenset({QA}),
    "plan.assign": frozenset({QA, COORDINATOR}),
    # Activity 3
    "sample.view": frozenset(OFFICE | {QC_OFFICER, DOCUMENT_CONTROL}),
    "sample.call": frozenset(CALLERS),
    "sample.verify": frozenset({QA, COORDINATOR}),
    "sample.ticket": frozenset(CALLERS | {QA, COORDINATOR}),  # a caller of the own calls only
    "crisis.view": frozenset(OFFICE | CALLERS),
    "crisis.set": frozenset({QC_OFFICER, QA, COORDINATOR, MANAGER_OPERATION}),
    "crisis.lift": frozenset({QA, COORDINATOR, MANAGER_OPERATION}),
    "f22.view": frozenset(OFFICE | {QC_OFFICER, DOCUMENT_CONTROL}),
    # Activities 4 to 6
    "finding.view": frozenset(OFFICE | {QC_OFFICER, SUPERVISOR, DEPARTMENT_HEAD, AGENT}),
    "finding.feedback": frozenset(CALLERS),
    "finding.judge": frozenset({QA, COORDINATOR}),
    "finding.follow_up": frozenset({SUPERVISOR, DEPARTMENT_HEAD}),
    "finding.dispute": frozenset({SUPERVISOR, AGENT}),
    "finding.remind": frozenset({COORDINATOR}),
    "finding.decide": frozenset({COORDINATOR}),
    "finding.coach": frozenset({SUPERVISOR}),
    "finding.acknowledge": frozenset({SUPERVISOR, AGENT}),
    "finding.escalated": frozenset({COORDINATOR}),  # told one working day late
    "finding.overdue": frozenset({MANAGER_OPERATION}),  # told two working days late
    "evaluation.own": frozenset({AGENT}),
}
