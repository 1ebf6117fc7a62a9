"""Monthly drafts come once a month, also when no worker ran on their day; after an alarm one follows an open order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kendali.records.actions import escalations, periodic
from kendali.records.models import Escalation, Source
from kendali.records.tests.office import Office
from kendali.terms.models import Setting

pytestmark = pytest.mark.django_db


@pytest.fixture
def calls(office: Office) -> Office:
    """One recording that is due for its backup, in a catalogue that was scanned."""
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "1", datetime(2025, 3, 3, 2, tzinfo=UTC))
    office.scan("pbx")
    return office


def drafted(*when: int) -> int:
    """How many drafts the run at this instant (UTC) makes; each ends at once, so that none stands in the way."""
    at = datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]
    made = periodic.draft_periodic(at=at)
    for one in made:
        escalations.cancel_empty(one, at=at)
    return len(made)


def test_the_first_working_day_of_the_month_in_the_zone_of_the_source(calls: Office) -> None:
    assert drafted(2026, 11, 1, 1) == 0  # a Sunday
    assert drafted(2026, 11, 2, 1) == 1
    assert drafted(2026, 11, 3, 1) == 0
    assert drafted(2026, 11, 30, 16, 30) == 0
    assert drafted(2026, 11, 30, 17, 30) == 1  # already 1 December in Jakarta


def test_a_night_without_a_worker_is_made_up_for_once(calls: Office) -> None:
    assert drafted(2026, 11, 2, 1) == 1
    assert drafted(2026, 12, 9, 1) == 1  # nobody ran on the first eight days of December
    assert drafted(2026, 12, 10, 1) == 0
    assert drafted(2027, 1, 4, 1) == 1


def test_a_client_may_do_without_them(calls: Office) -> None:
    Setting.objects.create(
        key="escalation.periodic", client=calls.cast.nusantara, value=False, version=1, reason="-",
        created_at=calls.cast.now,
    )  # fmt: skip
    assert drafted(2026, 11, 2, 1) == 0


def test_where_an_order_is_open_a_draft_follows_when_it_has_ended(calls: Office) -> None:
    cast, source = calls.cast, calls.found["pbx"]
    order = escalations.raise_escalation(
        user=cast.tari, at=cast.now, source=source, cut_off=cast.now.date() - timedelta(days=400)
    )
    assert periodic.draft(source, at=cast.now) is None
    assert periodic.draft_wanted(at=cast.now) == []
    escalations.cancel(user=cast.tari, at=cast.now, order=order, reason="Salah tanggal")
    (made,) = periodic.draft_wanted(at=cast.now)
    assert (made.status, made.source) == ("draft", source)
    assert periodic.draft_wanted(at=cast.now) == []
    assert Source.objects.get(pk=source.pk).draft_wanted_at is None
    assert Escalation.objects.filter(status="draft").count() == 1
