"""Conversations by the thousand. A block of conversations depends on (plan, block number) only, so that blocks can be
made by several processes in any order and the result is the same. Times are µs since 1970 UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple
from uuid import UUID

from .chatwoot_base import LABELS, SIDES, Agent, Inbox, Side
from .chatwoot_files import Shelf
from .copying import DAY, Ledger, instant, micros
from .names import Person, local_form, person
from .script import DELETED, NOBODY, Line, play

BLOCK = 1_000  # conversations made together
MEAN_LENGTH = 10  # messages per conversation, exactly so over a block
CONTACTS_PER_BLOCK = 650  # per full block and account 6:4
SHARE = (0.6, 0.4)  # of the two accounts
# Weight of each local hour of the day.
HOURS = (1, 0, 0, 0, 0, 1, 3, 8, 14, 16, 15, 13, 11, 13, 14, 13, 12, 10, 10, 11, 11, 9, 6, 3)
EMPTY = "{}"
STORED_EMPTY = '"{}"'  # the application stores an empty attribute hash as a string holding JSON
STORED_DELETED = '"{\\\\"deleted\\\\":true}"'
MAIL = '"{\\\\"email\\\\":{\\\\"subject\\\\":\\\\"%s\\\\",\\\\"from\\\\":[\\\\"%s\\\\"]}}"'
CSAT = (
    '"{\\\\"submitted_values\\\\":{\\\\"csat_survey_response\\\\":'
    '{\\\\"rating\\\\":%d,\\\\"feedback_message\\\\":\\\\"%s\\\\"}}}"'
)


@dataclass(frozen=True)
class Plan:
    """What to make: `conversations` of the bulk, ids counted up from the firsts."""

    conversations: int
    seed: int
    today: date
    storage: Path
    first_conversation: int
    first_message: int
    first_display: tuple[int, int]  # per account
    attachment_share: float = 0.015

    @property
    def blocks(self) -> int:
        return -(-self.conversations // BLOCK)

    @property
    def begin(self) -> int:
        return micros(datetime.combine(three_years_before(self.today), datetime.min.time(), UTC))

    @property
    def end(self) -> int:
        return micros(datetime.combine(self.today, datetime.min.time(), UTC)) - 8 * 3_600_000_000


class Place(NamedTuple):
    """A conversation before its messages: where, when, with whom."""

    id: int
    display_id: int
    side: Side
    start: int
    length: int


def three_years_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 3)
    except ValueError:
        return day.replace(year=day.year - 3, day=28)


def counts(size: int) -> tuple[int, int]:
    """How many of `size` conversations each account gets."""
    first = round(size * SHARE[0])
    return first, size - first


def make_block(plan: Plan, number: int, ledger: Ledger) -> None:
    rnd = Random(plan.seed * 1_000_003 + number)  # noqa: S311
    size = min(BLOCK, plan.conversations - number * BLOCK)
    shelf = Shelf(plan.storage, rnd, ledger, number)
    places = _places(plan, number, size, rnd)
    _contacts(plan, number, ledger, places[0].start if places else plan.begin)
    stories = [_Story(plan, number, place, rnd, ledger) for place in places]
    spoken = sorted(
        ((line.at, n, line) for n, story in enumerate(stories) for line in story.lines), key=lambda item: item[:2]
    )
    message_id = plan.first_message + number * BLOCK * MEAN_LENGTH
    write = ledger.lines["messages"].append
    for at, n, line in spoken:
        write(stories[n].message(message_id, at, line))
        if line.attached:
            stories[n].attach(shelf, message_id, at)
        elif line.rating:
            stories[n].rate(message_id, at, line)
        message_id += 1
    for story in stories:
        story.close()


def _places(plan: Plan, number: int, size: int, rnd: Random) -> list[Place]:
    span = plan.end - plan.begin
    begin = plan.begin + span * number * BLOCK // plan.conversations
    until = plan.begin + span * (number * BLOCK + size) // plan.conversations
    starts = []
    for _ in range(size):
        day = (begin + int(rnd.random() * (until - begin))) // DAY
        hour = rnd.choices(range(24), HOURS)[0]
        starts.append(min(max(day * DAY + (hour - 7) * 3_600_000_000 + int(rnd.random() * 3.6e9), begin), until))
    starts.sort()
    lengths = [min(int(rnd.expovariate(1 / 8.2)) + 2, 60) for _ in range(size)]
    surplus = sum(lengths) - size * MEAN_LENGTH
    while surplus:
        n = int(rnd.random() * size)
        if surplus > 0 and lengths[n] > 2:
            lengths[n] -= 1
            surplus -= 1
        elif surplus < 0:
            lengths[n] += 1
            surplus += 1
    first, second = counts(size)
    owners = [0] * first + [1] * second
    rnd.shuffle(owners)
    earlier = counts(BLOCK)
    display = [plan.first_display[n] + earlier[n] * number for n in (0, 1)]
    places = []
    for n in range(size):
        owner = owners[n]
        places.append(
            Place(plan.first_conversation + number * BLOCK + n, display[owner], SIDES[owner], starts[n], lengths[n])
        )
        display[owner] += 1
    return places


def contact_range(number: int, account: int) -> tuple[int, int]:
    """Numbers (from 0, to exclusive) of the contacts of an account that block `number` brings."""
    share = round(CONTACTS_PER_BLOCK * SHARE[account])
    return number * share, (number + 1) * share


def _contacts(plan: Plan, number: int, ledger: Ledger, since: int) -> None:
    stamp = instant(since)
    for account, one in enumerate(SIDES):
        people, inboxes = ledger.lines["contacts"], ledger.lines["contact_inboxes"]
        for n in range(*contact_range(number, account)):
            who = person(plan.seed, n + one.contact_base)
            contact_id = one.contact_base + n + 1_000
            inbox = home_inbox(one, who)
            email = who.email if inbox.label == "E-mail" or who.bits % 3 == 0 else "\\N"
            phone = who.phone if inbox.label == "WhatsApp" or who.bits % 5 else "\\N"
            people.append(
                f"{contact_id}\t{who.name}\t{email}\t{phone}\t{one.account_id}\t"
                f'{{"city": "{who.city}", "country": "Indonesia"}}'
                f"\t\\N\t{{}}\t{stamp}\t1\t{who.city}\tID\t{stamp}\t{stamp}\n"
            )
            inboxes.append(f"{contact_id}\t{contact_id}\t{inbox.id}\t{source_of(inbox, who, n)}\tf\t{stamp}\t{stamp}\n")


def home_inbox(one: Side, who: Person) -> Inbox:
    return one.inboxes[(0, 0, 0, 0, 0, 1, 1, 1, 2, 3)[who.bits // 16 % 10]]


def source_of(inbox: Inbox, who: Person, number: int) -> str:
    if inbox.label == "WhatsApp":
        return who.phone[1:]
    if inbox.label == "E-mail":
        return who.email
    if inbox.label == "Telegram":
        return str(100_000_000 + number)
    return str(UUID(int=(who.bits << 64 | number << 16 | 0x4000_0000_0000_0000_0000) & (1 << 128) - 1))


class _Story:
    """One conversation: its words first, then its rows."""

    def __init__(self, plan: Plan, block: int, place: Place, rnd: Random, ledger: Ledger) -> None:
        self.plan, self.place, self.rnd, self.ledger = plan, place, rnd, ledger
        one, account = place.side, place.side.account_id - 1
        begin, until = contact_range(block, account)
        number = begin + int(rnd.random() * (until - begin)) if rnd.random() < 0.7 else int(rnd.random() * until)
        self.who = person(plan.seed, one.contact_base + number)
        self.contact_id = one.contact_base + number + 1_000
        self.inbox = home_inbox(one, self.who)
        self.agent: Agent = one.agents[int(rnd.random() * len(one.agents))]
        self.topic = one.topics[int(rnd.random() * len(one.topics))]
        self.status = self._status()
        self.shares = plan.attachment_share * MEAN_LENGTH
        slots = {
            "nama": self.who.name.split()[0],
            "agen": self.agent.name.split()[0],
            "klien": one.name,
            "kanal": self.inbox.label,
            "kota": self.who.city,
            "hp": local_form(self.who.phone),
        }
        self.lines: list[Line] = play(
            rnd, self.topic, slots, place.start, place.length, one.offset_hours, self.status == 1, self.shares, plan.end
        )
        self.head = f"\t{one.account_id}\t{self.inbox.id}\t{place.id}\t"
        self.last = place.start

    def _status(self) -> int:
        """Chatwoot's number: open 0, resolved 1, pending 2, snoozed 3; the younger, the more often still open."""
        chance = self.rnd.random()
        age = self.plan.end - self.place.start
        if age < 10 * DAY:
            return 0 if chance < 0.35 else 3 if chance < 0.4 else 2 if chance < 0.45 else 1
        return 0 if chance < 0.012 else 2 if chance < 0.018 else 3 if chance < 0.024 else 1

    def message(self, message_id: int, at: int, line: Line) -> str:
        rnd = self.rnd
        if at > self.last:
            self.last = at
        stamp, chance = instant(at), rnd.random()
        changed = stamp if chance < 0.6 else instant(min(at + int(rnd.random() * 9e9), self.plan.end))
        attributes, content, source, status, content_type = STORED_EMPTY, line.text, "\\N", 0, 0
        if line.kind in (0, 1):
            if self.inbox.id % 4 == 1:
                source = f"wamid.{rnd.getrandbits(150):025X}"
                status = 0 if line.kind == 0 else 2
            elif self.inbox.id % 4 == 3:
                source = f"{rnd.getrandbits(64):x}@surel.example"
                if line.kind == 0:
                    content_type, attributes = 8, MAIL % (self.topic.label, self.who.email)
            elif self.inbox.id % 4 == 0:
                source = str(message_id)
            if chance > 0.997 and not line.attached:
                content_type, attributes, content = 0, STORED_DELETED, DELETED
        elif line.kind == 2:
            attributes = EMPTY
        if line.rating:
            content_type, attributes = 9, CSAT % (line.rating, line.feedback)
        sender = ("\\N", "\\N")
        if line.kind == 0:
            sender = ("Contact", str(self.contact_id))
        elif line.kind == 1:
            sender = ("User", str(self.agent.user_id))
        return (
            f"{message_id}\t{content}{self.head}{line.kind}\t{stamp}\t{changed}\t{'t' if line.private else 'f'}"
            f"\t{status}\t{source}\t{content_type}\t{attributes}\t{sender[0]}\t{sender[1]}\t{{}}\t{{}}\t{content}\t{{}}\n"
        )

    def attach(self, shelf: Shelf, message_id: int, at: int) -> None:
        name = shelf.receipt(message_id, self.place.side.account_id, at, self.who.name)
        self.ledger.lines["attachments"].append(name)

    def rate(self, message_id: int, at: int, line: Line) -> None:
        at += int(self.rnd.random() * 3e9)
        stamp = instant(min(at, self.plan.end))
        words = line.feedback or "\\N"
        self.ledger.lines["csat_survey_responses"].append(
            f"{message_id}\t{self.place.side.account_id}\t{self.place.id}\t{message_id}\t{line.rating}\t{words}"
            f"\t{self.contact_id}\t{self.agent.user_id}\t{stamp}\t{stamp}\n"
        )

    def close(self) -> None:
        rnd, place, last = self.rnd, self.place, self.last
        start, end = instant(place.start), instant(last)
        replied = next((line.at for line in self.lines if line.kind == 1 and not line.private), None)
        first_reply = instant(replied) if replied else "\\N"
        waiting = first_reply if self.status == 0 else "\\N"
        snoozed = instant(self.plan.end + 3 * DAY) if self.status == 3 else "\\N"
        labels = [self.topic.label] if rnd.random() < 0.9 else []
        if rnd.random() < 0.2:
            labels.append("prioritas")
        sla = str(place.side.account_id) if rnd.random() < 0.1 else "\\N"
        unique = UUID(int=rnd.getrandbits(128), version=4)
        self.ledger.lines["conversations"].append(
            f"{place.id}\t{place.side.account_id}\t{self.inbox.id}\t{self.status}\t{self.agent.user_id}\t{start}\t{end}"
            f"\t{self.contact_id}\t{place.display_id}\t{end}\t{end}\t{{}}\t{self.contact_id}\t{unique}\t{end}"
            f"\t{place.side.teams[self.topic.team][0]}\t{snoozed}\t{{}}\t{first_reply}"
            f"\t{2 if labels[1:] else NOBODY}\t{sla}\t{waiting}\t{', '.join(labels) or NOBODY}\n"
        )
        self._satellites(labels, start, end, replied, sla != "\\N")

    def _satellites(self, labels: list[str], start: str, end: str, replied: int | None, sla: bool) -> None:
        """What hangs on a conversation beside its messages; ids count in steps of the conversation's id."""
        rnd, place, rows = self.rnd, self.place, self.ledger.lines
        base, account, user = place.id * 4, place.side.account_id, self.agent.user_id
        for n, label in enumerate(labels):
            rows["taggings"].append(f"{base + n}\t{LABELS[label]}\tConversation\t{place.id}\tlabels\t{start}\n")
        events = []
        if replied:
            events.append(("first_response", (replied - place.start) / 1e6, instant(replied)))
        if self.status == 1:
            events.append(("conversation_resolved", (self.last - place.start) / 1e6, end))
        for n, (name, value, when) in enumerate(events):
            rows["reporting_events"].append(
                f"{base + n}\t{name}\t{value:.1f}\t{account}\t{self.inbox.id}\t{user}\t{place.id}\t{when}\t{when}"
                f"\t{value * 0.8:.1f}\t{start}\t{when}\n"
            )
        if rnd.random() < 0.5:
            rows["notifications"].append(
                f"{base}\t{account}\t{user}\t2\tConversation\t{place.id}\tUser\t{user}\t{end}\t{start}\t{start}\t{end}\t{{}}\n"
            )
        if rnd.random() < 0.1:
            other = place.side.agents[0].user_id
            rows["conversation_participants"].append(f"{base}\t{account}\t{other}\t{place.id}\t{start}\t{start}\n")
        if rnd.random() < 0.03:
            rows["mentions"].append(f"{base}\t{user}\t{place.id}\t{account}\t{end}\t{end}\t{end}\n")
        if sla:
            missed = replied is None or replied - place.start > 300_000_000
            rows["applied_slas"].append(
                f"{base}\t{account}\t{account}\t{place.id}\t{2 if missed else 1}\t{start}\t{end}\n"
            )
            if missed:
                rows["sla_events"].append(
                    f"{base}\t{base}\t{place.id}\t{account}\t{account}\t{self.inbox.id}\t0\t{{}}\t{end}\t{end}\n"
                )
