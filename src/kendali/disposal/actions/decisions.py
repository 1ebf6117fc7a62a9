"""The client's answer to one exact list: Ya or Tidak, with the possibility to take single records out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import permissions, roles, sensitive
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import Actor
from kendali.disposal import lists, locks, rules, words
from kendali.disposal.actions import erasures, holds, invitations, letters, proposals
from kendali.disposal.models import Approver, Decision, Hold, Letter, Proposal
from kendali.terms import free_text
from kendali.terms import settings as terms
from kendali.verdict import Verdict, no


@dataclass(frozen=True, slots=True)
class Person:
    """Who answers: a user of the client who is logged in, an approver with a link, or who signed a letter.

    For a letter `user` is the Team Leader who uploaded it. `factor`: the second factor that was used ("email_code")."""

    way: str  # Decision.Way
    user: User | None = None
    approver: Approver | None = None
    factor: str = ""


@dataclass(frozen=True, slots=True)
class TakeOut:
    """Why one record does not go. `as_hold`: it is held from now on, for a cause of Hold.Cause; else it is a refusal,
    and the client is asked again on `ask_again_on` (None: after approval.ask_again_days)."""

    reason: str
    as_hold: bool = False
    cause: str = ""
    ask_again_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Signer:
    """A person whose right was checked."""

    actor: Actor
    name: str
    position: str
    facts: rules.Signer


@transaction.atomic
def decide(
    *,
    at: datetime,
    proposal: Proposal,
    answer: str,
    list_digest: str,
    person: Person,
    take_out: Mapping[int, TakeOut] | None = None,
    reason: str = "",
    ask_again_on: date | None = None,
    letter: Letter | None = None,
    as_hold: bool = False,
    cause: str = "",
) -> Decision:
    """`list_digest` is the one of the page that was seen (`proposal.final_digest` then). Ya signs what remains when
    `take_out` (by primary key of the line) is taken out. Tidak needs a reason and a day to be asked again; `as_hold`
    with a cause places a hold on the whole list. Anything but a clear Ya or Tidak is no answer. Raises Refused."""
    if answer not in Decision.Answer.values:
        raise RuleRefused(no(_("Answer Yes or No: nothing was recorded.")))
    if any(one.as_hold for one in (take_out or {}).values()) or as_hold:
        locks.exclusive(proposal.client_id)  # before the row: whoever deletes takes them in this order, too
    row = proposals.locked(proposal)
    signer = _signer(row, person, letter, at)
    asked = rules.Asked(row.status, row.due_at, row.final_digest, row.approvals_needed, _signed(row))
    _allow(words.in_words(rules.may_decide(asked, signer.facts, list_digest=list_digest, at=at)))
    if answer == Decision.Answer.NO:
        today = civil_time.local_date(at, row.policy.zone)
        _allow(rules.may_say_no(reason=reason, ask_again_on=ask_again_on, today=today))
        _allow(free_text.acceptable(reason))
        return _refuse(proposal, row, signer, person, letter, at, _No(reason.strip(), ask_again_on, as_hold, cause))
    _another_person(row, signer, person.way)
    _take_out(row, take_out or {}, signer, len(asked.signed) + 1, at)
    return _sign(proposal, row, signer, person, letter, at)


@dataclass(frozen=True, slots=True)
class _No:
    reason: str
    ask_again_on: date | None
    as_hold: bool
    cause: str


def _allow(verdict: Verdict) -> None:
    if not verdict:
        raise RuleRefused(verdict)


def _signer(proposal: Proposal, person: Person, letter: Letter | None, at: datetime) -> _Signer:
    """Permission first: of the user, of the approver by its row, of a letter by the setting of its client."""
    if person.way == Decision.Way.LETTER:
        return _by_letter(proposal, person, letter, at)
    if person.approver is not None:
        return _by_link(proposal, person.approver, at)
    if person.user is None:
        raise ValueError("nobody answers")
    actor = permissions.acting(person.user, "proposal.decide", proposal.client, at=at)
    subject = sensitive.subject_of(person.user)
    facts = rules.Signer(
        key=proposals.key_of(person.user.pk, None),
        order=_order(proposal, person.user.email),
        proposed_it=permissions.same_person(proposal.proposed_by_id, person.user),
        fresh=sensitive.fresh(None, subject, at) is not None,
    )
    return _Signer(actor, person.user.name, person.user.position, facts)


def _by_link(proposal: Proposal, approver: Approver, at: datetime) -> _Signer:
    if approver.client_id != proposal.client_id:
        raise RuleRefused(no(_("This list belongs to another client.")))
    user = User.objects.filter(email__iexact=approver.email).first()
    own = user is not None and user.grants.filter(ended_at=None).exclude(role=roles.CLIENT).exists()
    facts = rules.Signer(
        key=proposals.key_of(user.pk, None) if user else proposals.key_of(None, approver.pk),
        order=approver.order,
        proposed_it=own or permissions.same_person(proposal.proposed_by_id, user),
        fresh=sensitive.fresh(proposal.client_id, sensitive.subject_of(approver), at) is not None
        or (user is not None and sensitive.fresh(None, sensitive.subject_of(user), at) is not None),
        usable=approver.ended_at is None and approver.usable_from is not None and approver.usable_from <= at,
    )
    return _Signer(Actor(None, approver.name, roles.CLIENT), approver.name, approver.position, facts)


def _by_letter(proposal: Proposal, person: Person, letter: Letter | None, at: datetime) -> _Signer:
    if person.user is None or letter is None or letter.proposal_id != proposal.pk:
        raise ValueError("a letter of this list, and who uploaded it")
    actor = permissions.acting(person.user, "proposal.letter", proposal.client, at=at)
    if not letters.counts(proposal):
        raise RuleRefused(no(_("A letter alone is not enough for this client: it confirms the list by link or login.")))
    if letter.list_digest != proposal.final_digest:
        raise RuleRefused(no(_("The letter was signed for another list than the one that waits for an answer now.")))
    return _Signer(
        actor,
        letter.signed_by_name,
        letter.signed_by_position,
        rules.Signer(key=proposals.key_of(None, None, letter.pk)),
    )


def _order(proposal: Proposal, email: str) -> int | None:
    row = Approver.objects.filter(client=proposal.client_id, email__iexact=email, ended_at=None).first()
    return row.order if row else None


def _yes(proposal: Proposal) -> QuerySet[Decision]:
    """The Ya to the list as it is now."""
    rows = proposal.decisions.filter(answer=Decision.Answer.YES, list_digest=proposal.final_digest)
    return rows.select_related("approver")


def _signed(proposal: Proposal) -> list[str]:
    return [signer_key(row) for row in _yes(proposal)]


def _another_person(proposal: Proposal, signer: _Signer, way: str) -> None:
    """Who signs a letter is known by name alone: the same name in two ways is one person. Raises RuleRefused."""
    letter = Decision.Way.LETTER
    if _name(signer.name) in {_name(row.name) for row in _yes(proposal) if letter in (way, row.way)}:
        raise RuleRefused(no(_("%(name)s has signed this list already: now another person does."), name=signer.name))


def _name(text: str) -> str:
    return " ".join(text.casefold().split())


def signer_key(row: Decision) -> str:
    if row.user_id is None and row.approver is not None:
        user = User.objects.filter(email__iexact=row.approver.email).first()
        return proposals.key_of(user.pk if user else None, row.approver_id)
    return proposals.key_of(row.user_id, row.approver_id, row.letter_id)


def _take_out(proposal: Proposal, take_out: Mapping[int, TakeOut], signer: _Signer, step: int, at: datetime) -> None:
    """Marks the lines, places the holds (one for each cause and reason), and computes the final digest again."""
    reasons = {one.reason for one in take_out.values()}
    left, today = proposal.final_count - len(take_out), civil_time.local_date(at, proposal.policy.zone)
    days = [one.ask_again_on for one in take_out.values() if one.ask_again_on is not None and not one.as_hold]
    _allow(rules.may_take_out(step=step, taken=len(take_out), left=left, reasons=reasons, days=days, today=today))
    if not take_out:
        return
    usual = usually_again(proposal, today)
    _allow(free_text.acceptable(*reasons))
    groups: dict[TakeOut, list[int]] = defaultdict(list)
    for pk, one in take_out.items():
        groups[one].append(pk)
    for one, keys in groups.items():
        lines = proposal.items.filter(pk__in=keys, taken_out=False)
        found = list(lines.values_list("subject", "ref")) if one.as_hold else []
        hold = _hold(proposal, found, one, signer, at) if one.as_hold else None
        again = None if one.as_hold else one.ask_again_on or usual
        taken = {"taken_out": True, "taken_reason": one.reason.strip(), "hold": hold, "ask_again_on": again}
        if lines.update(**taken) != len(keys):
            raise RuleRefused(no(_("A record you took out is not on this list, or taken out already: open it again.")))
    final = lists.digest(proposal, final=True)
    proposal.final_digest, proposal.final_count = final.sha256, final.count
    proposal.save(update_fields=["final_digest", "final_count"])


def usually_again(proposal: Proposal, today: date) -> date:
    """When a refusal that names no day of its own is asked about again."""
    return today + timedelta(days=terms.number("approval.ask_again_days", proposal.client_id, proposal.record_class))


def _hold(
    proposal: Proposal, subjects: list[tuple[int, str]], one: TakeOut, signer: _Signer, at: datetime,
    review_on: date | None = None,
) -> Hold:  # fmt: skip
    if one.cause not in Hold.Cause.values:
        raise RuleRefused(no(_("Say for which cause it is held.")))
    days = terms.number("hold.review_days", proposal.client_id, proposal.record_class)
    today = civil_time.local_date(at, proposal.client.zone)
    order = holds.Order(
        scope=Hold.Scope.RECORD,
        cause=one.cause,
        reason=one.reason,
        review_on=review_on or today + timedelta(days=days),
        subjects=subjects,
        reference=proposal.number or "",
    )
    by_user = signer.actor.user_id is not None and signer.actor.role == roles.CLIENT
    user = User.objects.get(pk=signer.actor.user_id or 0) if by_user else None
    actor = signer.actor if user or signer.actor.user_id is None else Actor(None, signer.name, roles.CLIENT)
    return holds.place_for(actor=actor, user=user, at=at, client=proposal.client, order=order)


def _sign(
    proposal: Proposal, row: Proposal, signer: _Signer, person: Person, letter: Letter | None, at: datetime
) -> Decision:
    """Ya to the final list. The last one that is needed makes it an approval, which expires."""
    step = len(_signed(row)) + 1
    days = terms.number("approval.valid_days", row.client_id, row.record_class)
    until = rules.approval_ends(at, days, row.policy.zone)
    decision = _decision(row, signer, person, letter, at, answer=Decision.Answer.YES, step=step, expires_at=until)
    facts = {
        "digest": row.final_digest, "count": row.final_count, "name": signer.name, "way": person.way, "step": step,
        "taken_out": row.list_count - row.final_count,
    }  # fmt: skip
    for field in ("final_digest", "final_count"):
        setattr(proposal, field, getattr(row, field))
    if step < row.approvals_needed:
        audit.record("proposal.signed", actor=signer.actor, at=at, obj=proposal, facts={"number": row.number, **facts})
        proposals.tell(proposal, "proposal.next", "proposal.decide", at=at)
        invitations.invite_all(proposal, at=at)
        return decision
    changes = {"decided_at": at, "valid_until": until}
    proposals.moved(proposal, row, "approve", actor=signer.actor, at=at, changes=changes, facts=facts)
    erasures.decided(row, accepted=True, actor=signer.actor, name=signer.name, reason="", at=at)
    proposals.end(proposal, at, "proposal.approved")
    return decision


def _refuse(
    proposal: Proposal, row: Proposal, signer: _Signer, person: Person, letter: Letter | None, at: datetime, given: _No
) -> Decision:
    """Tidak of one person ends it, whoever signed before."""
    if given.as_hold:
        left = list(row.items.filter(taken_out=False).values_list("subject", "ref"))
        one = TakeOut(given.reason, as_hold=True, cause=given.cause)
        hold = _hold(row, left, one, signer, at, review_on=given.ask_again_on)
        row.items.filter(taken_out=False).update(hold=hold)
    step = len(_signed(row)) + 1
    decision = _decision(
        row, signer, person, letter, at, answer=Decision.Answer.NO, step=step, reason=given.reason,
        ask_again_on=given.ask_again_on,
    )  # fmt: skip
    changes = {"decided_at": at, "ask_again_on": given.ask_again_on}
    facts = {"name": signer.name, "way": person.way, "ask_again_on": given.ask_again_on}
    proposals.moved(
        proposal, row, "refuse", actor=signer.actor, at=at, reason=given.reason, changes=changes, facts=facts
    )
    erasures.decided(row, accepted=False, actor=signer.actor, name=signer.name, reason=given.reason, at=at)
    proposals.end(proposal, at, "proposal.refused")
    return decision


def _decision(
    row: Proposal, signer: _Signer, person: Person, letter: Letter | None, at: datetime, **more: object
) -> Decision:
    """Name and position are copied: people come and go, and change their position."""
    by_letter = person.way == Decision.Way.LETTER
    return Decision.objects.create(
        proposal=row,
        list_digest=row.final_digest,
        list_count=row.final_count,
        user=None if by_letter or person.approver else person.user,
        approver=None if by_letter else person.approver,
        letter=letter,
        name=signer.name,
        position=signer.position,
        on_behalf_of="" if by_letter else signer.actor.on_behalf_of or "",
        way=Decision.Way(person.way),
        factor=person.factor,
        at=at,
        **more,
    )


def may_answer(*, proposal: Proposal, person: Person, at: datetime) -> Verdict:
    """For a page, before anybody presses anything: may this person answer the list as it is now?"""
    try:
        signer = _signer(proposal, person, None, at)
    except permissions.Refused as refused:
        return refused.verdict
    asked = rules.Asked(
        proposal.status, proposal.due_at, proposal.final_digest, proposal.approvals_needed, _signed(proposal)
    )
    return words.in_words(rules.may_decide(asked, signer.facts, list_digest=proposal.final_digest, at=at))


def decided(proposal: Proposal, user: User) -> bool:
    """Did this person, or a deputy of theirs, say Ya? Then they do not carry it out (separation of duties)."""
    rows = proposal.decisions.filter(answer=Decision.Answer.YES).exclude(user=None)
    return any(permissions.same_person(row.user_id, user) for row in rows)
