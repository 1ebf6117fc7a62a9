from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DisposalConfig(AppConfig):
    name = "kendali.disposal"
    verbose_name = _("Disposal")

    def ready(self) -> None:
        from kendali.disposal.actions import approvers

        approvers.connect()
