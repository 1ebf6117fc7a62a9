"""The form: begun with what is known, saved from several phones, submitted once. With a database."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest

from kendali.accounts.permissions import RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.models import Entry
from kendali.mystery.actions import filling
from kendali.mystery.models import Attempt, Evaluation, Finding, Sample
from kendali.mystery.queries.evaluation import answers_of, drafts_of
from kendali.mystery.queries.filling import standing
from kendali.mystery.rules import plain, scoring
from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.filled import Answer, NaBy
from kendali.mystery.rules.sample_rules import Outcome
from kendali.mystery.tests.house import CALLED, TALKED, House

pytestmark = pytest.mark.django_db
AFTER = CALLED + timedelta(hours=1)
SAID = Said("Identitas tidak diverifikasi", "Coaching alur verifikasi")


def draft(house: House, **answers: str) -> Evaluation:
    """Without ranges: there is no recording."""
    sample = house.sample("scoring")
    given = tuple(dataclasses.replace(one, spans=()) for one in house.answers(**answers).values())
    Evaluation.objects.update(answers=plain.write(given))
    return Evaluation.objects.select_related("sample").get(sample=sample)


def save(house: House, evaluation: Evaluation, *answers: Answer, saved: int, **more: object) -> Evaluation:
    given: dict[str, object] = {"said": {}, "unticked": {}} | more
    return filling.save(user=house.cast.qori, at=AFTER, evaluation=evaluation, answers=answers, saved=saved,
                        **given)  # type: ignore[arg-type] # fmt: skip


def test_a_form_begins_with_what_the_scenario_presets_and_what_was_measured(house: House) -> None:
    content = dict(house.scenario.content, preset_na=["transfer", "hold", "secret_asked"])
    version = house.scenario
    version.pk, version.version, version.content = None, 2, content
    version.save(force_insert=True)
    sample = house.sample("called", scenario=version)
    for number, (outcome, queue) in enumerate([(Outcome.BUSY, None), (Attempt.CONNECTED, 47)], start=1):
        Attempt.objects.create(sample=sample, number=number, at=CALLED, outcome=outcome, queue_seconds=queue,
                               ivr_seconds=21, by=house.cast.qori)  # fmt: skip
    made = filling.begin(user=house.cast.qori, at=AFTER, sample=sample)
    known = {one.item: one.na or one.value for one in answers_of(made)}
    assert known == {
        "attempts": "2", "connected": "yes", "busy": "yes", "ivr_seconds": "21", "queue_seconds": "47",
        "hold": NaBy.SYSTEM, "transfer": NaBy.SYSTEM,
    }  # fmt: skip
    sample.refresh_from_db()
    assert (sample.state, sample.evaluation, made.form) == ("scoring", made, house.form)
    assert filling.begin(user=house.cast.qori, at=AFTER, sample=sample) == made
    with pytest.raises(RuleRefused):
        filling.begin(user=house.cast.tari, at=AFTER, sample=sample)


def test_a_form_needs_a_version_in_force(house: House) -> None:
    house.cycle.form = None
    type(house.cycle).objects.update(form=None)
    type(house.form).objects.update(valid_until=house.form.valid_from)
    with pytest.raises(RuleRefused) as caught:
        filling.begin(user=house.cast.qori, at=AFTER, sample=house.sample("called"))
    assert caught.value.verdict.facts["code"] == "form"


# --- saving


def test_an_older_draft_never_overwrites_a_newer_one(house: House) -> None:
    row = draft(house)
    save(house, row, Answer("opening", "full"), saved=1)
    with pytest.raises(StaleState):
        save(house, row, Answer("opening", "not_met"), saved=1)
    row.refresh_from_db()
    assert ([one.value for one in answers_of(row)], row.saved) == (["full"], 2)


def test_what_a_device_sends_again_after_a_lost_answer_is_taken_and_its_older_edits_are_not(house: House) -> None:
    row = draft(house)
    save(house, row, Answer("opening", "partly"), saved=1, device="ponsel", edit=1)  # the answer is lost
    newest = save(house, row, Answer("opening", "full"), saved=1, device="ponsel", edit=3)
    again = save(house, row, Answer("opening", "full"), saved=1, device="ponsel", edit=3)
    assert (again.saved, newest.saved) == (3, 3)
    for late in ({"device": "ponsel", "edit": 2}, {"device": "ponsel", "edit": 3}, {"device": "meja", "edit": 9}):
        with pytest.raises(StaleState):  # overtaken on the way; a second window; another device
            save(house, row, Answer("opening", "not_met"), saved=1, **late)
    row.refresh_from_db()
    assert [one.value for one in answers_of(row)] == ["full"]


def test_a_draft_is_saved_by_its_executor_while_it_is_one(house: House) -> None:
    row = draft(house)
    with pytest.raises(RuleRefused):
        filling.save(user=house.cast.surya, at=AFTER, evaluation=row, answers=(), said={}, unticked={}, saved=1)
    done = Evaluation.objects.select_related("sample").get(sample=house.sample("submitted"))
    with pytest.raises(RuleRefused):
        save(house, done, saved=1)


# --- submitting


def test_submitting_scores_the_form_and_raises_its_findings(house: House) -> None:
    row = draft(house, verification="not_met", probing="not_met")
    drafts = drafts_of(row)
    row = save(house, row, *answers_of(row), saved=1, said={one.key: SAID for one in drafts})
    done = filling.submit(user=house.cast.qori, at=AFTER, evaluation=row)
    score = plain.read(scoring.Score, done.score)
    assert (done.status, done.late, done.raw, score.raw) == ("submitted", False, score.raw, done.raw)
    assert done.final is not None
    assert Decimal(0) < done.final < 1
    sample = Sample.objects.get()
    assert (sample.state, sample.submitted_at, sample.evaluation) == ("submitted", AFTER, done)
    assert sorted(Finding.objects.values_list("key", "critical_compliance")) == sorted(
        (one.key, one.critical_compliance) for one in drafts
    )
    assert len(drafts) == 2
    assert Entry.objects.get(verb="sample.submit").facts["findings"] == 2


def test_a_second_click_submits_nothing_twice(house: House) -> None:
    row = draft(house, verification="not_met")
    row = save(house, row, *answers_of(row), saved=1, said={one.key: SAID for one in drafts_of(row)})
    filling.submit(user=house.cast.qori, at=AFTER, evaluation=row)
    with pytest.raises(RuleRefused):
        filling.submit(user=house.cast.qori, at=AFTER, evaluation=row)
    assert Finding.objects.count() == 1


def test_a_form_without_its_recommendation_is_not_handed_over(house: House) -> None:
    row = draft(house, verification="not_met")
    with pytest.raises(filling.Incomplete) as caught:
        filling.submit(user=house.cast.qori, at=AFTER, evaluation=row)
    assert {one.part for one in caught.value.problems} == {"description", "recommendation"}
    row.refresh_from_db()
    assert (row.status, row.score, Finding.objects.count()) == ("draft", {}, 0)


def test_a_customers_number_keeps_a_form_from_being_submitted(house: House) -> None:
    row = draft(house)
    answers = [*answers_of(row)]
    answers[0] = Answer(answers[0].item, answers[0].value, note="NIK 3174091203850001")
    row = save(house, row, *answers, saved=1)
    with pytest.raises(filling.Incomplete) as caught:
        filling.submit(user=house.cast.qori, at=AFTER, evaluation=row)
    assert [one.part for one in caught.value.problems] == ["text"]


@pytest.mark.parametrize(("hours", "late"), [(13, False), (14, True)])
def test_a_form_is_late_after_the_day_of_the_call(house: House, hours: int, late: bool) -> None:
    """Called at 10.10 WIB: until 23.59.59."""
    row = draft(house)
    at = CALLED + timedelta(hours=hours)
    assert standing(row, at).late is late
    assert filling.submit(user=house.cast.qori, at=at, evaluation=row).late is late


def test_a_form_that_was_late_stays_late_when_it_comes_back(house: House) -> None:
    row = draft(house)
    filling.submit(user=house.cast.qori, at=CALLED + timedelta(hours=20), evaluation=row)
    Sample.objects.update(state="scoring")
    Evaluation.objects.update(status="draft")
    row.refresh_from_db()
    again = filling.submit(user=house.cast.qori, at=CALLED + timedelta(hours=21), evaluation=row)
    assert again.late
    assert Sample.objects.get().submitted_at == CALLED + timedelta(hours=20)


def test_without_a_recording_the_form_says_why(house: House) -> None:
    row = draft(house, secret_asked="yes")
    Sample.objects.update(no_recording_reason="")
    row = Evaluation.objects.select_related("sample").get()
    assert "recording" in {one.part for one in standing(row, AFTER).problems}


def test_a_blind_form_shows_no_score_until_it_is_submitted(house: House) -> None:
    row = draft(house)
    assert standing(row, AFTER).final == 1
    hidden = standing(row, AFTER, blind=True)
    assert (hidden.raw, hidden.final, hidden.auto_failed) == (None, None, ())


# --- what else is known of the call


def test_the_call_is_described_until_the_form_is_submitted(house: House) -> None:
    sample = house.sample("called", agent="")
    told = filling.describe(user=house.cast.qori, at=CALLED + TALKED, sample=sample, agent_said="  Agus ", ticket="T-1")
    assert (told.agent_said, told.ticket, told.no_agent_reason) == ("Agus", "T-1", "")
    with pytest.raises(filling.Incomplete):
        filling.describe(user=house.cast.qori, at=AFTER, sample=sample, no_agent_reason="tanya 0812 3456 7890")
    with pytest.raises(RuleRefused):
        filling.describe(user=house.cast.qori, at=AFTER, sample=house.sample("submitted"), ticket="T-2")
