"""What happened to orders of disposal, one sentence per verb."""

from django.utils.translation import gettext_noop as _

from kendali.disposal.words import WHY_VOID

STATUS_WORDS = {"armed": _("armed"), "settling": _("waiting for read-back")}
VERBS = {
    "disposal_order.raise": _("%(actor)s sent the order %(number)s for %(proposal)s: %(count)s records."),
    "disposal_order.accept": _("%(actor)s accepted the order."),
    "disposal_order.return": _("%(actor)s returned the order: “%(reason)s”"),
    "disposal_order.arm": _("%(actor)s armed the order by typing its number."),
    "disposal_order.start": _("The order started: waiting period over, run window open."),
    "disposal_order.pause": _("%(actor)s paused the order."),
    "disposal_order.wait": _("The order waits: %(problem)s."),
    "disposal_order.resume": _("%(actor)s let the order go on."),
    "disposal_order.stop": _("The order stopped: %(problem)s."),
    "disposal_order.settle": _("Every call is made; %(queued)s records are still looked for at the source."),
    "disposal_order.finish": _("The order is finished: every record has a measured outcome."),
    "disposal_order.cancel": _("%(actor)s cancelled the order: “%(reason)s”"),
    "disposal_order.cancel_rest": _("%(actor)s cancelled the rest of the order: “%(reason)s”"),
    "disposal_order.rechecked": _("Looked again after %(days)s days: %(checked)s records, %(again)s seen again."),
    "incident.found": _("A record of %(order)s that was certified as deleted is at the source again (%(number)s)."),
    "incident.closed": _("%(actor)s closed the incident %(number)s: “%(explanation)s”"),
}
NOTICES = {
    "disposal_order.raise": _("Order %(number)s for %(client)s waits for you: %(count)s records."),
    "disposal_order.accept": _("Team IT accepted order %(number)s for %(client)s."),
    "disposal_order.return": _("Order %(number)s was returned: “%(reason)s”"),
    "disposal_order.stop": _("Order %(number)s for %(client)s stopped; see what to do."),
    "disposal_order.finish": _("Order %(number)s for %(client)s is finished: its Berita Acara can be drafted."),
    "disposal_order.cancel": _("Order %(number)s for %(client)s was cancelled: “%(reason)s”"),
    "disposal_order.cancel_rest": _("The rest of order %(number)s for %(client)s was cancelled: “%(reason)s”"),
    "incident.found": _("%(client)s: %(count)s deleted records are at the source again (%(number)s)."),
}
PROBLEMS = {
    "clock": _("the clocks differ"),
    "right": _("no right to delete yet"),
    "recovery": _("the installation is in recovery"),
    "outside_window": _("outside its run window"),
    "quota_used": _("the quota of the day is used up"),
}
# Reasons that Kendali itself gives; those of people are shown as they wrote them.
REASONS = {text: text for text in (*WHY_VOID.values(), _("The client's approval is no longer valid."))}
