"""Small stories in which one guard stands between a list and a delete call; each raises Violation where it is missing.

They begin with the order of Bank Nusantara running (c1 to c5), and Telko Raya's list approved and not sent yet.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from kendali.accounts import roles
from kendali.accounts.models import RoleGrant, SensitiveChange
from kendali.accounts.permissions import Refused
from kendali.accounts.sensitive import subject_of
from kendali.disposal.actions import proposals as paper
from kendali.disposal.models import Proposal, ProposalItem
from kendali.home.database_roles import connect_arguments
from kendali.records.actions import certificate_facts, certificates
from kendali.records.models import DisposalItem, DisposalOrder, JournalEntry, Package
from kendali.register import rules as register_rules
from kendali.register.facts import CertificateFacts
from kendali.register.models import Certificate
from kendali.terms.models import Setting
from kendali.verdict import YES
from tests.invariants import chance
from tests.invariants.oracle import insist
from tests.invariants.play import Play

LOCK = 0x4B44  # of disposal.locks


def the_order(play: Play) -> DisposalOrder:
    rows = DisposalOrder.objects.filter(client=play.client(0), act="source")
    return rows.select_related("client", "proposal__policy", "proposal__erasure").latest("pk")


def the_list(play: Play) -> Proposal:
    return Proposal.objects.select_related("client", "policy", "erasure").get(client=play.client(1))


def works(play: Play) -> DisposalOrder:
    order = the_order(play)
    play.work(order)
    play.oracle.look()
    return order


def kept(play: Play, *refs: str) -> None:
    """Nobody told the source to delete these."""
    told = [ref for ref in refs if play.known.told[(0, ref)]]
    insist(not told, "deleted", *told)


def nothing_deleted(play: Play) -> None:
    insist(not play.known.calls, "deleted", dict(play.known.told))


def refused(what: str, act: Callable[[], object]) -> None:
    """By a rule, or by the database itself."""
    try:
        with transaction.atomic():
            act()
    except (Refused, DatabaseError, psycopg.Error):
        return
    insist(False, what, "was not refused")


# --- I1


def changed_since_its_backup(play: Play) -> None:
    play.world.fakes[0].change("c1", customer_name="Lain")
    works(play)


def backed_up_again_since(play: Play) -> None:
    """Not by a message, which would move its clock: it is still past its day."""
    play.world.fakes[0].change("c1", customer_name="Lain", modified_at=play.now)
    play.scan(0)
    play.world.later(days=4)
    play.back_up(0)
    works(play)
    kept(play, "c1")


def package_does_not_count(play: Play) -> None:
    Package.objects.filter(source=play.world.sources[0]).update(status="damaged")
    play.work(the_order(play))


# --- I2


def approval_expires_while_it_runs(play: Play) -> None:
    play.world.later(days=40)
    works(play)


def policy_voids_at_once(play: Play) -> None:
    play.policy(0, 2, 1, 40)
    insist(the_order(play).proposal.status == "voided", "I2", "another policy, and the approval stands")


def policy_changes_unnoticed(play: Play) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(paper, "policy_changed", lambda **_k: [])
        play.policy(0, 2, 1, 40)
    works(play)


def a_signature_is_missing(play: Play) -> None:
    Proposal.objects.filter(pk=the_list(play).pk).update(approvals_needed=3)
    insist(play.raise_order(the_list(play), play.world.cast.tari) is None, "I2", "two of three signed")


def lines_change_after_the_answer(play: Play) -> None:
    ProposalItem.objects.filter(proposal=the_list(play), ref="r1").update(keyed_digest=b"0" * 32)
    insist(play.raise_order(the_list(play), play.world.cast.tari) is None, "I2", "another list than was signed")


def taken_out_by_the_client(play: Play) -> None:
    ProposalItem.objects.filter(ref="c1").update(taken_out=True)
    works(play)
    kept(play, "c1")


def not_on_the_list(play: Play) -> None:
    ProposalItem.objects.filter(ref="c1").delete()
    order = works(play)
    line = order.items.get(record__ref="c1")
    insist(line.facts["code"] == "not_on_list", "I2", line.outcome, line.facts)


def the_order_has_another_list(play: Play) -> None:
    DisposalOrder.objects.update(list_digest="0" * 64)
    works(play)
    nothing_deleted(play)


def answered_for_another_list(play: Play) -> None:
    proposal = the_list(play)
    Proposal.objects.filter(pk=proposal.pk).update(status="asked", approvals_needed=3)
    proposal.refresh_from_db()
    proposal.final_digest, before = "0" * 64, proposal.decisions.count()
    RoleGrant.objects.create(user=play.world.cast.aulia, role=roles.CLIENT, client=play.client(1), granted_at=play.now)
    play.answer(proposal, play.world.cast.aulia)
    insist(proposal.decisions.count() == before, "I2", "an answer to another list counts")


def answered_right_after_a_change(play: Play) -> None:
    proposal, aulia = the_list(play), play.world.cast.aulia
    Proposal.objects.filter(pk=proposal.pk).update(status="asked", approvals_needed=3)
    proposal.refresh_from_db()
    before = proposal.decisions.count()
    RoleGrant.objects.create(user=aulia, role=roles.CLIENT, client=play.client(1), granted_at=play.now)
    SensitiveChange.objects.create(kind="approver", client=play.client(1), subject=subject_of(aulia),
                                   proposed_at=play.now, effective_at=play.now, applied_at=play.now)  # fmt: skip
    play.answer(proposal, aulia)
    insist(proposal.decisions.count() == before, "I2", "an answer by somebody who was changed just now counts")


# --- I3


def held_while_it_runs(play: Play) -> None:
    play.hold(0, "record", 0, play.world.cast.maya)
    works(play)


def held_between_intent_and_lock(play: Play) -> None:
    order = the_order(play)
    chance.meanwhile(play, order, chance.intrusion(play, order, "hold", 0), nth=1, at_lock=True)


def other() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(**connect_arguments(connections["default"].settings_dict), autocommit=True)


def a_hold_waits_for_the_batch(play: Play) -> None:
    """While the source is told to delete, nobody else gets the client's lock."""
    judge, fake = play.world.fakes[0].deleting.before, play.world.fakes[0]
    with other() as somebody:

        def before(ref: str) -> None:
            judge(ref)
            row = somebody.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, play.client(0).pk]).fetchone()
            insist(row == (False,), "I3", "a hold would not wait for this batch")

        fake.deleting.before = before
        works(play)


def a_hold_takes_the_lock(play: Play) -> None:
    """While a batch is at work, placing waits."""
    with other() as batch:
        batch.execute("SELECT pg_advisory_lock_shared(%s, %s)", [LOCK, play.client(0).pk])

        def place() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '100ms'")
            play.hold(0, "record", 0, play.world.cast.maya)

        refused("a hold in the middle of a batch", place)


# --- I4, I5


def period_lengthened_while_it_runs(play: Play) -> None:
    play.policy(0, 4, 2, 30)
    works(play)


def carried_out(play: Play) -> None:
    works(play)
    insist(play.known.calls == 5, "nothing was deleted", play.known.calls)


def outcome_without_intent(play: Play) -> None:
    item = DisposalItem.objects.earliest("pk")
    line = JournalEntry(order=item.order, item=item, kind="outcome", outcome="deleted", attempt=1, worker="x",
                        batch="00000000-0000-0000-0000-000000000000", at=play.now)  # fmt: skip
    refused("I5: an outcome without its intent", line.save)


def journal_is_changed(play: Play) -> None:
    works(play)
    owner = play.world.owner
    refused("I5: a line of the journal changed", lambda: owner.execute("UPDATE records_journalentry SET worker = 'x'"))


def deleted_without_journal(play: Play) -> None:
    refused("I5: deleted without a line", lambda: DisposalItem.objects.update(outcome="deleted"))


def an_end_changes(play: Play) -> None:
    works(play)
    refused("I6: the end of a line changed", lambda: DisposalItem.objects.update(outcome="waiting"))


def an_answer_is_changed(play: Play) -> None:
    owner = play.world.owner
    refused("I2: an answer changed", lambda: owner.execute("UPDATE disposal_decision SET name = 'x'"))


# --- I6


def source_says_deleted_and_keeps_it(play: Play) -> None:
    play.world.fakes[0].deleting.does["c1"] = "keeps"
    works(play)


def _drafted(play: Play, order: DisposalOrder, *, checked: bool) -> Certificate:
    """Of totals that are one too many; they still add up among themselves."""
    said = certificate_facts.facts_of

    def wrong(row: DisposalOrder) -> CertificateFacts:
        facts = said(row)
        totals = facts["totals"]
        facts["totals"] = {**totals, "proposed": totals["proposed"] + 1, "deleted": totals["deleted"] + 1}
        return facts

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(certificates, "facts_of", wrong)
        if not checked:
            patched.setattr(register_rules, "same_counts", lambda *_a: YES)
        return certificates.draft(user=play.world.cast.dewi, at=play.now, order=order)


def totals_that_no_line_shows(play: Play) -> None:
    order = works(play)
    refused("I6: totals without lines", lambda: _drafted(play, order, checked=True))


def signed_although_it_does_not_add_up(play: Play) -> None:
    made = _drafted(play, works(play), checked=False)
    rows, root = Certificate.objects.filter(pk=made.pk), {"merkle_root": b"0" * 32, "leaf_count": made.proposed}
    refused("I6: sent for signature", lambda: rows.update(status="signing", number="BA-2027-0001", **root))


def totals_of_a_row_do_not_add_up(play: Play) -> None:
    order = works(play)
    row = certificates.draft(user=play.world.cast.dewi, at=play.now, order=order)
    row.pk, row.token, row.order_ref, row.deleted = uuid4(), "another", "records.disposalorder:0", row.deleted + 1
    refused("I6: a row that does not add up", lambda: row.save(force_insert=True))


# --- the whole order


def in_recovery(play: Play) -> None:
    chance.recovery(play, True)
    works(play)


def clocks_differ(play: Play) -> None:
    chance.clocks(play, 0, "source")
    works(play)


def credential_not_in_force(play: Play) -> None:
    chance.right(play, 0, given=False)
    works(play)


def paused_between_intent_and_lock(play: Play) -> None:
    order = the_order(play)
    chance.meanwhile(play, order, chance.intrusion(play, order, "pause", 0), nth=1, at_lock=True)


def cancelled_between_intent_and_lock(play: Play) -> None:
    order = the_order(play)
    chance.meanwhile(play, order, chance.intrusion(play, order, "cancel", 0), nth=1, at_lock=True)
    insist(order.status == "settling", "cancelled, and", order.status)
    play.work(order)
    ends = set(order.items.values_list("outcome", flat=True))
    insist((order.status, ends) == ("done", {"cancelled"}), "cancelled, and", order.status, ends)


def outside_the_window(play: Play) -> None:
    for key, value in (("disposal.window_from", 1), ("disposal.window_to", 2)):
        Setting.objects.create(key=key, value=value, version=1, reason="Uji", created_at=play.now)
    works(play)
    nothing_deleted(play)


# --- people


def _sent(play: Play, by: str) -> DisposalOrder:
    order = play.raise_order(the_list(play), getattr(play.world.cast, by))
    assert order is not None
    return order


def who_sends_does_not_execute(play: Play) -> None:
    order = _sent(play, "kirana")
    play.accept(order, play.world.cast.kirana)
    insist(order.status == "raised", "duties", "who sent it accepted it")


def who_proposes_does_not_approve(play: Play) -> None:
    proposal = the_list(play)
    Proposal.objects.filter(pk=proposal.pk).update(status="asked", approvals_needed=3)
    proposal.refresh_from_db()
    before = proposal.decisions.count()
    RoleGrant.objects.create(user=play.world.cast.tari, role=roles.CLIENT, client=play.client(1), granted_at=play.now)
    play.answer(proposal, play.world.cast.tari)
    insist(proposal.decisions.count() == before, "duties", "who proposed it approved it")


def started_in_the_waiting_period(play: Play) -> None:
    order = _sent(play, "tari")
    DisposalOrder.objects.filter(pk=order.pk).update(waiting_until=play.now + timedelta(days=2))
    play.working_hours()
    play.accept(order, play.world.cast.indra)
    play.arm(order, play.world.cast.indra)
    play.start()
    order.refresh_from_db()
    insist(order.status == "armed", "order", "started in the waiting period", order.status)


def armed_with_another_number(play: Play) -> None:
    order = _sent(play, "tari")
    play.working_hours()
    play.accept(order, play.world.cast.indra)
    play.arm(order, play.world.cast.indra, typed="ESP-1999-0001")
    insist(order.status == "accepted", "order", "armed by another number")


def armed_at_night(play: Play) -> None:
    order = _sent(play, "tari")
    play.working_hours()
    play.accept(order, play.world.cast.indra)
    play.world.later(hours=12)
    play.arm(order, play.world.cast.indra)
    insist(order.status == "accepted", "order", "armed at night")
