"""The table of days off in versions: an edit says why, an ended clock never moves, the next year comes by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.mystery import office, tasks_people
from kendali.mystery.actions import calendar, clocks
from kendali.mystery.models import CalendarVersion, Clock, Cycle, Finding, Workplace
from kendali.mystery.rules.calendar_days import DayOff
from kendali.mystery.tests import roster_rows
from tests.cast import Cast

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAY = timedelta(days=1)
PARTY = DayOff(date(2026, 11, 24), "Ulang tahun perusahaan")


def test_the_first_edit_begins_with_what_is_published(cast: Cast) -> None:
    version = calendar.put_day(user=cast.kirana, at=AT, day=PARTY, reason="Keputusan direksi")
    assert version.number == 2
    assert date(2026, 12, 25) in version.dates()
    assert PARTY.on in version.dates()
    assert not office.work_calendar().works_on(PARTY.on)
    assert Entry.objects.get(verb="calendar.day_added").facts["reason"] == "Keputusan direksi"


def test_a_day_of_one_area_is_off_only_there(cast: Cast) -> None:
    roster_rows.floor(cast)
    galungan = DayOff(date(2026, 11, 25), "Galungan", sites=("dps",))
    calendar.put_day(user=cast.kirana, at=AT, day=galungan, reason="Adat")
    assert not office.work_calendar("dps").works_on(galungan.on)
    assert office.work_calendar("jkt").works_on(galungan.on)


def test_every_edit_is_a_version_with_its_reason(cast: Cast) -> None:
    calendar.put_day(user=cast.kirana, at=AT, day=PARTY, reason="Keputusan direksi")
    renamed = DayOff(PARTY.on, "Hari jadi")
    calendar.put_day(user=cast.kirana, at=AT, day=renamed, reason="Nama resmi")
    calendar.remove_day(user=cast.adi, at=AT, on=PARTY.on, reason="Dibatalkan")
    reasons = list(CalendarVersion.objects.order_by("number").values_list("number", "reason"))
    assert [number for number, _ in reasons] == [1, 2, 3, 4]
    assert [reason for _, reason in reasons[1:]] == ["Keputusan direksi", "Nama resmi", "Dibatalkan"]
    assert office.work_calendar().works_on(PARTY.on)


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_edit_without_a_reason_or_without_an_effect_is_refused(cast: Cast, reason: str) -> None:
    with pytest.raises(RuleRefused):
        calendar.put_day(user=cast.kirana, at=AT, day=PARTY, reason=reason)
    with pytest.raises(RuleRefused):
        calendar.remove_day(user=cast.kirana, at=AT, on=PARTY.on, reason="Bukan hari libur")
    assert not CalendarVersion.objects.exists()


def test_only_kordinator_and_administrator_edit(cast: Cast) -> None:
    for person in (cast.qanita, cast.surya, cast.maya):
        with pytest.raises(Refused):
            calendar.put_day(user=person, at=AT, day=PARTY, reason="x")


def test_the_next_year_comes_in_november_once(cast: Cast) -> None:
    calendar.seed(at=datetime(2025, 3, 1, tzinfo=UTC))
    assert calendar.keep_ahead(at=datetime(2026, 10, 31, tzinfo=UTC)) is None
    added = calendar.keep_ahead(at=AT)
    assert added is not None
    assert date(2027, 1, 1) in added.dates()
    assert calendar.keep_ahead(at=AT) is None
    assert Entry.objects.filter(verb="calendar.year_added").count() == 1


def test_without_a_table_the_yearly_job_leaves_it_to_what_is_published(cast: Cast) -> None:
    tasks_people.next_year_of_days_off(timestamp=0)
    assert not CalendarVersion.objects.exists()


def test_week_and_office_hours_of_an_area(cast: Cast) -> None:
    floor = roster_rows.floor(cast)
    calendar.save_workplace(user=cast.kirana, at=AT, site=floor.dps, week="six_days", opens=time(7), closes=time(16))
    assert office.work_calendar("dps").works_on(date(2026, 11, 21))
    assert Workplace.objects.get(site=floor.dps).opens == time(7)
    with pytest.raises(RuleRefused):
        calendar.save_workplace(user=cast.kirana, at=AT, site=floor.dps, week="six_days", opens=time(9), closes=time(9))


def test_a_running_clock_moves_only_by_recompute_and_an_ended_one_never(cast: Cast) -> None:
    calendar.seed(at=AT)
    running, ended = _clocks(cast)
    calendar.put_day(user=cast.kirana, at=AT, day=PARTY, reason="Keputusan direksi")
    before = running.due_at
    running.refresh_from_db()
    assert running.due_at == before
    assert calendar.outdated_clocks(AT) == 1
    assert clocks.recompute_all(user=cast.kirana, at=AT) == 1
    running.refresh_from_db()
    assert running.due_at == before + DAY
    assert calendar.outdated_clocks(AT) == 0
    assert Clock.objects.get(pk=ended.pk).due_at == ended.due_at
    assert Entry.objects.filter(verb="finding.clock_recomputed").count() == 1


def _clocks(cast: Cast) -> tuple[Clock, Clock]:
    """Found on Friday, due on Tuesday 24 November; the other one ended in time."""
    cycle = Cycle.objects.create(month=date(2026, 11, 1), created_at=AT)
    found = {}
    for number, stopped in (("TM-2026-11-0001", None), ("TM-2026-11-0002", AT + DAY)):
        finding = Finding.objects.create(
            number=number, cycle=cycle, access_day=AT.date(), area=number[-1], state="feedback_given", found_at=AT
        )
        found[number] = Clock.objects.create(
            finding=finding, step="k2", started_at=AT, due_at=datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC),
            budget_at=AT + DAY, warn_at=AT + DAY, calendar_version=1, zone="Asia/Jakarta", stopped_at=stopped,
        )  # fmt: skip
    return found["TM-2026-11-0001"], found["TM-2026-11-0002"]
