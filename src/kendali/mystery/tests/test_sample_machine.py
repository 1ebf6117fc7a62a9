"""Every state × every event × every role over the real actions: allowed as the table of the rules says, or refused with
a sentence and nothing written. (Locking is the freeze of a cycle, destroying is disposal's.)"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from kendali.accounts import roles
from kendali.accounts.models import User
from kendali.accounts.permissions import CAN, Refused
from kendali.audit.models import Entry
from kendali.mystery.actions import assigning, calling, filling, giving_up, verifying
from kendali.mystery.models import Attempt, CycleScenario, Evaluation, Sample
from kendali.mystery.rules.machine import EXECUTORS
from kendali.mystery.rules.reported import Reported
from kendali.mystery.rules.sample_rules import LEADS_TO, MOVES, Outcome, SampleEvent, SampleState, VoidReason
from kendali.mystery.tests import month_rows, roster_rows
from kendali.mystery.tests.house import CALLED, House
from tests.cast import PEOPLE

pytestmark = pytest.mark.django_db
E, S = SampleEvent, SampleState
LATER = CALLED + timedelta(hours=3)
RIGHTS = {
    E.ASSIGN: "plan.assign", E.RETURN: "sample.verify", E.VERIFY: "sample.verify", E.REVISE: "sample.verify",
    E.VOID: "sample.verify",
}  # fmt: skip
Act = Callable[[House, User, Sample], object]
# A step that a phone repeats, or tells together with the one before it, is no other step: nothing new is written, or
# the call begins with its first attempt.
TOLD_AGAIN: dict[SampleEvent, set[SampleState]] = {
    E.BEGIN_CALLING: {S.CALLING},
    E.RECORD_ATTEMPT: {S.ASSIGNED},
    E.CONNECT: {S.ASSIGNED},
    E.STOP_CALLING: {S.ASSIGNED},
    E.SCORE: {S.SCORING, S.SUBMITTED, S.VERIFIED, S.LOCKED},
}


def _told(at: datetime) -> Reported:
    return Reported(begun=at, ended=at + timedelta(minutes=1))


def _submit(_house: House, user: User, sample: Sample) -> object:
    evaluation = Evaluation.objects.select_related("sample", "form").get(sample=sample)
    return filling.submit(user=user, at=LATER, evaluation=evaluation)


ACTS: dict[SampleEvent, Act] = {
    E.ASSIGN: lambda house, user, one: assigning.assign(
        user=user, at=one.opens - timedelta(hours=1), sample=one, executor=house.cast.qori),
    E.BEGIN_CALLING: lambda _, user, one: calling.begin(user=user, at=CALLED, sample=one),
    E.RECORD_ATTEMPT: lambda _, user, one: calling.record_attempt(
        user=user, at=CALLED + timedelta(minutes=2), sample=one, outcome=Outcome.BUSY, told=_told(CALLED)),
    E.CONNECT: lambda _, user, one: calling.connect(
        user=user, at=CALLED + timedelta(minutes=2), sample=one, told=_told(CALLED)),
    E.STOP_CALLING: lambda _, user, one: calling.stop(user=user, at=CALLED, sample=one, reason="x"),
    E.GIVE_UP: lambda _, user, one: giving_up.give_up(user=user, at=LATER, sample=one),
    E.SCORE: lambda _, user, one: filling.begin(user=user, at=LATER, sample=one),
    E.SUBMIT: _submit,
    E.RETURN: lambda _, user, one: verifying.return_form(user=user, at=LATER, sample=one, reason="x"),
    E.VERIFY: lambda _, user, one: verifying.verify_and_forward(user=user, at=LATER, sample=one),
    E.REVISE: lambda _, user, one: verifying.revise(user=user, at=LATER, sample=one, reason="x"),
    E.VOID: lambda _, user, one: verifying.void(user=user, at=LATER, sample=one, reason=VoidReason.DUPLICATE),
}  # fmt: skip


def situation(house: House, event: SampleEvent, state: SampleState) -> Sample:
    """One in which nothing but state and role can forbid the event."""
    sample = house.sample(state.value)
    if event is E.GIVE_UP:
        for number in range(3):
            at = CALLED + timedelta(minutes=20 * number)
            Attempt.objects.create(sample=sample, number=number + 1, at=at, outcome="busy", by=house.cast.qori)
    if event is E.SUBMIT and sample.evaluation is None:
        house.evaluation(sample, by=house.cast.qori)
    return sample


def allowed(event: SampleEvent, state: SampleState, role: str) -> bool:
    """By the table; the Kordinator judges no call while there is a QA."""
    if role == roles.COORDINATOR and event is not E.ASSIGN:
        return False
    move = MOVES[event]
    return (state in move.sources or state in TOLD_AGAIN.get(event, ())) and role in move.roles


@pytest.mark.parametrize("event", ACTS)
def test_every_role_in_every_state_may_what_the_table_says(house: House, event: SampleEvent) -> None:
    if event is E.ASSIGN:
        month_rows.article()
        CycleScenario.objects.create(cycle=house.cycle, version=house.scenario, due_on=house.cycle.month)
        roster_rows.callers(house.cast)
    written = Entry.objects.count()
    for state in SampleState:
        with transaction.atomic():
            sample = situation(house, event, state)
            for nick, role in asked(event, state):
                after, said = attempted(house, event, sample, nick, role, written)
                if allowed(event, state, role):
                    assert (after, said) == (leads_to(event, state), ""), f"{nick} {event} {state}: {said}"
                else:
                    assert after is None, f"{nick} may {event} in {state}"
                    assert said.endswith("."), said
            transaction.set_rollback(True)


def asked(event: SampleEvent, state: SampleState) -> list[tuple[str, str]]:
    """Who has no right at all is refused before the state is looked at: once is enough, where it would follow."""
    everybody = [(nick, role) for nick, (_name, _position, role) in PEOPLE.items()]
    if state is min(MOVES[event].sources):
        return everybody
    return [(nick, role) for nick, role in everybody if role in CAN[RIGHTS.get(event, "sample.call")]]


def leads_to(event: SampleEvent, state: SampleState) -> SampleState:
    return state if event in {E.STOP_CALLING, E.SCORE} and state in TOLD_AGAIN[event] else LEADS_TO[event]


def attempted(
    house: House, event: SampleEvent, sample: Sample, nick: str, role: str, written: int
) -> tuple[SampleState | None, str]:
    """The state after it, or None and the sentence; whatever was written is taken back."""
    user = house.cast.people[nick]
    found: tuple[SampleState | None, str]
    with transaction.atomic():
        if role in EXECUTORS and sample.executor_id is not None:
            Sample.objects.filter(pk=sample.pk).update(executor=user)  # it is this one's call
        try:
            ACTS[event](house, user, Sample.objects.select_related("cycle", "executor").get(pk=sample.pk))
        except Refused as refused:
            assert Entry.objects.count() == written
            found = None, str(refused)
        else:
            found = SampleState(Sample.objects.values_list("state", flat=True).get(pk=sample.pk)), ""
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("event", [one for one in ACTS if MOVES[one].roles & EXECUTORS])
def test_a_call_of_somebody_else_is_refused_in_every_state(house: House, event: SampleEvent) -> None:
    for state in MOVES[event].sources:
        sample = situation(house, event, SampleState(state))
        with pytest.raises(Refused):
            ACTS[event](house, house.cast.surya, sample)
