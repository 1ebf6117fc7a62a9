from __future__ import annotations

import gc
import io
import os
import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kendali.archive.age import BATCH, CHUNK, AgeWriter, Identity, Recipient, encrypt_bytes, sealed_size
from kendali.archive.age_read import SeekingReader, decrypt_bytes, read_age
from kendali.archive.errors import AgeError

IDENTITY = Identity(bytes(range(32)))
RECIPIENT = IDENTITY.recipient()
AROUND = sorted(
    {0, 1, 15, 16, 17} | {n * CHUNK + d for n in (1, 2, 3, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH) for d in (-1, 0, 1)}
)


def _content(size: int) -> bytes:
    return (os.urandom(4096) * (size // 4096 + 1))[:size]


def _sealed(content: bytes, step: int | None = None) -> bytes:
    out = bytearray()
    writer = AgeWriter(RECIPIENT, out.extend)
    for at in range(0, len(content), step or len(content) or 1):
        writer.write(content[at : at + (step or len(content))])
    writer.finish(len(content))
    return bytes(out)


def _opened_elsewhere(sealed: bytes, folder: Path) -> bytes:
    """By the age command, or where there is none by pyrage."""
    if not shutil.which("age"):
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(IDENTITY.secret_text())]))
    (folder / "key").write_text(IDENTITY.secret_text() + "\n")
    run = subprocess.run(["age", "-d", "-i", folder / "key"], input=sealed, capture_output=True, check=True)
    return run.stdout


@pytest.mark.parametrize("size", AROUND)
def test_what_is_written_opens_with_the_age_command_at_every_size_around_a_chunk(size: int, tmp_path: Path) -> None:
    content = _content(size)
    sealed = _sealed(content, 10_007 if size < 300_000 else None)
    assert len(sealed) == sealed_size(size)
    assert _opened_elsewhere(sealed, tmp_path) == content
    assert decrypt_bytes(IDENTITY, sealed) == content
    reader = SeekingReader(lambda at, length: sealed[at : at + length], len(sealed), IDENTITY)
    assert (reader.size, reader.read()) == (size, content)


@pytest.mark.parametrize("size", AROUND)
def test_what_pyrage_writes_is_read(size: int) -> None:
    content = _content(size)
    sealed = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(str(RECIPIENT))])
    assert decrypt_bytes(IDENTITY, sealed) == content
    assert SeekingReader(lambda at, n: sealed[at : at + n], len(sealed), IDENTITY).read() == content


def test_keys_are_written_as_age_writes_them() -> None:
    assert str(pyrage.x25519.Identity.from_str(IDENTITY.secret_text()).to_public()) == str(RECIPIENT)
    assert Identity.parse(IDENTITY.secret_text() + "\n").public == IDENTITY.public
    assert Recipient.parse(str(RECIPIENT)).public == RECIPIENT.public
    for broken in (str(RECIPIENT)[:-1] + "q", str(RECIPIENT).upper()[:-1] + "x", "age1", "", IDENTITY.secret_text()):
        with pytest.raises(AgeError):
            Recipient.parse(broken)
    assert IDENTITY.secret_text() not in repr(IDENTITY)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 5 * CHUNK), st.lists(st.tuples(st.integers(0, 5 * CHUNK), st.integers(0, CHUNK + 9)), max_size=8))
def test_any_part_can_be_read_in_any_order(size: int, asks: list[tuple[int, int]]) -> None:
    content = _content(size)
    sealed = _sealed(content)
    reader = SeekingReader(lambda at, length: sealed[at : at + length], len(sealed), IDENTITY, ahead=2)
    for at, length in asks:
        reader.seek(at)
        assert reader.read(length) == content[at : at + length]
    reader.seek(-min(size, 10), io.SEEK_END)
    assert reader.read() == content[size - min(size, 10) :]


def test_reading_one_place_fetches_only_its_neighbourhood() -> None:
    sealed = _sealed(_content(100 * CHUNK))
    fetched = 0

    def read_at(at: int, length: int) -> bytes:
        nonlocal fetched
        fetched += length
        return sealed[at : at + length]

    reader = SeekingReader(read_at, len(sealed), IDENTITY)
    reader.seek(50 * CHUNK)
    reader.read(10)
    assert fetched < 7 * CHUNK


def _unfinished(leave) -> bytes:  # type: ignore[no-untyped-def]
    out = bytearray()
    writer = AgeWriter(RECIPIENT, out.extend)
    writer.write(_content(3 * BATCH * CHUNK))
    leave(writer)
    del writer
    gc.collect()
    return bytes(out)


def test_a_writer_that_is_not_finished_leaves_a_file_that_opens_nowhere(tmp_path: Path) -> None:
    def wrong_size(writer: AgeWriter) -> None:
        with pytest.raises(AgeError, match="size"):
            writer.finish(1)

    for leave in (lambda writer: None, wrong_size):
        sealed = _unfinished(leave)
        with pytest.raises(AgeError):
            decrypt_bytes(IDENTITY, sealed)
        with pytest.raises((subprocess.CalledProcessError, pyrage.DecryptError)):
            _opened_elsewhere(sealed, tmp_path)


def test_a_writer_whose_output_failed_never_writes_its_last_chunk() -> None:
    out = bytearray()

    def full(view: memoryview) -> None:
        if len(out) > CHUNK:
            raise OSError("full")
        out.extend(view)

    writer = AgeWriter(RECIPIENT, full)
    with pytest.raises(OSError, match="full"):
        writer.write(_content(3 * BATCH * CHUNK))
    with pytest.raises(AgeError, match="used_twice"):
        writer.finish(writer.size)


def test_one_writer_writes_one_file() -> None:
    writer = AgeWriter(RECIPIENT, lambda view: None)
    writer.finish(0)
    for again in (lambda: writer.write(b"x"), lambda: writer.finish(0), writer.space):
        with pytest.raises(AgeError, match="used_twice"):
            again()


def test_damage_anywhere_is_an_error_before_the_end() -> None:
    content = _content(BATCH * CHUNK + 5)
    sealed = bytearray(_sealed(content))
    for at in (0, 30, 60, 150, 190, 300, CHUNK, 3 * CHUNK, len(sealed) - 1):
        sealed[at] ^= 1
        with pytest.raises(AgeError):
            list(read_age(io.BytesIO(sealed), IDENTITY))
        sealed[at] ^= 1
    assert decrypt_bytes(IDENTITY, bytes(sealed)) == content


def test_another_identity_opens_nothing() -> None:
    with pytest.raises(AgeError, match="no_match"):
        decrypt_bytes(Identity.generate(), encrypt_bytes(RECIPIENT, b"secret"))
