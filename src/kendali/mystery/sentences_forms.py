"""The form builder: one sentence per verb and notice, words for codes."""

from django.utils.translation import gettext_noop as _

VERBS: dict[str, str] = {
    "form.shipped": _("The form %(number)s, revision %(label)s, came with Kendali and is in force."),
    "form.drafted": _("%(actor)s began version %(version)s of the form %(number)s."),
    "form.edited": _("%(actor)s changed version %(version)s of the form %(number)s: %(place)s."),
    "form.uploaded": _("%(actor)s replaced version %(version)s of the form %(number)s by the workbook %(place)s."),
    "form.discarded": _("%(actor)s threw away version %(version)s of the form %(number)s, a draft."),
    "form.offered": _("%(actor)s asked for version %(version)s of the form %(number)s to be put into force."),
    "form.activated": _(
        "%(actor)s put version %(version)s of the form %(number)s into force, revision %(label)s, from %(since)s."
    ),
}
NOTICES: dict[str, str] = {
    "form.offered": _("Version %(version)s of the form %(number)s is ready to be put into force."),
    "form.activated": _("Version %(version)s of the form %(number)s, revision %(label)s, is in force from %(since)s."),
}
WORDS: dict[str, dict[str, str]] = {}
