"""The paper of a backup: who may take which step, in which order, and what the next person learns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.actions import StaleState
from kendali.audit.history import history
from kendali.notices.models import Notice
from kendali.records.actions import escalations, periodic
from kendali.records.models import Escalation, Record
from kendali.records.tests.office import Office, refused

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def calls(office: Office) -> Office:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    for day in range(3):
        office.call("pbx", f"call-{day}", OLD + timedelta(days=day))
    office.call("pbx", "recent", datetime(2026, 10, 1, 2, 0, tzinfo=UTC))
    return office


def test_raising_freezes_the_list_with_its_digest(calls: Office) -> None:
    order = calls.raised("pbx")

    assert order.number == "ESK-2026-0001"
    assert order.status == "raised"
    assert sorted(order.items.values_list("record__ref", flat=True)) == ["call-0", "call-1", "call-2"]
    lines = "".join(f"call-{n}\t{OLD + timedelta(days=n):%Y-%m-%dT%H:%M:%S.%fZ}\n" for n in range(3))
    assert order.list_digest == hashlib.sha256(lines.encode()).hexdigest()
    assert (order.list_count, order.oldest_at) == (3, OLD)


def test_a_record_that_arrives_later_is_not_on_the_frozen_list(calls: Office) -> None:
    order = calls.raised("pbx")
    calls.call("pbx", "found-later", OLD)
    calls.scan("pbx")
    assert order.items.count() == 3
    assert Record.objects.get(ref="found-later").backup_clock == OLD


def test_the_paper_goes_from_the_team_leader_to_team_it_and_back(calls: Office) -> None:
    cast, order = calls.cast, calls.raised("pbx")
    assert Notice.objects.filter(user=cast.indra, kind="escalation.send").count() == 1
    escalations.accept(user=cast.indra, at=cast.now, order=order)
    escalations.begin(user=cast.indra, at=cast.now, order=order)
    escalations.finished(order, shortcomings=0, backed_up=3, at=cast.now)
    assert Notice.objects.filter(user=cast.tari, kind="escalation.finish").count() == 1
    escalations.confirm(user=cast.tari, at=cast.now, order=order)

    order.refresh_from_db()
    assert (order.status, order.due_at) == ("confirmed", None)
    assert (order.raised_by, order.accepted_by, order.started_by, order.confirmed_by) == (
        cast.tari, cast.indra, cast.indra, cast.tari,
    )  # fmt: skip
    assert len(history(order)) == 5


def test_team_it_returns_an_escalation_with_a_reason_and_the_raiser_learns_it(calls: Office) -> None:
    order = calls.raised("pbx")
    with pytest.raises(RuleRefused):
        escalations.return_to_raiser(user=calls.cast.indra, at=calls.cast.now, order=order, reason=" ")
    escalations.return_to_raiser(user=calls.cast.indra, at=calls.cast.now, order=order, reason="Batas keliru")
    order.refresh_from_db()
    assert (order.status, order.reason) == ("returned", "Batas keliru")
    notice = Notice.objects.get(user=calls.cast.tari, kind="escalation.return")
    assert notice.facts["reason"] == "Batas keliru"
    assert calls.raised("pbx").number == "ESK-2026-0002"  # the source is free again


@pytest.mark.parametrize("who", ["indra", "dewi", "clara", "candra", "rahma", "aulia", "adi", "agus"])
def test_only_the_team_leader_raises(calls: Office, who: str) -> None:
    calls.scan("pbx")
    with pytest.raises(Refused):
        escalations.raise_escalation(
            user=getattr(calls.cast, who), at=calls.cast.now, source=calls.found["pbx"], cut_off=date(2025, 12, 31)
        )
    assert not Escalation.objects.exists()


@pytest.mark.parametrize("who", ["tari", "dewi", "rahma", "aulia", "adi"])
def test_only_team_it_accepts(calls: Office, who: str) -> None:
    order = calls.raised("pbx")
    with pytest.raises(Refused):
        escalations.accept(user=getattr(calls.cast, who), at=calls.cast.now, order=order)
    assert Escalation.objects.get().status == "raised"


def test_who_raised_it_does_not_carry_it_out_even_with_both_roles(calls: Office) -> None:
    from kendali.accounts.models import RoleGrant

    RoleGrant.objects.create(user=calls.cast.tari, role="team_it", granted_at=calls.cast.now)
    order = calls.raised("pbx")
    with refused("another person"):
        escalations.accept(user=calls.cast.tari, at=calls.cast.now, order=order)


def test_a_second_click_changes_nothing(calls: Office) -> None:
    order = calls.raised("pbx")
    same = Escalation.objects.get(pk=order.pk)
    escalations.accept(user=calls.cast.indra, at=calls.cast.now, order=order)
    with pytest.raises(StaleState):
        escalations.accept(user=calls.cast.indra, at=calls.cast.now, order=same)
    assert len(history(order)) == 2


def test_an_open_order_keeps_the_source_for_itself(calls: Office) -> None:
    calls.raised("pbx")
    with refused("ESK-2026-0001 is still open"):
        calls.raised("pbx")
    assert Escalation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_clicking_at_once_make_one_order(calls: Office) -> None:
    calls.scan("pbx")

    def click(_: int) -> str:
        try:
            return str(
                escalations.raise_escalation(
                    user=calls.cast.tari, at=calls.cast.now, source=calls.found["pbx"], cut_off=date(2025, 12, 31)
                ).number
            )
        except RuleRefused as refused:
            return refused.verdict.reason
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(click, range(4)))
    assert Escalation.objects.count() == 1
    assert sorted(answers) == ["%(number)s is still open for this source: finish that one first."] * 3 + [
        "ESK-2026-0001"
    ]


def test_a_cut_off_in_the_future_is_refused(calls: Office) -> None:
    calls.scan("pbx")
    with refused("before today"):
        escalations.raise_escalation(
            user=calls.cast.tari, at=calls.cast.now, source=calls.found["pbx"], cut_off=date(2026, 11, 20)
        )


def test_nothing_due_means_nothing_to_raise_and_no_number_is_lost(calls: Office) -> None:
    calls.scan("pbx")
    with refused("nothing to raise"):
        escalations.raise_escalation(
            user=calls.cast.tari, at=calls.cast.now, source=calls.found["pbx"], cut_off=date(2020, 1, 1)
        )
    assert calls.raised("pbx").number == "ESK-2026-0001"


def test_without_a_policy_the_refusal_says_what_to_do(calls: Office) -> None:
    from kendali.terms.models import Policy

    Policy.objects.update(status="superseded")
    calls.scan("pbx")
    with refused("no policy for Bank Nusantara"):
        escalations.raise_escalation(
            user=calls.cast.tari, at=calls.cast.now, source=calls.found["pbx"], cut_off=date(2025, 12, 31)
        )


def test_the_periodic_drafts_are_sent_with_one_click(calls: Office) -> None:
    calls.source("second", client=calls.cast.telko, record_class="recording")
    calls.call("second", "b-1", OLD)
    calls.source("nothing-due", client=calls.cast.telko, record_class="conversation")
    for name in calls.found:
        calls.scan(name)
    drafts = periodic.draft_periodic(at=calls.cast.now)
    assert [(order.source.name, order.number) for order in drafts] == [("pbx", None), ("second", None)]
    assert periodic.draft_periodic(at=calls.cast.now) == []  # once a month is enough

    sent = escalations.send_drafts(user=calls.cast.tari, at=calls.cast.now)
    assert {order.number for order in sent} == {"ESK-2026-0001", "ESK-2026-0002"}
    assert {order.status for order in sent} == {"raised"}


def test_a_result_without_shortcomings_confirms_itself_after_its_deadline(calls: Office) -> None:
    cast, order = calls.cast, calls.running("pbx")
    escalations.finished(order, shortcomings=0, backed_up=3, at=cast.now)
    assert escalations.confirm_overdue(at=cast.now + timedelta(days=1)) == []
    assert [done.pk for done in escalations.confirm_overdue(at=cast.now + timedelta(days=5))] == [order.pk]
    order.refresh_from_db()
    assert (order.status, order.confirmed_by) == ("confirmed", None)


def test_a_result_with_shortcomings_waits_for_a_person(calls: Office) -> None:
    cast, order = calls.cast, calls.running("pbx")
    escalations.finished(order, shortcomings=1, backed_up=2, at=cast.now)
    assert escalations.confirm_overdue(at=cast.now + timedelta(days=50)) == []


def test_several_results_are_confirmed_at_once_and_the_others_stay(calls: Office) -> None:
    cast = calls.cast
    calls.source("second", client=cast.telko, record_class="recording")
    calls.call("second", "b-1", OLD)
    done, waiting = calls.running("pbx"), calls.raised("second")
    escalations.finished(done, shortcomings=0, backed_up=3, at=cast.now)
    confirmed = escalations.confirm_several(user=cast.tari, at=cast.now, orders=[done, waiting])
    assert confirmed == [done]
    assert set(Escalation.objects.values_list("number", "status")) == {
        (done.number, "confirmed"), (waiting.number, "raised"),
    }  # fmt: skip


def test_numbers_have_no_gap_when_something_is_refused(calls: Office) -> None:
    from kendali.terms import numbers

    def take(count: int) -> Iterator[str]:
        for _ in range(count):
            yield numbers.take("ESK", calls.cast.now)

    assert list(take(2)) == ["ESK-2026-0001", "ESK-2026-0002"]
    assert numbers.take("ESK", datetime(2026, 12, 31, 17, 30, tzinfo=UTC)) == "ESK-2027-0001"  # 1 January in Jakarta
    assert numbers.take("PKT", calls.cast.now) == "PKT-2026-0001"
