"""Inviting the client's approvers by e-mail, list by list: a link that decides once, confirmed by a code.

The link's secret is in the mail only: it is a keyed hash of the row's number, made while sending, and the row keeps
its SHA-256. No table and no job holds it; whoever reads the database cannot open a link. Opening changes nothing (mail
scanners open every link); an answer needs a code of six digits that goes to the same address when it is asked for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from kendali.accounts import mail_server, permissions, sensitive
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.disposal import locks
from kendali.disposal.actions import approvers
from kendali.disposal.models import Approver, Decision, Invitation, Proposal
from kendali.notices import mail
from kendali.terms import settings as terms
from kendali.verdict import YES, Verdict, no

if TYPE_CHECKING:
    from kendali.disposal.actions.decisions import TakeOut

CODE_LIVES = timedelta(minutes=10)
CODE_PAUSE = timedelta(seconds=60)  # between two codes
MOST_TRIES = 5  # wrong codes, then the link is locked for a while
LOCKED_FOR = timedelta(minutes=30)
MOST_CODES = 10  # of one link; after that only a new list brings a new one


def invite_all(proposal: Proposal, *, at: datetime) -> None:
    """Called when a list is put to the client, and again for the next approver when the first has signed.

    Whoever is in turn gets one link; where two sign, the second is invited after the first. Without a mail server
    nobody can be invited: the client answers with a login."""
    if not mail.configured():
        return
    step = _signed(proposal) + 1
    invited = []
    for approver in approvers.usable(proposal.client, at):
        in_turn = proposal.approvals_needed < 2 or approver.order == step
        if in_turn and not proposal.decisions.filter(approver=approver, list_digest=proposal.final_digest).exists():
            invited.append(_invite(proposal, approver, at))
    fresh = [row for row in invited if row is not None]
    if fresh:
        audit.record("invitation.sent", actor=SYSTEM, at=at, obj=proposal, facts={"count": len(fresh)})


def remind_all(proposal: Proposal, *, at: datetime) -> None:
    """Called with each reminder, for those who have an invitation and have not answered: the same link again."""
    for row in living(proposal, at):
        _send(row, "reminder")


def revoke_all(proposal: Proposal, *, at: datetime) -> None:
    """Called when a list no longer waits for an answer: decided, cancelled, void, unanswered."""
    Invitation.objects.filter(proposal=proposal, used_at=None, revoked_at=None).update(revoked_at=at, code_hash=None)


@transaction.atomic
def invite_again(*, user: User, at: datetime, proposal: Proposal) -> int:
    """The Team Leader sends new links: one expired, was locked, or an approver was named meanwhile. How many."""
    from kendali.disposal.actions import proposals  # which invite, too

    actor = permissions.acting(user, "proposal.ask", proposal.client)
    proposal = proposals.locked(proposal)
    if proposal.status != Proposal.Status.ASKED:
        raise RuleRefused(no(_("This list waits for no answer.")))
    if not mail.configured():
        raise RuleRefused(no(_("No mail server is set: the client answers with a login.")))
    revoke_all(proposal, at=at)
    invite_all(proposal, at=at)
    count = living(proposal, at).count()
    if not count:
        raise RuleRefused(no(_("This client has no approver who may be invited now.")))
    audit.record("invitation.again", actor=actor, at=at, obj=proposal, facts={"count": count})
    return count


def living(proposal: Proposal, at: datetime) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(proposal=proposal, used_at=None, revoked_at=None, expires_at__gt=at)
    return rows.select_related("approver").order_by("approver__order", "created_at")


def _signed(proposal: Proposal) -> int:
    return proposal.decisions.filter(answer=Decision.Answer.YES, list_digest=proposal.final_digest).count()


def _invite(proposal: Proposal, approver: Approver, at: datetime) -> Invitation | None:
    """None: there is a living link for this very list already. One for an earlier form of the list ends."""
    if living(proposal, at).filter(approver=approver, list_digest=proposal.final_digest).exists():
        return None
    Invitation.objects.filter(proposal=proposal, approver=approver, used_at=None, revoked_at=None).update(revoked_at=at)
    until = at + timedelta(days=terms.number("invitation.days", proposal.client_id, proposal.record_class))
    row = Invitation(
        proposal=proposal,
        approver=approver,
        list_digest=proposal.final_digest,
        created_at=at,
        expires_at=min(until, proposal.due_at) if proposal.due_at else until,
    )
    row.token_hash = _hash(token(row))
    row.save(force_insert=True)
    _send(row, "invitation")
    return row


def _send(row: Invitation, what: str) -> None:
    from kendali.disposal import tasks  # tasks call actions; here an action defers a task

    tasks.mail_invitation.defer(invitation_id=str(row.pk), what=what, number=row.codes)


# The link and the code.


def token(row: Invitation) -> str:
    return _keyed(b"link", row.pk.bytes)


def find(secret: str) -> Invitation | None:
    """Also one that no longer works: the page says why. None: there never was such a link."""
    rows = Invitation.objects.select_related(
        "approver", "proposal__client", "proposal__policy", "proposal__erasure", "proposal__proposed_by"
    )
    row = rows.filter(token_hash=_hash(secret)).first()
    return row if row is not None and hmac.compare_digest(token(row), secret) else None


def code_of(row: Invitation) -> str:
    """Six digits, another one each time a code is asked for; only its keyed hash is kept."""
    digest = hmac.new(_key(b"code"), row.pk.bytes + row.codes.to_bytes(4), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def opened(row: Invitation, *, at: datetime) -> None:
    """When it was first looked at; by a person or by the scanner of a mail server, nobody knows."""
    if row.opened_at is None:
        Invitation.objects.filter(pk=row.pk, opened_at=None).update(opened_at=at)


def state(row: Invitation, at: datetime) -> str:
    """open; else why not: used, elsewhere, cancelled, voided, changed, unanswered, revoked, expired, ended."""
    proposal = row.proposal
    if row.used_at is not None:
        return "used"
    if proposal.status != Proposal.Status.ASKED:
        return _over(proposal)
    if row.list_digest != proposal.final_digest:
        return "changed"
    if row.approver.ended_at is not None:
        return "ended"
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if at >= row.expires_at else "open"


def _over(proposal: Proposal) -> str:
    if proposal.status == Proposal.Status.CANCELLED:
        return "cancelled"
    if proposal.status == Proposal.Status.VOIDED:
        return "voided"
    return "elsewhere" if proposal.decisions.exists() else "unanswered"


OVER = {
    "used": _("You have answered this list already: a link decides once."),
    "elsewhere": _("Somebody else has answered this list already."),
    "cancelled": _("This list was cancelled; nothing of it is deleted."),
    "voided": _("This list is void: it changed after it was put to you. You will be asked anew."),
    "changed": _("The list changed after this link was sent. Use the newest link that you got by e-mail."),
    "unanswered": _("The time for the answer has passed, and silence is no: nothing is deleted."),
    "revoked": _("This link was revoked. Use the newest link that you got by e-mail."),
    "expired": _("This link has expired. Ask the contact centre for a new one."),
    "ended": _("You are no longer named as an approver of this client."),
}


def may_answer(row: Invitation, at: datetime) -> Verdict:
    """What stands in the way before anybody types a code."""
    found = state(row, at)
    if found != "open":
        return no(OVER[found])
    if not mail_server.settled(at):
        return no(
            _("The mail server was changed and is not confirmed since 24 hours: no answer by link counts until then.")
        )
    if sensitive.fresh(row.proposal.client_id, sensitive.subject_of(row.approver), at) is not None:
        return no(_("Your name or address was changed less than 24 hours ago: an answer given now does not count."))
    if row.locked_until is not None and at < row.locked_until:
        return no(_("Too many wrong codes: this link is locked until %(until)s."), until=row.locked_until)
    return YES


def send_code(row: Invitation, *, at: datetime, may: Callable[[Invitation, datetime], Verdict] | None = None) -> None:
    """A new code by mail; the one before stops working. `may`: what it is for, by default an answer. Raises
    RuleRefused."""
    with transaction.atomic():
        row = locked(row)
        verdict = (may or may_answer)(row, at)
        if verdict and row.code_sent_at is not None and at < row.code_sent_at + CODE_PAUSE:
            verdict = no(_("A code was sent less than a minute ago: look into your mail, then ask again."))
        if verdict and row.codes >= MOST_CODES:
            verdict = no(_("Too many codes were asked for with this link. Ask the contact centre for a new one."))
        if not verdict:
            raise RuleRefused(verdict)
        row.codes += 1
        row.tries, row.locked_until, row.code_sent_at = 0, None, at
        row.code_hash = _code_hash(row, code_of(row))
        row.save(update_fields=["codes", "tries", "locked_until", "code_sent_at", "code_hash"])
        _send(row, "code")


def answer(
    row: Invitation,
    *,
    at: datetime,
    code: str,
    answer: str,
    list_digest: str,
    take_out: Mapping[int, TakeOut] | None = None,
    reason: str = "",
    ask_again_on: date | None = None,
    as_hold: bool = False,
    cause: str = "",
) -> Decision:
    """The right code and an answer, as in `decisions.decide`. A wrong code is counted and refused; a right one that
    meets a rule (no reason given) may be used again while it lives. Raises RuleRefused."""
    from kendali.disposal.actions import decisions, proposals  # which invite the next approver

    with transaction.atomic():
        if as_hold or any(one.as_hold for one in (take_out or {}).values()):
            locks.exclusive(row.proposal.client_id)
        proposals.locked(row.proposal)  # before the invitation: whoever cancels takes them in this order, too
        row = locked(row)
        verdict = tried(row, code, at, may_answer(row, at))
        if verdict:
            decision = decisions.decide(
                at=at,
                proposal=row.proposal,
                answer=answer,
                list_digest=list_digest,
                person=decisions.Person(way=Decision.Way.LINK, approver=row.approver, factor="email_code"),
                take_out=take_out,
                reason=reason,
                ask_again_on=ask_again_on,
                as_hold=as_hold,
                cause=cause,
            )
            Invitation.objects.filter(pk=row.pk).update(used_at=at, revoked_at=None, code_hash=None)
            return decision
    raise RuleRefused(verdict)


def tried(row: Invitation, code: str, at: datetime, verdict: Verdict) -> Verdict:
    """Counts what is wrong; the row is locked, so two tries at once are two tries. `verdict`: whether it may be used
    at all, which is said first."""
    if not verdict:
        return verdict
    if row.code_hash is None or row.code_sent_at is None:
        return no(_("Ask for a code first; it goes to your e-mail address."))
    if at >= row.code_sent_at + CODE_LIVES:
        return no(_("This code is older than ten minutes: ask for a new one."))
    digits = "".join(char for char in code if char.isdigit())
    if hmac.compare_digest(_code_hash(row, digits), bytes(row.code_hash)):
        return YES
    row.tries += 1
    if row.tries >= MOST_TRIES:
        row.locked_until, row.code_hash = at + LOCKED_FOR, None
        audit.record("invitation.locked", actor=SYSTEM, at=at, obj=row.proposal, facts={"name": row.approver.name})
    row.save(update_fields=["tries", "locked_until", "code_hash"])
    if row.locked_until is not None:
        return no(_("Too many wrong codes: this link is locked until %(until)s."), until=row.locked_until)
    return no(_("The code is wrong; %(left)s tries are left."), left=MOST_TRIES - row.tries)


def locked(row: Invitation) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",))
    return rows.select_related("approver", "proposal__client", "proposal__policy").get(pk=row.pk)


def _code_hash(row: Invitation, code: str) -> bytes:
    return hmac.new(_key(b"code-kept"), row.pk.bytes + code.encode(), hashlib.sha256).digest()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _keyed(purpose: bytes, data: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.new(_key(purpose), data, hashlib.sha256).digest()).decode().rstrip("=")


def _key(purpose: bytes) -> bytes:
    info = b"kendali/1/invitation/" + purpose
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(settings.KENDALI_INSTALLATION_KEY)
