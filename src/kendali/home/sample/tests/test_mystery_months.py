"""The sample's mystery calling on days on which little or nothing is called: every state of a finding is there, and
everybody has something to do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kendali.accounts.models import User
from kendali.home.sample import diary, history, mystery_months, mystery_people, organisation
from kendali.mystery.models import Finding
from kendali.mystery.queries import waiting
from kendali.mystery.rules.finding_rules import Dispute, FindingState
from kendali.terms import settings as terms


@pytest.fixture(autouse=True)
def home(db: None, settings: Settings, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    settings.KENDALI_STORE = str(tmp_path / "store")
    settings.KENDALI_KEYS = ",".join(f"{tmp_path / name}" for name in ("slot-1", "slot-2"))
    (tmp_path / "store").mkdir()


@pytest.mark.long
def test_one_month_alone_leaves_a_finding_in_every_state_on_a_sunday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mystery_months, "MONTHS", 0)
    _every_state_is_there("2026-11-22T14:55+07:00")


@pytest.mark.long
@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-24T09:00+07:00",  # the last of the days off around Idul Fitri
        "2027-01-01T10:00+07:00",
        "2028-02-29T11:00+07:00",
    ],
)
def test_three_months_leave_a_finding_in_every_state_on_an_awkward_day(moment: str) -> None:
    _every_state_is_there(moment)


def _every_state_is_there(moment: str) -> None:
    now = datetime.fromisoformat(moment)
    users = _lived(now)
    assert set(Finding.objects.values_list("state", flat=True)) == {one.value for one in FindingState}
    assert Finding.objects.filter(dispute=Dispute.OPEN).exists()
    for key in ("surya", "qanita", "qadri", "qori", "kirana"):
        assert waiting.waiting(users[key], now), f"nothing waits for {key}"
    escalated = Finding.objects.exclude(escalated_at=None).filter(state="at_supervisor")
    assert escalated.exists(), "nothing for the Kordinator to reroute, remind or decide"


def _lived(now: datetime) -> dict[str, User]:
    """The mystery calling of the sample until then, without the rest of it."""
    founded = diary.Calendar(now).ago(months=history.FOUNDED, hour=8)
    users = organisation.people(founded)
    mystery_people.make(founded)
    with terms.remembered():
        diary.play([], brief=[mystery_months.tell(users, now)])
    return users
