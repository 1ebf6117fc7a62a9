"""Who proposes, approves, sends and carries out are different people; a deputy counts as whom they stand in for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import translation

from kendali.accounts import roles
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.sentences import say
from kendali.disposal.actions import decisions, holds
from kendali.disposal.models import Proposal
from kendali.records.actions import disposal_orders as orders
from kendali.records.models import DisposalOrder
from kendali.records.tests import disposal_rows as rows
from kendali.records.tests.test_separation_of_duties import deputy
from kendali.verdict import Verdict
from tests.cast import Cast

pytestmark = pytest.mark.django_db
WAYS = pytest.mark.parametrize("stands_in", [False, True], ids=["the person", "a deputy"])


def refusal(act: Callable[[], object]) -> str:
    """The sentence, which a person reads in Indonesian, too."""
    with pytest.raises(RuleRefused) as caught:
        act()
    verdict: Verdict = caught.value.verdict
    with translation.override("id"):
        assert say(verdict.reason, verdict.facts) != say(verdict.reason, {}) or "%(" not in verdict.reason
        assert translation.gettext(verdict.reason) != verdict.reason
    return verdict.reason


def same(person: User, other: User, role: str, stands_in: bool) -> User:
    """`person` did it: either `other` themselves, or somebody whom `other` stands in for."""
    if not stands_in:
        return other
    deputy(person, other, role)
    return person


STEPS: dict[str, tuple[str, Callable[[User, Cast, DisposalOrder], object]]] = {
    "accept": ("raised", lambda user, cast, row: orders.accept(user=user, at=cast.now, order=row)),
    "arm": (
        "accepted",
        lambda user, cast, row: orders.arm(user=user, at=cast.now, order=row, typed_number=row.number),
    ),
    "resume": ("paused", lambda user, cast, row: orders.resume(user=user, at=cast.now, order=row)),
}


@WAYS
@pytest.mark.parametrize("step", STEPS)
def test_who_raised_the_order_does_not_carry_it_out(cast: Cast, step: str, stands_in: bool) -> None:
    status, act = STEPS[step]
    order = rows.order(cast, status)
    DisposalOrder.objects.filter(pk=order.pk).update(
        raised_by=same(cast.tari, cast.indra, roles.TEAM_LEADER, stands_in)
    )
    Proposal.objects.update(proposed_by=cast.surya)
    order = DisposalOrder.objects.select_related("proposal__policy").get()
    said = refusal(lambda: act(cast.indra, cast, order))
    assert said == "Who raised this order does not carry it out."
    order.refresh_from_db()
    assert order.status == status


@WAYS
def test_who_proposed_the_list_does_not_carry_the_order_out(cast: Cast, stands_in: bool) -> None:
    order = rows.order(cast)
    DisposalOrder.objects.update(raised_by=cast.surya)
    Proposal.objects.update(proposed_by=same(cast.tari, cast.indra, roles.TEAM_LEADER, stands_in))
    order = DisposalOrder.objects.select_related("proposal__policy").get()
    said = refusal(lambda: orders.accept(user=cast.indra, at=cast.now, order=order))
    assert said == "Who proposed this list does not carry the order out."


@WAYS
def test_who_approved_the_list_does_not_carry_the_order_out(cast: Cast, stands_in: bool) -> None:
    order = rows.order(cast)
    approver = same(cast.clara, cast.indra, roles.CLIENT, stands_in)
    decision = order.proposal.decisions.get()
    order.proposal.decisions.create(
        step=2, answer="yes", list_digest=decision.list_digest, list_count=3, user=approver, name="X", position="X",
        way="login", at=cast.now, expires_at=order.proposal.valid_until,
    )  # fmt: skip
    said = refusal(lambda: orders.accept(user=cast.indra, at=cast.now, order=order))
    assert said == "Who approved this list does not carry the order out."


@WAYS
def test_who_approved_the_list_does_not_send_the_order(cast: Cast, stands_in: bool) -> None:
    proposal = rows.proposal(cast, "approved")
    approver = same(cast.clara, cast.tari, roles.CLIENT, stands_in)
    proposal.decisions.create(
        step=2, answer="yes", list_digest=proposal.final_digest, list_count=3, user=approver, name="X", position="X",
        way="login", at=cast.now, expires_at=proposal.valid_until,
    )  # fmt: skip
    said = refusal(lambda: orders.raise_order(user=cast.tari, at=cast.now, proposal=proposal))
    assert said == "Who approved this list does not send the order for it."
    assert not DisposalOrder.objects.exists()


@WAYS
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_who_proposed_the_list_does_not_decide_on_it(cast: Cast, answer: str, stands_in: bool) -> None:
    proposal = rows.proposal(cast)
    Proposal.objects.update(proposed_by=same(cast.tari, cast.clara, roles.TEAM_LEADER, stands_in))
    proposal.refresh_from_db()
    said = refusal(
        lambda: decisions.decide(
            at=cast.now, proposal=proposal, answer=answer, list_digest=proposal.final_digest,
            person=decisions.Person("login", user=cast.clara), reason="x",
        )
    )  # fmt: skip
    assert said == "Who proposes or carries out a deletion does not approve it."
    assert not proposal.decisions.exists()


@WAYS
def test_who_placed_a_hold_does_not_lift_it(cast: Cast, stands_in: bool) -> None:
    hold = rows.hold(cast, placed_by=same(cast.rahma, cast.maya, roles.QMR, stands_in), placed_role=roles.QMR)
    said = refusal(lambda: holds.release(user=cast.maya, at=cast.now, hold=hold, reason="Sengketa selesai"))
    assert said == "Who placed this hold does not lift it."
    hold.refresh_from_db()
    assert hold.status == "active"


def test_the_page_greys_the_step_with_the_same_sentence(cast: Cast) -> None:
    order = rows.order(cast)
    deputy(cast.tari, cast.indra, roles.TEAM_LEADER)
    page = cast.web(cast.indra).get(f"/penghapusan/{order.pk}/").content.decode()
    with translation.override("id"):
        reasons = [
            translation.gettext(text)
            for text in (
                "Who raised this order does not carry it out.", "Who proposed this list does not carry the order out.",
            )
        ]  # fmt: skip
    assert any(reason in page for reason in reasons)
