"""What chance may do to a play besides the paper: sources that change, lie and break, workers that die in the middle,
and what happens while a batch is at work. Each is one step of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from kendali.accounts.models import User
from kendali.connectors.base import SourceError
from kendali.connectors.fake import Does, FakeRecord
from kendali.disposal.models import Proposal
from kendali.home.models import Installation
from kendali.records.actions import certificates, lease, packages
from kendali.records.models import DisposalOrder, Package, Source
from kendali.records.tests.deletions import deletable
from tests.invariants.play import Killed, Play
from tests.invariants.world import START

LIES: list[Does] = [
    "deletes", "keeps", "rows_only", "queues", "queues_forever", "gone_before", "changes", "too_many", "transient",
    "fails", "refuses", "holds", "answer_lost", "gone_first", "unseen", "reappears", "hides", "grows",
]  # fmt: skip
DIES = ("fingerprints", "parts", "before", "after", "absent")  # where a worker may be killed
OPEN_ORDERS = ("raised", "accepted", "armed", "running", "paused", "stopped", "settling")


def forward(play: Play, client: int) -> None:
    """The next proper step of the paper of this client: whoever has to, does it, in time."""
    people, world = play.world.cast, play.world
    order = DisposalOrder.objects.filter(client=play.client(client), status__in=OPEN_ORDERS).order_by("-pk").first()
    if order is not None:
        _onward(play, DisposalOrder.objects.select_related("client", "proposal__policy").get(pk=order.pk))
        return
    asked = play.proposal(0, "asked", client=client)
    approved = play.proposal(0, "approved", client=client)
    draft = play.proposal(0, "draft", client=client)
    if asked is not None:
        signed = asked.decisions.filter(list_digest=asked.final_digest).count()
        play.answer(asked, play.clients_people(client)[::-1][min(signed, 1)])
    elif approved is not None and play.raise_order(approved, people.tari) is not None:
        return
    elif draft is not None:
        play.ask(draft)
    elif play.propose(client) is None:
        world.later(days=2)


def _onward(play: Play, order: DisposalOrder) -> None:
    indra, world = play.world.cast.indra, play.world
    if order.status == "raised":
        play.accept(order, indra)
    elif order.status == "accepted":
        play.working_hours()
        play.arm(order, indra)
    elif order.status == "armed":
        if world.now < order.waiting_until:
            world.at(order.waiting_until, world.drift)
        play.start()
    elif order.status in ("paused", "stopped"):
        play.order_step(order, "resume", indra)
    else:
        if order.lease_until is not None and order.lease_until > world.now:
            world.at(order.lease_until + timedelta(seconds=1), world.drift)
        play.work(order)


def calm(play: Play) -> None:
    """Clocks, credentials and the installation are right again."""
    for client in range(len(play.world.sources)):
        if not play.known.right[client]:
            right(play, client, given=True)
        play.world.fakes[client].failures.clear()
        clocks(play, client, "right")
    if play.known.recovery:
        recovery(play, False)


# --- sources


def disturb(play: Play, client: int, which: int, how: str) -> None:
    fake, ref = play.world.fakes[client], play.ref(client, which)
    now = play.now
    if how == "arrives":
        number = len(fake.records_there) + len(fake._deleted) + 1
        at = START - timedelta(days=(1000, 300)[which % 2])
        new = FakeRecord(f"n{number}", at, at, [(at, "Baru")] if client == 0 else (), {"n.wav": b"n" * 50},
                         customer_name="Eka", customer_phone="+62811000009", modified_at=now)  # fmt: skip
        fake.put(new)
    elif how == "comes back":
        for gone in sorted(fake._deleted)[:1]:
            fake.bring_back(gone)
    elif ref is None:
        return
    elif how == "vanishes":
        fake.take(ref)
        fake._deleted[ref] = fake._deleted.pop(ref)
    elif how == "message" and client == 1:  # a recording says nothing more; its file is another
        fake.change(ref, files={f"{ref}.wav": b"w" * (400 + which)}, modified_at=now)
    elif how == "message":
        record = fake.records_there[ref]
        fake.change(ref, messages=[*record.messages, (now, "Halo lagi")], last_activity_at=now, modified_at=now)
    elif how == "reopened":
        fake.change(ref, state="open", modified_at=now, customer_name=fake.records_there[ref].customer_name + "!")
    elif how == "quietly":  # past the application: no date moves
        fake.change(ref, files={"lain.wav": b"z" * (60 + which)})
    elif how == "breaks":
        fake.failures.append(SourceError("connection_lost", reason="the source is gone.", host="fake"))


def lies(play: Play, client: int, which: int, does: Does) -> None:
    ref = play.ref(client, which)
    if ref is not None:
        play.world.fakes[client].deleting.does[ref] = does


def clocks(play: Play, client: int, how: str) -> None:
    """Sets one clock wrong, or all of them right again."""
    world, known = play.world, play.known
    skew = {"source": timedelta(minutes=10), "unknown": None}.get(how, timedelta(0))
    world.fakes[client].skew = known.skew[client] = skew
    world.at(world.now, timedelta(minutes=-9) if how == "database" else timedelta(0))


def recovery(play: Play, on: bool) -> None:
    state = "recovery" if on else "normal"
    Installation.objects.update_or_create(pk=1, defaults={"state": state, "created": play.now})
    play.known.recovery = on


def right(play: Play, client: int, *, given: bool) -> None:
    """The deleting credential: in force, or only from tomorrow on."""
    source = play.world.source_of(client)
    deletable(source)
    if not given:
        Source.objects.filter(pk=source.pk).update(deleting_from=play.now + timedelta(days=400 * 365))
    play.known.right[client] = given


def damage(play: Play, which: int) -> None:
    """A byte of a package changes in the store; the next look finds it."""
    found = list(Package.objects.filter(status="verified").order_by("number"))
    if not found:
        return
    package = found[which % len(found)]
    files = sorted((play.world.folder / "store" / package.path).rglob("*.age"))
    files += sorted((play.world.folder / "store" / package.path).rglob("*.tar"))
    data = bytearray(files[0].read_bytes())
    data[len(data) // 2] ^= 1
    files[0].write_bytes(bytes(data))
    packages.check(package=package)


# --- workers


def dies(play: Play, order: DisposalOrder, where: str, nth: int) -> None:
    """The worker of this order is killed at its nth call of a kind; nothing of what it held is given back."""
    fakes, left = play.world.fakes, [nth]

    def count(name: str) -> None:
        if name == where:
            left[0] -= 1
            if left[0] <= 0:
                raise Killed

    before = [fake.deleting.before for fake in fakes]
    for fake, judge in zip(fakes, before, strict=True):
        fake.at_call = count
        fake.deleting.before = _both(judge, count)
        fake.deleting.after = lambda _ref: count("after")
    release = lease.release
    try:
        lease.release = lambda *_a, **_k: None
        play.work(order)
    finally:
        lease.release = release
        for fake, judge in zip(fakes, before, strict=True):
            fake.at_call = lambda _name: None
            fake.deleting.before, fake.deleting.after = judge, lambda _ref: None


def _both(judge: Callable[[str], None], count: Callable[[str], None]) -> Callable[[str], None]:
    def before(ref: str) -> None:
        judge(ref)
        count("before")

    return before


def meanwhile(play: Play, order: DisposalOrder, act: Callable[[], None], *, nth: int, at_lock: bool) -> None:
    """While a worker carries this order out, somebody else does `act`: before its nth look at the source, or between
    the intents and the client's lock."""
    world, left = play.world, [nth]
    working = order.pk

    def happens() -> None:
        world.meanwhile(act)
        play.known.working = working

    def call(name: str) -> None:
        if name == "parts":  # outside every transaction, in the worker's own thread
            left[0] -= 1
            if left[0] == 0:
                happens()

    if at_lock:
        world.before_lock = happens
    else:
        for fake in world.fakes:
            fake.at_call = call
    try:
        play.work(order)
    finally:
        for fake in world.fakes:
            fake.at_call = lambda _name: None


def intrusion(play: Play, order: DisposalOrder, how: str, which: int) -> Callable[[], None]:
    """What somebody may do while a batch is at work."""
    people, client = play.world.cast, play.number_of(order.client_id)
    fresh = DisposalOrder.objects.select_related("client", "proposal__policy", "proposal__erasure").get(pk=order.pk)

    def overtakes() -> None:
        DisposalOrder.objects.filter(pk=order.pk).update(lease_until=None)
        play.work(fresh)

    acts: dict[str, Callable[[], None]] = {
        "hold": lambda: play.hold(client, ("record", "customer", "range", "client")[which % 4], which, people.maya),
        "change": lambda: disturb(play, client, which, "message"),
        "vanish": lambda: disturb(play, client, which, "vanishes"),
        "cancel": lambda: play.order_step(fresh, "cancel", people.tari),
        "pause": lambda: play.order_step(fresh, "pause", people.indra),
        "shorter": lambda: play.policy(client, 2, 1, 40),
        "longer": lambda: play.policy(client, 3 + which % 3, 2, 30),
        "recovery": lambda: recovery(play, True),
        "overtakes": overtakes,
    }
    return acts[how]


INTRUSIONS = ("hold", "change", "vanish", "cancel", "pause", "shorter", "longer", "recovery", "overtakes")


def certificate(play: Play, which: int, user: User) -> None:
    """Document Control draws up what an order came to."""
    order = play.order(which)
    if order is None:
        return
    made = play.tried(lambda: certificates.draft(user=user, at=play.now, order=order))
    if made is not None:
        play.oracle.certificate(made, order)


def wrong_approval(play: Play, proposal: Proposal, user: User) -> None:
    """Somebody answers who may not, or for another list than there is."""
    play.answer(proposal, user)
    stale = Proposal.objects.select_related("client", "policy", "erasure").get(pk=proposal.pk)
    stale.final_digest = "0" * 64
    if stale.status == "asked":
        play.answer(stale, play.clients_people(play.number_of(stale.client_id))[0])
