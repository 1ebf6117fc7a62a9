"""Every address of the project × every person of the cast."""

from __future__ import annotations

import hashlib
from zlib import crc32

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client as Browser
from django.urls import reverse

from conftest import LONG
from kendali.accounts.models import ApiToken, User
from kendali.accounts.permissions import CAN, SCOPES, scope_of
from kendali.accounts.roles import ADMINISTRATOR, AGENT, ALL, AUDITOR
from tests.cast import NOW, PEOPLE, Cast
from tests.permissions import Line, addresses, lines

REFUSALS = {401, 403, 404}
# What an administrator may do beside looking: keep users, clients, sources, keys, settings, roster and working days.
UPKEEP = {
    "source.edit",
    "source.probe",
    "source.scan",
    "store.probe",
    "keys.manage",
    "settings.edit",
    "recovery.confirm",
    "user.edit",
    "client.edit",
    "approver.edit",
    "responsible.name",
    "sensitive.confirm",
    "sensitive.refuse",
    "token.own",
    "roster.edit",
    "calendar.edit",
}


def test_every_address_has_its_line() -> None:
    missing = sorted(set(addresses()) - lines().keys())
    assert not missing, f"add lines to the app's tests/permission_lines.py for: {', '.join(missing)}"


def test_every_line_has_its_address() -> None:
    assert sorted(lines().keys() - set(addresses())) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(lines()))
def test_who_may_open_it(cast: Cast, name: str) -> None:
    line = lines()[name]
    address = _address(name, dict(line.kwargs(cast)))
    wrong = [
        f"{nick}: {status} instead of {expected}"
        for nick, person in _asked(cast, name)
        if not _as_expected(line, nick, status := _ask(cast, line, address, person), expected := _expected(line, nick))
    ]
    assert not wrong, f"{line.method} {address}: " + "; ".join(wrong)


def _asked(cast: Cast, name: str) -> list[tuple[str, User | None]]:
    """Everybody in the long run; else every sixth of them, others for the next address."""
    everybody = [*cast.people.items(), ("nobody", None)]
    return everybody if LONG else everybody[crc32(name.encode()) % 6 :: 6]


def _address(name: str, kwargs: dict[str, object]) -> str:
    """An address without a name is known by its route."""
    return f"/{name}" if "/" in name else reverse(name, kwargs=kwargs)


def _ask(cast: Cast, line: Line, address: str, person: User | None) -> str:
    """The status, or "login" for the way there; whatever was written is taken back."""
    with transaction.atomic():
        browser = Browser() if person is None or line.api else cast.web(person)
        browser.raise_request_exception = False
        more: dict[str, object] = {}
        if line.api and person is not None:
            more["headers"] = {"Authorization": f"Bearer {_token(person)}"}
        if line.api and line.method != "GET":
            more["content_type"] = "application/json"
        call = getattr(browser, line.method.lower())
        response: HttpResponseBase = call(address, data=dict(line.data(cast)), **more)
        transaction.set_rollback(True)
    if response.status_code == 302 and response.headers["Location"].partition("?")[0] == reverse("login"):
        return "login"
    return str(response.status_code)


def _token(person: User) -> str:
    """With every scope, for everybody: what is refused is refused by the role."""
    secret = f"kdl_{person.pk}_table"
    ApiToken.objects.create(
        user=person,
        name="table",
        prefix=str(person.pk),
        secret_hash=hashlib.sha256(secret.encode()).digest(),
        scopes=SCOPES,
        created_at=NOW,
    )
    return secret


def _expected(line: Line, nick: str) -> str:
    if nick == "nobody":
        if line.api and line.anonymous == "login":
            return "401"
        return "allowed" if line.anonymous == "anybody" else line.anonymous
    if nick in line.allow.split():
        return "allowed"
    return "404" if nick in line.stranger.split() else str(line.refused)


def _as_expected(line: Line, nick: str, status: str, expected: str) -> bool:
    if expected != "allowed":
        return status == expected
    return (status == "login" and line.anonymous == "anybody") or (
        status.isdigit() and int(status) not in REFUSALS and int(status) != 500
    )


@pytest.mark.parametrize("name", sorted(lines()))
def test_a_line_names_people_of_the_cast(name: str) -> None:
    line = lines()[name]
    assert set(line.allow.split()) | set(line.stranger.split()) <= PEOPLE.keys()


def test_the_administrator_approves_raises_executes_and_deletes_nothing() -> None:
    acts = {action for action, roles in CAN.items() if ADMINISTRATOR in roles and scope_of(action) != "read"}
    assert acts == UPKEEP


def test_the_auditor_reads_everything_and_changes_nothing() -> None:
    reads = {action for action in CAN if scope_of(action) == "read"}
    may = {action for action, roles in CAN.items() if AUDITOR in roles}
    assert reads <= may
    assert may - reads == {"record.open_content", "certificate.witness", "token.own"}


def test_an_agent_may_only_look_at_the_own_evaluations_and_answer_them() -> None:
    own = {"finding.view", "finding.dispute", "finding.acknowledge", "evaluation.own"}
    assert {action for action, roles in CAN.items() if AGENT in roles} == own


def test_every_action_is_for_known_roles_and_has_a_scope() -> None:
    for action, roles in CAN.items():
        assert roles, action
        assert roles <= ALL, action
        assert scope_of(action) in SCOPES
