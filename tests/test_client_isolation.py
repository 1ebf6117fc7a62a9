"""What one client's people get does not depend on what other clients have: not a name, not a number, not a link.

Every page and every list of the API is asked by people whose role holds for Telko Raya only, before and after a second
client's whole life (sources, records, escalations, packages, policies, notices, audit trail) was added. The answers
must be the same; and everything of the other client is "not there" when it is asked for by its address.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import uuid
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client as Browser
from django.test import override_settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from conftest import LONG
from kendali.accounts import roles
from kendali.accounts.models import ApiToken, Client, RoleGrant, User
from kendali.accounts.permissions import SCOPES
from kendali.home.api import api
from kendali.records.models import Escalation
from kendali.records.tests.office import Office
from tests.cast import Cast
from tests.lives import Life, whole_life
from tests.permissions import lines

# Who sees most first; the long run asks as all of them.
ROLES = [roles.TEAM_LEADER, roles.CLIENT]
if LONG:
    ROLES += [roles.AUDITOR, roles.ADMINISTRATOR, roles.TEAM_IT]
    ROLES += [roles.DOCUMENT_CONTROL, roles.QMR, roles.MANAGER_OPERATION]
# Their answers hold the time of day or a fresh secret, and nothing of any client.
LEFT_OUT = {"health_live", "health_ready", "style_sheet", "tokens", "sessions", "mfa_activate_totp", "mfa_add_webauthn"}


@pytest.fixture
def office(cast: Cast, tmp_path: Path) -> Iterator[Office]:
    with override_settings(KENDALI_STORE=str(tmp_path / "store"), KENDALI_KEYS=f"{tmp_path}/slot-1,{tmp_path}/slot-2"):
        yield Office(cast, tmp_path)


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
    text = _pdf_text(body) if body[:4] == b"%PDF" else body.decode()
    text = re.sub(r'(csrfmiddlewaretoken" value=|nonce=|X-CSRFToken": ?)"[^"]*"', "", text)
    text = re.sub(r"\b\d\d\.\d\d\b|T\d\d:\d\d", "", text)  # the time of day
    text = re.sub(r'"last_used_at": "[^"]*"', "", text)
    return f"{response.status_code} {text}"


@pytest.mark.django_db
def test_what_a_client_s_people_get_does_not_depend_on_other_clients(office: Office) -> None:
    cast = office.cast
    office.keys()
    whole_life(office, cast.telko, "telko", "TTT", cast.candra)
    people = {user: cast.web(user) for user in people_of(cast.telko, cast.now)}
    for browser in people.values():
        browser.get("/")  # the log-ins are in the trail now
    today = timezone.localdate()
    before = everything(office, people)
    whole_life(office, cast.nusantara, "rahasia", "NNN", cast.clara)
    after = everything(office, people)
    # Pages name the day: where midnight fell in between, only the words below can be looked for.
    changed = [place for place in before if before[place] != after[place] and timezone.localdate() == today]
    assert not changed, "\n".join(f"{place}: {_difference(before[place], after[place])}" for place in changed)
    for place, text in after.items():
        for word in ("NNN", "rahasia-", "Bank Nusantara", cast.nusantara.code, "Clara"):
            assert word not in text, f"{word} in {place}"


def _pdf_text(body: bytes) -> str:
    """Its words; without poppler its size, since the bytes hold the moment it was made."""
    tool = shutil.which("pdftotext")
    if tool is None:
        return f"PDF of {len(body)} bytes"
    return subprocess.run([tool, "-", "-"], input=body, capture_output=True, check=True).stdout.decode()


def _difference(one: str, other: str) -> str:
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{one[max(at - 80, 0) : at + 200]!r}\n became {other[max(at - 80, 0) : at + 200]!r}"


def _addresses(own: Life) -> Iterator[tuple[str, str]]:
    """Method and address of everything that names an object of a client, pages and API, in a steady order."""
    pk = {
        "escalation": own.escalation, "source": own.source, "package": own.package, "policy": own.policy,
        "record": own.record, "unbackupable": own.row, "hold": own.hold, "proposal": own.proposal,
        "decision": own.proposal, "dossier": own.order, "disposal": own.order, "incident": own.incident,
        "approver": own.approver, "letter": own.letter, "erasure": own.erasure, "certificate": own.certificate,
        "register": own.entry,
    }  # fmt: skip
    more: dict[str, dict[str, Any]] = {
        "escalation_move": {"verb": "accept"}, "proposal_move": {"verb": "ask"}, "disposal_order_move": {"verb": "arm"},
        "record_file": {"number": 1, "slot": 0, "which": 1}, "record_peaks": {"number": 1, "slot": 0, "which": 1},
        "certificate_file": {"kind": "pdf"}, "certificate_copy": {"copy_id": uuid.UUID(int=9)},
    }  # fmt: skip
    other: dict[str, dict[str, Any]] = {
        "policy_edit": {"client": own.code, "record_class": "recording"}, "unbackupable_propose": {"item": own.item},
        "letter_new": {"pk": own.proposal}, "approvers": {"code": own.code}, "approver_new": {"code": own.code},
        "approver_edit": {"code": own.code, "pk": own.approver}, "approver_end": {"code": own.code, "pk": own.approver},
    }  # fmt: skip
    for name, line in lines().items():
        if line.stranger and not line.api and name.split("_")[0] in pk:
            kwargs = other.get(name, {"pk": pk[name.split("_")[0]]} | more.get(name, {}))
            yield line.method, reverse(name, kwargs=kwargs)
    yield from _operations(own)


def _operations(own: Life) -> Iterator[tuple[str, str]]:
    ids = {
        "source_id": own.source, "package_id": own.package, "policy_id": own.policy, "record_id": own.record,
        "row_id": own.row, "slot": 0, "hold_id": own.hold, "proposal_id": own.proposal, "incident_id": own.incident,
        "approver_id": own.approver, "letter_id": own.letter, "erasure_id": own.erasure, "entry_id": own.entry,
        "certificate_id": own.certificate, "kind": "pdf", "code": own.code,
    }  # fmt: skip
    for path, methods in api.get_openapi_schema()["paths"].items():
        named = ids | {"order_id": own.escalation if "/escalations/" in path else own.order}
        names = set(re.findall(r"{(\w+)}", path))
        if "/mystery/" in path or "/documents/" in path:
            continue  # one programme for all clients; no client has a right there, and a code names another thing
        if names and names <= named.keys() and not names <= {"slot", "kind"}:
            for method in methods:
                yield method.upper(), path.format(**named)


# The same shape, and nothing there: what is another client's looks like this.
NOWHERE = Life(
    **dict.fromkeys([field.name for field in fields(Life)], 999_999)  # type: ignore[arg-type]
    | {
        "package": uuid.UUID(int=9),
        "row": uuid.UUID(int=9),
        "certificate": uuid.UUID(int=9),
        "incident": uuid.UUID(int=9),
        "code": "tidak-ada",
    },
)
BODY = {"reason": "x", "agreed": True, "name": "x", "zone": "Asia/Jakarta", "active": True, "config": {}, "secret": {},
        "record_class": "recording"}  # fmt: skip


@pytest.mark.django_db
def test_whatever_belongs_to_another_client_is_not_there(office: Office) -> None:
    cast = office.cast
    office.keys()
    own = whole_life(office, cast.nusantara, "rahasia", "NNN", cast.clara)
    orders = list(Escalation.objects.order_by("pk").values_list("status", flat=True))
    wrong = []
    seen: Counter[int] = Counter()
    for user in people_of(cast.telko, cast.now):
        browser, machine = cast.web(user), Browser(headers={"Authorization": f"Bearer {_secret(user)}"})
        for (method, address), (_method, nowhere) in zip(_addresses(own), _addresses(NOWHERE), strict=True):
            who = machine if address.startswith("/api/") else browser
            more: dict[str, Any] = (
                {"content_type": "application/json", "data": BODY} if who is machine and method != "GET" else {}
            )
            status, other = (getattr(who, method.lower())(one, **more).status_code for one in (address, nowhere))
            seen[status] += 1
            if status != other or status < 400:
                wrong.append(f"{user.email} {method} {address}: {status}, and {other} where there is nothing")
    assert not wrong, "\n".join(wrong)
    assert seen[404] > 5 * sum(count for status, count in seen.items() if status != 404)  # nearly all get that far
    assert list(Escalation.objects.order_by("pk").values_list("status", flat=True)) == orders


@pytest.mark.django_db
def test_a_step_for_several_touches_only_one_s_own_client(office: Office) -> None:
    cast = office.cast
    office.keys()
    own = whole_life(office, cast.nusantara, "rahasia", "NNN", cast.clara)
    leader = next(user for user in people_of(cast.telko, cast.now) if user.name.endswith(roles.TEAM_LEADER))
    cast.web(leader).post(reverse("escalations_confirm"), {"eskalasi": [own.escalation]})
    cast.web(leader).post(reverse("escalations_send"))
    assert Escalation.objects.get(pk=own.escalation).status == "incomplete"
