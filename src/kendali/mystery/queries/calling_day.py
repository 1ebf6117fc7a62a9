"""A caller's day: what is late to submit, what can be called now, what comes next, what is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, QuerySet

from kendali.accounts.models import User
from kendali.civil_time import local_date, start_of_day
from kendali.mystery.models import Sample
from kendali.mystery.queries import calls, tickets
from kendali.mystery.queries.filling import due_of

AHEAD = 30  # of each list


@dataclass(frozen=True, slots=True)
class Row:
    sample: Sample
    due: datetime | None
    tried: int


@dataclass(frozen=True, slots=True)
class Day:
    """`forms`: calls whose form is due, the most urgent first. `now`: in their window, or already begun."""

    forms: list[Row] = field(default_factory=list)
    now: list[Row] = field(default_factory=list)
    later: list[Row] = field(default_factory=list)
    passed: list[Row] = field(default_factory=list)  # assigned, and the slot is over
    done: list[Row] = field(default_factory=list)  # submitted today
    tickets: list[Row] = field(default_factory=list)  # called, and the test ticket is not said to be closed
    late: int = 0  # of all forms, also those not listed
    more: bool = False
    helper: bool = False


def day_of(user: User, at: datetime) -> Day:
    """Four queries, whatever the month holds."""
    rows = calls.mine(user, at).select_related("destination__site", "scenario__scenario", "persona")
    rows = rows.annotate(tried=Count("attempts"))
    forms = [_row(one) for one in rows.filter(state__in=calls.TO_FILL).order_by("called_at")]
    open_ = list(rows.filter(state__in=calls.TO_CALL).order_by("opens", "number")[: AHEAD + 1])
    midnight = start_of_day(local_date(at, user.zone), user.zone)
    done = rows.filter(submitted_at__gte=midnight).exclude(state__in=(*calls.TO_FILL, *calls.TO_CALL))
    late = sum(1 for row in forms if row.due is not None and row.due < at)
    found = Day(forms=forms[:AHEAD], late=late, more=max(len(forms), len(open_)) > AHEAD, helper=calls.is_helper(user),
                done=[_row(one) for one in done.order_by("-submitted_at")[:AHEAD]],
                tickets=[Row(one, None, getattr(one, "tried", 0)) for one in _tickets(user, at)[:AHEAD]])  # fmt: skip
    for one in open_[:AHEAD]:
        rows_of = _list_for(one, at, found)
        rows_of.append(Row(one, one.opens, one.tried) if rows_of is found.later else _row(one))
    return found


def _tickets(user: User, at: datetime) -> QuerySet[Sample]:
    rows = tickets.mine(user, at).select_related("destination__site", "scenario__scenario", "persona")
    return rows.annotate(tried=Count("attempts")).order_by("called_at", "number")


def _list_for(sample: Sample, at: datetime, found: Day) -> list[Row]:
    if sample.opens > at:
        return found.later
    return found.now if at < sample.closes or sample.state == "calling" else found.passed


def _row(sample: Sample) -> Row:
    due = due_of(sample) if sample.called_at is not None else sample.closes
    return Row(sample, due, getattr(sample, "tried", 0))
