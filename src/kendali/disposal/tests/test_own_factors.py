"""Who says Ya for a client and changes the own second factors waits like everybody else whose way in changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from kendali.accounts import sensitive
from kendali.accounts.models import SensitiveChange, User
from kendali.accounts.tests.test_login import log_in, with_app
from kendali.disposal.actions import decisions, proposals
from kendali.disposal.actions.decisions import Person
from kendali.disposal.models import Proposal
from kendali.disposal.tests.asking import draft
from kendali.notices.models import Notice
from kendali.records.tests.office import refused
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def with_a_new_factor(person: User) -> tuple[Browser, SensitiveChange]:
    browser = Browser()
    log_in(browser, person)
    with_app(browser)
    return browser, SensitiveChange.objects.get()


def asked(cast: Cast) -> Proposal:
    row = draft(cast)
    proposals.ask(user=cast.tari, at=timezone.now(), proposal=row)
    return row


def test_no_answer_counts_until_a_second_person_confirmed_it_and_a_day_is_over(cast: Cast) -> None:
    _browser, change = with_a_new_factor(cast.clara)
    assert (change.kind, change.client, change.proposed_by) == ("factors", cast.nusantara, cast.clara)
    assert cast.rahma in {one.user for one in Notice.objects.filter(kind="sensitive.proposed")}
    proposal, person, now = asked(cast), Person("login", user=cast.clara), timezone.now()
    assert not decisions.may_answer(proposal=proposal, person=person, at=now)
    with refused("Who proposed this does not confirm it."):
        User.objects.filter(pk=cast.clara.pk).update(is_active=True)
        _confirm_as_the_person_itself(cast, change)
    sensitive.confirm(user=cast.rahma, at=now, change=change)
    assert not decisions.may_answer(proposal=proposal, person=person, at=now + timedelta(hours=25))  # not applied yet
    sensitive.apply_due(now + timedelta(hours=24))
    assert not decisions.may_answer(proposal=proposal, person=person, at=now + timedelta(hours=47))
    assert decisions.may_answer(proposal=proposal, person=person, at=now + timedelta(hours=49))
    assert Authenticator.objects.filter(user_id=cast.clara.pk, type="totp").exists()


def _confirm_as_the_person_itself(cast: Cast, change: SensitiveChange) -> None:
    """Even with a role that confirms."""
    cast.clara.grants.create(role="qmr", granted_at=cast.now)
    try:
        sensitive.confirm(user=cast.clara, at=timezone.now(), change=change)
    finally:
        cast.clara.grants.filter(role="qmr").update(ended_at=cast.now)


def test_a_second_change_joins_the_first_and_a_refusal_takes_the_added_one_away(cast: Cast) -> None:
    browser, change = with_a_new_factor(cast.clara)
    browser.post(reverse("mfa_generate_recovery_codes"))
    assert SensitiveChange.objects.count() == 1
    sensitive.refuse(user=cast.rahma, at=timezone.now(), change=change, reason="Bukan Clara yang melakukannya")
    assert not Authenticator.objects.filter(user_id=cast.clara.pk, type="totp").exists()


def test_it_concerns_only_people_of_a_client(cast: Cast) -> None:
    browser = Browser()
    log_in(browser, cast.tari)
    with_app(browser)
    assert not SensitiveChange.objects.exists()
