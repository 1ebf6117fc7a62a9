"""Everything that people, workers, clocks and sources can do to a world, each as one step; what came of it is written
into the oracle's ledger. A refusal is an answer like any other; every other exception is a fault of the product.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from kendali import civil_time
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import Refused
from kendali.audit.actions import StaleState
from kendali.connectors.base import SourceError
from kendali.disposal.actions import deadlines, decisions
from kendali.disposal.actions import holds as paper_holds
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import Hold as HoldRow
from kendali.disposal.models import Proposal
from kendali.records.actions import (
    deletion,
    destruction,
    destruction_due,
    disposal_orders,
    erasures,
    escalations,
    fingerprints,
    holds,
    incidents,
    lease,
    policies,
    proposals,
    scan,
)
from kendali.records.calendar import days_off
from kendali.records.models import DisposalOrder, Incident, Record, RecordVersion
from kendali.terms.models import Policy
from tests.invariants.oracle import Approval, Hold, Ledger, Oracle, Paper, Terms, local
from tests.invariants.world import TERMS, ZONE, World

T = TypeVar("T")
ORDER = DisposalOrder.Status


class Killed(BaseException):
    """The worker's process is gone, in the middle of whatever it did."""


@dataclass
class Play:
    world: World
    oracle: Oracle = field(init=False)
    made_under: dict[int, Terms] = field(default_factory=dict)  # proposal → terms in force when it was made
    steps: int = 0

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.world)
        self.begin()

    @property
    def known(self) -> Ledger:
        return self.oracle.ledger

    @property
    def now(self) -> datetime:
        return self.world.now

    def begin(self) -> None:
        """A world as it was built, watched."""
        for number, fake in enumerate(self.world.fakes):
            fake.deleting.before = lambda ref, number=number: self.oracle.call(number, ref)  # type: ignore[misc]
            fake.finished = lambda ref, number=number: self.oracle.finish(number, ref)  # type: ignore[misc]
        self.copied()

    def copied(self) -> None:
        """What the versions that were just written hold, by what the source really gave."""
        for pk, source, ref in RecordVersion.objects.values_list("pk", "record__source", "record__ref"):
            if pk not in self.known.packed:
                fake = next(f for f, s in zip(self.world.fakes, self.world.sources, strict=True) if s.pk == source)
                if fake.given.get(ref):
                    self.known.packed[pk] = fake.given[ref][-1]

    # --- helpers

    def tried(self, act: Callable[[], T]) -> T | None:
        """None: it was refused."""
        with suppress(Refused, StaleState, lease.Busy):
            return act()
        return None

    def client(self, number: int) -> Client:
        return (self.world.cast.nusantara, self.world.cast.telko)[number]

    def clients_people(self, number: int) -> list[User]:
        people = self.world.cast
        return [people.clara, people.qadri] if number == 0 else [people.candra, people.dina]

    def number_of(self, client_id: int) -> int:
        return 0 if client_id == self.world.cast.nusantara.pk else 1

    def proposal(self, which: int, *statuses: str, client: int | None = None) -> Proposal | None:
        rows = Proposal.objects.filter(status__in=statuses).select_related("client", "policy", "erasure")
        if client is not None:
            rows = rows.filter(client=self.client(client))
        found = list(rows.order_by("-pk")[:3])
        return found[which % len(found)] if found else None

    def order(self, which: int, *statuses: str) -> DisposalOrder | None:
        rows = DisposalOrder.objects.filter(status__in=statuses or ORDER.values)
        found = list(rows.select_related("client", "proposal__policy", "proposal__erasure").order_by("-pk")[:3])
        return found[which % len(found)] if found else None

    def ref(self, client: int, which: int) -> str | None:
        there = sorted(self.world.fakes[client].records_there)
        return there[which % len(there)] if there else None

    def working_hours(self) -> None:
        """Until somebody is at work."""
        here = self.now + timedelta(hours=7)
        if 8 <= here.hour < 16 and civil_time.is_working_day(here.date(), days_off()):
            return
        day = civil_time.add_working_days(local(self.now), 1, days_off())
        self.world.at(civil_time.start_of_day(day, ZONE) + timedelta(hours=10), self.world.drift)

    # --- the paper

    def propose(self, client: int) -> Proposal | None:
        people, kind = self.world.cast, self.world.sources[client].record_class
        at = self.now

        def act() -> Proposal:
            cut = proposals.latest_cut_off(self.client(client), kind, at)
            return proposals.propose(
                user=people.tari, at=at, client=self.client(client), record_class=kind, cut_off=cut
            )

        with suppress(SourceError):
            found = self.tried(act)
            if found is not None:
                self.made_under[found.pk] = self.known.terms[client]
            return found
        return None

    def ask(self, proposal: Proposal) -> None:
        self.tried(lambda: paper.ask(user=self.world.cast.tari, at=self.now, proposal=proposal))

    def answer(self, proposal: Proposal, user: User, *, yes: bool = True, out: int = 0, hold: bool = False) -> None:
        """Ya without the first `out` lines, or Tidak."""
        items = list(proposal.items.filter(taken_out=False).order_by("pk").values_list("pk", "ref"))
        why = decisions.TakeOut("Masih sengketa", as_hold=hold, cause="dispute" if hold else "")
        take_out = dict.fromkeys([pk for pk, _ref in items[:out]], why) if yes else {}

        def act() -> object:
            return decisions.decide(
                at=self.now, proposal=proposal, answer="yes" if yes else "no", list_digest=proposal.final_digest,
                person=decisions.Person("login", user=user), take_out=take_out, reason="" if yes else "Belum",
                ask_again_on=None if yes else local(self.now) + timedelta(days=9), as_hold=hold and not yes,
                cause="dispute" if hold else "",
            )  # fmt: skip

        if self.tried(act) is None:
            return
        number = self.number_of(proposal.client_id)
        taken = {ref for _pk, ref in items[:out]} if yes else {ref for _pk, ref in items}
        if hold and taken:
            self.remember_holds(number, "record", refs=frozenset(taken))
        if yes:
            left = frozenset(ref for _pk, ref in items) - taken
            self._signed(proposal, number, left, user)

    def _signed(self, proposal: Proposal, client: int, refs: frozenset[str], user: User) -> None:
        by = proposal.proposed_by
        terms = self.made_under.get(proposal.pk, self.known.terms[client])
        fresh = Approval(
            client, proposal.act, refs, terms, needed=proposal.approvals_needed,
            erasure=proposal.erasure_id is not None, proposer=by.email if by else "",
        )  # fmt: skip
        found = self.known.approvals.setdefault(proposal.pk, fresh)
        found.signed.append(user.email)
        found.refs, found.at = refs, self.now
        end = local(self.now) + timedelta(days=31)  # the end of the 30th day
        found.until = datetime(end.year, end.month, end.day, tzinfo=self.now.tzinfo) - timedelta(hours=7)

    def cancel_proposal(self, proposal: Proposal, user: User) -> None:
        def act() -> bool:
            paper.cancel(user=user, at=self.now, proposal=proposal, reason="Dibatalkan")
            return True

        if self.tried(act) and proposal.pk in self.known.approvals:
            self.known.approvals[proposal.pk].dead = "cancelled"

    def raise_order(self, proposal: Proposal, user: User) -> DisposalOrder | None:
        order = self.tried(lambda: disposal_orders.raise_order(user=user, at=self.now, proposal=proposal))
        if order is not None:
            self.known.papers[order.pk] = Paper(proposal.pk, user.email)
        return order

    def accept(self, order: DisposalOrder, user: User) -> None:
        self.tried(lambda: disposal_orders.accept(user=user, at=self.now, order=order))

    def arm(self, order: DisposalOrder, user: User, *, typed: str = "") -> None:
        def act() -> bool:
            disposal_orders.arm(user=user, at=self.now, order=order, typed_number=typed or order.number)
            return True

        if self.tried(act):
            self.known.papers[order.pk].state, self.known.papers[order.pk].executor = "armed", user.email

    def order_step(self, order: DisposalOrder, verb: str, user: User) -> None:
        """return, pause, resume or cancel."""

        def act() -> bool:
            if verb == "return":
                disposal_orders.return_to_raiser(user=user, at=self.now, order=order, reason="Kurang")
            elif verb == "cancel":
                disposal_orders.cancel(user=user, at=self.now, order=order, reason="Batal")
            elif verb == "pause":
                disposal_orders.pause(user=user, at=self.now, order=order)
            else:
                disposal_orders.resume(user=user, at=self.now, order=order)
            return True

        if self.tried(act):
            state = {"return": "returned", "cancel": "cancelled", "pause": "paused", "resume": "armed"}[verb]
            self.known.papers[order.pk].state = state

    # --- workers

    def start(self) -> None:
        self.tried(lambda: disposal_orders.start_due(at=self.now))

    def work(self, order: DisposalOrder, *, times: int = 1) -> None:
        """A worker comes by for it, once its lease and pause are over."""
        for _ in range(times):
            DisposalOrder.objects.filter(pk=order.pk, lease_until__gt=self.now).update(lease_until=None)
            self.known.working = order.pk
            try:
                if order.act == "source":
                    deletion.run(order.pk, worker="test", clock=self.world.clock, patience=0)
                else:
                    destruction.run(order.pk, worker="test", clock=self.world.clock)
            except (Killed, lease.Busy):
                pass
            finally:
                self.known.working = 0
                self.world.before_lock = lambda: None
            order.refresh_from_db()

    def night(self) -> None:
        """What runs by itself."""
        deadlines.lapse(at=self.now)
        deadlines.expire(at=self.now)
        disposal_orders.expire(at=self.now)
        proposals.void_changed(at=self.now)
        for row in incidents.due_rechecks(at=self.now)[:2]:
            incidents.recheck(row, at=self.now)
        for number in range(len(self.world.sources)):
            with suppress(SourceError):
                fingerprints.compare(source=self.world.source_of(number), at=self.now)
        self.draft_copies()
        self.start()

    def draft_copies(self) -> None:
        for found in destruction_due.draft_all(at=self.now):
            self.made_under[found.pk] = self.known.terms[self.number_of(found.client_id)]

    def scan(self, client: int) -> None:
        scan.scan_now(self.world.source_of(client), at=self.now)

    def back_up(self, client: int) -> None:
        """The whole way, from the escalation to the result that the Team Leader confirmed."""
        order = self.tried(lambda: self.world.back_up(client))
        self.copied()
        if order is not None:
            self.tried(lambda: escalations.confirm(user=self.world.cast.tari, at=self.now, order=order))

    def close_incidents(self) -> None:
        for row in Incident.objects.filter(closed_at=None)[:2]:
            said = {"user": self.world.cast.rahma, "at": self.now, "explanation": "Dipulihkan dari cadangan"}
            self.tried(lambda row=row, said=said: incidents.close(incident=row, **said))  # type: ignore[misc]

    # --- holds

    def remember_holds(self, client: int, scope: str, **more: object) -> None:
        """The newest hold row is this one."""
        row = HoldRow.objects.order_by("-pk").first()
        assert row is not None
        self.known.holds[row.pk] = Hold(client, scope, **more)  # type: ignore[arg-type]

    def hold(self, client: int, scope: str, which: int, user: User) -> None:
        ref = self.ref(client, which)
        if ref is None:
            return
        record, source = self.world.fakes[client].records_there[ref], self.world.sources[client]
        assert record.last_activity_at is not None
        said = {"user": user, "at": self.now, "cause": "dispute", "reason": "Sengketa",
                "review_on": local(self.now) + timedelta(days=90)}  # fmt: skip
        day = local(record.last_activity_at)

        def act() -> object:
            if scope == "record":
                rows = Record.objects.filter(source=source, ref=ref)
                return holds.place_on_records(records=rows, **said)  # type: ignore[arg-type]
            if scope == "customer":
                return holds.place_on_customer(client=self.client(client), phone=record.customer_phone, **said)  # type: ignore[arg-type]
            days = {"starts": day, "ends": day} if scope == "range" else {}
            return paper_holds.place(client=self.client(client), scope=scope, **days, **said)  # type: ignore[arg-type]

        if self.tried(act) is not None:
            kinds: dict[str, dict[str, object]] = {
                "record": {"refs": frozenset([ref])}, "customer": {"phone": record.customer_phone, "name": None},
                "range": {"first": day, "last": day},
            }  # fmt: skip
            self.remember_holds(client, scope, **kinds.get(scope, {}))

    def lift(self, which: int, user: User) -> None:
        rows = list(HoldRow.objects.filter(status="active").select_related("client").order_by("-pk")[:3])
        if rows:
            row = rows[which % len(rows)]

            def act() -> bool:
                paper_holds.release(user=user, at=self.now, hold=row, reason="Selesai")
                return True

            if self.tried(act):
                self.known.holds.pop(row.pk, None)

    # --- policies, erasure requests

    def policy(self, client: int, years: int, months: int, lead: int, *, agreed: bool = True) -> None:
        """Another version; a shorter one is put to the client at once."""
        people, kind = self.world.cast, self.world.sources[client].record_class
        terms = policies.Terms(
            zone=ZONE, periods=replace(TERMS, delete_after_years=years, backup_copy_months=months, lead_days=lead)
        )
        row = self.tried(lambda: policies.save(
            user=people.maya, at=self.now, client=self.client(client), record_class=kind, terms=terms, reason="Kontrak"
        ))  # fmt: skip
        if row is None:
            return
        if row.status == Policy.Status.WAITING:
            user = self.clients_people(client)[0]
            self.tried(lambda: policies.decide(user=user, at=self.now, policy=row, agreed=agreed, reason="Tidak"))
        row.refresh_from_db()
        if row.status == Policy.Status.EFFECTIVE:
            self.known.policy(client, Terms(row.version, years, months, (lead,)))

    def erasure(self, client: int, which: int) -> None:
        """A customer asks, and the Team Leader makes the list."""
        ref, people = self.ref(client, which), self.world.cast
        if ref is None:
            return
        record, kind = self.world.fakes[client].records_there[ref], self.world.sources[client].record_class

        def act() -> Proposal:
            request = erasures.enter(
                user=people.tari, at=self.now, client=self.client(client), record_class=kind,
                name=record.customer_name, phone=record.customer_phone, channel="email", note="", received_at=self.now,
            )  # fmt: skip
            chosen = list(erasures.records_of(request).values_list("pk", flat=True))
            return erasures.propose(user=people.tari, at=self.now, request=request, chosen=chosen)

        with suppress(SourceError):
            found = self.tried(act)
            if found is not None:
                self.made_under[found.pk] = self.known.terms[client]
                self.ask(found)
