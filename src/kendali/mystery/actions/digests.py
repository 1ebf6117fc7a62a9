"""The morning mail: at 08:00 local on working days, one mail to each person with all that waits and what of it is late.

A row per person and day says that it was seen to, also where there was nothing to say; whoever runs second finds it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.mystery import office
from kendali.mystery.models import Digest, Finding
from kendali.mystery.queries import board, scope
from kendali.notices import actions as notices
from kendali.terms import settings as terms

CONCERNED = ("finding.judge", "finding.follow_up", "finding.feedback")
MOST = 50  # lines in one mail


def send(*, at: datetime) -> int:
    """Returns how many mails it made."""
    hour = terms.number("mystery.digest_hour")
    people = {user.pk: user for action in CONCERNED for user in permissions.holders(action, at=at)}
    since = at.date() - timedelta(days=1)
    seen = set(Digest.objects.filter(day__gte=since).values_list("user_id", "day"))
    sent = 0
    for user in people.values():
        local = at.astimezone(ZoneInfo(user.zone))
        if local.hour >= hour and (user.pk, local.date()) not in seen:
            sent += _one(user, local.date(), at)
    return sent


@transaction.atomic
def _one(user: User, day: date, at: datetime) -> int:
    row, new = Digest.objects.get_or_create(user=user, day=day, defaults={"at": at})
    if not new or not office.desk_of(user).calendar.works_on(day):
        return 0
    found = list(lines(user, at))
    if not found:
        return 0
    Digest.objects.filter(pk=row.pk).update(count=len(found))
    late = [one for one in found if one.due_at is not None and one.due_at < at]
    notices.notify(
        [user],
        kind="finding.digest",
        at=at,
        url="/mystery/temuan/?milik=saya",
        facts={
            "count": len(found),
            "late": len(late),
            "lines": [[_text(one), one.due_at, one in late] for one in found[:MOST]],
        },
    )
    return 1


def lines(user: User, at: datetime) -> list[Finding]:
    """What waits for this person and may be seen by this person, the first due first."""
    rows = scope.findings_for(user).filter(board.of(user), due_at__isnull=False)
    return list(rows.order_by("due_at", "pk"))


def _text(finding: Finding) -> str:
    return " · ".join(filter(None, (finding.number, finding.area.upper())))
