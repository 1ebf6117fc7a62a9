"""The people of the sample organisation, as the scenes of `kendali demo` call them."""

from __future__ import annotations

from kendali.accounts.models import User


def person(key: str) -> User:
    return User.objects.get(email__startswith=f"{key}@")
