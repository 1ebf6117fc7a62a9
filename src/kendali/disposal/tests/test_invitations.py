"""The client decides by an e-mailed link: single use, expiring, confirmed by a code; rules and rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from kendali.accounts import mail_server, sensitive
from kendali.accounts.models import SensitiveChange
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.disposal import invitation_mail
from kendali.disposal.actions import approvers, decisions, invitations, proposals
from kendali.disposal.actions.decisions import TakeOut
from kendali.disposal.models import Approver, Decision, Hold, Invitation, Proposal
from kendali.disposal.tests import asking
from tests.cast import Cast
from tests.mail_server import Mailbox

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(RuleRefused) as caught:
        yield
    verdict = caught.value.verdict
    assert words in verdict.reason % dict(verdict.facts)


def post(mailbox: Mailbox, at: datetime) -> list[str]:
    """Carry out the mail jobs that were not carried out yet; the texts of their mails."""
    before, carried = len(mailbox.mails), mailbox.__dict__.setdefault("carried", set())
    for job in ProcrastinateJob.objects.filter(task_name="disposal.mail_invitation").order_by("pk"):
        if job.pk not in carried:
            carried.add(job.pk)
            invitation_mail.send(**job.args, at=at)
    bodies = [mail.get_body(("plain",)) for mail in mailbox.mails[before:]]
    return [body.get_content().replace("\r\n", "\n") for body in bodies if body is not None]


def invited(cast: Cast, **more: Any) -> tuple[Proposal, Invitation]:
    asking.approver(cast)
    proposal = asking.asked(cast, **more)
    return proposal, Invitation.objects.select_related("approver", "proposal__client").get(proposal=proposal)


def code_for(row: Invitation, mailbox: Mailbox, at: datetime) -> str:
    invitations.send_code(row, at=at)
    found = re.search(r"^(\d{6})$", post(mailbox, at)[-1], re.M)
    assert found
    return found[1]


def say_yes(row: Invitation, code: str, at: datetime, **more: Any) -> Decision:
    return invitations.answer(
        row, at=at, code=code, answer="yes", list_digest=more.pop("list_digest", row.list_digest), **more
    )


def test_the_link_and_the_code_are_in_the_mail_and_nowhere_else(cast: Cast, mailbox: Mailbox) -> None:
    _proposal, row = invited(cast)
    (text,) = post(mailbox, cast.now)
    found = re.search(r"/persetujuan/([\w-]+)/", text)
    assert found
    assert invitations.find(found[1]) == row
    assert invitations.find(found[1][:-1] + "x") is None
    code = code_for(row, mailbox, cast.now)
    assert str(mailbox.mails[-1]["To"]) == "dian@bank.test"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(i)::text FROM disposal_invitation i")
        rows = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(args::text, '') FROM procrastinate_jobs")
        jobs = cursor.fetchone()[0]
    for secret in (found[1], code):
        assert secret not in rows
        assert secret not in jobs
        assert not [entry for entry in Entry.objects.all() if secret in str(entry.facts)]


def test_the_mail_about_backup_copies_asks_for_their_destruction_and_not_for_a_deletion(
    cast: Cast, mailbox: Mailbox
) -> None:
    asking.approver(cast)
    proposal = asking.draft(cast)
    Proposal.objects.filter(pk=proposal.pk).update(act="backup")
    proposal.refresh_from_db()
    proposals.ask(user=cast.tari, at=cast.now, proposal=proposal)
    (text,) = post(mailbox, cast.now)
    assert "salinan backup" in text
    assert "dihapus" not in text
    assert "pemusnahan salinan backup" in str(mailbox.mails[-1]["Subject"])


def test_yes_by_link_and_code_is_an_approval_of_exactly_this_list(cast: Cast, mailbox: Mailbox) -> None:
    proposal, row = invited(cast)
    decision = say_yes(row, code_for(row, mailbox, cast.now), cast.now)
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.APPROVED
    assert (decision.way, decision.factor, decision.name) == ("link", "email_code", "Dian Permata")
    assert decision.position == "Kepala Layanan"
    assert proposals.approval_verdict(proposal, at=cast.now)


def test_no_needs_its_reason_and_the_code_may_be_used_again(cast: Cast, mailbox: Mailbox) -> None:
    proposal, row = invited(cast)
    code = code_for(row, mailbox, cast.now)
    no: dict[str, Any] = {"at": cast.now, "code": code, "answer": "no", "list_digest": row.list_digest}
    with refused("reason"):
        invitations.answer(row, **no)
    again = cast.now.date() + timedelta(days=60)
    invitations.answer(row, **no, reason="Sengketa berjalan", ask_again_on=again)
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.REFUSED
    assert proposal.ask_again_on == again


def test_a_record_taken_out_by_link_is_held_in_the_approvers_name(cast: Cast, mailbox: Mailbox) -> None:
    proposal, row = invited(cast)
    item = proposal.items.order_by("pk")[0]
    out = {item.pk: TakeOut("Pengaduan", as_hold=True, cause="complaint")}
    decision = say_yes(row, code_for(row, mailbox, cast.now), cast.now, take_out=out)
    assert decision.list_count == 4
    assert Hold.objects.get().placed_by_name == "Dian Permata"


def test_a_link_decides_once(cast: Cast, mailbox: Mailbox) -> None:
    _proposal, row = invited(cast)
    code = code_for(row, mailbox, cast.now)
    say_yes(row, code, cast.now)
    with refused("decides once"):
        say_yes(row, code, cast.now)
    assert invitations.state(_again(row), cast.now) == "used"


@pytest.mark.parametrize("days", [14, 400])
def test_a_link_ends_with_its_days_or_with_the_time_for_the_answer(cast: Cast, mailbox: Mailbox, days: int) -> None:
    proposal, row = invited(cast)
    assert proposal.due_at is not None
    assert row.expires_at <= proposal.due_at
    with refused("expired"):
        invitations.send_code(row, at=cast.now + timedelta(days=days, hours=3))


def test_five_wrong_codes_lock_the_link_and_the_right_one_no_longer_opens(cast: Cast, mailbox: Mailbox) -> None:
    _proposal, row = invited(cast)
    code = code_for(row, mailbox, cast.now)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1):
        with refused(f"{left} tries"):
            say_yes(row, wrong, cast.now)
    with refused("locked"):
        say_yes(row, wrong, cast.now)
    with refused("locked"):
        say_yes(row, code, cast.now)
    with refused("locked"):
        invitations.send_code(row, at=cast.now + 29 * MINUTE)
    later = cast.now + 31 * MINUTE
    say_yes(row, code_for(row, mailbox, later), later)
    assert Entry.objects.filter(verb="invitation.locked").count() == 1


def test_a_code_lives_ten_minutes_and_a_newer_one_replaces_it(cast: Cast, mailbox: Mailbox) -> None:
    _proposal, row = invited(cast)
    with refused("Ask for a code first"):
        say_yes(row, "000000", cast.now)
    first = code_for(row, mailbox, cast.now)
    with refused("ten minutes"):
        say_yes(row, first, cast.now + 10 * MINUTE)
    with refused("less than a minute"):
        invitations.send_code(row, at=cast.now + timedelta(seconds=59))
    second = code_for(row, mailbox, cast.now + MINUTE)
    if first != second:
        with refused("wrong"):
            say_yes(row, first, cast.now + MINUTE)
    say_yes(row, second, cast.now + MINUTE)
    assert Proposal.objects.get().status == "approved"


def test_nobody_asks_for_codes_without_end(cast: Cast, mailbox: Mailbox) -> None:
    _proposal, row = invited(cast)
    for n in range(invitations.MOST_CODES):
        invitations.send_code(row, at=cast.now + n * MINUTE)
    with refused("Too many codes"):
        invitations.send_code(row, at=cast.now + 20 * MINUTE)


def test_what_was_seen_must_be_the_list_as_it_is(cast: Cast, mailbox: Mailbox) -> None:
    proposal, row = invited(cast)
    code = code_for(row, mailbox, cast.now)
    with refused("list changed"):
        say_yes(row, code, cast.now, list_digest="0" * 64)
    Proposal.objects.filter(pk=proposal.pk).update(final_digest="1" * 64)
    assert invitations.state(_again(row), cast.now) == "changed"
    with refused("changed after this link"):
        say_yes(row, code, cast.now)


def test_a_list_that_was_answered_elsewhere_cancelled_or_void_says_so(cast: Cast, mailbox: Mailbox) -> None:
    proposal, row = invited(cast)
    person = decisions.Person(way="login", user=cast.clara)
    decisions.decide(at=cast.now, proposal=proposal, answer="yes", list_digest=proposal.final_digest, person=person)
    assert invitations.state(_again(row), cast.now) == "elsewhere"
    assert post(mailbox, cast.now) == []  # not even the invitation leaves any more
    other, second = _another(cast)
    proposals.cancel(user=cast.tari, at=cast.now, proposal=other, reason="Salah klien")
    assert invitations.state(_again(second), cast.now) == "cancelled"


def _another(cast: Cast) -> tuple[Proposal, Invitation]:
    proposal = asking.asked(cast)
    return proposal, Invitation.objects.get(proposal=proposal)


def _again(row: Invitation) -> Invitation:
    return Invitation.objects.select_related("approver", "proposal__client").get(pk=row.pk)


def test_an_approver_that_is_pending_ended_or_of_another_client_gets_no_link(cast: Cast, mailbox: Mailbox) -> None:
    approvers.propose_new(
        user=cast.adi, at=cast.now, client=cast.nusantara, email="baru@bank.test", name="Baru", position="Staf"
    )
    asking.approver(cast, "lama@bank.test")
    Approver.objects.filter(email="lama@bank.test").update(ended_at=cast.now)
    asking.approver(cast, "lain@telko.test", client=cast.telko)
    asking.asked(cast)
    assert not Invitation.objects.exists()


def test_where_two_sign_the_second_is_asked_after_the_first_about_the_same_list(cast: Cast, mailbox: Mailbox) -> None:
    asking.setting(cast, "approval.approvers", 2)
    asking.approver(cast, "satu@bank.test", order=1)
    asking.approver(cast, "dua@bank.test", order=2)
    proposal = asking.asked(cast)
    first = Invitation.objects.get()
    assert first.approver.email == "satu@bank.test"
    item = proposal.items.order_by("pk")[0]
    say_yes(first, code_for(first, mailbox, cast.now), cast.now, take_out={item.pk: TakeOut("Masih dipakai")})
    second = Invitation.objects.get(approver__email="dua@bank.test")
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.ASKED
    assert second.list_digest == proposal.final_digest != first.list_digest
    say_yes(second, code_for(second, mailbox, cast.now), cast.now)
    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.APPROVED


def test_no_answer_by_link_within_a_day_of_another_mail_server(
    cast: Cast, mailbox: Mailbox, settings: Settings
) -> None:
    _proposal, row = invited(cast)
    mail_server.look(cast.now)
    code = code_for(row, mailbox, cast.now)
    settings.DEFAULT_FROM_EMAIL = "penipu@example.test"
    with refused("mail server"):
        say_yes(row, code, cast.now)
    change = mail_server.look(cast.now)
    assert change is not None
    sensitive.confirm(user=cast.rahma, at=cast.now, change=change)
    with refused("mail server"):
        invitations.send_code(row, at=cast.now + timedelta(hours=23))
    invitations.send_code(row, at=cast.now + timedelta(hours=24))


def test_no_answer_by_an_approver_whose_address_is_being_changed(cast: Cast, mailbox: Mailbox) -> None:
    _proposal, row = invited(cast)
    code = code_for(row, mailbox, cast.now)
    approvers.propose_change(user=cast.adi, at=cast.now, approver=row.approver, changes={"email": "x@bank.test"})
    with refused("less than 24 hours"):
        say_yes(row, code, cast.now)


def test_new_links_end_the_old_ones(cast: Cast, mailbox: Mailbox) -> None:
    proposal, row = invited(cast)
    with pytest.raises(Refused):
        invitations.invite_again(user=cast.indra, at=cast.now, proposal=proposal)
    assert invitations.invite_again(user=cast.tari, at=cast.now + MINUTE, proposal=proposal) == 1
    assert invitations.state(_again(row), cast.now + MINUTE) == "revoked"


def test_without_a_mail_server_nobody_is_invited(cast: Cast) -> None:
    asking.approver(cast)
    proposal = asking.asked(cast)
    assert not Invitation.objects.exists()
    with refused("No mail server"):
        invitations.invite_again(user=cast.tari, at=cast.now, proposal=proposal)


def test_an_approver_is_made_changed_and_ended_by_two(cast: Cast) -> None:
    row = approvers.propose_new(
        user=cast.adi, at=cast.now, client=cast.nusantara, email="Dian@Bank.test", name="Dian", position="Kepala"
    )
    assert approvers.usable(cast.nusantara, cast.now + timedelta(days=99)) == []
    at = _carry_out(cast, row, cast.now)
    assert approvers.usable(cast.nusantara, at) == []  # told of it now; counts a day later
    assert approvers.usable(cast.nusantara, at + timedelta(days=1)) == [row]
    approvers.propose_change(user=cast.adi, at=at, approver=row, changes={"name": "Dian P.", "order": 2})
    at = _carry_out(cast, row, at)
    row.refresh_from_db()
    assert (row.name, row.order) == ("Dian P.", 2)
    approvers.propose_end(user=cast.adi, at=at, approver=row)
    _carry_out(cast, row, at)
    row.refresh_from_db()
    assert row.ended_at is not None


def _carry_out(cast: Cast, row: Approver, at: datetime) -> datetime:
    sensitive.confirm(user=cast.rahma, at=at, change=sensitive.pending(sensitive.subject_of(row)).get())
    assert sensitive.apply_due(at + timedelta(days=1)) == 1
    return at + timedelta(days=1)


def test_a_refused_approver_leaves_nothing_that_could_be_invited(cast: Cast) -> None:
    row = approvers.propose_new(
        user=cast.adi, at=cast.now, client=cast.nusantara, email="dian@bank.test", name="Dian", position="Kepala"
    )
    change = SensitiveChange.objects.get()
    sensitive.refuse(user=cast.clara, at=cast.now, change=change, reason="Kami tidak mengenalnya")
    row.refresh_from_db()
    assert row.ended_at is not None


def test_our_own_people_do_not_become_approvers(cast: Cast) -> None:
    with refused("own people"):
        approvers.propose_new(
            user=cast.adi, at=cast.now, client=cast.nusantara, email=cast.tari.email, name="T", position="TL"
        )


def test_somebody_who_approves_by_link_hears_of_changes_of_the_others(cast: Cast, mailbox: Mailbox) -> None:
    asking.approver(cast, "dian@bank.test")
    approvers.propose_new(
        user=cast.adi, at=cast.now, client=cast.nusantara, email="baru@bank.test", name="Baru", position="Staf"
    )
    told = ProcrastinateJob.objects.filter(task_name="accounts.mail_sensitive_change").values_list("args", flat=True)
    assert {args["email"] for args in told} == {"dian@bank.test", "baru@bank.test"}
