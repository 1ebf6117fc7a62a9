"""kill -9, or a sleep and a late awakening, at any point of a deletion in Chatwoot's own tables: nothing goes without a
line in the journal before it, nothing counts twice, nothing is forgotten, a hold that was placed first wins, and the
certificate adds up."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from conftest import LONG
from kendali.connectors.base import Part
from kendali.connectors.tests.grounds import PASSWORD, ChatwootGround, chatwoot_ground
from kendali.disposal import locks
from kendali.disposal.models import Act, HeldSubject, Hold
from kendali.records import secrets
from kendali.records.actions import backup, certificates, deletion, disposal_orders, escalations, scan, sources
from kendali.records.models import DisposalOrder, JournalEntry, Record, Source
from kendali.records.tests.approved import proposal
from kendali.records.tests.conftest import office as office  # a fixture
from kendali.records.tests.office import Office
from tests.faults.nursery import Fate, Nursery

KILLED, ASLEEP = (50, 20) if LONG else (5, 1)
LIST = 6  # conversations of one order
INTENTS = JournalEntry.Kind.INTENT


@dataclass
class Round:
    """One order over some conversations that no other round touches. One of them was edited after its backup, one
    somebody else deletes before us."""

    order: DisposalOrder
    refs: Sequence[str]
    parts: Mapping[str, Sequence[Part]]
    edited: str
    taken: str
    held: set[str] = field(default_factory=set)


@dataclass
class Centre:
    office: Office
    ground: ChatwootGround
    source: Source
    nursery: Nursery
    free: list[str]

    def round(self, chance: random.Random) -> Round:
        refs = sorted((self.free.pop() for _ in range(LIST)), key=int)
        deleter = self.ground.deleter()
        parts = dict(deleter.parts(refs))
        deleter.close()
        edited, taken = chance.sample(refs, 2)
        self.ground.change(edited)
        with self.ground.owner() as owner:
            for table in ("messages", "conversation_participants", "mentions", "reporting_events"):
                owner.execute(f"DELETE FROM {table} WHERE conversation_id = %s".encode(), [taken])
            owner.execute("DELETE FROM conversations WHERE id = %s", [taken])
        records = list(Record.objects.filter(ref__in=refs).select_related("source__client", "version"))
        paper = proposal(self.office, records, act=Act.SOURCE)
        order = disposal_orders.raise_order(user=self.office.cast.tari, at=timezone.now(), proposal=paper)
        DisposalOrder.objects.filter(pk=order.pk).update(status="running", started_at=timezone.now())
        return Round(order, refs, parts, edited, taken)

    def there(self, refs: Sequence[str]) -> set[str]:
        """Conversations that still have their row."""
        with self.ground.owner() as owner:
            query = "SELECT id::text FROM conversations WHERE id = ANY(%s)"
            return {ref for (ref,) in owner.execute(query, [list(map(int, refs))]).fetchall()}

    def left(self, round_: Round) -> dict[str, set[str]]:
        """Ref → names of its parts that a look still finds."""
        deleter = self.ground.deleter()
        found = deleter.absent(round_.parts)
        deleter.close()
        return {ref: {one.part.name for one in states if one.state != "gone"} for ref, states in found.items()}

    def carried_on(self, round_: Round) -> None:
        """The lease ran out; a successor comes by until nothing is left to do."""
        for _ in range(6):
            DisposalOrder.objects.filter(pk=round_.order.pk).update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
            round_.order.items.exclude(next_try_at=None).update(next_try_at=timezone.now())
            deletion.run(round_.order.pk, worker="successor", patience=3)
            round_.order.refresh_from_db()
            if round_.order.status not in ("running", "settling"):
                return

    def hold(self, round_: Round, ref: str) -> None:
        """As the action does it. It returns when no batch is under way any more."""
        now, subject = timezone.now(), Record.objects.get(ref=ref).pk
        with transaction.atomic():
            locks.exclusive(self.source.client_id)
            row = Hold.objects.create(
                number=f"TGH-9999-{ref}", client=self.source.client, scope="record", cause="dispute", reason="Sengketa",
                review_on=now.date() + timedelta(days=30), placed_by_name="Rahma", placed_at=now,
            )  # fmt: skip
            HeldSubject.objects.create(hold=row, subject=subject, ref=ref)
        round_.held.add(ref)


@pytest.fixture
def centre(office: Office, nursery: Nursery, tmp_path: Path) -> Iterator[Centre]:
    """Old conversations of Chatwoot, all backed up; its role that deletes is in force since yesterday."""
    cast, now = office.cast, timezone.now()
    long_ago = timezone.localdate() - timedelta(days=4 * 365)
    with chatwoot_ground(tmp_path / "chatwoot", 55 + LIST * (KILLED + 1) * 2, long_ago) as ground:
        in_one_month(ground)
        office.keys()
        office.policy(cast.nusantara, "conversation")
        config = {key: value for key, value in ground.config.items() if key != "delete_user"}
        source = sources.connect(
            user=cast.adi, at=now, client=cast.nusantara, kind="chatwoot", record_class="conversation",
            name="Omni-channel", zone="Asia/Jakarta", config=config, secret=ground.server.secret,
        )  # fmt: skip
        source.deleting = {"delete_by": "sql", "delete_user": ground.config["delete_user"]}
        source.deleting_secret = secrets.seal_deleting_secret(source.pk, {"delete_password": PASSWORD})
        source.deleting_from = now - timedelta(days=1)
        source.save()
        backed_up(office, source)
        yield Centre(office, ground, source, nursery, usable(ground))


def in_one_month(ground: ChatwootGround) -> None:
    """So that all are in one package."""
    with ground.owner() as owner:
        owner.execute(
            "UPDATE messages SET created_at = '2022-03-07 03:00', updated_at = '2022-03-07 03:00';"
            "UPDATE conversations SET created_at = '2022-03-07 03:00', last_activity_at = '2022-03-07 03:00'"
        )


def backed_up(office: Office, source: Source) -> None:
    scan.scan_now(source, at=timezone.now())
    cut_off = timezone.localdate() - timedelta(days=400)
    order = escalations.raise_escalation(user=office.cast.tari, at=timezone.now(), source=source, cut_off=cut_off)
    escalations.accept(user=office.cast.indra, at=timezone.now(), order=order)
    escalations.begin(user=office.cast.indra, at=timezone.now(), order=order)
    backup.run(order.pk, worker="test")


def usable(ground: ChatwootGround) -> list[str]:
    """Backed-up conversations with messages whose files nobody else has; those with files come first."""
    with ground.owner() as owner:
        found = owner.execute(
            "SELECT c.id::text, count(a.id) FROM conversations c JOIN messages m ON m.conversation_id = c.id"
            " LEFT JOIN attachments a ON a.message_id = m.id WHERE NOT c.custom_attributes ? 'sample_case'"
            " GROUP BY c.id ORDER BY count(a.id), c.id"
        ).fetchall()
    backed = set(Record.objects.exclude(version=None).values_list("ref", flat=True))
    return [ref for ref, _ in found if ref in backed]


def assert_journal_came_first(centre: Centre, round_: Round) -> None:
    """Whatever is gone has an intent that was committed, and no line counts what is still there."""
    gone = set(round_.refs) - {round_.taken} - centre.there(round_.refs)
    lines = JournalEntry.objects.filter(order=round_.order)
    assert gone <= set(lines.filter(kind=INTENTS).values_list("item__record__ref", flat=True))
    left = centre.left(round_)
    counted = lines.filter(kind="outcome", outcome="deleted").values_list("item__record__ref", flat=True)
    assert all(not left[ref] for ref in counted)


def assert_ended(centre: Centre, round_: Round) -> None:
    """Every line has the one end that is true; the source shows it; the certificate adds up."""
    order, refs = round_.order, set(round_.refs)
    order.refresh_from_db()
    assert (order.status, order.problem) == ("done", {})
    outcomes = dict(order.items.values_list("record__ref", "outcome"))
    kept = {round_.edited, *round_.held}
    expected = dict.fromkeys(refs, "deleted") | {round_.taken: "already_absent"}
    expected |= dict.fromkeys(round_.held, "held") | {round_.edited: outcomes[round_.edited]}
    assert outcomes == expected
    assert outcomes[round_.edited] in {"changed", "held"}
    assert centre.there(round_.refs) == kept
    left = centre.left(round_)
    for ref in refs - {round_.taken}:
        assert left[ref] == ({part.name for part in round_.parts[ref]} if ref in kept else set()), ref
    lines = order.journal.filter(kind="outcome", outcome="deleted")
    deleted = sorted(refs - kept - {round_.taken})
    assert sorted(lines.values_list("item__record__ref", flat=True)) == deleted
    assert not order.journal.filter(kind=INTENTS, outcomes=None).exists()
    assert set(Record.objects.filter(ref__in=refs).exclude(deleted_at=None).values_list("ref", flat=True)) == set(
        deleted
    )
    paper = certificates.draft(user=centre.office.cast.dewi, at=timezone.now(), order=order)
    found = (paper.proposed, paper.deleted, paper.already_absent, paper.changed + paper.held)
    assert found == (len(refs), len(deleted), 1, len(kept))


@pytest.mark.django_db(transaction=True)
def test_a_killed_deletion_is_carried_to_its_end(centre: Centre) -> None:
    points = unharmed(centre)
    for number in range(KILLED):
        chance = random.Random(number * 7919)
        round_ = centre.round(chance)
        for _ in range(chance.randint(1, 2)):  # the successor may die, too
            DisposalOrder.objects.filter(pk=round_.order.pk).update(lease_until=None)
            centre.nursery.run("deletion", round_.order.pk, "SIGKILL", chance.randint(1, points))
            assert_journal_came_first(centre, round_)
        if chance.random() < 0.3 and (left := sorted(centre.there(round_.refs))):
            centre.hold(round_, chance.choice(left))
        centre.carried_on(round_)
        assert_ended(centre, round_)


def unharmed(centre: Centre) -> int:
    """A round without a signal: how many points there are to choose from."""
    round_ = centre.round(random.Random(1))
    ended = centre.nursery.run("deletion", round_.order.pk, "SIGKILL", 0)
    assert_ended(centre, round_)
    return ended.points


@pytest.mark.django_db(transaction=True)
def test_a_deletion_that_wakes_up_too_late_takes_nothing_that_is_held_meanwhile(centre: Centre) -> None:
    for number in range(ASLEEP):
        chance = random.Random(number * 104729)
        round_ = centre.round(chance)
        sleeper = centre.nursery.run("deletion", round_.order.pk, "SIGSTOP", chance.randint(20, 250))
        assert sleeper.code is None, "the worker ended before its point"
        before = centre.there(round_.refs)
        if before:
            centre.hold(round_, chance.choice(sorted(before)))  # waits until the server took the sleeper's lock away
        if chance.random() < 0.5:
            woken(centre, round_, sleeper)
        centre.carried_on(round_)
        if sleeper.pid in centre.nursery.asleep:
            woken(centre, round_, sleeper)
        assert_ended(centre, round_)


def woken(centre: Centre, round_: Round, sleeper: Fate) -> None:
    centre.nursery.wake(sleeper)
    assert round_.held <= centre.there(round_.refs), "a hold that was placed first did not win"
    assert_journal_came_first(centre, round_)
