"""The roles of the two procedures; codes are stored, labels are shown."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

TEAM_LEADER = "team_leader"
TEAM_IT = "team_it"
CLIENT = "client"
DOCUMENT_CONTROL = "document_control"
DOCUMENT_OWNER = "document_owner"
QMR = "qmr"
MANAGER_OPERATION = "manager_operation"
WITNESS = "witness"
AUDITOR = "auditor"
ADMINISTRATOR = "administrator"
QC_OFFICER = "qc_officer"
QA = "qa"
SUPERVISOR = "supervisor"
COORDINATOR = "coordinator"
AGENT = "agent"
DEPARTMENT_HEAD = "department_head"

ROLES = [
    (TEAM_LEADER, _("Team Leader/SPV")),
    (TEAM_IT, _("Team IT")),
    (CLIENT, _("Client")),
    (DOCUMENT_CONTROL, _("Document Control")),
    (DOCUMENT_OWNER, _("Document owner")),
    (QMR, _("QMR")),
    (MANAGER_OPERATION, _("Manager Operation")),
    (WITNESS, _("Witness")),
    (AUDITOR, _("Auditor")),
    (ADMINISTRATOR, _("Administrator")),
    (QC_OFFICER, _("QC Officer")),
    (QA, _("QA")),
    (SUPERVISOR, _("Supervisor")),
    (COORDINATOR, _("Coordinator")),
    (AGENT, _("Agent")),
    (DEPARTMENT_HEAD, _("Department head")),
]
ALL = frozenset(code for code, _label in ROLES)
LABELS = dict(ROLES)
