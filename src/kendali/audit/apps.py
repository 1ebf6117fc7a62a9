from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "kendali.audit"
    label = "audit"
