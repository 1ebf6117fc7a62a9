"""A record that the client takes out of a list as a refusal is asked about again on its day, and not before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kendali.accounts.permissions import RuleRefused
from kendali.disposal.actions import deadlines
from kendali.disposal.actions.decisions import TakeOut
from kendali.disposal.tests.asking import asked
from kendali.disposal.tests.test_decisions import decide, setting
from kendali.notices.models import Notice
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_a_record_taken_out_as_a_refusal_is_asked_about_again_and_one_that_is_held_is_not(cast: Cast) -> None:
    proposal = asked(cast)
    first, second, third = proposal.items.order_by("pk")[:3]
    today = cast.now.date()  # 15.40 WIB
    decide(
        cast,
        proposal,
        take_out={
            first.pk: TakeOut("Masih dipakai"),
            second.pk: TakeOut("Masih dipakai", ask_again_on=today + timedelta(days=7)),
            third.pk: TakeOut("Sengketa", as_hold=True, cause="dispute", ask_again_on=today + timedelta(days=7)),
        },
    )
    days = list(proposal.items.order_by("pk").values_list("ask_again_on", flat=True))
    assert days == [today + timedelta(days=90), today + timedelta(days=7), None, None, None]


def test_the_day_of_a_refusal_lies_ahead(cast: Cast) -> None:
    proposal = asked(cast)
    line = proposal.items.order_by("pk")[0]
    with pytest.raises(RuleRefused, match="setelah hari ini"):
        decide(cast, proposal, take_out={line.pk: TakeOut("Masih dipakai", ask_again_on=cast.now.date())})
    assert not proposal.items.filter(taken_out=True).exists()


def test_on_that_day_the_team_leader_is_told_once(cast: Cast) -> None:
    setting(cast, "approval.ask_again_days", 10)
    proposal = asked(cast)
    first, second = proposal.items.order_by("pk")[:2]
    decide(cast, proposal, take_out={one.pk: TakeOut("Masih dipakai") for one in (first, second)})
    told = Notice.objects.filter(kind="proposal.ask_again_lines")
    assert deadlines.ask_again_lines(at=cast.now + timedelta(days=9)) == 0
    assert deadlines.ask_again_lines(at=cast.now + timedelta(days=10)) == 2
    assert deadlines.ask_again_lines(at=cast.now + timedelta(days=11)) == 0
    assert [(one.user, one.facts["count"]) for one in told] == [(cast.tari, 2)]
