"""What the audit trail says about the installation itself."""

from django.utils.translation import gettext_noop as _

VERBS = {
    "installation.set_up": _("%(actor)s set up the installation of %(object)s (time zone %(zone)s)."),
    "installation.restored": _(
        "%(actor)s restored the installation from the backup of %(created)s (audit entry %(entry)s); it is in recovery."
    ),
}
