from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kendali.archive.errors import SealError
from kendali.archive.sealing import OVERHEAD, open_bytes, seal_bytes

KEY = bytes(range(32))


@given(data=st.binary(max_size=300), aad=st.binary(max_size=40))
def test_what_was_sealed_opens_with_the_same_key_and_place(data: bytes, aad: bytes) -> None:
    sealed = seal_bytes(KEY, aad, data)
    assert len(sealed) == len(data) + OVERHEAD
    assert open_bytes(KEY, aad, sealed) == data


def test_two_seals_of_the_same_content_differ() -> None:
    assert seal_bytes(KEY, b"x", b"same") != seal_bytes(KEY, b"x", b"same")


def test_another_key_or_another_place_opens_nothing() -> None:
    sealed = seal_bytes(KEY, b"package/1", b"secret")
    for key, aad in ((bytes(32), b"package/1"), (KEY, b"package/2"), (KEY, b"")):
        with pytest.raises(SealError, match="does_not_open"):
            open_bytes(key, aad, sealed)


def test_a_change_of_any_byte_is_seen() -> None:
    sealed = seal_bytes(KEY, b"x", b"abc")
    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(SealError):
            open_bytes(KEY, b"x", broken)
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            open_bytes(KEY, b"x", sealed[:length])


def test_a_key_of_the_wrong_length_is_refused_by_name() -> None:
    with pytest.raises(SealError, match="key_length"):
        seal_bytes(b"short", b"", b"")
    with pytest.raises(SealError, match="key_length"):
        open_bytes(b"short", b"", b"")
