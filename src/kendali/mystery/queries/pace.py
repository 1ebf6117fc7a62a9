"""The pace meter of a cycle: counted samples against 60, what is needed each day, where the month will end."""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Count, DateField, Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from kendali.civil_time import local_date
from kendali.mystery import models, office
from kendali.mystery.rules import pace
from kendali.mystery.rules.sample_rules import SampleState
from kendali.mystery.rules.working_time import WorkCalendar
from kendali.terms import settings as terms

BEFORE = datetime.min.replace(tzinfo=UTC)  # any instant before the freeze: of what was verified in time
VERIFIED = Q(state__in=[SampleState.VERIFIED, SampleState.LOCKED, SampleState.DESTROYED], verified_at__isnull=False)


def made(cycle: models.Cycle) -> list[pace.Made]:
    """What the meter counts, one query: connected calls that were not voided, by local day of the call."""
    in_time = VERIFIED if cycle.frozen_at is None else VERIFIED & Q(verified_at__lt=cycle.frozen_at)
    rows = (
        models.Sample.objects.filter(cycle=cycle, called_at__isnull=False)
        .exclude(state=SampleState.VOID)
        .values(day=Cast(RawSQL("called_at AT TIME ZONE zone", []), DateField()))
        .annotate(good=Count("pk", filter=in_time), late=Count("pk", filter=VERIFIED), every=Count("pk"))
        .order_by("day")
    )
    found: list[pace.Made] = []
    for row in rows:
        found += [pace.Made(row["day"], BEFORE)] * row["good"]
        found += [pace.Made(row["day"], cycle.frozen_at)] * (row["late"] - row["good"])
        found += [pace.Made(row["day"], None)] * (row["every"] - row["late"])
    return found


def most_per_day() -> int | None:
    """What all callers together can do on one working day, a call each window; None = nobody is entered."""
    width = terms.number("mystery.window_minutes")
    hours = models.Caller.objects.filter(active=True, share__gt=0).values_list("first", "last")
    spans = [max(last - first, 0) // width for first, last in hours]
    return sum(spans) if spans else None


def meter(
    cycle: models.Cycle, at: datetime, *, calendar: WorkCalendar | None = None, most: int | None = None
) -> pace.Meter:
    """Samples are read with one query; the calendar is that of the whole house unless it is given."""
    return pace.measure(
        made(cycle),
        month=cycle.month,
        today=local_date(at, settings.TIME_ZONE),
        calendar=calendar or office.work_calendar(),
        target=cycle.minimum,
        most_per_day=most,
        frozen_at=cycle.frozen_at,
    )
