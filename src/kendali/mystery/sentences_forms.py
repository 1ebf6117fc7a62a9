"""The form builder: one sentence per verb and notice, words for codes."""

from django.utils.translation import gettext_noop as _

VERBS: dict[str, str] = {
    "form.shipped": _("The form %(number)s, revision %(label)s, came with Kendali and is in force."),
}
NOTICES: dict[str, str] = {}
WORDS: dict[str, dict[str, str]] = {}
