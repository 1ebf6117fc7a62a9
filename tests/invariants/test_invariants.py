"""The whole of procedure (a) as a state machine: whatever people, clocks, workers and sources do, in whatever order, I1
to I6 hold at every delete call, at every key that is taken away, and after every step.

The oracle (oracle.py) knows what the source really held and what people really did; it asks no rule of the product.
"""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from conftest import LONG
from kendali.accounts.models import User
from kendali.records.models import DisposalOrder
from tests.invariants import chance, stage
from tests.invariants.play import Play
from tests.invariants.world import World

STEPS = 1_000  # of one run
RUNS = 10 if LONG else 1

CLIENT = st.sampled_from((0, 1))
WHICH = st.integers(0, 3)
PERSON = st.sampled_from(
    ("tari", "indra", "surya", "kirana", "clara", "qadri", "candra", "dina", "rahma", "maya", "dewi")
)


class Procedure(RuleBasedStateMachine):
    """`world` and `seen` are the test's: see `machine_of`."""

    world: World
    seen: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.world.put_back()
        self.play = Play(self.world)
        self.watch = stage.watched(self.play)
        self.watch.__enter__()

    def teardown(self) -> None:
        self.watch.__exit__(None, None, None)
        known = self.play.known
        self.seen.update(known.outcomes)
        self.seen.update(calls=known.calls, copies=known.copies, certificates=known.certificates, examples=1)

    def person(self, name: str) -> User:
        found = getattr(self.world.cast, name)
        assert isinstance(found, User)
        return found

    def order(self, which: int) -> DisposalOrder | None:
        return self.play.order(which, *chance.OPEN_ORDERS)

    @invariant()
    def every_invariant_holds(self) -> None:
        self.seen["steps"] += 1
        self.play.oracle.look()

    # --- time

    @rule(minutes=st.sampled_from((1, 30, 180)))
    def minutes_pass(self, minutes: int) -> None:
        self.world.later(minutes=minutes)

    @rule(days=st.sampled_from((1, 1, 3, 8, 16, 31, 200)))
    def days_pass(self, days: int) -> None:
        self.world.later(days=days)

    @rule()
    def night(self) -> None:
        self.play.night()

    # --- the paper, by whoever may or may not

    @rule(client=CLIENT)
    def goes_on(self, client: int) -> None:
        chance.forward(self.play, client)

    def on(self, client: int, times: int) -> None:
        """Each of them is a step of its own."""
        for _ in range(times):
            chance.forward(self.play, client)
            self.every_invariant_holds()
        if times > 1:
            chance.certificate(self.play, 0, self.world.cast.dewi)

    def until_it_runs(self, client: int) -> DisposalOrder | None:
        chance.calm(self.play)
        for _ in range(9):
            order = self.play.order(0, "running")
            if order is not None and order.client == self.play.client(client):
                return order
            self.on(client, 1)
        return None

    @rule(client=CLIENT, times=st.integers(2, 4))
    def goes_on_and_on(self, client: int, times: int) -> None:
        self.on(client, times)

    @rule(client=CLIENT, which=WHICH, does=st.sampled_from(chance.LIES))
    def is_deleted_from_a_source_that_lies(self, client: int, which: int, does: str) -> None:
        if self.until_it_runs(client) is not None:
            chance.lies(self.play, client, which, does)  # type: ignore[arg-type]
            self.on(client, 3)

    @rule(
        client=CLIENT, which=WHICH, how=st.sampled_from((*chance.INTRUSIONS, "hold", "hold")),
        nth=st.integers(1, 2), at_lock=st.booleans(),
    )  # fmt: skip
    def is_deleted_and_disturbed(self, client: int, which: int, how: str, nth: int, at_lock: bool) -> None:
        order = self.until_it_runs(client)
        if order is not None:
            self.disturbed(order, how, which, nth, at_lock)
            self.on(client, 2)

    @rule(client=CLIENT, which=WHICH, nth=st.integers(1, 2), at_lock=st.booleans())
    def is_held_in_the_middle(self, client: int, which: int, nth: int, at_lock: bool) -> None:
        order = self.until_it_runs(client)
        if order is not None:
            self.disturbed(order, "hold", which, nth, at_lock)
            self.on(client, 2)

    @rule(client=CLIENT, where=st.sampled_from(chance.DIES), nth=st.integers(1, 4))
    def is_deleted_by_one_that_dies(self, client: int, where: str, nth: int) -> None:
        order = self.until_it_runs(client)
        if order is not None:
            chance.dies(self.play, order, where, nth)
            self.every_invariant_holds()
            self.on(client, 2)

    @rule(client=CLIENT, held=st.booleans(), which=WHICH, at_lock=st.booleans())
    def copies_are_destroyed(self, client: int, held: bool, which: int, at_lock: bool) -> None:
        """When their own period is over, as far as anything was deleted; a hold may come in the middle."""
        chance.calm(self.play)
        self.world.later(days=65)
        self.play.night()
        order = self.until_it_runs(client)
        if order is not None:
            if held:
                self.disturbed(order, "hold", which, 1, at_lock)
            self.on(client, 2)

    @rule(which=WHICH, person=PERSON)
    def sends(self, which: int, person: str) -> None:
        proposal = self.play.proposal(which, "approved", "voided", "expired", "closed")
        if proposal is not None:
            self.play.raise_order(proposal, self.person(person))

    @rule(which=WHICH, person=PERSON, yes=st.booleans(), out=st.integers(0, 2), hold=st.booleans())
    def answers(self, which: int, person: str, yes: bool, out: int, hold: bool) -> None:
        proposal = self.play.proposal(which, "asked")
        if proposal is not None:
            self.play.answer(proposal, self.person(person), yes=yes, out=out, hold=hold)

    @rule(which=WHICH, person=PERSON)
    def answers_wrongly(self, which: int, person: str) -> None:
        proposal = self.play.proposal(which, "asked", "approved", "voided")
        if proposal is not None:
            chance.wrong_approval(self.play, proposal, self.person(person))

    @rule(which=WHICH, person=PERSON)
    def cancels_the_list(self, which: int, person: str) -> None:
        proposal = self.play.proposal(which, "draft", "asked", "approved")
        if proposal is not None:
            self.play.cancel_proposal(proposal, self.person(person))

    @rule(which=WHICH, person=PERSON, verb=st.sampled_from(("accept", "arm", "return", "pause", "resume", "cancel")))
    def handles(self, which: int, person: str, verb: str) -> None:
        order = self.order(which)
        if order is None:
            return
        if verb == "accept":
            self.play.accept(order, self.person(person))
        elif verb == "arm":
            self.play.arm(order, self.person(person))
        else:
            self.play.order_step(order, verb, self.person(person))

    # --- workers

    @rule()
    def starts(self) -> None:
        self.play.start()

    @rule(which=WHICH)
    def works(self, which: int) -> None:
        order = self.order(which)
        if order is not None:
            self.play.work(order)

    @rule(which=WHICH, where=st.sampled_from(chance.DIES), nth=st.integers(1, 3))
    def worker_dies(self, which: int, where: str, nth: int) -> None:
        order = self.play.order(which, "running", "settling")
        if order is not None:
            chance.dies(self.play, order, where, nth)

    @rule(which=WHICH, how=st.sampled_from(chance.INTRUSIONS), nth=st.integers(1, 2), at_lock=st.booleans())
    def meanwhile(self, which: int, how: str, nth: int, at_lock: bool) -> None:
        order = self.play.order(which, "running", "settling")
        if order is None:
            return
        self.disturbed(order, how, which, nth, at_lock)

    def disturbed(self, order: DisposalOrder, how: str, which: int, nth: int, at_lock: bool) -> None:
        how = how if order.act == "source" else "hold"  # a destruction has its order's row before that lock
        act = chance.intrusion(self.play, order, how, which)
        chance.meanwhile(self.play, order, act, nth=nth, at_lock=at_lock or how == "recovery")

    # --- sources

    @rule(
        client=CLIENT, which=WHICH,
        how=st.sampled_from(
            ("arrives", "comes back", "vanishes", "message", "reopened", "quietly", "breaks", "breaks")
        ),
    )  # fmt: skip
    def source_changes(self, client: int, which: int, how: str) -> None:
        chance.disturb(self.play, client, which, how)

    @rule(client=CLIENT, which=WHICH, does=st.sampled_from(chance.LIES))
    def source_lies(self, client: int, which: int, does: str) -> None:
        chance.lies(self.play, client, which, does)  # type: ignore[arg-type]

    @rule(client=CLIENT, how=st.sampled_from(("right", "right", "right", "source", "unknown", "database")))
    def clock_is_set(self, client: int, how: str) -> None:
        chance.clocks(self.play, client, how)

    @rule(client=CLIENT)
    def scan(self, client: int) -> None:
        self.play.scan(client)

    @rule(client=CLIENT)
    def back_up(self, client: int) -> None:
        self.play.back_up(client)

    @rule(which=WHICH)
    def package_is_damaged(self, which: int) -> None:
        chance.damage(self.play, which)

    # --- holds, policies, requests, the installation

    @rule(
        client=CLIENT,
        which=WHICH,
        scope=st.sampled_from(("record", "record", "customer", "range", "client")),
        person=PERSON,
    )
    def holds(self, client: int, which: int, scope: str, person: str) -> None:
        self.play.hold(client, scope, which, self.person(person))

    @rule(which=WHICH, person=PERSON)
    def lifts(self, which: int, person: str) -> None:
        self.play.lift(which, self.person(person))

    @rule(client=CLIENT)
    def lifts_all(self, client: int) -> None:
        for which in range(3):
            for user in (self.world.cast.maya, self.world.cast.rahma, self.play.clients_people(client)[0]):
                self.play.lift(which, user)

    @rule(
        client=CLIENT,
        years=st.integers(2, 4),
        months=st.integers(1, 2),
        lead=st.sampled_from((30, 30, 40)),
        agreed=st.booleans(),
    )
    def policy_changes(self, client: int, years: int, months: int, lead: int, agreed: bool) -> None:
        self.play.policy(client, years, months, lead, agreed=agreed)

    @rule(client=CLIENT, which=WHICH)
    def customer_asks_for_erasure(self, client: int, which: int) -> None:
        self.play.erasure(client, which)

    @rule(on=st.sampled_from((False, False, False, True)))
    def recovers(self, on: bool) -> None:
        chance.recovery(self.play, on)

    @rule(client=CLIENT, given=st.sampled_from((True, True, True, False)))
    def right_to_delete(self, client: int, given: bool) -> None:
        chance.right(self.play, client, given=given)

    @rule(which=WHICH, person=st.sampled_from(("dewi", "dewi", "indra")))
    def draws_up(self, which: int, person: str) -> None:
        chance.certificate(self.play, which, self.person(person))

    @rule()
    def closes_incidents(self) -> None:
        self.play.close_incidents()


def machine_of(world: World, seen: Counter[str]) -> type[Procedure]:
    return type("Procedure", (Procedure,), {"world": world, "seen": seen})


@pytest.mark.parametrize("run", range(RUNS))
def test_every_invariant_holds_whatever_happens(world: World, run: int) -> None:
    """Each round has a seed of its own: the same steps in every run, others in every round."""
    seen: Counter[str] = Counter()
    rounds = count(run * 100)
    while seen["steps"] < STEPS:
        run_state_machine_as_test(
            seed(next(rounds))(machine_of(world, seen)),
            settings=settings(
                max_examples=5,
                stateful_step_count=30,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
    print(dict(seen))
    assert seen["calls"] >= STEPS // 50, "the model hardly deletes: it proves nothing"
    assert seen["copies"] >= STEPS // 500
    assert seen["deleted"]
