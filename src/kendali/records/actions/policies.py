"""Policies: preview the effect, save a new version, and ask the client where a period gets shorter."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import permissions
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.audit import actions as audit
from kendali.disposal.actions import proposals
from kendali.notices import actions as notices
from kendali.records import rules
from kendali.records.actions import counts, store
from kendali.records.models import Record
from kendali.terms import free_text
from kendali.terms.models import BackupClock, DeletionClock, Policy
from kendali.terms.rules import Periods, acceptable, counts_earlier, shortens
from kendali.verdict import YES, Verdict, no


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything a policy says."""

    zone: str
    periods: Periods
    backup_clock: str = BackupClock.OLDEST_UNCOVERED
    deletion_clock: str = DeletionClock.LAST_ACTIVITY


@dataclass(frozen=True, slots=True)
class Effect:
    """How many records a policy would touch today."""

    due: int
    overdue: int
    past_retention: int


def effective(client: Client, record_class: str) -> Policy | None:
    return Policy.objects.filter(client=client, record_class=record_class, status=Policy.Status.EFFECTIVE).first()


def periods(policy: Policy) -> Periods:
    return Periods(policy.backup_after_years, policy.lead_days, policy.delete_after_years, policy.backup_copy_months)


def effect(client: Client, record_class: str, terms: Terms, today: date) -> Effect:
    """Counted on the catalogue as it is now; shown before saving."""
    retention = rules.Retention(
        terms.zone, terms.periods.backup_after_years, terms.periods.lead_days, terms.periods.delete_after_years
    )
    now = rules.cuts(today, retention)
    gone = civil_time.cut_instant(today, terms.periods.delete_after_years, terms.zone)
    records = Record.objects.filter(source__client=client, source__record_class=record_class, vanished_at=None)
    waiting = records.filter(backup_clock__isnull=False)
    clock = counts.counted_from(terms.backup_clock)
    return Effect(
        due=waiting.filter(**{f"{clock}__gte": now.overdue, f"{clock}__lt": now.due}).count(),
        overdue=waiting.filter(**{f"{clock}__lt": now.overdue}).count(),
        past_retention=records.filter(**{f"{terms.deletion_clock}__lt": gone}).count(),
    )


def waits_for_client(current: Policy | None, terms: Terms) -> bool:
    """Whether these terms would let something go earlier than those in force: then the client decides."""
    if current is None:
        return False
    return shortens(periods(current), terms.periods) or counts_earlier(current.deletion_clock, terms.deletion_clock)


@transaction.atomic
def save(*, user: User, at: datetime, client: Client, record_class: str, terms: Terms, reason: str) -> Policy:
    """A new version. A shorter period waits for the client; anything else is in force at once. Of the first version
    the client is told: nothing is deleted or destroyed by it without the client's Ya to a list."""
    actor = permissions.acting(user, "policy.edit", client)
    for verdict in (
        acceptable(terms.periods),
        no("Give a reason.") if not reason.strip() else acceptable(terms.periods),
        free_text.acceptable(reason),
        _outlives_the_lock(terms.periods),
    ):
        if not verdict:
            raise RuleRefused(verdict)
    Client.objects.select_for_update().get(pk=client.pk)  # one version at a time
    current = effective(client, record_class)
    waits = waits_for_client(current, terms)
    Policy.objects.filter(client=client, record_class=record_class, status=Policy.Status.WAITING).update(
        status=Policy.Status.SUPERSEDED
    )
    if current and not waits:
        Policy.objects.filter(pk=current.pk).update(status=Policy.Status.SUPERSEDED)
    last = Policy.objects.filter(client=client, record_class=record_class).order_by("-version").first()
    policy = Policy.objects.create(
        client=client,
        record_class=record_class,
        version=last.version + 1 if last else 1,
        status=Policy.Status.WAITING if waits else Policy.Status.EFFECTIVE,
        backup_clock=terms.backup_clock,
        deletion_clock=terms.deletion_clock,
        zone=terms.zone,
        reason=reason.strip(),
        created_by=user,
        created_at=at,
        **asdict(terms.periods),
    )
    facts = {"version": policy.version, "reason": policy.reason, **asdict(terms.periods)}
    audit.record(
        "policy.proposed" if waits else "policy.saved", actor=actor, at=at, obj=policy, client=client, facts=facts
    )
    if not waits:
        counts.refresh_client(client, record_class, at=at)
        proposals.policy_changed(client=client, record_class=record_class, at=at)
    if waits or current is None:
        notices.notify(
            permissions.holders("policy.decide", client),
            kind="policy.proposed" if waits else "policy.first",
            at=at,
            url=f"/kebijakan/{policy.pk}/",
            facts={"client": client.name, "years": policy.delete_after_years, "months": policy.backup_copy_months},
        )
    return policy


def _outlives_the_lock(periods: Periods) -> Verdict:
    """What the store locks for longer could not be destroyed in time; as far as the store was tried."""
    try:
        look = store.newest()
    except ArchiveError:
        return YES  # it cannot be opened: nothing is written to it, either
    life = 365 * periods.delete_after_years + 30 * periods.backup_copy_months
    if look is None or look.lock_days <= life:
        return YES
    return no(
        _("The store locks every object for %(days)s days, longer than these periods (%(life)s days): what is due "
          "could not be destroyed in time. Lengthen the periods, or move the archive to a store with a shorter lock."),
        code="store_lock", days=look.lock_days, life=life,
    )  # fmt: skip


@transaction.atomic
def decide(*, user: User, at: datetime, policy: Policy, agreed: bool, reason: str = "") -> None:
    """The client agrees to a shorter period, or not."""
    actor = permissions.acting(user, "policy.decide", policy.client)
    if not agreed and not reason.strip():
        raise RuleRefused(no("Give a reason."))
    if not (clean := free_text.acceptable(reason)):
        raise RuleRefused(clean)
    Client.objects.select_for_update().get(pk=policy.client_id)
    if agreed:
        Policy.objects.filter(
            client=policy.client, record_class=policy.record_class, status=Policy.Status.EFFECTIVE
        ).update(status=Policy.Status.SUPERSEDED)
    audit.move(
        policy,
        Policy.Status.EFFECTIVE if agreed else Policy.Status.REFUSED,
        verb="policy.agreed" if agreed else "policy.refused",
        actor=actor,
        at=at,
        expected=Policy.Status.WAITING,
        changes={"decided_by": user, "decided_at": at},
        facts={"version": policy.version, "reason": reason.strip()},
    )
    counts.refresh_client(policy.client, policy.record_class, at=at)
    if agreed:
        proposals.policy_changed(client=policy.client, record_class=policy.record_class, at=at)
