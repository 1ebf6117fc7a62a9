from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "kendali.accounts"
    label = "accounts"
