"""Two closed months of mystery calling and a running one, played through the actions of the product.

Each month, sample and finding is a story of its own; `agenda` tells them as one, in the order of time. Who does what
when follows from the number of the sample, so that the same plan gives the same months.
"""

from __future__ import annotations

import heapq
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

from kendali import civil_time
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.home.sample import mystery_knowledge, mystery_samples
from kendali.home.sample.diary import ZONE, Story
from kendali.home.sample.mystery_scene import Scene
from kendali.mystery.actions import calling, crisis, cycles, escalating, plan
from kendali.mystery.models import Cycle, Material, ScenarioVersion
from kendali.mystery.queries import ending, f22, pace
from kendali.mystery.rules.cycle import Milestone

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MONTHS = 2  # closed ones
TRIES = 8
SHORT = "Dua hari gangguan jaringan; sampel cadangan tidak mencukupi"


def tell(users: dict[str, User], now: datetime) -> Story:
    """All of it as one story; it ends at `now`, and what is not over then waits for somebody."""
    scene = Scene(users, now)
    waiting: list[tuple[datetime, int, Story]] = []
    order = count()

    def begin(story: Story) -> None:
        with suppress(StopIteration):
            heapq.heappush(waiting, (next(story), next(order), story))

    begin(_everything(scene))
    begin(_nights(scene))
    while waiting and waiting[0][0] < now:
        wanted, _number, story = heapq.heappop(waiting)
        at = yield wanted
        if at >= now:
            return
        try:
            heapq.heappush(waiting, (story.send(at), next(order), story))
        except StopIteration:
            pass
        except RuleRefused as refused:  # on an odd day of the year something may not fit: the rest goes on
            scene.refused.append(str(refused))
        while scene.coming:
            begin(scene.coming.pop(0))


# --- the months


def _everything(scene: Scene) -> Story:
    """What is needed first, then one month after the other."""
    running = scene.today.replace(day=1)
    first = civil_time.add_months(running, -MONTHS)
    at = yield scene.at_work(civil_time.add_months(first, -1).replace(day=8), hour=9)
    mystery_knowledge.write(scene.users, at)
    for number in range(MONTHS + 1):
        month = civil_time.add_months(first, number)
        ready = scene.at_work(month - 5 * DAY, hour=10)
        at = yield ready
        cycle = cycles.begin_cycle(user=scene["qanita"], at=at, month=month)
        _equip(scene, cycle, at)
        at = yield scene.at_work(month - 3 * DAY, hour=14)
        _drawn(scene, cycle, at)
        plan.freeze_plan(user=scene["qanita"], at=at, row=cycle)
        cycle.refresh_from_db()
        given = cycle.samples.select_related("cycle", "destination").order_by("opens")
        scene.coming += [mystery_samples.story(scene, one) for one in given]
        scene.endings.append(cycle)
        if number == MONTHS - 1:
            at = yield scene.at_work(month + 11 * DAY, hour=18)
            crisis.set_crisis(
                user=scene["kirana"], at=at, reason="Gangguan jaringan di dua area; pelanggan didahulukan"
            )
            at = yield at + HOUR
            crisis.lift_crisis(user=scene["kirana"], at=at, reason="Jaringan pulih")


def _drawn(scene: Scene, cycle: Cycle, at: datetime) -> None:
    """Again with another seed where the windows did not suffice, as a person would."""
    for number in range(TRIES):
        plan.draw(user=scene["qanita"], at=at, row=cycle, seed=f"{cycle.month:%Y-%m}/{number}")
        if not cycle.plan_problem:
            return


def _equip(scene: Scene, cycle: Cycle, at: datetime) -> None:
    if Cycle.objects.exclude(pk=cycle.pk).exists():
        cycles.copy_last_month(user=scene["qanita"], at=at, row=cycle)
    else:
        approved = list(ScenarioVersion.objects.filter(status="approved"))
        cycles.choose(user=scene["qanita"], at=at, row=cycle, materials=list(Material.objects.all()), versions=approved)


def _nights(scene: Scene) -> Story:
    """On working days: in the evening what passed is missed, in the morning what is late is told; months come to their
    end."""
    day = civil_time.add_months(scene.today.replace(day=1), -MONTHS)
    while True:
        while not scene.desk.calendar.works_on(day):
            day += DAY
        at = yield civil_time.start_of_day(day, ZONE) + 8 * HOUR
        escalating.tell(at=at)
        for cycle in [one for one in scene.endings if one.status == Cycle.Status.CLOSED]:
            if day >= ending.dates(cycle)[Milestone.FROZEN]:
                at = yield at + MINUTE
                _ended(scene, cycle, at)
        at = yield civil_time.start_of_day(day, ZONE) + 21 * HOUR
        calling.miss_passed(at=at)
        for cycle in scene.endings:
            if cycle.status == Cycle.Status.PLANNED and day >= ending.dates(cycle)[Milestone.CALLS_CLOSE]:
                at = yield at + MINUTE
                reason = SHORT if pace.meter(cycle, at).short else ""
                with suppress(RuleRefused):  # something can still be called: tomorrow
                    cycles.close(user=scene["qanita"], at=at, row=cycle, reason=reason)
        day += DAY


def _ended(scene: Scene, cycle: Cycle, at: datetime) -> None:
    """Signed by three on the day of the freeze, and frozen; what is not decided yet is tried again the next day."""
    digest = f22.register_digest(cycle, at)
    with suppress(RuleRefused):
        for part, who in (("made", "qori"), ("checked", "qanita"), ("acknowledged", "kirana")):
            cycles.sign(user=scene[who], at=at, row=cycle, part=part, digest=digest)
        cycles.freeze(user=scene["qanita"], at=at, row=cycle)
        scene.endings.remove(cycle)
