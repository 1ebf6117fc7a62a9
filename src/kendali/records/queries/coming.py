"""What a client will be asked, and when: from the rows of the register, which know how much of each batch is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from kendali import civil_time
from kendali.accounts.models import Client
from kendali.records import words
from kendali.terms.models import Policy

MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Coming:
    """One month, one class, one act: how many records will be put to the client. `now`: they could be already."""

    month: date
    record_class: str
    class_name: str
    act: str
    count: int
    now: bool


# Act (a) when the youngest record of a batch has expired, act (b) when its copy has lived as long as was agreed.
ASKED = """
SELECT date_trunc('month', greatest(at, %(today)s))::date AS month, act, sum(count), bool_and(at <= %(today)s)
FROM (
  SELECT (expires_on + 1)::date AS at, 'source' AS act, quantity - deleted_quantity AS count
  FROM register_registerentry WHERE client_id = %(client)s AND kind = %(kind)s AND expires_on IS NOT NULL
  UNION ALL
  SELECT (deleted_on + make_interval(months => %(months)s))::date, 'backup', deleted_quantity - destroyed_quantity
  FROM register_registerentry WHERE client_id = %(client)s AND kind = %(kind)s AND deleted_on IS NOT NULL
) rows WHERE count > 0 AND at < %(until)s GROUP BY 1, 2 ORDER BY 1, 2 DESC
"""


def coming(client: Client, policies: Sequence[Policy], today: date) -> list[Coming]:
    """The next twelve months, soonest first; one query a class."""
    found = []
    with connection.cursor() as cursor:
        for policy in policies:
            values: dict[str, int | str | date | None] = {
                "client": client.pk, "kind": policy.record_class, "months": policy.backup_copy_months, "today": today,
                "until": civil_time.add_years(today, MONTHS // 12),
            }  # fmt: skip
            cursor.execute(ASKED, values)
            name = str(words.CLASSES[policy.record_class])
            found += [
                Coming(month, policy.record_class, name, act, count, now)
                for month, act, count, now in cursor.fetchall()
            ]
    return sorted(found, key=lambda one: (one.month, one.class_name, one.act))
