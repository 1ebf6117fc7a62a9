"""Two people at the same list at the same moment: one is first, the other hears it, and nobody waits in a ring."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from kendali.accounts.permissions import RuleRefused
from kendali.disposal.actions import approvers, invitations, proposals
from kendali.disposal.actions.decisions import Person
from kendali.disposal.models import Approver, Decision, Invitation, Proposal
from kendali.disposal.tests import asking
from kendali.disposal.tests.test_decisions import decide, second_client_user
from kendali.disposal.tests.test_invitations import code_for, invited, say_yes
from tests.cast import Cast
from tests.mail_server import Mailbox

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ANY(%s)"


class Other(threading.Thread):
    """Somebody else, with a connection of their own; what stopped them is in `error`."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act, self.session = act, 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            connection.ensure_connection()
            self.session = connection.connection.info.backend_pid
            self.act()
        except BaseException as error:
            self.error = error
        finally:
            connection.close()

    def begin_and_wait(self) -> None:
        """Begun, and now waiting for a row of ours."""
        self.start()
        while self.is_alive():
            with connection.cursor() as cursor:
                cursor.execute(WAITING, [[self.session]])
                if cursor.fetchone()[0]:
                    return


def test_a_list_is_cancelled_while_the_client_answers_by_link(cast: Cast, mailbox: Mailbox) -> None:
    proposal, row = invited(cast)
    code = code_for(row, mailbox, cast.now)
    client = Other(lambda: say_yes(row, code, cast.now))
    with transaction.atomic():
        proposals.locked(proposal)
        client.begin_and_wait()
        proposals.cancel(user=cast.tari, at=cast.now, proposal=proposal, reason="Salah daftar")  # ends the link, too
    client.join(60)
    assert isinstance(client.error, RuleRefused)
    assert "cancelled" in client.error.verdict.reason
    assert not Decision.objects.exists()


def test_the_client_answers_by_link_while_the_list_is_cancelled(cast: Cast, mailbox: Mailbox) -> None:
    proposal, row = invited(cast)
    code = code_for(row, mailbox, cast.now)
    mine = Proposal.objects.get(pk=proposal.pk)
    team_leader = Other(lambda: proposals.cancel(user=cast.tari, at=cast.now, proposal=mine, reason="Salah daftar"))
    with transaction.atomic():
        say_yes(row, code, cast.now)
        team_leader.begin_and_wait()
    team_leader.join(60)
    assert team_leader.error is None  # after the Ya it may be cancelled as long as nothing was deleted
    assert Decision.objects.get().answer == "yes"
    assert Proposal.objects.get().status == "cancelled"


@pytest.mark.parametrize("what", ["invite_again", "end_approver"])
def test_links_are_sent_anew_or_ended_while_somebody_answers(cast: Cast, mailbox: Mailbox, what: str) -> None:
    proposal, row = invited(cast)
    other_approver = asking.approver(cast, "lain@bank.test")
    later = cast.now + timedelta(minutes=1)
    assert invitations.invite_again(user=cast.tari, at=later, proposal=proposal) == 2
    row = Invitation.objects.select_related("approver", "proposal__client").get(approver=row.approver, revoked_at=None)
    code = code_for(row, mailbox, later)
    acts = {
        "invite_again": lambda: invitations.invite_again(user=cast.tari, at=later, proposal=proposal),
        "end_approver": lambda: _end(other_approver, cast),
    }
    other = Other(acts[what])
    with transaction.atomic():
        say_yes(row, code, later)
        other.begin_and_wait()
    other.join(60)
    assert Proposal.objects.get().status == "approved"
    if what == "invite_again":
        assert isinstance(other.error, RuleRefused)
    else:
        assert other.error is None
        assert Approver.objects.get(pk=other_approver.pk).ended_at is not None


def _end(row: Approver, cast: Cast) -> None:
    """What `sensitive.apply_due` carries out when the 24 hours are over, in its transaction."""
    from kendali.accounts.models import SensitiveChange

    with transaction.atomic():
        approvers._apply_end(SensitiveChange(client=row.client), {"approver": row.pk}, cast.now)


def test_of_two_approvers_at_once_each_signs_a_step_of_its_own_or_is_refused(cast: Cast) -> None:
    asking.setting(cast, "approval.approvers", 2)
    proposal, other = asking.asked(cast), second_client_user(cast)
    people = [
        Other(lambda: decide(cast, Proposal.objects.get(pk=proposal.pk))),
        Other(lambda: decide(cast, Proposal.objects.get(pk=proposal.pk), Person("login", user=other))),
    ]
    for one in people:
        one.start()
    for one in people:
        one.join(60)
    steps = list(Decision.objects.order_by("step").values_list("step", flat=True))
    refused = [one.error for one in people if one.error is not None]
    assert all(isinstance(error, RuleRefused) for error in refused)
    assert (steps, len(refused)) in (([1, 2], 0), ([1], 1))
    assert Proposal.objects.get().status == ("approved" if steps == [1, 2] else "asked")
