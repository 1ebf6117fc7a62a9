"""Every guard between a list and a delete call, how it is taken away, and the scenario that then fails.

`docs/invariants.md` lists them for people; `test_guards.py` takes each away and sees its scenario fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from kendali.accounts import permissions, sensitive
from kendali.disposal import locks
from kendali.disposal import rules as paper_rules
from kendali.disposal.actions import proposals
from kendali.records import deletion_rules as rules
from kendali.records.actions import deletion, deletion_facts, disposal_orders, journal, lease
from kendali.records.models import DisposalOrder, Record
from kendali.records.queries import held
from kendali.register import rules as register_rules
from kendali.register.facts import ENDS
from kendali.terms import recovery
from kendali.verdict import YES
from tests.invariants.world import World

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Guard:
    """`scenario`: a function of scenarios.py. `without` takes the guard away, or the first of `sql` does, as the owner;
    the second puts it back."""

    name: str
    protects: str
    where: str
    scenario: str
    without: Patch | None = None
    sql: tuple[str, str] | None = None


def says(module: Any, name: str, answer: object = YES) -> Patch:
    """The function always says yes."""
    return lambda patched: patched.setattr(module, name, lambda *_a, **_k: answer)


def nothing(module: Any, name: str) -> Patch:
    return says(module, name, None)


def fact(name: str, value: object) -> Patch:
    """One fact of a record is always the harmless one."""

    def without(patched: pytest.MonkeyPatch) -> None:
        real = deletion_facts.facts_of

        def facts_of(*args: Any, **more: Any) -> rules.DeletionFacts:
            found = real(*args, **more)
            object.__setattr__(found, name, found.backed_up if value is SAME else value)
            return found

        patched.setattr(deletion_facts, "facts_of", facts_of)

    return without


def run_fact(name: str, value: object) -> Patch:
    """One fact of the whole run is always the harmless one."""

    def without(patched: pytest.MonkeyPatch) -> None:
        real = deletion_facts.run_facts

        def run_facts(*args: Any, **more: Any) -> rules.RunFacts:
            found = real(*args, **more)
            object.__setattr__(found, name, value(found) if callable(value) else value)
            return found

        patched.setattr(deletion_facts, "run_facts", run_facts)

    return without


SAME = object()


def _any_approval(found: rules.RunFacts) -> rules.Approval:
    return rules.Approval(valid=YES, list_digest=found.order_digest)


def approval(**facts: object) -> Patch:
    """One fact of the approval is always the harmless one."""

    def without(patched: pytest.MonkeyPatch) -> None:
        real = proposals.approval_of

        def approval_of(*args: Any, **more: Any) -> paper_rules.Approval:
            found = real(*args, **more)
            for name, value in facts.items():
                object.__setattr__(found, name, value(found) if callable(value) else value)
            return found

        patched.setattr(proposals, "approval_of", approval_of)

    return without


def _in_2099(found: paper_rules.Approval) -> datetime | None:
    return found.valid_until and found.valid_until.replace(year=2099)


def _unlocked_fence(patched: pytest.MonkeyPatch) -> None:
    """Whoever began an attempt goes on with it, whatever became of the order meanwhile."""

    def lock(fence: lease.Fence[DisposalOrder], **_more: object) -> DisposalOrder:
        order = DisposalOrder.objects.select_related("client", "proposal__policy", "proposal__erasure")
        found = order.get(pk=fence.order_id)
        found.status = "running"
        return found

    patched.setattr(lease.Fence, "lock", lock)


def _without_intents(patched: pytest.MonkeyPatch) -> None:
    """Nothing is written before the call."""
    patched.setattr(journal, "intend", lambda _b, items, _at: {item: item for item, _f, _p in items})
    patched.setattr(journal, "end", lambda *_a, **_k: None)


def _believes_answers(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(rules, "outcome", lambda answer, _look, **_k: answer if answer != "none" else "deleted")


def _holds_of_before(patched: pytest.MonkeyPatch) -> None:
    """What was held when the intents were written counts, not what is held under the lock."""
    real, intend, known = deletion_facts.holds_of, journal.intend, {}

    def intended(*args: Any, **more: Any) -> Any:
        known.update(held.of(Record.objects.all()))
        return intend(*args, **more)

    patched.setattr(journal, "intend", intended)
    patched.setattr(deletion_facts, "holds_of", lambda locked: known or (real({}) if locked else known))


def _starts_at_once(patched: pytest.MonkeyPatch) -> None:
    rows = DisposalOrder.objects.filter(status="armed")
    patched.setattr(disposal_orders, "_waiting_for_time", lambda _at: list(rows.all()))


def trigger(table: str, name: str) -> tuple[str, str]:
    return f"ALTER TABLE {table} DISABLE TRIGGER {name}", f"ALTER TABLE {table} ENABLE TRIGGER {name}"


ADDS_UP = " + ".join((*ENDS, "open_lines"))
CHECK = (
    "ALTER TABLE register_certificate DROP CONSTRAINT certificate_totals_add_up",
    f"ALTER TABLE register_certificate ADD CONSTRAINT certificate_totals_add_up CHECK (proposed = {ADDS_UP}) NOT VALID",
)
DELETION, PAPER, BATCH = "records/deletion_rules.py", "disposal/rules.py", "records/actions/deletion_batch.py"
ORDERS, JOURNAL = "records/actions/disposal_orders.py", "records/migrations/0005_journal.py"

# name, what it protects, where it is, the scenario that fails without it, how it is taken away
GUARDS: Sequence[Guard] = (
    Guard("the fingerprint at the source is the backup's", "I1", f"{DELETION} _holds_what_was_backed_up",
          "changed_since_its_backup", fact("found", SAME)),
    Guard("the version that was approved", "I1", f"{DELETION} _holds_what_was_backed_up",
          "backed_up_again_since", fact("same_version", True)),
    Guard("a package that was read back", "I1", f"{DELETION} _is_backed_up",
          "package_does_not_count", says(rules, "_is_backed_up")),
    Guard("the approval is asked for in every batch", "I2", f"{DELETION} _approved",
          "approval_expires_while_it_runs", run_fact("approval", _any_approval)),
    Guard("an approval expires", "I2", f"{PAPER} approval_valid",
          "approval_expires_while_it_runs", approval(valid_until=_in_2099)),
    Guard("another policy voids at once", "I2", "disposal/actions/proposals.py policy_changed",
          "policy_voids_at_once", says(proposals, "policy_changed", [])),
    Guard("another policy voids, also unnoticed", "I2", f"{PAPER} voids",
          "policy_changes_unnoticed", approval(policy="same")),
    Guard("everybody signed who has to", "I2", f"{PAPER} approval_valid",
          "a_signature_is_missing", approval(needed=1)),
    Guard("the lines are those that were signed", "I2", f"{PAPER} voids",
          "lines_change_after_the_answer", says(paper_rules, "voids", "")),
    Guard("an answer is to the list as it is", "I2", f"{PAPER} may_decide",
          "answered_for_another_list", says(paper_rules, "may_decide")),
    Guard("an approver who was changed yesterday does not count yet", "I2", "accounts/sensitive.py fresh",
          "answered_right_after_a_change", nothing(sensitive, "fresh")),
    Guard("answers are only added to", "I2", "disposal/migrations/0002_decisions_stay.py",
          "an_answer_is_changed", sql=trigger("disposal_decision", "disposal_decision_append_only")),
    Guard("what the client took out stays", "I2", f"{DELETION} _may_touch",
          "taken_out_by_the_client", fact("taken_out", False)),
    Guard("what is not on the list stays", "I2", f"{DELETION} _may_touch",
          "not_on_the_list", fact("on_list", True)),
    Guard("the order carries out the approved list", "I2", f"{DELETION} _approved",
          "the_order_has_another_list", run_fact("order_digest", lambda found: found.approval.list_digest)),
    Guard("a hold forbids", "I3", f"{DELETION} _may_touch", "held_while_it_runs", fact("holds", ())),
    Guard("which records a hold covers", "I3", "records/queries/held.py of",
          "held_while_it_runs", says(held, "of", {})),
    Guard("holds are asked for under the lock", "I3", f"{BATCH} _carry_out",
          "held_between_intent_and_lock", _holds_of_before),
    Guard("a batch takes the client's lock", "I3", "disposal/locks.py shared",
          "a_hold_waits_for_the_batch", nothing(locks, "shared")),
    Guard("a hold takes the client's lock", "I3", "disposal/locks.py exclusive",
          "a_hold_takes_the_lock", nothing(locks, "exclusive")),
    Guard("not before its day", "I4", f"{DELETION} _is_due",
          "period_lengthened_while_it_runs", says(rules, "_is_due")),
    Guard("only an accepted erasure request goes before its day", "I4", f"{DELETION} _is_due",
          "period_lengthened_while_it_runs", run_fact("erasure_accepted", True)),
    Guard("the intent is committed before the call", "I5", f"{BATCH} _intend", "carried_out", _without_intents),
    Guard("an outcome names its intent", "I5", JOURNAL, "outcome_without_intent",
          sql=trigger("records_journalentry", "records_journal_outcome_has_intent")),
    Guard("the journal is only added to", "I5", JOURNAL, "journal_is_changed",
          sql=trigger("records_journalentry", "records_journal_append_only")),
    Guard("deleted only with its line", "I5", JOURNAL, "deleted_without_journal",
          sql=trigger("records_disposalitem", "records_item_is_journalled")),
    Guard("an end is an end", "I6", JOURNAL, "an_end_changes",
          sql=trigger("records_disposalitem", "records_item_keeps_its_end")),
    Guard("the read-back decides", "I6", f"{DELETION} outcome",
          "source_says_deleted_and_keeps_it", _believes_answers),
    Guard("totals are those of the lines", "I6", "register/rules.py same_counts",
          "totals_that_no_line_shows", says(register_rules, "same_counts")),
    Guard("totals of a row add up", "I6", "register/models.py certificate_totals_add_up",
          "totals_of_a_row_do_not_add_up", sql=CHECK),
    Guard("nothing is signed that does not add up", "I6", "register/migrations/0002_never_changed.py",
          "signed_although_it_does_not_add_up", sql=trigger("register_certificate", "register_certificate_guard")),
    Guard("recovery", "run", f"{DELETION} may_run", "in_recovery", says(recovery, "in_recovery", False)),
    Guard("clocks agree", "run", f"{DELETION} clocks_agree", "clocks_differ", says(rules, "clocks_agree")),
    Guard("the deleting credential is in force", "run", f"{DELETION} may_use_credential",
          "credential_not_in_force", says(rules, "may_use_credential")),
    Guard("a pause ends the attempt", "run", "records/actions/lease.py Fence.lock",
          "paused_between_intent_and_lock", _unlocked_fence),
    Guard("a cancelled order deletes no more", "run", f"{DELETION} may_run",
          "cancelled_between_intent_and_lock", run_fact("order_running", True)),
    Guard("run window", "run", "records/actions/pacing.py has_time",
          "outside_the_window", says(deletion, "has_time", "")),
    Guard("who sends or proposes does not execute", "duties", f"{ORDERS} _other_person",
          "who_sends_does_not_execute", nothing(disposal_orders, "_other_person")),
    Guard("who proposes does not approve", "duties", f"{PAPER} may_decide",
          "who_proposes_does_not_approve", says(permissions, "same_person", False)),
    Guard("waiting period", "run", f"{ORDERS} _waiting_for_time", "started_in_the_waiting_period", _starts_at_once),
    Guard("the number is typed", "run", f"{DELETION} may_arm", "armed_with_another_number", says(rules, "may_arm")),
    Guard("armed in working hours", "run", f"{DELETION} in_working_hours",
          "armed_at_night", says(rules, "in_working_hours")),
)  # fmt: skip


@contextmanager
def taken_away(world: World, guard: Guard) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        if guard.without is not None:
            guard.without(patched)
        away, back = guard.sql or ("SELECT", "SELECT")
        world.owner.execute(away)
        try:
            yield
        finally:
            world.owner.execute(back)
