"""Verbs of the keys. Facts name epochs, slots and counts; never a key."""

from django.utils.translation import gettext_noop as _

VERBS = {
    "keys.set_up": _("%(actor)s set up the keys: epoch %(epoch)s in %(slots)s."),
    "keys.slot_added": _("%(actor)s added the slot %(slot)s (%(declared)s); its samples: %(answer)s."),
    "keys.slot_withdrawn": _("%(actor)s withdrew the slot %(slot)s, which answered %(answers)s: %(statement)s"),
    "keys.proved": _(
        "%(actor)s proved the slots of epoch %(epoch)s: %(good)s of %(slots)s hold the right key; not so: %(bad)s."
    ),
    "keys.sheet_made": _("%(actor)s made a recovery sheet; off-host slots written anew: %(slots)s."),
    "keys.sheet_confirmed": _("%(actor)s confirmed the recovery sheet by typing its last group back."),
    "keys.exported": _("%(actor)s exported %(keys)s wrapped keys to the store as %(object)s."),
    "keys.change_started": _("%(actor)s started the change from epoch %(old)s to the next."),
    "keys.change_resumed": _("%(actor)s resumed the change of epoch, attempt %(attempt)s."),
    "keys.switched": _("%(actor)s switched from epoch %(old)s to epoch %(new)s."),
    "keys.change_done": _(
        "%(actor)s finished the change: epoch %(new)s is in force, no slot holds the master of epoch %(old)s any more."
    ),
    "keys.change_pending": _("The change of epoch is pending: these slots could not be asked: %(slots)s."),
    "keys.change_discarded": _("%(actor)s discarded the change of epoch before its switch: %(why)s."),
    "keys.swept": _("%(actor)s swept masters of ended epochs: %(absent)s places are empty, left over: %(left)s."),
    "keys.recovered": _(
        "%(actor)s recovered the keys of epoch %(epoch)s from recovery sheet, off-host copy and vault %(vault)s: "
        "%(keys)s keys, %(destroyed)s stay destroyed."
    ),
    "keys.reconciled": _(
        "%(actor)s reconciled a restored database with slots and store: epoch %(epoch)s, %(added)s keys added, "
        "%(destroyed)s destroyed again."
    ),
    "keys.slots_refilled": _(
        "%(actor)s filled %(slots)s slots of epoch %(epoch)s again from the recovery sheet and an off-host copy."
    ),
}

NOTICES = {
    "keys.not_proved": _("These slots no longer give the right key: %(slots)s. Look at them today."),
    "keys.not_exported": _("The vault could not be written to the store (%(why)s). Today’s keys are in no copy."),
}

_ANSWERS = {
    "opened": _("opened"),
    "unchanged": _("unchanged"),
    "absent": _("no key there"),
    "present": _("key still there"),
    "differs": _("holds something else"),
    "unreachable": _("not reachable"),
}

WORDS = {
    "answer": _ANSWERS,
    "answers": _ANSWERS,
    "why": {"interrupted": _("it was interrupted"), "slot_unreachable": _("a slot was not reachable")},
}
