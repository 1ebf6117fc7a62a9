"""Every state × every event × every role over the real actions: allowed as the table of the rules says, or refused with
a sentence and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from kendali.accounts.models import User
from kendali.accounts.permissions import Refused
from kendali.audit.models import Entry
from kendali.mystery.actions import disputes, finding_steps, findings
from kendali.mystery.models import Dispute, Evidence, Finding, FollowUp, Sample
from kendali.mystery.rules import finding_rules
from kendali.mystery.rules.finding_rules import FindingEvent, FindingState
from kendali.mystery.rules.tests.test_finding_rules import DONE, LEADS, cells
from kendali.mystery.tests.finding_rows import AT
from kendali.mystery.tests.house import House

pytestmark = pytest.mark.django_db
E, S = FindingEvent, FindingState
# Letters as in the table of the rules: c who called, q QA, k Kordinator (escalated), o the owner, a the agent.
WHO = {"c": "qori", "q": "qadri", "k": "kirana", "o": "surya", "a": "agus"}
FORMLESS = {E.GIVE_FEEDBACK, E.RETURN_FORM}
REPORT = finding_rules.FollowUp(
    correction="a", root_cause="b", corrective_action="c", person_in_charge="d", on=AT.date(), done=True
)
Act = Callable[[House, User, Finding], object]


def situation(house: House, sample: Sample, event: FindingEvent, state: FindingState) -> Finding:
    """One in which nothing but state and role can forbid the event."""
    department = state is S.AT_DEPARTMENT
    columns: dict[str, Any] = {
        "owner_kind": "department" if department else "supervisor", "escalated_at": AT,
        "dispute": "open" if event is E.DECIDE_DISPUTE else "none", "key": state.value,
    }  # fmt: skip
    if state is S.MERGED:
        columns["merged_into"] = house.finding(sample, key="survivor", found_at=AT - timedelta(days=2))
    finding = house.finding(sample, state.value, owner=house.cast.dina if department else None, **columns)
    if event in FORMLESS:
        rows = Finding.objects.filter(pk=finding.pk)
        rows.update(sample=None, evaluation=None, access_day=date(2026, 11, 20))
    if event is E.DECIDE_DISPUTE:
        Dispute.objects.create(finding=finding, reason="x", by=house.cast.surya, at=AT)
    if state is S.FOLLOW_UP_REPORTED:
        row = {name: getattr(DONE, name) for name in ("correction", "root_cause", "corrective_action")}
        FollowUp.objects.create(finding=finding, **row, person_in_charge="d", on=AT.date(), done=True,
                                by=house.cast.surya, at=AT)  # fmt: skip
        Evidence.objects.create(finding=finding, name="x", link="https://x.example", by=house.cast.surya, at=AT)
    return finding


def _merge(house: House, user: User, finding: Finding) -> object:
    assert finding.sample is not None
    into = house.finding(finding.sample, "at_supervisor", owner=finding.owner, key="earlier",
                         owner_kind=finding.owner_kind, found_at=AT - timedelta(days=1))  # fmt: skip
    return finding_steps.merge(user=user, at=AT, finding=finding, into=into, reason="x")


def _reroute(house: House, user: User, finding: Finding) -> object:
    to = house.cast.surya if finding.owner == house.cast.dina else house.cast.dina
    return finding_steps.reroute(user=user, at=AT, finding=finding, owner=to, reason="x")


ACTS: dict[FindingEvent, Act] = {
    E.GIVE_FEEDBACK: lambda _, user, one: findings.give_feedback(
        user=user, at=AT, finding=one, description="x", recommendation="x"),
    E.RETURN_FORM: lambda _, user, one: findings.return_feedback(user=user, at=AT, finding=one, reason="x"),
    E.FORWARD: lambda _, user, one: findings.forward(user=user, at=AT, finding=one, reason="x"),
    E.BEGIN: lambda _, user, one: finding_steps.begin(user=user, at=AT, finding=one),
    E.REPORT_FOLLOW_UP: lambda _, user, one: finding_steps.report_follow_up(
        user=user, at=AT, finding=one, follow_up=REPORT),
    E.FIND_INSUFFICIENT: lambda _, user, one: finding_steps.find_insufficient(
        user=user, at=AT, finding=one, reason="x"),
    E.CLOSE: lambda _, user, one: finding_steps.close(user=user, at=AT, finding=one, reason="x"),
    E.REROUTE: _reroute,
    E.DISPUTE: lambda _, user, one: disputes.dispute(user=user, at=AT, finding=one, reason="x"),
    E.DECIDE_DISPUTE: lambda _, user, one: disputes.decide(
        user=user, at=AT, finding=one, decision="partly", reason="x"),
    E.INVALIDATE: lambda _, user, one: finding_steps.invalidate(user=user, at=AT, finding=one, reason="x"),
    E.MERGE: _merge,
    E.REMIND: lambda _, user, one: finding_steps.remind(user=user, at=AT, finding=one, reason="x"),
}  # fmt: skip


def attempted(house: House, event: FindingEvent, finding: Finding, nick: str) -> str:
    """The state after it, or "no"; whatever was written is taken back."""
    before = Entry.objects.count()
    with transaction.atomic():
        after, said = _acted(house, event, finding, nick)
        written = Entry.objects.count() > before
        transaction.set_rollback(True)
    assert said.endswith(".") if after == "no" else written
    return after


def _acted(house: House, event: FindingEvent, finding: Finding, nick: str) -> tuple[str, str]:
    try:
        with transaction.atomic():
            ACTS[event](house, house.cast.people[nick], Finding.objects.get(pk=finding.pk))
    except Refused as refused:
        return "no", str(refused)
    return Finding.objects.values_list("state", flat=True).get(pk=finding.pk), ""


@pytest.mark.parametrize("event", FindingEvent)
def test_every_role_in_every_state_may_what_the_table_says(house: House, event: FindingEvent) -> None:
    sample = house.sample("verified")
    for state, cell in [(state, cell) for one, state, cell in cells() if one is event]:
        with transaction.atomic():
            _of_state(house, sample, event, state, cell)
            transaction.set_rollback(True)


def _of_state(house: House, sample: Sample, event: FindingEvent, state: FindingState, cell: str) -> None:
    finding = situation(house, sample, event, state)
    for letter, nick in WHO.items():
        who = "dina" if letter == "o" and finding.owner == house.cast.dina else nick
        if event is E.DECIDE_DISPUTE and letter == "k":  # there is another QA: not the Kordinator's
            continue
        expected = _after(event, state, finding) if letter in cell else "no"
        got = attempted(house, event, finding, who)
        assert (event, state, who, got) == (event, state, who, expected)


def _after(event: FindingEvent, state: FindingState, finding: Finding) -> str:
    if event is E.REROUTE:
        return S.AT_SUPERVISOR if finding.owner_kind == "department" else S.AT_DEPARTMENT
    return (LEADS[event] or state).value
