"""Settings: a new version with its reason; the old ones stay readable. Here, because terms lies below accounts."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.terms.models import Setting
from kendali.terms.settings import DEFINITIONS
from kendali.verdict import no


def save_setting(
    *, user: User, at: datetime, key: str, value: object, reason: str, client: Client | None = None
) -> Setting:
    """`client` None = for the whole organisation. Raises KeyError for a key that does not exist, else RuleRefused."""
    actor = permissions.acting(user, "settings.edit", client)
    definition = DEFINITIONS[key]
    problem = definition.problem(value) or ("" if reason.strip() else _("Give a reason."))
    if client is not None and not definition.per_client:
        problem = _("This setting holds for the whole organisation.")
    if problem:
        raise RuleRefused(no(problem))
    last = Setting.objects.filter(key=key, client=client).order_by("-version").first()
    try:
        with transaction.atomic():
            row = Setting.objects.create(
                key=key,
                client=client,
                value=value,
                version=last.version + 1 if last else 1,
                reason=reason.strip(),
                created_by=user,
                created_at=at,
            )
            audit.record(
                "setting.saved",
                actor=actor,
                at=at,
                obj=row,
                client=client,
                facts={"key": key, "value": value, "reason": reason.strip(), "version": row.version},
            )
            return row
    except IntegrityError as error:
        raise RuleRefused(no(_("Somebody else saved this setting in the same moment: look at it again."))) from error
