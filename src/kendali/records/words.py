"""Words and colours for what is shown: states in a pill, problems as a short word, a sentence and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kendali.archive import problems as archive
from kendali.audit.sentences import say
from kendali.connectors import problems as connectors
from kendali.records import problems as own
from kendali.records.models import Escalation, EscalationItem, Package, Scan, Unbackupable

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Pill:
    """`state`: done soon late held idle active, a colour of the look; never shown without its word."""

    word: Text
    state: str


ORDER_COLOURS = {
    "draft": "idle",
    "raised": "soon",
    "accepted": "active",
    "running": "active",
    "paused": "held",
    "stopped": "late",
    "done": "done",
    "incomplete": "soon",
    "confirmed": "done",
    "returned": "late",
    "cancelled": "idle",
}
PACKAGE_COLOURS = {
    "writing": "active",
    "written": "active",
    "verified": "done",
    "damaged": "late",
    "abandoned": "idle",
    "destroyed": "idle",
}
ITEM_COLOURS = {"waiting": "idle", "backed_up": "done", "unchanged": "done", "problem": "late", "absent": "late"}
SCAN_COLOURS = {"running": "active", "done": "done", "failed": "late"}
UNBACKUPABLE_COLOURS = {"proposed": "soon", "confirmed": "held", "refused": "late"}

RECORD_STATES: dict[str, Pill] = {
    "overdue": Pill(_("overdue"), "late"),
    "due": Pill(_("due for backup"), "soon"),
    "changed": Pill(_("changed"), "soon"),
    "not_computable": Pill(_("cannot be computed"), "soon"),
    "unbackupable": Pill(_("cannot be backed up"), "held"),
    "vanished": Pill(_("vanished at the source"), "late"),
    "backed_up": Pill(_("backed up"), "done"),
    "active": Pill(_("active"), "idle"),
}
# The life of a record after its backup (records-control, "States of one record").
LIFE: dict[str, Pill] = {
    "reappeared": Pill(_("seen again at the source"), "late"),
    "destroyed": Pill(_("backup copy destroyed"), "done"),
    "verified": Pill(_("deleted, checked again"), "done"),
    "deleted": Pill(_("deleted at the source"), "done"),
    "failed": Pill(_("deletion failed"), "late"),
    "differs": Pill(_("changed, not deleted"), "soon"),
    "held": Pill(_("held"), "held"),
    "waiting_period": Pill(_("waiting period"), "soon"),
    "approved": Pill(_("approved by the client"), "active"),
    "proposed": Pill(_("proposed to the client"), "soon"),
    "refused": Pill(_("refused by the client"), "late"),
}
RECORD_STATES |= LIFE
# What is past its period, by what the client was asked and said (queries.past.STATES).
PAST: dict[str, Pill] = {
    "not_asked": Pill(_("not asked of the client yet"), "late"),
    "late": Pill(_("approved, not deleted in time"), "late"),
    "asked": Pill(_("waiting for the client"), "soon"),
    "approved": Pill(_("approved, being deleted"), "active"),
    "refused": Pill(_("refused by the client"), "idle"),
    "held": Pill(_("held"), "held"),
    "apart": Pill(_("cannot be proposed"), "idle"),
}


def order_pill(order: Escalation) -> Pill:
    return Pill(order.get_status_display(), ORDER_COLOURS[order.status])


def package_pill(package: Package) -> Pill:
    return Pill(package.get_status_display(), PACKAGE_COLOURS[package.status])


def item_pill(item: EscalationItem) -> Pill:
    return Pill(item.get_outcome_display(), ITEM_COLOURS[item.outcome])


def scan_pill(scan: Scan) -> Pill:
    return Pill(scan.get_status_display(), SCAN_COLOURS[scan.status])


def unbackupable_pill(row: Unbackupable) -> Pill:
    return Pill(row.get_status_display(), UNBACKUPABLE_COLOURS[row.status])


NOUNS = {"conversation": _("conversations"), "recording": _("recordings")}
CLASSES = {"conversation": _("Conversations"), "recording": _("Recordings")}


def noun(record_class: str) -> str:
    return str(NOUNS[record_class])


@dataclass(frozen=True, slots=True)
class Told:
    """A problem as a person reads it: the sentence says what happened and what to do next."""

    word: str
    sentence: str
    code: str


def told_problem(problem: Mapping[str, object]) -> Told:
    """`problem`: code, facts and optionally ref and part, as the rows keep it. An unknown code is shown, not hidden."""
    code, kept = str(problem.get("code", "")), problem.get("facts")
    facts: dict[str, object] = {"ref": problem.get("ref", ""), "part": problem.get("part", "")}
    facts |= dict(kept) if isinstance(kept, Mapping) else {}
    msgid = own.SENTENCES.get(code) or connectors.SENTENCES.get(code) or archive.SENTENCES.get(code)
    sentence = say(msgid, facts) if msgid else gettext("Unexpected problem (%(code)s).") % {"code": code}
    return Told(_word(code), sentence, code)


def _word(code: str) -> str:
    word = own.SHORT.get(code)
    if word is None and code in archive.SENTENCES:
        return gettext("problem with the package")
    return gettext(word) if word else code.replace("_", " ")


# What a conversation has beside its messages (connectors.chat.Chat.facts).
CHAT_FACTS: dict[str, Text] = {
    "Inbox": _("Inbox at the source"),
    "Team": _("Team"),
    "Subject": _("Subject"),
    "Labels": _("Labels"),
}

# What a message is beside text, in Chatwoot's words (its enum content_type).
MESSAGE_KINDS: dict[str, Text] = {
    "input_text": _("question"),
    "input_textarea": _("question"),
    "input_email": _("question for the e-mail address"),
    "input_select": _("choice"),
    "cards": _("cards"),
    "form": _("form"),
    "article": _("articles"),
    "input_csat": _("satisfaction survey"),
    "integrations": _("integration"),
    "sticker": _("sticker"),
    "voice_call": _("voice call"),
}


def message_kind(kind: str) -> str:
    """A kind nobody knows yet is shown as one that is not known."""
    return str(MESSAGE_KINDS.get(kind) or gettext("unknown kind of message")) if kind else ""
