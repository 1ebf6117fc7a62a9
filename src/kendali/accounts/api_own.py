"""One's own account over the API: tokens and deputies. Passwords, factors and sessions belong to a browser."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from ninja import Router, Status

from kendali.accounts import own_actions
from kendali.accounts.access import require, signed_in
from kendali.accounts.api_schemas import DeputyIn, DeputyOut, TokenOut
from kendali.accounts.models import ApiToken, Deputy, User
from kendali.accounts.permissions import RuleRefused
from kendali.verdict import no

router = Router(tags=["account"])


@router.get("/tokens", response=list[TokenOut])
def list_tokens(request: HttpRequest) -> list[ApiToken]:
    user = signed_in(request)
    require(user, "token.own")
    return list(user.tokens.filter(revoked_at=None).order_by("pk"))


@router.post("/tokens/{int:token_id}/revoke", response=list[TokenOut])
def revoke_token(request: HttpRequest, token_id: int) -> list[ApiToken]:
    """What is left; a token may revoke itself."""
    user = signed_in(request)
    require(user, "token.own")
    token = get_object_or_404(ApiToken, pk=token_id, user=user)
    own_actions.revoke_token(user=user, at=timezone.now(), token=token)
    return list(user.tokens.filter(revoked_at=None).order_by("pk"))


@router.get("/deputies", response=list[DeputyOut])
def list_deputies(request: HttpRequest) -> list[Deputy]:
    """Who stands in for me, and for whom I stand in: now and later."""
    user = signed_in(request)
    rows = Deputy.objects.filter(Q(principal=user) | Q(deputy=user), ended_at=None, ends__gte=timezone.localdate())
    return list(rows.select_related("principal", "deputy").order_by("starts", "pk"))


@router.post("/deputies", response={201: DeputyOut})
def name_deputy(request: HttpRequest, data: DeputyIn) -> Status[Deputy]:
    user = signed_in(request)
    require(user, "token.own")
    deputy = User.objects.filter(email__iexact=data.email.strip(), is_active=True).first()
    if deputy is None:
        raise RuleRefused(no(_("There is no active user with this e-mail address.")))
    return Status(
        201,
        own_actions.name_deputy(
            user=user, at=timezone.now(), deputy=deputy, role=data.role, starts=data.starts, ends=data.ends
        ),
    )


@router.post("/deputies/{int:deputy_id}/end", response=list[DeputyOut])
def end_deputy(request: HttpRequest, deputy_id: int) -> list[Deputy]:
    """What is left."""
    user = signed_in(request)
    require(user, "token.own")
    row = get_object_or_404(Deputy, pk=deputy_id, principal=user)
    own_actions.end_deputy(user=user, at=timezone.now(), deputy=row)
    return list_deputies(request)
