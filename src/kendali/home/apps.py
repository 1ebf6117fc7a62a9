from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "kendali.home"
    label = "home"
