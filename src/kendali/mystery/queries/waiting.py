"""What waits for a person in mystery calling: by when, what it is, and the one button that moves it on."""

from __future__ import annotations

from datetime import datetime

from kendali.accounts.models import User
from kendali.mystery.queries import waiting_calls, waiting_findings, waiting_plan
from kendali.records.queries.waiting_line import Waiting


def waiting(user: User, at: datetime) -> list[Waiting]:
    return [*waiting_plan.lines(user, at), *waiting_calls.lines(user, at), *waiting_findings.lines(user, at)]
