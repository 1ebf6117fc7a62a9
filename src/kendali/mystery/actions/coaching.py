"""Coaching of an agent: recorded by the supervisor, acknowledged by the agent with a login, or entered by the
supervisor with the signed form. It has its own, later due date (setting mystery.coaching_days)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import roles
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.civil_time import local_date
from kendali.mystery.actions import finding_notices, proof, stepping
from kendali.mystery.models import Coaching, Evidence, Finding
from kendali.mystery.rules.finding_rules import ENDED, Owner
from kendali.verdict import YES, Verdict, no


def record(
    *, user: User, at: datetime, finding: Finding, on: date, notes: str, name: str = "", data: bytes = b""
) -> Coaching:
    """With the signed form (`data`) it is acknowledged at once. Raises Refused, RuleRefused, StoreError."""
    actor = stepping.acting(user, "finding.coach", at, person=finding.owner_id)
    stepping.written(notes)
    for verdict in (_may_coach(finding, actor), _said(on, notes, local_date(at, user.zone))):
        if not verdict:
            raise RuleRefused(verdict)
    signed = _signed(actor, user, at, finding, name, data)
    with transaction.atomic():
        row = Coaching.objects.create(
            finding=finding, on=on, notes=notes.strip(), by=user, at=at, evidence=signed,
            acknowledged_at=at if signed else None, acknowledged_by=user if signed else None,
        )  # fmt: skip
        facts = {"number": finding.number, "on": on, "signed": signed is not None}
        audit.record("finding.coached", actor=actor, at=at, obj=finding, facts=facts)
        if signed is None:
            finding_notices.coached(finding, at=at)
    return row


def acknowledge(
    *, user: User, at: datetime, coaching: Coaching, note: str = "", name: str = "", data: bytes = b""
) -> Coaching:
    """By the agent; or entered by the supervisor, with the signed form or a note of how the agent acknowledged."""
    finding = coaching.finding
    agent = finding.agent is not None and finding.agent.user_id == user.pk
    role, person = (roles.AGENT, user.pk) if agent else (roles.SUPERVISOR, finding.owner_id)
    actor = stepping.acting(user, "finding.acknowledge", at, role=role, person=person)
    stepping.written(note)
    if actor.role == roles.AGENT and not agent:
        raise RuleRefused(no(_("An agent acknowledges the own coaching only."), code="agent"))
    if not agent:
        allowed = _may_coach(finding, actor)
        if not allowed:
            raise RuleRefused(allowed)
        if not data and not note.strip():
            raise RuleRefused(no(_("Upload the signed form, or write how the agent acknowledged."), code="reason"))
    signed = _signed(actor, user, at, finding, name, data)
    with transaction.atomic():
        changed = Coaching.objects.filter(pk=coaching.pk, acknowledged_at=None).update(
            acknowledged_at=at, acknowledged_by=user, acknowledged_note=note.strip()[:500],
            **({"evidence": signed} if signed else {}),
        )  # fmt: skip
        if not changed:
            raise RuleRefused(no(_("This coaching has been acknowledged already."), code="state"))
        facts = {"number": finding.number, "on": coaching.on, "by_agent": agent}
        audit.record("finding.acknowledged", actor=actor, at=at, obj=finding, facts=facts)
    coaching.refresh_from_db()
    return coaching


def _signed(
    actor: Actor, user: User, at: datetime, finding: Finding, name: str, data: bytes
) -> Evidence | None:  # fmt: skip
    return proof.keep(actor=actor, user=user, at=at, finding=finding, name=name, data=data) if data else None


def _may_coach(finding: Finding, actor: Actor) -> Verdict:
    if finding.owner_kind != Owner.SUPERVISOR or finding.agent_id is None:
        return no(_("No agent is held responsible for this finding: there is nobody to coach."), code="no_agent")
    if stepping.state_of(finding) in ENDED or finding.forwarded_at is None:
        return no(_("Coaching belongs to a finding that is with its supervisor."), code="state")
    if stepping.person_id(actor) != finding.owner_id:
        return no(_("This finding is in the hands of somebody else."), code="owner")
    return YES


def _said(on: date, notes: str, today: date) -> Verdict:
    if not notes.strip():
        return no(_("Write what was agreed with the agent."))
    return YES if on <= today else no(_("A coaching is recorded when it has taken place."), code="date")
