"""The sample organisation on its first morning: every state of a list is there, and everybody has something to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pytest_django.fixtures import Settings

from kendali import environment
from kendali.accounts.models import SensitiveChange, User
from kendali.audit.models import Entry
from kendali.audit.verify import verify
from kendali.disposal.actions import deadlines, erasures, holds
from kendali.disposal.models import Approver, ErasureRequest, Hold, Proposal, ProposalItem
from kendali.home.sample import people as plan
from kendali.home.sample.tests.support import own_database
from kendali.mystery.models import Clock, Coaching, Cycle, Dispute, Finding, Recording
from kendali.mystery.rules.finding_rules import FindingState
from kendali.records.actions import (
    destruction_due,
    disposal_orders,
    incidents,
    packages,
    proposals,
    register_rows,
    scan,
)
from kendali.records.models import DisposalOrder, Escalation, Incident, Recheck, Record, Source, Unbackupable
from kendali.records.queries import kpi, past, waiting
from kendali.register.models import Certificate
from kendali.terms.models import Policy
from kendali.vault.models import Sheet

CONVERSATIONS, RECORDINGS = 90, 20


@pytest.fixture
def sample(
    transactional_db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[datetime]:
    """When it was made."""
    with made(settings, tmp_path, monkeypatch) as at:
        yield at


@contextmanager
def made(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[datetime]:
    """With sources of its own, a role that reads and one that deletes there."""
    settings.HOME = folder
    settings.KENDALI_STORE = str(folder / "store")
    settings.KENDALI_KEYS = ",".join(f"{folder / name}" for name in ("slot-1", "slot-2"))
    (folder / "store").mkdir(parents=True)
    mark = uuid4().hex[:8]
    with own_database() as dsn:
        facts = conninfo_to_dict(dsn)
        owner: dict[str, Any] = {
            "NAME": facts["dbname"], "USER": facts["user"], "PASSWORD": facts.get("password", ""),
            "HOST": facts.get("host", ""), "PORT": str(facts.get("port", "")), "OPTIONS": {},
        }  # fmt: skip
        monkeypatch.setenv("KENDALI_SAMPLE_OWNER_URL", environment.database_url(owner))
        for name in ("reader", "deleter"):
            other = owner | {"USER": f"sample_{name}_{mark}", "PASSWORD": ""}
            monkeypatch.setenv(f"KENDALI_SAMPLE_{name.upper()}_URL", environment.database_url(other))
        now = timezone.now()
        call_command("sample", conversations=CONVERSATIONS, recordings=RECORDINGS)
        yield now
    with own_database() as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        for name in ("reader", "deleter"):
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(f"sample_{name}_{mark}")))


@pytest.mark.long
def test_the_same_seed_on_the_same_day_makes_the_same_lists(
    transactional_db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[date, list[Any]]] = []
    while len(found) < 2:
        call_command("flush", verbosity=0, interactive=False)
        with made(settings, tmp_path / uuid4().hex[:8], monkeypatch) as at:
            items = ProposalItem.objects.order_by("proposal__number", "source", "ref")
            lists = list(items.values_list("proposal__number", "ref", "taken_out"))
        today = timezone.localdate()
        found = [one for one in found if one[0] == today]  # a day that ended meanwhile has no second
        if timezone.localdate(at) == today:
            found.append((today, lists))
    assert found[0][1]
    assert found[0] == found[1]


@pytest.mark.long
def test_the_first_morning_shows_every_state_and_the_first_night_changes_none(sample: datetime) -> None:
    _set_up()
    _lists()
    _orders_and_certificates()
    _matters()
    _months(sample)
    _everybody_has_something_to_do(sample)
    _trail(sample)
    before = _states()
    _night(timezone.now())
    assert _states() == before
    assert not Incident.objects.exists()


def _set_up() -> None:
    for source in Source.objects.all():
        assert source.deleting_from is not None, "a credential for deleting, in force"
    for change in SensitiveChange.objects.exclude(confirmed_at=None):
        assert change.confirmed_by_id != change.proposed_by_id
        assert change.confirmed_at is not None
        assert change.applied_at is not None
        assert change.applied_at - change.confirmed_at >= timedelta(days=1)
    assert SensitiveChange.objects.filter(confirmed_at=None).count() == 1
    assert Approver.objects.exclude(usable_from=None).count() == 2
    assert Sheet.objects.get().confirmed_at is not None
    assert packages.due_for_check(at=timezone.now()) == []
    assert Policy.objects.filter(backup_copy_months=3, delete_after_years=2, backup_after_years=1).count() == 1


def _lists() -> None:
    found = Counter(Proposal.objects.values_list("client__code", "record_class", "act", "status"))
    assert found == {
        ("bank", "conversation", "source", "closed"): 1,
        ("bank", "conversation", "source", "approved"): 1,
        ("bank", "conversation", "source", "asked"): 1,
        ("bank", "recording", "source", "closed"): 1,
        ("bank", "recording", "source", "refused"): 1,
        ("telko", "conversation", "source", "closed"): 1,
        ("telko", "conversation", "source", "approved"): 1,
        ("telko", "recording", "source", "closed"): 1,
        ("telko", "recording", "source", "asked"): 1,
        ("telko", "recording", "backup", "closed"): 1,
    }
    taken = Proposal.objects.get(number__endswith="0002")
    assert taken.items.filter(taken_out=True, hold__status="active").count() == 1
    refused = Proposal.objects.get(status="refused")
    assert refused.reason
    assert refused.ask_again_on is not None
    assert refused.ask_again_on > timezone.localdate()


def _orders_and_certificates() -> None:
    orders = DisposalOrder.objects.order_by("raised_at")
    assert [(one.client.code, one.act, one.status) for one in orders] == [
        ("telko", "source", "done"),
        ("bank", "source", "done"),
        ("telko", "backup", "done"),
        ("bank", "source", "done"),
        ("telko", "source", "done"),
        ("bank", "source", "accepted"),
    ]
    assert orders[5].waiting_until > timezone.now()
    for order in orders[:5]:
        assert set(order.items.values_list("outcome", flat=True)) <= {"deleted", "taken_out"}
        decided = order.proposal.decisions.get()
        assert len({order.raised_by_id, decided.user_id, order.armed_by_id}) == 3
    assert list(Certificate.objects.order_by("sent_at").values_list("act", "status")) == [
        ("source", "sealed"), ("source", "sealed"), ("backup", "sealed"), ("source", "signing"),
    ]  # fmt: skip
    assert all(one.signatures.count() == 6 for one in Certificate.objects.filter(status="sealed"))
    assert Record.objects.exclude(destroyed_at=None).exists()
    assert not Recheck.objects.filter(due_at__lt=timezone.now(), done_at=None, order__act="source").exists()


def _matters() -> None:
    scopes = Counter(Hold.objects.values_list("scope", "status"))
    assert scopes["range", "released"] == scopes["range", "active"] == scopes["customer", "active"] == 1
    assert scopes["record", "active"] == 1
    request = ErasureRequest.objects.get()
    assert (request.client.code, request.status) == ("telko", "received")
    assert request.due_at > timezone.now()
    unsaved = Counter(Unbackupable.objects.values_list("status", flat=True))
    assert unsaved.keys() == {"confirmed", "proposed"}
    assert unsaved["proposed"] == 1
    assert Escalation.objects.filter(status="raised").count() == 1


def _months(now: datetime) -> None:
    """Two months of mystery calling that are over, and the one that runs."""
    before, last, running = Cycle.objects.order_by("month")
    assert running.month == timezone.localdate(now).replace(day=1)
    assert before.status == "frozen"
    assert last.status in {"frozen", "closed"}
    assert running.status in {"planned", "closed"}  # closed on its very last days
    for cycle in (before, last, running):
        assert cycle.samples.filter(replaces=None).count() == 66
        assert set(cycle.samples.exclude(area="").values_list("area", flat=True)) == set(plan.SITE_CODES.values())
    assert before.frozen_count >= before.minimum or before.shortfall_reason
    ends = Clock.objects.exclude(stopped_at=None)
    assert ends.filter(stopped_at__gt=F("due_at")).exists(), "somebody was late"
    assert ends.filter(stopped_at__lte=F("due_at")).count() > 20
    assert set(Finding.objects.values_list("state", flat=True)) == {one.value for one in FindingState}
    assert Dispute.objects.filter(decided_at=None).exists()
    assert Finding.objects.exclude(access_day=None).exists()
    assert Dispute.objects.exclude(decided_at=None).exists()
    assert Coaching.objects.exclude(acknowledged_at=None).exists()
    assert 0 < Recording.objects.count() <= 8


def _everybody_has_something_to_do(now: datetime) -> None:
    for key in ("tari", "indra", "dewi", "clara", "candra", "maya", "rahma", "aulia"):
        lines = list(waiting.waiting(User.objects.get(email__startswith=f"{key}@"), now))
        assert lines, f"nothing waits for {key}"
    clients = {source.client for source in Source.objects.select_related("client")}
    assert kpi.registered(clients).left == 0
    counts = past.past(clients)
    assert all(counts.total(state) for state in ("asked", "approved", "refused", "held"))


def _trail(now: datetime) -> None:
    assert verify().broken is None
    moments = list(Entry.objects.order_by("pk").values_list("at", flat=True))
    assert moments == sorted(moments), "the trail goes forward only"
    assert moments[0] < now - timedelta(days=200)
    assert moments[-1] <= now


def _states() -> list[tuple[str, str]]:
    return [
        *((str(one.number), one.status) for one in Proposal.objects.order_by("pk")),
        *((one.number, one.status) for one in DisposalOrder.objects.order_by("pk")),
        *((one.number, one.status) for one in Hold.objects.order_by("pk")),
        *((str(one), one.status) for one in ErasureRequest.objects.order_by("pk")),
        *((str(one), one.status) for one in Certificate.objects.order_by("drafted_at")),
    ]


def _night(now: datetime) -> None:
    """What a worker does in the first night, in this process."""
    for source in Source.objects.select_related("client"):
        found = scan.scan_now(source, at=now)
        assert found is not None
        assert (found.status, found.new, found.changed, found.vanished) == ("done", 0, 0, 0)
    deadlines.lapse(at=now)
    deadlines.expire(at=now)
    deadlines.remind(at=now)
    deadlines.ask_again(at=now)
    holds.remind_of_reviews(at=now)
    erasures.remind(at=now)
    assert disposal_orders.start_due(at=now) == []
    assert disposal_orders.expire(at=now) == []
    assert proposals.void_changed(at=now) == []
    assert destruction_due.draft_all(at=now) == []
    assert incidents.due_rechecks(at=now) == []
    register_rows.refresh_all(at=now)
