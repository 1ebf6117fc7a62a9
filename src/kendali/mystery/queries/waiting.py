"""What waits for a person in mystery calling: by when, what it is, and the one button that moves it on."""

from __future__ import annotations

from datetime import datetime

from kendali.accounts.models import User
from kendali.mystery.queries import (
    waiting_calls,
    waiting_findings,
    waiting_forms,
    waiting_plan,
    waiting_prepare,
    waiting_verify,
)
from kendali.records.queries.waiting_line import Waiting


def waiting(user: User, at: datetime) -> list[Waiting]:
    parts = (waiting_prepare, waiting_forms, waiting_plan, waiting_calls, waiting_verify, waiting_findings)
    return [line for part in parts for line in part.lines(user, at)]
