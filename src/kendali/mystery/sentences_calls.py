"""Calling, recordings and filling in the form: one sentence per verb and notice, words for codes."""

from django.utils.translation import gettext_noop as _

VERBS = {
    "sample.begin_calling": _("%(actor)s began calling for %(number)s."),
    "sample.record_attempt": _("Attempt %(attempt)s of %(number)s by %(actor)s: %(outcome)s (began %(begun)s)."),
    "sample.connect": _("%(actor)s reached an agent at attempt %(attempt)s of %(number)s (began %(begun)s)."),
    "sample.end_call": _("The call of %(number)s ended %(ended)s, %(talk)s seconds of talk."),
    "sample.stop_calling": _("%(actor)s stopped the activity for %(number)s: “%(reason)s”"),
    "sample.give_up": _("%(number)s ended unconnected after %(attempts)s attempts (%(actor)s)."),
    "sample.miss": _("The slot of %(number)s passed without a call."),
    "sample.score": _("%(actor)s began the form of %(number)s."),
    "sample.described": _("%(actor)s completed what is known of the call of %(number)s: %(fields)s."),
    "sample.ticket_closed": _("%(actor)s said that test ticket %(ticket)s of %(number)s is tagged as test and closed."),
    "sample.ticket_open": _("%(actor)s said that test ticket %(ticket)s of %(number)s is still open after all."),
    "sample.submit": _(
        "%(actor)s submitted the form of %(number)s (revision %(revision)s) with %(findings)s findings."
    ),
    "sample.recording_attached": _("%(actor)s attached a recording to %(number)s from %(source)s."),
    "sample.recording_uploaded": _("%(actor)s uploaded a recording of %(seconds)s seconds for %(number)s."),
    "sample.recording_destroyed": _(
        "The copy of the recording of %(number)s was destroyed with the backup copies of its record (%(order)s)."
    ),
    "crisis.set": _("%(actor)s set the crisis flag, calling stops: “%(reason)s”"),
    "crisis.lift": _("%(actor)s lifted the crisis flag, calling goes on: “%(reason)s”"),
}
NOTICES = {
    "crisis.set": _("Calling is stopped: %(by)s set the crisis flag. “%(reason)s”"),
    "crisis.lift": _("Calling goes on: %(by)s lifted the crisis flag. “%(reason)s”"),
    "sample.missed": _("%(count)s samples were missed: their slots passed without a call."),
}
WORDS = {
    "outcome": {
        "busy": _("busy"),
        "no_answer": _("not answered"),
        "lost_in_ivr": _("lost in the IVR"),
        "dropped": _("dropped in the queue"),
        "wrong_queue": _("wrong queue"),
        "out_of_hours": _("out of hours"),
        "trouble": _("trouble"),
        "connected": _("connected"),
    },
    "fields": {
        "agent_said": _("name the agent gave"),
        "no_agent_reason": _("why the agent is not known"),
        "ticket": _("ticket"),
        "no_recording_reason": _("why there is no recording"),
    },
}
