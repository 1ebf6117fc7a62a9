"""Reasons live as long as the audit trail: none of them keeps a customer's number, whoever writes it and wherever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kendali.accounts import sensitive
from kendali.accounts.models import SensitiveChange
from kendali.audit.models import Entry
from kendali.records.actions import content, escalations, policies, search, settings, unbackupable
from kendali.records.models import Escalation, Record, Unbackupable
from kendali.records.tests import disposal_rows as rows
from kendali.records.tests.office import refused
from kendali.register import entries
from kendali.register.models import RegisterEntry
from kendali.terms.models import Policy
from kendali.terms.rules import Periods
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PHONE = "Nasabah minta ditelepon di 0812-3456-7890"
TERMS = policies.Terms("Asia/Jakarta", Periods(1, 30, 2, 24))


def returned(cast: Cast, text: str) -> None:
    rows.backed_up(cast, rows.records(cast, 1))
    order = Escalation.objects.get()
    order.status = "raised"
    order.save()
    escalations.return_to_raiser(user=cast.indra, at=cast.now, order=order, reason=text)


def cancelled(cast: Cast, text: str) -> None:
    rows.backed_up(cast, rows.records(cast, 1))
    order = Escalation.objects.get()
    order.status = "raised"
    order.save()
    escalations.cancel(user=cast.tari, at=cast.now, order=order, reason=text)


def opened(cast: Cast, text: str) -> None:
    rows.backed_up(cast, rows.records(cast, 1))
    content.open_content(user=cast.tari, at=cast.now, record=Record.objects.get(), reason=text)


def searched(cast: Cast, text: str) -> None:
    search.begin(user=cast.tari, at=cast.now, client=cast.nusantara, text="pulsa", reason=text)


def saved(cast: Cast, text: str) -> None:
    policies.save(
        user=cast.maya, at=cast.now, client=cast.nusantara, record_class="recording", terms=TERMS, reason=text
    )


def disagreed(cast: Cast, text: str) -> None:
    policy = rows.policy(cast)
    Policy.objects.update(status="waiting")
    policy.refresh_from_db()
    policies.decide(user=cast.clara, at=cast.now, policy=policy, agreed=False, reason=text)


def set_(cast: Cast, text: str) -> None:
    settings.save_setting(user=cast.adi, at=cast.now, key="hold.review_days", value=60, reason=text)


def no_backup(cast: Cast, text: str) -> None:
    unbackupable.propose(user=cast.tari, at=cast.now, record=rows.records(cast, 1)[0], reason=text)


def not_confirmed(cast: Cast, text: str) -> None:
    record = rows.records(cast, 1)[0]
    row = Unbackupable.objects.create(record=record, reason="x", proposed_by=cast.tari, proposed_at=cast.now)
    unbackupable.decide(user=cast.rahma, at=cast.now, row=row, confirmed=False, reason=text)


def stopped(cast: Cast, text: str) -> None:
    change = SensitiveChange.objects.create(
        kind="factors", do="user.factors", client=cast.nusantara, subject=f"accounts.user:{cast.clara.pk}",
        summary={"name": cast.clara.name}, proposed_at=cast.now,
    )  # fmt: skip
    sensitive.refuse(user=cast.adi, at=cast.now, change=change, reason=text)


def entered(cast: Cast, text: str) -> None:
    thing = entries.ByHand("hardcopy", "Formulir", issued_on=date(2026, 1, 2))
    entries.enter_by_hand(user=cast.dewi, at=cast.now, thing=thing, words={"remarks": text})


def reworded(cast: Cast, text: str) -> None:
    entry = RegisterEntry.objects.create(
        key="by_hand:1", kind="hardcopy", title="Formulir", issued_on=date(2026, 1, 2), entered_at=cast.now,
        changed_at=cast.now,
    )  # fmt: skip
    entries.change(user=cast.dewi, at=cast.now, entry=entry, words={"title": text})


@pytest.mark.parametrize(
    "write",
    [
        returned, cancelled, opened, searched, saved, disagreed, set_, no_backup, not_confirmed, stopped, entered,
        reworded,
    ],
    ids=lambda write: write.__name__,
)  # fmt: skip
def test_a_reason_with_a_phone_number_is_sent_back(
    cast: Cast, tmp_path: Path, settings: Settings, write: Callable[[Cast, str], None]
) -> None:
    settings.KENDALI_STORE = str(tmp_path / "store")
    with refused("what looks like a phone number"):
        write(cast, PHONE)
    assert not Entry.objects.exists()


def test_a_document_is_not_entered_as_destroyed_before_the_day_has_come(cast: Cast) -> None:
    thing = entries.ByHand("hardcopy", "Formulir", issued_on=date(2026, 1, 2))
    entry = entries.enter_by_hand(user=cast.dewi, at=cast.now, thing=thing)
    with refused("after today"):
        entries.destroyed_by_hand(user=cast.dewi, at=cast.now, entry=entry, on=date(2026, 11, 21), number="BA-1")
    entries.destroyed_by_hand(user=cast.dewi, at=cast.now, entry=entry, on=date(2026, 11, 20), number="BA-1")
