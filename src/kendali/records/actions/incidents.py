"""Muncul kembali: what was certified as deleted is seen at the source again. Found by later looks (H+7, H+30) and by
every scan; closed by a person with an explanation. The certificate stays as it is: it said what was true then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import cast

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.audit.actor import SYSTEM
from kendali.connectors.base import Connector, Deleter, SourceError
from kendali.notices import actions as notices
from kendali.records.actions import counts, sources
from kendali.records.actions import deletion_looks as looks
from kendali.records.models import DisposalItem, DisposalOrder, Incident, Recheck, Record, Source
from kendali.records.secrets import PartsSeal
from kendali.terms import free_text, numbers
from kendali.terms import settings as terms
from kendali.verdict import no

PER_LOOK = 1000
SHORTEST_EXPLANATION = 10


def plan_rechecks(order: DisposalOrder, *, at: datetime) -> None:
    """In the transaction that ends the order: when it is looked for again (settings recheck.*)."""
    if not order.items.filter(outcome=DisposalItem.Outcome.DELETED).exists():
        return
    whose = order.client_id, order.proposal.record_class
    for days in sorted({terms.number("recheck.first_days", *whose), terms.number("recheck.second_days", *whose)}):
        Recheck.objects.get_or_create(order=order, days=days, defaults={"due_at": at + timedelta(days=days)})


def due_rechecks(*, at: datetime) -> list[Recheck]:
    rows = Recheck.objects.filter(done_at=None, due_at__lte=at, order__act="source")
    return list(rows.select_related("order__client").order_by("due_at"))


def recheck(row: Recheck, *, at: datetime) -> int:
    """Look for every record of the order that was deleted; returns how many are there again. A source that does not
    answer leaves its problem, and the look is made again later."""
    # What came back and was explained lives at the source again: looking for it would find it for nothing.
    deleted = row.order.items.filter(outcome=DisposalItem.Outcome.DELETED, record__deleted_at__isnull=False)
    checked, again = 0, 0
    try:
        for source in Source.objects.filter(pk__in=deleted.values("source").distinct()).select_related("client"):
            with _looking(source, at) as eye:
                for batch in _batches(deleted.filter(source=source)):
                    seen = _seen(eye, batch)
                    checked, again = checked + len(batch), again + len(seen)
                    found([item.record_id for item in seen], by="recheck", at=at)
    except SourceError as error:
        Recheck.objects.filter(pk=row.pk).update(problem={"code": error.code, "facts": audit.plain(error.facts)})
        return again
    with transaction.atomic():
        done = Recheck.objects.filter(pk=row.pk, done_at=None)
        if done.update(done_at=at, checked=checked, seen_again=again, problem={}):
            audit.record("disposal_order.rechecked", actor=SYSTEM, at=at, obj=row.order, client=row.order.client,
                         facts={"days": row.days, "checked": checked, "again": again})  # fmt: skip
    return again


@contextmanager
def _looking(source: Source, at: datetime) -> Iterator[Deleter | Connector]:
    """With the deleter, which looks for every part; without its credential, the reading side looks for the record."""
    try:
        with sources.deleting_connected(source, at=at) as deleter:
            yield deleter
            return
    except RuleRefused:
        pass
    with sources.connected(source) as connector:
        yield connector


def _batches(rows: Iterable[DisposalItem]) -> Iterator[list[DisposalItem]]:
    after = 0
    while True:
        batch = list(rows.filter(pk__gt=after).select_related("record").order_by("pk")[:PER_LOOK])  # type: ignore[attr-defined]
        if not batch:
            return
        yield batch
        after = batch[-1].pk


def _seen(eye: Deleter | Connector, batch: Sequence[DisposalItem]) -> list[DisposalItem]:
    refs = [item.record.ref for item in batch]
    if not hasattr(eye, "parts"):
        there = set(eye.fingerprints(refs))
        return [item for item in batch if item.record.ref in there]
    box = PartsSeal()
    there = set(eye.parts(refs))
    known = {item.record.ref: looks.opened(box, item.pk, item.parts_sealed) for item in batch}
    left = looks.read_back(cast(Deleter, eye), {ref: parts for ref, parts in known.items() if parts})
    there |= {ref for ref, (look, _facts) in left.items() if look.present}
    return [item for item in batch if item.record.ref in there]


def seen_by_scan(source: Source, *, scan: int, begun: datetime, at: datetime) -> int:
    """Records that a listing shows although they were certified as deleted before it began."""
    rows = Record.objects.filter(source=source, scan=scan, deleted_at__lt=begun)
    return found(list(rows.values_list("pk", flat=True)), by="scan", at=at)


def found(records: Sequence[int], *, by: str, at: datetime) -> int:
    """One incident per record, unless one is open; who may close them is told once. Returns how many are new."""
    opened = [incident for pk in records if (incident := _open(pk, by, at)) is not None]
    if opened:
        client = opened[0].client
        facts = {"number": opened[0].number, "count": len(opened), "client": client.name}
        notices.notify(permissions.holders("incident.close", client), kind="incident.found", at=at, facts=facts,
                       url=address(opened[0]))  # fmt: skip
    return len(opened)


def _open(record: int, by: str, at: datetime) -> Incident | None:
    item = DisposalItem.objects.filter(record=record, outcome=DisposalItem.Outcome.DELETED, order__act="source")
    last = item.order_by("-pk").select_related("order").first()
    try:
        with transaction.atomic():
            if Incident.objects.filter(record=record, closed_at=None).exists():
                return None
            incident = Incident.objects.create(
                number=numbers.take("INS", at), record_id=record, order=last.order if last else None,
                found_at=at, found_by=by,
            )  # fmt: skip
            audit.record("incident.found", actor=SYSTEM, at=at, obj=incident, facts={
                "number": incident.number, "order": str(incident.order or ""), "by": by})  # fmt: skip
            return incident
    except IntegrityError:
        return None  # somebody else found it in the same moment


@transaction.atomic
def close(*, user: User, at: datetime, incident: Incident, explanation: str) -> None:
    """With an explanation. The record lives at the source again: it is backed up and proposed like any other."""
    actor = permissions.acting(user, "incident.close", incident.client)
    text = explanation.strip()
    if len(text) < SHORTEST_EXPLANATION:
        raise RuleRefused(no(_("Explain in a few words why this record was there again.")))
    allowed = free_text.acceptable(text)
    if not allowed:
        raise RuleRefused(allowed)
    closed = Incident.objects.filter(pk=incident.pk, closed_at=None)
    if not closed.update(closed_by=user, closed_at=at, explanation=text):
        raise RuleRefused(no(_("This incident was closed already.")))
    incident.refresh_from_db()
    record = incident.record
    Record.objects.filter(pk=record.pk).update(deleted_at=None, changed_at=at, backup_clock=F("started_at"))
    counts.refresh(record.source, at=at)
    facts = {"number": incident.number, "explanation": text}
    audit.record("incident.closed", actor=actor, at=at, obj=incident, facts=facts)


def address(incident: Incident) -> str:
    return f"/insiden/?nomor={incident.number}"
