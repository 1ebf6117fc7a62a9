from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "kendali.notices"
    label = "notices"
