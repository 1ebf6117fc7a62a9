from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MysteryConfig(AppConfig):
    name = "kendali.mystery"
    verbose_name = _("Mystery calling")

    def ready(self) -> None:
        """Articles name what rests on them; materials and scenarios do. Calls keep copies of recordings."""
        from kendali.documents import dependents
        from kendali.mystery.actions.kept import RecordingsOfCalls
        from kendali.mystery.queries import scenarios
        from kendali.records.actions import kept_copies

        dependents.register(scenarios.dependents)
        kept_copies.register(RecordingsOfCalls())
