"""The advisory locks of the product, seen from a second connection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

import kendali
from kendali.home.database_roles import connect_arguments
from kendali.locks import Lock, held, held_if_free, take

pytestmark = pytest.mark.django_db(transaction=True)
# As released versions write them: during an upgrade both are at work.
RELEASED = {
    Lock.AUDIT_CHAIN: "hashtext('kendali.audit.chain')",
    Lock.AUDIT_ANCHOR: "hashtext('kendali.audit.anchor')",
    Lock.FIRST_RUN: "hashtext('kendali.home.first_run')",
    Lock.SEAL_IDENTITY: "hashtext('kendali.register.seal')",
    Lock.KEY_CHANGE: "hashtext('kendali.vault.change')",
    Lock.KEYS: "hashtext('kendali.vault.keys')",
    Lock.CALENDAR: "1263337473",
    Lock.ROSTER: "1263337474",
}
RELEASED_HALVES: list[tuple[Lock, int | str, str]] = [
    (Lock.HOLDS, 7, "19268, 7"),
    (Lock.PACKAGE, "0190-p", "hashtext('kendali.records.package'), hashtext('0190-p')"),
]
Other = psycopg.Connection[Any]


@pytest.fixture
def other() -> Iterator[Other]:
    with psycopg.connect(**connect_arguments(connection.settings_dict), autocommit=True) as somebody:
        yield somebody


def is_free(other: Other, key: str, how: str = "") -> bool:
    row = other.execute(f"SELECT pg_try_advisory_xact_lock{how}({key})").fetchone()  # autocommit: given back at once
    assert row is not None
    return bool(row[0])


def test_no_two_locks_share_a_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"({lock.value})::bigint" for lock in Lock))
        assert len(set(cursor.fetchone())) == len(Lock)


def test_the_version_before_and_this_one_keep_each_other_out(other: Other) -> None:
    for lock, key in RELEASED.items():
        with held(lock):
            assert not is_free(other, key), lock
        assert is_free(other, key), lock
    for lock, of, key in RELEASED_HALVES:
        with held(lock, of):
            assert not is_free(other, key), lock
        assert is_free(other, key), lock


def test_a_lock_that_is_taken_ends_with_its_transaction(other: Other) -> None:
    with transaction.atomic():
        take(Lock.ROSTER)
        assert not is_free(other, Lock.ROSTER.value)
        assert is_free(other, Lock.CALENDAR.value)
    assert is_free(other, Lock.ROSTER.value)


def test_taken_for_one_client_it_is_free_for_another(other: Other) -> None:
    with transaction.atomic():
        take(Lock.HOLDS, 7)
        assert not is_free(other, f"{Lock.HOLDS.value}, 7", "_shared")
        assert is_free(other, f"{Lock.HOLDS.value}, 8")


def test_shared_it_keeps_out_only_who_wants_it_alone(other: Other) -> None:
    with transaction.atomic():
        take(Lock.KEYS, shared=True)
        assert is_free(other, Lock.KEYS.value, "_shared")
        assert not is_free(other, Lock.KEYS.value)


def test_outside_a_transaction_nothing_is_taken() -> None:
    with pytest.raises(RuntimeError, match="there is none"):
        take(Lock.ROSTER)


def test_held_it_outlives_transactions_and_ends_with_an_error(other: Other) -> None:
    def fail() -> None:
        with held(Lock.KEYS):
            with transaction.atomic():
                pass
            assert not is_free(other, Lock.KEYS.value)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert is_free(other, Lock.KEYS.value)


def test_who_does_not_wait_hears_whether_it_is_free_and_gives_back_only_what_is_theirs(other: Other) -> None:
    other.execute(f"SELECT pg_advisory_lock({Lock.KEY_CHANGE.value})")
    with held_if_free(Lock.KEY_CHANGE) as ours:
        assert not ours
    other.execute(f"SELECT pg_advisory_unlock({Lock.KEY_CHANGE.value})")
    with held_if_free(Lock.KEY_CHANGE) as ours:
        assert ours
        assert not is_free(other, Lock.KEY_CHANGE.value)
    assert is_free(other, Lock.KEY_CHANGE.value)


def test_every_lock_of_the_product_is_in_the_table() -> None:
    """Whoever writes one elsewhere does not see whose key it meets; the trigger of the trail is named in the table."""
    home = Path(kendali.__file__).parent
    own = {
        str(path.relative_to(home))
        for path in home.rglob("*.py")
        if "tests" not in path.parts and re.search(r"pg_(try_)?advisory", path.read_text())
    }
    assert own == {"locks.py", "audit/migrations/0002_chain.py"}
