"""What the API takes and gives of people, roles, clients, tokens and deputies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from ninja import Field, Schema

Zone = Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
Language = Literal["id", "en"]
Scope = Literal["read", "content", "operate", "administer"]
EMAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$"
SLUG = r"^[A-Za-z0-9_-]+$"


class GrantOut(Schema):
    id: int
    role: str
    client: str | None = Field(alias="client.code", default=None)
    site: str | None = Field(alias="site.code", default=None)
    granted_at: datetime


class UserOut(Schema):
    id: int
    email: str
    name: str
    position: str
    employee_number: str
    language: str
    zone: str
    is_active: bool
    roles: list[GrantOut] = Field(alias="current_grants")


class UserPage(Schema):
    users: list[UserOut]
    next: int | None = Field(description="pass as `after` for the next page; null at the end")


class UserIn(Schema):
    email: str = Field(max_length=254, pattern=EMAIL)
    name: str = Field(min_length=1, max_length=200)
    position: str = Field("", max_length=120)
    employee_number: str = Field("", max_length=40)
    language: Language = "id"
    zone: Zone = "Asia/Jakarta"


class RoleIn(Schema):
    role: str = Field(max_length=40)
    client: str | None = Field(None, max_length=40, description="code; null: for all clients")
    site: str | None = Field(None, max_length=40, description="code of an area")


class ClientOut(Schema):
    code: str
    name: str
    customer_word: str
    zone: str
    active: bool


class ClientIn(Schema):
    code: str = Field(min_length=1, max_length=40, pattern=SLUG)
    name: str = Field(min_length=1, max_length=120)
    customer_word: str = Field("pelanggan", max_length=20)
    zone: Zone = "Asia/Jakarta"
    active: bool = True


class SiteOut(Schema):
    code: str
    name: str
    zone: str


class SiteIn(Schema):
    code: str = Field(min_length=1, max_length=40, pattern=SLUG)
    name: str = Field(min_length=1, max_length=120)
    zone: Zone = "Asia/Jakarta"


class TokenOut(Schema):
    """The secret itself is shown once, on the page where the token is made."""

    id: int
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class DeputyOut(Schema):
    id: int
    principal: str = Field(alias="principal.name")
    deputy: str = Field(alias="deputy.name")
    role: str
    starts: date
    ends: date


class DeputyIn(Schema):
    email: str = Field(max_length=254, pattern=EMAIL, description="of the deputy")
    role: str = Field(max_length=40)
    starts: date
    ends: date
