"""The lists of the sample's clients, each in another state. A: Bank Nusantara (Clara). B: Telko Raya (Candra).

Shares are of what may be proposed at that time and was not yet, so that samples of every size have all of it as far as
they have records.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime

from kendali.disposal.actions.decisions import TakeOut
from kendali.disposal.models import Proposal
from kendali.home.sample import disposals as paper
from kendali.home.sample.diary import Story, next_working_day
from kendali.home.sample.history import HOUR, Office, ask_again_on
from kendali.records.models import DisposalOrder

WITNESSES = ("rahma", "aulia")


def all_of(o: Office) -> Iterator[Story]:
    yield closed_with_one_taken_out(o)
    yield in_its_waiting_period(o)
    yield waits_for_the_answer(o)
    yield waits_for_signatures(o)
    yield refused(o)
    yield destroyed_with_its_copies(o)
    yield waits_for_the_certificate(o)
    yield approved(o)
    yield waits_for_the_answer_of_b(o)


@dataclass(frozen=True, slots=True)
class Files:
    """One client and kind of record, and who answers for it."""

    office: Office
    code: str
    record_class: str
    answers: str

    def ask(self, at: datetime, share: float) -> Proposal | None:
        client = self.office.client(self.code)
        cut_off = paper.share_of(client, self.record_class, share, at)
        return paper.asked(
            by=self.office["tari"], at=at, client=client, record_class=self.record_class, cut_off=cut_off
        )

    def yes(self, at: datetime, proposal: Proposal, without: dict[int, TakeOut] | None = None) -> None:
        paper.yes(by=self.office[self.answers], at=at, proposal=proposal, without=without)


def _carried_out(files: Files, proposal: Proposal, at: datetime) -> Generator[datetime, datetime, DisposalOrder]:
    """From the Ya to the end of the order: sent and accepted the next working day, armed, run when the wait is over."""
    o = files.office
    at = yield next_working_day(at, hour=9)
    order = paper.ordered(by=o["tari"], to=o["indra"], at=at, proposal=proposal)
    at = yield at + HOUR
    paper.armed(by=o["indra"], at=at, order=order)
    at = yield max(order.waiting_until, at) + HOUR
    return paper.carried_out(order, at=at)


def _certified(o: Office, order: DisposalOrder) -> Story:
    """Dewi draws it up on the next working day, everybody signs it, and it is sealed."""
    assert order.finished_at is not None
    at = yield next_working_day(order.finished_at, hour=10)
    certificate = paper.drafted(by=o["dewi"], at=at, order=order)
    at = yield at + 2 * HOUR
    paper.signed(certificate, by=[o[key] for key in ("indra", "tari", *WITNESSES, "maya")], at=at)


def _looked_again(o: Office, order: DisposalOrder) -> Story:
    """After 7 and 30 days, as far as they are over."""
    for row in order.rechecks.filter(due_at__lt=o.calendar.now).order_by("days"):
        at = yield row.due_at
        paper.looked_again(row, at=at)


def closed_with_one_taken_out(o: Office) -> Story:
    """A, conversations: Clara took one record out, which is held since; deleted, certified, looked for again."""
    files = Files(o, "bank", "conversation", "clara")
    at = yield o.calendar.ago(months=2, days=10, hour=10)
    proposal = files.ask(at, 0.12)
    if proposal is None:
        return
    at = yield o.calendar.ago(months=2, days=6, hour=14)
    lines = list(proposal.items.order_by("pk").values_list("pk", flat=True))
    taken = {lines[len(lines) // 2]: TakeOut(DISPUTE, as_hold=True, cause="dispute")} if len(lines) > 1 else {}
    files.yes(at, proposal, taken)
    if o.deletes:
        order = yield from _carried_out(files, proposal, at)
        yield from _certified(o, order)
        yield from _looked_again(o, order)


DISPUTE = "Sengketa biaya layanan, masih diperiksa bagian pengaduan"


def in_its_waiting_period(o: Office) -> Story:
    """A, conversations: approved today; Indra accepted the order and has to arm it."""
    files = Files(o, "bank", "conversation", "clara")
    at = yield o.calendar.ago(days=9, hour=11)
    proposal = files.ask(at, 0.3)
    if proposal is None:
        return
    at = yield o.calendar.just(hours=9)
    files.yes(at, proposal)
    at = yield o.calendar.just(hours=7)
    paper.ordered(by=o["tari"], to=o["indra"], at=at, proposal=proposal)


def waits_for_the_answer(o: Office) -> Story:
    """A, conversations: Clara has some days left."""
    files = Files(o, "bank", "conversation", "clara")
    at = yield o.calendar.ago(days=3, hour=15)
    files.ask(at, 0.5)


def waits_for_the_answer_of_b(o: Office) -> Story:
    """B, recordings: Candra has some days left, too."""
    files = Files(o, "telko", "recording", "candra")
    at = yield o.calendar.ago(days=5, hour=10)
    files.ask(at, 0.6)


def waits_for_signatures(o: Office) -> Story:
    """A, recordings: deleted, and the certificate has the signatures of those who did it, not of the witnesses."""
    files = Files(o, "bank", "recording", "clara")
    at = yield o.calendar.ago(days=24, hour=11)
    proposal = files.ask(at, 0.2)
    if proposal is None:
        return
    at = yield o.calendar.ago(days=20, hour=10)
    files.yes(at, proposal)
    if not o.deletes:
        return
    order = yield from _carried_out(files, proposal, at)
    yield from _looked_again(o, order)
    at = yield o.calendar.ago(days=2, hour=14)
    certificate = paper.drafted(by=o["dewi"], at=at, order=order)
    at = yield o.calendar.ago(days=1, hour=10)
    paper.signed(certificate, by=[o["indra"], o["tari"]], at=at)


def refused(o: Office) -> Story:
    """A, recordings: Clara said Tidak, and wants to be asked again in some days."""
    files = Files(o, "bank", "recording", "clara")
    at = yield o.calendar.ago(days=12, hour=13)
    proposal = files.ask(at, 0.5)
    if proposal is None:
        return
    at = yield o.calendar.ago(days=6, hour=16)
    paper.no(by=o["clara"], at=at, proposal=proposal, reason=AUDIT, ask_again_on=ask_again_on(o))


AUDIT = "Masih dipakai audit internal bank; selesai dalam dua minggu"


def destroyed_with_its_copies(o: Office) -> Story:
    """B, recordings: deleted at the source, and when the period of the copies ended those were destroyed, too."""
    files = Files(o, "telko", "recording", "candra")
    at = yield o.calendar.ago(months=6, days=5, hour=10)
    proposal = files.ask(at, 0.2)
    if proposal is None:
        return
    at = yield o.calendar.ago(months=6, hour=11)
    files.yes(at, proposal)
    if not o.deletes:
        return
    order = yield from _carried_out(files, proposal, at)
    yield from _certified(o, order)
    yield from _looked_again(o, order)
    at = yield o.calendar.ago(months=2, hour=13)
    copies = paper.asked_for_copies(by=o["tari"], at=at, client=o.client("telko"), record_class="recording")
    if copies is None:
        return
    at = yield o.calendar.ago(months=1, days=25, hour=9)
    files.yes(at, copies)
    order = yield from _carried_out(files, copies, at)
    yield from _certified(o, order)


def waits_for_the_certificate(o: Office) -> Story:
    """B, conversations: deleted; Dewi has to draw up the Berita Acara."""
    files = Files(o, "telko", "conversation", "candra")
    at = yield o.calendar.ago(days=16, hour=10)
    proposal = files.ask(at, 0.15)
    if proposal is None:
        return
    at = yield o.calendar.ago(days=6, hour=13)
    files.yes(at, proposal)
    if o.deletes:
        yield from _carried_out(files, proposal, at)


def approved(o: Office) -> Story:
    """B, conversations: Candra said Ya; Tari has to send the order."""
    files = Files(o, "telko", "conversation", "candra")
    at = yield o.calendar.ago(days=8, hour=14)
    proposal = files.ask(at, 0.5)
    if proposal is not None:
        at = yield o.calendar.just(hours=23)
        files.yes(at, proposal)
