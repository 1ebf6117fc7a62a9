"""Each guard of an answer by e-mailed link is taken away, one at a time: without it an answer counts that must not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction

from kendali.accounts import mail_server, sensitive
from kendali.accounts.models import SensitiveChange
from kendali.accounts.permissions import Refused
from kendali.disposal import rules
from kendali.disposal.actions import invitations, proposals
from kendali.disposal.models import Decision, Invitation, Proposal
from kendali.disposal.tests.asking import approver, draft
from kendali.verdict import YES
from tests.cast import Cast
from tests.mail_server import Mailbox

pytestmark = pytest.mark.django_db
Stage = Callable[[Cast, Invitation], object]
Patch = Callable[[pytest.MonkeyPatch], None]
RIGHT = "right"


def changed_address(cast: Cast, row: Invitation) -> None:
    """An hour ago, and in force since."""
    at = cast.now - timedelta(hours=1)
    SensitiveChange.objects.create(
        kind="approver", do="approver.changed", client=cast.nusantara, subject=sensitive.subject_of(row.approver),
        proposed_at=at, confirmed_at=at, effective_at=at, applied_at=at,
    )  # fmt: skip


def expired(cast: Cast, row: Invitation) -> None:
    Invitation.objects.filter(pk=row.pk).update(expires_at=cast.now)


def revoked(cast: Cast, row: Invitation) -> None:
    Invitation.objects.filter(pk=row.pk).update(revoked_at=cast.now)


def used(cast: Cast, row: Invitation) -> None:
    Invitation.objects.filter(pk=row.pk).update(used_at=cast.now)


def locked(cast: Cast, row: Invitation) -> None:
    Invitation.objects.filter(pk=row.pk).update(locked_until=cast.now + timedelta(minutes=20))


def answer_time_over(cast: Cast, row: Invitation) -> None:
    Proposal.objects.filter(pk=row.proposal_id).update(due_at=cast.now - timedelta(seconds=1))


def nothing(_cast: Cast, _row: Invitation) -> None: ...


def says(module: object, name: str, answer: object) -> Patch:
    return lambda patched: patched.setattr(module, name, lambda *_a, **_k: answer)


MAY = says(invitations, "may_answer", YES)
GUARDS: dict[str, tuple[Stage, str, Patch]] = {
    "the code is the one that was sent": (nothing, "000000", says(invitations, "tried", YES)),
    "a link works until it expires": (expired, RIGHT, says(invitations, "state", "open")),
    "a revoked link is over": (revoked, RIGHT, says(invitations, "state", "open")),
    "a link decides once": (used, RIGHT, says(invitations, "state", "open")),
    "after wrong codes it is locked": (locked, RIGHT, MAY),
    "answers wait after a change of the mail server": (
        lambda _cast, _row: None, RIGHT, says(mail_server, "settled", True),
    ),
    "answers wait after a change of the address": (changed_address, RIGHT, says(sensitive, "fresh", None)),
    "silence is no": (answer_time_over, RIGHT, says(rules, "may_decide", YES)),
}  # fmt: skip


@pytest.mark.parametrize("name", GUARDS)
def test_without_this_guard_an_answer_counts_that_must_not(
    name: str, cast: Cast, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, code, without = GUARDS[name]
    approver(cast)
    proposal = draft(cast)
    proposals.ask(user=cast.tari, at=cast.now, proposal=proposal)
    row = Invitation.objects.get()
    invitations.send_code(row, at=cast.now)
    if "mail server" in name:
        monkeypatch.setattr(mail_server, "settled", lambda _at: False)
    row.refresh_from_db()
    right = invitations.code_of(row)
    stage(cast, row)
    for there in (True, False):
        with monkeypatch.context() as patched, transaction.atomic():
            if not there:
                without(patched)
            fresh = Invitation.objects.select_related("approver", "proposal__client", "proposal__policy").get()
            with suppress(Refused):
                invitations.answer(
                    fresh, at=cast.now, code=right if code == RIGHT else code, answer="yes",
                    list_digest=proposal.final_digest,
                )  # fmt: skip
        assert Decision.objects.exists() != there, "it counted" if there else "nothing fails without it"
