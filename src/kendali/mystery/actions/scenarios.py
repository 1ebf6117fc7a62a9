"""Activity 2: a scenario is written, submitted, approved by somebody else, used, withdrawn. What was approved stays:
an edit is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from kendali.accounts import permissions, roles
from kendali.accounts.models import RoleGrant, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actions import StaleState
from kendali.audit.actor import Actor
from kendali.civil_time import add_years
from kendali.documents import queries as documents
from kendali.mystery import office
from kendali.mystery.models import Scenario, ScenarioCite, ScenarioVersion
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.queries.prepared import scenario_of
from kendali.mystery.rules import plain, scenario_rules
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.rules.machine import Person
from kendali.mystery.rules.problems import Problem
from kendali.mystery.rules.scenario import Scenario as Content
from kendali.mystery.rules.scenario import ScenarioStatus
from kendali.mystery.rules.scenario_rules import ScenarioEvent
from kendali.notices import actions as notices
from kendali.verdict import Verdict, no

E = ScenarioEvent
RIGHTS = {E.SUBMIT: "scenario.edit", E.APPROVE: "scenario.approve", E.RETURN: "scenario.approve",
          E.RETIRE: "scenario.edit"}  # fmt: skip
OPENING = "{salam}, saya {nama}. "
VALID_YEARS = 1  # proposed


@transaction.atomic
def begin(*, user: User, at: datetime, code: str, kind: str, goal: str = "") -> ScenarioVersion:
    """A first draft, nearly empty."""
    actor = permissions.acting(user, "scenario.edit", at=at)
    if not scenario_rules.CODE.fullmatch(code):
        raise RuleRefused(no("A code has capital letters, digits and hyphens, at most 30.", part="code"))
    if kind not in KINDS:
        raise RuleRefused(no("%(kind)s is none of %(kinds)s.", kind=kind, kinds=", ".join(KINDS), part="kind"))
    if Scenario.objects.filter(code=code).exists():
        raise RuleRefused(no("The code %(code)s is in use already.", code=code, part="code"))
    day = queries.today(at)
    content = Content(
        code=code, version=1, kind=kind, goal=goal, situation="", opening=OPENING, questions=(), closing="",
        author=user.pk, valid_from=day, valid_until=add_years(day, VALID_YEARS),
    )  # fmt: skip
    return _created(Scenario.objects.create(code=code), content, actor=actor, user=user, at=at)


@transaction.atomic
def next_version(*, user: User, at: datetime, scenario: Scenario) -> ScenarioVersion:
    """A draft that begins with what the newest version says."""
    actor = permissions.acting(user, "scenario.edit", at=at)
    locked = Scenario.objects.select_for_update().get(pk=scenario.pk)
    newest = locked.versions.select_related("scenario").order_by("-version").first()
    if newest is None or newest.status in ("draft", "submitted"):
        raise RuleRefused(no("A version is in the making already."))
    before, day = scenario_of(newest), queries.today(at)
    content = replace(
        before, version=newest.version + 1, status=ScenarioStatus.DRAFT, author=user.pk,
        valid_from=max(day, before.valid_from), valid_until=_lasting(before.valid_until, day),
    )  # fmt: skip
    return _created(locked, content, actor=actor, user=user, at=at)


def _lasting(until: date, day: date) -> date:
    return until if until >= day else add_years(day, VALID_YEARS)


def _created(scenario: Scenario, content: Content, *, actor: Actor, user: User, at: datetime) -> ScenarioVersion:
    row = ScenarioVersion(scenario=scenario, version=content.version, author=user, created_at=at)
    _write(row, content)
    _told("scenario.drafted", row, actor, at)
    return row


@transaction.atomic
def save(*, user: User, at: datetime, version: ScenarioVersion, content: Content, seen: str = "") -> ScenarioVersion:
    """Other words of a draft, with or without problems. `seen`: digest of what the writer looked at; StaleState where
    somebody changed it since. Code, version, status and author are not the writer's to choose."""
    actor = permissions.acting(user, "scenario.edit", at=at)
    row = _locked(version)
    before = scenario_of(row)
    if not (allowed := scenario_rules.may_edit(before, office.person(actor))):
        raise RuleRefused(allowed)
    if seen and seen != queries.digest(before):
        raise StaleState(row, {"draft"}, "draft")
    content = replace(content, code=row.scenario.code, version=row.version, status=ScenarioStatus.DRAFT,
                      author=row.author_id)  # fmt: skip
    if content == before:
        return row
    _write(row, content)
    _told("scenario.changed", row, actor, at)
    return row


def _write(row: ScenarioVersion, content: Content) -> None:
    """Content and the columns beside it; what it cites, as far as that exists."""
    row.content, row.kind, row.goal = plain.write(content), content.kind, content.goal
    row.valid_from, row.valid_until = content.valid_from, content.valid_until
    row.save()
    revisions = documents.revisions_of(content.cites)
    row.cites.all().delete()
    ScenarioCite.objects.bulk_create(
        ScenarioCite(scenario_version=row, question=id_, revision=revision)
        for id_, one in {one.id[:40]: one for one in content.questions}.items()  # one twice is a problem
        if (revision := revisions.get((one.article, one.article_version))) is not None
    )


@transaction.atomic
def discard(*, user: User, at: datetime, version: ScenarioVersion) -> None:
    actor = permissions.acting(user, "scenario.edit", at=at)
    row = _locked(version)
    if not (allowed := scenario_rules.may_edit(scenario_of(row), office.person(actor))):
        raise RuleRefused(allowed)
    scenario = row.scenario
    _told("scenario.discarded", row, actor, at)
    row.delete()
    if not scenario.versions.exists():
        scenario.delete()


# --- from step to step


def may(
    event: ScenarioEvent, user: User, version: ScenarioVersion, at: datetime, found: list[Problem] | None = None
) -> Verdict:
    """What a page greys, with its reason; what has yet to be entered (a reason) is taken as given."""
    if not (right := permissions.can(user, RIGHTS[event], at=at)):
        return right
    actor = permissions.acting(user, RIGHTS[event], at=at)
    return _allowed(event, version, actor, user, at, reason="-", found=found)


def _allowed(
    event: ScenarioEvent, row: ScenarioVersion, actor: Actor, user: User, at: datetime, *, reason: str,
    found: list[Problem] | None = None,
) -> Verdict:  # fmt: skip
    content, by, wrote = scenario_of(row), office.person(actor), queries.writers(row)
    if event is E.APPROVE and any(permissions.same_person(one, user, since=row.created_at) for one in wrote):
        by = Person(content.author, by.role)  # who wrote in it, or stood in for somebody who did, counts as its author
    if found is None:
        found = queries.problems(content, at) if event in (E.SUBMIT, E.APPROVE) else []
    return scenario_rules.may_move(event, content, by, found=found, reason=reason, other_qa=_other_qa(wrote))


def _other_qa(wrote: set[int]) -> bool:
    """A QA besides those who wrote it: then it is not the Kordinator's."""
    held = RoleGrant.objects.filter(role=roles.QA, ended_at=None, user__is_active=True)
    return held.exclude(user__in=wrote).exists()


@transaction.atomic
def move(
    event: ScenarioEvent, *, user: User, at: datetime, version: ScenarioVersion, reason: str = ""
) -> ScenarioVersion:
    actor = permissions.acting(user, RIGHTS[event], at=at)
    row = _locked(version)
    if not (allowed := _allowed(event, row, actor, user, at, reason=reason)):
        raise RuleRefused(allowed)
    changes: dict[E, dict[str, object]] = {
        E.SUBMIT: {"submitted_at": at, "reason": ""},
        E.APPROVE: {"approved_by": user, "approved_at": at},
        E.RETURN: {"submitted_at": None, "reason": reason.strip()},
        E.RETIRE: {"reason": reason.strip()},
    }
    audit.move(
        row,
        scenario_rules.LEADS_TO[event].value,
        verb=f"scenario.{event.value}",
        actor=actor,
        at=at,
        expected=row.status,
        changes=changes[event],
        facts={"digest": queries.digest(scenario_of(row)), **({"reason": reason.strip()} if reason.strip() else {})},
    )
    _notify(event, row, user, at)
    return row


def _notify(event: ScenarioEvent, row: ScenarioVersion, user: User, at: datetime) -> None:
    url, facts = f"/mystery/skenario/{row.pk}/", {"scenario": str(row), "reason": row.reason}
    if event is E.SUBMIT:
        notices.notify(approvers(row), kind="scenario.to_approve", at=at, url=url, facts=facts)
    elif event in (E.APPROVE, E.RETURN) and row.author_id != user.pk:
        kind = "scenario.approved" if event is E.APPROVE else "scenario.returned"
        notices.notify([row.author], kind=kind, at=at, url=url, facts=facts)


def approvers(row: ScenarioVersion) -> list[User]:
    """QA who did not write it; where there is none, the Kordinator."""
    wrote = queries.writers(row)
    people = [one for one in permissions.holders("scenario.approve") if one.pk not in wrote]
    qa = set(permissions.holders("scenario.edit"))
    return [one for one in people if one in qa] if _other_qa(wrote) else [one for one in people if one not in qa]


def _locked(version: ScenarioVersion) -> ScenarioVersion:
    rows = ScenarioVersion.objects.select_for_update(of=("self",)).select_related("scenario", "author")
    row = rows.filter(pk=version.pk).first()
    if row is None:
        raise StaleState(version, {version.status}, "changed")
    return row


def _told(
    verb: str, row: ScenarioVersion, actor: Actor, at: datetime, facts: Mapping[str, object] | None = None
) -> None:
    audit.record(verb, actor=actor, at=at, obj=row, facts={"digest": queries.digest(scenario_of(row)), **(facts or {})})
