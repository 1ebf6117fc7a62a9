"""The client's answer: exactly this list, by the right person, in order, once."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.utils import InternalError
from django.utils import timezone

from kendali.accounts import roles, sensitive
from kendali.accounts.models import Deputy, RoleGrant, SensitiveChange, User
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.disposal import lists
from kendali.disposal.actions import decisions, proposals
from kendali.disposal.actions.decisions import Person, TakeOut
from kendali.disposal.models import Approver, Decision, Hold, Letter, Proposal, ProposalItem
from kendali.disposal.tests.asking import approver, asked, draft
from kendali.notices.models import Notice
from kendali.terms.models import Setting
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def setting(cast: Cast, key: str, value: int | bool) -> None:
    Setting.objects.create(key=key, value=value, version=1, reason="x", created_at=cast.now)


def second_client_user(cast: Cast) -> User:
    return client_user(cast, "cici")


def client_user(cast: Cast, nick: str) -> User:
    person = User.objects.create(email=f"{nick}@kendali.test", name=nick.title())
    RoleGrant.objects.create(user=person, role=roles.CLIENT, client=cast.nusantara, granted_at=cast.now)
    return person


def decide(cast: Cast, proposal: Proposal, person: Person | None = None, **changes: Any) -> Decision:
    given: dict[str, Any] = {"answer": "yes", "list_digest": proposal.final_digest, "at": cast.now} | changes
    return decisions.decide(proposal=proposal, person=person or Person("login", user=cast.clara), **given)


def no(cast: Cast, proposal: Proposal, **changes: Any) -> Decision:
    later = cast.now.date() + timedelta(days=90)
    given: dict[str, Any] = {"answer": "no", "reason": "Sengketa", "ask_again_on": later} | changes
    return decide(cast, proposal, **given)


def test_yes_names_digest_name_position_and_time_and_expires(cast: Cast) -> None:
    proposal = asked(cast)
    decision = decide(cast, proposal)
    assert (decision.answer, decision.name, decision.position) == ("yes", "Clara Wijaya", "Contact Centre Head")
    assert (decision.list_digest, decision.list_count) == (proposal.list_digest, 5)
    assert (decision.way, decision.at, decision.step) == ("login", cast.now, 1)
    proposal.refresh_from_db()
    assert proposal.status == "approved"
    assert proposal.valid_until == decision.expires_at
    assert proposal.valid_until is not None
    assert proposals.approval_verdict(proposal, at=cast.now)
    assert not proposals.approval_verdict(proposal, at=proposal.valid_until)
    assert Entry.objects.get(verb="proposal.approved").facts["digest"] == proposal.list_digest
    assert Notice.objects.filter(kind="proposal.approved", user=cast.tari).exists()


def test_a_second_click_is_refused_and_makes_no_second_decision(cast: Cast) -> None:
    proposal = asked(cast)
    stale = Proposal.objects.get(pk=proposal.pk)
    decide(cast, proposal)
    for row in (proposal, stale):
        with pytest.raises(RuleRefused):
            decide(cast, row)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("nick", ["tari", "indra", "dewi", "rahma", "maya", "aulia", "adi", "agus", "candra"])
def test_only_the_client_of_this_list_answers(cast: Cast, nick: str) -> None:
    proposal = asked(cast)
    with pytest.raises(Refused):
        decide(cast, proposal, Person("login", user=cast.people[nick]))
    assert not Decision.objects.exists()


def test_a_list_that_changed_since_it_was_opened_is_not_signed(cast: Cast) -> None:
    proposal = asked(cast)
    with pytest.raises(RuleRefused):
        decide(cast, proposal, list_digest="0" * 64)
    proposal.refresh_from_db()
    assert proposal.status == "asked"


def test_what_is_not_asked_is_not_answered(cast: Cast) -> None:
    with pytest.raises(RuleRefused):
        decide(cast, draft(cast))


def test_after_the_deadline_silence_was_the_answer(cast: Cast) -> None:
    proposal = asked(cast)
    assert proposal.due_at is not None
    with pytest.raises(RuleRefused):
        decide(cast, proposal, at=proposal.due_at + timedelta(seconds=1))


def test_yes_signs_what_remains_when_single_records_are_taken_out(cast: Cast) -> None:
    proposal = asked(cast)
    seen = proposal.final_digest
    first, second, third = proposal.items.order_by("pk")[:3]
    hold = TakeOut("Sengketa transaksi", as_hold=True, cause="dispute")
    decision = decide(cast, proposal, take_out={first.pk: hold, second.pk: hold, third.pk: TakeOut("Masih dipakai")})
    proposal.refresh_from_db()
    assert decision.list_count == proposal.final_count == 2
    assert decision.list_digest == proposal.final_digest == lists.digest(proposal, final=True).sha256 != seen
    assert proposal.list_digest == seen == lists.digest(proposal, final=False).sha256
    placed = Hold.objects.get()
    assert set(placed.subjects.values_list("subject", flat=True)) == {first.subject, second.subject}
    assert (placed.placed_by, placed.placed_role, placed.reference) == (cast.clara, "client", proposal.number)
    third.refresh_from_db()
    assert (third.taken_out, third.taken_reason, third.hold) == (True, "Masih dipakai", None)
    assert ProposalItem.objects.get(pk=first.pk).hold == placed
    assert proposals.approval_verdict(proposal, at=cast.now, lines=lists.digest(proposal, final=True).sha256)


def test_what_is_not_on_the_list_is_not_taken_out_and_nothing_is_written(cast: Cast) -> None:
    proposal, other = asked(cast), draft(cast, client=cast.telko)
    foreign = other.items.first()
    assert foreign is not None
    with pytest.raises(RuleRefused):
        decide(cast, proposal, take_out={foreign.pk: TakeOut("x", as_hold=True, cause="dispute")})
    assert not Hold.objects.exists()
    assert not Decision.objects.exists()
    assert not ProposalItem.objects.filter(taken_out=True).exists()


@pytest.mark.parametrize(
    "one",
    [
        TakeOut(""),
        TakeOut("x", as_hold=True),
        TakeOut("x", as_hold=True, cause="weather"),
        TakeOut("hubungi 081234567890"),
    ],
)
def test_taking_out_needs_a_reason_without_numbers_and_a_hold_its_cause(cast: Cast, one: TakeOut) -> None:
    proposal = asked(cast)
    with pytest.raises(RuleRefused):
        decide(cast, proposal, take_out={proposal.items.order_by("pk")[0].pk: one})
    assert not ProposalItem.objects.filter(taken_out=True).exists()


def test_taking_everything_out_is_a_no(cast: Cast) -> None:
    proposal = asked(cast, count=2)
    with pytest.raises(RuleRefused):
        decide(cast, proposal, take_out={pk: TakeOut("x") for pk in proposal.items.values_list("pk", flat=True)})


def test_no_needs_a_reason_and_a_day_to_be_asked_again(cast: Cast) -> None:
    proposal = asked(cast)
    for missing in ({"reason": " "}, {"ask_again_on": None}, {"ask_again_on": cast.now.date()}):
        with pytest.raises(RuleRefused):
            no(cast, proposal, **missing)
    decision = no(cast, proposal)
    proposal.refresh_from_db()
    assert (decision.answer, decision.reason) == ("no", "Sengketa")
    assert (proposal.status, proposal.reason, proposal.ask_again_on) == ("refused", "Sengketa", decision.ask_again_on)
    assert not proposals.approval_verdict(proposal, at=cast.now)
    assert not Hold.objects.exists()


def test_a_no_for_a_pending_dispute_may_hold_the_whole_list(cast: Cast) -> None:
    proposal = asked(cast)
    later = date(2027, 3, 1)
    no(cast, proposal, as_hold=True, cause="dispute", ask_again_on=later)
    hold = Hold.objects.get()
    assert hold.subjects.count() == 5
    assert hold.review_on == later
    assert set(proposal.items.values_list("hold", flat=True)) == {hold.pk}


def test_two_people_sign_the_same_final_list_in_order(cast: Cast) -> None:
    setting(cast, "approval.approvers", 2)
    proposal = asked(cast)
    first = proposal.items.order_by("pk")[0]
    one = decide(cast, proposal, take_out={first.pk: TakeOut("Masih dipakai")})
    proposal.refresh_from_db()
    assert (proposal.status, one.step) == ("asked", 1)
    assert not proposals.approval_verdict(proposal, at=cast.now)
    with pytest.raises(RuleRefused):  # the same person again
        decide(cast, proposal)
    other = Person("login", user=second_client_user(cast))
    with pytest.raises(RuleRefused):  # the list as it was before the first signature
        decide(cast, proposal, other, list_digest=proposal.list_digest)
    with pytest.raises(RuleRefused):  # the second takes nothing out
        decide(cast, proposal, other, take_out={proposal.items.order_by("pk")[1].pk: TakeOut("x")})
    two = decide(cast, proposal, other)
    proposal.refresh_from_db()
    assert (proposal.status, two.step, two.list_digest) == ("approved", 2, one.list_digest)
    assert proposals.approval_verdict(proposal, at=cast.now)


def test_the_second_may_still_say_no(cast: Cast) -> None:
    setting(cast, "approval.approvers", 2)
    proposal = asked(cast)
    decide(cast, proposal)
    later = cast.now.date() + timedelta(days=30)
    person = Person("login", user=second_client_user(cast))
    decide(cast, proposal, person, answer="no", reason="Belum", ask_again_on=later)
    proposal.refresh_from_db()
    assert proposal.status == "refused"


def test_approvers_with_a_link_sign_in_their_order(cast: Cast) -> None:
    setting(cast, "approval.approvers", 2)
    first, second = approver(cast), approver(cast, "eko@bank.test", order=2)
    proposal = asked(cast)
    with pytest.raises(RuleRefused):
        decide(cast, proposal, Person("link", approver=second))
    decision = decide(cast, proposal, Person("link", approver=first, factor="email_code"))
    assert (decision.user, decision.approver, decision.name) == (None, first, first.name)
    assert (decision.way, decision.factor, decision.position) == ("link", "email_code", "Kepala Layanan")
    proposal.refresh_from_db()
    decide(cast, proposal, Person("link", approver=second))
    proposal.refresh_from_db()
    assert proposal.status == "approved"
    entry = Entry.objects.get(verb="proposal.approved")
    assert (entry.actor_id, entry.actor_name, entry.role) == (None, second.name, "client")


def test_one_person_does_not_sign_twice_by_login_and_by_link(cast: Cast) -> None:
    setting(cast, "approval.approvers", 2)
    same = approver(cast, cast.clara.email, order=2)
    proposal = asked(cast)
    Approver.objects.filter(pk=same.pk).update(order=1)
    decide(cast, proposal, Person("link", approver=Approver.objects.get(pk=same.pk)))
    proposal.refresh_from_db()
    Approver.objects.filter(pk=same.pk).update(order=2)
    with pytest.raises(RuleRefused):
        decide(cast, proposal, Person("login", user=cast.clara))


@pytest.mark.parametrize("changes", [{"ended_at": timezone.now()}, {"usable_from": None}])
def test_an_approver_who_is_not_confirmed_or_has_ended_does_not_count(cast: Cast, changes: dict[str, Any]) -> None:
    row = approver(cast)
    Approver.objects.filter(pk=row.pk).update(**changes)
    proposal = asked(cast)
    with pytest.raises(RuleRefused):
        decide(cast, proposal, Person("link", approver=Approver.objects.get(pk=row.pk)))


def test_an_approver_of_another_client_does_not_count(cast: Cast) -> None:
    with pytest.raises(RuleRefused):
        decide(cast, asked(cast), Person("link", approver=approver(cast, client=cast.telko)))


@pytest.mark.parametrize("nick", ["tari", "indra", "rahma"])
def test_an_address_of_our_own_people_is_no_approver(cast: Cast, nick: str) -> None:
    row = approver(cast, cast.people[nick].email)
    with pytest.raises(RuleRefused):
        decide(cast, asked(cast), Person("link", approver=row))


def test_who_proposed_does_not_approve_nor_does_who_stands_in_for_them(cast: Cast) -> None:
    proposal = asked(cast)
    Proposal.objects.filter(pk=proposal.pk).update(proposed_by=second_client_user(cast))
    today = timezone.localdate()
    Deputy.objects.create(
        principal=cast.clara, deputy=User.objects.get(name="Cici"), role=roles.CLIENT, starts=today, ends=today,
        named_at=cast.now,
    )  # fmt: skip
    with pytest.raises(RuleRefused):
        decide(cast, proposal)


@pytest.mark.usefixtures("on_the_day")
def test_a_deputy_answers_on_behalf_and_the_decision_says_so(cast: Cast) -> None:
    proposal = asked(cast)
    deputy = User.objects.create(email="wakil@bank.test", name="Wati Wakil", position="Deputy Head")
    today = timezone.localdate()
    Deputy.objects.create(principal=cast.clara, deputy=deputy, role=roles.CLIENT, starts=today, ends=today,
                          named_at=cast.now)  # fmt: skip
    decision = decide(cast, proposal, Person("login", user=deputy), at=timezone.now())
    assert (decision.name, decision.on_behalf_of) == ("Wati Wakil", "Clara Wijaya")
    assert decisions.decided(proposal, deputy)
    assert decisions.decided(proposal, cast.clara)  # for separation of duties the two count as one
    assert not decisions.decided(proposal, cast.indra)


def _changed(cast: Cast, subject: str, hours_ago: int) -> None:
    then = cast.now - timedelta(hours=hours_ago)
    SensitiveChange.objects.create(
        kind="approver", do="approver.change", client=cast.nusantara, subject=subject, proposed_at=then,
        confirmed_at=then, effective_at=then, applied_at=then,
    )  # fmt: skip


@pytest.mark.parametrize(("hours", "counts"), [(1, False), (23, False), (25, True)])
def test_an_answer_within_24_hours_of_a_change_of_its_approver_is_refused(cast: Cast, hours: int, counts: bool) -> None:
    row, proposal = approver(cast), asked(cast)
    for subject, person in (
        (sensitive.subject_of(row), Person("link", approver=row)),
        (sensitive.subject_of(cast.clara), Person("login", user=cast.clara)),
    ):
        _changed(cast, subject, hours)
        if counts:
            assert decisions.may_answer(proposal=proposal, person=person, at=cast.now)
        else:
            with pytest.raises(RuleRefused):
                decide(cast, proposal, person)


def letter(cast: Cast, proposal: Proposal) -> Letter:
    return Letter.objects.create(
        proposal=proposal, path="x", name="surat.pdf", size=1, sha256="0" * 64, list_digest=proposal.final_digest,
        signed_by_name="Bambang Direktur", signed_by_position="Direktur", signed_on=date(2026, 11, 20),
        uploaded_by=cast.tari, uploaded_at=cast.now,
    )  # fmt: skip


def test_a_letter_alone_is_enough_only_where_the_client_says_so(cast: Cast) -> None:
    proposal = asked(cast)
    scan, by_letter = letter(cast, proposal), Person("letter", user=cast.tari)
    with pytest.raises(RuleRefused):
        decide(cast, proposal, by_letter, letter=scan)
    setting(cast, "approval.letter_suffices", True)
    with pytest.raises(Refused):
        decide(cast, proposal, Person("letter", user=cast.indra), letter=scan)
    decision = decide(cast, proposal, by_letter, letter=scan)
    assert (decision.way, decision.name, decision.position) == ("letter", "Bambang Direktur", "Direktur")
    assert (decision.user, decision.letter) == (None, scan)
    assert proposals.approval_verdict(proposal, at=cast.now)


def test_a_letter_for_another_list_is_refused(cast: Cast) -> None:
    setting(cast, "approval.letter_suffices", True)
    proposal = asked(cast)
    scan = letter(cast, proposal)
    Letter.objects.filter(pk=scan.pk).update(list_digest="1" * 64)
    scan.refresh_from_db()
    with pytest.raises(RuleRefused):
        decide(cast, proposal, Person("letter", user=cast.tari), letter=scan)


def test_a_page_knows_before_anybody_presses(cast: Cast) -> None:
    proposal = asked(cast)
    clara = Person("login", user=cast.clara)
    assert decisions.may_answer(proposal=proposal, person=clara, at=cast.now)
    assert not decisions.may_answer(proposal=proposal, person=Person("login", user=cast.tari), at=cast.now)
    decide(cast, proposal)
    proposal.refresh_from_db()
    assert not decisions.may_answer(proposal=proposal, person=clara, at=cast.now)


@pytest.mark.parametrize("statement", ["UPDATE disposal_decision SET answer = 'no'", "DELETE FROM disposal_decision"])
def test_what_was_answered_is_never_changed(cast: Cast, statement: str) -> None:
    decide(cast, asked(cast))
    with pytest.raises((ProgrammingError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_decision(cast: Cast) -> None:
    proposal = asked(cast)
    start = threading.Barrier(2)
    results: list[str] = []

    def click() -> None:
        row = Proposal.objects.get(pk=proposal.pk)
        start.wait(60)
        try:
            decide(cast, row)
            results.append("yes")
        except RuleRefused:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == ["refused", "yes"]
    assert Decision.objects.count() == 1
