"""The plan of a month: drawn by seed, frozen with a digest, given out, replaced."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from kendali.accounts.models import RoleGrant, User
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Entry
from kendali.civil_time import local_date
from kendali.mystery import office
from kendali.mystery.actions import assigning, plan, replacing
from kendali.mystery.models import Absence, Caller, Cycle, Sample, ScenarioVersion
from kendali.mystery.queries import calls, planning
from kendali.mystery.rules import cycle, slots
from kendali.mystery.rules.quotas import Dimension, Request, margin_counts
from kendali.mystery.rules.rounding import Share
from kendali.mystery.tests.house import House
from kendali.mystery.tests.month_rows import AT, Ready, ready, samples
from kendali.notices.models import Notice
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def it(cast: Cast) -> Ready:
    return ready(cast)


def second_caller(it: Ready) -> User:
    """Another QC Officer."""
    one = User.objects.create(email="qomar@kendali.test", name="Qomar Ali", position="QC Officer")
    RoleGrant.objects.create(user=one, role="qc_officer", granted_at=AT)
    Caller.objects.create(user=one, gender="m")
    return one


def test_the_same_seed_draws_the_same_plan_and_another_one_another(it: Ready) -> None:
    row = it.drawn(seed="benih")
    first, digest = [(one.opens, one.kind) for one in samples(row)], row.plan_digest
    plan.draw(user=it.cast.qanita, at=it.at, row=row, seed="lain")
    assert row.plan_digest != digest
    plan.draw(user=it.cast.qanita, at=it.at, row=row, seed="benih")
    assert ([(one.opens, one.kind) for one in samples(row)], row.plan_digest) == (first, digest)
    assert len(first) == 7  # 6 and 10 %


def test_every_margin_is_met_and_every_sample_has_caller_scenario_and_persona(it: Ready) -> None:
    row = it.drawn(minimum=12)
    strata = [one.stratum for one in planning.plan_of(row).slots]
    assert margin_counts(strata, Dimension.AREA) == {"dps": 7, "jkt": 7}
    assert sorted(margin_counts(strata, Dimension.KIND).values()) == [4, 5, 5]
    assert all(one.executor and one.scenario and one.persona for one in samples(row))
    assert {one.executor for one in samples(row)} == {it.cast.qori}
    assert {one.state for one in samples(row)} == {"planned"}


def test_freezing_numbers_in_the_order_of_time_and_hands_the_samples_over(it: Ready) -> None:
    row = it.frozen()
    rows = samples(row)
    assert [one.number for one in rows] == [f"MC-2026-12-{one:04d}" for one in range(1, 8)]
    assert sorted(rows, key=lambda one: one.opens) == rows
    assert {one.state for one in rows} == {"assigned"}
    assert row.status == "planned"
    assert row.form is not None
    assert row.dates["frozen"] == "2027-01-18"  # working day 10: New Year and Isra Mikraj are off
    assert Entry.objects.filter(verb="plan.frozen").count() == 1


def test_the_digest_is_what_sha256sum_makes_of_the_text(it: Ready) -> None:
    row = it.frozen()
    text = slots.canonical(planning.plan_of(row))
    assert hashlib.sha256(text).hexdigest() == row.plan_digest
    assert slots.unchanged(planning.plan_of(row), row.plan_digest)
    assert text.decode().splitlines()[0].split("\t") == [
        "kendali-mystery-plan/1", "2026-12", "benih", "quotas-1", "slots-1",
    ]  # fmt: skip


def test_a_frozen_plan_is_neither_drawn_again_nor_changed(it: Ready) -> None:
    row = it.frozen()
    with pytest.raises(RuleRefused) as refused:
        plan.draw(user=it.cast.qanita, at=it.at, row=row, seed="benih")
    assert refused.value.verdict.facts["code"] == "frozen"
    with pytest.raises(RuleRefused):
        plan.set_quotas(user=it.cast.qanita, at=it.at, row=row, request=planning.read(row.request))
    with pytest.raises(RuleRefused):
        plan.freeze_plan(user=it.cast.qanita, at=it.at, row=row)
    with pytest.raises(DatabaseError, match="frozen plan"), transaction.atomic():
        Sample.objects.filter(cycle=row).update(week="1")


def test_a_plan_that_cannot_be_met_names_the_margin_and_leaves_nothing(it: Ready) -> None:
    row = it.drawn()
    request = planning.read(row.request)
    margins = tuple(
        one if one.dimension is not Dimension.AREA
        else type(one)(one.dimension, (Share("dps", 1, least=30), Share("jkt", 1)))
        for one in request.margins
    )  # fmt: skip
    plan.set_quotas(user=it.cast.qanita, at=it.at, row=row, request=Request(request.samples, margins))
    assert samples(row) == []
    plan.draw(user=it.cast.qanita, at=it.at, row=row, seed="benih")
    assert samples(row) == []
    assert row.plan_problem["facts"]["dimension"] == "area"
    assert row.plan_problem["facts"]["missing"] == 23


def test_too_few_samples_are_refused(it: Ready) -> None:
    row = it.cycle()
    with pytest.raises(RuleRefused):
        plan.set_quotas(
            user=it.cast.qanita, at=it.at, row=row,
            request=Request(6, planning.read(row.request).margins),
        )  # fmt: skip


def test_a_second_click_orders_no_second_drawing(it: Ready) -> None:
    row = it.cycle()
    first = plan.ask(user=it.cast.qanita, at=it.at, row=row)
    assert plan.ask(user=it.cast.qanita, at=it.at, row=row) == first
    assert plan.carry_out(row.pk, ticket=first, at=it.at)
    assert not plan.carry_out(row.pk, ticket=first, at=it.at)  # a second worker
    assert len(samples(row)) == 7


def test_a_drawing_that_nobody_carried_out_is_ordered_again(it: Ready) -> None:
    row = it.cycle()
    first = plan.ask(user=it.cast.qanita, at=it.at, row=row)
    second = plan.ask(user=it.cast.qanita, at=it.at + timedelta(minutes=20), row=row)
    assert second != first
    assert not plan.carry_out(row.pk, ticket=first, at=it.at)  # the old one wakes up
    assert plan.carry_out(row.pk, ticket=second, at=it.at)


def test_a_plan_drawn_in_its_month_plans_only_what_is_ahead(it: Ready) -> None:
    row = it.cycle()
    late = AT + timedelta(days=24)  # 14 December
    request = planning.read(row.request)
    week = next(one for one in request.margins if one.dimension is Dimension.WEEK)
    margins = [one for one in request.margins if one is not week]
    ahead = type(week)(week.dimension, tuple(one for one in week.shares if one.level in ("3", "4", "5")))
    plan.set_quotas(user=it.cast.qanita, at=late, row=row, request=Request(request.samples, (*margins, ahead)))
    plan.draw(user=it.cast.qanita, at=late, row=row, seed="benih")
    assert min(one.opens for one in samples(row)) > late


def test_only_qa_draws_and_freezes(it: Ready) -> None:
    row = it.cycle()
    for person in (it.cast.qori, it.cast.surya, it.cast.kirana, it.cast.dewi):
        with pytest.raises(Refused):
            plan.draw(user=person, at=it.at, row=row)


@pytest.mark.parametrize(
    ("month", "days"),
    [(date(2027, 3, 1), 15), (date(2028, 2, 1), 20)],  # Idulfitri with its joint leave; the 29th of February
)
def test_a_month_of_holidays_and_one_with_a_leap_day_are_planned_on_working_days(
    it: Ready, month: date, days: int
) -> None:
    it.at = datetime(month.year, month.month - 1, 10, 3, tzinfo=UTC)
    row = it.cycle(month, minimum=20)
    plan.draw(user=it.cast.qanita, at=it.at, row=row, seed="benih")
    assert row.plan_problem == {}
    on = {local_date(one.opens, one.zone) for one in samples(row)}
    open_days = set(cycle.working_days(month, office.work_calendar()))
    assert len(open_days) == days
    assert on <= open_days
    assert len(samples(row)) == 22


# --- who calls


def test_team_leader_and_supervisor_never_call_their_own_team(it: Ready) -> None:
    row = it.frozen()
    own = next(one for one in samples(row) if one.area == "jkt")
    other = next(one for one in samples(row) if one.area == "dps")
    with pytest.raises(RuleRefused) as refused:
        assigning.assign(user=it.cast.qanita, at=it.at, sample=own, executor=it.cast.surya)
    assert refused.value.verdict.facts["code"] == "own_team"
    assigning.assign(user=it.cast.qanita, at=it.at, sample=other, executor=it.cast.surya)
    other.refresh_from_db()
    assert other.executor == it.cast.surya
    assert other.state == "assigned"


def test_somebody_who_does_not_call_gets_nothing(it: Ready) -> None:
    row = it.frozen()
    with pytest.raises(RuleRefused):
        assigning.assign(user=it.cast.qanita, at=it.at, sample=samples(row)[0], executor=it.cast.dina)


def test_a_sick_executor_is_replaced_and_no_stratum_moves(it: Ready) -> None:
    row = it.frozen()
    text, before = slots.canonical(planning.plan_of(row)), {one.pk: one.scenario_id for one in samples(row)}
    second = second_caller(it)
    Absence.objects.create(caller=it.callers["qori"], first=row.month, last=row.month.replace(day=31))
    found = plan.replace_caller(user=it.cast.kirana, at=it.at, row=row, gone=it.cast.qori, reason="Sakit")
    assert found.verdict
    assert {one.executor for one in samples(row)} == {second}
    assert {one.pk: one.scenario_id for one in samples(row)} == before
    assert slots.canonical(planning.plan_of(row)) == text
    assert Entry.objects.filter(verb="sample.reassigned").count() == 7


def told(kind: str) -> dict[str, object]:
    """Who was told how many calls were gained or lost; read once."""
    rows = Notice.objects.filter(kind=f"calls.{kind}").select_related("user")
    found = {one.user.name.split()[0]: one.facts["count"] for one in rows}
    assert len(found) == len(rows)
    assert {(one.url, one.email_state) for one in rows} <= {("/mystery/panggilan/", "none")}
    rows.delete()
    return found


def test_whoever_gains_or_loses_calls_is_told_once_and_not_which(it: Ready) -> None:
    row = it.frozen()
    assert not Notice.objects.filter(kind__startswith="calls.").exists()
    second = second_caller(it)
    plan.replace_caller(user=it.cast.kirana, at=it.at, row=row, gone=it.cast.qori, reason="Sakit")
    notice = Notice.objects.get(kind="calls.given")
    assert (notice.user, notice.facts) == (second, {"count": 7, "month": "2026-12"})
    assert (told("given"), told("taken")) == ({second.name.split()[0]: 7}, {"Qori": 7})
    other = next(one for one in samples(row) if one.area == "dps")
    for _twice in range(2):
        assigning.assign(user=it.cast.qanita, at=it.at, sample=other, executor=it.cast.surya)
        other.refresh_from_db()
    assert (told("given"), told("taken")) == ({"Surya": 1}, {second.name.split()[0]: 1})
    made = replacing.replace(ended(samples(row)[0]), actor=SYSTEM, at=samples(row)[0].closes)
    assert made is not None
    assert made.executor is not None
    assert (told("given"), told("taken")) == ({made.executor.name.split()[0]: 1}, {})


def test_where_nobody_may_call_the_sample_stays_and_says_why(it: Ready) -> None:
    row = it.frozen()
    plan.replace_caller(user=it.cast.qanita, at=it.at, row=row, gone=it.cast.qori, reason="Sakit")
    assert {one.executor for one in samples(row)} == {it.cast.qori}
    assert all(one.warnings for one in samples(row))


def test_a_helper_sees_only_the_own_next_sample_and_nobody_a_draft(it: Ready) -> None:
    row = it.drawn()
    assert not calls.mine(it.cast.qori, it.at).exists()
    plan.freeze_plan(user=it.cast.qanita, at=it.at, row=row)
    mine = [one for one in samples(row) if one.area == "dps"][:2]
    for one in mine:
        assigning.assign(user=it.cast.qanita, at=it.at, sample=one, executor=it.cast.surya)
    assert list(calls.mine(it.cast.surya, it.at)) == mine[:1]
    assert calls.mine(it.cast.qori, it.at).count() == 5
    assert list(calls.mine(it.cast.surya, mine[0].closes)) == mine[1:]


def test_samples_without_an_executor_are_given_out_when_somebody_comes(it: Ready) -> None:
    Caller.objects.filter(pk=it.callers["qori"].pk).update(share=0)
    second = second_caller(it)
    row = it.cycle()
    plan.draw(user=it.cast.qanita, at=it.at, row=row, seed="benih")
    Sample.objects.filter(cycle=row).update(executor=None, scenario=None, persona=None)
    plan.freeze_plan(user=it.cast.qanita, at=it.at, row=row)
    assert {one.state for one in samples(row)} == {"planned"}
    assigning.give_out(user=it.cast.qanita, at=it.at, row=row)
    assert {(one.state, one.executor) for one in samples(row)} == {("assigned", second)}


def test_a_scenario_whose_finding_went_to_an_area_is_not_used_there_again(it: Ready) -> None:
    row = it.frozen(minimum=12)
    by_place = Counter((one.scenario_id, one.place) for one in samples(row))
    version, place = next(key for key, many in by_place.items() if many > 1)
    first, *later = [one for one in samples(row) if (one.scenario_id, one.place) == (version, place)]
    first.findings.create(number="TM-2026-12-0001", cycle=row, found_at=first.opens, forwarded_at=first.closes)
    at = first.closes
    assert assigning.renew_scenarios(row, at=at) == len([one for one in later if one.opens > at])
    for one in later:
        one.refresh_from_db()
        assert one.opens <= at or one.scenario_id != version
    assert assigning.renew_scenarios(row, at=at) == 0  # twice changes nothing


# --- replacements


def ended(sample: Sample) -> Sample:
    Sample.objects.filter(pk=sample.pk).update(state="unconnected")
    sample.refresh_from_db()
    return sample


def test_an_unconnected_sample_is_replaced_in_its_stratum_and_ahead(it: Ready) -> None:
    row = it.frozen()
    gone = ended(samples(row)[0])
    made = replacing.replace(gone, actor=SYSTEM, at=gone.closes)
    assert made is not None
    assert (made.area, made.shift, made.kind, made.week) == (gone.area, gone.shift, gone.kind, gone.week)
    assert made.opens > gone.closes
    assert made.number == "MC-2026-12-0008"
    assert made.executor == it.cast.qori
    assert replacing.replace(gone, actor=SYSTEM, at=gone.closes) == made  # once
    assert slots.unchanged(planning.plan_of(row), row.plan_digest)


def test_a_replacement_after_the_last_window_is_missed_at_once(it: Ready) -> None:
    row = it.frozen()
    gone = ended(samples(row)[-1])
    made = replacing.replace(gone, actor=SYSTEM, at=AT + timedelta(days=45))
    assert made is not None
    assert made.state == "missed"
    assert made.opens.month == 12


def test_samples_ahead_get_another_scenario_when_theirs_expires(it: Ready) -> None:
    row = it.frozen(minimum=12)
    spent = it.versions[0]
    before = Sample.objects.filter(cycle=row, scenario=spent).count()
    assert before
    ScenarioVersion.objects.filter(pk=spent.pk).update(valid_until=row.month - timedelta(days=1))
    assert assigning.renew_scenarios(row, at=it.at) == before
    assert not Sample.objects.filter(cycle=row, scenario=spent).exists()


def test_an_expired_scenario_is_not_given_out(it: Ready) -> None:
    row = it.cycle()
    spent = it.versions[0]
    ScenarioVersion.objects.filter(pk=spent.pk).update(valid_until=row.month - timedelta(days=1))
    plan.draw(user=it.cast.qanita, at=it.at, row=row, seed="benih")
    assert spent.pk not in {one.scenario_id for one in samples(row)}
    assert isinstance(row, Cycle)


def test_a_scenario_whose_finding_went_to_the_area_that_answered_a_national_number_is_spent_there(house: House) -> None:
    to = house.floor.national
    sample = house.sample("verified", agent="A4", area="", destination=to, place=to.code)
    house.finding(sample, "at_supervisor")
    assert planning.spent(house.cycle) == {("SKN-01", "nasional"), ("SKN-01", "dps")}
