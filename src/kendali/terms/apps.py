from django.apps import AppConfig


class TermsConfig(AppConfig):
    name = "kendali.terms"
    label = "terms"
