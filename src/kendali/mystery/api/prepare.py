"""Materials and test identities, for machines; scenarios are in `scenarios`."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.mystery import words_prepare
from kendali.mystery.actions import materials as material_actions
from kendali.mystery.models import Material, Persona
from kendali.mystery.queries import scenarios as queries
from kendali.mystery.rules.problems import Problem

router = Router(tags=["mystery calling"])
Code = Annotated[str, Field(min_length=1, max_length=30)]
Kind = Literal["informasi", "permintaan", "komplain"]
Text = Annotated[str, Field(max_length=4000)]
Short = Annotated[str, Field(max_length=400)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ArticleCite(Schema):
    article: Annotated[str, Field(min_length=1, max_length=60)]
    version: Version


class PreparationProblem(Schema):
    place: str
    part: str
    why: str


def told(found: list[Problem]) -> list[PreparationProblem]:
    return [PreparationProblem(place=one.place, part=one.part, why=words_prepare.told(one)) for one in found]


# --- materials


class MaterialIn(Schema):
    kind: Kind
    title: Annotated[str, Field(min_length=1, max_length=300)]
    text: Annotated[str, Field(max_length=10_000)] = ""
    cites: Annotated[list[ArticleCite], Field(min_length=1, max_length=50)]
    active: bool = True


class MaterialOut(Schema):
    code: str
    kind: str
    title: str
    text: str
    cites: list[ArticleCite]
    active: bool
    problems: list[PreparationProblem]


class MaterialsOut(Schema):
    materials: list[MaterialOut]
    missing: list[str] = Field(description="kinds of which no material holds; all three are needed")


def _material(row: Material, ground: queries.Ground) -> MaterialOut:
    cites = [ArticleCite(article=one.revision.document.code, version=one.revision.version) for one in row.cites.all()]
    found = ground.problems.get(row.code, []) if row.active else []
    return MaterialOut(
        code=row.code, kind=row.kind, title=row.title, text=row.body, cites=cites, active=row.active,
        problems=told(found),
    )  # fmt: skip


@router.get("/materials", response=MaterialsOut)
def list_materials(request: HttpRequest) -> MaterialsOut:
    access.require(signed_in(request), "material.view")
    ground = queries.materials(timezone.now(), Material.objects.order_by("code"))
    return MaterialsOut(materials=[_material(row, ground) for row in ground.rows], missing=list(ground.missing))


@router.get("/materials/{str:code}", response=MaterialOut)
def show_material(request: HttpRequest, code: str) -> MaterialOut:
    row = access.load(Material, signed_in(request), "material.view", code=code.upper())
    ground = queries.materials(timezone.now(), Material.objects.filter(pk=row.pk))
    return _material(ground.rows[0], ground)


@router.put("/materials/{str:code}", response=MaterialOut)
def save_material(request: HttpRequest, code: str, data: MaterialIn) -> MaterialOut:
    """A new one, or other words of the one there is."""
    user = signed_in(request)
    access.require(user, "material.edit")
    row = material_actions.save_material(
        user=user, at=timezone.now(), material=Material.objects.filter(code=code.upper()).first(), code=code.upper(),
        kind=data.kind, title=data.title, text=data.text, active=data.active,
        cites=[(one.article.upper(), one.version) for one in data.cites],
    )  # fmt: skip
    return show_material(request, row.code)


# --- test identities


class PersonaIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    gender: Literal["", "f", "m"] = ""
    profile: Text = ""
    style: Annotated[str, Field(max_length=200)] = ""
    caller_number: Annotated[str, Field(min_length=1, max_length=30)]
    numbers: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)] = []
    active: bool = True


class PersonaOut(Schema):
    code: str
    name: str
    gender: str
    profile: str
    style: str
    caller_number: str
    numbers: list[str]
    active: bool


@router.get("/personas", response=list[PersonaOut])
def list_personas(request: HttpRequest) -> list[Persona]:
    access.require(signed_in(request), "persona.view")
    return list(Persona.objects.order_by("code"))


@router.get("/personas/{str:code}", response=PersonaOut)
def show_persona(request: HttpRequest, code: str) -> Persona:
    return access.load(Persona, signed_in(request), "persona.view", code=code.upper())


@router.put("/personas/{str:code}", response=PersonaOut)
def save_persona(request: HttpRequest, code: str, data: PersonaIn) -> Persona:
    """A new one, or other words of the one there is."""
    user = signed_in(request)
    access.require(user, "persona.edit")
    return material_actions.save_persona(
        user=user, at=timezone.now(), persona=Persona.objects.filter(code=code.upper()).first(), code=code.upper(),
        name=data.name, gender=data.gender, profile=data.profile, style=data.style,
        caller_number=data.caller_number, numbers=data.numbers, active=data.active,
    )  # fmt: skip
