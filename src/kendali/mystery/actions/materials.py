"""Activity 1: materials (bahan) and the test identities (persona) that callers use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kendali.accounts import permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit import actions as audit
from kendali.documents import queries as documents
from kendali.mystery.models import Material, MaterialCite, Persona
from kendali.mystery.rules import persona_rules
from kendali.mystery.rules.cycle import KINDS
from kendali.mystery.rules.persona_rules import Identity
from kendali.mystery.rules.scenario_rules import CODE
from kendali.terms import free_text
from kendali.verdict import Verdict, no


def _material_refusal(code: str, kind: str, title: str, cites: Sequence[tuple[str, int]], text: str) -> Verdict | None:
    if not CODE.fullmatch(code):
        return no("A code has capital letters, digits and hyphens, at most 30.", part="code")
    if kind not in KINDS:
        return no("%(kind)s is none of %(kinds)s.", kind=kind, kinds=", ".join(KINDS), part="kind")
    if not title.strip():
        return no("This part is missing.", part="title")
    if not cites:
        return no("A material cites at least one article.", part="cites")
    written = free_text.acceptable(title, text)
    return None if written else no(written.reason, **{**written.facts, "part": "text"})


@transaction.atomic
def save_material(
    *,
    user: User,
    at: datetime,
    code: str,
    kind: str,
    title: str,
    text: str,
    cites: Sequence[tuple[str, int]],
    active: bool = True,
    material: Material | None = None,
) -> Material:
    """A new one, or other words of one that is there. `cites`: number and version of articles."""
    actor = permissions.acting(user, "material.edit", at=at)
    if (refusal := _material_refusal(code, kind, title, cites, text)) is not None:
        raise RuleRefused(refusal)
    row = Material.objects.select_for_update().get(pk=material.pk) if material else Material(code=code, created_at=at)
    if Material.objects.filter(code=code).exclude(pk=row.pk).exists():
        raise RuleRefused(no("The code %(code)s is in use already.", code=code, part="code"))
    revisions = documents.revisions_of(cites)
    for key in cites:
        if key not in revisions:
            raise RuleRefused(no("There is no version %(version)s of article %(article)s.", article=key[0],
                                 version=key[1], part="cites"))  # fmt: skip
    row.code, row.kind, row.title, row.body = code, kind, " ".join(title.split()), text.strip()
    row.active, row.author, row.changed_at = active, user, at
    row.save()
    row.cites.all().delete()
    MaterialCite.objects.bulk_create(
        MaterialCite(material=row, revision=one) for one in {one.pk: one for one in revisions.values()}.values()
    )
    facts = {"kind": kind, "active": active, "articles": [f"{code} v{version}" for code, version in cites]}
    audit.record("material.changed" if material else "material.entered", actor=actor, at=at, obj=row, facts=facts)
    return row


@transaction.atomic
def save_persona(
    *,
    user: User,
    at: datetime,
    code: str,
    name: str,
    caller_number: str,
    gender: str = "",
    profile: str = "",
    style: str = "",
    numbers: Sequence[str] = (),
    active: bool = True,
    persona: Persona | None = None,
) -> Persona:
    """The trail names the persona by its code only: no number, no name."""
    actor = permissions.acting(user, "persona.edit", at=at)
    row = Persona.objects.select_for_update().get(pk=persona.pk) if persona else Persona()
    asked = Identity(code, name, gender, caller_number, tuple(numbers))
    others = [identity(one) for one in Persona.objects.filter(active=True).exclude(pk=row.pk)] if active else []
    for found in persona_rules.problems(asked, others):
        raise RuleRefused(no(found.reason, **{**found.facts, "part": found.place}))
    if Persona.objects.filter(code=code).exclude(pk=row.pk).exists():
        raise RuleRefused(no("The code %(code)s is in use already.", code=code, part="code"))
    row.code, row.name, row.gender, row.caller_number = code, " ".join(name.split()), gender, caller_number.strip()
    row.profile, row.style, row.active = profile.strip(), style.strip(), active
    row.numbers = [one.strip() for one in numbers if one.strip()]
    row.save()
    verb = "persona.changed" if persona else "persona.entered"
    audit.record(verb, actor=actor, at=at, obj=row, facts={"code": row.code, "active": active})
    return row


def identity(row: Persona) -> Identity:
    return Identity(row.code, row.name, row.gender, row.caller_number, tuple(row.numbers))
