"""Inviting the client's approvers by e-mail, list by list."""

from __future__ import annotations

from datetime import datetime

from kendali.disposal.models import Proposal


def invite_all(proposal: Proposal, *, at: datetime) -> None:
    """Called when a list is put to the client, and again for the next approver when the first has signed."""


def remind_all(proposal: Proposal, *, at: datetime) -> None:
    """Called with each reminder, for those who have an invitation and have not answered."""


def revoke_all(proposal: Proposal, *, at: datetime) -> None:
    """Called when a list no longer waits for an answer: decided, cancelled, void, unanswered."""
