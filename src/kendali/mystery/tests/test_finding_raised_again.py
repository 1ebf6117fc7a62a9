"""A finding that others went into ends because of its own call: what the other calls found is not lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kendali.audit.actor import Actor
from kendali.audit.models import Entry
from kendali.audit.sentences import render
from kendali.mystery.actions import finding_steps, findings, verifying
from kendali.mystery.models import Clock, Evaluation, Finding, Sample
from kendali.mystery.queries import f22
from kendali.mystery.rules import plain
from kendali.mystery.rules.finding_rules import FollowUp
from kendali.mystery.rules.sample_rules import VoidReason
from kendali.mystery.tests.finding_rows import AT, clock, raised, submitted
from kendali.mystery.tests.house import House
from kendali.notices.models import Notice

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(hours=1)
MERGED = AT + timedelta(hours=2)
VOID = AT + timedelta(days=10)
PLANNED = FollowUp(correction="a", root_cause="b", corrective_action="c", person_in_charge="d", on=VOID.date())


def found(house: House, at: object = AT, *, state: str = "verified", forward: bool = True) -> Finding:
    form = submitted(house, said=("supervisor",), empathy="not_met")
    (one,) = raised(house, form, at)  # type: ignore[arg-type]
    if state == "verified":
        verified = {"verified_at": house.verified_at, "verified_by": house.cast.qanita}
        Sample.objects.filter(pk=form.sample_id).update(state=state, **verified)
    return findings.forward(user=house.cast.qanita, at=at, finding=one) if forward else one  # type: ignore[arg-type]


def merged(house: House, **gone: object) -> tuple[Finding, Finding]:
    """The one that went on for both, and the one that went into it."""
    survivor, one = found(house), found(house, LATER, **gone)  # type: ignore[arg-type]
    return survivor, finding_steps.merge(user=house.cast.qanita, at=MERGED, finding=one, into=survivor, reason="Sama")


def void(house: House, finding: Finding) -> None:
    assert finding.sample is not None
    verifying.void(user=house.cast.qanita, at=VOID, sample=finding.sample, reason=VoidReason.WRONG_QUEUE)


def again() -> Finding:
    return Finding.objects.get(continues__isnull=False)


def test_the_call_of_the_other_one_is_void_and_the_finding_goes_on_for_its_own_call(house: House) -> None:
    survivor, gone = merged(house)
    before = list(Clock.objects.filter(finding=gone).order_by("step").values())
    void(house, survivor)
    new = again()
    assert (new.continues, new.sample, new.found_at, new.state) == (gone, gone.sample, LATER, "at_supervisor")
    assert (new.owner, new.agent, new.description) == (house.cast.surya, gone.agent, gone.description)
    assert list(new.lines.values_list("item", flat=True)) == ["empathy"]
    gone.refresh_from_db()
    assert (gone.state, gone.merged_into) == ("merged", survivor)
    assert list(Clock.objects.filter(finding=gone).order_by("step").values()) == before, "what ended never moves"
    assert [clock(new, k).due_at for k in ("k1", "k2", "k3")] == [one["due_at"] for one in before]
    assert (clock(new, "k1").stopped_at, clock(new, "k2").stopped_at) == (LATER, LATER)
    assert (clock(new, "k3").stopped_at, clock(new, "k3").dropped_at, new.due_at) == (None, None, before[2]["due_at"])
    assert Notice.objects.filter(kind="finding.raised_again").get().user == house.cast.surya
    told = [render(one) for one in Entry.objects.filter(verb__in=["finding.raised_again", "finding.went_on"])]
    assert all(new.number in one and gone.number in one and survivor.number in one for one in told)
    assert len(told) == 2


def test_a_follow_up_that_was_reported_in_time_for_both_makes_nobody_late(house: House) -> None:
    survivor, _gone = merged(house)
    reported = MERGED + timedelta(hours=1)
    finding_steps.report_follow_up(user=house.cast.surya, at=reported, finding=survivor, follow_up=PLANNED)
    void(house, survivor)
    new = again()
    assert (new.state, new.reported_at, clock(new, "k3").stopped_at) == ("at_supervisor", reported, reported)
    finding_steps.report_follow_up(user=house.cast.surya, at=VOID, finding=new, follow_up=PLANNED)  # of this call
    assert clock(new, "k3").stopped_at == reported


def test_what_qa_had_not_verified_goes_back_to_qa_with_its_old_clock(house: House) -> None:
    survivor, gone = merged(house, state="submitted", forward=False)
    void(house, survivor)
    new = again()
    assert (new.state, new.forwarded_at, clock(new, "k2").stopped_at) == ("feedback_given", None, None)
    assert new.due_at == clock(gone, "k2").due_at
    assert gone.sample is not None
    row = verifying.verify_and_forward(user=house.cast.qanita, at=VOID, sample=gone.sample)
    new.refresh_from_db()
    assert (row.state, new.state) == ("verified", "at_supervisor")


def test_what_was_verified_before_it_went_into_a_forwarded_one_was_handed_over_with_that(house: House) -> None:
    survivor, _gone = merged(house, forward=False)
    void(house, survivor)
    new = again()
    assert (new.state, new.forwarded_at, new.verifier) == ("at_supervisor", MERGED, house.cast.qanita)
    assert clock(new, "k2").stopped_at == MERGED


def test_in_chained_mode_the_next_clock_begins_with_the_hand_over_before_it(house: House) -> None:
    house.setting("mystery.clock_mode", "chained")
    survivor, gone = merged(house, forward=False)
    assert not Clock.objects.filter(finding=gone, step="k3").exists()
    void(house, survivor)
    new = again()
    assert (clock(new, "k2").stopped_at, clock(new, "k3").started_at, clock(new, "k3").stopped_at) == (
        MERGED, MERGED, None,
    )  # fmt: skip


def test_a_void_call_of_its_own_keeps_it_merged(house: House) -> None:
    survivor, gone = merged(house)
    void(house, gone)
    survivor.refresh_from_db()
    assert survivor.state == "at_supervisor"
    void(house, survivor)
    assert not Finding.objects.filter(continues__isnull=False).exists()


def test_a_corrected_form_that_no_longer_speaks_for_it_does_not_bring_it_back(house: House) -> None:
    survivor, gone = merged(house)
    answers = plain.write(tuple(house.answers().values()))
    Evaluation.objects.filter(sample=gone.sample).update(answers=answers)
    void(house, survivor)
    assert not Finding.objects.filter(continues__isnull=False).exists()


def test_a_form_that_is_with_the_caller_gives_the_finding_its_words_when_it_is_submitted_again(house: House) -> None:
    survivor, gone = merged(house, state="submitted", forward=False)
    assert gone.evaluation is not None
    form = Evaluation.objects.select_related("sample__cycle", "form").get(pk=gone.evaluation.pk)
    Sample.objects.filter(pk=form.sample_id).update(state="scoring")
    Evaluation.objects.filter(pk=form.pk).update(status="draft")
    void(house, survivor)
    new = again()
    assert (new.state, Notice.objects.filter(kind="finding.raised_again").count()) == ("found", 0)
    Evaluation.objects.filter(pk=form.pk).update(status="submitted")
    form.refresh_from_db()
    (same,) = raised(house, form, VOID)
    assert (same.pk, same.state, clock(same, "k1").stopped_at) == (new.pk, "feedback_given", LATER)


def test_a_form_corrected_by_its_caller_ends_its_finding_and_not_what_went_into_that(house: House) -> None:
    survivor, gone = merged(house)
    form = Evaluation.objects.select_related("sample__cycle", "form").get(sample=survivor.sample)
    form.answers = plain.write(tuple(house.answers().values()))
    form.save()
    raised(house, form, VOID)
    survivor.refresh_from_db()
    assert (survivor.state, again().continues) == ("invalid", gone)


def test_a_month_that_was_frozen_meanwhile_stays_as_it_was(house: House) -> None:
    survivor, gone = merged(house)
    frozen = MERGED + timedelta(days=1)
    assert gone.sample is not None
    before = f22.row_digests(house.cycle, frozen)[gone.sample.pk]
    void(house, survivor)
    assert f22.row_digests(house.cycle, frozen)[gone.sample.pk] == before
    assert f22.row_digests(house.cycle, VOID)[gone.sample.pk] != before


def test_a_finding_that_qa_itself_declares_not_valid_ends_for_both(house: House) -> None:
    survivor, _gone = merged(house)
    finding_steps.invalidate(user=house.cast.qanita, at=VOID, finding=survivor, reason="Keliru")
    assert not Finding.objects.filter(continues__isnull=False).exists()


def test_access_that_went_into_another_finding_is_raised_again_beside_later_failures_of_its_day(house: House) -> None:
    form = submitted(house, said=("department",), ivr_clear="not_met")
    (survivor,) = raised(house, form)
    first, second, third = (house.sample("unconnected", executor=house.cast.qori) for _ in range(3))
    day = AT.date()
    one = findings.raise_access("jkt", day, [first], at=LATER)
    finding_steps.merge(user=house.cast.qanita, at=MERGED, finding=one, into=survivor, reason="Sama")
    open_ = findings.raise_access("jkt", day, [first, second], at=MERGED)
    assert (open_.pk != one.pk, [line.item for line in open_.lines.all()]) == (True, [second.number])
    findings.end_for_void(form.sample, actor=Actor(house.cast.qanita.pk, "Qanita", "qa"), at=VOID, reason="x")
    new = again()
    assert (new.state, new.access_day, [line.item for line in new.lines.all()]) == ("found", day, [first.number])
    assert (clock(new, "k1").stopped_at, clock(new, "k1").due_at) == (None, clock(one, "k1").due_at)
    assert Notice.objects.filter(kind="finding.raised_again").get().user == house.cast.qori
    assert findings.raise_access("jkt", day, [first, second, third], at=VOID).pk == open_.pk
