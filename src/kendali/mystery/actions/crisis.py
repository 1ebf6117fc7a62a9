"""The crisis flag: while it is up nobody calls, because customers come first."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.mystery.models import CrisisFlag
from kendali.notices import actions as notices
from kendali.terms import free_text
from kendali.verdict import YES, Verdict, no

SHORTEST_REASON = 5
MAX_REASON = 500
ADDRESS = "/mystery/panggilan/"


@transaction.atomic
def set_crisis(*, user: User, at: datetime, reason: str) -> CrisisFlag:
    """Calling stops at once; who calls is told. Raises RuleRefused while one is up."""
    actor = permissions.acting(user, "crisis.set")
    reason = _checked(reason)
    try:
        with transaction.atomic():
            flag = CrisisFlag.objects.create(reason=reason, set_by=user, set_at=at)
    except IntegrityError:
        raise RuleRefused(no(_("The crisis flag is set already."), code="set")) from None
    audit.record("crisis.set", actor=actor, at=at, obj=flag, facts={"reason": reason})
    _tell("crisis.set", at, user, {"by": user.name, "reason": reason})
    return flag


@transaction.atomic
def lift_crisis(*, user: User, at: datetime, reason: str) -> CrisisFlag:
    """Calling goes on. Raises RuleRefused where none is up."""
    actor = permissions.acting(user, "crisis.lift")
    reason = _checked(reason)
    flag = CrisisFlag.objects.select_for_update().filter(lifted_at=None).first()
    if flag is None:
        raise RuleRefused(no(_("The crisis flag is not set."), code="lifted"))
    flag.lifted_by, flag.lifted_at = user, max(at, flag.set_at)
    flag.save(update_fields=["lifted_by", "lifted_at"])
    audit.record("crisis.lift", actor=actor, at=at, obj=flag, facts={"reason": reason})
    _tell("crisis.lift", at, user, {"by": user.name, "reason": reason})
    return flag


def _checked(reason: str) -> str:
    reason = reason.strip()
    allowed: Verdict = YES
    if len(reason) < SHORTEST_REASON or len(reason) > MAX_REASON:
        allowed = no(_("Say why in a few words; everybody who calls reads it."), code="reason")
    if not (allowed := allowed and free_text.acceptable(reason)):
        raise RuleRefused(allowed)
    return reason


def _tell(kind: str, at: datetime, by: User, facts: dict[str, str]) -> None:
    people = {one.pk: one for action in ("sample.call", "crisis.lift") for one in permissions.holders(action, at=at)}
    people.pop(by.pk, None)
    notices.notify(people.values(), kind=kind, at=at, url=ADDRESS, facts=facts)
