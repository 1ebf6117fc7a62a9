"""The reason of a refusal in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext

from kendali.accounts.permissions import Refused


def tell(refused: Refused) -> str:
    return gettext(refused.verdict.reason) % dict(refused.verdict.facts)
