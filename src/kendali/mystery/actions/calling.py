"""Activity 3: placing a test call. Every attempt is data; what is sent twice from a phone counts once.

An event may have happened before it is reported (a phone without connection): the rules judge the instant it happened
(`begun`), the trail says when it was written (`at`).
"""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.mystery import office
from kendali.mystery.actions import stepping
from kendali.mystery.actions.crisis import lift_crisis as lift_crisis
from kendali.mystery.actions.crisis import set_crisis as set_crisis
from kendali.mystery.actions.giving_up import give_up as give_up
from kendali.mystery.actions.giving_up import miss_passed as miss_passed
from kendali.mystery.actions.moving import locked_sample, move_sample, sample_facts
from kendali.mystery.models import Attempt, Sample
from kendali.mystery.queries import calls as query
from kendali.mystery.queries.evaluation import numbers_allowed
from kendali.mystery.rules import problems, safety, sample_rules
from kendali.mystery.rules.reported import Reported, may_report
from kendali.mystery.rules.sample_rules import Given, Outcome, SampleEvent, SampleState
from kendali.verdict import YES, Verdict, no

E, S = SampleEvent, SampleState
OPEN = frozenset({S.CALLED.value, S.SCORING.value})  # what is known of the call may still be completed


@transaction.atomic
def begin(*, user: User, at: datetime, sample: Sample, begun: datetime | None = None) -> Sample:
    """May it be dialled now? The first time MEMANGGIL begins; asked again before every further attempt. Raises
    RuleRefused: crisis, slot, the rest between attempts, or a helper whose next call is another."""
    actor = stepping.caller(user, sample, at)
    row = locked_sample(sample.pk)
    when = min(begun or at, at)
    given = Given(at=when, crisis=query.crisis_at(when), patience=office.patience())
    facts = sample_facts(row)
    if not (allowed := may_dial(facts, given, actor) and _is_next(user, row, at)):
        raise RuleRefused(allowed)
    if row.state != S.CALLING:
        move_sample(row, E.BEGIN_CALLING, actor=actor, given=given, changes={"calling_since": when}, written_at=at)
    return row


def may_dial(facts: sample_rules.Sample, given: Given, actor: Actor) -> Verdict:
    """The same for a first and for a further attempt; counted attempts rest."""
    state = S.ASSIGNED if facts.state is S.CALLING else facts.state
    allowed = sample_rules.may(E.BEGIN_CALLING, dataclasses.replace(facts, state=state), office.person(actor), given)
    return allowed and rested(facts, given)


def rested(facts: sample_rules.Sample, given: Given) -> Verdict:
    free = sample_rules.next_attempt_from(facts.attempts, given.patience)
    if free is not None and given.at < free:
        return no(_("The next attempt is made from %(from)s on; earlier ones would not count."),
                  code="rest", **{"from": free})  # fmt: skip
    return YES


def _is_next(user: User, sample: Sample, at: datetime) -> Verdict:
    if query.is_helper(user) and query.next_of_helper(user, at) != sample.pk:
        return no(_("Another of your calls comes first."), code="helper")
    return YES


@transaction.atomic
def record_attempt(*, user: User, at: datetime, sample: Sample, outcome: Outcome, told: Reported) -> Attempt:
    """One that did not connect. A token that was sent before answers with the attempt it made."""
    actor = stepping.caller(user, sample, at)
    row = locked_sample(sample.pk)
    if (known := _known(row, told)) is not None:
        return known
    _check(row, told, at)
    _begun(row, actor, told, at)
    given = Given(at=told.begun, outcome=outcome, patience=office.patience())
    attempt = _attempt(row, user, outcome.value, told)
    facts = {"attempt": attempt.number, "outcome": outcome.value, "begun": told.begun, "note": told.note}
    move_sample(row, E.RECORD_ATTEMPT, actor=actor, given=given, facts=facts, written_at=at)
    return attempt


@transaction.atomic
def connect(*, user: User, at: datetime, sample: Sample, told: Reported) -> Attempt:
    """An agent answered: TERLAKSANA. `told.begun`: when the call that connected began."""
    actor = stepping.caller(user, sample, at)
    row = locked_sample(sample.pk)
    if (known := _known(row, told)) is not None:
        return known
    _check(row, told, at)
    _begun(row, actor, told, at)
    attempt = _attempt(row, user, Attempt.CONNECTED, told)
    changes = {"called_at": told.begun, "ended_at": told.ended}
    facts = {"attempt": attempt.number, "begun": told.begun}
    move_sample(row, E.CONNECT, actor=actor, given=Given(at=told.begun), changes=changes, facts=facts, written_at=at)
    return attempt


@transaction.atomic
def end_call(
    *, user: User, at: datetime, sample: Sample, ended: datetime | None = None, talk: int | None = None,
    hold: int | None = None,
) -> Sample:  # fmt: skip
    """The call that connected is over; told again it corrects the end, until the form is submitted."""
    actor = stepping.caller(user, sample, at)
    row = locked_sample(sample.pk)
    attempt = row.attempts.filter(outcome=Attempt.CONNECTED).last()
    if not (allowed := _may_complete(row, actor)) or attempt is None or row.called_at is None:
        raise RuleRefused(allowed or no(_("No call of this sample has connected."), code="unconnected"))
    told = Reported(row.called_at, min(ended or at, at), attempt.ivr_seconds, attempt.queue_seconds,
                    attempt.ring_seconds, talk, hold)  # fmt: skip
    if not (allowed := may_report(told, at)):
        raise RuleRefused(allowed)
    assert told.ended is not None
    if talk is None:
        talk = max(0, int((told.ended - told.begun - told.until_talk) / timedelta(seconds=1)))
    Attempt.objects.filter(pk=attempt.pk).update(ended_at=told.ended, talk_seconds=talk, hold_seconds=hold)
    if row.ended_at != told.ended:
        Sample.objects.filter(pk=row.pk).update(ended_at=told.ended)
        row.ended_at = told.ended
        audit.record("sample.end_call", actor=actor, at=at, obj=row,
                     facts={"number": row.number, "ended": told.ended, "talk": talk})  # fmt: skip
    return row


@transaction.atomic
def stop(*, user: User, at: datetime, sample: Sample, reason: str = "") -> Sample:
    """Hentikan kegiatan: back to DITUGASKAN; what was attempted stays."""
    actor = stepping.caller(user, sample, at)
    row = locked_sample(sample.pk)
    if row.state == S.ASSIGNED:
        return row  # sent twice
    given = Given(at=at, reason=reason[:500])
    move_sample(row, E.STOP_CALLING, actor=actor, given=given, changes={"calling_since": None})
    return row


def assumed_begin(sample: Sample, at: datetime) -> datetime:
    """When an attempt began that nobody timed: with the calling, or, after another attempt, now."""
    last = sample.attempts.order_by("-at").values_list("at", flat=True).first()
    begun = sample.calling_since
    return at if begun is None or begun > at or (last is not None and last >= begun) else begun


def _may_complete(sample: Sample, actor: Actor) -> Verdict:
    """May the executor still say more of this call?"""
    if not (own := _is_own(sample, actor)):
        return own
    if sample.state not in OPEN:
        return no(_("What is known of a call is completed between the call and the submission of its form."),
                  code="state")  # fmt: skip
    return YES


def _is_own(sample: Sample, actor: Actor) -> Verdict:
    if sample.executor_id != office.person(actor).id:
        return no(_("This sample is assigned to somebody else."), code="executor")
    return YES


def require_own(sample: Sample, actor: Actor) -> None:
    if not (allowed := _is_own(sample, actor)):
        raise RuleRefused(allowed)


def require_open(sample: Sample, actor: Actor) -> None:
    if not (allowed := _may_complete(sample, actor)):
        raise RuleRefused(allowed)


def _known(sample: Sample, told: Reported) -> Attempt | None:
    return sample.attempts.filter(token=told.token).first() if told.token else None


def _check(sample: Sample, told: Reported, at: datetime) -> None:
    found = safety.scan({"note": told.note}, numbers_allowed(sample)) if told.note else []
    if not (allowed := may_report(told, at) and problems.verdict(found)):
        raise RuleRefused(allowed)


def _begun(sample: Sample, actor: Actor, told: Reported, at: datetime) -> None:
    """An attempt that was made says that calling began, if nobody told before. Who was without connection may not
    have known of a crisis: what happened is kept all the same, with that mark."""
    if sample.state != S.ASSIGNED:
        return
    marked = {"crisis": True} if query.crisis_at(told.begun) else {}
    given = Given(at=told.begun, crisis=False, patience=office.patience())
    changes = {"calling_since": told.begun}
    move_sample(sample, E.BEGIN_CALLING, actor=actor, given=given, changes=changes, facts=marked, written_at=at)


def _attempt(sample: Sample, user: User, outcome: str, told: Reported) -> Attempt:
    last = sample.attempts.order_by("-number").values_list("number", flat=True).first() or 0
    return Attempt.objects.create(
        sample=sample, number=last + 1, at=told.begun, ended_at=told.ended, outcome=outcome, ivr_seconds=told.ivr,
        queue_seconds=told.queue, ring_seconds=told.ring, talk_seconds=told.talk, hold_seconds=told.hold,
        note=told.note.strip(), by=user, token=told.token,
    )  # fmt: skip
