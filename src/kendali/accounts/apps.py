from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "kendali.accounts"
    label = "accounts"

    def ready(self) -> None:
        """What can change with a second person only registers itself."""
        from kendali.accounts import client_people, mail_server  # noqa: F401
