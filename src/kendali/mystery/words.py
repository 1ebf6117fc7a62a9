"""The codes of mystery calling in words, and their colours: a word is never left to colour alone."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kendali.mystery.rules.form import Cause, ErrorClass, TouchPoint
from kendali.mystery.rules.sample_rules import Outcome, SampleState, VoidReason
from kendali.records.words import Pill, Text

S = SampleState

SAMPLE_STATES: dict[str, Pill] = {
    S.PLANNED.value: Pill(_("planned"), "idle"),
    S.ASSIGNED.value: Pill(_("assigned"), "idle"),
    S.CALLING.value: Pill(_("calling"), "active"),
    S.CALLED.value: Pill(_("called"), "active"),
    S.SCORING.value: Pill(_("being scored"), "active"),
    S.SUBMITTED.value: Pill(_("submitted"), "soon"),
    S.VERIFIED.value: Pill(_("verified"), "done"),
    S.LOCKED.value: Pill(_("locked"), "done"),
    S.DESTROYED.value: Pill(_("destroyed"), "idle"),
    S.UNCONNECTED.value: Pill(_("not connected"), "late"),
    S.VOID.value: Pill(_("void"), "late"),
    S.MISSED.value: Pill(_("missed"), "late"),
}
FINDING_STATES: dict[str, Pill] = {
    "found": Pill(_("found"), "soon"),
    "feedback_given": Pill(_("feedback at QA"), "soon"),
    "at_supervisor": Pill(_("at the Supervisor"), "active"),
    "at_department": Pill(_("at the department"), "active"),
    "in_progress": Pill(_("in progress"), "active"),
    "follow_up_reported": Pill(_("follow-up reported"), "active"),
    "closed": Pill(pgettext_lazy("a finding", "closed"), "done"),
    "invalid": Pill(_("invalid"), "idle"),
    "merged": Pill(_("merged"), "idle"),
}
EVALUATIONS: dict[str, Pill] = {
    "draft": Pill(_("draft"), "active"),
    "submitted": Pill(_("submitted"), "soon"),
    "verified": Pill(_("verified"), "done"),
    "retracted": Pill(_("retracted"), "idle"),
}
VOID_REASONS: dict[str, Text] = {
    VoidReason.COVER_BLOWN.value: _("the cover was blown"),
    VoidReason.WRONG_QUEUE.value: _("wrong queue"),
    VoidReason.SYSTEM_TROUBLE.value: _("system trouble"),
    VoidReason.REAL_DATA_USED.value: _("real data was used"),
    VoidReason.DUPLICATE.value: _("a duplicate"),
}
OUTCOMES: dict[str, Text] = {
    "connected": _("connected"),
    Outcome.BUSY.value: _("busy"),
    Outcome.NO_ANSWER.value: _("not picked up"),
    Outcome.LOST_IN_IVR.value: _("lost in the IVR"),
    Outcome.DROPPED.value: _("dropped in the queue"),
    Outcome.WRONG_QUEUE.value: _("wrong queue"),
    Outcome.OUT_OF_HOURS.value: _("out of hours"),
    Outcome.TROUBLE.value: _("trouble"),
}
KINDS: dict[str, Text] = {
    "informasi": _("information"),
    "permintaan": _("request"),
    "komplain": pgettext_lazy("a kind of material", "complaint"),
}
TOUCH_POINTS: dict[str, Text] = {
    TouchPoint.ACCESS.value: _("Access"),
    TouchPoint.SYSTEM.value: _("System & Procedure"),
    TouchPoint.PEOPLE.value: _("People"),
}
ERROR_CLASSES: dict[str, Text] = {
    ErrorClass.CUSTOMER.value: _("customer"),
    ErrorClass.BUSINESS.value: _("business"),
    ErrorClass.COMPLIANCE.value: _("compliance"),
}
CAUSES: dict[str, Text] = {
    Cause.AGENT.value: _("agent"),
    Cause.ACCESS.value: _("access"),
    Cause.KNOWLEDGE_BASE.value: _("knowledge base"),
    Cause.SYSTEM.value: _("system"),
    Cause.PROCEDURE.value: _("procedure"),
}


def sample_pill(state: str) -> Pill:
    return SAMPLE_STATES.get(state) or Pill(state, "idle")


def finding_pill(state: str) -> Pill:
    return FINDING_STATES.get(state) or Pill(state, "idle")


def word(words: Mapping[str, Text], code: str) -> str:
    """A code nobody knows any more is shown as itself."""
    return str(words.get(code, code))
