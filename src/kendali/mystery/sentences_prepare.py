"""Materials, personas, scenarios: one sentence per verb and notice, words for codes."""

from django.utils.translation import gettext_noop as _

VERBS: dict[str, str] = {
    "material.entered": _("%(actor)s entered the material %(object)s (%(kind)s), resting on %(articles)s"),
    "material.changed": _("%(actor)s changed the material %(object)s (%(kind)s), resting on %(articles)s"),
    "material.marked": _("%(actor)s marked the material %(object)s: %(articles)s changed or ended"),
    "persona.entered": _("%(actor)s registered the persona %(code)s"),
    "persona.changed": _("%(actor)s changed the persona %(code)s"),
    "scenario.drafted": _("%(actor)s began scenario %(object)s"),
    "scenario.changed": _("%(actor)s changed the draft of scenario %(object)s"),
    "scenario.discarded": _("%(actor)s discarded the draft of scenario %(object)s"),
    "scenario.submit": _("%(actor)s submitted scenario %(object)s for approval"),
    "scenario.approve": _("%(actor)s approved scenario %(object)s"),
    "scenario.return": _("%(actor)s returned scenario %(object)s: %(reason)s"),
    "scenario.retire": _("%(actor)s withdrew scenario %(object)s: %(reason)s"),
    "scenario.marked": _("%(actor)s marked scenario %(object)s: %(articles)s changed or ended"),
}
NOTICES: dict[str, str] = {
    "scenario.to_approve": _("Scenario %(scenario)s waits for your approval"),
    "scenario.approved": _("Scenario %(scenario)s was approved"),
    "scenario.returned": _("Scenario %(scenario)s was returned: %(reason)s"),
    "scenario.marked": _(
        "Articles changed or ended: scenarios %(scenarios)s and materials %(materials)s cannot be relied on any more"
    ),
}
WORDS: dict[str, dict[str, str]] = {}
