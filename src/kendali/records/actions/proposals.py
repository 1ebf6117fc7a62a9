"""Proposals: preview, compare with the source, freeze the list. Whom it is put to: `disposal.actions.proposals`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import QuerySet

from kendali.accounts.models import Client, User
from kendali.audit.actor import Actor
from kendali.disposal.models import ErasureRequest, Proposal
from kendali.records.models import Record
from kendali.records.queries.eligible import Preview


def latest_cut_off(client: Client, record_class: str, at: datetime) -> date:
    """The last local date whose records are all past their period today. Raises RuleRefused without a policy."""
    raise NotImplementedError


def preview(*, user: User, at: datetime, client: Client, record_class: str, cut_off: date) -> Preview:
    """What `propose` would freeze, from the catalogue as it is; nothing is written. Raises Refused."""
    raise NotImplementedError


def propose(*, user: User, at: datetime, client: Client, record_class: str, cut_off: date) -> Proposal:
    """A draft with everything up to the cut-off (a local date, included) of all sources of the client and class.

    Small lists are compared with the source at once; larger ones by a job: `frozen_at` is null until it is done,
    `progress` says how far it is. Raises Refused."""
    raise NotImplementedError


def propose_erasure(
    *, user: User, at: datetime, request: ErasureRequest, records: QuerySet[Record] | Iterable[Record]
) -> Proposal:
    """Exactly these records of a customer, due now (decision 8); compared at once. Raises Refused."""
    raise NotImplementedError


def propose_backup_destruction(
    *, user: User | Actor, at: datetime, client: Client, record_class: str, records: QuerySet[Record]
) -> Proposal:
    """The backup copies of these records, whose period after deletion has ended; `user` may be SYSTEM. Raises Refused."""
    raise NotImplementedError
