"""Jobs of records control. A job only carries rows forward: it may run twice and may die anywhere."""

from __future__ import annotations

import os
import socket
from datetime import datetime

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from kendali.accounts.models import User
from kendali.disposal.models import Act
from kendali.records import destruction_tasks as destruction_tasks  # its jobs are found through this module
from kendali.records import monday
from kendali.records import past_tasks as past_tasks  # found through this module, too
from kendali.records.actions import (
    backup,
    deleting,
    deletion,
    destruction,
    disposal_orders,
    escalations,
    fingerprints,
    incidents,
    lease,
    packages,
    periodic,
    proposals,
    register_rows,
    scan,
    search,
    store,
)
from kendali.records.models import DisposalOrder, Package, Scan, Source, TextSearch


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@app.task(queue="scan", retry=3)
def run_scan(*, scan_id: int) -> None:
    scan.run(Scan.objects.select_related("source__client").get(pk=scan_id))


@app.task(queue="backup", retry=RetryStrategy(max_attempts=100, wait=5, retry_exceptions={lease.Busy}))
def run_backup(*, order_id: int) -> None:
    backup.run(order_id, worker=worker_name())


@app.periodic(cron="* * * * *")
@app.task(queue="rescue", queueing_lock="resume_orders")
def resume_orders(timestamp: int) -> None:
    """Running orders whose worker is gone get a new job; the fence makes a superfluous one harmless."""
    for order_id in lease.orphaned(lease.BACKUPS):
        run_backup.defer(order_id=order_id)


@app.periodic(cron="0 18 * * *")  # 01.00 WIB
@app.task(queue="scan", queueing_lock="nightly_scan")
def nightly_scan(timestamp: int) -> None:
    for source in Source.objects.filter(active=True):
        run_nightly_scan.configure(queueing_lock=f"scan-{source.pk}").defer(source_id=source.pk)


@app.task(queue="scan")
def run_nightly_scan(*, source_id: int) -> None:
    scan.scan_now(Source.objects.select_related("client").get(pk=source_id), at=timezone.now())


@app.periodic(cron="0 20 * * *")
@app.task(queue="scan", queueing_lock="compare_fingerprints")
def compare_fingerprints(timestamp: int) -> None:
    for source in Source.objects.filter(active=True):
        compare_source.configure(queueing_lock=f"compare-{source.pk}").defer(source_id=source.pk)


@app.task(queue="scan", retry=2)
def compare_source(*, source_id: int) -> None:
    fingerprints.compare(source=Source.objects.select_related("client").get(pk=source_id), at=timezone.now())


@app.periodic(cron="45 20 * * *")
@app.task(queue="fixity", queueing_lock="look_at_store")
def look_at_store(timestamp: int) -> None:
    store.look(at=timezone.now())


@app.periodic(cron="0 19 * * *")
@app.task(queue="rescue", queueing_lock="daily_paperwork")
def daily_paperwork(timestamp: int) -> None:
    """Drafts on the first working day of a month; where no worker ran in that night, in the next one."""
    periodic.draft_periodic(at=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queue="rescue", queueing_lock="confirm_overdue")
def confirm_overdue(timestamp: int) -> None:
    """Results nobody objected to confirm themselves; drafts that an open order held up follow."""
    escalations.confirm_overdue(at=timezone.now())
    periodic.draft_wanted(at=timezone.now())


@app.periodic(cron="30 * * * *")
@app.task(queue="fixity", queueing_lock="fixity")
def fixity(timestamp: int) -> None:
    for package in packages.due_for_check(at=timezone.now()):
        check_package.configure(queueing_lock=f"check-{package.pk}").defer(package_id=str(package.pk))


@app.task(queue="fixity", retry=5)
def check_package(*, package_id: str) -> None:
    packages.check(package=Package.objects.select_related("source__client").get(pk=package_id))


@app.task(queue="search", retry=3)
def search_text(*, search_id: str) -> None:
    search.run(TextSearch.objects.select_related("client").get(pk=search_id))


@app.periodic(cron="15 20 * * *")
@app.task(queue="fixity", queueing_lock="clean_store")
def clean_store(timestamp: int) -> None:
    packages.clean(at=timezone.now())
    search.forget(at=timezone.now())


@app.periodic(cron="40 19 * * *")
@app.task(queue="rescue", queueing_lock="refresh_register")
def refresh_register(timestamp: int) -> None:
    register_rows.refresh_all(at=timezone.now())


@app.task(queue="scan", retry=3)
def freeze_proposal(*, proposal_id: int) -> None:
    proposals.finish(proposal_id, at=timezone.now())


@app.periodic(cron="30 22 * * *")  # 05.30 WIB, after the nightly scan
@app.task(queue="rescue", queueing_lock="void_changed")
def void_changed(timestamp: int) -> None:
    """Approved lists with a record that changed meanwhile."""
    proposals.void_changed(at=timezone.now())


@app.periodic(cron="30 0 * * 1")  # Monday 07.30 WIB
@app.task(queueing_lock="mail_summary")
def mail_summary(timestamp: int) -> None:
    """A job for each receiver: one address that fails does not send the others a second mail."""
    for user in monday.receivers():
        mail_summary_to.defer(user_id=user.pk, at=timezone.now().isoformat())


@app.task(queue="mail", retry=5)
def mail_summary_to(*, user_id: int, at: str) -> None:
    monday.send(user=User.objects.get(pk=user_id), at=datetime.fromisoformat(at))


@app.task(queue="disposal", retry=RetryStrategy(max_attempts=100, wait=5, retry_exceptions={lease.Busy}))
def run_order(*, order_id: int) -> None:
    """Either act of a disposal order."""
    order = DisposalOrder.objects.only("act").get(pk=order_id)
    (destruction if order.act == Act.BACKUP else deletion).run(order_id, worker=worker_name())


@app.periodic(cron="* * * * *")
@app.task(queue="rescue", queueing_lock="start_disposals")
def start_disposals(timestamp: int) -> None:
    """Armed orders whose time has come, and running ones whose worker is gone or that had to wait."""
    disposal_orders.start_due(at=timezone.now())
    for order_id in lease.orphaned(lease.DISPOSALS):
        run_order.defer(order_id=order_id)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="rescue", queueing_lock="expire_disposals")
def expire_disposals(timestamp: int) -> None:
    disposal_orders.expire(at=timezone.now())


@app.periodic(cron="50 * * * *")
@app.task(queue="disposal", queueing_lock="recheck_deleted")
def recheck_deleted(timestamp: int) -> None:
    """H+7 and H+30: is what was certified as gone still gone?"""
    now = timezone.now()
    for row in incidents.due_rechecks(at=now):
        incidents.recheck(row, at=now)


@app.task(queue="disposal", retry=2)
def probe_deleting(*, source_id: int) -> None:
    """Tries the deleting credential; deletes nothing."""
    deleting.probe(Source.objects.select_related("client").get(pk=source_id), at=timezone.now())
