"""Each guard of the destruction of backup copies is taken away, one at a time: without it a key that must stay goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from kendali.disposal.models import Proposal, ProposalItem
from kendali.records import destruction_rules as rules
from kendali.records.actions import destruction, destruction_plan, holds
from kendali.records.models import DisposalOrder, Record, VersionDestruction
from kendali.records.queries import held
from kendali.records.tests.approved import LONG_AGO, running
from kendali.records.tests.office import Office
from kendali.verdict import YES

pytestmark = pytest.mark.django_db(transaction=True)
Stage = Callable[[Office, DisposalOrder], object]
Patch = Callable[[pytest.MonkeyPatch], None]


def the_record(order: DisposalOrder) -> Record:
    return Record.objects.get(disposals__order=order)


def held_meanwhile(office: Office, order: DisposalOrder) -> None:
    holds.place_on_records(
        user=office.cast.rahma, at=timezone.now(), records=Record.objects.filter(pk=the_record(order).pk),
        cause="dispute", reason="Sengketa", review_on=timezone.localdate() + timedelta(days=90),
    )  # fmt: skip


def taken_out(_office: Office, order: DisposalOrder) -> None:
    ProposalItem.objects.filter(proposal=order.proposal).update(taken_out=True)


def off_the_list(_office: Office, order: DisposalOrder) -> None:
    ProposalItem.objects.filter(proposal=order.proposal).update(subject=0)


def still_at_the_source(_office: Office, order: DisposalOrder) -> None:
    Record.objects.filter(disposals__order=order).update(deleted_at=None, vanished_at=None)


def deleted_yesterday(_office: Office, order: DisposalOrder) -> None:
    Record.objects.filter(disposals__order=order).update(deleted_at=timezone.now() - timedelta(days=1))


def approval_taken_back(_office: Office, order: DisposalOrder) -> None:
    Proposal.objects.filter(pk=order.proposal_id).update(status="cancelled")


def another_list(_office: Office, order: DisposalOrder) -> None:
    DisposalOrder.objects.filter(pk=order.pk).update(list_digest="0" * 64)


def in_recovery(_office: Office, _order: DisposalOrder) -> None:
    rows = apps.get_model("home", "Installation")._default_manager
    rows.update_or_create(pk=1, defaults={"state": "recovery", "created": timezone.now()})


def copy_fact(**harmless: Any) -> Patch:
    """The rule sees these facts instead of the true ones."""
    real = rules.may_destroy
    return lambda patched: patched.setattr(rules, "may_destroy", lambda facts, at: real(replace(facts, **harmless), at))


def order_fact(name: str, value: Callable[[rules.OrderFacts], object]) -> Patch:
    real = rules.may_run
    return lambda patched: patched.setattr(
        rules, "may_run", lambda facts, at: real(replace(facts, **{name: value(facts)}), at)
    )


GUARDS: dict[str, tuple[Stage, Patch]] = {
    "I3: no copy that a hold covers": (
        held_meanwhile, lambda patched: patched.setattr(held, "of", lambda *_a, **_k: {}),
    ),
    "I2: none that the client took out": (taken_out, copy_fact(taken_out=False)),
    "I2: none that is not on the list": (off_the_list, copy_fact(on_list=True)),
    "none of what is still at the source": (
        still_at_the_source, copy_fact(deleted_at=datetime(2020, 1, 1, tzinfo=UTC)),
    ),
    "I4: none before its period has ended": (deleted_yesterday, copy_fact(deleted_at=timezone.now() - LONG_AGO)),
    "only an accepted request or an ended contract goes before the period": (
        deleted_yesterday, copy_fact(erasure_accepted=True),
    ),
    "I2: none without a valid approval": (approval_taken_back, order_fact("approval", lambda _facts: YES)),
    "I2: exactly the approved list": (another_list, order_fact("order_digest", lambda facts: facts.approved_digest)),
    "recovery": (
        in_recovery, lambda patched: patched.setattr(destruction_plan, "in_recovery", lambda: False),
    ),
}  # fmt: skip


def gone(order: DisposalOrder) -> bool:
    """Its keys were taken away."""
    rows = VersionDestruction.objects.filter(item__order=order)
    return rows.exclude(status__in=("waiting", "held", "cancelled")).exists()


def test_without_any_single_guard_a_key_goes_that_must_stay(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    for number in range(2 * len(GUARDS)):
        office.call("pbx", f"call-{number:02}", datetime(2022, 5, 10, 3, tzinfo=UTC))
    office.backed_up("pbx")
    faults = []
    for number, (name, (stage, without)) in enumerate(GUARDS.items()):
        for ref, there in ((f"call-{2 * number:02}", True), (f"call-{2 * number + 1:02}", False)):
            order = running(office, [ref])
            order.refresh_from_db()
            stage(office, order)
            with monkeypatch.context() as patched:
                if not there:
                    without(patched)
                destruction.run(order.pk, worker="test")
            if gone(order) == there:
                faults.append(f"{name}: {'a key went in spite of it' if there else 'nothing fails without it'}")
            apps.get_model("home", "Installation")._default_manager.filter(pk=1).delete()
    assert faults == []
