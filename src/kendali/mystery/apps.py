from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MysteryConfig(AppConfig):
    name = "kendali.mystery"
    verbose_name = _("Mystery calling")

    def ready(self) -> None:
        """Articles name what rests on them; materials and scenarios do."""
        from kendali.documents import dependents
        from kendali.mystery.queries import scenarios

        dependents.register(scenarios.dependents)
