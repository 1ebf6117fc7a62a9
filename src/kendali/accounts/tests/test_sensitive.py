"""Changes that need a second person and 24 hours (records-control, "Who does what")."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from kendali.accounts import actions, mail_server, roles, sensitive, sensitive_notices
from kendali.accounts.models import PasswordSetup, SensitiveChange, User
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.notices.models import Notice
from tests.cast import NOW, Cast
from tests.mail_server import Mailbox

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(RuleRefused) as caught:
        yield
    assert words in caught.value.verdict.reason


def _change_of_address(cast: Cast) -> SensitiveChange:
    changes = {"email": "lain@kendali.test", "language": "en"}
    actions.change_user(user=cast.adi, at=cast.now, person=cast.clara, changes=changes)
    return SensitiveChange.objects.get(do="user.changed")


def _send_mails(mailbox: Mailbox) -> set[str]:
    for job in ProcrastinateJob.objects.filter(task_name="accounts.mail_sensitive_change").order_by("pk"):
        sensitive_notices.send(**job.args)
    return {str(mail["To"]) for mail in mailbox.mails}


def test_an_administrator_alone_changes_nothing_of_somebody_who_approves(cast: Cast) -> None:
    change = _change_of_address(cast)
    cast.clara.refresh_from_db()
    assert cast.clara.email == "clara@kendali.test"
    assert cast.clara.language == "en"  # nothing an approval hangs on
    assert change.summary["new_email"] == "lain@kendali.test"
    assert b"lain@kendali.test" not in bytes(change.sealed or b"")


def test_who_proposed_does_not_confirm_and_neither_does_the_deputy(cast: Cast) -> None:
    from kendali.accounts.models import Deputy

    change = _change_of_address(cast)
    with refused("does not confirm"):
        sensitive.confirm(user=cast.adi, at=cast.now, change=change)
    Deputy.objects.create(
        principal=cast.rahma, deputy=cast.adi, role=roles.QMR, starts=NOW.date(), ends=NOW.date(), named_at=NOW
    )
    with refused("does not confirm"):
        sensitive.confirm(user=cast.rahma, at=cast.now, change=change)


@pytest.mark.parametrize("nick", ["tari", "indra", "clara", "maya", "aulia", "dewi"])
def test_only_administrators_and_the_qmr_confirm(cast: Cast, nick: str) -> None:
    change = _change_of_address(cast)
    with pytest.raises(Refused):
        sensitive.confirm(user=cast.people[nick], at=cast.now, change=change)


def test_it_takes_effect_a_day_after_the_second_person_and_approvals_count_a_day_later(cast: Cast) -> None:
    change, subject = _change_of_address(cast), sensitive.subject_of(cast.clara)
    assert sensitive.fresh(cast.nusantara, subject, cast.now) == change
    later = cast.now + timedelta(days=3)
    sensitive.confirm(user=cast.rahma, at=later, change=change)
    assert sensitive.apply_due(later + DAY - timedelta(seconds=1)) == 0
    assert sensitive.apply_due(later + DAY) == 1
    cast.clara.refresh_from_db()
    assert cast.clara.email == "lain@kendali.test"
    assert sensitive.fresh(cast.nusantara, subject, later + DAY + timedelta(hours=23)) is not None
    assert sensitive.fresh(cast.nusantara, subject, later + DAY + DAY) is None
    change.refresh_from_db()
    assert change.sealed is None
    verbs = Entry.objects.filter(object_type="accounts.sensitivechange").values_list("verb", flat=True)
    assert list(verbs.order_by("pk")) == ["sensitive.proposed", "sensitive.confirmed", "sensitive.applied"]


def test_the_delay_can_be_longer_but_never_shorter() -> None:
    from kendali.terms.settings import DEFINITIONS

    assert DEFINITIONS["sensitive.hours"].problem(23)
    assert not DEFINITIONS["sensitive.hours"].problem(24)


def test_everybody_concerned_is_told_at_every_stage_also_the_old_address(cast: Cast, mailbox: Mailbox) -> None:
    User.objects.filter(pk=cast.clara.pk).update(is_active=False)  # so that the address has no login any more
    change = _change_of_address(cast)
    assert _send_mails(mailbox) == {"clara@kendali.test"}
    User.objects.filter(pk=cast.clara.pk).update(is_active=True)
    sensitive.confirm(user=cast.rahma, at=cast.now, change=change)
    sensitive.apply_due(cast.now + DAY)
    told = Notice.objects.filter(user=cast.clara, kind__startswith="sensitive.").order_by("pk")
    assert list(told.values_list("kind", flat=True)) == ["sensitive.confirmed", "sensitive.applied"]
    stages = [job.args["stage"] for job in ProcrastinateJob.objects.filter(task_name="accounts.mail_sensitive_change")]
    assert stages[-1] == "applied"  # now the old address belongs to nobody: it gets an e-mail of its own


@pytest.mark.parametrize("nick", ["clara", "rahma", "adi"])
def test_it_can_be_stopped_until_it_is_in_force(cast: Cast, nick: str) -> None:
    change = _change_of_address(cast)
    sensitive.confirm(user=cast.rahma, at=cast.now, change=change)
    with refused("reason"):
        sensitive.refuse(user=cast.people[nick], at=cast.now, change=change, reason=" ")
    sensitive.refuse(user=cast.people[nick], at=cast.now, change=change, reason="Bukan permintaan kami")
    assert sensitive.apply_due(cast.now + DAY) == 0
    assert sensitive.fresh(cast.nusantara, sensitive.subject_of(cast.clara), cast.now) is None
    with refused("refused"):
        sensitive.confirm(user=cast.rahma, at=cast.now, change=change)


def test_another_client_neither_sees_nor_stops_it(cast: Cast) -> None:
    with pytest.raises(Refused):
        sensitive.refuse(user=cast.candra, at=cast.now, change=_change_of_address(cast), reason="x")


def test_the_same_change_waits_once(cast: Cast) -> None:
    _change_of_address(cast)
    with refused("waiting already"):
        actions.change_user(user=cast.adi, at=cast.now, person=cast.clara, changes={"name": "Clara W."})


def test_a_new_person_of_a_client_has_no_right_before_it_is_in_force(cast: Cast) -> None:
    budi = actions.create_user(user=cast.adi, at=cast.now, email="budi@bank.test", name="Budi")
    first = actions.send_setup_link(user=cast.adi, at=cast.now, person=budi)
    assert isinstance(first, PasswordSetup)  # the first link goes with the account
    change = actions.grant_role(user=cast.adi, at=cast.now, person=budi, role=roles.CLIENT, client=cast.nusantara)
    assert isinstance(change, SensitiveChange)
    assert not budi.grants.exists()
    # Between proposal and effect the address is guarded, too, and a second link is another change.
    actions.change_user(user=cast.adi, at=cast.now, person=budi, changes={"email": "adi2@kendali.test"})
    assert actions.send_setup_link(user=cast.adi, at=cast.now, person=budi).pk != first.pk
    budi.refresh_from_db()
    assert budi.email == "budi@bank.test"
    sensitive.confirm(user=cast.rahma, at=cast.now, change=change)
    assert sensitive.apply_due(cast.now + DAY) == 1
    assert budi.grants.get().client == cast.nusantara


def test_a_new_link_a_lost_factor_and_a_return_wait_as_well(cast: Cast) -> None:
    User.objects.filter(pk=cast.clara.pk).update(last_login=cast.now)
    cast.clara.refresh_from_db()
    actions.send_setup_link(user=cast.adi, at=cast.now, person=cast.clara)
    actions.reset_factors(user=cast.adi, at=cast.now, person=cast.clara)
    actions.deactivate_user(user=cast.adi, at=cast.now, person=cast.clara)
    actions.reactivate_user(user=cast.adi, at=cast.now, person=cast.clara)
    waiting = set(sensitive.pending(sensitive.subject_of(cast.clara)).values_list("do", flat=True))
    assert waiting == {"user.setup_link", "user.factors", "user.reactivated"}
    cast.clara.refresh_from_db()
    assert not cast.clara.is_active
    assert not PasswordSetup.objects.exists()


def test_our_own_people_are_changed_at_once(cast: Cast) -> None:
    actions.change_user(user=cast.adi, at=cast.now, person=cast.tari, changes={"email": "t@kendali.test"})
    actions.send_setup_link(user=cast.adi, at=cast.now, person=cast.tari)
    assert not SensitiveChange.objects.exists()


def test_an_address_that_was_taken_meanwhile_ends_the_change(cast: Cast) -> None:
    change = _change_of_address(cast)
    sensitive.confirm(user=cast.rahma, at=cast.now, change=change)
    User.objects.create(email="lain@kendali.test", name="Lain")
    assert sensitive.apply_due(cast.now + DAY) == 0
    change.refresh_from_db()
    assert "already a user" in change.refuse_reason or "Sudah ada" in change.refuse_reason


def test_another_mail_server_in_the_environment_needs_a_person_and_a_day(cast: Cast, settings: Settings) -> None:
    assert mail_server.look(cast.now) is None  # the first one is taken as it is
    assert mail_server.settled(cast.now)
    settings.EMAIL_HOST, settings.KENDALI_MAIL = "mail.penipu.example", True
    assert not mail_server.settled(cast.now)  # even before anybody looked
    change = mail_server.look(cast.now)
    assert change is not None
    assert mail_server.look(cast.now) == change  # asked once
    assert mail_server.unconfirmed()
    sensitive.confirm(user=cast.adi, at=cast.now, change=change)
    assert not mail_server.unconfirmed()
    assert not mail_server.settled(cast.now + DAY - timedelta(seconds=1))
    assert mail_server.settled(cast.now + DAY)


def test_a_mail_server_that_nobody_confirms_stays_refused(cast: Cast, settings: Settings) -> None:
    mail_server.look(cast.now)
    before = settings.EMAIL_HOST
    settings.EMAIL_HOST, settings.KENDALI_MAIL = "mail.penipu.example", True
    change = mail_server.look(cast.now)
    assert change is not None
    sensitive.refuse(user=cast.rahma, at=cast.now, change=change, reason="Tidak ada yang mengenalnya")
    assert not mail_server.settled(_later(400))
    again = mail_server.look(cast.now)
    assert again not in {None, change}
    settings.EMAIL_HOST, settings.KENDALI_MAIL = before, False
    assert mail_server.look(cast.now) is None  # set back: nothing waits any more
    assert mail_server.settled(cast.now)


def _later(days: int) -> datetime:
    return NOW + timedelta(days=days)
