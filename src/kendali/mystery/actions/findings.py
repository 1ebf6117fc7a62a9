"""Activities 4 and 5: findings are raised with the form, handed to QA, forwarded to who owns the cause; or end with
their sample. What happens after that: `finding_steps`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import cast

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.mystery import office
from kendali.mystery.actions import clocks, finding_lines, finding_notices, holding, raising_again, stepping
from kendali.mystery.models import Agent, Evaluation, Finding, FindingLine, Sample
from kendali.mystery.queries import causes, recurrence
from kendali.mystery.queries import evaluation as filled
from kendali.mystery.rules import clock_rules, finding_rules
from kendali.mystery.rules.answers import FindingDraft, Said
from kendali.mystery.rules.clock_rules import Step
from kendali.mystery.rules.finding_rules import FindingEvent, FindingState, Given, Owner
from kendali.mystery.rules.form import Cause
from kendali.mystery.rules.sample_rules import SampleState
from kendali.terms import numbers
from kendali.terms import settings as terms
from kendali.verdict import no

STANDING = [one.value for one in FindingState if one is not FindingState.INVALID]


def _number(sample: Sample) -> str:
    return numbers.take_monthly("TM", sample.cycle.month)[0]


# --- from a form


@transaction.atomic
def raise_from_form(evaluation: Evaluation, *, actor: Actor, at: datetime) -> list[Finding]:
    """Inside the submission: one finding per cause owner (and per critical compliance line), found now and handed to QA
    with its recommendation, which stops K1. Submitted again, the same finding goes on with the new words; one that no
    longer follows from the answers ends. Raises RuleRefused."""
    sample = evaluation.sample
    stepping.lock_holds(sample)
    kept = {one.key: one for one in Finding.objects.filter(sample=sample, state__in=STANDING).order_by("pk")}
    said = filled.said_of(evaluation.said)
    articles = finding_lines.articles_of(sample)
    found = []
    for draft in filled.drafts_of(evaluation):
        words = said.get(draft.key, Said("", ""))
        if draft.key in kept:
            found.append(_again(kept.pop(draft.key), evaluation, draft, words, articles, actor, at))
        else:
            found.append(_raise(evaluation, draft, words, articles, actor, at))
    for gone in kept.values():
        _no_longer(gone, at)
    holding.settle(sample, at=at)
    return found


def _raise(
    evaluation: Evaluation, draft: FindingDraft, words: Said, articles: str, actor: Actor, at: datetime
) -> Finding:  # fmt: skip
    sample = evaluation.sample
    finding = Finding.objects.create(
        number=_number(sample),
        cycle=sample.cycle,
        sample=sample,
        evaluation=evaluation,
        key=draft.key,
        area=causes.area_of(sample),
        owner_kind=causes.kind_of(draft.owner).value,
        owner=causes.person_of(draft.owner, sample),
        executor=sample.executor,
        agent=_agent_of(sample, draft),
        team=sample.agent_team,
        critical_compliance=draft.critical_compliance,
        found_at=at,
    )
    finding_lines.write(finding, draft, articles)
    finding.recurs = list(recurrence.earlier(finding))
    Finding.objects.filter(pk=finding.pk).update(recurs=finding.recurs)
    clocks.begin(finding, at=at)
    facts = {
        "number": finding.number, "sample": sample.number, "owner_kind": finding.owner_kind,
        "count": len(draft.lines), "recurs": finding.recurs,
    }  # fmt: skip
    audit.record("finding.raised", actor=actor, at=at, obj=finding, facts=facts)
    handed = _hand_to_qa(finding, words, actor, at)
    finding_notices.fast_lane(handed, at=at)
    return handed


def _again(
    finding: Finding, evaluation: Evaluation, draft: FindingDraft, words: Said, articles: str, actor: Actor,
    at: datetime,
) -> Finding:  # fmt: skip
    """Found when it was found, and K1 stays stopped: only the words and the lines are new."""
    finding = stepping.locked(finding)
    if stepping.state_of(finding) in finding_rules.ENDED:
        return finding
    finding.lines.all().delete()
    finding_lines.write(finding, draft, articles)
    _attribute(finding, draft, at)
    recurs = list(recurrence.earlier(finding))
    Finding.objects.filter(pk=finding.pk).update(
        evaluation=evaluation, recurs=recurs, description=words.description, recommendation=words.recommendation
    )
    if stepping.state_of(finding) is FindingState.FOUND:
        return _hand_to_qa(stepping.locked(finding), words, actor, at)
    facts = {"number": finding.number, "count": len(draft.lines)}
    audit.record("finding.changed", actor=actor, at=at, obj=finding, facts=facts)
    return stepping.locked(finding)


def _attribute(finding: Finding, draft: FindingDraft, at: datetime) -> None:
    """Who answered the call may have become known meanwhile; until it was forwarded the finding goes to that one's
    supervisor."""
    sample, agent = finding.sample, _agent_of(finding.sample, draft) if finding.sample is not None else None
    if sample is None or finding.agent == agent:
        return
    finding.agent, finding.team, finding.area = agent, sample.agent_team, causes.area_of(sample)
    if finding.forwarded_at is None and draft.owner == causes.SUPERVISOR:
        finding.owner = causes.person_of(draft.owner, sample)
    finding.save(update_fields=["agent", "team", "area", "owner"])
    clocks.recompute(finding, Step.K3, actor=SYSTEM, at=at)


def _agent_of(sample: Sample, draft: FindingDraft) -> Agent | None:
    return None if all(line.cause is Cause.ACCESS for line in draft.lines) else sample.agent


def _hand_to_qa(finding: Finding, words: Said, actor: Actor, at: datetime) -> Finding:
    return stepping.take(
        stepping.locked(finding),
        FindingEvent.GIVE_FEEDBACK,
        actor=actor,
        at=at,
        given=Given(recommendation=words.recommendation),
        changes={
            "feedback_at": finding.feedback_at or at,
            "description": words.description.strip(),
            "recommendation": words.recommendation.strip(),
        },
    )


def _no_longer(finding: Finding, at: datetime) -> None:
    finding = stepping.locked(finding)
    if stepping.state_of(finding) in finding_rules.ENDED:
        return
    reason = "Formulir yang diperbaiki tidak lagi memuat ketidaksesuaian ini."
    raising_again.raise_again(finding, at=at)
    stepping.take(finding, FindingEvent.INVALIDATE, actor=SYSTEM, at=at, given=Given(reason=reason))
    finding_notices.ended(finding, "invalid", at=at, reason=reason)


# --- Access: of an area and a day


@transaction.atomic
def raise_access(area: str, day: date, samples: Sequence[Sample], *, at: datetime) -> Finding:
    """Samples that ended unconnected: one finding per area and day, which later ones join until it ends; after that
    they make another one. Who called writes the feedback; the department that is set for Access answers. Never an
    agent's."""
    there = Finding.objects.filter(area=area, access_day=day)
    known = set(FindingLine.objects.filter(finding__in=there).values_list("item", flat=True))
    fresh = [one for one in samples if one.number not in known]
    if not fresh:
        return there.latest("pk")
    first, ended = fresh[0], [one.value for one in finding_rules.ENDED]
    finding, new = (
        there.select_for_update()
        .exclude(state__in=ended)
        .get_or_create(
            area=area,
            access_day=day,
            continues=None,
            defaults={
                "number": cast("str", partial(_number, first)),  # taken only where there is none yet
                "cycle": first.cycle,
                "key": causes.ACCESS,
                "owner_kind": Owner.DEPARTMENT.value,
                "owner": causes.access_head(),
                "executor": first.executor,
                "found_at": at,
            },
        )
    )
    for sample in fresh:
        attempts = [{"at": one.at.isoformat(), "outcome": one.outcome} for one in sample.attempts.all()]
        line = {"section": "access", "cause": Cause.ACCESS.value, "answer": {"attempts": attempts}}
        FindingLine.objects.get_or_create(finding=finding, item=sample.number, defaults=line)
    if new:
        clocks.begin(finding, at=at)
        clocks.settle(finding)
    facts = {"number": finding.number, "area": area, "day": day, "samples": [one.number for one in fresh]}
    verb = "finding.raised_access" if new else "finding.access_joined"
    audit.record(verb, actor=SYSTEM, at=at, obj=finding, facts=facts)
    if new:
        finding_notices.access_raised(finding, at=at)
    return finding


@transaction.atomic
def give_feedback(*, user: User, at: datetime, finding: Finding, description: str, recommendation: str) -> Finding:
    """For a finding without a form (Access), and after it was returned: hand-over 4, which stops K1."""
    actor = stepping.acting(user, "finding.feedback", at, person=finding.executor_id)
    stepping.written(description, recommendation)
    if finding.sample_id is not None:
        raise RuleRefused(no("The feedback is handed over with the form: submit the form again.", code="form"))
    done = _hand_to_qa(finding, Said(description, recommendation), actor, at)
    finding_notices.handed_to_qa(done, at=at)
    return done


# --- QA


@transaction.atomic
def forward_all(sample: Sample, *, user: User, at: datetime, reason: str = "") -> list[Finding]:
    """ "Verifikasi & teruskan": every finding of the sample that waits for QA goes to who owns its cause; stops K2."""
    rows = Finding.objects.filter(sample=sample, state=FindingState.FEEDBACK_GIVEN.value).order_by("pk")
    return [forward(user=user, at=at, finding=one, reason=reason) for one in rows]


@transaction.atomic
def forward(*, user: User, at: datetime, finding: Finding, reason: str = "") -> Finding:
    """Raises RuleRefused where nobody was chosen to answer for it."""
    actor = stepping.judge(user, at)
    stepping.written(reason)
    finding = stepping.locked(finding)
    _answered(finding)
    table, _site = clocks.desk(finding, Step.K3)
    days = terms.number("mystery.coaching_days")
    done = stepping.take(
        finding,
        FindingEvent.FORWARD,
        actor=actor,
        at=at,
        given=Given(reason=reason, other_qa=stepping.other_qa(finding, actor)),
        changes={
            "verifier_id": office.person(actor).id,
            "forwarded_at": finding.forwarded_at or at,
            "coaching_due_at": finding.coaching_due_at or clock_rules.coaching_due(at, table, days),
        },
        facts={"owner": finding.owner.name if finding.owner else "", "owner_kind": finding.owner_kind},
    )
    finding_notices.forwarded(done, at=at)
    return done


def _answered(finding: Finding) -> None:
    """Raises RuleRefused where who was named by the roster has left, or may not act on it: nobody would get it."""
    if finding.state != FindingState.FEEDBACK_GIVEN or finding.owner is None:
        return
    people = causes.owners_of(Owner(finding.owner_kind))
    if finding.owner not in people:
        reason = _("%(name)s cannot answer for findings (any more): choose who answers, then forward.")
        raise RuleRefused(no(reason, code="no_owner", name=finding.owner.name))


def forward_verified(*, user: User, at: datetime, finding: Finding, reason: str = "") -> Finding:
    """From the finding's own page: an Access finding, or one whose form was verified but did not go on yet."""
    sample = finding.sample
    if sample is not None and sample.state not in {SampleState.VERIFIED, SampleState.LOCKED}:
        raise RuleRefused(no("Verify the form: its findings are forwarded with it.", code="form"))
    return forward(user=user, at=at, finding=finding, reason=reason)


@transaction.atomic
def return_all(sample: Sample, *, user: User, at: datetime, reason: str) -> list[Finding]:
    """The form goes back to who called: its findings that waited for QA wait for the form again. Stops no clock."""
    actor = stepping.judge(user, at)
    rows = Finding.objects.filter(sample=sample, state=FindingState.FEEDBACK_GIVEN.value).order_by("pk")
    return [_return(stepping.locked(one), actor, at, reason) for one in rows]


@transaction.atomic
def return_feedback(*, user: User, at: datetime, finding: Finding, reason: str) -> Finding:
    """The feedback of a finding without a form is to be written again."""
    actor = stepping.judge(user, at)
    stepping.written(reason)
    finding = stepping.locked(finding)
    if finding.sample_id is not None:
        raise RuleRefused(no("Return the form: its findings go back with it.", code="form"))
    done = _return(finding, actor, at, reason)
    finding_notices.returned(done, reason, at=at)
    return done


def _return(finding: Finding, actor: Actor, at: datetime, reason: str) -> Finding:
    given = Given(reason=reason, other_qa=stepping.other_qa(finding, actor))
    return stepping.take(finding, FindingEvent.RETURN_FORM, actor=actor, at=at, given=given)


# --- with the sample


@transaction.atomic
def end_for_void(sample: Sample, *, actor: Actor, at: datetime, reason: str) -> list[Finding]:
    """The call was void: what it found is not valid, whatever became of it so far. What other calls found and went
    into it is raised again."""
    stepping.lock_holds(sample)
    rows = Finding.objects.filter(sample=sample).exclude(state__in=[one.value for one in finding_rules.ENDED])
    ended = []
    for one in rows.order_by("pk"):
        finding = stepping.ending(one)
        raising_again.raise_again(finding, at=at)
        stepping.take(
            finding,
            FindingEvent.INVALIDATE,
            actor=SYSTEM,
            at=at,
            given=Given(reason=reason),
            facts={"by": actor.name},
        )
        finding_notices.ended(finding, "invalid", at=at, reason=reason)
        ended.append(finding)
    return ended
