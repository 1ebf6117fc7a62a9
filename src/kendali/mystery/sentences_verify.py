"""Verifying, samples, an agent's own evaluations: one sentence per verb and notice, words for codes."""

from django.utils.translation import gettext_noop as _

VERBS: dict[str, str] = {
    "sample.verify": _("%(actor)s verified %(number)s: %(score)s."),
    "sample.return": _("%(actor)s returned the form of %(number)s: “%(reason)s”"),
    "sample.void": _("%(actor)s voided %(number)s (%(void_reason)s). %(note)s"),
    "sample.revise": _("%(actor)s opened revision %(revision)s of the form of %(number)s: “%(reason)s”"),
    "sample.agent_set": _("%(actor)s set the agent of %(number)s to %(agent)s (before: %(before)s): “%(reason)s”"),
}
NOTICES: dict[str, str] = {
    "sample.returned": _("QA returned the form of %(number)s: “%(reason)s”"),
    "sample.revised": _("QA asks you to correct the form of %(number)s: “%(reason)s”"),
    "sample.voided": _("%(number)s is void (%(void_reason)s)."),
}
# The two machines share their names of facts; their codes are different words.
STATES: dict[str, str] = {
    "planned": _("planned"),
    "assigned": _("assigned"),
    "calling": _("calling"),
    "called": _("called"),
    "scoring": _("being scored"),
    "submitted": _("submitted"),
    "verified": _("verified"),
    "locked": _("locked"),
    "destroyed": _("destroyed"),
    "unconnected": _("not connected"),
    "void": _("void"),
    "missed": _("missed"),
    "found": _("found"),
    "feedback_given": _("feedback at QA"),
    "at_supervisor": _("at the Supervisor"),
    "at_department": _("at the department"),
    "in_progress": _("in progress"),
    "follow_up_reported": _("follow-up reported"),
    "closed": _("closed finding"),
    "invalid": _("invalid"),
    "merged": _("merged"),
}
EVENTS: dict[str, str] = {
    "assign": _("assign"),
    "begin_calling": _("begin calling"),
    "record_attempt": _("record an attempt"),
    "stop_calling": _("stop the activity"),
    "connect": _("connect"),
    "give_up": _("end as not connected"),
    "score": _("fill in the form"),
    "submit": _("submit the form"),
    "return": _("return the form"),
    "verify": _("verify"),
    "revise": _("correct by a new revision"),
    "void": _("void"),
    "miss": _("mark as missed"),
    "lock": _("lock"),
    "destroy": _("destroy"),
    "give_feedback": _("give feedback"),
    "return_form": _("return the form"),
    "forward": _("forward"),
    "begin": _("begin"),
    "report_follow_up": _("report the follow-up"),
    "find_insufficient": _("return the follow-up"),
    "close": _("close"),
    "reroute": _("hand to somebody else"),
    "dispute": _("raise a dispute"),
    "decide_dispute": _("decide the dispute"),
    "invalidate": _("mark as invalid"),
    "merge": _("merge"),
    "remind": _("remind"),
}
# Their Indonesian is in the catalogue of accounts.
ROLES: dict[str, str] = {
    "qc_officer": "QC Officer",
    "qa": "QA",
    "supervisor": "Supervisor",
    "team_leader": "Team Leader/SPV",
    "coordinator": "Coordinator",
    "manager_operation": "Manager Operation",
    "document_control": "Document Control",
    "department_head": "Department head",
    "agent": "Agent",
    "system": "Kendali",
}
WORDS: dict[str, dict[str, str]] = {
    "state": STATES,
    "event": EVENTS,
    "roles": ROLES,
    "owner": {"supervisor": "Supervisor", "department": _("department")},
    "missing": {
        "correction": _("correction"),
        "root_cause": _("root cause"),
        "corrective_action": _("corrective action"),
        "person_in_charge": _("person in charge"),
        "on": _("date"),
    },
    "void_reason": {
        "cover_blown": _("the cover was blown"),
        "wrong_queue": _("wrong queue"),
        "system_trouble": _("system trouble"),
        "real_data_used": _("real data was used"),
        "duplicate": _("a duplicate"),
    },
}
