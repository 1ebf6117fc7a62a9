"""Who said Ya by an e-mailed link takes it back by the same link, as long as nothing of the list was deleted.

The same mechanics: opening shows, a code to the same address confirms. It works until the deletion begins, beyond the
time for the answer; and also where an answer by link would not count just now (the mail server or the address was
changed a moment ago), because it can only keep records, never end them.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as _

from kendali.accounts import roles
from kendali.accounts.permissions import RuleRefused
from kendali.audit.actor import Actor
from kendali.disposal.actions import invitations, proposals
from kendali.disposal.models import Decision, Invitation, Proposal
from kendali.verdict import YES, Verdict, no


def may(row: Invitation, at: datetime) -> Verdict:
    """What stands in the way before anybody types a code."""
    proposal = row.proposal
    said = proposal.decisions.filter(approver=row.approver, answer=Decision.Answer.YES).exists()
    if row.used_at is None or not said:
        return no(_("No Yes was given by this link."))
    if row.approver.ended_at is not None:
        return no(invitations.OVER["ended"])
    if proposal.status != Proposal.Status.APPROVED:
        return no(_("There is no approval of this list any more."))
    if proposal.begun_at is not None:
        return no(_("Its deletion has begun: ask the contact centre to stop the rest."))
    if row.locked_until is not None and at < row.locked_until:
        return no(_("Too many wrong codes: this link is locked until %(until)s."), until=row.locked_until)
    return YES


def cancel(row: Invitation, *, at: datetime, code: str, reason: str) -> None:
    """The approval ends, and with it the waiting period of its order. A wrong code is counted. Raises RuleRefused."""
    with transaction.atomic():
        proposals.locked(row.proposal)  # before the invitation: whoever cancels takes them in this order, too
        row = invitations.locked(row)
        verdict = invitations.tried(row, code, at, may(row, at))
        if verdict:
            actor = Actor(None, row.approver.name, roles.CLIENT)
            proposals.cancel_for(actor=actor, at=at, proposal=row.proposal, reason=reason)
            Invitation.objects.filter(pk=row.pk).update(code_hash=None)
            return
    raise RuleRefused(verdict)
