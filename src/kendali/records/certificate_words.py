"""Why a line of an order did not go (field 14 of the certificate), as a short phrase in the certificate's language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kendali.records.words import Text

# Codes of the rules (deletion_rules, destruction_rules), of the engines, and of what a source answered.
REASONS: dict[str, Text] = {
    "not_on_list": _("not on the approved list"),
    "not_due": _("its retention period has not passed"),
    "not_verified": _("no verified backup"),
    "unreadable": _("its backup could not be read"),
    "changed": _("changed after its backup"),
    "changed_at_source": _("changed after its backup"),
    "unseen": _("its absence could not be proved"),
    "held_at_source": _("the source itself keeps it"),
    "not_deleted": _("not deleted at the source: its copy stays"),
    "no_copy": _("there was no copy any more"),
    "cancelled": _("the order was cancelled"),
    "returned": _("the order was returned"),
    "store_lock": _("the store keeps its bytes"),
    "key_present": _("its key was still there"),
    "still_opens": _("the copy could still be read"),
    "no_neighbour": _("nothing was there to compare the failed read with"),
    "bytes_changed": _("its sealed bytes were not what they had been"),
    "bytes_left": _("the store still lists its bytes"),
    "api_no_answer": _("the application did not answer"),
    "api_refused": _("the application refused"),
    "api_too_many": _("the application asked for pauses"),
    "api_failed": _("the application answered with an error"),
    "api_unknown_record": _("the application does not know it, but it still shows"),
    "api_not_administrator": _("the user of the application is no administrator"),
    "no_right_to_delete": _("no right to delete"),
    "folder_not_writable": _("the folder cannot be written to"),
    "file_not_writable": _("the file cannot be removed"),
    "file_not_deleted": _("the file is still there"),
    "delete_by_hand": _("to be deleted by hand"),
    "busy": _("the source was at work on it"),
    "connection_lost": _("the connection was lost"),
    "too_slow": _("the source was too slow"),
    "source_failed": _("the source answered with an error"),
}
# What the outcome alone says, where nothing else is known.
OUTCOMES: dict[str, Text] = {
    "already_absent": _("not there before our call"),
    "taken_out": _("taken out by the client"),
    "held": _("a hold covers it"),
    "changed": _("changed after its backup"),
    "cancelled": _("the order was cancelled"),
    "refused": _("a rule forbids it"),
    "failed": _("still there after every attempt"),
    "unknown": _("the source could not show it until the deadline"),
}


def reason(outcome: str, known: Mapping[str, str]) -> str:
    """`known`: hold (numbers), problem, code, reason as the line keeps them, "" where there is none. A text that a
    person wrote stays as it is; a code that nobody knows is shown, not hidden."""
    if outcome == "held" and known["hold"]:
        return gettext("held by %(numbers)s") % {"numbers": known["hold"]}
    for code in (known["problem"], known["code"], known["reason"]):
        if code in REASONS:
            return str(REASONS[code])
    return known["reason"] or known["problem"] or str(OUTCOMES.get(outcome, known["code"]))
