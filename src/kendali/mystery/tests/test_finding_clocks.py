"""The clocks as rows: the same as a slow oracle on any calendar, never moved once ended, and what they tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kendali.accounts.models import Deputy, User
from kendali.accounts.permissions import Refused
from kendali.audit.models import Entry
from kendali.mystery import office
from kendali.mystery.actions import calendar as days_off
from kendali.mystery.actions import clocks, digests, escalating, finding_steps, findings
from kendali.mystery.models import CalendarVersion, Clock, Digest, Finding, Workplace
from kendali.mystery.queries import clocks as query
from kendali.mystery.queries import finding_page
from kendali.mystery.queries.clocks import Desks
from kendali.mystery.rules.clock_rules import ClockState, Step
from kendali.mystery.rules.finding_rules import FollowUp
from kendali.mystery.tests.finding_rows import AT, clock, raised, submitted
from kendali.mystery.tests.house import House
from kendali.notices import delivery
from kendali.notices.models import Notice
from kendali.terms.models import Setting
from tests.mail_server import Mailbox

pytestmark = pytest.mark.django_db
DONE = FollowUp(correction="a", root_cause="b", corrective_action="c", person_in_charge="d", on=AT.date(), done=True)
DAY = timedelta(days=1)


def wib(day: int, hour: int = 12, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Jakarta")).astimezone(UTC)


@pytest.fixture
def finding(house: House) -> Finding:
    """Found on Friday 20 November, due Tuesday 24 November 23.59.59 WIB."""
    return raised(house, submitted(house, said=("supervisor",), empathy="not_met"))[0]


@pytest.fixture
def at_supervisor(house: House, finding: Finding) -> Finding:
    return findings.forward(user=house.cast.qanita, at=AT, finding=finding)


def calendar(number: int, *days: date, site: str = "") -> CalendarVersion:
    rows = [{"date": day.isoformat(), "name": "Libur", "kind": "own", "estimated": False,
             "sites": [site] if site else []} for day in days]  # fmt: skip
    return CalendarVersion.objects.create(number=number, days=rows, at=AT)


# --- the same as a slow oracle


def slow_due(start: datetime, days: int, zone: str, week: str, off: set[date]) -> datetime:
    """Day by day, as one counts on fingers."""
    day, left = start.astimezone(ZoneInfo(zone)).date(), days
    while left:
        day += DAY
        works = week == "calendar" or (day.weekday() < (5 if week == "five_days" else 6) and day not in off)
        left -= works
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)),  # noqa: DTZ001
    off=st.sets(st.dates(date(2026, 1, 1), date(2028, 1, 10)), max_size=120),
    week=st.sampled_from(["five_days", "six_days", "calendar"]),
    zone=st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]),
    step=st.sampled_from(list(Step)),
)
def test_what_is_stored_is_what_one_counts_on_fingers(
    house: House, start: datetime, off: set[date], week: str, zone: str, step: Step
) -> None:
    start = start.replace(tzinfo=UTC, microsecond=0)
    with transaction.atomic():
        calendar(CalendarVersion.objects.count() + 1, *off)
        Workplace.objects.filter(site=house.floor.jkt).update(week=week)
        User.objects.filter(pk__in=[house.cast.surya.pk, house.cast.qori.pk]).update(zone=zone)
        for user in (house.cast.surya, house.cast.qori):
            user.zone = zone
        row = Finding(owner=house.cast.surya, executor=house.cast.qori, area="jkt", owner_kind="supervisor")
        table, site = clocks.desk(row, step)
        assert site == ("jkt" if step is Step.K3 else "")
        made = house.finding(house.sample("submitted"), owner=house.cast.surya, key=f"{start}{step}")
        stored = clocks.start(made, step, at=start)
        stored.refresh_from_db()
        here = zone if step is not Step.K2 else "Asia/Jakarta"
        counted = week if step is Step.K3 else "five_days"
        assert stored.due_at == slow_due(start, 2, here, counted, off)
        assert stored.zone == here
        assert Desks().of(stored) == table
        transaction.set_rollback(True)


def test_what_a_page_shows_of_the_three(at_supervisor: Finding) -> None:
    chips = query.chips(at_supervisor.clocks.all(), wib(24, 15), Desks())
    assert [chip.state for chip in chips] == [ClockState.IN_TIME, ClockState.IN_TIME, ClockState.WARNED]
    assert chips[2].left == timedelta(hours=2)  # until the office closes at 17.00
    late = query.chips(at_supervisor.clocks.all(), wib(26, 9), Desks())[2]
    assert (late.state, late.late_by.working, late.late_by.calendar) == (ClockState.LATE, 2, 2)


def test_another_week_of_the_site_changes_nothing_of_what_was_late(house: House, at_supervisor: Finding) -> None:
    """Nor what a running clock shows: it is for clocks that start from then on."""
    running = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))[0]
    ended = wib(30, 9)
    finding_steps.report_follow_up(user=house.cast.surya, at=ended, finding=at_supervisor,
                                   follow_up=replace(DONE, on=ended.date()))  # fmt: skip

    def told() -> list[object]:
        rows = [Finding.objects.get(pk=one.pk).clocks.order_by("step") for one in (at_supervisor, running)]
        fair = [query.fairness(query.of_finding(one), ended, Desks()) for one in Finding.objects.order_by("pk")]
        return [[query.chips(of, ended, Desks()) for of in rows], fair]

    before = told()
    assert query.chips(at_supervisor.clocks.all(), ended, Desks())[2].late_by.working == 4
    days_off.save_workplace(
        user=house.cast.kirana, at=ended, site=house.floor.jkt, week="six_days", opens=time(6), closes=time(22)
    )
    assert told() == before
    later = raised(house, submitted(house, said=("supervisor",), empathy="not_met"), wib(27, 9))[0]
    assert clock(later, "k3").due_at == wib(30, 23, 59) + timedelta(seconds=59)  # Saturday counts


def test_a_finding_nobody_worked_on_says_whose_days_were_lost(house: House, finding: Finding) -> None:
    findings.forward(user=house.cast.qanita, at=wib(25, 9), finding=finding)
    fair = query.fairness(query.of_finding(Finding.objects.get(pk=finding.pk)), wib(25, 10), Desks())
    assert (fair[Step.K3].received_late, fair[Step.K3].because_of) == (True, {Step.K2: 1})
    assert fair[Step.K3].punctual is None  # the person has still the own share of days


def test_a_setting_changes_no_lateness_of_what_was_found_before(house: House, finding: Finding) -> None:
    findings.forward(user=house.cast.qanita, at=wib(25, 9), finding=finding)
    row, at = Finding.objects.get(pk=finding.pk), wib(30, 9)

    def shown() -> object:
        rows = query.of_finding(row)
        due = [one.calendar_due for one in finding_page.hand_overs(rows, at, Desks())]
        return query.fairness(rows, at, Desks()), query.punctuality(rows, at, Desks()), due

    before = shown()
    for key, value in (("clock_days", 9), ("budget_k2", 8), ("budget_k3", 9)):
        Setting.objects.create(key=f"mystery.{key}", value=value, version=1, reason="Uji", created_at=wib(26))
    assert shown() == before


def test_budgets_that_contradict_the_limit_stop_nobody(house: House) -> None:
    house.setting("mystery.clock_days", 1)
    (one,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))
    assert {row.due_at for row in one.clocks.all()} == {wib(23, 23, 59) + timedelta(seconds=59)}
    house.setting("mystery.budget_k1", 5)
    assert office.clock_terms().budgets == (1, 1, 1)


# --- an edit of the calendar


def test_an_edit_of_the_calendar_moves_running_clocks_in_the_trail_and_closed_ones_never(
    house: House, at_supervisor: Finding
) -> None:
    before = {one.step: one.due_at for one in at_supervisor.clocks.all()}
    calendar(1, date(2026, 11, 23))
    assert {one.step: one.due_at for one in at_supervisor.clocks.all()} == before
    assert clocks.recompute_all(user=house.cast.kirana, at=wib(20, 16)) == 1
    after = {one.step: one.due_at for one in at_supervisor.clocks.all()}
    assert (after["k1"], after["k2"]) == (before["k1"], before["k2"])
    assert after["k3"] == wib(25, 23, 59) + timedelta(seconds=59)
    at_supervisor.refresh_from_db()
    assert at_supervisor.due_at == after["k3"]
    entry = Entry.objects.get(verb="finding.clock_recomputed")
    assert (entry.facts["step"], entry.facts["calendar"], entry.actor_name) == ("k3", 1, "Kirana Dewi")
    assert clocks.recompute_all(user=house.cast.kirana, at=wib(20, 17)) == 0
    assert str(entry.facts["before"])[:10] == "2026-11-24"


def test_a_lateness_is_never_edited_away(house: House, at_supervisor: Finding) -> None:
    calendar(1, date(2026, 11, 23), date(2026, 11, 24))
    assert clocks.recompute_all(user=house.cast.kirana, at=wib(25, 8)) == 0
    assert query.late(at_supervisor.clocks.all(), wib(25, 8))
    row = clock(at_supervisor, "k1")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Clock.objects.filter(pk=row.pk).update(due_at=wib(30))


def test_only_who_keeps_the_calendar_computes_again(house: House, finding: Finding) -> None:
    with pytest.raises(Refused):
        clocks.recompute_all(user=house.cast.qanita, at=AT)


def test_a_holiday_of_one_area_is_a_working_day_elsewhere(house: House) -> None:
    calendar(1, date(2026, 11, 23), site="dps")
    here = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))[0]
    there = raised(house, submitted(house, agent="A4", said=("supervisor",), empathy="not_met"))[0]
    assert clock(here, "k3").due_at == wib(24, 23, 59) + timedelta(seconds=59)
    assert clock(there, "k3").due_at == wib(25, 23, 59) + timedelta(seconds=59)  # Kirana's own zone is WIB


def test_rerouting_takes_the_clock_to_the_new_desk(house: House, at_supervisor: Finding) -> None:
    User.objects.filter(pk=house.cast.dina.pk).update(zone="Asia/Jayapura")
    house.cast.dina.refresh_from_db()
    finding_steps.reroute(
        user=house.cast.qanita, at=AT, finding=at_supervisor, owner=house.cast.dina, reason="Artikel salah"
    )
    row = clock(at_supervisor, "k3")
    assert (row.zone, row.due_at) == ("Asia/Jayapura", wib(24, 21, 59) + timedelta(seconds=59))


# --- what the clocks tell


def told(kind: str) -> set[str]:
    return {one.user.name.split()[0] for one in Notice.objects.filter(kind=f"finding.{kind}").select_related("user")}


def test_reminders_and_escalations_reach_whom_they_concern_each_once(house: House, at_supervisor: Finding) -> None:
    moments = {
        "clock_half": (wib(23, 14, 10), {"Surya"}),
        "clock_most": (wib(24, 14), {"Surya"}),
        "clock_due": (wib(25, 0, 5), {"Surya", "Qanita"}),
        "clock_one_day": (wib(26, 0, 5), {"Kirana"}),
        "clock_two_days": (wib(27, 0, 5), {"Maya"}),
    }
    assert escalating.tell(at=wib(20, 13)) == 0
    for kind, (at, people) in moments.items():
        assert escalating.tell(at=at) == 1
        assert told(kind) == people
        assert escalating.tell(at=at + timedelta(minutes=5)) == 0
    at_supervisor.refresh_from_db()
    assert at_supervisor.escalated_at == moments["clock_one_day"][0]
    verbs = Entry.objects.filter(object_id=str(at_supervisor.pk), actor_id=None).values_list("verb", flat=True)
    assert {"finding.escalated", "finding.overdue"} <= set(verbs)


def test_after_a_night_without_a_worker_only_the_last_reminder_is_sent_and_every_escalation(
    house: House, at_supervisor: Finding
) -> None:
    assert escalating.tell(at=wib(27, 8)) == 3
    kinds = Notice.objects.filter(kind__startswith="finding.clock").values_list("kind", flat=True)
    assert set(kinds) == {"finding.clock_due", "finding.clock_one_day", "finding.clock_two_days"}
    assert escalating.tell(at=wib(27, 9)) == 0


def test_a_step_whose_turn_has_not_come_tells_nothing(house: House, finding: Finding) -> None:
    escalating.tell(at=wib(25, 1))
    assert "Surya" not in {one.user.name.split()[0] for one in Notice.objects.exclude(url="")}
    late = Notice.objects.filter(kind="finding.clock_due", user=house.cast.surya).get()
    assert (late.url, late.facts["step"]) == ("", "k2")  # that it comes late; not yet what it is


def test_a_returned_form_does_not_silence_k2(house: House, finding: Finding) -> None:
    """Who called has it in hand, the hand-over is still the QA's: both are told, then those above them."""
    assert finding.sample is not None
    findings.return_all(finding.sample, user=house.cast.qanita, at=AT, reason="Uraian belum jelas")
    finding.refresh_from_db()
    assert finding.due_at == clock(finding, "k2").due_at
    assert escalating.tell(at=wib(24, 14)) == 1
    assert told("clock_most") == {"Qori", "Qanita", "Qadri"}
    assert Notice.objects.get(kind="finding.clock_most", user=house.cast.qori).url == (
        f"/mystery/panggilan/{finding.sample_id}/"
    )
    assert escalating.tell(at=wib(26, 0, 5)) == 2
    assert (told("clock_one_day"), told("clock_two_days")) == ({"Kirana"}, set())


def test_a_hand_over_that_was_made_is_silent(house: House, at_supervisor: Finding) -> None:
    finding_steps.report_follow_up(user=house.cast.surya, at=wib(23, 9), finding=at_supervisor, follow_up=DONE)
    assert escalating.tell(at=wib(27, 8)) == 0


def test_half_of_the_time_is_told_in_the_inbox_only(house: House, at_supervisor: Finding, mailbox: Mailbox) -> None:
    escalating.tell(at=wib(23, 14, 10))
    escalating.tell(at=wib(24, 14))
    states = dict(Notice.objects.filter(kind__startswith="finding.clock").values_list("kind", "email_state"))
    assert states == {"finding.clock_half": "none", "finding.clock_most": "queued"}


def test_a_deputy_is_told_like_the_principal(house: House, at_supervisor: Finding) -> None:
    Deputy.objects.create(principal=house.cast.surya, deputy=house.cast.tari, role="supervisor",
                          starts=date(2026, 11, 23), ends=date(2026, 11, 27), named_at=AT)  # fmt: skip
    escalating.tell(at=wib(23, 14, 10))
    assert told("clock_half") == {"Surya", "Tari"}


# --- the morning mail


@pytest.fixture
def in_bali(house: House) -> User:
    """Kirana leads in Denpasar, and works by WITA."""
    User.objects.filter(pk=house.cast.kirana.pk).update(zone="Asia/Makassar")
    house.cast.kirana.refresh_from_db()
    return house.cast.kirana


@pytest.fixture
def waiting(house: House, in_bali: User) -> None:
    house.cast.kirana.grants.create(role="supervisor", granted_at=AT)
    for agent in ("A1", "A4"):
        one = raised(house, submitted(house, agent=agent, said=("supervisor",), empathy="not_met"))[0]
        findings.forward(user=house.cast.qanita, at=AT, finding=one)
    Finding.objects.filter(owner=house.cast.kirana).update(area="dps")


def morning(at: datetime) -> list[str]:
    """Who has a mail now that was not there before."""
    before = set(Notice.objects.values_list("pk", flat=True))
    digests.send(at=at)
    rows = Notice.objects.filter(kind="finding.digest").exclude(pk__in=before).select_related("user")
    return sorted(one.user.name.split()[0] for one in rows)


@pytest.mark.usefixtures("waiting")
def test_the_morning_mail_comes_at_eight_in_the_zone_of_each_and_once(house: House, mailbox: Mailbox) -> None:
    seven_wib = wib(23, 7)
    assert morning(seven_wib - timedelta(minutes=5)) == []
    assert morning(seven_wib) == ["Kirana"]  # 08.00 WITA
    assert morning(wib(23, 7, 55)) == []
    assert morning(wib(23, 8)) == ["Surya"]
    assert morning(wib(23, 8, 5)) == morning(wib(23, 16)) == []
    for notice in Notice.objects.filter(kind="finding.digest"):
        delivery.attempt(notice_id=notice.pk, last=False)
    by_person = {mail["To"]: mail for mail in mailbox.mails}
    assert set(by_person) == {"kirana@kendali.test", "surya@kendali.test"}
    mail = by_person["surya@kendali.test"]
    assert mail["Subject"] == "Temuan pagi ini: 1 menunggu Anda, 0 di antaranya terlambat."
    text = mail.get_body(("plain",))
    assert text is not None
    assert "TM-2026-11-0001 · JKT · sampai Selasa, 24 November 2026 23.59 WIB" in text.get_content()
    assert "Qori" not in text.get_content()


@pytest.mark.usefixtures("waiting")
def test_there_is_no_morning_mail_on_days_off_and_what_is_late_is_named(house: House) -> None:
    calendar(1, date(2026, 11, 25))
    assert morning(wib(21, 9)) == morning(wib(22, 9)) == morning(wib(25, 9)) == []  # weekend, holiday
    assert "Surya" in morning(wib(26, 9))
    notice = Notice.objects.get(kind="finding.digest", user=house.cast.surya)
    assert (notice.facts["count"], notice.facts["late"], notice.facts["lines"][0][2]) == (1, 1, True)
    assert Digest.objects.filter(user=house.cast.surya).count() == 4


@pytest.mark.usefixtures("waiting")
def test_what_comes_after_the_morning_waits_for_the_next_one(house: House) -> None:
    Finding.objects.filter(owner=house.cast.surya).update(owner=house.cast.kirana)
    assert "Surya" not in morning(wib(23, 8))
    Finding.objects.update(owner=house.cast.surya)
    assert "Surya" not in morning(wib(23, 14))
    assert "Surya" in morning(wib(24, 8))
