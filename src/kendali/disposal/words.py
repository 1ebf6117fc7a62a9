"""Sentences of the paper side that pages, mails and prints share: why an approval is void, where a list stands."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from kendali.audit.sentences import say
from kendali.disposal.models import Proposal
from kendali.verdict import Verdict, no

WHY_VOID = {
    "list_changed": _("A line of the list was added or changed after the client signed it."),
    "policy_shorter": _("A period of the policy was shortened after the list was made."),
    "policy_version": _("Another version of the policy came into force after the list was made."),
    "record_changed": _("A record of the list changed at the source before anything was deleted."),
    "silence": _("The client did not answer in time, and silence is no."),
    "expired": _("The approval was not carried out within its time."),
}


def in_words(verdict: Verdict) -> Verdict:
    """A reason that names the status of a list says it as the page does, in the language that is active."""
    status = verdict.facts.get("status")
    if verdict or status not in Proposal.Status.values:
        return verdict
    return no(verdict.reason, **{**verdict.facts, "status": str(Proposal.Status(status).label)})


def why_void(proposal: Proposal) -> str:
    """Why the client has to be asked again; "" where nothing voided it."""
    code = proposal.void_reason.get("code", "")
    return say(WHY_VOID[code], proposal.void_reason.get("facts", {})) if code in WHY_VOID else ""
