"""The form F-22 of one call: begun, saved as a draft as often as wanted, submitted to QA (hand-over 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_noop as _

from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actions import StaleState
from kendali.mystery.actions import calling, findings, stepping
from kendali.mystery.actions.moving import locked_sample, move_sample
from kendali.mystery.models import Evaluation, Sample
from kendali.mystery.queries import evaluation as query
from kendali.mystery.queries import filling
from kendali.mystery.queries.forms import form_of
from kendali.mystery.rules import clock_rules, plain, problems, safety, scoring
from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.filled import Answer, by_item
from kendali.mystery.rules.form import AutoFail, Form
from kendali.mystery.rules.prefilled import prefilled
from kendali.mystery.rules.problems import Problem
from kendali.mystery.rules.sample_rules import Given, SampleEvent, SampleState
from kendali.mystery.rules.scoring import Score
from kendali.verdict import no

MOST = 600  # answers, findings, unticked items of one form
LONGEST = {"agent_said": 120, "no_agent_reason": 300, "ticket": 60, "no_recording_reason": 300}  # as the columns
SAFETY = "text"  # the part that rules.safety names
DRAFT, SUBMITTED = Evaluation.Status.DRAFT, Evaluation.Status.SUBMITTED


class Incomplete(RuleRefused):
    """Not to be submitted yet; `problems` are all of them."""

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__(problems.verdict(found))
        self.problems = found


def _locked(evaluation: Evaluation) -> Evaluation:
    """With its sample; of two phones one waits."""
    sample = locked_sample(evaluation.sample.pk)
    row = Evaluation.objects.select_for_update(of=("self",)).select_related("form").get(pk=evaluation.pk)
    row.sample = sample
    return row


@transaction.atomic
def begin(*, user: User, at: datetime, sample: Sample) -> Evaluation:
    """DRAF_NILAI, with what the scenario presets and what was measured; where there is a draft, that one."""
    actor = stepping.caller(user, sample, at)
    row = locked_sample(sample.pk)
    standing = row.evaluations.exclude(status=Evaluation.Status.RETRACTED).select_related("form").first()
    if standing is not None:
        calling.require_own(row, actor)
        standing.sample = row
        return standing
    if row.state == SampleState.SCORING:
        calling.require_open(row, actor)
    form = query.form_for(row, at)
    if form is None:
        raise RuleRefused(no(_("No form F-22 was in force on the day of the call; Document Control puts one in force."),
                             code="form"))  # fmt: skip
    last = row.evaluations.aggregate(last=Max("revision"))["last"] or 0
    scenario = query.scenario_of(row)
    presets = frozenset(scenario.preset_na) if scenario is not None else frozenset()
    first = prefilled(form_of(form), filling.measured(row).values(), presets)
    evaluation = Evaluation.objects.create(
        sample=row, revision=last + 1, form=form, answers=plain.write(first), by=user, begun_at=at
    )
    if row.state == SampleState.SCORING:
        Sample.objects.filter(pk=row.pk).update(evaluation=evaluation)
    else:
        changes = {"evaluation": evaluation}
        move_sample(row, SampleEvent.SCORE, actor=actor, given=Given(at=at), changes=changes)
    return evaluation


@transaction.atomic
def save(
    *, user: User, at: datetime, evaluation: Evaluation, answers: Sequence[Answer], said: Mapping[str, Said],
    unticked: Mapping[str, str], saved: int, device: str = "", edit: int = 0,
) -> Evaluation:  # fmt: skip
    """A draft, complete or not. `saved`: the one it was made from; StaleState where a newer one is there, unless that
    is an earlier edit of the same device (its answer was lost on the way). The same sent again changes nothing."""
    actor = stepping.caller(user, evaluation.sample, at)
    row = _locked(evaluation)
    calling.require_open(row.sample, actor)
    if row.status != DRAFT or max(len(answers), len(said), len(unticked)) > MOST:
        raise RuleRefused(no(_("This form was submitted; it is changed when QA returns it."), code="state"))
    content = plain.write(tuple(answers)), {key: plain.write(one) for key, one in said.items()}, dict(unticked)
    same = bool(device) and row.device == device
    if same and edit <= row.edit and content == (row.answers, row.said, row.unticked):
        return row  # sent again
    if row.saved != saved and not (same and edit > row.edit):
        raise StaleState(row, [f"saved {saved}"], f"saved {row.saved}")
    row.answers, row.said, row.unticked = content
    row.saved, row.saved_at, row.device, row.edit = row.saved + 1, at, device[:40], edit
    row.save(update_fields=["answers", "unticked", "said", "saved", "saved_at", "device", "edit"])
    return row


@transaction.atomic
def describe(
    *, user: User, at: datetime, sample: Sample, agent_said: str = "", no_agent_reason: str = "", ticket: str = "",
    no_recording_reason: str = "",
) -> Sample:  # fmt: skip
    """What else is known of the call: who answered, the test ticket, why there is no recording."""
    actor = stepping.caller(user, sample, at)
    row = locked_sample(sample.pk)
    calling.require_open(row, actor)
    told = {"agent_said": agent_said, "no_agent_reason": no_agent_reason, "ticket": ticket,
            "no_recording_reason": no_recording_reason}  # fmt: skip
    told = {name: " ".join(text.split()) for name, text in told.items()}
    if found := safety.scan(told, query.numbers_allowed(row)):
        raise Incomplete(found)
    for name, text in told.items():
        if len(text) > (most := LONGEST[name]):
            raise RuleRefused(no(_("This text is longer than %(most)s characters."), code="long", most=most))
    changed = {name: text for name, text in told.items() if getattr(row, name) != text}
    if changed:
        reopened = {"ticket_closed_at": None, "ticket_closed_by": None} if "ticket" in changed else {}  # another ticket
        Sample.objects.filter(pk=row.pk).update(**changed, **reopened)
        for name, value in (changed | reopened).items():
            setattr(row, name, value)
        audit.record("sample.described", actor=actor, at=at, obj=row,
                     facts={"number": row.number, "fields": sorted(changed)})  # fmt: skip
    return row


@transaction.atomic
def submit(*, user: User, at: datetime, evaluation: Evaluation) -> Evaluation:
    """Hand-over 4: the score is computed and kept, the sample is DIAJUKAN, findings are raised with their
    recommendation. Raises Incomplete with every problem."""
    actor = stepping.caller(user, evaluation.sample, at)
    row = _locked(evaluation)
    sample = row.sample
    calling.require_open(sample, actor)
    standing = filling.standing(row, at, blind=False)
    if standing.problems:
        raise Incomplete(standing.problems)
    stepping.lock_holds(sample)  # before the trail: a running deletion holds this lock while it waits for the trail
    _score(row, standing.form, at)
    changes = {"evaluation": row, "submitted_at": sample.submitted_at or at}
    given = Given(at=at, form=problems.verdict(_of(standing.problems, safe=False)),
                  safety=problems.verdict(_of(standing.problems, safe=True)))  # fmt: skip
    facts = {"findings": len(standing.findings), "late": row.late, "revision": row.revision}
    move_sample(sample, SampleEvent.SUBMIT, actor=actor, given=given, changes=changes, facts=facts)
    findings.raise_from_form(row, actor=actor, at=at)
    return row


def _of(found: Sequence[Problem], *, safe: bool) -> list[Problem]:
    return [one for one in found if (one.part == SAFETY) == safe]


def _score(row: Evaluation, form: Form, at: datetime) -> Score:
    """Written into the row. Late once is late for ever: a form that came back is no second chance."""
    score = scoring.score(form, by_item(query.answers_of(row)))
    sample = row.sample
    assert sample.called_at is not None
    if sample.submitted_at is None:
        row.late = clock_rules.submitted_late(sample.called_at, at, sample.zone)
    else:
        row.late = row.late or sample.evaluations.filter(late=True).exists()
    items = (form.item(one) for one in score.auto_failed)
    row.raw, row.final, row.score = score.raw, score.final, plain.write(score)
    row.failed_form = any(item is not None and item.auto_fail is AutoFail.FORM for item in items)
    row.status, row.submitted_at = SUBMITTED, at
    row.save(update_fields=["raw", "final", "score", "failed_form", "status", "submitted_at", "late"])
    return score
