"""How a sample ends without a call: unconnected after enough attempts, or missed because its slot passed.

Unconnected: a replacement sample of the same stratum while the calls of its month go on, and one Access finding per
area and day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.audit.actions import StaleState
from kendali.audit.actor import SYSTEM, Actor
from kendali.civil_time import local_date, start_of_day
from kendali.mystery import office
from kendali.mystery.actions import findings, replacing, stepping
from kendali.mystery.actions.moving import locked_sample, move_sample, sample_facts
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.rules import sample_rules
from kendali.mystery.rules.sample_rules import ABANDONED_AFTER, Given, SampleEvent, SampleState
from kendali.notices import actions as notices

S = SampleState
DAY = timedelta(days=1)


@transaction.atomic
def give_up(*, user: User, at: datetime, sample: Sample) -> Sample:
    """By the executor, when it was tried often enough. Raises RuleRefused."""
    return _give_up(locked_sample(sample.pk), stepping.caller(user, sample, at), at)


def _give_up(sample: Sample, actor: Actor, at: datetime) -> Sample:
    given = Given(at=at, patience=office.patience())
    attempts = sample.attempts.count()
    move_sample(sample, SampleEvent.GIVE_UP, actor=actor, given=given, facts={"attempts": attempts})
    replacing.replace(sample, actor=actor, at=at)
    area, day = area_of(sample), last_day(sample)
    findings.raise_access(area, day, unconnected_of(area, day), at=at)
    return sample


def area_of(sample: Sample) -> str:
    """Where the area is an outcome, the number itself stands for it."""
    return sample.area or sample.place


def last_day(sample: Sample) -> date:
    """Local day of the area of the last attempt."""
    last = sample.attempts.order_by("-at").values_list("at", flat=True).first()
    return local_date(last or sample.opens, sample.zone)


def unconnected_of(area: str, day: date) -> list[Sample]:
    """The samples of this area that ended unconnected on this day, the newest one too."""
    around = start_of_day(day, "UTC")  # in whatever zone: a day before and one after
    rows = Sample.objects.filter(Q(area=area) | Q(area="", place=area), state=S.UNCONNECTED)
    rows = rows.filter(attempts__at__range=(around - DAY, around + 2 * DAY)).distinct()
    ended = [
        sample_rules.Unconnected(number=one.number, area=area, zone=one.zone, last_at=max(made))
        for one in rows.prefetch_related("attempts")
        if (made := [attempt.at for attempt in one.attempts.all()])
    ]
    numbers = {number for found in sample_rules.access_findings(ended) if found.day == day for number in found.samples}
    return list(Sample.objects.filter(number__in=numbers).select_related("cycle").order_by("number"))


def miss_passed(*, at: datetime) -> int:
    """By the job: slots that passed. A call that was begun, or one that a phone without connection may still tell of,
    has an hour more. What was tried often enough ends unconnected. Returns how many ended."""
    grace = at - ABANDONED_AFTER
    rows = Sample.objects.filter(
        Q(state=S.PLANNED, closes__lte=at) | Q(state__in=[S.ASSIGNED, S.CALLING], closes__lte=grace),
        cycle__status__in=[Cycle.Status.PLANNED, Cycle.Status.CLOSED],
    )
    missed = sum(_end(pk, at) for pk in list(rows.order_by("pk").values_list("pk", flat=True)))
    if missed:
        people = permissions.holders("plan.assign", at=at)
        notices.notify(people, kind="sample.missed", at=at, url="/mystery/siklus/", facts={"count": missed})
    return missed


def _end(pk: int, at: datetime) -> bool:
    with transaction.atomic():
        sample = locked_sample(pk)
        facts, patience = sample_facts(sample), office.patience()
        try:
            tried = sample.state in {S.ASSIGNED, S.CALLING}
            if tried and sample_rules.may_give_up(facts.attempts, patience):
                _give_up(sample, SYSTEM, at)
            elif sample.state in {S.PLANNED, S.ASSIGNED, S.CALLING}:
                move_sample(sample, SampleEvent.MISS, actor=SYSTEM, given=Given(at=at, patience=patience))
            else:
                return False
        except StaleState:
            return False
        return True
