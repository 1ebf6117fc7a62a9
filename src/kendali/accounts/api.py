"""People, roles, clients and areas over the API: what the administration pages do."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from ninja import Query, Router, Status

from kendali.accounts import actions, roles
from kendali.accounts.access import require, signed_in, visible_clients
from kendali.accounts.api_own import router as own
from kendali.accounts.api_responsible import router as responsible
from kendali.accounts.api_schemas import (
    ClientIn,
    ClientOut,
    RoleIn,
    SiteIn,
    SiteOut,
    UserIn,
    UserOut,
    UserPage,
)  # fmt: skip
from kendali.accounts.api_sensitive import router as sensitive_changes
from kendali.accounts.models import Client, RoleGrant, Site, User
from kendali.accounts.permissions import RuleRefused
from kendali.verdict import no

router = Router(tags=["administration"])
router.add_router("", own)
router.add_router("", sensitive_changes)
router.add_router("", responsible)
PAGE = 100
BIGGEST = 2**63 - 1


def _people() -> QuerySet[User]:
    grants = RoleGrant.objects.filter(ended_at=None).select_related("client", "site").order_by("pk")
    return User.objects.prefetch_related(Prefetch("grants", grants, to_attr="current_grants"))


def _person(number: int) -> User:
    return get_object_or_404(_people(), pk=number)


@router.get("/users", response=UserPage)
def list_users(
    request: HttpRequest, q: str = Query("", max_length=200), after: int = Query(0, ge=0, le=BIGGEST)
) -> dict[str, object]:
    """In the order they were made; `q` is part of a name or an e-mail address."""
    require(request.user, "user.view")
    rows = _people().filter(pk__gt=after).order_by("pk")
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(email__icontains=q))
    page = list(rows[: PAGE + 1])
    return {"users": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}


@router.post("/users", response={201: UserOut})
def create_user(request: HttpRequest, data: UserIn) -> Status[User]:
    """Without role and password; give a role, then send the link."""
    require(request.user, "user.edit")
    person = actions.create_user(user=signed_in(request), at=timezone.now(), **data.dict())
    return Status(201, _person(person.pk))


@router.get("/users/{int:user_id}", response=UserOut)
def show_user(request: HttpRequest, user_id: int) -> User:
    require(request.user, "user.view")
    return _person(user_id)


@router.put("/users/{int:user_id}", response=UserOut)
def change_user(request: HttpRequest, user_id: int, data: UserIn) -> User:
    require(request.user, "user.edit")
    actions.change_user(user=signed_in(request), at=timezone.now(), person=_person(user_id), changes=data.dict())
    return _person(user_id)


@router.post("/users/{int:user_id}/deactivate", response=UserOut)
def deactivate_user(request: HttpRequest, user_id: int) -> User:
    require(request.user, "user.edit")
    actions.deactivate_user(user=signed_in(request), at=timezone.now(), person=_person(user_id))
    return _person(user_id)


@router.post("/users/{int:user_id}/reactivate", response=UserOut)
def reactivate_user(request: HttpRequest, user_id: int) -> User:
    require(request.user, "user.edit")
    actions.reactivate_user(user=signed_in(request), at=timezone.now(), person=_person(user_id))
    return _person(user_id)


@router.post("/users/{int:user_id}/release-lockout", response=UserOut)
def release_lockout(request: HttpRequest, user_id: int) -> User:
    require(request.user, "user.edit")
    actions.release_lockout(user=signed_in(request), at=timezone.now(), person=_person(user_id))
    return _person(user_id)


@router.post("/users/{int:user_id}/setup-link", response=UserOut)
def send_setup_link(request: HttpRequest, user_id: int) -> User:
    """By e-mail only: without a mail server the link is shown on the person's page, never here."""
    require(request.user, "user.edit")
    actions.send_setup_link(user=signed_in(request), at=timezone.now(), person=_person(user_id))
    return _person(user_id)


@router.post("/users/{int:user_id}/reset-factors", response=UserOut)
def reset_factors(request: HttpRequest, user_id: int) -> User:
    """Somebody lost the telephone or key; of a client's approver a second person must confirm it."""
    require(request.user, "user.edit")
    actions.reset_factors(user=signed_in(request), at=timezone.now(), person=_person(user_id))
    return _person(user_id)


@router.post("/users/{int:user_id}/roles", response={201: UserOut})
def grant_role(request: HttpRequest, user_id: int, data: RoleIn) -> Status[User]:
    require(request.user, "user.edit")
    person = _person(user_id)
    if data.role not in roles.ALL:
        raise RuleRefused(no(_("There is no such role.")))
    client = get_object_or_404(Client, code=data.client, active=True) if data.client is not None else None
    site = get_object_or_404(Site, code=data.site) if data.site is not None else None
    user = signed_in(request)
    actions.grant_role(user=user, at=timezone.now(), person=person, role=data.role, client=client, site=site)
    return Status(201, _person(user_id))


@router.post("/users/roles/{int:grant_id}/end", response=UserOut)
def end_role(request: HttpRequest, grant_id: int) -> User:
    require(request.user, "user.edit")
    grant = get_object_or_404(RoleGrant.objects.select_related("user", "client"), pk=grant_id)
    actions.end_role(user=signed_in(request), at=timezone.now(), grant=grant)
    return _person(grant.user_id)


@router.get("/clients", response=list[ClientOut])
def list_clients(request: HttpRequest) -> list[Client]:
    require(request.user, "client.view")
    return list(visible_clients(request.user, "client.view"))


@router.post("/clients", response={201: ClientOut})
def create_client(request: HttpRequest, data: ClientIn) -> Status[Client]:
    require(request.user, "client.edit")
    values = data.dict(exclude={"active"})
    _known_word(data.customer_word)
    return Status(201, actions.create_client(user=signed_in(request), at=timezone.now(), **values))


@router.put("/clients/{slug:code}", response=ClientOut)
def change_client(request: HttpRequest, code: str, data: ClientIn) -> Client:
    require(request.user, "client.edit")
    _known_word(data.customer_word)
    client = get_object_or_404(Client, code=code)
    return actions.change_client(user=signed_in(request), at=timezone.now(), client=client, changes=data.dict())


def _known_word(word: str) -> None:
    if word not in dict(Client.CUSTOMER_WORDS):
        raise RuleRefused(no(_("Choose one of the values offered.")))


@router.get("/sites", response=list[SiteOut])
def list_sites(request: HttpRequest) -> list[Site]:
    require(request.user, "client.view")
    return list(Site.objects.all())


@router.post("/sites", response={201: SiteOut})
def create_site(request: HttpRequest, data: SiteIn) -> Status[Site]:
    require(request.user, "client.edit")
    return Status(201, actions.create_site(user=signed_in(request), at=timezone.now(), **data.dict()))
