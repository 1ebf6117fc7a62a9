"""What the trail and the inbox say about approvers, links, letters and erasure requests."""

from django.utils.translation import gettext_noop as _

VERBS = {
    "approver.created": _("%(object)s may approve by e-mail link from now on, after the waiting time."),
    "approver.changed": _("%(fields)s of the approver %(object)s changed."),
    "approver.ended": _("%(object)s no longer approves."),
    "invitation.sent": _("%(actor)s sent %(count)s links to decide on %(object)s without a login."),
    "invitation.again": _("%(actor)s sent new links to decide on %(object)s: %(count)s."),
    "invitation.locked": _("%(actor)s locked the link of %(name)s for %(object)s after too many wrong codes."),
    "letter.uploaded": _(
        "%(actor)s uploaded a letter that %(name)s signed on %(signed_on)s for %(object)s (SHA-256 %(sha256)s)."
    ),
    "letter.opened": _("%(actor)s opened the letter for %(object)s (SHA-256 %(sha256)s)."),
    "erasure.entered": _("%(actor)s entered the erasure request %(number)s, to be decided until %(due)s."),
    "erasure.accepted": _("%(actor)s accepted the erasure request %(number)s for exactly these records."),
    "erasure.refused": _("%(actor)s refused the erasure request %(number)s: %(reason)s"),
    "erasure.nothing_found": _("%(actor)s closed the erasure request %(number)s, no record was found: %(reason)s"),
    "erasure.reopened": _("The erasure request %(number)s is open again: its approval does not stand any more."),
    "erasure.done": _("The erasure request %(number)s is carried out."),
    "deleting.proposed": _("%(actor)s changed how deletion is done at %(object)s; it waits for a second person."),
    "deleting.changed": _("How deletion is done at %(object)s changed."),
    "deleting.probed": _("%(actor)s tried the deleting credential of %(object)s; it deleted nothing."),
}

NOTICES = {
    "erasure.entered": _("Erasure request %(number)s of a customer of %(client)s: decide until %(due)s."),
    "erasure.reminder": _("Erasure request %(number)s (%(client)s) has to be decided until %(due)s."),
    "erasure.overdue": _("Erasure request %(number)s (%(client)s) is overdue since %(due)s."),
    "erasure.accepted": _("Erasure request %(number)s (%(client)s) was accepted."),
    "erasure.refused": _("Erasure request %(number)s (%(client)s) was refused: %(reason)s"),
    "erasure.nothing_found": _("Erasure request %(number)s (%(client)s): no record was found."),
}

WORDS = {
    "what": {
        "approver.create": _("new approver by e-mail link"),
        "approver.change": _("data of an approver by link"),
        "approver.end": _("end of an approver by link"),
        "source.deleting": _("deleting credential of a source"),
        "setting.easier": _("setting that makes approving easier"),
    },
    "fields": {"order": _("order")},
}
