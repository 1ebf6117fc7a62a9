"""The API does what its document says: schemathesis asks every operation as several people, with real rows about.

Whatever is asked, the answer is one that the document names, with the content and the form it names; never a 500.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ninja import Schema
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from conftest import LONG, each
from kendali.accounts.models import ApiToken, User
from kendali.accounts.permissions import SCOPES
from kendali.home.api import api
from kendali.records.models import Record, Unbackupable
from kendali.records.tests.office import Office
from kendali.terms.models import Policy
from tests.cast import Cast

MORE = os.environ.get("KENDALI_EXAMPLES", "")  # so many, and others in every run: a search
EXAMPLES = int(MORE) if MORE else 8 if LONG else 2  # else the same in every run: what is red stays red
SLOW = {"prove_slots", "verify_package"}  # other processes, every byte
load_all_checks()
CHECKED = CHECKS.get_by_names(["content_type_conformance", "response_schema_conformance", "status_code_conformance"])
PEOPLE = each("tari", "adi", "indra", "maya", "clara", "aulia", "candra", "rahma")


@pytest.fixture
def real(cast: Cast, tmp_path: Path) -> Iterator[dict[str, list[Any]]]:
    """An office with a backup done, and the names under which the operations ask for its rows."""
    with override_settings(KENDALI_STORE=str(tmp_path / "store"), KENDALI_KEYS=f"{tmp_path}/slot-1,{tmp_path}/slot-2"):
        office = Office(cast, tmp_path)
        office.source("suara", client=cast.nusantara, record_class="recording")
        office.source("obrolan", client=cast.nusantara, record_class="conversation")
        long_ago = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
        for number in range(3):
            office.call("suara", f"1741000{number}", long_ago + timedelta(days=number), file=number < 2)
            office.chat("obrolan", f"{number}", [(long_ago, "Halo"), (long_ago, "Selamat pagi")])
        done = office.backed_up("suara")
        waiting = office.raised("obrolan")
        office.policy(cast.nusantara, "recording", backup_copy_months=12)
        record = Record.objects.filter(source=office.found["suara"]).first()
        assert record is not None
        row = Unbackupable.objects.create(record=record, reason="x", proposed_by=cast.tari, proposed_at=cast.now)
        yield {
            "record_id": list(Record.objects.values_list("pk", flat=True)),
            "order_id": [done.pk, waiting.pk],
            "source_id": [source.pk for source in office.found.values()],
            "package_id": [str(package.pk) for package in done.packages.all()],
            "policy_id": list(Policy.objects.values_list("pk", flat=True)),
            "row_id": [str(row.pk)],
            "source": [source.pk for source in office.found.values()],
            "client": [cast.nusantara.code],
            "kind": ["folder_drop"],
            "user_id": [cast.agus.pk, cast.adi.pk],
            "code": [cast.telko.code],
            "key": ["drill.percent", "escalation.periodic"],
        }


@pytest.mark.django_db
@pytest.mark.parametrize("nick", PEOPLE)
def test_every_operation_answers_as_its_document_says(cast: Cast, real: dict[str, list[Any]], nick: str) -> None:
    person = cast.people[nick]
    token = _token(person, cast.now)
    with connection.cursor() as cursor:  # inventing examples may take longer than a request may idle
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    request_started.disconnect(close_old_connections)  # as Django's own test client does
    request_finished.disconnect(close_old_connections)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    problems = []
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        try:
            _ask(operation, token, real)
        except Exception as error:
            problems.append(f"{operation.label}: {_told(error)}")
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    assert not problems, "\n\n".join(problems)


def _told(error: BaseException) -> str:
    notes = "\n".join(getattr(error, "__notes__", []))
    inner = "".join(f"\n{_told(one)}" for one in getattr(error, "exceptions", []))
    return f"{type(error).__name__}: {error}{inner}\n{notes}"[:3000]


def _ask(operation: Any, token: str, real: dict[str, list[Any]]) -> None:
    operation_id = operation.definition.raw["operationId"]
    examples = 1 if operation_id.rpartition("_api_")[2] in SLOW or any(s in operation_id for s in SLOW) else EXAMPLES
    right = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @given(case=right | wrong, choose=st.randoms(use_true_random=False), known=st.integers(0, 3))
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=not MORE, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def asked(case: Any, choose: Any, known: int) -> None:
        if known:
            _make_real(case, real, choose)
        with transaction.atomic():
            response = case.call(headers={"Authorization": f"Bearer {token}"})
            transaction.set_rollback(True)
        assert response.status_code < 500 or (response.status_code == 503 and "detail" in response.json()), (
            f"{response.status_code} for {case.as_curl_command()}: {response.text[:1500]}"
        )
        case.validate_response(response, checks=CHECKED)

    asked()


def _make_real(case: Any, real: dict[str, list[Any]], choose: Any) -> None:
    """Three times of four the rows that are asked for exist."""
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            for name in place.keys() & real.keys():
                place[name] = choose.choice(real[name])


def _token(person: User, now: datetime) -> str:
    secret = "kdl_contract_x"
    ApiToken.objects.create(
        user=person, name="contract", prefix="contract", secret_hash=hashlib.sha256(secret.encode()).digest(),
        scopes=SCOPES, created_at=now,
    )  # fmt: skip
    return secret


def test_operations_have_short_and_different_names() -> None:
    names = [
        operation["operationId"]
        for operations in api.get_openapi_schema()["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))


def test_no_two_forms_of_the_document_have_the_same_name() -> None:
    """The document names a form by its class: of two with one name only one would be described."""
    api.get_openapi_schema()
    names = Counter(form.__name__ for form in _forms(Schema))
    assert [name for name, count in names.items() if count > 1] == []


def _forms(of: type[Schema]) -> Iterator[type[Schema]]:
    for form in of.__subclasses__():
        if form.__module__.startswith("kendali."):
            yield form
        yield from _forms(form)
