from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "kendali.records"
    label = "records"

    def ready(self) -> None:
        from kendali.records.actions import deleting, settings

        deleting.connect()
        settings.connect()
