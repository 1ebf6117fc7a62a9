from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from kendali.archive.errors import PackageError, SealError
from kendali.archive.keyring import Keyring, derive, keyed_digest

PACKAGE_KEY = os.urandom(32)


@given(key=st.binary(min_size=32, max_size=32), info=st.binary(max_size=60))
def test_derivation_is_hkdf_sha256_of_the_library(key: bytes, info: bytes) -> None:
    assert derive(key, info) == HKDF(SHA256(), 32, None, info).derive(key)


def test_a_keyring_opens_only_with_its_key_package_and_generation() -> None:
    ring = Keyring.generate(5)
    sealed = ring.seal(PACKAGE_KEY, "p-1", 1)
    assert Keyring.open(sealed, PACKAGE_KEY, "p-1", 1) == ring
    for key, package, generation in ((os.urandom(32), "p-1", 1), (PACKAGE_KEY, "p-2", 1), (PACKAGE_KEY, "p-1", 2)):
        with pytest.raises(SealError):
            Keyring.open(sealed, key, package, generation)


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1)))))
def test_destroyed_slots_have_no_key_and_all_others_keep_theirs(case: tuple[int, set[int]]) -> None:
    count, gone = case
    old = Keyring.generate(count)
    new = old.without(gone)
    assert new.is_without(old, gone)
    for slot in range(count):
        if slot in gone:
            with pytest.raises(PackageError, match="no_key"):
                new.identity(slot)
        else:
            assert new.unit_key(slot) == old.unit_key(slot)


def test_the_comparison_sees_one_key_too_many_or_too_few_or_changed() -> None:
    old = Keyring.generate(4)
    assert not old.without([1, 2]).is_without(old, [1])
    assert not old.without([1]).is_without(old, [1, 2])
    assert not Keyring.generate(4).without([1]).is_without(old, [1])
    assert not old.without([1]).is_without(old.without([1]), [1])


def test_a_slot_cannot_be_destroyed_twice_or_outside_the_keyring() -> None:
    ring = Keyring.generate(3).without([1])
    for slot in (1, 3, -1):
        with pytest.raises(PackageError, match="no_key"):
            ring.without([slot])


def test_growing_keeps_every_key_and_never_shrinks() -> None:
    ring = Keyring.generate(3)
    grown = ring.grown(10)
    assert len(grown) == 10
    assert [grown.unit_key(i) for i in range(3)] == [ring.unit_key(i) for i in range(3)]
    with pytest.raises(PackageError):
        grown.grown(9)


def test_every_conversation_has_its_own_salt_and_the_same_text_another_digest() -> None:
    ring = Keyring.generate(1)
    first, second = ring.conversation_salt("1"), ring.conversation_salt("2")
    assert first == derive(ring.unit_key(0), b"kendali/1/digest\x001")
    assert keyed_digest(first, b"same") != keyed_digest(second, b"same")


def test_nothing_that_is_printed_of_a_keyring_holds_a_key() -> None:
    ring = Keyring.generate(2)
    assert repr(ring) == "<Keyring of 2 slots>"
    assert ring.unit_key(0).hex() not in repr(vars(ring.identity(0)).keys())
