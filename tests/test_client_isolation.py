"""What one client's people get does not depend on what other clients have: not a name, not a number, not a link.

Every page and every list of the API is asked by people whose role holds for Telko Raya only, before and after a second
client's whole life (sources, records, escalations, packages, policies, notices, audit trail) was added. The answers
must be the same; and everything of the other client is "not there" when it is asked for by its address.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client as Browser
from django.test import override_settings
from django.urls import get_resolver, reverse

from kendali.accounts import roles
from kendali.accounts.models import ApiToken, Client, RoleGrant, User
from kendali.accounts.permissions import SCOPES
from kendali.home.api import api
from kendali.records.actions import backup
from kendali.records.models import Escalation, Package, Record, Unbackupable
from kendali.records.tests.office import Office
from kendali.terms.models import Policy
from tests.cast import Cast
from tests.permissions import lines

LONG_AGO = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
ROLES = [
    roles.TEAM_LEADER, roles.TEAM_IT, roles.DOCUMENT_CONTROL, roles.QMR, roles.MANAGER_OPERATION, roles.AUDITOR,
    roles.ADMINISTRATOR, roles.CLIENT,
]  # fmt: skip
# Their answers hold the time of day or a fresh secret, and nothing of any client.
LEFT_OUT = {"health_live", "health_ready", "style_sheet", "tokens", "sessions", "mfa_activate_totp", "mfa_add_webauthn"}


@pytest.fixture
def office(cast: Cast, tmp_path: Path) -> Iterator[Office]:
    with override_settings(KENDALI_STORE=str(tmp_path / "store"), KENDALI_KEYS=f"{tmp_path}/slot-1,{tmp_path}/slot-2"):
        yield Office(cast, tmp_path)


def life(office: Office, client: Client, name: str, mark: str) -> dict[str, Any]:
    """Everything that a client can have, with `mark` in every text of it."""
    cast = office.cast
    office.source(f"{name}-suara", client=client, record_class="recording")
    office.source(f"{name}-obrolan", client=client, record_class="conversation")
    for number in range(3):
        day = LONG_AGO + timedelta(days=number)
        office.call(f"{name}-suara", f"{mark}{number}", day, file=number < 2)
        office.chat(f"{name}-obrolan", f"{mark}9{number}", [(day, f"Halo {mark}"), (day, "Selamat pagi")])
    order = office.running(f"{name}-suara")
    backup.run(order.pk, worker="test")
    office.raised(f"{name}-obrolan")
    office.policy(client, "recording", delete_after_years=3)
    office.policy(client, "recording", backup_copy_months=12, delete_after_years=2)
    short = order.items.filter(outcome="problem").get()
    row = Unbackupable.objects.create(record=short.record, reason=mark, proposed_by=cast.tari, proposed_at=cast.now)
    package = Package.objects.get(escalation=order, status="verified")
    record = Record.objects.filter(source=order.source).exclude(pk=short.record_id).first()
    assert record is not None
    return {
        "order": order.pk, "item": short.pk, "source": order.source_id, "package": package.pk, "row": row.pk,
        "record": record.pk, "policy": Policy.objects.get(client=client, status="waiting").pk, "code": client.code,
    }  # fmt: skip


def people_of(client: Client, now: datetime) -> list[User]:
    """One person per role, for this client only."""
    found = [User.objects.create(email=f"{role}@telko.test", name=f"Orang {role}") for role in ROLES]
    RoleGrant.objects.bulk_create(
        RoleGrant(user=user, role=role, client=client, granted_at=now) for user, role in zip(found, ROLES, strict=True)
    )
    for user in found:
        digest = hashlib.sha256(_secret(user).encode()).digest()
        ApiToken.objects.create(
            user=user, name="t", prefix=f"t{user.pk}", secret_hash=digest, scopes=SCOPES, created_at=now
        )
    return found


def _secret(user: User) -> str:
    return f"kdl_t{user.pk}_x"


def pages() -> list[str]:
    """Every page without an object in its address."""
    plain = [name for name, line in lines().items() if not line.api and line.method == "GET" and "/" not in name]
    return sorted(name for name in plain if name not in LEFT_OUT and _has_no_object(name))


def _has_no_object(name: str) -> bool:
    return any(
        not parameters
        for _route, parameters in (possible for one in get_resolver().reverse_dict.getlist(name) for possible in one[0])
    )


def lists() -> list[str]:
    """Every GET of the API without an object in its address."""
    found = api.get_openapi_schema()["paths"]
    return sorted(path for path, methods in found.items() if "get" in methods and "{" not in path)


def everything(office: Office, people: dict[User, Browser]) -> dict[tuple[str, str], str]:
    found = {}
    for user, browser in people.items():
        machine = Browser(headers={"Authorization": f"Bearer {_secret(user)}"})
        for name in pages():
            found[user.email, name] = _text(browser.get(reverse(name)))
        for path in lists():
            found[user.email, path] = _text(machine.get(path))
    return found


def _text(response: HttpResponseBase) -> str:
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    if body[:2] == b"PK":
        book = zipfile.ZipFile(io.BytesIO(body))
        body = b"".join(book.read(name) for name in sorted(book.namelist()) if name.startswith("xl/"))
    text = body.decode()
    text = re.sub(r'(csrfmiddlewaretoken" value=|nonce=|X-CSRFToken": ?)"[^"]*"', "", text)
    text = re.sub(r"\b\d\d\.\d\d\b", "", text)  # the time of day
    return f"{response.status_code} {text}"


@pytest.mark.django_db
def test_what_a_client_s_people_get_does_not_depend_on_other_clients(office: Office) -> None:
    cast = office.cast
    office.keys()
    life(office, cast.telko, "telko", "TTT")
    people = {user: cast.web(user) for user in people_of(cast.telko, cast.now)}
    for browser in people.values():
        browser.get("/")  # the log-ins are in the trail now
    before = everything(office, people)
    life(office, cast.nusantara, "rahasia", "NNN")
    after = everything(office, people)
    changed = [place for place in before if before[place] != after[place]]
    assert not changed, "\n".join(f"{place}: {_difference(before[place], after[place])}" for place in changed)
    for place, text in after.items():
        for word in ("NNN", "rahasia-", "Bank Nusantara", cast.nusantara.code, "Clara"):
            assert word not in text, f"{word} in {place}"


def _difference(one: str, other: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{one[max(at - 80, 0) : at + 200]!r}\n became {other[max(at - 80, 0) : at + 200]!r}"


def _addresses(own: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and address of everything that names an object of a client, pages and API."""
    pk = {
        "escalation": own["order"], "source": own["source"], "package": own["package"], "policy": own["policy"],
        "record": own["record"], "unbackupable": own["row"],
    }  # fmt: skip
    for name, line in lines().items():
        if not line.stranger or line.api or name.split("_")[0] not in pk:
            continue
        kwargs: dict[str, Any] = {"pk": pk[name.split("_")[0]]}
        if name == "escalation_move":
            kwargs["verb"] = "accept"
        if name == "policy_edit":
            kwargs = {"client": own["code"], "record_class": "recording"}
        if name == "unbackupable_propose":
            kwargs = {"item": own["item"]}
        if name in ("record_file", "record_peaks"):
            kwargs |= {"number": 1, "slot": 0, "which": 1}
        yield line.method, reverse(name, kwargs=kwargs)
    ids = {
        "order_id": own["order"], "source_id": own["source"], "package_id": own["package"], "policy_id": own["policy"],
        "record_id": own["record"], "row_id": own["row"], "slot": 0,
    }  # fmt: skip
    for path, methods in api.get_openapi_schema()["paths"].items():
        names = set(re.findall(r"{(\w+)}", path))
        if names and names <= ids.keys():
            for method in methods:
                yield method.upper(), path.format(**ids)


BODY = {"reason": "x", "agreed": True, "name": "x", "zone": "Asia/Jakarta", "active": True, "config": {}, "secret": {}}


@pytest.mark.django_db
def test_whatever_belongs_to_another_client_is_not_there(office: Office) -> None:
    cast = office.cast
    office.keys()
    own = life(office, cast.nusantara, "rahasia", "NNN")
    orders = list(Escalation.objects.order_by("pk").values_list("status", flat=True))
    wrong = []
    for user in people_of(cast.telko, cast.now):
        browser, machine = cast.web(user), Browser(headers={"Authorization": f"Bearer {_secret(user)}"})
        for method, address in _addresses(own):
            who = machine if address.startswith("/api/") else browser
            more: dict[str, Any] = (
                {"content_type": "application/json", "data": BODY} if who is machine and method != "GET" else {}
            )
            status = getattr(who, method.lower())(address, **more).status_code
            if status != 404:
                wrong.append(f"{user.email} {method} {address}: {status}")
    assert not wrong, "\n".join(wrong)
    assert list(Escalation.objects.order_by("pk").values_list("status", flat=True)) == orders


@pytest.mark.django_db
def test_a_step_for_several_touches_only_one_s_own_client(office: Office) -> None:
    cast = office.cast
    office.keys()
    own = life(office, cast.nusantara, "rahasia", "NNN")
    leader = next(user for user in people_of(cast.telko, cast.now) if user.name.endswith(roles.TEAM_LEADER))
    cast.web(leader).post(reverse("escalations_confirm"), {"eskalasi": [own["order"]]})
    cast.web(leader).post(reverse("escalations_send"))
    assert Escalation.objects.get(pk=own["order"]).status == "incomplete"
