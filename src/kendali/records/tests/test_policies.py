"""Policies are versioned; a shorter period needs the client; the effect is shown before saving."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kendali.accounts.own_actions import create_token
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.notices.models import Notice
from kendali.records.actions import policies
from kendali.records.queries.waiting import waiting
from kendali.records.tests.office import Office, refused
from kendali.register.models import RegisterEntry
from kendali.terms.models import Policy
from kendali.terms.rules import Periods


def agreed(**changes: int) -> policies.Terms:
    values = {"backup_after_years": 1, "lead_days": 30, "delete_after_years": 2, "backup_copy_months": 24} | changes
    return policies.Terms(zone="Asia/Jakarta", periods=Periods(**values))


def save(office: Office, terms: policies.Terms, who: str = "maya", reason: str = "Adendum kontrak") -> Policy:
    return policies.save(
        user=getattr(office.cast, who),
        at=office.cast.now,
        client=office.cast.nusantara,
        record_class="recording",
        terms=terms,
        reason=reason,
    )


def test_the_first_version_and_a_longer_period_are_in_force_at_once(office: Office) -> None:
    first = save(office, agreed())
    second = save(office, agreed(delete_after_years=3))
    first.refresh_from_db()
    assert (first.version, first.status) == (1, "superseded")
    assert (second.version, second.status) == (2, "effective")


@pytest.mark.parametrize("change", [{"delete_after_years": 2}, {"backup_copy_months": 12}])
def test_a_shorter_period_waits_for_the_client(office: Office, change: dict[str, int]) -> None:
    long = save(office, agreed(delete_after_years=3))
    short = save(office, agreed(**{"delete_after_years": 3, **change}))
    assert short.status == "waiting"
    assert policies.effective(office.cast.nusantara, "recording") == long
    assert [line.url for line in waiting(office.cast.clara, office.cast.now)] == [f"/kebijakan/{short.pk}/"]
    assert waiting(office.cast.candra, office.cast.now) == []

    policies.decide(user=office.cast.clara, at=office.cast.now, policy=short, agreed=True)
    assert policies.effective(office.cast.nusantara, "recording") == short


def test_a_clock_that_makes_deletion_due_earlier_waits_for_the_client_too(office: Office) -> None:
    long = save(office, agreed())
    earlier = save(office, replace(agreed(), deletion_clock="started_at"))
    assert earlier.status == "waiting"
    assert policies.effective(office.cast.nusantara, "recording") == long
    policies.decide(user=office.cast.clara, at=office.cast.now, policy=earlier, agreed=True)
    assert save(office, agreed()).status == "effective"  # and back again: later, so at once


def test_the_client_may_refuse_with_a_reason(office: Office) -> None:
    long = save(office, agreed(delete_after_years=3))
    short = save(office, agreed())
    with pytest.raises(RuleRefused):
        policies.decide(user=office.cast.clara, at=office.cast.now, policy=short, agreed=False)
    policies.decide(user=office.cast.clara, at=office.cast.now, policy=short, agreed=False, reason="Audit OJK")
    short.refresh_from_db()
    assert short.status == "refused"
    assert policies.effective(office.cast.nusantara, "recording") == long


@pytest.mark.parametrize("who", ["candra", "maya", "adi", "tari", "aulia"])
def test_nobody_but_this_client_decides(office: Office, who: str) -> None:
    save(office, agreed(delete_after_years=3))
    short = save(office, agreed())
    with pytest.raises(Refused):
        policies.decide(user=getattr(office.cast, who), at=office.cast.now, policy=short, agreed=True)


@pytest.mark.parametrize("who", ["tari", "indra", "adi", "clara", "aulia", "dewi"])
def test_only_oversight_writes_policies(office: Office, who: str) -> None:
    with pytest.raises(Refused):
        save(office, agreed(), who)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (agreed(delete_after_years=1), "later than backup"),
        (agreed(backup_after_years=0), "at least one year"),
        (agreed(lead_days=400), "at most 366"),
        (agreed(backup_copy_months=0), "backup copy is kept"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(office: Office, terms: policies.Terms, reason: str) -> None:
    with refused(reason):
        save(office, terms)
    assert not Policy.objects.exists()


def test_a_new_version_needs_a_reason(office: Office) -> None:
    with refused("reason"):
        save(office, agreed(), reason="  ")


def test_the_effect_is_counted_before_saving(office: Office) -> None:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "two-years", datetime(2024, 6, 1, tzinfo=UTC))
    office.call("pbx", "one-year", datetime(2025, 6, 1, tzinfo=UTC))
    office.call("pbx", "soon", datetime(2025, 12, 1, tzinfo=UTC))
    office.scan("pbx")

    def effect(**changes: int) -> tuple[int, int, int]:
        found = policies.effect(office.cast.nusantara, "recording", agreed(**changes), date(2026, 11, 20))
        return found.overdue, found.due, found.past_retention

    assert effect() == (2, 1, 1)
    assert effect(lead_days=0) == (2, 0, 1)
    assert effect(backup_after_years=2, delete_after_years=3) == (1, 0, 0)


def test_the_client_is_told_of_the_first_version_and_of_its_third_period(office: Office) -> None:
    save(office, agreed(backup_copy_months=18))
    (told,) = Notice.objects.filter(kind="policy.first")
    assert (told.user, told.facts["months"], told.facts["years"]) == (office.cast.clara, 18, 2)
    save(office, agreed(backup_copy_months=24))
    assert Notice.objects.filter(kind="policy.first").count() == 1


def test_what_the_client_will_be_asked_is_the_same_on_its_page_and_over_the_api(office: Office) -> None:
    cast = office.cast
    save(office, agreed())
    today = timezone.localdate()
    RegisterEntry.objects.create(
        key="x:1", kind="recording", client=cast.nusantara, title="Rekaman", issued_on=today, quantity=7,
        deleted_quantity=2, expires_on=today - timedelta(days=1), entered_at=cast.now, changed_at=cast.now,
    )  # fmt: skip
    _row, secret = create_token(user=cast.clara, at=timezone.now(), name="x", scopes=["read"])
    answer = Client().get("/api/v1/coming/bank-nusantara", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json() == [
        {"month": f"{today:%Y-%m}-01", "record_class": "recording", "act": "source", "count": 5, "now": True}
    ]
    assert ">5<" in cast.web(cast.clara).get("/terbackup/").content.decode()
