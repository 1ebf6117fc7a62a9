from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "kendali.vault"
    label = "vault"
