"""The first run of a real installation: organisation and administrator, made once, by who holds the set-up code.

The code is derived from the secret key: nothing is stored, every web process knows it, and it is worth nothing any
more as soon as there is a user.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext

from kendali.accounts import actions as accounts
from kendali.accounts import roles
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.home.models import Installation
from kendali.home.organisation import NAME
from kendali.locks import Lock, take
from kendali.mystery.actions.forms import ship_default
from kendali.records.actions.settings import save_setting
from kendali.verdict import no

LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no two that look alike
LENGTH = 16  # 78 bits


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    password: str


def is_needed() -> bool:
    """Nobody can log in here yet."""
    return not User.objects.exists()


def code() -> str:
    """What `kendali run --empty` prints: sixteen characters in groups of four."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"kendali first run", hashlib.sha256).digest()
    letters = [LETTERS[byte % len(LETTERS)] for byte in digest[:LENGTH]]
    return "-".join("".join(letters[n : n + 4]) for n in range(0, LENGTH, 4))


def is_code(typed: str) -> bool:
    """However it was typed: small letters, spaces, without dashes."""
    plain = "".join(letter for letter in typed.upper() if letter.isalnum())
    return constant_time_compare(plain.encode(), code().replace("-", "").encode())


def address(base: str = "") -> str:
    """The page with its code, as the console tells it."""
    return f"{(base or settings.BASE_URL).rstrip('/')}{reverse('first_run')}?kode={code()}"


@transaction.atomic
def begin(*, at: datetime, typed: str, organisation: str, zone: str, language: str, administrator: Person) -> User:
    """The organisation, its administrator with the role, an entry for each. Of two at the same moment the second is
    refused: it waits for the lock, and then there is a user. RuleRefused also for a wrong code or address."""
    if not is_code(typed):
        raise RuleRefused(no("This is not the set-up code of this installation."))
    take(Lock.FIRST_RUN)
    if not is_needed():
        raise RuleRefused(no("Somebody else has just set up this installation; nothing of yours was saved."))
    row, _made = Installation.objects.update_or_create(
        pk=1,
        defaults={"name": organisation, "zone": zone},
        create_defaults={"name": organisation, "zone": zone, "created": at},
    )
    audit.record("installation.set_up", actor=SYSTEM, at=at, obj=row, facts={"zone": zone})
    person = accounts.create_user(
        user=None,
        at=at,
        email=administrator.email,
        name=administrator.name,
        position="Administrator",
        password=administrator.password,
        language=language,
        zone=zone,
    )
    accounts.grant_role(user=None, at=at, person=person, role=roles.ADMINISTRATOR)
    save_setting(user=person, at=at, key=NAME, value=organisation, reason=gettext("first set-up"))
    ship_default(at)  # the form F-22 of the procedure
    return person
