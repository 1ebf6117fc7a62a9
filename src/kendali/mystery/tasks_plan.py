"""Jobs of plan and cycle. A job only carries rows forward: it may run twice and may die anywhere."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from kendali.mystery.actions import assigning, cycle_dates, plan
from kendali.mystery.models import Cycle


@app.task(queue="scan", retry=3)
def draw_plan(*, cycle_id: int, ticket: str) -> None:
    plan.carry_out(cycle_id, ticket=ticket, at=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queue="rescue", queueing_lock="renew_scenarios")
def renew_scenarios(timestamp: int) -> None:
    """Scenarios whose finding went to an area are not used there again in that cycle."""
    for row in Cycle.objects.filter(status=Cycle.Status.PLANNED):
        assigning.renew_scenarios(row, at=timezone.now())


@app.periodic(cron="15 * * * *")
@app.task(queue="rescue", queueing_lock="close_ended_cycles")
def close_ended_cycles(timestamp: int) -> None:
    cycle_dates.close_ended(at=timezone.now())


@app.periodic(cron="0 1 * * *")  # 08.00 WIB
@app.task(queue="rescue", queueing_lock="tell_cycle_dates")
def tell_cycle_dates(timestamp: int) -> None:
    cycle_dates.tell(at=timezone.now())
