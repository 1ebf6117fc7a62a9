"""Policies over the API: preview, save, decide."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status

from kendali import civil_time
from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.accounts.models import Client
from kendali.records.actions import policies
from kendali.records.api.schemas import Decision, EffectOut, PolicyIn, PolicyOut
from kendali.terms.models import Policy
from kendali.terms.rules import Periods

router = Router(tags=["policies"])


def _terms(data: PolicyIn) -> policies.Terms:
    return policies.Terms(
        zone=data.zone,
        periods=Periods(data.backup_after_years, data.lead_days, data.delete_after_years, data.backup_copy_months),
    )


def _client(request: HttpRequest, code: str) -> Client:
    user = signed_in(request)
    access.require(user, "policy.edit")
    return get_object_or_404(access.visible_clients(user, "policy.edit"), code=code)


@router.get("", response=list[PolicyOut])
def list_policies(request: HttpRequest) -> list[Policy]:
    clients = access.visible_clients(signed_in(request), "policy.view")
    rows = Policy.objects.filter(client__in=clients).select_related("client")
    return list(rows.order_by("client__name", "record_class", "-version"))


@router.get("/{int:policy_id}", response=PolicyOut)
def show_policy(request: HttpRequest, policy_id: int) -> Policy:
    return access.load(Policy.objects.select_related("client"), signed_in(request), "policy.view", pk=policy_id)


@router.post("/preview", response=EffectOut)
def preview_policy(request: HttpRequest, data: PolicyIn) -> policies.Effect:
    """How many records it would touch today; nothing is saved."""
    client = _client(request, data.client)
    today = civil_time.local_date(timezone.now(), data.zone)
    return policies.effect(client, data.record_class, _terms(data), today)


@router.post("", response={201: PolicyOut})
def save_policy(request: HttpRequest, data: PolicyIn) -> Status[Policy]:
    client = _client(request, data.client)
    policy = policies.save(
        user=signed_in(request), at=timezone.now(), client=client, record_class=data.record_class,
        terms=_terms(data), reason=data.reason,
    )  # fmt: skip
    return Status(201, policy)


@router.post("/{int:policy_id}/decide", response=PolicyOut)
def decide_policy(request: HttpRequest, policy_id: int, data: Decision) -> Policy:
    user = signed_in(request)
    policy = access.load(Policy.objects.select_related("client"), user, "policy.decide", pk=policy_id)
    policies.decide(user=user, at=timezone.now(), policy=policy, agreed=data.agreed, reason=data.reason)
    return policy
