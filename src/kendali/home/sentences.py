"""What the audit trail says about the installation itself."""

from django.utils.translation import gettext_noop as _

VERBS = {
    "installation.set_up": _("%(actor)s set up the installation of %(object)s (time zone %(zone)s)."),
    "recovery.confirmed": _("%(actor)s confirmed as %(role)s that the restored installation agrees."),
    "recovery.ended": _("%(actor)s ended the recovery with the second confirmation; deletion is possible again."),
    "installation.restored": _(
        "%(actor)s restored the installation from the backup of %(created)s (audit entry %(entry)s); it is in recovery."
    ),
}
