"""Where packages and keyrings live: a folder, or a bucket (S3 and what obstore speaks). Write-once throughout.

Believe only what was read back. Every failure is one of the StoreErrors, so that a person learns whether to free
space, to repair rights, or just to try again. Names in a store are relative, with ``/``, and never climb.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from kendali.archive.age_read import Source
from kendali.archive.errors import StoreRefusedError

COMMIT_MARK: Final = "tagmanifest-sha256.txt"  # a package exists from the moment this file is there
PACKAGES: Final = "packages"
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._@=+-]+")


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    size: int
    modified: datetime


class Draft(Protocol):
    """A package in the making: files are written locally under `path(name)`, published one by one, then committed."""

    def path(self, name: str) -> Path:
        """Where to write the file; its folder exists. Nothing else may be there."""

    def publish(self, name: str) -> None:
        """The file is complete: bring it to where it will be read from, durably. May run in several threads."""

    def commit(self, last: bytes) -> None:
        """Publish COMMIT_MARK with this content; from here on the package is listed. StoreExistsError: it was."""

    def abandon(self) -> None:
        """Leave nothing behind, as far as the store lets us."""


class Store(Protocol):
    url: str  # without credentials
    options: Mapping[str, str]  # what `open_store` was given beside it

    def put(self, key: str, data: bytes) -> None:
        """Create, durably; StoreExistsError and no change where something is there."""

    def read(self, key: str) -> bytes: ...

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Exactly `length` bytes, or StoreMissingError when the object ends before."""

    def stream(self, key: str) -> AbstractContextManager[Source]:
        """The whole object from its start, with constant memory."""

    def size(self, key: str) -> int: ...

    def entries(self, prefix: str) -> Iterator[Entry]:
        """All objects below a folder, in the order of their names; nothing that is still a draft of a folder store."""

    def delete(self, key: str) -> None: ...

    def draft(self, path: str) -> Draft: ...

    def remove_package(self, path: str) -> None:
        """First it is no package any more, then its bytes go."""

    def clean(self, older_than: datetime) -> list[str]:
        """Remove what interrupted writers left before `older_than`; the names of what went."""

    def local(self, key: str) -> Path | None:
        """The file itself, where other processes can open it."""


def checked(key: str) -> str:
    """The key, or StoreRefusedError for one that could leave its place."""
    parts = key.split("/")
    if not all(_SEGMENT.fullmatch(part) and part not in (".", "..") for part in parts):
        raise StoreRefusedError("key", key=key)
    return key


def open_store(url: str, options: Mapping[str, str] | None = None) -> Store:
    """`url`: a folder (absolute or relative path, or file://…), or s3://bucket/prefix.

    S3 options (else the environment): endpoint (AWS_ENDPOINT_URL), region (AWS_REGION), access_key_id
    (AWS_ACCESS_KEY_ID), secret_access_key (AWS_SECRET_ACCESS_KEY), session_token (AWS_SESSION_TOKEN); spool: a local
    folder for packs on their way up (KENDALI_SPOOL); header: one more ``name: value`` that a server wants; retries.
    StoreError says what is wrong; nothing is written yet but an absent folder.
    """
    if "://" not in url or url.startswith("file://"):
        from kendali.archive.folder_store import FolderStore

        return FolderStore(Path(url.removeprefix("file://")))
    from kendali.archive.object_store import ObjectStore

    return ObjectStore(url, options or {})


def packages(store: Store, prefix: str = PACKAGES) -> Iterator[str]:
    """Paths of all complete packages below `prefix`."""
    for entry in store.entries(prefix):
        if entry.key.endswith("/" + COMMIT_MARK):
            yield entry.key.removesuffix("/" + COMMIT_MARK)


def clean_temporary(store: Store, older_than: datetime) -> list[str]:
    """Remove leftovers of interrupted writers; complete packages are never touched."""
    return store.clean(older_than)
