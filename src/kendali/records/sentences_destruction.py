"""What happened to backup copies, one sentence per verb."""

from django.utils.translation import gettext_noop as _

VERBS = {
    "destruction.keys_taken": _(
        "The keys of %(records)s records were taken out of package %(number)s (%(order)s); old keys are not gone yet."
    ),
    "destruction.failed": _(
        "The keys of %(records)s records in package %(number)s could not be taken (%(problem)s); nothing was changed."
    ),
    "destruction.proved": _(
        "Package %(number)s: the backup copies of %(records)s records are destroyed and proved in epoch %(epoch)s."
    ),
    "package.replaced": _(
        "Package %(number)s took the place of %(replaces)s: %(records)s records, every byte read back."
    ),
    "copy.registered": _("%(actor)s registered a copy of package %(number)s: %(place)s."),
    "copy.ended": _("%(actor)s declared the copy of package %(number)s at %(place)s %(how)s: “%(evidence)s”"),
    "contract.ended": _("%(actor)s recorded the end of the contract (%(reference)s): “%(reason)s”"),
    "contract.end_withdrawn": _("%(actor)s withdrew the end of the contract: “%(reason)s”"),
    "contract.returned": _(
        "%(actor)s returned %(records)s records in %(packages)s packages to the client's recipient %(recipient)s."
    ),
}

WORDS = {"how": {"gone": _("gone"), "replaced": _("replaced")}}
