from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "kendali.records"
    label = "records"
