"""The paper of a proposal: ask the client, cancel, what voids it, what runs out. Its list is made in the app above."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from kendali.accounts import permissions, responsible
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM, Actor
from kendali.disposal import lists, rules, words
from kendali.disposal.actions import erasures, invitations
from kendali.disposal.models import Act, Proposal
from kendali.notices import actions as notices
from kendali.terms import free_text, numbers
from kendali.terms import settings as terms
from kendali.terms.models import Policy
from kendali.verdict import Verdict

STATUS = Proposal.Status
SERIES = {Act.SOURCE: "UP", Act.BACKUP: "UPS"}


@transaction.atomic
def ask(*, user: User, at: datetime, proposal: Proposal) -> None:
    """Put the frozen list to the client: it gets its number, and the time for the answer begins."""
    actor = permissions.acting(user, "proposal.ask", proposal.client)
    row = locked(proposal)
    allowed = rules.may_ask(
        status=row.status, frozen=row.frozen_at is not None, count=row.list_count, policy=policy_change(row)
    )
    if not allowed:
        raise RuleRefused(allowed)
    number = numbers.take(SERIES[Act(row.act)], at)
    changes = {
        "number": number,
        "asked_at": at,
        "due_at": _answer_due(row, at),
        "approvals_needed": terms.number("approval.approvers", row.client_id, row.record_class),
        "proposed_by": row.proposed_by or user,  # one that was drafted by itself
    }
    moved(proposal, row, "ask", actor=actor, at=at, changes=changes, facts={"count": row.list_count})
    tell(proposal, "proposal.asked", "proposal.decide", at=at)
    invitations.invite_all(proposal, at=at)


def _answer_due(proposal: Proposal, at: datetime) -> datetime:
    """An erasure request has its own clock (decision 8)."""
    days = terms.number("approval.answer_days", proposal.client_id, proposal.record_class)
    due = rules.answer_due(at, days, proposal.policy.zone)
    return min(due, max(proposal.erasure.due_at, at)) if proposal.erasure else due


@transaction.atomic
def cancel(*, user: User, at: datetime, proposal: Proposal, reason: str) -> None:
    """By the Team Leader or the client; after the Ya, too, as long as nothing of the list was deleted."""
    cancel_for(actor=permissions.acting(user, "proposal.cancel", proposal.client), at=at, proposal=proposal,
               reason=reason)  # fmt: skip


@transaction.atomic
def cancel_for(*, actor: Actor, at: datetime, proposal: Proposal, reason: str) -> None:
    """The same, for whoever has shown that they may."""
    row = locked(proposal)
    for verdict in (
        rules.may_cancel(row.status, begun=row.begun_at is not None, reason=reason),
        free_text.acceptable(reason),
    ):
        if not verdict:
            raise RuleRefused(verdict)
    moved(proposal, row, "cancel", actor=actor, at=at, reason=reason)
    erasures.undecided(row, at=at)
    end(proposal, at, "proposal.cancelled")


@transaction.atomic
def begin(*, at: datetime, proposal: Proposal) -> None:
    """The first deletion of its order comes now: from here on it is stopped, not cancelled. Raises RuleRefused."""
    row = locked(proposal)
    if row.status != STATUS.APPROVED:
        raise RuleRefused(rules.may_move("close", row.status) and approval_verdict(row, at=at))
    Proposal.objects.filter(pk=row.pk, begun_at=None).update(begun_at=at)
    proposal.begun_at = row.begun_at or at


@transaction.atomic
def close(*, at: datetime, proposal: Proposal, more: bool = False) -> None:
    """Its order came to its end. `more`: its erasure request is not over with it."""
    moved(proposal, locked(proposal), "close", actor=SYSTEM, at=at)
    erasures.done(proposal, at=at, more=more)


# What an approval is worth now.


def approval_of(proposal: Proposal, *, lines: str = "") -> rules.Approval:
    """The facts for `rules.approval_valid`; two queries. `lines`: `lists.digest(...).sha256` where it was computed."""
    return rules.Approval(
        status=proposal.status,
        final_digest=proposal.final_digest,
        final_count=proposal.final_count,
        needed=proposal.approvals_needed,
        signatures=[
            rules.Signature(row.step, key_of(row.user_id, row.approver_id, row.letter_id), row.list_digest, row.answer)
            for row in proposal.decisions.all()
        ],
        valid_until=proposal.valid_until,
        policy=policy_change(proposal),
        lines=lines,
    )


def approval_verdict(proposal: Proposal, *, at: datetime, lines: str = "") -> Verdict:
    return words.in_words(rules.approval_valid(approval_of(proposal, lines=lines), at))


def key_of(user_id: int | None, approver_id: int | None, letter_id: int | None = None) -> str:
    """One person, whatever the way; who signed a letter is known by that letter only."""
    if user_id is not None:
        return f"user:{user_id}"
    return f"approver:{approver_id}" if approver_id is not None else f"letter:{letter_id}"


def policy_change(proposal: Proposal) -> rules.PolicyChange:
    """What happened to the policy since the list was made. An erasure request hangs on no period."""
    if proposal.erasure_id is not None:
        return "same"
    now = Policy.objects.filter(
        client_id=proposal.client_id, record_class=proposal.record_class, status=Policy.Status.EFFECTIVE
    ).first()
    if now is None:
        return "other"
    return "same" if now.pk == proposal.policy_id else rules.policy_change(facts_of(proposal.policy), facts_of(now))


def facts_of(policy: Policy) -> rules.PolicyFacts:
    return rules.PolicyFacts(
        version=policy.version,
        zone=policy.zone,
        deletion_clock=policy.deletion_clock,
        backup_clock=policy.backup_clock,
        backup_after_years=policy.backup_after_years,
        lead_days=policy.lead_days,
        delete_after_years=policy.delete_after_years,
        backup_copy_months=policy.backup_copy_months,
    )


@transaction.atomic
def void_if_needed(*, proposal: Proposal, at: datetime, changed: int = 0, look: bool = False) -> str:
    """Void it where something voids it; the code of why, "" = it stands. `changed`: records of its list that were
    seen to have changed; `look`: compute the digest of the lines again. `words.why_void` says it on the page."""
    row = locked(proposal)
    if not rules.may_move("void", row.status):
        return ""
    voids = terms.get("approval.changed_voids", row.client_id, row.record_class)
    counts = bool(changed) and row.begun_at is None and bool(voids)
    policy = policy_change(row)
    lines = lists.digest(row, final=True).sha256 if look else ""
    why = rules.voids(policy=policy, lines=lines, signed=row.final_digest, changed=changed if counts else 0)
    if not why:
        return ""
    facts: dict[str, object] = {"code": why, "facts": {"count": changed} if why == "record_changed" else {}}
    moved(proposal, row, "void", actor=SYSTEM, at=at, changes={"void_reason": facts}, facts={"why": why})
    if row.begun_at is None:
        erasures.undecided(row, at=at)
    end(proposal, at, "proposal.voided")
    return why


def policy_changed(*, client: Client, record_class: str, at: datetime) -> list[Proposal]:
    """Called when another version of a policy comes into force: the lists it voids."""
    rows = Proposal.objects.filter(
        client=client, record_class=record_class, erasure=None, status__in=(STATUS.ASKED, STATUS.APPROVED)
    )
    return [row for row in rows.select_related("policy", "client") if void_if_needed(proposal=row, at=at)]


# What the rest of this folder needs, too.


def locked(proposal: Proposal) -> Proposal:
    """The row as it is now, nobody else's until the end of the transaction."""
    rows = Proposal.objects.select_for_update(of=("self",)).select_related("client", "policy", "erasure")
    return rows.get(pk=proposal.pk)


def moved(
    proposal: Proposal,
    row: Proposal,
    verb: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    changes: Mapping[str, object] | None = None,
    facts: Mapping[str, object] | None = None,
) -> None:
    """The next status with its audit line; `row` is the locked one, `proposal` the caller's, brought up to date."""
    allowed = rules.may_move(verb, row.status, reason=reason)
    if not allowed:
        raise RuleRefused(allowed)
    given = {"reason": reason.strip()} if reason.strip() else {}
    proposal.status = row.status
    audit.move(
        proposal,
        rules.MOVES[verb][1],
        verb=VERBS[verb],
        actor=actor,
        at=at,
        expected=row.status,
        changes={**(changes or {}), **given},
        facts={"number": (changes or {}).get("number", row.number), **given, **(facts or {})},
    )


VERBS = {
    "ask": "proposal.asked",
    "approve": "proposal.approved",
    "refuse": "proposal.refused",
    "lapse": "proposal.unanswered",
    "void": "proposal.voided",
    "expire": "proposal.expired",
    "cancel": "proposal.cancelled",
    "close": "proposal.closed",
}


def end(proposal: Proposal, at: datetime, kind: str) -> None:
    """Links stop working; the Team Leader and the client hear of it."""
    invitations.revoke_all(proposal, at=at)
    tell(proposal, kind, "proposal.propose", "proposal.decide", at=at)


def tell(proposal: Proposal, kind: str, *actions: str, at: datetime, count: int = 0) -> None:
    whose = proposal.client, proposal.record_class
    people = [person for action in actions for person in responsible.first(action, *whose, at=at)]
    notices.notify(
        people,
        kind=kind,
        at=at,
        due=proposal.due_at if kind in WITH_DEADLINE else None,
        url=address(proposal),
        facts={
            "number": str(proposal.number or ""),
            "client": proposal.client.name,
            "record_class": proposal.record_class,
            "count": count or proposal.final_count or proposal.list_count,
            "due": proposal.due_at,
            "until": proposal.valid_until,
            "reason": proposal.reason,
            "why": proposal.void_reason.get("code", ""),
        },
    )


WITH_DEADLINE = frozenset({"proposal.asked", "proposal.reminder", "proposal.next"})


def address(proposal: Proposal) -> str:
    return f"/usulan/{proposal.pk}/"
