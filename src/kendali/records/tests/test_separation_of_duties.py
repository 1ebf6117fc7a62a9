"""Who raises does not carry out, who carries out does not confirm, who proposes does not decide; deputies included."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from kendali.accounts import actions, own_actions, roles
from kendali.accounts.models import Deputy, User
from kendali.accounts.permissions import RuleRefused
from kendali.records.actions import escalations, unbackupable
from kendali.records.models import Escalation, Record, Unbackupable
from kendali.records.tests.office import Office

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def raised(office: Office) -> Escalation:
    office.source("suara", client=office.cast.nusantara, record_class="recording")
    office.call("suara", "1", LONG_AGO)
    return office.raised("suara")


def deputy(principal: User, stand_in: User, role: str) -> None:
    today = timezone.localdate()
    Deputy.objects.create(
        principal=principal, deputy=stand_in, role=role, starts=today - timedelta(days=2),
        ends=today + timedelta(days=2), named_at=timezone.now() - timedelta(days=2),
    )  # fmt: skip


@pytest.mark.parametrize("step", [escalations.accept, escalations.begin])
def test_the_deputy_of_who_raised_does_not_carry_out(
    office: Office, raised: Escalation, step: Callable[..., None]
) -> None:
    deputy(office.cast.tari, office.cast.indra, roles.TEAM_LEADER)
    with pytest.raises(RuleRefused):
        step(user=office.cast.indra, at=office.cast.now, order=raised)


def test_who_carried_out_does_not_confirm_not_even_as_a_deputy(office: Office, raised: Escalation) -> None:
    cast = office.cast
    escalations.accept(user=cast.indra, at=cast.now, order=raised)
    Escalation.objects.filter(pk=raised.pk).update(status="done", started_by=cast.indra)
    raised.refresh_from_db()
    actions.grant_role(user=cast.adi, at=cast.now, person=cast.indra, role=roles.TEAM_LEADER)
    with pytest.raises(RuleRefused):
        escalations.confirm(user=cast.indra, at=cast.now, order=raised)
    assert escalations.confirm_several(user=cast.indra, at=cast.now, orders=[raised]) == []
    page = cast.web(cast.indra).get(f"/eskalasi/{raised.pk}/").content.decode()
    assert "pelaksana" in page.lower()
    escalations.confirm(user=cast.tari, at=cast.now, order=raised)
    assert raised.status == "confirmed"


def test_the_deputy_of_who_proposed_does_not_decide(office: Office, raised: Escalation) -> None:
    cast = office.cast
    row = Unbackupable.objects.create(
        record=Record.objects.get(), reason="x", proposed_by=cast.tari, proposed_at=cast.now
    )
    deputy(cast.tari, cast.rahma, roles.TEAM_LEADER)
    with pytest.raises(RuleRefused):
        unbackupable.decide(user=cast.rahma, at=cast.now, row=row, confirmed=True)


def test_a_deputy_of_the_procedure_does_not_become_administrator(office: Office) -> None:
    cast, today = office.cast, timezone.localdate()
    newcomer = User.objects.create(email="baru@kendali.test", name="Baru")
    own_actions.name_deputy(
        user=cast.tari, at=cast.now, deputy=newcomer, role=roles.TEAM_LEADER, starts=today, ends=today
    )
    with pytest.raises(RuleRefused):
        actions.grant_role(user=cast.adi, at=cast.now, person=newcomer, role=roles.ADMINISTRATOR)
