"""QA's part of activities 3 to 5: verify and forward, return, void with a replacement, correct by a new revision, and
name the agent where nobody did. Nobody verifies his own call, not through a deputy either."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions, roles
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.actor import Actor
from kendali.audit.sentences import shown
from kendali.mystery import office
from kendali.mystery.actions import findings, replacing, stepping
from kendali.mystery.actions.moving import locked_sample, move_sample, sample_facts
from kendali.mystery.models import Cycle, Evaluation, Sample
from kendali.mystery.queries import apart
from kendali.mystery.rules import sample_rules, scoring
from kendali.mystery.rules.sample_rules import Given, SampleEvent, VoidReason
from kendali.notices.actions import notify
from kendali.verdict import YES, Verdict, no

E = SampleEvent
DRAFT, SUBMITTED = Evaluation.Status.DRAFT, Evaluation.Status.SUBMITTED
VERIFIED, RETRACTED = Evaluation.Status.VERIFIED, Evaluation.Status.RETRACTED


@transaction.atomic
def verify_and_forward(*, user: User, at: datetime, sample: Sample) -> Sample:
    """ "Verifikasi & teruskan ke SPV", one action: the sample counts, and every finding goes to who owns its cause,
    which stops K2. Raises RuleRefused, also where nobody was chosen to answer for a finding."""
    actor = judge(user, at)
    row = locked_sample(sample.pk)
    _not_the_caller(user, row)
    changes = {"verified_at": at, "verified_by_id": office.person(actor).id}
    evaluation = row.evaluation
    score = evaluation.final if evaluation is not None else None
    facts = {"score": None if score is None else float(scoring.shown(score))}
    move_sample(row, E.VERIFY, actor=actor, given=given(row, actor, at), changes=changes, facts=facts)
    assert evaluation is not None  # a form that was submitted is there
    _turn(evaluation, SUBMITTED, VERIFIED)
    findings.forward_all(row, user=user, at=at)
    return row


@transaction.atomic
def return_form(*, user: User, at: datetime, sample: Sample, reason: str) -> Sample:
    """Back to who called, with its findings. No clock stops, and none begins again."""
    actor = judge(user, at)
    stepping.written(reason)
    row = locked_sample(sample.pk)
    _not_the_caller(user, row)
    changes = {"return_reason": reason.strip()}
    move_sample(row, E.RETURN, actor=actor, given=given(row, actor, at, reason=reason), changes=changes)
    assert row.evaluation is not None
    _turn(row.evaluation, SUBMITTED, DRAFT)
    findings.return_all(row, user=user, at=at, reason=reason)
    _tell(row, "sample.returned", at, reason=reason.strip())
    return row


@transaction.atomic
def void(*, user: User, at: datetime, sample: Sample, reason: VoidReason | None, note: str = "") -> Sample | None:
    """BATAL: it counts nowhere, its findings are not valid, another sample of the same stratum is raised and returned.
    None: the calls of the month are closed, and what is missing is reported, never filled in later."""
    actor = judge(user, at)
    stepping.written(note)
    row = locked_sample(sample.pk)
    _not_the_caller(user, row)
    stepping.lock_holds(row)  # before the trail: its findings end, and with them the hold on the recording
    why = reason.value if reason is not None else ""
    changes = {
        "void_reason": why, "void_note": note.strip(), "voided_by_id": office.person(actor).id, "voided_at": at,
    }  # fmt: skip
    facts = {"void_reason": why, "note": note.strip()}
    move_sample(row, E.VOID, actor=actor, given=given(row, actor, at, void=reason), changes=changes, facts=facts)
    with translation.override("id"):  # it is kept with the finding, for who answers for it: neither number nor note
        ended_by = gettext("The call was void: %(why)s.") % {"why": shown("void_reason", why)}
    findings.end_for_void(row, actor=actor, at=at, reason=ended_by)
    _tell(row, "sample.voided", at, void_reason=why)
    return replacing.replace(row, actor=actor, at=at)


@transaction.atomic
def revise(*, user: User, at: datetime, sample: Sample, reason: str) -> Evaluation:
    """After verification a correction is a new revision of the same form: the old one is kept, marked retracted, and
    who called corrects what it takes over. Until it is verified the sample does not count."""
    actor = judge(user, at)
    stepping.written(reason)
    row = locked_sample(sample.pk)
    _not_the_caller(user, row)
    old = row.evaluation
    number = (row.evaluations.aggregate(last=Max("revision"))["last"] or 0) + 1
    # One stands at a time, so the old one steps back first; a refusal undoes it with the transaction.
    new = _next(old, number, actor, at, reason) if old is not None else None
    changes = {
        "evaluation": new, "verified_at": None, "verified_by": None, "return_reason": reason.strip(),
    }  # fmt: skip
    facts = {"revision": number}
    move_sample(row, E.REVISE, actor=actor, given=given(row, actor, at, reason=reason), changes=changes, facts=facts)
    assert new is not None
    _tell(row, "sample.revised", at, reason=reason.strip())
    return new


def _next(old: Evaluation, number: int, actor: Actor, at: datetime, reason: str) -> Evaluation:
    changed = Evaluation.objects.filter(pk=old.pk, status=VERIFIED).update(
        status=RETRACTED, retract_reason=reason.strip(), retracted_by=office.person(actor).id, retracted_at=at
    )
    if not changed:
        return old  # the machine says why not
    return Evaluation.objects.create(
        sample_id=old.sample_id, revision=number, form_id=old.form_id, answers=old.answers, said=old.said,
        unticked=old.unticked, by_id=old.by_id, begun_at=at,
    )  # fmt: skip


# --- shared


def judge(user: User, at: datetime) -> Actor:
    """Of several roles the QA's: the Kordinator verifies only where there is none. Raises Refused."""
    return stepping.acting(user, "sample.verify", at, role=roles.QA)


def given(
    row: Sample, actor: Actor, at: datetime, *, reason: str = "", void: VoidReason | None = None
) -> Given:  # fmt: skip
    return Given(at=at, reason=reason, void_reason=void, other_qa=other_qa(row, actor))


def other_qa(row: Sample, actor: Actor) -> bool:
    """Is there a QA besides who called, so that judging is not the Kordinator's?"""
    return apart.other_qa(apart.of_call(row), actor)


def may(event: SampleEvent, user: User, row: Sample, at: datetime) -> Verdict:
    """What a page greys, with its reason; what the person has yet to enter (reason, cause) is taken as given."""
    right = permissions.can(user, "sample.verify")
    if not right:
        return right
    actor = judge(user, at)
    entered = given(row, actor, at, reason="-", void=VoidReason.DUPLICATE)
    return not_the_caller(user, row) and sample_rules.may(event, sample_facts(row), office.person(actor), entered)


def not_the_caller(user: User, row: Sample) -> Verdict:
    """A person and a deputy count as one from the call on: who lent or borrowed the caller's chair verifies another's
    calls. After the freeze of the month nobody judges what did not count either."""
    if row.cycle.status == Cycle.Status.FROZEN:
        reason = _("The cycle is frozen, nothing of it is calculated again: a correction is a corrigendum in the next "
                   "report.")  # fmt: skip
        return no(reason, code="locked")
    if permissions.same_person(row.executor_id, user, since=row.called_at or row.calling_since):
        return no(_("Nobody judges his own call: another QA does."), code="own_work")
    return YES


def _not_the_caller(user: User, row: Sample) -> None:
    allowed = not_the_caller(user, row)
    if not allowed:
        raise RuleRefused(allowed)


def _turn(evaluation: Evaluation, before: str, after: str) -> None:
    if Evaluation.objects.filter(pk=evaluation.pk, status=before).update(status=after) != 1:
        raise StaleState(evaluation, {before}, after)
    evaluation.status = after


def _tell(row: Sample, kind: str, at: datetime, **facts: object) -> None:
    if row.executor is not None:
        notify([row.executor], kind=kind, facts={"number": row.number, **facts}, url=card(row), at=at)


def card(row: Sample) -> str:
    """Where who calls finds the sample."""
    return f"/mystery/panggilan/{row.pk}/"
