"""The head of the audit trail reaches the QMR and the clients by real mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pytest_django import Settings

from kendali.archive.stores import open_store
from kendali.audit.actions import record
from kendali.audit.actor import SYSTEM
from kendali.audit.anchors import anchor
from kendali.home import anchor_mail
from tests.cast import Cast
from tests.mail_server import Mailbox


def test_qmr_and_clients_get_the_digest_and_nobody_else(cast: Cast, mailbox: Mailbox, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    record("source.probed", actor=SYSTEM, at=now, facts={"name": "x", "version": "1", "problems": 0})
    head = anchor(open_store(str(tmp_path)), at=now)
    assert head is not None
    assert anchor_mail.todays(now) == head
    for user in anchor_mail.receivers():
        anchor_mail.send(user=user, anchor=head)
    assert {mail["To"] for mail in mailbox.mails} == {cast.rahma.email, cast.clara.email, cast.candra.email}
    texts = [part.get_content() for mail in mailbox.mails if (part := mail.get_body(("plain",)))]
    assert [bytes(head.hash).hex() in text for text in texts] == [True] * 3


def test_an_old_head_is_not_mailed_again_and_none_without_a_mail_server(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    record("source.probed", actor=SYSTEM, at=now, facts={"name": "x", "version": "1", "problems": 0})
    anchor(open_store(str(tmp_path)), at=now)
    settings.KENDALI_MAIL = True
    assert anchor_mail.todays(now + timedelta(days=2)) is None
    settings.KENDALI_MAIL = False
    assert anchor_mail.todays(now) is None
