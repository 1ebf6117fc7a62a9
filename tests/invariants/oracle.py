"""What must hold, in a few lines of its own: I1 to I6 as records-control words them, from what the model itself did and
what the source really held. Nothing here asks a rule of the product; rows are only looked at for what it claims.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from kendali.connectors.fake import FakeRecord
from kendali.records.models import DisposalItem, DisposalOrder, JournalEntry, Package, Record, RecordVersion
from kendali.register.models import Certificate
from tests.invariants.world import START, World, content

WIB = timedelta(hours=7)
Key = tuple[int, str]  # number of the source, the record's own id there
ENDS = {
    "deleted", "already_absent", "taken_out", "held", "changed", "cancelled", "refused", "failed", "unknown",
}  # fmt: skip
OPEN = {"waiting", "queued"}


class Violation(AssertionError):
    """An invariant is broken."""


def insist(true: object, invariant: str, *said: object) -> None:
    if not true:
        raise Violation(" ".join(map(str, (invariant, *said))))


def local(at: datetime) -> date:
    return (at.astimezone(UTC) + WIB).date()


def due(clock: datetime, years: int) -> date:
    """The day after the anniversary; 29 February has its anniversary on 1 March where there is none."""
    day = local(clock)
    try:
        then = day.replace(year=day.year + years)
    except ValueError:
        then = date(day.year + years, 3, 1)
    return then + timedelta(days=1)


def copy_due(deleted: datetime, months: int) -> date:
    """The same in months: where a month has no such day, its end has to be over."""
    day = local(deleted)
    month = day.year * 12 + day.month - 1 + months
    try:
        then = day.replace(year=month // 12, month=month % 12 + 1)
    except ValueError:
        month += 1
        then = date(month // 12, month % 12 + 1, 1)
    return then + timedelta(days=1)


@dataclass
class Terms:
    version: int
    years: int = 2
    months: int = 1
    rest: tuple[object, ...] = (30,)  # lead time


@dataclass
class Hold:
    client: int
    scope: str
    refs: frozenset[str] = frozenset()
    name: str | None = None
    phone: str | None = None
    first: date | None = None
    last: date | None = None

    def covers(self, key: Key, record: FakeRecord) -> bool:
        if key[0] != self.client:
            return False
        if self.scope == "record":
            return key[1] in self.refs
        if self.scope == "customer":
            return record.customer_name == self.name or record.customer_phone == self.phone
        if self.scope == "range":
            assert record.started_at is not None
            assert record.last_activity_at is not None
            return (self.last is None or local(record.started_at) <= self.last) and (
                self.first is None or local(record.last_activity_at) >= self.first
            )
        return True


@dataclass
class Approval:
    """What the client said Ya to. `dead`: why it is worth nothing any more."""

    client: int
    act: str
    refs: frozenset[str]
    terms: Terms  # in force when the list was made
    needed: int
    signed: list[str] = field(default_factory=list)  # e-mail addresses
    at: datetime = START
    until: datetime = START
    erasure: bool = False
    proposer: str = ""
    dead: str = ""


@dataclass
class Paper:
    """An order as people left it."""

    proposal: int
    raiser: str
    executor: str = ""
    state: str = "raised"


@dataclass
class Ledger:
    """What people did, as the model knows it."""

    terms: list[Terms] = field(default_factory=lambda: [Terms(1), Terms(1)])
    holds: dict[int, Hold] = field(default_factory=dict)  # primary key → those that were not lifted
    approvals: dict[int, Approval] = field(default_factory=dict)  # by proposal
    papers: dict[int, Paper] = field(default_factory=dict)  # by order
    packed: dict[int, tuple[object, ...]] = field(default_factory=dict)  # version → what was really copied
    recovery: bool = False
    skew: list[timedelta | None] = field(default_factory=lambda: [timedelta(0), timedelta(0)])
    right: list[bool] = field(default_factory=lambda: [True, True])
    told: Counter[Key] = field(default_factory=Counter)  # delete calls
    calls: int = 0
    copies: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    ended: dict[int, str] = field(default_factory=dict)  # item → its end
    certificates: int = 0
    working: int = 0  # the order a worker is at

    def policy(self, client: int, terms: Terms) -> None:
        """A version came into force: a shorter or another one voids what was approved, a lengthened one does not."""
        self.terms[client] = terms
        for approval in self.approvals.values():
            then = approval.terms
            longer = (
                terms.rest == then.rest
                and terms.years >= then.years
                and terms.months >= then.months
                and (terms.years, terms.months) != (then.years, then.months)
            )
            if approval.client == client and not approval.erasure and terms.version != then.version and not longer:
                approval.dead = approval.dead or "policy"


INTENT = """
SELECT count(*) FROM records_journalentry n JOIN records_disposalitem i ON i.id = n.item_id
JOIN records_record r ON r.id = i.record_id
WHERE n.kind = 'intent' AND n.order_id = %s AND r.source_id = %s AND r.ref = %s
"""
OPEN_INTENT = f"{INTENT} AND NOT EXISTS (SELECT FROM records_journalentry o WHERE o.intent_id = n.id)"


@dataclass
class Oracle:
    world: World
    ledger: Ledger = field(default_factory=Ledger)

    # --- at the moment of a delete call

    def call(self, source: int, ref: str) -> None:
        """The source is about to be told to delete this record."""
        key, fake, known = (source, ref), self.world.fakes[source], self.ledger
        record = fake.records_there[ref]
        known.calls += 1
        known.told[key] += 1
        self.journalled(key)
        packed = self._packed(key)
        insist(content(record) in packed, "I1", key, "no verified package holds what the source has now")
        self._may(key, record)
        approval = known.approvals[known.papers[known.working].proposal]
        if not approval.erasure:
            assert record.last_activity_at is not None
            day = due(record.last_activity_at, known.terms[source].years)
            insist(local(self.world.now) >= day, "I4", key, "is due on", day, "now", local(self.world.now))

    def finish(self, source: int, ref: str) -> None:
        """The rest of a deletion that was cut off, under the same intent: files whose rows are gone."""
        key = (source, ref)
        self.journalled(key, INTENT)
        record = self.world.fakes[source]._deleted.get(ref)
        if record is not None:
            self._may(key, record, act="rest")

    def journalled(self, key: Key, intent: str = OPEN_INTENT) -> None:
        values = (self.ledger.working, self.world.sources[key[0]].pk, key[1])
        row = self.world.eye.execute(intent, values).fetchone()
        insist(row and row[0] > 0, "I5", key, "has no intent that was committed before its call")

    def _packed(self, key: Key) -> list[tuple[object, ...]]:
        """What verified packages hold of it, by what was really copied into them."""
        rows = RecordVersion.objects.filter(
            record__source=self.world.sources[key[0]], record__ref=key[1], package__status="verified", complete=True
        ).exclude(package__verified_at=None)
        return [self.ledger.packed[pk] for pk in rows.values_list("pk", flat=True) if pk in self.ledger.packed]

    def _may(self, key: Key, record: FakeRecord, *, act: str = "source") -> None:
        """Approval, hold, and what stops a whole order."""
        known, now = self.ledger, self.world.now
        insist(known.working in known.papers, "I2", key, "is deleted without an order")
        paper = known.papers[known.working]
        approval = known.approvals.get(paper.proposal)
        if approval is None:
            raise Violation(f"I2 {key}: the client never said Ya")
        insist(approval.client == key[0] and key[1] in approval.refs, "I2", key, "is not on the approved list")
        insist(not approval.dead, "I2", key, "approval void:", approval.dead)
        begun = act == "copy" and approval.erasure  # its copies follow a deletion that was in time
        insist(now < approval.until or begun, "I2", key, "approval expired", approval.until)
        insist(len(set(approval.signed)) >= approval.needed, "I2", key, "signed by", approval.signed)
        people = [approval.proposer, paper.raiser, paper.executor, *approval.signed]
        insist(not set(approval.signed) & set(people[:3]), "duties", people)
        insist(paper.executor and paper.executor not in people[:2], "duties", people)
        ended = act == "rest" and paper.state == "cancelled"  # between records, not within one
        insist(paper.state == "armed" or begun or ended, "order", key, paper.state)
        waited = now - approval.at >= timedelta(hours=24)
        insist(waited or approval.erasure, "order", key, "in the waiting period")
        for pk, hold in known.holds.items():
            insist(not hold.covers(key, record), "I3", key, "is held by", pk, hold)
        insist(not known.recovery, "recovery", key)
        skews = (timedelta(0) if act == "copy" else known.skew[key[0]], self.world.drift)
        for skew in skews:
            insist(skew is not None and abs(skew) <= timedelta(minutes=5), "clock", key, skew)
        insist(known.right[key[0]] or act == "copy", "right", key, "without a credential in force")

    # --- at the point of no return of a backup copy

    def copy(self, source: int, ref: str, *, deleted_at: datetime | None) -> None:
        """From here on no key opens this version."""
        key, known = (source, ref), self.ledger
        known.copies += 1
        self.journalled(key)
        fake = self.world.fakes[source]
        record = fake.records_there.get(ref) or fake._deleted.get(ref)
        assert record is not None
        self._may(key, record, act="copy")
        approval = known.approvals[known.papers[known.working].proposal]
        if not approval.erasure:
            insist(deleted_at is not None, "I4", key, "was not deleted at the source")
            assert deleted_at is not None
            day = copy_due(deleted_at, known.terms[source].months)
            insist(local(self.world.now) >= day, "I4", key, "the copy is due on", day)

    # --- after each step

    def look(self) -> None:
        known = self.ledger
        rows = DisposalItem.objects.values_list("pk", "order_id", "order__act", "source_id", "record__ref", "outcome")
        for item, order, act, source, ref, outcome in rows:
            before = known.ended.get(item)
            insist(before in (None, outcome), "I6", "the end of a line changed", item, before, outcome)
            if outcome in OPEN or before is not None:
                continue
            insist(outcome in ENDS, "I6", "no measured verdict", item, outcome)
            known.ended[item] = outcome
            known.outcomes[outcome] += 1
            number = next(n for n, one in enumerate(self.world.sources) if one.pk == source)
            if act == "source":
                self._measured(item, order, (number, ref), outcome)
        self._journal()
        self._packages()

    def _measured(self, item: int, order: int, key: Key, outcome: str) -> None:
        """The line says what happened at the source, as far as it can be seen there."""
        fake = self.world.fakes[key[0]]
        there = key[1] in fake.records_there and not fake.hidden(key[1])
        back = fake.deleting.does.get(key[1]) == "reappears" and key[1] in fake.deleting.seen
        left = bool(fake.left_files.get(key[1])) or key[1] in fake.deleting.unlisted
        if outcome == "deleted":
            lines = JournalEntry.objects.filter(item=item)
            insist(lines.filter(kind="intent").exists(), "I5", key, "deleted without an intent")
            insist(lines.filter(kind="outcome", outcome="deleted").exists(), "I5", key, "deleted without an outcome")
            insist((not there or back) and not left, "I6", key, "is called deleted and is there")
        if outcome == "already_absent":
            insist(not there, "I6", key, "is called absent and is there")
        if outcome in ("changed", "cancelled", "taken_out"):
            mine = JournalEntry.objects.filter(item=item, kind="outcome", outcome="deleted").exists()
            insist(not mine, "I6", key, "is called", outcome, "and was deleted by us")

    def _journal(self) -> None:
        """Every outcome names an earlier intent of its item; every call has one."""
        intents = dict(JournalEntry.objects.filter(kind="intent").values_list("pk", "item_id"))
        rows = JournalEntry.objects.filter(kind="outcome").values_list("pk", "item_id", "intent_id")
        for pk, item, intent in rows:
            insist(intents.get(intent) == item and intent < pk, "I5", "outcome", pk, "without its intent")

    def _packages(self) -> None:
        """Nothing is lost on the way: a record that is called backed up has a package that was read back."""
        bad = Record.objects.filter(version__isnull=False).exclude(version__package__status="verified")
        insist(not bad.exists(), "I1", "counts as backed up without a verified package", list(bad))
        unread = Package.objects.filter(status="verified", verified_at=None)
        insist(not unread.exists(), "I1", "verified and never read back", list(unread))

    # --- a certificate

    def certificate(self, made: Certificate, order: DisposalOrder) -> None:
        """I6, counted from the lines of the order themselves."""
        counted = Counter(DisposalItem.objects.filter(order=order).values_list("outcome", flat=True))
        insist(not OPEN & set(counted), "I6", "a certificate while lines are open", counted)
        said = {end: getattr(made, end) for end in ENDS}
        insist({end: counted[end] for end in ENDS} == said, "I6", counted, said)
        insist(made.proposed == sum(said.values()) == made.lines.count(), "I6", made.proposed, said)
        approval = self.ledger.approvals[order.proposal_id]
        extra = counted["taken_out"]
        insist(made.proposed - extra == len(approval.refs), "I6", "another number than was approved", made.proposed)
        self.ledger.certificates += 1
