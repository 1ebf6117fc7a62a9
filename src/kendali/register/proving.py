"""Who signs proves again who they are: the password, and the second factor of whoever has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.translation import gettext_noop as _

from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.register.models import Signature
from kendali.register.rules import PROOF_MINUTES
from kendali.verdict import no

Factor = Signature.Factor


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody proved to be this user, by this factor, at this time."""

    user_id: int
    factor: str
    at: datetime


def factors(user: User) -> frozenset[str]:
    """Which second factors a person has: "totp", "webauthn"; empty: the password alone signs."""
    kinds = Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True)
    return frozenset(kinds) & {"totp", "webauthn"}


def prove(request: HttpRequest, user: User, *, password: str, code: str, at: datetime) -> Proof:
    """RuleRefused when it is not proved. Wrong passwords count as failed log-ins (lock-out)."""
    if passkey(request, at):
        return Proof(user.pk, Factor.PASSKEY, at)
    if authenticate(request, email=user.email, password=password) != user:
        raise RuleRefused(no(_("The password is wrong.")))
    held = factors(user)
    if not held:
        return Proof(user.pk, Factor.PASSWORD, at)
    if "totp" not in held:
        raise RuleRefused(no(_("Confirm with your passkey first, then sign.")))
    authenticator = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).get()
    if not TOTP(authenticator).validate_code(code.strip().replace(" ", "")):
        raise RuleRefused(no(_("The code of the app is wrong or used already; wait for the next one.")))
    return Proof(user.pk, Factor.TOTP, at)


def passkey(request: HttpRequest, at: datetime) -> bool:
    """Whether a passkey was used in this session during the last minutes."""
    if not hasattr(request, "session"):
        return False
    since = (at - timedelta(minutes=PROOF_MINUTES)).timestamp()
    return any(
        record.get("method") == "mfa" and record.get("type") == "webauthn" and float(record.get("at", 0)) >= since
        for record in get_authentication_records(request)
    )
