"""How django-allauth (second factors) fits Kendali: accounts are made by administrators, secrets are encrypted."""

from __future__ import annotations

import base64

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest

from kendali.accounts.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        user.backend = BACKEND
        super().login(request, user)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Through the same lock-out as the log-in."""
        from allauth.core import context

        found = authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def add_message(self, *args: object, **kwargs: object) -> None:
        """Our pages say what happened; allauth's own messages are not in the words of the procedure."""


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()


def _fernet() -> Fernet:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kendali/1/second-factor")
    return Fernet(base64.urlsafe_b64encode(derive.derive(settings.KENDALI_INSTALLATION_KEY)))
