"""Ends of contracts and registered copies over the API."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client
from kendali.disposal.models import Proposal
from kendali.records.actions import contract_end as action
from kendali.records.actions import copies
from kendali.records.api.disposal_schemas import ProposalOut
from kendali.records.api.schemas import Reason
from kendali.records.models import ContractEnd, Package, RegisteredCopy

router = Router(tags=["contract ends"])
PAGE = 200


class ContractEndOut(Schema):
    id: int
    client: str = Field(alias="client.code")
    ended_on: date
    reference: str
    reason: str
    entered_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str


class ContractEndIn(Schema):
    client: str = Field(max_length=40, description="code of the client")
    ended_on: date
    reference: str = Field(min_length=1, max_length=120, description="number of the letter or contract")
    reason: str = Field(min_length=1, max_length=2000)


class CopyOut(Schema):
    id: int
    kind: str
    place: str
    recipient: str
    records: int
    sha256: str
    registered_by: str = Field(alias="registered_by_name")
    registered_at: datetime
    end: str
    evidence: str
    ended_at: datetime | None


class CopyIn(Schema):
    place: str = Field(min_length=1, max_length=500, description="where it is, in words; no customer data")


class CopyEndIn(Schema):
    how: Literal["gone", "replaced"]
    evidence: str = Field(min_length=1, max_length=500, description="number of the letter, and who saw it")


@router.get("/contract-ends", response=list[ContractEndOut])
def list_contract_ends(request: HttpRequest) -> list[ContractEnd]:
    user = signed_in(request)
    access.require(user, "policy.view")
    rows = ContractEnd.objects.filter(client__in=access.visible_clients(user, "policy.view"))
    return list(rows.select_related("client").order_by("-pk")[:PAGE])


@router.post("/contract-ends", response={201: ContractEndOut})
def end_contract(request: HttpRequest, data: ContractEndIn) -> Status[ContractEnd]:
    """From now on what the client approves may be destroyed before the period of the backup copy ends."""
    user = signed_in(request)
    client = access.load(Client, user, "policy.edit", code=data.client)
    row = action.record_end(
        user=user, at=timezone.now(), client=client, ended_on=data.ended_on, reference=data.reference,
        reason=data.reason,
    )  # fmt: skip
    return Status(201, row)


@router.post("/contract-ends/{int:end_id}/withdraw", response=ContractEndOut)
def withdraw_contract_end(request: HttpRequest, end_id: int, data: Reason) -> ContractEnd:
    user = signed_in(request)
    row = access.load(ContractEnd.objects.select_related("client"), user, "policy.edit", pk=end_id)
    action.withdraw(user=user, at=timezone.now(), end=row, reason=data.reason)
    row.refresh_from_db()
    return row


@router.post("/contract-ends/{int:end_id}/propose", response={201: list[ProposalOut]})
def propose_everything(request: HttpRequest, end_id: int) -> Status[list[Proposal]]:
    """A draft per class with every backup copy that is left."""
    user = signed_in(request)
    row = access.load(ContractEnd.objects.select_related("client"), user, "proposal.propose", pk=end_id)
    return Status(201, action.propose_everything(user=user, at=timezone.now(), client=row.client))


@router.get("/packages/{uuid:package_id}/copies", response=list[CopyOut])
def list_copies(request: HttpRequest, package_id: uuid.UUID) -> list[RegisteredCopy]:
    rows = Package.objects.select_related("source__client")
    package = access.load(rows, signed_in(request), "package.view", pk=package_id)
    return list(package.copies.order_by("-pk")[:PAGE])


@router.post("/packages/{uuid:package_id}/copies", response={201: CopyOut})
def register_copy(request: HttpRequest, package_id: uuid.UUID, data: CopyIn) -> Status[RegisteredCopy]:
    """A copy of the package's bytes lies elsewhere; a destruction waits until it is declared gone."""
    user = signed_in(request)
    package = access.load(Package.objects.select_related("source__client"), user, "keys.manage", pk=package_id)
    return Status(201, copies.register(user=user, at=timezone.now(), package=package, place=data.place))


@router.post("/copies/{int:copy_id}/end", response=CopyOut)
def end_copy(request: HttpRequest, copy_id: int, data: CopyEndIn) -> RegisteredCopy:
    user = signed_in(request)
    rows = RegisteredCopy.objects.select_related("package__source__client")
    row = access.load(rows, user, "keys.manage", pk=copy_id)
    copies.end(user=user, at=timezone.now(), copy=row, how=data.how, evidence=data.evidence)
    return row
