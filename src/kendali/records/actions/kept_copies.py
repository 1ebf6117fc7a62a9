"""Copies of single records that another part of Kendali keeps in the store, outside the packages.

They go with the backup copies of their record: after its keys were taken, before any of its versions counts as proved.
While one could not be removed, or a hold covers its record, the order stays "belum musnah seluruhnya". Who keeps such
copies says so when its app is ready (`register`), so that nothing here knows the apps above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from kendali.archive.errors import ArchiveError
from kendali.disposal import locks
from kendali.records.actions import destruction_plan as plan
from kendali.records.actions.destruction_plan import Fence, Status
from kendali.records.models import DisposalItem, DisposalOrder, VersionDestruction
from kendali.records.queries import held
from kendali.terms.recovery import in_recovery
from kendali.vault import actions as vault

GONE_KEYS = (Status.KEYS_REPLACED, Status.PENDING, Status.PROVED)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a version is not proved yet."""

    code: str
    facts: Mapping[str, object]


class Keeper(Protocol):
    """`what`: its copies in a few words, for the certificate."""

    @property
    def what(self) -> str | Promise: ...

    def kept(self, records: QuerySet[DisposalItem, int]) -> dict[int, int]:
        """Record → how many copies of it are not destroyed; `records` are numbers of records."""

    def destroy(self, record: int, *, order: DisposalOrder, at: datetime) -> None:
        """Every copy of this record, looked for afterwards; inside a transaction. Raises ArchiveError."""


_keepers: list[Keeper] = []


def register(keeper: Keeper) -> None:
    if keeper not in _keepers:
        _keepers.append(keeper)


def take(order: DisposalOrder, fence: Fence) -> dict[int, Problem]:
    """Whatever may go of this order's records now; record → why a copy of it is still there."""
    lines, left = _lines(order), dict[int, Problem]()
    for keeper in _keepers:
        for record, count in sorted(keeper.kept(lines.values_list("record", flat=True)).items()):
            fence.check()
            problem = _take(keeper, order, fence, record, count)
            if problem is not None:
                left[record] = problem
    _tell(order, fence, left)
    return left


def _lines(order: DisposalOrder) -> QuerySet[DisposalItem]:
    """Lines past their point of no return. Of an erasure also those that never had a backup copy."""
    taken = VersionDestruction.objects.filter(item__order=order, status__in=GONE_KEYS)
    past = Q(pk__in=taken.values("item"))
    if plan.erasure(order):
        past |= Q(versions=None, outcome__in=plan.concerned(order))
    return order.items.filter(past)


def _take(keeper: Keeper, order: DisposalOrder, fence: Fence, record: int, count: int) -> Problem | None:
    """One record, under its client's lock: a hold that came first wins (I3)."""
    if in_recovery():
        return Problem("recovery", {})
    try:
        with transaction.atomic():
            fence.lock()
            locks.shared(order.client_id)
            line = order.items.get(record=record)
            if holds := ", ".join(held.of([record]).get(record, ())):
                return _held(order, line, holds)
            keeper.destroy(record, order=order, at=fence.clock())
            vault.look_for([])  # the newest vault is read from the same store: it was there when it listed nothing
            line.facts = {**line.facts, "kept": [count, 0]}
            line.save(update_fields=["facts"])
    except ArchiveError as error:
        return Problem("kept_store", {"error": error.code})
    return None


def _held(order: DisposalOrder, line: DisposalItem, holds: str) -> Problem | None:
    """Of an erasure without backup copies the line says so, as it does of a package's; else the order waits."""
    if plan.erasure(order) and not line.versions.exists():
        line.facts = {**line.facts, "copy": "held", "copy_hold": holds}
        line.save(update_fields=["facts"])
        return None
    return Problem("kept_held", {"holds": holds})


def _tell(order: DisposalOrder, fence: Fence, left: Mapping[int, Problem]) -> None:
    """On the order's page: the first reason, or none any more."""
    rows = DisposalOrder.objects.filter(pk=order.pk, attempt=fence.attempt)
    if left:
        first = next(iter(left.values()))
        rows.update(problem={"code": first.code, "facts": {**first.facts, "count": len(left)}})
    else:
        rows.filter(Q(problem__code__startswith="kept_") | Q(problem__code="recovery")).update(problem={})


def said(order: DisposalOrder) -> list[str]:
    """For the certificate: how many of these copies went, and how that is known."""
    counts = order.items.filter(facts__has_key="kept").values_list("facts__kept", flat=True)
    gone = sum(before - after for before, after in counts)
    if not gone:
        return []
    what = ", ".join(str(keeper.what) for keeper in _keepers)
    return [
        _("%(count)s copies kept outside the packages (%(what)s): removed from the store, then neither listed nor read")
        % {"count": gone, "what": what}
    ]


def may_live_on(order: DisposalOrder) -> bool:
    """Whether something went whose keys the vault never had: its epochs say nothing of them."""
    return order.items.filter(facts__has_key="kept").exists()
