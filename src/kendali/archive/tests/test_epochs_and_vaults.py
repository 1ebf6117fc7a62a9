"""Wrapping under a master, and the vault as a file: what opens, what must not."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.archive.epochs import EpochError, Master, new_master, new_package_key
from kendali.archive.errors import SealError
from kendali.archive.vaults import (
    DestroyedKey,
    Vault,
    VaultError,
    WrappedKey,
    epoch_of,
    from_bytes,
    to_bytes,
    tombstone_from_bytes,
    tombstone_to_bytes,
    vault_name,
    vault_number,
)

SECRETS = st.binary(min_size=32, max_size=32)
PLACES = st.tuples(st.uuids(), st.integers(1, 2**32 - 1), st.integers(1, 999_999))
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


@given(SECRETS, SECRETS, PLACES)
def test_what_was_wrapped_opens_in_its_place(secret: bytes, key: bytes, place: tuple[UUID, int, int]) -> None:
    package, generation, epoch = place
    master = Master(epoch, secret)
    wrapped = master.wrap(key, package=package, generation=generation)
    assert key not in wrapped
    assert master.unwrap(wrapped, package=package, generation=generation) == key


@given(SECRETS, SECRETS, PLACES, PLACES)
def test_it_opens_in_no_other_place_and_under_no_other_master(
    secret: bytes, other: bytes, place: tuple[UUID, int, int], elsewhere: tuple[UUID, int, int]
) -> None:
    package, generation, epoch = place
    wrapped = Master(epoch, secret).wrap(bytes(32), package=package, generation=generation)
    if place != elsewhere:
        with pytest.raises(SealError):
            Master(elsewhere[2], secret).unwrap(wrapped, package=elsewhere[0], generation=elsewhere[1])
    if secret != other:
        with pytest.raises(SealError):
            Master(epoch, other).unwrap(wrapped, package=package, generation=generation)


@given(SECRETS, st.integers(1, 999_999), st.integers(0, 400), st.integers(1, 255))
def test_a_slot_text_comes_back_and_a_changed_one_is_refused(secret: bytes, number: int, at: int, flip: int) -> None:
    text = Master(number, secret).to_text()
    assert Master.from_text(text) == Master(number, secret)
    damaged = bytearray(text)
    damaged[at % len(text)] ^= flip
    with pytest.raises(EpochError):
        Master.from_text(bytes(damaged))


def test_a_master_shows_nothing_of_itself() -> None:
    master = new_master(3)
    assert master.secret.hex() not in repr(master)
    assert master.secret.hex()[:16] not in master.fingerprint
    assert new_master(3).fingerprint != master.fingerprint


def vault_of(master: Master, keys: int = 3) -> Vault:
    wrapped = tuple(
        WrappedKey(package, 1, master.wrap(new_package_key(), package=package, generation=1))
        for package in (uuid4() for _ in range(keys))
    )
    return Vault(7, master.number, "age1example", AT, wrapped, (DestroyedKey(uuid4(), 2, AT),))


@pytest.mark.parametrize("keys", [0, 1, 200])
def test_a_vault_comes_back_whole(keys: int) -> None:
    master = new_master(2)
    vault = vault_of(master, keys)
    data = to_bytes(vault, master)
    assert epoch_of(data) == 2
    assert from_bytes(data, master) == vault


@given(at=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_vault_with_any_byte_changed_is_refused(at: int, flip: int) -> None:
    master = Master(2, bytes(32))
    data = bytearray(to_bytes(vault_of(master), master))
    data[at % len(data)] ^= flip
    with pytest.raises(VaultError):
        from_bytes(bytes(data), master)


@pytest.mark.parametrize("data", [b"", b"\n", b"{}", b"[]\n[]\n", b"\xff\xfe", b'{"hmac":null}\n'])
def test_what_is_no_vault_is_refused_with_one_error(data: bytes) -> None:
    with pytest.raises(VaultError):
        from_bytes(data, new_master(1))


def test_a_vault_without_its_last_key_is_refused() -> None:
    master = new_master(1)
    lines = to_bytes(vault_of(master), master).splitlines(keepends=True)
    with pytest.raises(VaultError):
        from_bytes(b"".join(lines[:2] + lines[3:]), master)


def test_a_vault_of_another_epoch_is_refused() -> None:
    old, new = new_master(1), new_master(2)
    with pytest.raises(VaultError):
        from_bytes(to_bytes(vault_of(old), old), new)
    with pytest.raises(VaultError):
        to_bytes(vault_of(old), new)


def test_a_tombstone_counts_in_its_own_epoch_only_and_cannot_be_forged() -> None:
    master, gone = new_master(4), DestroyedKey(uuid4(), 1, AT)
    data = tombstone_to_bytes(gone, master)
    assert tombstone_from_bytes(data, master) == gone
    assert tombstone_from_bytes(data, new_master(5)) is None
    with pytest.raises(VaultError):
        tombstone_from_bytes(data, new_master(4))


def test_names_of_vaults_and_their_numbers() -> None:
    assert vault_name(12) == "vault/vault-000012"
    assert vault_number("vault/vault-000012") == 12
    assert vault_number("vault/tombstone-x-000001") is None
