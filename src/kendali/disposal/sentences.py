"""What happened to holds, proposals and their answers, one sentence per verb."""

from django.utils.translation import gettext_noop as _

from kendali.disposal import sentences_approvals as approvals
from kendali.disposal.words import WHY_VOID

VERBS = {
    "hold.placed": _("%(actor)s placed the hold %(number)s (%(scope)s, %(cause)s): “%(reason)s”"),
    "hold.released": _("%(actor)s lifted the hold %(number)s: “%(reason)s”"),
    "hold.reviewed": _("%(actor)s reviewed the hold %(number)s; it stays until %(review_on)s: “%(reason)s”"),
    "proposal.comparing": _("%(actor)s began a proposal: %(count)s records are compared with the source."),
    "proposal.drafted": _("%(actor)s froze the list: %(count)s records, %(left_out)s left out."),
    "proposal.asked": _("%(actor)s put %(number)s to the client: %(count)s records."),
    "proposal.signed": _("%(actor)s signed %(number)s with Yes: %(count)s records; another signature is needed."),
    "proposal.approved": _(
        "%(actor)s approved %(number)s: Yes to %(count)s records, %(taken_out)s taken out (%(way)s)."
    ),
    "proposal.refused": _("%(actor)s refused %(number)s, to be asked again on %(ask_again_on)s: “%(reason)s”"),
    "proposal.unanswered": _("%(number)s was not answered in time: silence is no."),
    "proposal.voided": _("The approval of %(number)s is void: %(why)s"),
    "proposal.expired": _("The approval of %(number)s expired."),
    "proposal.cancelled": _("%(actor)s cancelled the proposal %(number)s: “%(reason)s”"),
    "proposal.closed": _("%(number)s was carried out."),
    **approvals.VERBS,
}

NOTICES = {
    "hold.placed": _("%(client)s: the hold %(number)s was placed (%(cause)s)."),
    "hold.released": _("%(client)s: the hold %(number)s was lifted."),
    "hold.review": _("%(client)s: the hold %(number)s is to be reviewed: lift it, or say until when it stays."),
    "proposal.ready": _("The list for %(client)s is ready: %(count)s records were compared with the source."),
    "proposal.asked": _("%(number)s waits for your answer: %(count)s records, until %(due)s."),
    "proposal.next": _("%(number)s has a first signature and waits for the second: %(count)s records, until %(due)s."),
    "proposal.reminder": _("Reminder: %(number)s waits for your answer until %(due)s; no answer means No."),
    "proposal.approved": _("%(client)s approved %(number)s: %(count)s records, valid until %(until)s."),
    "proposal.refused": _("%(client)s refused %(number)s: “%(reason)s”"),
    "proposal.unanswered": _("%(number)s was not answered in time; silence is no. Ask again with a new list."),
    "proposal.voided": _("The approval of %(number)s is void: %(why)s Ask again with a new list."),
    "proposal.expired": _("The approval of %(number)s expired before it was carried out. Ask again with a new list."),
    "proposal.cancelled": _("%(number)s was cancelled: “%(reason)s”"),
    "proposal.ask_again": _("%(client)s wanted to be asked again today: %(number)s was refused."),
    "proposal.ask_again_lines": _(
        "%(client)s wanted to be asked again today about %(count)s records that it took out of %(number)s."
    ),
    **approvals.NOTICES,
}

WORDS: dict[str, dict[str, str]] = {
    "cause": {
        "complaint": _("complaint"),
        "dispute": _("dispute"),
        "case": _("legal case"),
        "police": _("request of the police"),
        "finding": _("open finding"),
        "other": _("other"),
    },
    "scope": {
        "record": _("single records"),
        "customer": _("everything of one customer"),
        "range": _("a range of dates"),
        "client": _("everything of the client"),
    },
    "way": {"login": _("logged in"), "link": _("link and code by e-mail"), "letter": _("signed letter")},
    "why": WHY_VOID,
    "status": {
        "draft": _("draft"),
        "asked": _("waiting for the client"),
        "approved": _("approved"),
        "refused": _("refused"),
        "voided": _("approval void"),
        "expired": _("approval expired"),
        "cancelled": _("cancelled"),
        "closed": _("closed"),
    },
    **approvals.WORDS,
}
