"""What the sample organisation has done so far: nine months of backups, and lists of each client in every state.

Dates are counted back from now; whatever is not over yet waits for somebody today. Each client, kind of record and
list is a story of its own (`diary`), and every step in it is an action of the product.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from kendali import civil_time
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.connectors.base import Listed
from kendali.disposal.actions import approvers, holds
from kendali.home.sample import diary, disposals, mystery_months, organisation
from kendali.home.sample import people as plan
from kendali.home.sample.diary import Calendar, Story
from kendali.notices import actions as inbox
from kendali.records.actions import backup, erasures, escalations, packages, past, sources, unbackupable
from kendali.records.actions import holds as record_holds
from kendali.records.models import Escalation, EscalationItem, Package, Record, Source, Unbackupable
from kendali.terms import settings as terms

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FOUNDED = 9  # months ago
BACKUPS = (8, 5, 3)  # months ago, and once more this month


@dataclass(frozen=True, slots=True)
class Office:
    users: dict[str, User]
    sources: dict[tuple[str, str], Source]  # by the client's code and the record class
    calendar: Calendar
    deletes: bool  # whether the sources have a credential for deleting

    def client(self, code: str) -> Client:
        return Client.objects.get(code=code)

    def __getitem__(self, key: str) -> User:
        return self.users[key]


def office(users: dict[str, User], found: Iterable[Source], now: datetime, *, deletes: bool) -> Office:
    by_kind = {(source.client.code, source.record_class): source for source in found}
    return Office(users, by_kind, Calendar(now), deletes)


def backups(o: Office) -> Iterator[Story]:
    """Everything up to the last months is backed up, month by month; two orders wait for somebody today."""
    for (client, record_class), source in o.sources.items():
        yield _backups(o, source, unconfirmed=(client, record_class) == ("telko", "recording"))
    yield _raised(o, o.sources["bank", "recording"], o.sources["telko", "conversation"])


def _backups(o: Office, source: Source, *, unconfirmed: bool) -> Story:
    minute = 5 * list(o.sources.values()).index(source)
    for months in (*BACKUPS, 0):
        days = 0 if months else 2
        at = yield o.calendar.ago(months=months, days=days, hour=9, minute=minute)
        order = _order(o, source, at, back=0 if months else 2)
        if order is None:
            continue
        at = yield at + 2 * HOUR
        escalations.accept(user=o["indra"], at=at, order=order)
        escalations.begin(user=o["indra"], at=at, order=order)
        backup.run(order.pk, worker=disposals.WORKER, clock=disposals.running_from(at))
        order.refresh_from_db()
        if months or not unconfirmed:
            at = yield at + 3 * HOUR
            escalations.confirm(user=o["tari"], at=at, order=order)


def _order(o: Office, source: Source, at: datetime, *, back: int) -> Escalation | None:
    """Up to the end of the last whole month that is a year old, or `back` months earlier."""
    year_ago = civil_time.add_years(civil_time.local_date(at, source.zone), -1)
    cut_off = civil_time.add_months(year_ago, -back) - DAY
    try:
        return escalations.raise_escalation(user=o["tari"], at=at, source=source, cut_off=cut_off)
    except RuleRefused:  # a small sample has nothing in some months
        return None


def _raised(o: Office, *found: Source) -> Story:
    """The next order of the first source that has something to back up."""
    at = yield o.calendar.just(hours=16)
    for source in found:
        cut_off = escalations.proposed_cut_off(source, civil_time.local_date(at, source.zone))
        with suppress(RuleRefused):
            escalations.raise_escalation(user=o["tari"], at=at, source=source, cut_off=cut_off)
            return


def cannot_be_backed_up(o: Office) -> Story:
    """What backups reported as missing or damaged at the source: confirmed, but for one that waits for the QMR."""
    for months in (7, 2):
        at = yield o.calendar.ago(months=months, days=3, hour=11)
        rows = [unbackupable.propose(user=o["tari"], at=at, record=one, reason=LOST) for one in _unsaved()[:-1]]
        at = yield o.calendar.ago(months=months, hour=14)
        for row in rows:
            unbackupable.decide(user=o["rahma"], at=at, row=row, confirmed=True, reason="Sudah diperiksa di sumber")
    at = yield o.calendar.just(hours=21)
    for record in _unsaved()[-1:]:
        unbackupable.propose(user=o["tari"], at=at, record=record, reason=DAMAGED)


def _unsaved() -> list[Record]:
    lines = EscalationItem.objects.filter(outcome="problem", record__version=None, escalation__status="confirmed")
    known = Unbackupable.objects.values("record")
    rows = Record.objects.filter(pk__in=lines.values("record")).exclude(pk__in=known)
    return list(rows.select_related("source__client").order_by("pk"))


LOST = "Tidak lengkap di sumber sejak pindah server; vendor menyatakan tidak dapat dipulihkan"
DAMAGED = "Rusak di sumber dan tidak ada salinan lain"


def last_night(o: Office) -> Story:
    """The nightly scan, at 01.00."""
    hour_ago = o.calendar.just(hours=1)
    at = yield civil_time.start_of_day(civil_time.local_date(hour_ago, diary.ZONE), diary.ZONE) + HOUR
    organisation.scan_all(o.sources.values(), at)


def everybody_reads(o: Office) -> Story:
    """What was told is read at the end of the day; only the last day's is still new."""
    at = yield o.calendar.just(hours=24)
    for person in o.users.values():
        inbox.mark_read(user=person, at=at)


def matters(o: Office) -> Iterator[Story]:
    """Holds, a customer's request, and a change that waits for its second person."""
    yield _hold_on_dates(o)
    yield _hold_lifted(o)
    yield _hold_on_customer(o)
    yield _erasure(o)
    yield _new_approver(o)


def _hold_on_dates(o: Office) -> Story:
    at = yield o.calendar.ago(months=1, hour=13)
    evening = o.calendar.now.astimezone(ZoneInfo(diary.ZONE)).hour >= 15  # then tomorrow, so that nothing is late yet
    first = civil_time.add_years(o.calendar.today, -2) - timedelta(days=45)
    holds.place(
        user=o["rahma"], at=at, client=o.client("bank"), scope="range", cause="case",
        reason="Gangguan layanan mobile banking: bukti percakapan diminta bagian hukum klien",
        legal_basis="Surat permintaan bagian hukum klien", reference="044/LGL-BN/2026",
        starts=first, ends=first + timedelta(days=2), review_on=o.calendar.today + evening * DAY,
    )  # fmt: skip


def _hold_lifted(o: Office) -> Story:
    at = yield o.calendar.ago(months=3, hour=10, minute=40)
    first = civil_time.add_years(o.calendar.today, -2) - timedelta(days=200)
    review_on = civil_time.local_date(at, diary.ZONE) + timedelta(days=90)
    hold = holds.place(
        user=o["tari"], at=at, client=o.client("bank"), scope="range", cause="complaint",
        reason="Keluhan antrean layanan: percakapan pada tanggal ini diperiksa", reference="KLH-0192",
        starts=first, ends=first + timedelta(days=1), review_on=review_on,
    )  # fmt: skip
    at = yield o.calendar.ago(months=2, days=20, hour=15)
    holds.release(user=o["maya"], at=at, hold=hold, reason="Keluhan selesai, tidak ada tindak lanjut")


def _hold_on_customer(o: Office) -> Story:
    at = yield o.calendar.just(hours=6)
    customer = _customer(o.sources["bank", "conversation"], at, oldest=31, newest=25)
    if customer is None:
        return
    record_holds.place_on_customer(
        user=o["tari"], at=at, client=o.client("bank"), cause="dispute",
        reason="Sengketa transaksi masih diperiksa oleh klien", legal_basis="Pengaduan nasabah, POJK 22/2023",
        reference="SGK-2026-118", review_on=o.calendar.today + timedelta(days=60),
        name=customer.customer_name, phone=customer.customer_phone,
    )  # fmt: skip


def _customer(source: Source, at: datetime, *, oldest: int, newest: int) -> Listed | None:
    """Somebody whose conversation ended so many months before: the first of them by the source's order."""
    first, last = at - timedelta(days=30.5 * oldest), at - timedelta(days=30.5 * newest)
    with sources.connected(source) as connector:
        for one in connector.due(None, "", 5000):
            ended = one.last_activity_at
            if one.state == "resolved" and one.customer_phone and ended is not None and first < ended < last:
                return one
    return None


def _erasure(o: Office) -> Story:
    at = yield o.calendar.just(hours=20)
    customer = _customer(o.sources["telko", "conversation"], at, oldest=21, newest=16)
    if customer is None:
        return
    erasures.enter(
        user=o["tari"], at=at, client=o.client("telko"), record_class="conversation", name=customer.customer_name,
        phone=customer.customer_phone, channel="E-mail ke dpo@telkoraya.example",
        note="Pelanggan berhenti berlangganan dan meminta riwayat percakapannya dihapus",
        received_at=at - 2 * HOUR,
    )  # fmt: skip


def _new_approver(o: Office) -> Story:
    at = yield o.calendar.just(hours=18)
    new = plan.NEW_APPROVER
    approvers.propose_new(
        user=o["adi"], at=at, client=o.client(new.client), email=new.email, name=new.name, position=new.position
    )


def count_again(now: datetime) -> None:
    """What a worker does within the first minute: the figures of line (b)."""
    for source in past.stale(now):
        past.refresh(source, at=now)


def spread_readings(now: datetime) -> None:
    """Every byte of every package was read a moment ago, on the clock of the past. So they are not all due to be read
    again on the first morning, but one after the other over the coming cycle."""
    due = packages.due_for_check(at=now, limit=10_000)
    cycle = timedelta(days=terms.number("fixity.cycle_days"))
    for n, package in enumerate(due, start=1):
        package.next_check_at = now + cycle * n / len(due)
    Package.objects.bulk_update(due, ["next_check_at"], batch_size=1000)


def ask_again_on(o: Office) -> date:
    return o.calendar.today + timedelta(days=5)


def tell(o: Office, stories: Iterable[Story]) -> None:
    records = [*backups(o), cannot_be_backed_up(o), *matters(o), everybody_reads(o), last_night(o), *stories]
    with terms.remembered():
        diary.play(records, brief=[mystery_months.tell(o.users, o.calendar.now)])
    count_again(o.calendar.now)
    spread_readings(o.calendar.now)
