"""What one sealed unit holds: a small tar, first its facts as JSON, then its files. ``age -d | tar x`` opens it.

Also the plain tar packs that hold sealed units as members ``00000017.age``. Headers are USTAR, with a pax header
where a name needs one; mtime 0, mode 0600, owner 0. Both end with two zero blocks, without further padding.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kendali.archive.errors import PackageError

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
FACTS_NAME: Final = {"recording": "call.json", "attachment": "attachment.json"}
MEMBER: Final = re.compile(r"\d{8}\.age")
FACTS_LIMIT: Final = 16 * 1024 * 1024
_REST: Final = b"0".ljust(101, b"\0") + b"ustar\x0000".ljust(255, b"\0")
_REST_SUM: Final = sum(_REST) + 8 * ord(" ")  # the checksum's own field counts as blanks
_HEADERS_LIMIT: Final = 64 * 1024


def member_name(slot: int) -> str:
    if not 0 <= slot < 10**8:
        raise PackageError("slot", slot=slot)
    return f"{slot:08d}.age"


def padding(size: int) -> int:
    return -size % BLOCK


def header(name: str, size: int) -> bytes:
    """What tarfile writes, and five times as fast where plain ustar will do."""
    if name.isascii() and 0 < len(name) <= 100 and name.isprintable() and size < 8**11:
        head = b"%b0000600\x000000000\x000000000\x00%011o\x0000000000000\x00" % (name.encode().ljust(100, b"\0"), size)
        return b"%b%06o\x00 %b" % (head, sum(head) + _REST_SUM, _REST)
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, 0
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def canonical_json(value: object) -> bytes:
    """Sorted keys, no blanks, ASCII: any text survives, lone surrogates too."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def facts_json(ref: str, part: str, facts: Mapping[str, object], names: Sequence[str]) -> bytes:
    """`names`: the files as the source calls them, in the order of the tar (whose own names are made harmless)."""
    return canonical_json({"ref": ref, "part": part, "facts": facts, "files": list(names)})


def inner_name(name: str) -> str:
    """The name of a file inside its unit: no folder, nothing that an extractor could take for a path."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "")
    return base if base not in ("", ".", "..", *FACTS_NAME.values()) else f"_{base or 'file'}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The pieces of a unit's tar around the files' bytes: `heads[i]`, file i, …, `tail`."""

    heads: tuple[bytes, ...]
    tail: bytes
    size: int


def layout(facts_name: str, facts: bytes, files: list[tuple[str, int]]) -> Layout:
    """`files`: (name, size) as they will follow. The same name twice is kept apart by a number."""
    before = header(facts_name, len(facts)) + facts + bytes(padding(len(facts)))
    heads, taken = [], {facts_name}
    for number, (name, size) in enumerate(files):
        inner = inner_name(name)
        if inner in taken:
            inner = f"{number}_{inner}"
        taken.add(inner)
        heads.append(before + header(inner, size))
        before = bytes(padding(size))
    tail = before + END
    return Layout(tuple(heads), tail, sum(map(len, heads)) + sum(size for _, size in files) + len(tail))


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    offset: int  # of its first byte
    size: int


def _plain(block: bytes) -> tarfile.TarInfo | None:
    """A header exactly as `header` writes it without tarfile, or None."""
    name, size = block[:100].rstrip(b"\0"), block[124:135]
    if b"\0" in name or not (name.isascii() and size.isdigit() and block.endswith(_REST)):
        return None
    try:
        info = tarfile.TarInfo(name.decode())
        info.size = int(size, 8)
    except ValueError:
        return None
    return info if header(info.name, info.size) == block else None


def parse_header(block: bytes, offset: int) -> tarfile.TarInfo | None:
    """One header block at `offset`; None: a zero block (end of archive). Only plain files and pax headers pass."""
    if len(block) != BLOCK:
        raise PackageError("tar_truncated", offset=offset)
    if block == bytes(BLOCK):
        return None
    if (plain := _plain(block)) is not None:
        return plain
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError as error:
        raise PackageError("tar_header", offset=offset) from error
    if info.type not in (tarfile.REGTYPE, tarfile.XHDTYPE) or info.size < 0:
        raise PackageError("tar_member", offset=offset)
    return info


def pax_size(records: bytes, offset: int) -> int | None:
    """``size`` from a pax header's records (a file beyond 8 GiB), None where there is none."""
    found, at = None, 0
    while at < len(records):
        length, _, _ = records[at:].partition(b" ")
        if not length.isdigit() or int(length) <= len(length) or at + int(length) > len(records):
            raise PackageError("tar_header", offset=offset)
        key, _, value = records[at + len(length) + 1 : at + int(length) - 1].partition(b"=")
        if key == b"size":
            found = int(value) if value.isdigit() else -1
        at += int(length)
    if found is not None and found < 0:
        raise PackageError("tar_header", offset=offset)
    return found


def walk(read: Callable[[int], bytes], skip: Callable[[Member], None]) -> None:
    """Go through a tar in order: `read(n)` gives exactly n bytes of headers, `skip` consumes a member's content and its
    padding. PackageError for anything but plain files, for a cut, and for content after the end."""
    offset = 0
    while True:
        info = parse_header(read(BLOCK), offset)
        if info is None:
            break
        start, size = offset, info.size
        offset += BLOCK
        if info.type == tarfile.XHDTYPE:
            if size > _HEADERS_LIMIT:
                raise PackageError("tar_header", offset=start)
            extended = pax_size(read(size + padding(size))[:size], start)
            offset += size + padding(size)
            info = parse_header(read(BLOCK), offset)
            if info is None or info.type != tarfile.REGTYPE:
                raise PackageError("tar_header", offset=start)
            offset += BLOCK
            size = info.size if extended is None else extended
        skip(Member(info.name, offset, size))
        offset += size + padding(size)
    if read(BLOCK) != bytes(BLOCK):
        raise PackageError("tar_end", offset=offset)
