"""KPI 7.1 and 7.2, line (a): older than one year and not in a verified package."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kendali.accounts.models import Client
from kendali.records.actions import counts, escalations, policies
from kendali.records.models import Record, Unbackupable
from kendali.records.queries import catalogue
from kendali.records.queries.radar import radar
from kendali.records.queries.waiting import waiting
from kendali.records.tests.office import Office
from kendali.terms.models import BackupClock, Policy


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.fixture
def calls(office: Office) -> Office:
    """Today is 20 November 2026 in Jakarta."""
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "overdue", at(2025, 11, 18, 16, 59))  # 18 November, 23.59 WIB
    office.call("pbx", "older", at(2024, 5, 1))
    office.call("pbx", "due-today", at(2025, 11, 19, 17, 0))  # 20 November, 0.00 WIB: a year old today
    office.call("pbx", "due-last", at(2025, 12, 19, 16, 59))
    office.call("pbx", "not-yet", at(2025, 12, 19, 17, 0))
    office.source("other", client=office.cast.telko, record_class="recording")
    office.call("other", "b-1", at(2024, 5, 1))
    office.scan("pbx")
    office.scan("other")
    return office


def test_the_radar_counts_what_is_older_than_a_year_without_a_verified_backup(calls: Office) -> None:
    found = radar([calls.cast.nusantara], calls.cast.now)
    (gap,) = found.gaps
    assert (gap.overdue, gap.due) == (2, 2)
    assert (gap.oldest_overdue, gap.newest_due) == (date(2024, 5, 1), date(2025, 12, 19))
    months = {month.month: (month.overdue, month.due) for month in found.months}
    assert months[date(2025, 11, 1)] == (1, 1)
    assert months[date(2025, 12, 1)] == (0, 1)
    assert found.earlier == 1


def test_where_the_policy_counts_from_the_start_radar_list_preview_and_order_say_the_same(calls: Office) -> None:
    record = Record.objects.get(ref="older")
    Record.objects.filter(pk=record.pk).update(changed_at=calls.cast.now, backup_clock=at(2026, 11, 1))
    client, now, today = calls.cast.nusantara, calls.cast.now, date(2026, 11, 20)
    told = []
    for clock in BackupClock:
        Policy.objects.filter(client=client).update(backup_clock=clock)
        counts.refresh(record.source, at=now)
        (gap,) = radar([client], now).gaps
        listed = [
            catalogue.records(catalogue.Selection(gap.source, state), now).count() for state in ("overdue", "due")
        ]
        (policy,) = Policy.objects.filter(client=client)
        terms = policies.Terms(policy.zone, policies.periods(policy), backup_clock=clock)
        effect = policies.effect(client, "recording", terms, today)
        assert [gap.overdue, gap.due] == listed == [effect.overdue, effect.due]
        states = catalogue.states(list(Record.objects.filter(source=gap.source)), gap.source, now)
        assert [states.count("overdue"), states.count("due")] == listed
        told.append(listed)
    assert told == [[1, 2], [2, 2]]


def test_the_radar_shows_only_the_clients_asked_for(calls: Office) -> None:
    assert {gap.source.name for gap in radar([calls.cast.telko], calls.cast.now).gaps} == {"other"}
    assert radar([], calls.cast.now).gaps == []


def test_a_source_without_a_policy_is_on_the_radar_and_owes_nothing(calls: Office) -> None:
    Policy.objects.filter(client=calls.cast.telko).update(status="superseded")
    (gap,) = radar([calls.cast.telko], calls.cast.now).gaps
    assert (gap.policy, gap.overdue) == (None, 0)


def test_what_cannot_be_backed_up_leaves_the_radar_when_the_qmr_has_confirmed_it(calls: Office) -> None:
    record = Record.objects.get(ref="older")
    row = Unbackupable.objects.create(
        record=record, reason="Berkas rusak", proposed_by=calls.cast.tari, proposed_at=calls.cast.now
    )
    counts.refresh(record.source, at=calls.cast.now)
    assert radar([calls.cast.nusantara], calls.cast.now).gaps[0].overdue == 2
    row.status = "confirmed"
    row.save()
    counts.refresh(record.source, at=calls.cast.now)
    assert radar([calls.cast.nusantara], calls.cast.now).gaps[0].overdue == 1


def test_the_number_of_queries_does_not_depend_on_the_number_of_records(
    calls: Office, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        radar(Client.objects.all(), calls.cast.now)


def test_the_team_leader_is_told_what_to_raise_by_when(calls: Office) -> None:
    line = next(line for line in waiting(calls.cast.tari, calls.cast.now) if line.facts["client"] == "Bank Nusantara")
    assert line.due == at(2025, 4, 30, 17)  # 1 May 2025, 0.00 WIB
    assert line.facts["overdue"] == 2
    assert line.primary


def test_once_raised_it_waits_for_team_it_and_not_for_the_team_leader(calls: Office) -> None:
    escalations.raise_escalation(
        user=calls.cast.tari, at=calls.cast.now, source=calls.found["pbx"], cut_off=date(2025, 12, 31)
    )
    assert [line.number for line in waiting(calls.cast.indra, calls.cast.now)] == ["ESK-2026-0001"]
    assert [line.facts["client"] for line in waiting(calls.cast.tari, calls.cast.now)] == ["Telko Raya"]


@pytest.mark.parametrize("who", ["clara", "candra", "aulia", "agus", "adi", "rahma"])
def test_nobody_else_has_to_act(calls: Office, who: str) -> None:
    assert waiting(getattr(calls.cast, who), calls.cast.now) == []
