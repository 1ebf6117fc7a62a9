"""Cycles: plan, assignment, pace, closing, freezing: one sentence per verb and notice, words for codes."""

from django.utils.translation import gettext_noop as _

VERBS: dict[str, str] = {
    "cycle.begun": _("%(actor)s began the cycle %(object)s: at least %(minimum)s samples."),
    "cycle.copied": _(
        "%(actor)s copied from %(from)s into the cycle %(object)s: %(materials)s materials, %(scenarios)s scenarios."
    ),
    "cycle.chosen": _(
        "%(actor)s chose what the cycle %(object)s calls with: %(materials)s materials, %(scenarios)s scenarios."
    ),
    "cycle.closed": _(
        "%(actor)s closed the calls of %(object)s: %(counted)s of %(minimum)s samples count, %(waiting)s wait for QA."
    ),
    "cycle.explained": _("%(actor)s gave the reason of the shortfall of %(object)s: “%(reason)s”"),
    "cycle.signed": _("%(actor)s signed the register F-22 of %(object)s (%(part)s), digest %(digest)s."),
    "cycle.frozen": _("%(actor)s froze the cycle %(object)s: %(count)s samples, digest %(digest)s."),
    "plan.quotas": _("%(actor)s set the quotas of the plan %(object)s: %(samples)s samples."),
    "plan.asked": _("%(actor)s ordered the drawing of the plan %(object)s."),
    "plan.drawn": _(
        "%(actor)s drew the plan %(object)s for %(by)s: %(samples)s samples, %(unassigned)s without an executor."
    ),
    "plan.failed": _("%(actor)s could not draw the plan %(object)s for %(by)s: a margin cannot be met."),
    "plan.frozen": _(
        "%(actor)s froze the plan %(object)s: %(samples)s samples, %(assigned)s assigned, digest %(digest)s."
    ),
    "plan.given_out": _("%(actor)s gave out %(count)s samples of %(object)s; nobody may call %(left)s of them."),
    "plan.caller_replaced": _(
        "%(actor)s gave %(count)s samples of %(name)s to others (%(object)s): “%(reason)s” Nobody may call "
        "%(left)s of them."
    ),
    "plan.scenarios_renewed": _(
        "%(count)s samples of %(object)s got another scenario after a finding; %(left)s have none left."
    ),
    "sample.assign": _("%(actor)s assigned %(number)s to %(name)s."),
    "sample.reassigned": _("%(actor)s gave %(number)s to %(name)s; stratum and window stayed."),
    "sample.replaced": _("%(by)s replaces %(number)s; its window begins on %(opens)s."),
}
NOTICES: dict[str, str] = {
    "cycle.due_begin": _("The cycle %(month)s is not begun yet; it has to be ready on %(due)s."),
    "cycle.due_prepared": _("Materials, scenarios and plan of %(month)s have to be ready on %(due)s."),
    "cycle.due_close": _("The calls of %(month)s close on %(due)s."),
    "cycle.due_freeze": _("The month %(month)s is signed and frozen on %(due)s."),
    "calls.given": _("Calls of %(month)s that were given to you: %(count)s."),
    "calls.taken": _("Calls of %(month)s that were yours and somebody else makes now: %(count)s."),
    "cycle.frozen": _("F-22 %(month)s is frozen with %(count)s samples; it is kept for one year from today."),
}
WORDS: dict[str, dict[str, str]] = {
    "dimension": {"area": _("Area"), "shift": _("Shift"), "kind": _("Kind"), "week": _("Week")},
    "inside": {"area": _("area"), "shift": _("shift"), "kind": _("kind"), "week": _("week")},
    "part": {"made": _("made by"), "checked": _("checked by"), "acknowledged": _("acknowledged by")},
    "thing": {"material": _("material"), "scenario": _("scenario")},
}
