from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kendali.home.sample.make import make_sample
from kendali.home.sample.people import CLIENTS, PEOPLE, POLICIES, SOURCES

from .support import own_database

ROLES = (
    "team_leader team_it client document_control department_head qmr manager_operation auditor administrator qc_officer"
    " qa supervisor coordinator agent"
).split()


def test_one_call_makes_every_source_and_a_role_that_can_only_read(tmp_path: Path) -> None:
    role, seen = f"reader_{uuid4().hex[:8]}", []
    with own_database() as dsn:
        made = make_sample(
            dsn,
            dsn,
            storage=tmp_path / "storage",
            monitor=tmp_path / "monitor",
            today=date(2026, 11, 21),
            conversations=80,
            recordings=41,
            reader_role=role,
            reader_password="hanya-baca",
            progress=lambda what, done, of: seen.append((what, done, of)),
        )
        assert made.chatwoot.conversations == 80
        assert sum(one.calls for one in made.switches.values()) == 41
        assert {what for what, _, _ in seen} >= {"conversations", "indexes"}
        with psycopg.connect(make_conninfo(dsn, user=role, password="hanya-baca"), autocommit=True) as reader:
            assert reader.execute("SELECT count(*) FROM conversations").fetchone() == (80,)
            assert reader.execute("SELECT count(*) > 0 FROM pbx_telko.cdr").fetchone() == (True,)
            for statement in (b"DELETE FROM messages", b"UPDATE pbx_bank.cdr SET did = ''", b"CREATE TABLE mine ()"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    reader.execute(statement)
    with own_database() as other, psycopg.connect(other, autocommit=True) as owner:
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_every_role_of_the_procedures_has_a_person_and_clients_see_one_client() -> None:
    assert {role for person in PEOPLE for role in person.roles} == set(ROLES)
    assert [(person.key, person.client) for person in PEOPLE if "client" in person.roles] == [
        ("clara", "bank"),
        ("candra", "telko"),
    ]
    assert len({person.email for person in PEOPLE}) == len(PEOPLE) == 16
    assert all(person.email.endswith(".example") for person in PEOPLE)


def test_every_client_has_both_record_classes_with_source_and_policy() -> None:
    wanted = {(client.code, kind) for client in CLIENTS for kind in ("conversation", "recording")}
    assert {(source.client, source.record_class) for source in SOURCES} == wanted
    assert {(policy.client, policy.record_class) for policy in POLICIES} == wanted
