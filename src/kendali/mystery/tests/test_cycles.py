"""A month from its beginning to its freeze."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from kendali.accounts.models import Deputy, User
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.mystery.actions import cycle_dates, cycles
from kendali.mystery.models import Cycle, CycleSignature, Sample, ScenarioVersion
from kendali.mystery.queries import f22, pace, prepared
from kendali.mystery.rules import frozen_row
from kendali.mystery.rules.pace import Pace
from kendali.mystery.tests.house import House
from kendali.mystery.tests.month_rows import AT, MONTH, Ready, ready, samples
from kendali.notices.models import Notice
from kendali.register.models import RegisterEntry
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LAST = datetime(2026, 11, 30, 11, tzinfo=UTC)  # Monday evening: the calls of November close
DAY_10 = datetime(2026, 12, 14, 3, tzinfo=UTC)


@pytest.fixture
def it(cast: Cast) -> Ready:
    return ready(cast)


def fresh(row: Cycle) -> Cycle:
    return Cycle.objects.get(pk=row.pk)


# --- before the month


def test_a_cycle_begins_with_every_area_shift_kind_and_week(it: Ready) -> None:
    row = cycles.begin_cycle(user=it.cast.qanita, at=AT, month=MONTH)
    levels = {one["dimension"]: [share["level"] for share in one["shares"]] for one in row.request["margins"]}
    assert levels["area"] == ["", "dps", "jkt"]  # national routing: the area is an outcome
    assert levels["kind"] == ["informasi", "permintaan", "komplain"]
    assert row.request["samples"] == 66
    assert row.status == "preparing"


@pytest.mark.parametrize(
    ("month", "code"),
    [(date(2026, 10, 1), "over"), (date(2027, 3, 1), "early"), (date(2026, 12, 2), "day"), (MONTH, "begun")],
)
def test_a_month_begins_once_and_in_its_time(it: Ready, month: date, code: str) -> None:
    cycles.begin_cycle(user=it.cast.qanita, at=AT, month=MONTH)
    with pytest.raises(RuleRefused) as refused:
        cycles.begin_cycle(user=it.cast.qanita, at=AT, month=month)
    assert refused.value.verdict.facts["code"] == code


def test_only_qa_begins_a_month(it: Ready) -> None:
    for person in (it.cast.qori, it.cast.kirana, it.cast.surya, it.cast.agus):
        with pytest.raises(Refused):
            cycles.begin_cycle(user=person, at=AT, month=MONTH)


def test_last_month_is_copied_with_what_expired_marked(it: Ready) -> None:
    it.cycle()
    ScenarioVersion.objects.filter(pk=it.versions[0].pk).update(valid_until=date(2026, 12, 31))
    row = cycles.begin_cycle(user=it.cast.qanita, at=AT, month=date(2027, 1, 1))
    copied = cycles.copy_last_month(user=it.cast.qanita, at=AT, row=row)
    assert len(copied.materials) == 3
    assert [one.of.code for one in copied.scenarios if not one.usable] == ["SKN-INFORMASI-1"]
    assert row.scenarios.count() == 6  # marked, never dropped
    assert {one.due_on for one in row.materials.all()} == {date(2026, 12, 30)}
    cycles.copy_last_month(user=it.cast.qanita, at=AT, row=row)  # a second click
    assert row.scenarios.count() == 6
    told = Entry.objects.filter(verb="cycle.copied").order_by("pk").values_list("facts", flat=True)
    assert [(one["materials"], one["scenarios"]) for one in told] == [(3, 6), (0, 0)]


def test_a_kind_that_nothing_usable_is_left_of_is_named(it: Ready) -> None:
    row = it.cycle()
    ScenarioVersion.objects.filter(kind="komplain").update(valid_until=date(2026, 11, 30))
    missing = prepared.missing(row, AT)
    assert [(one.facts["thing"], one.facts["kind"]) for one in missing] == [("scenario", "komplain")]


def test_only_approved_scenarios_are_chosen(it: Ready) -> None:
    row = it.cycle()
    draft = ScenarioVersion.objects.create(
        scenario=it.versions[0].scenario, version=2, kind="informasi", content=it.versions[0].content,
        valid_from=MONTH, valid_until=MONTH, author=it.cast.qadri, created_at=AT,
    )  # fmt: skip
    with pytest.raises(RuleRefused):
        cycles.choose(user=it.cast.qanita, at=AT, row=row, materials=it.materials, versions=[draft])


def test_what_samples_call_with_stays_chosen(it: Ready) -> None:
    row = it.frozen()
    with pytest.raises(RuleRefused):
        cycles.choose(user=it.cast.qanita, at=AT, row=row, materials=it.materials, versions=[])
    cycles.choose(user=it.cast.qanita, at=AT, row=row, materials=it.materials[:2], versions=it.versions)
    assert row.materials.count() == 2


# --- pace


def test_the_meter_takes_one_query_and_counts_only_what_counts(house: House, django_assert_num_queries: object) -> None:
    for state in ("verified", "verified", "submitted", "void", "unconnected", "assigned"):
        house.sample(state)
    house.sample("void", called_at=house.verified_at)
    days = prepared.calendar()
    with django_assert_num_queries(1):  # type: ignore[operator]
        meter = pace.meter(house.cycle, house.cast.now, calendar=days)
    assert (meter.counted, meter.waiting, meter.target) == (2, 1, 60)
    assert (meter.elapsed, meter.left) == (14, 7)
    assert meter.pace is Pace.BEHIND


def test_a_month_of_holidays_and_a_leap_day_are_told_in_working_days(cast: Cast) -> None:
    march = Cycle(month=date(2027, 3, 1), created_at=AT)
    march.save()
    meter = pace.meter(march, datetime(2027, 3, 1, 3, tzinfo=UTC))
    assert meter.days == 15
    assert meter.needed_per_day == 4
    february = Cycle.objects.create(month=date(2028, 2, 1), created_at=AT)
    leap = pace.meter(february, datetime(2028, 2, 29, 3, tzinfo=UTC))
    assert leap.left == 1  # Tuesday the 29th is a working day of its own


# --- its end


def sign_all(house: House, row: Cycle, at: datetime = DAY_10) -> None:
    for part, person in (
        ("made", house.cast.qori),
        ("checked", house.cast.qanita),
        ("acknowledged", house.cast.kirana),
    ):
        cycles.sign(user=person, at=at, row=row, part=part, digest=f22.register_digest(row, at))


def test_calls_close_on_the_last_working_day_and_only_when_no_window_is_left(house: House) -> None:
    one = house.sample("assigned")
    with pytest.raises(RuleRefused) as refused:
        cycles.close(user=house.cast.qanita, at=house.cast.now, row=house.cycle)
    assert refused.value.verdict.facts["code"] == "early"
    Sample.objects.filter(pk=one.pk).update(state="calling")
    with pytest.raises(RuleRefused) as refused:
        cycles.close(user=house.cast.qanita, at=LAST, row=house.cycle, reason="Sedikit")
    assert refused.value.verdict.facts["code"] == "ahead"


def test_a_shortfall_needs_its_reason(house: House) -> None:
    with pytest.raises(RuleRefused) as refused:
        cycles.close(user=house.cast.qanita, at=LAST, row=house.cycle)
    assert refused.value.verdict.facts == {"code": "short", "count": 60}
    cycles.close(user=house.cast.qanita, at=LAST, row=house.cycle, reason="Gangguan jaringan sepekan")
    assert fresh(house.cycle).shortfall_reason == "Gangguan jaringan sepekan"


def test_a_month_that_is_over_closes_by_itself_and_asks_for_the_reason(house: House) -> None:
    assert cycle_dates.close_ended(at=LAST) == []
    assert cycle_dates.close_ended(at=LAST + timedelta(days=1)) == [house.cycle]
    assert fresh(house.cycle).shortfall_reason == ""
    cycles.explain(user=house.cast.qanita, at=DAY_10, row=house.cycle, reason="Libur panjang")
    assert fresh(house.cycle).shortfall_reason == "Libur panjang"


def closed(house: House) -> Cycle:
    for state in ("verified", "verified", "void", "unconnected"):
        house.sample(state)
    cycles.close(user=house.cast.qanita, at=LAST, row=house.cycle, reason="Gangguan jaringan sepekan")
    return fresh(house.cycle)


def test_a_frozen_month_keeps_every_digest_and_enters_the_register(house: House) -> None:
    row = closed(house)
    sign_all(house, row)
    cycles.freeze(user=house.cast.qanita, at=DAY_10, row=row)
    row = fresh(row)
    states = {one.number: (one.state, bool(one.frozen_digest)) for one in samples(row)}
    assert sorted(states.values()) == [("locked", True), ("locked", True), ("unconnected", False), ("void", False)]
    assert row.frozen_count == 2
    assert (row.frozen_digest, row.frozen_layout) == (f22.register_digest(row), frozen_row.REGISTER)
    assert {one.digest for one in row.signatures.all()} == {row.frozen_digest}
    entry = RegisterEntry.objects.get()
    assert (entry.title, entry.kind, entry.quantity) == ("F-22 November 2026", "form", 2)
    assert (entry.issued_on, entry.expires_on) == (date(2026, 12, 14), date(2027, 12, 14))
    assert Notice.objects.filter(kind="cycle.frozen", user=house.cast.dewi).exists()


def test_nothing_of_a_frozen_month_changes(house: House) -> None:
    row = closed(house)
    sign_all(house, row)
    cycles.freeze(user=house.cast.qanita, at=DAY_10, row=row)
    with pytest.raises(RuleRefused):
        cycles.freeze(user=house.cast.qanita, at=DAY_10, row=fresh(row))
    with pytest.raises(RuleRefused):
        cycles.explain(user=house.cast.qanita, at=DAY_10, row=row, reason="Lain")
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Sample.objects.filter(state="locked").update(ticket="X")


def test_a_month_is_not_frozen_early_unsigned_or_without_reason(house: House) -> None:
    row = closed(house)

    def refused(at: datetime = DAY_10) -> object:
        with pytest.raises(RuleRefused) as found:
            cycles.freeze(user=house.cast.qanita, at=at, row=fresh(row))
        return found.value.verdict.facts["code"]

    assert refused(LAST + timedelta(days=3)) == "early"
    assert refused() == "unsigned"
    Cycle.objects.filter(pk=row.pk).update(shortfall_reason="")
    assert refused() == "short"


def test_signatures_come_in_order_from_three_people_on_one_register(house: House) -> None:
    row = closed(house)
    digest = f22.register_digest(row, DAY_10)

    def code(user: User, part: str, shown: str = digest) -> object:
        with pytest.raises(RuleRefused) as found:
            cycles.sign(user=user, at=DAY_10, row=row, part=part, digest=shown)
        return found.value.verdict.facts["code"]

    assert code(house.cast.qanita, "checked") == "order"
    assert code(house.cast.qori, "made", "0" * 64) == "changed"
    with pytest.raises(Refused):
        cycles.sign(user=house.cast.qanita, at=DAY_10, row=row, part="made", digest=digest)
    cycles.sign(user=house.cast.qori, at=DAY_10, row=row, part="made", digest=digest)
    assert code(house.cast.qori, "made") == "signed"
    Sample.objects.filter(state="verified").update(ticket="TKT-1")  # a revision since
    again = f22.register_digest(row, DAY_10)
    assert code(house.cast.qanita, "checked", again) == "order"  # what was signed is another register
    sign_all(house, row)
    assert CycleSignature.objects.count() == 4


def test_who_stood_in_for_a_signer_signs_no_other_part(house: House) -> None:
    row = closed(house)
    qori, qanita, always = house.cast.qori, house.cast.qanita, {"starts": date(2020, 1, 1), "ends": date(2099, 1, 1)}
    Deputy.objects.create(principal=qori, deputy=qanita, role="qc_officer", named_at=LAST, **always)
    digest = f22.register_digest(row, DAY_10)
    cycles.sign(user=qori, at=DAY_10, row=row, part="made", digest=digest)
    with pytest.raises(RuleRefused) as found:
        cycles.sign(user=qanita, at=DAY_10, row=row, part="checked", digest=digest)
    assert found.value.verdict.facts["code"] == "same_person"
    cycles.sign(user=house.cast.qadri, at=DAY_10, row=row, part="checked", digest=digest)


def test_forms_that_qa_has_not_decided_keep_the_register_open(house: House) -> None:
    house.sample("submitted")
    row = closed(house)
    with pytest.raises(RuleRefused) as found:
        cycles.sign(user=house.cast.qori, at=DAY_10, row=row, part="made", digest=f22.register_digest(row, DAY_10))
    assert found.value.verdict.facts["code"] == "waiting"


def test_each_date_is_told_once(it: Ready) -> None:
    it.cycle()
    near = datetime(2026, 11, 26, 1, tzinfo=UTC)  # Thursday before Monday the 30th
    told = cycle_dates.tell(at=near)
    assert told == Notice.objects.count() == 2  # both QA
    assert {one.kind for one in Notice.objects.all()} == {"cycle.due_prepared"}
    assert cycle_dates.tell(at=near + timedelta(hours=24)) == 0


def test_a_month_that_nobody_began_is_told(cast: Cast) -> None:
    assert cycle_dates.tell(at=AT - timedelta(days=10)) == 0
    assert cycle_dates.tell(at=AT) == 2
    assert Notice.objects.filter(kind="cycle.due_begin").count() == 2
