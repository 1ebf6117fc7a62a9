"""Words and colours of controlled documents."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kendali.documents.import_rules import Effect
from kendali.documents.models import ArticleImport
from kendali.documents.rules import Standing


@dataclass(frozen=True, slots=True)
class Pill:
    word: str | Promise
    state: str


STANDING = {
    Standing.IN_FORCE: Pill(_("in force"), "done"),
    Standing.COMING: Pill(_("not yet in force"), "active"),
    Standing.EXPIRED: Pill(_("no longer in force"), "late"),
    Standing.REPLACED: Pill(_("replaced"), "idle"),
    Standing.WITHDRAWN: Pill(_("withdrawn"), "idle"),
    Standing.DRAFT: Pill(_("draft"), "soon"),
}
EFFECT = {
    Effect.NEW: Pill(_("new"), "done"),
    Effect.CHANGED: Pill(_("new version"), "soon"),
    Effect.ENDS: Pill(_("other last day"), "soon"),
    Effect.UNCHANGED: Pill(_("unchanged"), "idle"),
}
COLUMNS = {
    "code": _("number"),
    "title": _("title"),
    "text": _("text"),
    "valid_from": _("in force from"),
    "valid_until": _("in force until"),
    "": _("the whole"),
}
IMPORT_COLOURS = {"reading": "active", "checked": "soon", "applied": "done", "failed": "late", "dropped": "idle"}


def import_pill(row: ArticleImport) -> Pill:
    if row.status == ArticleImport.Status.DROPPED and row.counts:
        return Pill(_("nothing new"), "idle")
    return Pill(row.get_status_display(), IMPORT_COLOURS[row.status])
