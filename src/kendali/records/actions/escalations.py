"""The paper side of a backup: raise, accept, return, run, confirm. Carrying it out is `backup.py`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Collate
from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import permissions, responsible
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.notices import actions as notices
from kendali.records import rules
from kendali.records.calendar import days_off
from kendali.records.models import Escalation, Source
from kendali.terms import free_text, numbers
from kendali.terms import settings as terms
from kendali.terms.models import BackupClock, Policy
from kendali.verdict import no


def policy_of(source: Source) -> Policy:
    policy = Policy.objects.filter(
        client=source.client, record_class=source.record_class, status=Policy.Status.EFFECTIVE
    ).first()
    if policy is None:
        raise RuleRefused(no(_("There is no policy for %(client)s yet: write one first."), client=source.client.name))
    return policy


def retention_of(policy: Policy) -> rules.Retention:
    return rules.Retention(
        zone=policy.zone,
        backup_after_years=policy.backup_after_years,
        lead_days=policy.lead_days,
        delete_after_years=policy.delete_after_years,
    )


def proposed_cut_off(source: Source, today: date) -> date:
    policy = policy_of(source)
    return min(
        civil_time.default_cut_off(today, policy.backup_after_years, policy.lead_days), today - timedelta(days=1)
    )


def raise_escalation(*, user: User, at: datetime, source: Source, cut_off: date) -> Escalation:
    """Step 1 or 2: freeze the list of everything older than the cut-off without a verified backup, and send it."""
    actor = permissions.acting(user, "escalation.raise", source.client)
    try:
        with transaction.atomic():
            order = _draft(source, cut_off, at)
            _freeze(order)
            _send(order, user=user, actor=actor, at=at)
            return order
    except IntegrityError as error:
        raise _already_open(source) from error


def _already_open(source: Source) -> RuleRefused:
    order = Escalation.objects.filter(source=source, status__in=Escalation.OPEN).first()
    return RuleRefused(
        no(_("%(number)s is still open for this source: finish that one first."), number=str(order) if order else "")
    )


def _draft(source: Source, cut_off: date, at: datetime, *, periodic: bool = False) -> Escalation:
    policy = policy_of(source)
    retention = retention_of(policy)
    allowed = rules.may_cut_off(cut_off, today=civil_time.local_date(at, policy.zone), retention=retention)
    if not allowed:
        raise RuleRefused(allowed)
    return Escalation.objects.create(
        client=source.client,
        source=source,
        record_class=source.record_class,
        policy=policy,
        cut_off=cut_off,
        cut_instant=civil_time.start_of_day(cut_off + timedelta(days=1), policy.zone),
        periodic=periodic,
        status=Escalation.Status.DRAFT,
        created_at=at,
    )


FREEZE = """
INSERT INTO records_escalationitem (escalation_id, record_id, month, outcome, problems)
SELECT %(order)s, r.id,
  date_trunc('month', coalesce(r.last_activity_at, r.started_at) AT TIME ZONE %(zone)s)::date, 'waiting', '[]'
FROM records_record r
WHERE r.source_id = %(source)s AND r.vanished_at IS NULL AND r.backup_clock IS NOT NULL
  AND CASE WHEN %(clock)s = 'started_at' THEN r.started_at ELSE r.backup_clock END < %(cut)s
  AND NOT EXISTS (SELECT FROM records_unbackupable u WHERE u.record_id = r.id AND u.status = 'confirmed')
"""


def _freeze(order: Escalation) -> None:
    """Write the list and its digest: SHA-256 over `ref TAB clock` lines (UTC, microseconds), in byte order of ref."""
    order.items.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            FREEZE,
            {
                "order": order.pk,
                "source": order.source_id,
                "zone": order.policy.zone,
                "cut": order.cut_instant,
                "clock": order.policy.backup_clock if order.policy.backup_clock == BackupClock.STARTED else "",
            },
        )
    digest, count, oldest = hashlib.sha256(), 0, None
    lines = order.items.order_by(Collate("record__ref", "C")).values_list("record__ref", "record__backup_clock")
    for ref, clock in lines.iterator(chunk_size=10_000):
        assert clock is not None  # FREEZE takes only records that have one
        digest.update(f"{ref}\t{clock:%Y-%m-%dT%H:%M:%S.%fZ}\n".encode())
        count, oldest = count + 1, clock if oldest is None else min(oldest, clock)
    order.list_digest, order.list_count, order.oldest_at = digest.hexdigest(), count, oldest
    order.save(update_fields=["list_digest", "list_count", "oldest_at"])
    if not count:
        raise RuleRefused(no(_("Nothing older than this date is without a backup: there is nothing to raise.")))


def _send(order: Escalation, *, user: User, actor: Actor, at: datetime) -> None:
    changes = {"number": numbers.take("ESK", at), "raised_by": user, "raised_at": at}
    _move(
        order,
        "send",
        actor=actor,
        at=at,
        changes=changes,
        facts={"number": changes["number"], "count": order.list_count, "cut_off": order.cut_off},
    )


def send_drafts(*, user: User, at: datetime) -> list[Escalation]:
    """All drafts that lie on this Team Leader's desk, with one click; those that another one is named for are sent from
    their own pages. A draft with nothing left in it is dropped."""
    sent, desk = [], responsible.Desk(user, at)
    for order in Escalation.objects.filter(status=Escalation.Status.DRAFT).select_related("source", "client", "policy"):
        may = permissions.can(user, "escalation.raise", order.client)
        if not may or not desk.mine(order.client, order.record_class):
            continue
        actor = permissions.acting(user, "escalation.raise", order.client)
        try:
            with transaction.atomic():
                _freeze(order)
                _send(order, user=user, actor=actor, at=at)
                sent.append(order)
        except RuleRefused:
            cancel_empty(order, at=at)
    return sent


def cancel_empty(order: Escalation, *, at: datetime) -> None:
    with transaction.atomic():
        _move(order, "cancel", actor=SYSTEM, at=at, reason=_("Nothing was left to back up."))


def send(*, user: User, at: datetime, order: Escalation) -> None:
    """Send one draft; its list is frozen now."""
    actor = permissions.acting(user, "escalation.raise", order.client)
    with transaction.atomic():
        _check("send", order)
        _freeze(order)
        _send(order, user=user, actor=actor, at=at)


def draft_one(source: Source, *, at: datetime, periodic: bool = False) -> Escalation:
    """A draft up to the proposed cut-off, for the Team Leader to send. Raises Refused, IntegrityError."""
    today = civil_time.local_date(at, policy_of(source).zone)
    order = _draft(source, proposed_cut_off(source, today), at, periodic=periodic)
    _freeze(order)
    audit.record(
        "escalation.drafted",
        actor=SYSTEM,
        at=at,
        obj=order,
        client=order.client,
        facts={"count": order.list_count, "source": source.name},
    )
    _tell(order, "escalation.drafted", at=at)
    return order


@transaction.atomic
def accept(*, user: User, at: datetime, order: Escalation) -> None:
    """Step 5 or 6. Who raised it does not accept it."""
    actor = permissions.acting(user, "escalation.accept", order.client)
    _other_person(order, user)
    _move(order, "accept", actor=actor, at=at, changes={"accepted_by": user, "accepted_at": at})


@transaction.atomic
def return_to_raiser(*, user: User, at: datetime, order: Escalation, reason: str) -> None:
    actor = permissions.acting(user, "escalation.return", order.client)
    _move(order, "return", actor=actor, at=at, reason=reason)


@transaction.atomic
def cancel(*, user: User, at: datetime, order: Escalation, reason: str) -> None:
    actor = permissions.acting(user, "escalation.cancel", order.client)
    _move(order, "cancel", actor=actor, at=at, reason=reason)


@transaction.atomic
def start(*, user: User, at: datetime, order: Escalation) -> None:
    """Team IT runs it, again after a pause or a stop. The job is deferred in this transaction."""
    from kendali.records import tasks  # tasks call actions; here an action defers a task

    begin(user=user, at=at, order=order)
    tasks.run_backup.defer(order_id=order.pk)


@transaction.atomic
def begin(*, user: User, at: datetime, order: Escalation) -> None:
    """The paper of a start, for whoever carries it out in this process (`backup.run`)."""
    actor = permissions.acting(user, "escalation.run", order.client)
    _other_person(order, user)
    changes = {"started_by": user, "started_at": order.started_at or at, "problem": {}}
    _move(order, "start", actor=actor, at=at, changes=changes)


@transaction.atomic
def pause(*, user: User, at: datetime, order: Escalation) -> None:
    """The worker sees it within a second and stops between packages; nothing half-written counts."""
    actor = permissions.acting(user, "escalation.pause", order.client)
    _move(order, "pause", actor=actor, at=at)


@transaction.atomic
def confirm(*, user: User, at: datetime, order: Escalation) -> None:
    """Who carried it out does not confirm it."""
    actor = permissions.acting(user, "escalation.confirm", order.client)
    if permissions.same_person(order.started_by_id, user):
        raise RuleRefused(no(_("Who carried this escalation out does not confirm it.")))
    _move(order, "confirm", actor=actor, at=at, changes={"confirmed_by": user, "confirmed_at": at})


def confirm_several(*, user: User, at: datetime, orders: list[Escalation]) -> list[Escalation]:
    """Every result among these that may be confirmed by this person; the others stay as they are."""
    done = []
    for order in orders:
        may = permissions.can(user, "escalation.confirm", order.client)
        own = permissions.same_person(order.started_by_id, user)
        if may and not own and rules.may_move("confirm", order.status):
            confirm(user=user, at=at, order=order)
            done.append(order)
    return done


def confirm_overdue(*, at: datetime) -> list[Escalation]:
    """Results without shortcomings confirm themselves after their deadline (decision 11)."""
    done = []
    for order in Escalation.objects.filter(status=Escalation.Status.DONE, due_at__lt=at).select_related("client"):
        if rules.confirms_itself(order.status, order.due_at, at):
            with transaction.atomic():
                _move(order, "confirm", actor=SYSTEM, at=at, changes={"confirmed_at": at})
                done.append(order)
    return done


def _other_person(order: Escalation, user: User) -> None:
    if order.raised_by is not None and permissions.same_person(order.raised_by, user):
        reason = _("%(name)s raised this escalation; another person has to carry it out.")
        raise RuleRefused(no(reason, name=order.raised_by.name))


def _check(verb: str, order: Escalation, reason: str = "") -> None:
    allowed = rules.may_move(verb, order.status, reason=reason)
    if not allowed:
        raise RuleRefused(allowed)


def _move(
    order: Escalation,
    verb: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    changes: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Compare-and-set of the status, with its audit line, the next deadline and the notice at the hand-over."""
    _check(verb, order, reason)
    if not (clean := free_text.acceptable(reason)):
        raise RuleRefused(clean)
    to, reason = rules.MOVES[verb][1], reason.strip()
    days = _hand_over(order.client_id, order.record_class)
    due = rules.due_at(to, at, days=days, zone=order.policy.zone, holidays=days_off())
    audit.move(
        order,
        to,
        verb=f"escalation.{verb}",
        actor=actor,
        at=at,
        expected=order.status,
        changes={**(changes or {}), "due_at": due, **({"reason": reason} if reason else {})},
        facts={"number": order.number, **({"reason": reason} if reason else {}), **(facts or {})},
    )
    if verb in TOLD:
        _tell(order, f"escalation.{verb}", at=at)


TOLD = frozenset({"send", "accept", "return", "stop", "finish", "finish_incomplete", "cancel"})


def _hand_over(client: int, record_class: str) -> rules.HandOver:
    return rules.HandOver(
        accept=terms.number("handover.accept_days", client, record_class),
        run=terms.number("handover.run_days", client, record_class),
        confirm=terms.number("handover.confirm_days", client, record_class),
    )


def _tell(order: Escalation, kind: str, *, at: datetime) -> None:
    """Notify who has to act next; on a return or cancellation, who raised it; of an acceptance both."""
    action = rules.WAITS_FOR.get(order.status)
    users = responsible.first(action, order.client, order.record_class, at=at) if action else []
    if not action or kind == "escalation.accept":
        users = [order.raised_by] if order.raised_by else []
    notices.notify(
        users,
        kind=kind,
        at=at,
        due=order.due_at,
        url=f"/eskalasi/{order.pk}/",
        facts={
            "number": str(order.number or ""),
            "count": order.list_count,
            "client": order.client.name,
            "source": order.source.name,
            "reason": order.reason,
        },
    )


# The worker's side of the same machine: it moves the run, never the paper.


def finished(order: Escalation, *, shortcomings: int, backed_up: int, at: datetime) -> None:
    _move(
        order,
        "finish_incomplete" if shortcomings else "finish",
        actor=SYSTEM,
        at=at,
        changes={"finished_at": at},
        facts={"backed_up": backed_up, "shortcomings": shortcomings},
    )


def stopped(order: Escalation, *, code: str, facts: dict[str, object], at: datetime) -> None:
    _move(
        order, "stop", actor=SYSTEM, at=at, changes={"problem": {"code": code, "facts": facts}}, facts={"problem": code}
    )
