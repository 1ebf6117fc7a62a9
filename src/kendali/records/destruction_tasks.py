"""Jobs of the destruction of backup copies; imported by `tasks`. Orders run by `tasks.run_order`."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from procrastinate.contrib.django import app

from kendali.records.actions import destruction, destruction_due


@app.periodic(cron="30 18 * * *")  # 01.30 WIB: after the day's orders, before the nightly export of the vault
@app.task(queue="rescue", queueing_lock="end_epoch_for_destructions")
def end_epoch_for_destructions(timestamp: int) -> None:
    _go_on(destruction.nightly(at=timezone.now()))


@app.periodic(cron="40 * * * *")
@app.task(queue="rescue", queueing_lock="settle_destructions")
def settle_destructions(timestamp: int) -> None:
    """A slot that is back, a copy that was declared gone, a store that answers again."""
    _go_on(destruction.settling_orders())


@app.periodic(cron="30 19 * * *")
@app.task(queue="rescue", queueing_lock="draft_destructions")
def draft_destructions(timestamp: int) -> None:
    destruction_due.draft_all(at=timezone.now())


def _go_on(orders: Iterable[int]) -> None:
    from kendali.records import tasks  # which imports this

    for order_id in orders:
        tasks.run_order.defer(order_id=order_id)
