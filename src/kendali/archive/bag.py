"""BagIt (RFC 8493): the tag files of a package, written and read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from kendali.archive.errors import PackageError
from kendali.archive.stores import COMMIT_MARK

DECLARATION: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
MANIFEST: Final = "manifest-sha256.txt"
TAGMANIFEST: Final = COMMIT_MARK
DECLARATION_TEXT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *](\S[^\n]*)")
_SAFE: Final = re.compile(r"[A-Za-z0-9._@=+-]+(/[A-Za-z0-9._@=+-]+)*")


def manifest(sums: Mapping[str, bytes]) -> bytes:
    """`sums`: name → SHA-256 (32 bytes). Two blanks, as sha256sum writes and reads it."""
    return "".join(f"{digest.hex()}  {name}\n" for name, digest in sorted(sums.items())).encode()


def parse_manifest(content: bytes, name: str) -> dict[str, bytes]:
    """PackageError: a line that is none, a name twice, a name that leaves the bag."""
    sums: dict[str, bytes] = {}
    try:
        lines = content.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise PackageError("manifest", file=name) from error
    if lines.pop() != "":
        raise PackageError("manifest_cut", file=name)
    for line in lines:
        match = _LINE.fullmatch(line)
        if not match:
            raise PackageError("manifest_line", file=name)
        path = match[2]
        if not _SAFE.fullmatch(path) or {".", ".."} & set(path.split("/")):
            raise PackageError("manifest_path", file=name, path=path[:200])
        if path in sums:
            raise PackageError("manifest_twice", file=name, path=path)
        sums[path] = bytes.fromhex(match[1])
    return sums


def bag_info(fields: Mapping[str, str]) -> bytes:
    """One line per field; line breaks in values become blanks."""
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in fields.items() if value).encode()


def parse_bag_info(content: bytes) -> dict[str, str]:
    found = {}
    for line in content.decode("utf-8", "replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip()] = value.strip()
    return found


def tag_files(payload: Mapping[str, bytes], info: Mapping[str, str]) -> dict[str, bytes]:
    """All tag files in the order to publish them, the commit mark last."""
    files = {DECLARATION: DECLARATION_TEXT, INFO: bag_info(info), MANIFEST: manifest(payload)}
    return files | {TAGMANIFEST: manifest({name: sha256(content).digest() for name, content in files.items()})}


def oxum(sizes: Mapping[str, int]) -> str:
    """Payload-Oxum: bytes and files."""
    return f"{sum(sizes.values())}.{len(sizes)}"
