"""Which Team Leader answers for a record class of a client, over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from ninja import Field, Router, Schema

from kendali.accounts import responsible
from kendali.accounts.access import load, signed_in
from kendali.accounts.api_schemas import EMAIL
from kendali.accounts.models import Client, User
from kendali.accounts.permissions import RuleRefused
from kendali.terms.models import RecordClass
from kendali.verdict import no

router = Router(tags=["administration"])


class ResponsibleOut(Schema):
    """`leader` null: nobody is named, so everybody with the role is told."""

    record_class: str
    leader: str | None = Field(description="name")
    deputy: str | None
    named_at: datetime | None


class ResponsibleIn(Schema):
    record_class: Literal["conversation", "recording"]
    leader: str | None = Field(None, max_length=254, pattern=EMAIL, description="e-mail; null: nobody any more")
    deputy: str | None = Field(None, max_length=254, pattern=EMAIL)


@router.get("/clients/{slug:code}/responsible", response=list[ResponsibleOut])
def list_responsible(request: HttpRequest, code: str) -> list[dict[str, object]]:
    return _told(load(Client, signed_in(request), "responsible.view", code=code))


@router.put("/clients/{slug:code}/responsible", response=list[ResponsibleOut])
def name_responsible(request: HttpRequest, code: str, data: ResponsibleIn) -> list[dict[str, object]]:
    """From now on; who answered before stays readable in the trail."""
    user = signed_in(request)
    client = load(Client, user, "responsible.name", code=code)
    responsible.name(
        user=user, at=timezone.now(), client=client, record_class=data.record_class, leader=_person(data.leader),
        deputy=_person(data.deputy),
    )  # fmt: skip
    return _told(client)


def _person(email: str | None) -> User | None:
    if email is None:
        return None
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise RuleRefused(no(_("There is no active user with this e-mail address.")))
    return person


def _told(client: Client) -> list[dict[str, object]]:
    rows = [(kind, responsible.current(client, kind)) for kind in RecordClass.values]
    return [
        {
            "record_class": kind,
            "leader": row.leader.name if row else None,
            "deputy": row.deputy.name if row and row.deputy else None,
            "named_at": row.named_at if row else None,
        }
        for kind, row in rows
    ]
