"""A whole backup order, as the worker carries it out: scan before it, time, memory, what the drill took."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from benchmarks.bench import Bench
from benchmarks.measure import run
from benchmarks.report import Line, at_most
from kendali import civil_time
from kendali.accounts.models import User
from kendali.records.actions import escalations
from kendali.records.models import Escalation, Package, PackageCheck, Scan, Source

MIB = 1 << 20
WHY_MEMORY = "Batches of 32 MB, a few under way at once, and beside it the process that checks tables."


def raise_order(source: Source) -> Escalation:
    """Everything that is due, raised, accepted and begun by the people of the sample."""
    tari, indra = (User.objects.get(email__startswith=f"{name}@") for name in ("tari", "indra"))
    today = civil_time.local_date(timezone.now(), source.zone)
    last = escalations.proposed_cut_off(source, today)
    order = escalations.raise_escalation(user=tari, at=timezone.now(), source=source, cut_off=last)
    escalations.accept(user=indra, at=timezone.now(), order=order)
    escalations.begin(user=indra, at=timezone.now(), order=order)
    return order


def measure_order(bench: Bench) -> list[Line]:
    source = Source.objects.filter(record_class="conversation").order_by("pk")[0]
    scan = Scan.objects.filter(source=source).latest("started_at")
    scanning = ((scan.finished_at or scan.heartbeat_at) - scan.started_at).total_seconds()
    order = raise_order(source)
    bench.say(f"order of {order.list_count} conversations")
    cost = run(bench.ours("order", order.pk))
    order.refresh_from_db()
    packages = order.packages.filter(status=Package.Status.VERIFIED)
    counted = order.items.exclude(outcome="waiting").count()
    if counted != order.list_count or not packages:
        raise SystemExit(f"the order ended as {order.status} with {counted} of {order.list_count}")
    spent = {kind: timedelta() for kind in PackageCheck.Kind.values}
    for check in PackageCheck.objects.filter(package__in=packages):
        spent[check.kind] += check.finished_at - check.started_at
    drilled = sum(packages.values_list("drill_records", flat=True))
    parts = ", ".join(f"{kind} {time.total_seconds():.1f} s" for kind, time in spent.items())
    memory = cost.memory / MIB
    what = f"A whole order: {order.list_count:,} conversations into {len(packages)} packages, read back, drilled"
    return [
        at_most("Worker's peak memory in a whole order, with all its processes", memory, 512,
                f"{memory:.0f} MiB (own goal 256)", "MB", WHY_MEMORY),
        Line(what, f"{cost.wall:.1f} s, {order.list_count / cost.wall:,.0f} conversations/s ({parts}; "
             f"{drilled:,} conversations restored)"),
        Line(f"The scan before it: {scan.seen:,} conversations of one source into the catalogue",
             f"{scanning:.1f} s, {scan.seen / max(scanning, 0.001):,.0f} rows/s, with all indexes"),
    ]  # fmt: skip
