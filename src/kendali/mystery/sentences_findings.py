"""Findings and their clocks, disputes, coaching: one sentence per verb and notice, words for codes."""

from django.utils.translation import gettext_noop as _

VERBS: dict[str, str] = {
    "finding.raised": _("%(actor)s found a nonconformity in %(sample)s: %(number)s, %(count)s items, %(owner_kind)s."),
    "finding.raised_access": _("%(actor)s raised the Access finding %(number)s for %(area)s on %(day)s: %(samples)s."),
    "finding.access_joined": _("%(actor)s added %(samples)s to the Access finding %(number)s."),
    "finding.changed": _("%(actor)s submitted the form again; %(number)s now has %(count)s items."),
    "finding.give_feedback": _("%(actor)s handed feedback and recommendation of %(number)s to QA."),
    "finding.return_form": _("%(actor)s returned %(number)s to the caller: “%(reason)s”"),
    "finding.forward": _("%(actor)s verified %(number)s and forwarded it to %(owner)s (%(owner_kind)s)."),
    "finding.owner_chosen": _("%(actor)s chose %(owner)s (%(owner_kind)s) to answer for %(number)s."),
    "finding.begin": _("%(actor)s began to work on %(number)s."),
    "finding.report_follow_up": _("%(actor)s reported the follow-up of %(number)s (done: %(done)s, date %(on)s)."),
    "finding.find_insufficient": _("%(actor)s found the follow-up of %(number)s insufficient: “%(reason)s”"),
    "finding.close": _("%(actor)s closed %(number)s (reason of the lateness: %(late_reason)s)."),
    "finding.reroute": _("%(actor)s rerouted %(number)s to %(owner)s (%(owner_kind)s): “%(reason)s”"),
    "finding.dispute": _("%(actor)s disputed %(number)s: “%(reason)s”"),
    "finding.decide_dispute": _("%(actor)s decided the dispute of %(number)s: %(decision)s. “%(reason)s”"),
    "finding.invalidate": _("%(actor)s declared %(number)s not valid: “%(reason)s”"),
    "finding.merge": _("%(actor)s merged %(number)s into %(into)s: “%(reason)s”"),
    "finding.took_in": _("%(actor)s merged %(one)s into %(number)s."),
    "finding.raised_again": _(
        "%(actor)s raised %(number)s in place of %(one)s: %(into)s, which took that in, is not valid."
    ),
    "finding.went_on": _("%(one)s goes on as %(number)s: %(into)s, which took it in, is not valid."),
    "finding.decided": _("%(actor)s decided on the escalated finding %(number)s: %(decided)s. “%(reason)s”"),
    "finding.remind": _("%(actor)s reminded whoever must act on %(number)s: “%(reason)s”"),
    "finding.escalated": _("%(number)s went to the coordinator: %(step)s is one day late."),
    "finding.overdue": _("%(number)s went to Manager Operation: %(step)s is two days late."),
    "finding.clock_recomputed": _(
        "%(step)s of %(number)s was computed again with calendar version %(calendar)s: due %(after)s,"
        " before %(before)s."
    ),
    "finding.evidence_added": _("%(actor)s added evidence to %(number)s."),
    "finding.coached": _("%(actor)s recorded a coaching for %(number)s on %(on)s (signed form: %(signed)s)."),
    "finding.acknowledged": _("%(actor)s acknowledged the coaching of %(on)s for %(number)s."),
}

NOTICES: dict[str, str] = {
    "finding.critical": _("Compliance-critical finding %(number)s (%(area)s): known to you at once, QA verifies it."),
    "finding.access": _("Access finding %(number)s (%(area)s): write the feedback and recommendation."),
    "finding.handed_to_qa": _("%(number)s (%(area)s) was handed to QA with a recommendation: verify and forward it."),
    "finding.returned": _("%(number)s came back to you: “%(reason)s”"),
    "finding.forwarded": _("Finding %(number)s (%(area)s) is with you: report the follow-up."),
    "finding.rerouted": _("Finding %(number)s (%(area)s) was put in your hands: “%(reason)s”"),
    "finding.taken_over": _("Finding %(number)s (%(area)s) is in other hands now: “%(reason)s”"),
    "finding.reported": _("The follow-up of %(number)s (%(area)s) was reported: look at it and close the finding."),
    "finding.insufficient": _("The follow-up of %(number)s is not sufficient: “%(reason)s”"),
    "finding.closed": _("%(number)s is closed."),
    "finding.invalid": _("%(number)s is not valid: “%(reason)s”"),
    "finding.merged": _("%(number)s was merged into %(into)s."),
    "finding.raised_again": _("%(number)s (%(area)s) waits for you in place of %(one)s, which was merged before."),
    "finding.reminded": _("The coordinator reminds you of %(number)s: “%(reason)s”"),
    "finding.disputed": _("%(number)s (%(area)s) is disputed: decide."),
    "finding.dispute_decided": _("The dispute of %(number)s was decided: %(decision)s. “%(reason)s”"),
    "finding.coached": _("Your coaching for %(number)s was recorded: read and acknowledge it."),
    "finding.clock_half": _("%(number)s (%(area)s): half of the time of %(step)s has passed."),
    "finding.clock_most": _("%(number)s (%(area)s): 80 %% of the time of %(step)s has passed."),
    "finding.clock_due": _("%(number)s (%(area)s) is late: %(step)s was due."),
    "finding.clock_one_day": _("%(number)s (%(area)s): %(step)s is one day late. Reroute, remind or decide."),
    "finding.clock_two_days": _("%(number)s (%(area)s): %(step)s is two days late."),
    "finding.digest": _("Findings this morning: %(count)s wait for you, %(late)s of them late."),
}

WORDS: dict[str, dict[str, str]] = {
    "owner_kind": {"supervisor": _("Supervisor"), "department": _("department")},
    "step": {
        "k1": _("K1 (QCO to QA)"),
        "k2": _("K2 (QA to Supervisor)"),
        "k3": _("K3 (Supervisor to QA)"),
    },
    "cause_of": {
        "agent": _("agent"),
        "access": _("access"),
        "knowledge_base": _("knowledge base"),
        "system": _("system"),
        "procedure": _("procedure"),
    },
    "error_class": {
        "customer": _("critical for the customer"),
        "business": _("critical for the business"),
        "compliance": _("critical for compliance"),
    },
    "decision": {"accepted": _("upheld"), "partly": _("partly upheld"), "rejected": _("rejected")},
    "decided": {
        "forward": _("it goes to who owns its cause"),
        "return_form": _("the caller writes the feedback again"),
        "close": _("it is closed"),
        "find_insufficient": _("the follow-up is not sufficient"),
        "accept_dispute": _("the dispute is accepted, the finding is not valid"),
        "accept_dispute_partly": _("the dispute is accepted in part, the finding goes on"),
        "reject_dispute": _("the dispute is rejected, the finding goes on"),
        "invalidate": _("it is not valid"),
        "merge": _("it goes on in an earlier finding"),
    },
    "late_reason": {
        "": _("not late"),
        "received_late": _("received late"),
        "absence": _("absence"),
        "workload": _("workload"),
        "system_trouble": _("system trouble"),
        "other_party": _("waiting for another party"),
        "calendar": _("a holiday that was entered too late"),
        "other": _("another reason"),
    },
}
