"""When a record must be backed up, and how an escalation may move: tables of cases, no database."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from kendali.records import rules

RETENTION = rules.Retention("Asia/Jakarta", backup_after_years=1, lead_days=30, delete_after_years=2)
TODAY = date(2026, 11, 21)
NOW = rules.cuts(TODAY, RETENTION)


def wib(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Jakarta"))


def facts(**changes: object) -> rules.Facts:
    values: dict[str, object] = {
        "started_at": wib(2025, 6, 1),
        "backup_clock": wib(2025, 6, 1),
        "has_version": False,
        "changed_at": None,
        "vanished_at": None,
    }
    return rules.Facts(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (wib(2025, 11, 20, 23, 59), "overdue"),  # its anniversary was yesterday
        (wib(2025, 11, 21, 0, 0), "due"),  # a year old today: older than a year tomorrow
        (wib(2025, 12, 20, 23, 59), "due"),  # within the lead time
        (wib(2025, 12, 21, 0, 0), "active"),
        (wib(2026, 11, 20), "active"),
    ],
)
def test_due_and_overdue_change_at_local_midnight(clock: datetime, expected: str) -> None:
    assert rules.state(facts(backup_clock=clock), NOW) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"backup_clock": None, "has_version": True}, "backed_up"),
        ({"backup_clock": None, "started_at": None}, "not_computable"),
        ({"vanished_at": wib(2026, 1, 1)}, "vanished"),
        ({"vanished_at": wib(2026, 1, 1), "has_version": True}, "backed_up"),
        ({"unbackupable": True}, "unbackupable"),
        ({"has_version": True, "changed_at": wib(2026, 11, 1), "backup_clock": wib(2026, 11, 1)}, "changed"),
        ({"has_version": True, "changed_at": wib(2026, 11, 1)}, "overdue"),  # old content without a verified backup
    ],
)
def test_the_worst_news_of_a_record_is_its_state(changes: dict[str, object], expected: str) -> None:
    assert rules.state(facts(**changes), NOW) == expected


START, LATER = wib(2024, 1, 5), wib(2026, 11, 5)


@pytest.mark.parametrize(
    ("covered", "changed", "oldest_uncovered", "expected"),
    [
        (False, False, None, START),  # never backed up: its start
        (True, False, None, None),  # backed up, the same
        (True, True, LATER, LATER),  # an endless conversation went on: only what is new
        (True, True, None, START),  # an old message was edited: anything in it may be what changed
    ],
)
def test_the_backup_clock_starts_at_the_oldest_content_without_backup(
    covered: bool, changed: bool, oldest_uncovered: datetime | None, expected: datetime | None
) -> None:
    clock = rules.backup_clock(started_at=START, covered=covered, changed=changed, oldest_uncovered=oldest_uncovered)
    assert clock == expected


STATUSES = {
    "draft", "raised", "accepted", "running", "paused", "stopped", "done", "incomplete", "confirmed", "returned",
    "cancelled",
}  # fmt: skip


@pytest.mark.parametrize("status", sorted(STATUSES))
@pytest.mark.parametrize("verb", sorted(rules.MOVES))
def test_a_step_is_taken_from_its_own_statuses_only(verb: str, status: str) -> None:
    verdict = rules.may_move(verb, status, reason="because")
    assert bool(verdict) == (status in rules.MOVES[verb][0])
    assert verdict or verdict.reason


@pytest.mark.parametrize("verb", ["return", "cancel"])
@pytest.mark.parametrize("reason", ["", "   "])
def test_a_refusal_needs_a_reason(verb: str, reason: str) -> None:
    assert not rules.may_move(verb, "raised", reason=reason)


def test_every_status_can_be_reached_and_left_or_is_an_end() -> None:
    reached = {"draft"} | {to for _, to in rules.MOVES.values()}
    left = set().union(*(sources for sources, _ in rules.MOVES.values()))
    assert reached == STATUSES
    assert STATUSES - left == {"confirmed", "returned", "cancelled"}


def test_each_hand_over_has_its_deadline_at_five_in_the_afternoon() -> None:
    days = rules.HandOver(accept=1, run=3, confirm=2)
    friday = wib(2026, 11, 20, 15)

    def due(status: str) -> datetime | None:
        return rules.due_at(status, friday, days=days, zone="Asia/Jakarta", holidays=set())

    assert due("raised") == wib(2026, 11, 23, 17)
    assert due("accepted") == wib(2026, 11, 25, 17)
    assert due("done") == wib(2026, 11, 24, 17)
    assert due("confirmed") is None


def test_only_a_result_without_shortcomings_confirms_itself_and_not_before_its_deadline() -> None:
    deadline = wib(2026, 11, 24, 17)
    assert not rules.confirms_itself("done", deadline, deadline)
    assert rules.confirms_itself("done", deadline, wib(2026, 11, 24, 17, 1))
    assert not rules.confirms_itself("incomplete", deadline, wib(2026, 12, 24))


def test_records_leave_together_in_the_local_month_of_their_last_activity() -> None:
    new_year = wib(2026, 1, 1, 0, 30)  # still December in UTC
    assert rules.package_month(started_at=START, last_activity_at=new_year, zone="Asia/Jakarta") == date(2026, 1, 1)
    with pytest.raises(ValueError, match="no month"):
        rules.package_month(started_at=None, last_activity_at=None, zone="Asia/Jakarta")
