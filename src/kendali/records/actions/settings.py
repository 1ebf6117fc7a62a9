"""Settings: a new version with its reason; the old ones stay readable. Here, because terms lies below accounts.

What makes approving easier for a client (a letter alone suffices, fewer people sign) is a guarded change: a second
person and 24 hours (accounts.sensitive); what makes it harder holds at once, like every other setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, sensitive
from kendali.accounts.models import Client, SensitiveChange, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.terms import free_text, rules
from kendali.terms import settings as terms
from kendali.terms.definition import Definition
from kendali.terms.models import RecordClass, Setting
from kendali.terms.settings import DEFINITIONS
from kendali.verdict import no

DO = "setting.easier"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose value it is: `client` None = of the whole organisation, `record_class` "" = of both classes."""

    key: str
    client: Client | None = None
    record_class: str = ""

    def needs_two(self, value: object) -> bool:
        """Whether this value waits for a second person."""
        client = self.client.pk if self.client else None
        return rules.makes_approving_easier(self.key, terms.get(self.key, client, self.record_class), value)


def save_setting(
    *, user: User, at: datetime, key: str, value: object, reason: str, client: Client | None = None,
    record_class: str = "",
) -> Setting | SensitiveChange:  # fmt: skip
    """`client` None = for the whole organisation; `record_class` "" = for both classes. A SensitiveChange: it waits for
    a second person. Raises KeyError for a key that does not exist, else RuleRefused."""
    actor = permissions.acting(user, "settings.edit", client)
    place, definition = Place(key, client, record_class), DEFINITIONS[key]
    problem = definition.problem(value) or ("" if reason.strip() else _("Give a reason."))
    problem = _place_problem(definition, client, record_class) or problem
    if problem:
        raise RuleRefused(no(problem))
    if not (clean := free_text.acceptable(reason)):
        raise RuleRefused(clean)
    if place.needs_two(value):
        return _propose(user, actor, at, place, value, reason.strip())
    return _write(user, actor, at, place, value, reason.strip())


def _place_problem(definition: Definition, client: Client | None, record_class: str) -> str:
    """Why this setting has no value of its own for this client and class, or ''."""
    if client is not None and not definition.per_client:
        return _("This setting holds for the whole organisation.")
    if not record_class:
        return ""
    if not definition.per_class:
        return _("This setting holds for both record classes.")
    if record_class not in RecordClass.values:
        return "Choose one of the values offered."
    return "" if client is not None else _("Choose a client, too: a record class has a value of its own per client.")


def _write(user: User | None, actor: Actor, at: datetime, place: Place, value: object, reason: str) -> Setting:
    where = {"key": place.key, "client": place.client, "record_class": place.record_class}
    last = Setting.objects.filter(**where).order_by("-version").first()
    version = last.version + 1 if last else 1
    facts = {"key": place.key, "value": value, "reason": reason, "version": version, "record_class": place.record_class}
    try:
        with transaction.atomic():
            row = Setting.objects.create(
                **where, value=value, version=version, reason=reason, created_by=user, created_at=at
            )
            audit.record("setting.saved", actor=actor, at=at, obj=row, client=place.client, facts=facts)
            terms.forget()
            return row
    except IntegrityError as error:
        raise RuleRefused(no(_("Somebody else saved this setting in the same moment: look at it again."))) from error


def _propose(user: User, actor: Actor, at: datetime, place: Place, value: object, reason: str) -> SensitiveChange:
    with translation.override(settings.LANGUAGE_CODE):
        label = str(DEFINITIONS[place.key].label)
    values = {"key": place.key, "record_class": place.record_class, "value": value, "reason": reason}
    return sensitive.propose(
        user=user, actor=actor, at=at, do=DO, client=place.client, values=values,
        subject=f"terms.setting:{place.key}:{place.client.pk if place.client else 0}:{place.record_class}",
        summary={"name": label, "value": value, "record_class": place.record_class, "reason": reason},
    )  # fmt: skip


def _apply(change: SensitiveChange, values: dict[str, Any], at: datetime) -> None:
    place = Place(values["key"], change.client, values["record_class"])
    _write(change.proposed_by, SYSTEM, at, place, values["value"], values["reason"])


def connect() -> None:
    """Called when the app is ready."""
    sentence = _("The setting “%(name)s” becomes: %(value)s (%(record_class)s). Reason: %(reason)s")
    sensitive.register(sensitive.Doing(DO, SensitiveChange.Kind.SETTING, sentence, _apply))
