"""The paper of a proposal: asking, cancelling, what voids it, and what time does to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit.models import Entry
from kendali.disposal import lists, rules
from kendali.disposal.actions import deadlines, decisions, proposals
from kendali.disposal.actions.decisions import Person
from kendali.disposal.models import Proposal, ProposalItem
from kendali.disposal.tests.asking import asked, draft
from kendali.disposal.words import WHY_VOID, why_void
from kendali.notices.models import Notice
from kendali.terms.models import Policy, Setting
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def approved(cast: Cast) -> Proposal:
    proposal = asked(cast)
    decisions.decide(
        at=cast.now, proposal=proposal, answer="yes", list_digest=proposal.final_digest,
        person=Person("login", user=cast.clara),
    )  # fmt: skip
    return proposal


def setting(cast: Cast, key: str, value: int | bool) -> None:
    Setting.objects.create(key=key, value=value, version=1, reason="x", created_at=cast.now)


def new_policy(cast: Cast, proposal: Proposal, **changes: Any) -> None:
    old = proposal.policy
    Policy.objects.filter(pk=old.pk).update(status="superseded")
    columns = {
        "zone": old.zone, "backup_after_years": old.backup_after_years, "lead_days": old.lead_days,
        "delete_after_years": old.delete_after_years, "backup_copy_months": old.backup_copy_months,
    }  # fmt: skip
    Policy.objects.create(
        client=old.client, record_class=old.record_class, version=old.version + 1, reason="x", created_at=cast.now,
        **columns | changes,
    )  # fmt: skip


def told(kind: str) -> set[str]:
    return set(Notice.objects.filter(kind=kind).values_list("user__name", flat=True))


def test_asking_gives_the_number_and_the_time_for_the_answer_and_tells_the_client(cast: Cast) -> None:
    proposal = asked(cast)
    proposal.refresh_from_db()
    assert (proposal.number, proposal.status) == ("UP-2026-0001", "asked")
    assert proposal.due_at == datetime(2026, 12, 4, 10, 0, tzinfo=UTC)  # 17.00 WIB on the fourteenth day
    assert told("proposal.asked") == {"Clara Wijaya"}
    assert Entry.objects.get(verb="proposal.asked").facts["number"] == "UP-2026-0001"


def test_a_second_click_asks_once(cast: Cast) -> None:
    proposal = draft(cast)
    stale = Proposal.objects.get(pk=proposal.pk)
    proposals.ask(user=cast.tari, at=cast.now, proposal=proposal)
    with pytest.raises(RuleRefused):
        proposals.ask(user=cast.tari, at=cast.now, proposal=stale)
    assert told("proposal.asked") == {"Clara Wijaya"}
    assert Notice.objects.filter(kind="proposal.asked").count() == 1


@pytest.mark.parametrize("nick", ["indra", "dewi", "clara", "rahma", "maya", "aulia", "adi"])
def test_only_the_team_leader_asks(cast: Cast, nick: str) -> None:
    with pytest.raises(Refused):
        proposals.ask(user=cast.people[nick], at=cast.now, proposal=draft(cast))


def test_a_list_under_a_policy_that_changed_is_not_asked(cast: Cast) -> None:
    proposal = draft(cast)
    new_policy(cast, proposal, delete_after_years=3)
    with pytest.raises(RuleRefused):
        proposals.ask(user=cast.tari, at=cast.now, proposal=proposal)
    assert proposal.number is None


def test_backup_copies_have_their_own_series(cast: Cast) -> None:
    proposal = draft(cast)
    Proposal.objects.filter(pk=proposal.pk).update(act="backup", proposed_by=None)
    proposal.refresh_from_db()
    proposals.ask(user=cast.tari, at=cast.now, proposal=proposal)
    assert proposal.number == "UPS-2026-0001"
    assert proposal.proposed_by == cast.tari  # drafted by itself: who asks proposes


@pytest.mark.parametrize("nick", ["tari", "clara"])
@pytest.mark.parametrize("make", [asked, approved])
def test_team_leader_and_client_cancel_before_and_after_the_yes(cast: Cast, nick: str, make: Any) -> None:
    proposal = make(cast)
    with pytest.raises(RuleRefused):
        proposals.cancel(user=cast.people[nick], at=cast.now, proposal=proposal, reason="")
    proposals.cancel(user=cast.people[nick], at=cast.now, proposal=proposal, reason="Salah pilih")
    proposal.refresh_from_db()
    assert (proposal.status, proposal.reason) == ("cancelled", "Salah pilih")
    assert not proposals.approval_verdict(proposal, at=cast.now)
    assert told("proposal.cancelled") == {"Tari Lestari", "Clara Wijaya"}


@pytest.mark.parametrize("nick", ["indra", "dewi", "rahma", "candra", "aulia"])
def test_nobody_else_cancels(cast: Cast, nick: str) -> None:
    with pytest.raises(Refused):
        proposals.cancel(user=cast.people[nick], at=cast.now, proposal=asked(cast), reason="x")


def test_when_deletion_has_begun_it_is_stopped_and_not_cancelled(cast: Cast) -> None:
    proposal = approved(cast)
    proposals.begin(at=cast.now, proposal=proposal)
    with pytest.raises(RuleRefused):
        proposals.cancel(user=cast.tari, at=cast.now, proposal=proposal, reason="x")
    proposals.close(at=cast.now, proposal=proposal)
    assert proposal.status == "closed"


def test_what_is_not_approved_does_not_begin(cast: Cast) -> None:
    with pytest.raises(RuleRefused):
        proposals.begin(at=cast.now, proposal=asked(cast))


def test_a_refusal_names_the_status_in_the_language_of_the_reader(cast: Cast) -> None:
    proposal = asked(cast)
    with translation.override("id"):
        verdict = proposals.approval_verdict(proposal, at=cast.now)
    assert verdict.facts["status"] == "menunggu klien"
    with translation.override("en"):
        assert proposals.approval_verdict(proposal, at=cast.now).facts["status"] == "waiting for the client"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"delete_after_years": 3}, ""),
        ({"backup_copy_months": 60}, ""),
        ({"backup_copy_months": 6}, "policy_shorter"),
        ({"lead_days": 60}, "policy_version"),
        ({}, "policy_version"),
    ],
)
def test_what_a_policy_does_to_an_approval_and_the_page_can_say_why(
    cast: Cast, changes: dict[str, int], why: str
) -> None:
    proposal = approved(cast)
    new_policy(cast, proposal, **changes)
    verdict = proposals.approval_verdict(proposal, at=cast.now)
    assert bool(verdict) == (not why)  # at once, even before anybody writes it down
    voided = proposals.policy_changed(client=cast.nusantara, record_class=proposal.record_class, at=cast.now)
    proposal.refresh_from_db()
    assert bool(voided) == bool(why)
    assert proposal.status == ("voided" if why else "approved")
    assert bool(why_void(proposal)) == bool(why)
    if why:
        assert proposal.void_reason["code"] == why
        assert told("proposal.voided") == {"Tari Lestari", "Clara Wijaya"}


def test_a_list_that_still_waits_is_void_too_and_one_of_another_client_is_not(cast: Cast) -> None:
    proposal, other = asked(cast), asked(cast, client=cast.telko)
    new_policy(cast, proposal, lead_days=60)
    assert proposals.policy_changed(client=cast.nusantara, record_class="recording", at=cast.now) == [proposal]
    other.refresh_from_db()
    assert other.status == "asked"


def test_an_added_line_voids_and_so_does_a_changed_one(cast: Cast) -> None:
    added, changed = approved(cast), asked(cast, client=cast.telko)
    assert proposals.void_if_needed(proposal=added, at=cast.now, look=True) == ""
    item = added.items.order_by("pk")[0]
    item.pk, item.subject, item.ref = None, 9999, "1717009999.1"
    item.save(force_insert=True)
    lines = lists.digest(added, final=True).sha256
    assert not proposals.approval_verdict(added, at=cast.now, lines=lines)
    assert proposals.void_if_needed(proposal=added, at=cast.now, look=True) == "list_changed"
    assert why_void(added)
    ProposalItem.objects.filter(proposal=changed, subject=1001).update(keyed_digest=bytes(32))
    assert proposals.void_if_needed(proposal=changed, at=cast.now, look=True) == "list_changed"


def test_a_record_that_changed_voids_before_the_first_deletion_unless_the_setting_says_otherwise(cast: Cast) -> None:
    begun, kept = approved(cast), asked(cast, client=cast.telko)
    proposals.begin(at=cast.now, proposal=begun)
    assert proposals.void_if_needed(proposal=begun, at=cast.now, changed=1) == ""  # then it is left out, one by one
    Setting.objects.create(
        key="approval.changed_voids", client=cast.telko, value=False, version=1, reason="x", created_at=cast.now
    )
    assert proposals.void_if_needed(proposal=kept, at=cast.now, changed=1) == ""
    Setting.objects.update(value=True)
    assert proposals.void_if_needed(proposal=kept, at=cast.now, changed=1) == "record_changed"


def test_every_reason_to_be_void_has_its_sentence() -> None:
    codes = {rules.voids(policy="shorter"), rules.voids(policy="other"), rules.voids(changed=1)}
    codes |= {rules.voids(lines="a", signed="b"), "silence", "expired"}
    assert codes == set(WHY_VOID)


def test_reminders_go_out_on_days_7_and_12_each_once(cast: Cast) -> None:
    proposal = asked(cast)
    for day, sent in [(6, 0), (7, 1), (7, 0), (8, 0), (12, 1), (13, 0)]:
        assert len(deadlines.remind(at=cast.now + timedelta(days=day))) == sent
    proposal.refresh_from_db()
    assert proposal.reminders == 2
    assert told("proposal.reminder") == {"Clara Wijaya"}


def test_a_worker_that_was_away_sends_one_reminder_and_not_two(cast: Cast) -> None:
    asked(cast)
    assert len(deadlines.remind(at=cast.now + timedelta(days=13))) == 1
    assert deadlines.remind(at=cast.now + timedelta(days=13)) == []


def test_silence_is_no(cast: Cast) -> None:
    proposal = asked(cast)
    assert proposal.due_at is not None
    assert deadlines.lapse(at=proposal.due_at) == []
    after = proposal.due_at + timedelta(seconds=1)
    assert deadlines.lapse(at=after) == [proposal]
    assert deadlines.lapse(at=after) == []
    proposal.refresh_from_db()
    assert (proposal.status, proposal.void_reason["code"]) == ("refused", "silence")
    assert why_void(proposal)
    assert told("proposal.unanswered") == {"Tari Lestari", "Clara Wijaya"}
    assert not proposal.decisions.exists()


def test_an_approval_expires(cast: Cast) -> None:
    proposal = approved(cast)
    assert proposal.valid_until is not None
    assert deadlines.expire(at=proposal.valid_until - timedelta(seconds=1)) == []
    assert deadlines.expire(at=proposal.valid_until) == [proposal]
    proposal.refresh_from_db()
    assert (proposal.status, proposal.void_reason["code"]) == ("expired", "expired")
    assert Entry.objects.filter(verb="proposal.expired").count() == 1


def test_on_the_day_the_client_named_the_team_leader_is_told_once(cast: Cast) -> None:
    proposal = asked(cast)
    decisions.decide(
        at=cast.now, proposal=proposal, answer="no", list_digest=proposal.final_digest, reason="Sengketa",
        person=Person("login", user=cast.clara), ask_again_on=date(2027, 2, 1),
    )  # fmt: skip
    morning = datetime(2027, 1, 31, 17, 0, tzinfo=UTC)  # midnight of 1 February in Jakarta
    assert deadlines.ask_again(at=morning - timedelta(seconds=1)) == []
    assert deadlines.ask_again(at=morning) == [proposal]
    assert deadlines.ask_again(at=morning + timedelta(days=1)) == []
    assert told("proposal.ask_again") == {"Tari Lestari"}


def test_the_digest_is_sha256_over_the_lines_in_byte_order_whatever_the_order_they_were_written_in(cast: Cast) -> None:
    import hashlib

    proposal = draft(cast, count=3)
    ProposalItem.objects.filter(proposal=proposal, subject=1001).update(ref="Z\\a\tb\nc")
    ProposalItem.objects.filter(proposal=proposal, subject=1002).update(ref="é")
    lines = sorted(
        (
            rules.line(source=i.source, ref=i.ref, clock=i.clock, due_on=i.due_on, keyed_digest=bytes(i.keyed_digest))
            for i in proposal.items.all()
        ),
        key=str.encode,
    )
    expected = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    found = lists.digest(proposal, final=False)
    assert (found.sha256, found.count, found.size) == (expected, 3, 3 * 480_000)


def test_the_paper_of_a_list_costs_a_fixed_number_of_queries(cast: Cast) -> None:
    counts = []
    for client, size in ((cast.nusantara, 3), (cast.telko, 30)):
        proposal = asked(cast, client=client, count=size)
        person = Person("login", user=cast.clara if client == cast.nusantara else cast.candra)
        take = {pk: decisions.TakeOut("x") for pk in proposal.items.values_list("pk", flat=True)[: size - 1]}
        before = len(connection.queries_log)
        connection.force_debug_cursor = True
        decisions.decide(at=cast.now, proposal=proposal, answer="yes", list_digest=proposal.final_digest,
                         person=person, take_out=take)  # fmt: skip
        counts.append(len(connection.queries_log) - before)
        connection.force_debug_cursor = False
        connection.queries_log.clear()
    assert counts[0] == counts[1]
