"""Tables of cases: holds, steps of a proposal, the client's answer, what an approval covers. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kendali import civil_time
from kendali.disposal import rules
from kendali.disposal.rules import Approval, Asked, HoldFacts, PolicyFacts, Signature, Signer, Subject

NOW = datetime(2026, 11, 20, 8, 40, tzinfo=UTC)  # Friday 15.40 WIB
TODAY = date(2026, 11, 20)
FEB_29 = datetime(2024, 2, 29, 3, 0, tzinfo=UTC)
RECORD = Subject(
    subject=7, client=1, record_class="conversation", name=b"n", phone=b"p", started_at=FEB_29,
    last_activity_at=FEB_29 + timedelta(days=3),
)  # fmt: skip


def hold(scope: str, number: str = "TGH-2026-0001", **columns: object) -> HoldFacts:
    return replace(HoldFacts(number=number, client=1, scope=scope), **columns)  # type: ignore[arg-type]


def during(starts: date | None, ends: date | None) -> HoldFacts:
    starts_at, ends_at = rules.range_of(starts, ends)
    return hold("range", starts_at=starts_at, ends_at=ends_at)


@pytest.mark.parametrize(
    ("one", "covered"),
    [
        (hold("client"), True),
        (hold("client", client=2), False),
        (hold("client", active=False), False),
        (hold("client", record_class="recording"), False),
        (hold("client", record_class="conversation"), True),
        (hold("record", subjects=frozenset({7, 8})), True),
        (hold("record", subjects=frozenset({8})), False),
        (hold("customer", name=b"n"), True),
        (hold("customer", phone=b"p"), True),
        (hold("customer", name=b"x", phone=b"p"), True),  # one of them is enough
        (hold("customer", name=b"x"), False),
        (hold("customer"), False),
        (during(date(2024, 2, 29), date(2024, 2, 29)), True),
        (during(date(2024, 3, 3), None), True),  # the last activity is what counts at the end
        (during(date(2024, 3, 4), None), False),
        (during(None, date(2024, 2, 28)), False),
        (during(None, date(2024, 2, 29)), True),
        (hold("something new"), True),  # unknown means keep
    ],
)
def test_which_hold_covers_a_record(one: HoldFacts, covered: bool) -> None:
    assert rules.holds_on(RECORD, [one]) == (["TGH-2026-0001"] if covered else [])


def test_several_holds_are_all_named_and_lifting_one_leaves_the_others() -> None:
    both = [hold("client", "TGH-2026-0009"), hold("record", "TGH-2026-0002", subjects=frozenset({7}))]
    assert rules.holds_on(RECORD, both) == ["TGH-2026-0002", "TGH-2026-0009"]
    assert rules.holds_on(RECORD, [replace(both[0], active=False), both[1]]) == ["TGH-2026-0002"]


def test_a_record_without_a_date_may_have_been_within_any_range() -> None:
    undated = replace(RECORD, started_at=None, last_activity_at=None)
    assert rules.holds_on(undated, [during(date(2020, 1, 1), date(2020, 1, 2))])


def test_a_customer_hold_does_not_cover_a_record_whose_customer_is_unknown() -> None:
    nobody = replace(RECORD, name=None, phone=None)
    assert not rules.holds_on(nobody, [hold("customer", name=b"n")])


@pytest.mark.parametrize("zone", sorted(civil_time.ZONES))
@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2024, 3, 1), date(2025, 12, 31), date(2026, 1, 1)])
def test_a_range_covers_its_days_in_every_zone_from_midnight_to_midnight(zone: str, day: date) -> None:
    one = during(day, day)
    begin, end = civil_time.start_of_day(day, zone), civil_time.start_of_day(day + timedelta(days=1), zone)
    for instant in (begin, end - timedelta(microseconds=1)):
        assert rules.covers(one, replace(RECORD, started_at=instant, last_activity_at=instant))
    three_hours_off = begin - timedelta(hours=3)
    assert not rules.covers(one, replace(RECORD, started_at=three_hours_off, last_activity_at=three_hours_off))


@pytest.mark.parametrize(("first", "last"), [(date(2024, 2, 29), date(2024, 2, 29)), (None, TODAY), (TODAY, None)])
def test_the_days_of_a_range_are_shown_as_they_were_given(first: date | None, last: date | None) -> None:
    assert rules.days_of(*rules.range_of(first, last)) == (first, last)


def place(**changes: object) -> bool:
    facts: dict[str, object] = {
        "scope": "client", "reason": "Sengketa", "subjects": 0, "named": False, "starts": None, "ends": None,
        "review_on": TODAY + timedelta(days=1), "today": TODAY,
    }  # fmt: skip
    return bool(rules.may_place(**{**facts, **changes}))  # type: ignore[arg-type]


def test_only_a_hold_that_says_nothing_is_sent_back() -> None:
    assert place()
    assert not place(reason=" ")
    assert not place(scope="record")
    assert place(scope="record", subjects=1)
    assert not place(scope="customer")
    assert place(scope="customer", named=True)
    assert not place(scope="range")
    assert place(scope="range", ends=TODAY)
    assert not place(scope="range", starts=TODAY, ends=TODAY - timedelta(days=1))
    assert not place(review_on=TODAY)


@pytest.mark.parametrize(
    ("placed_by_client", "by_client", "same_person", "allowed"),
    [
        (False, False, False, True),
        (False, False, True, False),  # our own people: another one than who placed it
        (True, True, True, True),  # the client's: any of its people
        (True, True, False, True),
        (True, False, False, False),
        (False, True, False, False),
    ],
)
def test_who_lifts_a_hold(placed_by_client: bool, by_client: bool, same_person: bool, allowed: bool) -> None:
    verdict = rules.may_release(
        status="active", reason="Selesai", placed_by_client=placed_by_client, by_client=by_client,
        same_person=same_person,
    )  # fmt: skip
    assert bool(verdict) is allowed


def test_a_hold_is_lifted_once_and_with_a_reason() -> None:
    free: dict[str, Any] = {"placed_by_client": False, "by_client": False, "same_person": False}
    assert not rules.may_release(status="released", reason="Selesai", **free)
    assert not rules.may_release(status="active", reason="", **free)
    assert rules.may_release(status="active", reason="Selesai", **free)


def test_the_hold_of_an_open_finding_is_lifted_by_nobody() -> None:
    free: dict[str, Any] = {"placed_by_client": False, "by_client": False, "same_person": False}
    verdict = rules.may_release(status="active", reason="Selesai", of_finding=True, **free)
    assert (bool(verdict), verdict.reason) == (False, "This hold is lifted by itself when its finding ends.")


STATUSES = ["draft", "asked", "approved", "refused", "voided", "expired", "cancelled", "closed"]


@pytest.mark.parametrize(
    ("verb", "sources"),
    [
        ("ask", {"draft"}),
        ("approve", {"asked"}),
        ("refuse", {"asked"}),
        ("lapse", {"asked"}),
        ("void", {"asked", "approved"}),
        ("expire", {"approved"}),
        ("cancel", {"draft", "asked", "approved"}),
        ("close", {"approved", "expired", "voided"}),
    ],
)
def test_from_which_status_a_step_follows(verb: str, sources: set[str]) -> None:
    assert {status for status in STATUSES if rules.may_move(verb, status, reason="x")} == sources


@pytest.mark.parametrize("verb", ["refuse", "cancel"])
def test_a_refusal_and_a_cancellation_need_a_reason(verb: str) -> None:
    assert not rules.may_move(verb, "asked", reason="  ")


def test_after_the_yes_it_can_be_cancelled_until_something_was_deleted() -> None:
    assert rules.may_cancel("approved", begun=False, reason="x")
    assert not rules.may_cancel("approved", begun=True, reason="x")


def test_what_stands_in_the_way_of_asking() -> None:
    assert rules.may_ask(status="draft", frozen=True, count=1, policy="same")
    assert not rules.may_ask(status="asked", frozen=True, count=1, policy="same")
    assert not rules.may_ask(status="draft", frozen=False, count=1, policy="same")
    assert not rules.may_ask(status="draft", frozen=True, count=0, policy="same")
    assert not rules.may_ask(status="draft", frozen=True, count=1, policy="longer")


@pytest.mark.parametrize(
    ("asked_at", "zone", "due"),
    [
        (NOW, "Asia/Jakarta", datetime(2026, 12, 4, 10, 0, tzinfo=UTC)),
        (NOW, "Asia/Jayapura", datetime(2026, 12, 4, 8, 0, tzinfo=UTC)),
        # half past midnight in Jayapura on 16 February is still the 15th in UTC
        (datetime(2028, 2, 14, 15, 30, tzinfo=UTC), "Asia/Jayapura", datetime(2028, 2, 29, 8, 0, tzinfo=UTC)),
    ],
)
def test_the_client_answers_until_17_00_local_on_the_fourteenth_day(
    asked_at: datetime, zone: str, due: datetime
) -> None:
    assert rules.answer_due(asked_at, 14, zone) == due


def test_an_approval_ends_at_the_local_midnight_after_its_last_day() -> None:
    signed = datetime(2028, 1, 30, 3, 0, tzinfo=UTC)
    assert rules.approval_ends(signed, 30, "Asia/Jakarta") == civil_time.start_of_day(date(2028, 3, 1), "Asia/Jakarta")
    assert rules.approval_ends(signed, 29, "Asia/Jakarta") == civil_time.start_of_day(date(2028, 2, 29), "Asia/Jakarta")


def test_reminders_come_on_the_mornings_of_their_days() -> None:
    assert rules.reminders_due(NOW, NOW, [7, 12], "Asia/Jakarta") == 0
    seventh = datetime(2026, 11, 27, 0, 0, tzinfo=UTC)  # 07.00 WIB
    assert rules.reminders_due(NOW, seventh - timedelta(seconds=1), [7, 12], "Asia/Jakarta") == 0
    assert rules.reminders_due(NOW, seventh, [7, 12], "Asia/Jakarta") == 1
    assert rules.reminders_due(NOW, seventh + timedelta(days=5), [7, 12], "Asia/Jakarta") == 2


ASKED = Asked(status="asked", due_at=NOW + timedelta(days=14), final_digest="d1", needed=1)


@pytest.mark.parametrize(
    ("asked", "signer", "digest", "words"),
    [
        (ASKED, Signer("user:1"), "d1", ""),
        (ASKED, Signer("user:1"), "d0", "changed after you opened it"),
        (replace(ASKED, status="approved"), Signer("user:1"), "d1", "no longer waits"),
        (replace(ASKED, due_at=NOW - timedelta(seconds=1)), Signer("user:1"), "d1", "silence is no"),
        (ASKED, Signer("user:1", proposed_it=True), "d1", "does not approve"),
        (ASKED, Signer("user:1", fresh=True), "d1", "24 hours"),
        (ASKED, Signer("approver:1", usable=False), "d1", "not confirmed"),
        (replace(ASKED, needed=2, signed=["user:1"]), Signer("user:1"), "d1", "signed this list already"),
        (replace(ASKED, needed=2), Signer("approver:2", order=2), "d1", "first approver"),
        (replace(ASKED, needed=2), Signer("approver:1", order=1), "d1", ""),
        (replace(ASKED, needed=2, signed=["approver:1"]), Signer("approver:3", order=1), "d1", "second approver"),
        (replace(ASKED, needed=2, signed=["approver:1"]), Signer("approver:2", order=2), "d1", ""),
        (replace(ASKED, needed=2, signed=["approver:1"]), Signer("user:5"), "d1", ""),
        (ASKED, Signer("approver:2", order=2), "d1", ""),  # with one signature the order does not matter
    ],
)
def test_who_may_answer_which_list(asked: Asked, signer: Signer, digest: str, words: str) -> None:
    verdict = rules.may_decide(asked, signer, list_digest=digest, at=NOW)
    assert words in verdict.reason
    assert bool(verdict) == (not words)


def test_no_needs_a_reason_and_a_day_to_be_asked_again() -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert rules.may_say_no(reason="Sengketa", ask_again_on=tomorrow, today=TODAY)
    assert not rules.may_say_no(reason="", ask_again_on=tomorrow, today=TODAY)
    assert not rules.may_say_no(reason="Sengketa", ask_again_on=None, today=TODAY)
    assert not rules.may_say_no(reason="Sengketa", ask_again_on=TODAY, today=TODAY)


def test_single_records_are_taken_out_by_the_first_who_signs_with_a_reason_and_something_left() -> None:
    assert rules.may_take_out(step=1, taken=0, left=9, reasons=[])
    assert rules.may_take_out(step=1, taken=1, left=8, reasons=["Sengketa"])
    assert rules.may_take_out(step=2, taken=0, left=8, reasons=[])
    assert not rules.may_take_out(step=2, taken=1, left=8, reasons=["Sengketa"])
    assert not rules.may_take_out(step=1, taken=1, left=8, reasons=[" "])
    assert not rules.may_take_out(step=1, taken=9, left=0, reasons=["Sengketa"])


POLICY = PolicyFacts(1, "Asia/Jakarta", "last_activity_at", "oldest_uncovered", 1, 30, 2, 24)


@pytest.mark.parametrize(
    ("changes", "what", "voided"),
    [
        ({"version": 1}, "same", ""),
        ({"delete_after_years": 3}, "longer", ""),
        ({"backup_copy_months": 36}, "longer", ""),
        ({"delete_after_years": 3, "backup_copy_months": 12}, "shorter", "policy_shorter"),
        ({"backup_copy_months": 12}, "shorter", "policy_shorter"),
        ({}, "other", "policy_version"),  # a new version that says the same is a new version
        ({"lead_days": 60}, "other", "policy_version"),
        ({"delete_after_years": 3, "deletion_clock": "started_at"}, "other", "policy_version"),
        ({"delete_after_years": 3, "zone": "Asia/Jayapura"}, "other", "policy_version"),
    ],
)
def test_which_change_of_the_policy_voids(changes: dict[str, object], what: str, voided: str) -> None:
    now = replace(POLICY, **({"version": 2} | changes))  # type: ignore[arg-type]
    assert rules.policy_change(POLICY, now) == what
    assert rules.voids(policy=rules.policy_change(POLICY, now)) == voided


def test_a_line_that_was_added_or_changed_voids_and_a_changed_record_too() -> None:
    assert rules.voids(lines="d1", signed="d1") == ""
    assert rules.voids(lines="d2", signed="d1") == "list_changed"
    assert rules.voids(changed=1) == "record_changed"


YES = Approval(
    status="approved", final_digest="d1", final_count=3, needed=1,
    signatures=[Signature(1, "user:1", "d1")], valid_until=NOW + timedelta(days=1),
)  # fmt: skip
TWO = replace(YES, needed=2, signatures=[Signature(1, "user:1", "d1"), Signature(2, "user:2", "d1")])


@pytest.mark.parametrize(
    ("approval", "valid"),
    [
        (YES, True),
        (replace(YES, status="asked"), False),
        (replace(YES, status="voided"), False),
        (replace(YES, status="cancelled"), False),
        (replace(YES, valid_until=NOW), False),
        (replace(YES, valid_until=None), False),
        (replace(YES, final_count=0), False),
        (replace(YES, final_digest=""), False),
        (replace(YES, final_digest="d2"), False),  # the signature is for another list
        (replace(YES, signatures=[]), False),
        (replace(YES, signatures=[Signature(1, "user:1", "d1", answer="no")]), False),
        (replace(YES, policy="longer"), True),
        (replace(YES, policy="shorter"), False),
        (replace(YES, policy="other"), False),
        (replace(YES, lines="d1"), True),
        (replace(YES, lines="d2"), False),
        (TWO, True),
        (replace(YES, needed=2), False),
        (replace(TWO, signatures=[Signature(1, "user:1", "d1"), Signature(2, "user:1", "d1")]), False),
        (replace(TWO, signatures=[Signature(1, "user:1", "d0"), Signature(2, "user:2", "d1")]), False),
        (replace(TWO, signatures=[Signature(2, "user:1", "d1"), Signature(2, "user:2", "d1")]), False),
    ],
)
def test_what_an_approval_is_worth(approval: Approval, valid: bool) -> None:
    assert bool(rules.approval_valid(approval, NOW)) is valid


def test_a_line_names_source_reference_instants_and_the_keyed_digest_and_hides_no_separator() -> None:
    told = rules.line(
        source=3, ref="a\tb\\c\nd", clock=datetime(2024, 2, 29, 17, 30, 0, 5, tzinfo=UTC), due_on=date(2026, 3, 3),
        keyed_digest=bytes(range(4)),
    )  # fmt: skip
    assert told == "3\ta\\tb\\\\c\\nd\t2024-02-29T17:30:00.000005Z\t2026-03-03\t00010203"
