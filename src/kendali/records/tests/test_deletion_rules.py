"""What may be deleted, as tables: every fact alone forbids, and only together they allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kendali.records import deletion_rules as rules
from kendali.records.rules import Retention
from kendali.verdict import YES, no

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TWO_YEARS = Retention(zone="Asia/Jakarta", backup_after_years=1, lead_days=30, delete_after_years=2)
RUN = rules.RunFacts(
    in_recovery=False, clocks=rules.Clocks(timedelta(0), timedelta(0), NOW), order_running=True, owns_lease=True,
    right_from=NOW, approval=rules.Approval(valid=YES, list_digest="ab"), order_digest="ab", retention=TWO_YEARS,
)  # fmt: skip
FINE = rules.DeletionFacts(
    run=RUN, on_list=True, taken_out=False, same_version=True, package_status="verified", written_at=NOW,
    verified_at=NOW, backed_up=b"x", found=b"x", parts_seen=1, holds=(), clock=datetime(2024, 11, 22, tzinfo=UTC),
    listed_due_on=date(2026, 11, 23),
)  # fmt: skip


def test_with_every_fact_right_it_may() -> None:
    assert rules.may_delete(FINE, NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"in_recovery": True}, "recovery"),
        ({"order_running": False}, "fenced"),
        ({"owns_lease": False}, "fenced"),
        ({"right_from": None}, "right"),
        ({"right_from": NOW + timedelta(seconds=1)}, "right"),
        ({"clocks": rules.Clocks(None, timedelta(0))}, "clock"),
        ({"clocks": rules.Clocks(timedelta(0), None)}, "clock"),
        ({"clocks": rules.Clocks(timedelta(0), timedelta(minutes=5, seconds=1))}, "clock"),
        ({"clocks": rules.Clocks(timedelta(minutes=-6), timedelta(0))}, "clock"),
        ({"clocks": rules.Clocks(timedelta(minutes=4), timedelta(minutes=-4))}, "clock"),
        ({"clocks": rules.Clocks(timedelta(0), timedelta(0), NOW + timedelta(seconds=6))}, "clock"),
        ({"approval": rules.Approval(valid=no("x"), list_digest="ab")}, "approval"),
        ({"approval": rules.Approval(valid=YES, list_digest="cd")}, "approval"),
        ({"order_digest": ""}, "approval"),
    ],
)
def test_what_stops_the_whole_order(changes: dict[str, Any], code: str) -> None:
    verdict = rules.may_delete(replace(FINE, run=replace(RUN, **changes)), NOW)
    assert (bool(verdict), verdict.facts["code"]) == (False, code)
    assert code not in rules.OUTCOME_OF


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"on_list": False}, "not_on_list"),
        ({"taken_out": True}, "taken_out"),
        ({"holds": ("TGH-2026-0001",)}, "held"),
        ({"clock": None}, "not_due"),
        ({"listed_due_on": None}, "not_due"),
        ({"listed_due_on": date(2026, 11, 25)}, "not_due"),
        ({"clock": datetime(2024, 11, 23, 17, 0, tzinfo=UTC)}, "not_due"),  # the 24th in Jakarta
        ({"package_status": "written"}, "not_verified"),
        ({"verified_at": None}, "not_verified"),
        ({"written_at": NOW + timedelta(seconds=1)}, "not_verified"),
        ({"same_version": False}, "changed"),
        ({"found": None}, "changed"),
        ({"found": b"y"}, "changed"),
        ({"backed_up": b"", "found": b""}, "changed"),
        ({"parts_seen": 0}, "unseen"),
    ],
)
def test_what_keeps_one_record(changes: dict[str, Any], code: str) -> None:
    verdict = rules.may_delete(replace(FINE, **changes), NOW)
    assert (bool(verdict), verdict.facts["code"]) == (False, code)
    assert rules.OUTCOME_OF[code] in {"refused", "taken_out", "held", "changed"}


def test_an_accepted_erasure_request_sets_the_date_to_now_and_nothing_else() -> None:
    erased = replace(FINE, run=replace(RUN, erasure_accepted=True), clock=NOW, listed_due_on=None)
    assert rules.may_delete(erased, NOW)
    assert not rules.may_delete(replace(erased, package_status="damaged"), NOW)
    assert not rules.may_delete(replace(erased, holds=("TGH-2026-0001",)), NOW)


def test_a_deletion_that_was_cut_off_is_not_finished_under_a_hold() -> None:
    assert rules.may_finish(replace(FINE, found=None, parts_seen=0), NOW)
    assert not rules.may_finish(replace(FINE, holds=("TGH-2026-0001",)), NOW)


@pytest.mark.parametrize(
    ("clock", "years", "due"),
    [
        (datetime(2024, 2, 29, 3, 0, tzinfo=UTC), 2, date(2026, 3, 2)),  # 29 February + 2 = 1 March, then the day after
        (datetime(2024, 2, 29, 3, 0, tzinfo=UTC), 4, date(2028, 3, 1)),
        (datetime(2023, 12, 31, 17, 30, tzinfo=UTC), 2, date(2026, 1, 2)),  # the first hour of 1 January in Jakarta
        (datetime(2023, 12, 31, 16, 59, tzinfo=UTC), 2, date(2026, 1, 1)),
        (None, 2, None),
    ],
)
def test_due_dates_are_calendar_years_on_local_days(clock: datetime | None, years: int, due: date | None) -> None:
    assert rules.due_date(clock, replace(TWO_YEARS, delete_after_years=years)) == due


SEEN = 3
GONE, THERE = rules.Look(SEEN, 3, 0, 0), rules.Look(SEEN, 0, 3, 0)
PARTLY, HIDDEN, NOTHING = rules.Look(SEEN, 2, 1, 0), rules.Look(SEEN, 2, 0, 1), rules.Look(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("answer", "look", "outcome"),
    [
        ("deleted", GONE, "deleted"),
        ("deleted", THERE, "queued"),
        ("deleted", PARTLY, "queued"),
        ("deleted", HIDDEN, "queued"),
        ("deleted", NOTHING, "queued"),
        ("queued", GONE, "deleted"),
        ("queued", THERE, "queued"),
        ("already_absent", GONE, "already_absent"),
        ("already_absent", THERE, "waiting"),
        ("changed", THERE, "changed"),
        ("held", THERE, "held"),
        ("refused", THERE, "refused"),
        ("failed", THERE, "failed"),
        ("failed", GONE, "deleted"),
        ("failed", PARTLY, "queued"),
        ("none", GONE, "deleted"),
        ("none", THERE, "waiting"),
        ("none", PARTLY, "queued"),
    ],
)
def test_a_look_decides_and_the_answer_only_explains(answer: rules.Answer, look: rules.Look, outcome: str) -> None:
    assert rules.outcome(answer, look) == outcome


@pytest.mark.parametrize(
    ("answer", "look", "outcome"),
    [
        ("queued", GONE, "deleted"),
        ("queued", THERE, "unknown"),
        ("deleted", THERE, "failed"),
        ("deleted", PARTLY, "failed"),
        ("deleted", HIDDEN, "unknown"),
        ("already_absent", GONE, "already_absent"),
    ],
)
def test_after_its_deadline_every_line_has_an_end(answer: str, look: rules.Look, outcome: str) -> None:
    assert rules.later_outcome(answer, look, overdue=True) == outcome
    if not look.all_gone:
        assert rules.later_outcome(answer, look, overdue=False) == "queued"


@pytest.mark.parametrize(
    ("hour", "window", "opened"),
    [(19, (20, 6), False), (20, (20, 6), True), (5, (20, 6), True), (6, (20, 6), False), (10, (0, 0), True),
     (8, (9, 17), False), (9, (9, 17), True), (17, (9, 17), False)],
)  # fmt: skip
def test_the_run_window_may_go_over_midnight(hour: int, window: tuple[int, int], opened: bool) -> None:
    at = datetime(2026, 11, 24, hour, 0, tzinfo=UTC) - timedelta(hours=7)
    assert rules.window_open(*window, at, "Asia/Jakarta") is opened


def test_a_click_alone_arms_nothing() -> None:
    assert rules.may_arm(" esp-2026-0001 ", "ESP-2026-0001")
    assert not rules.may_arm("", "ESP-2026-0001")
    assert not rules.may_arm("ESP-2026-0002", "ESP-2026-0001")
