"""Holds, proposals, the client's answer: what may follow what, what an approval covers, what voids it.

No database, no clock of its own. Source: procedure 5.3, 5.4 and steps 3, 4; records-control decisions 5, 7, 10 to 12
and invariants I2, I3; ISO 9001:2015 clause 7.5.3.2 d.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from kendali import civil_time
from kendali.verdict import YES, Verdict, no

# --- Holds -----------------------------------------------------------------------------------------------------------

EARLIEST_ZONE, LATEST_ZONE = "Asia/Jayapura", "Asia/Jakarta"  # where a day begins first, where it ends last


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of one record, for a hold. Names and phones are keyed HMACs."""

    subject: int
    client: int
    record_class: str
    name: bytes | None = None
    phone: bytes | None = None
    started_at: datetime | None = None
    last_activity_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """One hold as plain values; `record_class` "" = both classes."""

    number: str
    client: int
    scope: str
    record_class: str = ""
    active: bool = True
    subjects: frozenset[int] = frozenset()
    name: bytes | None = None
    phone: bytes | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def holds_on(subject: Subject, holds: Iterable[HoldFacts]) -> list[str]:
    """The numbers of the active holds that cover it; empty = nothing forbids (I3).

    The same in SQL: `records.queries.held`."""
    return sorted(hold.number for hold in holds if covers(hold, subject))


def covers(hold: HoldFacts, subject: Subject) -> bool:
    if not hold.active or hold.client != subject.client:
        return False
    if hold.record_class and hold.record_class != subject.record_class:
        return False
    match hold.scope:
        case "client":
            return True
        case "record":
            return subject.subject in hold.subjects
        case "customer":
            same_name = hold.name is not None and hold.name == subject.name
            return same_name or (hold.phone is not None and hold.phone == subject.phone)
        case "range":
            return _touches(hold, subject)
    return True  # a scope nobody knows forbids: unknown means keep


def _touches(hold: HoldFacts, subject: Subject) -> bool:
    """From its start to its last activity it touches [starts_at, ends_at); what has no date may have been then."""
    first = subject.started_at or subject.last_activity_at
    last = subject.last_activity_at or subject.started_at
    if first is None or last is None:
        return True
    return (hold.ends_at is None or first < hold.ends_at) and (hold.starts_at is None or last >= hold.starts_at)


def range_of(starts: date | None, ends: date | None) -> tuple[datetime | None, datetime | None]:
    """Local days, both included, as instants [from, to): a day counts as that day in any of Indonesia's zones,
    because a client's sources may stand in several, and a hold forbids rather too much."""
    return (
        None if starts is None else civil_time.start_of_day(starts, EARLIEST_ZONE),
        None if ends is None else civil_time.start_of_day(ends + timedelta(days=1), LATEST_ZONE),
    )


def days_of(starts_at: datetime | None, ends_at: datetime | None) -> tuple[date | None, date | None]:
    """The local days that somebody gave, from what `range_of` made of them: what a page shows."""
    return (
        None if starts_at is None else civil_time.local_date(starts_at, EARLIEST_ZONE),
        None if ends_at is None else civil_time.local_date(ends_at, LATEST_ZONE) - timedelta(days=1),
    )


def may_place(
    *, scope: str, reason: str, subjects: int, named: bool, starts: date | None, ends: date | None, review_on: date,
    today: date,
) -> Verdict:  # fmt: skip
    """Placing is never refused for what is going on; only an order that says nothing is sent back."""
    if not reason.strip():
        return no("Give a reason.")
    if scope == "record" and not subjects:
        return no("Choose at least one record.")
    if scope == "customer" and not named:
        return no("Give the customer's name or phone number.")
    if scope == "range" and starts is None and ends is None:
        return no("Give the first or the last day of the range.")
    if starts is not None and ends is not None and ends < starts:
        return no("The last day is before the first.")
    if review_on <= today:
        return no("The day of review has to be after today.")
    return YES


def may_release(
    *, status: str, reason: str, placed_by_client: bool, by_client: bool, same_person: bool, of_finding: bool = False
) -> Verdict:
    """Lifted one by one. What the client placed the client lifts; what our own people placed, another of them.
    `of_finding`: the product itself placed it for an open finding."""
    if status != "active":
        return no("This hold was lifted already.")
    if of_finding:
        return no("This hold is lifted by itself when its finding ends.")
    if not reason.strip():
        return no("Give a reason.")
    if placed_by_client and not by_client:
        return no("The client placed this hold: only the client lifts it.")
    if by_client and not placed_by_client:
        return no("This hold was not placed by the client: QMR or Manager Operation lifts it.")
    if same_person and not by_client:
        return no("Who placed this hold does not lift it.")
    return YES


def may_review(*, status: str, reason: str, review_on: date, today: date) -> Verdict:
    if status != "active":
        return no("This hold was lifted already.")
    if not reason.strip():
        return no("Give a reason.")
    return YES if review_on > today else no("The day of review has to be after today.")


# --- Proposals -------------------------------------------------------------------------------------------------------

MOVES: dict[str, tuple[frozenset[str], str]] = {
    # verb: (from which status, to which)
    "ask": (frozenset({"draft"}), "asked"),
    "approve": (frozenset({"asked"}), "approved"),
    "refuse": (frozenset({"asked"}), "refused"),
    "lapse": (frozenset({"asked"}), "refused"),  # silence is no
    "void": (frozenset({"asked", "approved"}), "voided"),
    "expire": (frozenset({"approved"}), "expired"),
    "cancel": (frozenset({"draft", "asked", "approved"}), "cancelled"),
    "close": (frozenset({"approved", "expired", "voided"}), "closed"),  # carried out, as far as it was allowed
}
REASON_NEEDED = frozenset({"refuse", "cancel"})


def may_move(verb: str, status: str, *, reason: str = "") -> Verdict:
    sources, _to = MOVES[verb]
    if status not in sources:
        return no("This step does not follow from the status %(status)s.", status=status)
    if verb in REASON_NEEDED and not reason.strip():
        return no("Give a reason.")
    return YES


def may_cancel(status: str, *, begun: bool, reason: str) -> Verdict:
    """Also after the client's Ya, as long as nothing of the list was deleted."""
    if begun and status == "approved":
        return no("Deletion has begun: stop the order instead; what was deleted stays deleted.")
    return may_move("cancel", status, reason=reason)


def may_ask(*, status: str, frozen: bool, count: int, policy: PolicyChange) -> Verdict:
    allowed = may_move("ask", status)
    if not allowed:
        return allowed
    if not frozen:
        return no("The records are still being compared with the source: wait until the list is ready.")
    if not count:
        return no("The list is empty: there is nothing to ask the client.")
    if policy != "same":
        return no("The policy changed after this list was made: make a new one.")
    return YES


def answer_due(asked_at: datetime, days: int, zone: str) -> datetime:
    """17.00 local on the given calendar day after asking (decision 11)."""
    day = civil_time.local_date(asked_at, zone) + timedelta(days=days)
    return datetime.combine(day, civil_time.END_OF_WORK, ZoneInfo(zone)).astimezone(UTC)


def approval_ends(signed_at: datetime, days: int, zone: str) -> datetime:
    """The end of the last local day on which an approval is valid."""
    return civil_time.start_of_day(civil_time.local_date(signed_at, zone) + timedelta(days=days + 1), zone)


def reminders_due(asked_at: datetime, now: datetime, days: Sequence[int], zone: str) -> int:
    """How many of the reminders should have gone out by now: from 07.00 local on their day on."""
    asked = civil_time.local_date(asked_at, zone)
    mornings = [datetime.combine(asked + timedelta(days=n), time(7), ZoneInfo(zone)) for n in days]
    return sum(1 for morning in mornings if now >= morning)


# --- The client's answer ---------------------------------------------------------------------------------------------

Way = Literal["login", "link", "letter"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A proposal as the one who answers finds it."""

    status: str
    due_at: datetime | None
    final_digest: str
    needed: int
    signed: Sequence[str] = ()  # keys of the persons who said Ya to this list so far, in order


@dataclass(frozen=True, slots=True)
class Signer:
    """Who answers. `key` is the same for one person in every way; `order` of an approver, None = any."""

    key: str
    order: int | None = None
    proposed_it: bool = False  # or executes it, or stands in for who does
    fresh: bool = False  # a sensitive change became effective less than 24 hours ago
    usable: bool = True  # an approver confirmed by a second person, and not ended


def may_decide(asked: Asked, signer: Signer, *, list_digest: str, at: datetime) -> Verdict:
    """Before any answer, Ya or Tidak."""
    if asked.status != "asked":
        return no("This list no longer waits for an answer: it is %(status)s.", status=asked.status)
    if asked.due_at is not None and at > asked.due_at:
        return no("The time for the answer has passed, and silence is no: ask for a new list.")
    if list_digest != asked.final_digest:
        return no("The list changed after you opened it: open it again and decide on the list as it is now.")
    if not signer.usable:
        return no("This approver is not confirmed, or no longer one.")
    if signer.fresh:
        return no(
            "The account or address of this approver was changed less than 24 hours ago:"
            " an answer given now does not count."
        )
    if signer.proposed_it:
        return no("Who proposes or carries out a deletion does not approve it.")
    if signer.key in asked.signed:
        return no("You have signed this list already: now it waits for another person.")
    return _in_turn(asked, signer)


def _in_turn(asked: Asked, signer: Signer) -> Verdict:
    step = len(asked.signed) + 1
    if asked.needed < 2 or signer.order is None or signer.order == step:
        return YES
    if signer.order > step:
        return no("The first approver has not answered yet; you are asked afterwards.")
    return no("Now the second approver is asked.")


def may_say_no(*, reason: str, ask_again_on: date | None, today: date) -> Verdict:
    if not reason.strip():
        return no("Give a reason.")
    if ask_again_on is None or ask_again_on <= today:
        return no("Say on which day, after today, you want to be asked again.")
    return YES


def may_take_out(
    *, step: int, taken: int, left: int, reasons: Iterable[str], days: Iterable[date] = (), today: date | None = None
) -> Verdict:
    """Single records are taken out by the first who signs; the second signs the same list. `days`: on which a refusal
    is asked about again."""
    if not taken:
        return YES
    if today is not None and any(day <= today for day in days):
        return no("Say on which day, after today, you want to be asked again.")
    if step > 1:
        return no("The first approver has signed exactly this list: sign it as it is, or say No.")
    if not all(reason.strip() for reason in reasons):
        return no("Give a reason for every record that is taken out.")
    if left <= 0:
        return no("Nothing would be left of the list: say No instead.")
    return YES


# --- What an approval covers, and what voids it ----------------------------------------------------------------------

PolicyChange = Literal["same", "longer", "shorter", "other"]


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    version: int
    zone: str
    deletion_clock: str
    backup_clock: str
    backup_after_years: int
    lead_days: int
    delete_after_years: int
    backup_copy_months: int


def policy_change(then: PolicyFacts, now: PolicyFacts) -> PolicyChange:
    """longer: nothing but the two last periods changed, and none of them got shorter (decision 5)."""
    if then.version == now.version:
        return "same"
    if now.delete_after_years < then.delete_after_years or now.backup_copy_months < then.backup_copy_months:
        return "shorter"
    rest = ("zone", "deletion_clock", "backup_clock", "backup_after_years", "lead_days")
    same_rest = all(getattr(then, name) == getattr(now, name) for name in rest)
    grew = now.delete_after_years > then.delete_after_years or now.backup_copy_months > then.backup_copy_months
    return "longer" if same_rest and grew else "other"


def voids(*, policy: PolicyChange = "same", lines: str = "", signed: str = "", changed: int = 0) -> str:
    """Why an approval is void, as a code ("" = it stands). A hold never voids: it forbids for as long as it is there.

    `lines`: the digest of the lines as they are now ("" = nobody looked), `signed`: the one that was signed;
    `changed`: records of the list that were seen to have changed at the source since.
    """
    if lines and lines != signed:
        return "list_changed"
    if policy == "shorter":
        return "policy_shorter"
    if policy == "other":
        return "policy_version"
    return "record_changed" if changed else ""


@dataclass(frozen=True, slots=True)
class Signature:
    step: int
    key: str  # of the person, as in Signer
    digest: str
    answer: str = "yes"


@dataclass(frozen=True, slots=True)
class Approval:
    """Everything that decides whether a proposal may be carried out now."""

    status: str
    final_digest: str
    final_count: int
    needed: int
    signatures: Collection[Signature]
    valid_until: datetime | None
    policy: PolicyChange = "same"
    lines: str = ""  # digest of the lines as they are now; "" = not looked at


def approval_valid(approval: Approval, at: datetime) -> Verdict:
    """I2: a valid, unexpired, unrevoked approval by the client that covers exactly this list."""
    if approval.status != "approved":
        return no("This list is not approved by the client: it is %(status)s.", status=approval.status)
    if approval.valid_until is None or at >= approval.valid_until:
        return no("The client's approval has expired: ask again.")
    if not approval.final_digest or not approval.final_count:
        return no("The list is empty: there is nothing to ask the client.")
    why = voids(policy=approval.policy, lines=approval.lines, signed=approval.final_digest)
    if why:
        return no("The client's approval is void: the list or the policy changed after it was given.", why=why)
    yes = [one for one in approval.signatures if one.answer == "yes" and one.digest == approval.final_digest]
    needed = max(approval.needed, 1)
    if set(range(1, needed + 1)) - {one.step for one in yes} or len({one.key for one in yes}) < needed:
        return no("Not everybody who has to sign this list has signed it.")
    return YES


# --- The digest of a list --------------------------------------------------------------------------------------------


def line(*, source: int, ref: str, clock: datetime, due_on: date, keyed_digest: bytes) -> str:
    """One canonical line: source, ref, clock (UTC, microseconds), first day it may go, keyed digest; no line end.

    A list's digest is SHA-256 over its lines in byte order, each ended by LF: `LC_ALL=C sort | sha256sum`."""
    shown = ref.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    moment = clock.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"{source}\t{shown}\t{moment}\t{due_on:%Y-%m-%d}\t{keyed_digest.hex()}"
