"""Words and colours of a disposal: holds, proposals, orders, what became of a record, the life of one record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_lazy as _

from kendali import formats
from kendali.audit.sentences import say
from kendali.disposal.models import Act, Decision, Hold, LeftOut, Proposal
from kendali.disposal.words import WHY_VOID
from kendali.records.models import DisposalItem, DisposalOrder, Incident, VersionDestruction
from kendali.records.words import Pill, Text

HOLD_COLOURS = {"active": "held", "released": "idle"}
PROPOSAL_COLOURS = {
    "draft": "idle",
    "asked": "soon",
    "approved": "done",
    "refused": "late",
    "voided": "late",
    "expired": "late",
    "cancelled": "idle",
    "closed": "done",
}
ORDER_COLOURS = {
    "raised": "soon",
    "accepted": "active",
    "armed": "soon",
    "running": "active",
    "paused": "held",
    "stopped": "late",
    "settling": "active",
    "done": "done",
    "returned": "late",
    "cancelled": "idle",
}
OUTCOME_COLOURS = {
    "waiting": "idle",
    "queued": "active",
    "deleted": "done",
    "already_absent": "idle",
    "taken_out": "idle",
    "held": "held",
    "changed": "soon",
    "cancelled": "idle",
    "refused": "late",
    "failed": "late",
    "unknown": "late",
}
LEFT_OUT_COLOURS = {
    "held": "held",
    "not_verified": "soon",
    "changed": "soon",
    "no_date": "soon",
    "open": "idle",
    "not_due": "idle",
    "in_proposal": "idle",
    "refused": "idle",
    "vanished": "late",
    "unbackupable": "held",
    "damaged": "late",
}
VERSION_COLOURS = {
    "waiting": "idle",
    "keys_replaced": "active",
    "pending": "soon",
    "proved": "done",
    "held": "held",
    "failed": "late",
}


def hold_pill(hold: Hold) -> Pill:
    return Pill(hold.get_status_display(), HOLD_COLOURS[hold.status])


def proposal_pill(proposal: Proposal) -> Pill:
    return Pill(proposal.get_status_display(), PROPOSAL_COLOURS[proposal.status])


def order_pill(order: DisposalOrder) -> Pill:
    return Pill(order.get_status_display(), ORDER_COLOURS[order.status])


def outcome_word(outcome: str, act: str) -> Text:
    """`deleted` of a backup copy is "destroyed": the two acts are told apart everywhere (decision 6)."""
    if outcome == DisposalItem.Outcome.DELETED and act == Act.BACKUP:
        return _("destroyed")
    return DisposalItem.Outcome(outcome).label


def outcome_pill(outcome: str, act: str) -> Pill:
    return Pill(outcome_word(outcome, act), OUTCOME_COLOURS[outcome])


def left_out_pill(reason: str) -> Pill:
    return Pill(LeftOut.Reason(reason).label, LEFT_OUT_COLOURS[reason])


def incident_pill(incident: Incident) -> Pill:
    closed = incident.closed_at is not None
    return Pill(pgettext("incident", "explained") if closed else _("open"), "idle" if closed else "late")


def version_pill(row: VersionDestruction) -> Pill:
    return Pill(row.get_status_display(), VERSION_COLOURS[row.status])


def answer_pill(decision: Decision) -> Pill:
    return Pill(decision.get_answer_display(), "done" if decision.answer == Decision.Answer.YES else "late")


VOID: dict[str, Text] = {
    # Why an approval does not hold any more (records-control, decision 5).
    "added": _("A record was added to the list."),
    "list_changed": _("The list is not the one that was approved."),
    "digest": _("The list is not the one that was approved."),
    "changed": _("A record changed at the source after the list was frozen."),
    "record_changed": _("A record changed at the source after the list was frozen."),
    "policy_shorter": _("The retention was shortened after the approval."),
    "shortened": _("The retention was shortened after the approval."),
    "policy": _("A new version of the policy is in force."),
    "policy_version": _("A new version of the policy is in force."),
    "new_policy": _("A new version of the policy is in force."),
    "expired": _("The approval has expired."),
    "revoked": _("The approval was revoked."),
    "sensitive_change": _("An approver of the client was changed in the last 24 hours."),
}


def void_sentence(reason: Mapping[str, object]) -> str:
    """`reason`: {"code", "facts"} as the row keeps it; what no word is known for is shown, not hidden."""
    code, facts = str(reason.get("code", "")), reason.get("facts")
    msgid = reason.get("reason") or reason.get("sentence")
    known = dict(facts) if isinstance(facts, Mapping) else {}
    if msgid:
        return say(str(msgid), known)
    if code in VOID:
        return str(VOID[code])
    if code in WHY_VOID:
        return gettext(WHY_VOID[code])
    return gettext("The approval does not hold any more (%(code)s).") % {"code": code} if code else ""


def told_facts(outcome: str, facts: Mapping[str, object]) -> str:
    """Why a record of an order came out as it did; no content, no name, no number of a customer."""
    reason = facts.get("reason") or facts.get("sentence")
    if isinstance(reason, str) and reason:
        kept = facts.get("facts")
        return say(reason, dict(kept) if isinstance(kept, Mapping) else dict(facts))
    holds = facts.get("holds") or facts.get("hold")
    if outcome == "held" and holds:
        numbers = ", ".join(map(str, holds)) if isinstance(holds, list | tuple) else str(holds)
        return gettext("Held by %(numbers)s") % {"numbers": numbers}
    return ""


def days(first: date | None, last: date | None) -> str:
    """ "2 Januari 2024 – 3 Maret 2024", "sejak 2 Januari 2024", "s.d. 3 Maret 2024"."""
    lang = "en" if get_language() == "en" else "id"
    if first and last:
        return f"{formats.day(first, lang)} – {formats.day(last, lang)}"
    if first:
        return gettext("from %(day)s on") % {"day": formats.day(first, lang)}
    return gettext("up to %(day)s") % {"day": formats.day(last, lang)} if last else ""
