"""Calling and filling in the form: what waits for a caller."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.mystery import words_calls
from kendali.mystery.models import Sample
from kendali.mystery.queries import calls, tickets
from kendali.mystery.queries.filling import due_of
from kendali.records.queries.waiting_line import Waiting

MOST = 20
TODAY = timedelta(hours=12)


def lines(user: User, at: datetime) -> list[Waiting]:
    """Forms that are due, the calls of the next hours, and test tickets to close in one line."""
    if not permissions.can(user, "sample.call", at=at):
        return []
    rows = calls.mine(user, at).select_related("destination__site").order_by("opens", "number")
    forms = list(rows.filter(state__in=calls.TO_FILL)[:MOST])
    open_ = list(rows.filter(state__in=calls.TO_CALL, opens__lt=at + TODAY, closes__gt=at)[:MOST])
    lines_of = [*(_form(one) for one in forms), *(_call(one, user, at) for one in open_)]
    left = tickets.mine(user, at).count()
    return [*lines_of, _tickets(left)] if left else lines_of


def _form(sample: Sample) -> Waiting:
    page = "form_fill" if sample.state == "scoring" else "call"
    detail = _("QA returned it: %(why)s") if sample.return_reason else _("the call was made; findings count from here")
    return Waiting(
        due=due_of(sample),
        sentence=_("Submit the form of the call to %(place)s"),
        detail=detail,
        action=_("Fill in the form"),
        url=reverse(page, kwargs={"pk": sample.pk}),
        facts={"place": words_calls.place(sample), "why": sample.return_reason},
        number=sample.number,
        primary=True,
    )


def _call(sample: Sample, user: User, at: datetime) -> Waiting:
    return Waiting(
        due=sample.closes,
        sentence=_("Call %(place)s (%(kind)s)"),
        detail=_("window %(window)s"),
        action=_("Place the call") if sample.opens <= at else _("Open"),
        url=reverse("call", kwargs={"pk": sample.pk}),
        facts={"place": words_calls.place(sample), "kind": str(words_calls.KINDS.get(sample.kind, sample.kind)).lower(),
               "window": words_calls.window(sample, user.zone)},
        number=sample.number,
        primary=sample.opens <= at,
    )  # fmt: skip


def _tickets(count: int) -> Waiting:
    return Waiting(
        due=None,
        sentence=_("Test tickets to tag as test and close: %(count)s"),
        detail=_("an open one is worked on by a department as if a customer had called"),
        action=_("Open"),
        url=f"{reverse('my_calls')}#tickets",
        facts={"count": count},
    )
