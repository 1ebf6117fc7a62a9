"""The Merkle tree against a slow oracle written from the words of RFC 6962."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.register import merkle

LEAVES = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def oracle(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, over leaves that are hashed already: split at the largest power of two below n."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + oracle(leaves[:split]) + oracle(leaves[split:])).digest()


def oracle_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*oracle_path(index, leaves[:split]), oracle(leaves[split:])]
    return [*oracle_path(index - split, leaves[split:]), oracle(leaves[:split])]


@given(LEAVES)
def test_the_streamed_root_is_that_of_the_rfc(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == oracle(leaves)


@given(LEAVES.filter(bool), st.data())
def test_every_leaf_has_a_path_that_proves_it_and_nothing_else(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    top, beside = merkle.root(leaves), merkle.path(leaves, index)
    assert beside == oracle_path(index, leaves)
    assert merkle.included(leaves[index], index, len(leaves), beside, top)
    assert not merkle.included(hashlib.sha256(leaves[index]).digest(), index, len(leaves), beside, top)
    assert not merkle.included(leaves[index], index, len(leaves), [*beside, top], top)
    assert not merkle.included(leaves[index], index, len(leaves), beside[:-1], top) or not beside


@given(LEAVES.filter(lambda found: len(set(found)) > 1), st.data())
def test_a_path_proves_no_other_place(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves) - 1).filter(lambda found: leaves[found] != leaves[index]))
    beside = merkle.path(leaves, index)
    assert not merkle.included(leaves[other], index, len(leaves), beside, merkle.root(leaves))


def test_the_memory_of_a_root_grows_with_the_logarithm() -> None:
    tree = merkle.Root()
    for number in range(100_000):
        tree.add(number.to_bytes(32, "big"))
        assert len(tree._finished) <= 17
    assert tree.count == 100_000


def test_a_leaf_is_no_node_and_needs_its_blind() -> None:
    assert merkle.leaf(b"x", bytes(32)) != merkle.leaf(b"x", b"\x01" * 32)
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.leaf(b"x", b"")
    left, right = bytes(32), b"\x01" * 32
    assert merkle.node(left, right) != merkle.leaf(left, right)


def test_a_leaf_outside_the_tree_has_no_path() -> None:
    with pytest.raises(IndexError):
        merkle.path([bytes(32)], 1)
    assert not merkle.included(bytes(32), 1, 1, [], bytes(32))
