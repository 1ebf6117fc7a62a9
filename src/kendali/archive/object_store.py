"""A bucket as a store, through obstore: create-only puts, multipart for packs, the commit mark put last."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import obstore
from obstore import exceptions as failures
from obstore.store import from_url

from kendali.archive.age_read import Source
from kendali.archive.errors import (
    StoreExistsError,
    StoreFullError,
    StoreMissingError,
    StoreRefusedError,
    StoreUnreachableError,
)
from kendali.archive.folder_store import make_folder, os_errors
from kendali.archive.s3_lock import S3Requests
from kendali.archive.stores import COMMIT_MARK, PACKAGES, Draft, Entry, checked

SPOOL: Final = "kendali-spool-"
_PART: Final = 8 * 1024 * 1024
_ENVIRONMENT: Final = {
    "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "access_key_id": ("AWS_ACCESS_KEY_ID",),
    "secret_access_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
}
# What the server answered: its status, and the code in the body of S3. Never a number anywhere else in the text, which
# also holds addresses and durations.
_FULL: Final = re.compile(r"status code: 507\b|<Code>(InsufficientStorage|QuotaExceeded|XMinioStorageFull|NoSpace)")
_REFUSED: Final = re.compile(
    r"status code: 40[13]\b|<Code>(AccessDenied|ObjectLocked|InvalidAccessKeyId|SignatureDoesNotMatch)"
)


@contextmanager
def store_errors(key: str) -> Iterator[None]:
    """obstore's errors as StoreErrors; its long texts are cut, and hold no secret."""
    try:
        yield
    except (failures.AlreadyExistsError, failures.PreconditionError) as error:
        raise StoreExistsError("exists", key=key) from error
    except (failures.NotFoundError, FileNotFoundError) as error:
        raise StoreMissingError("missing", key=key) from error
    except (failures.PermissionDeniedError, failures.UnauthenticatedError) as error:
        raise StoreRefusedError("refused", key=key, error=str(error)[:300]) from error
    except failures.BaseError as error:
        text = str(error)
        facts = {"key": key, "error": text[:300]}
        if _FULL.search(text):
            raise StoreFullError("full", **facts) from error
        if _REFUSED.search(text):
            raise StoreRefusedError("refused", **facts) from error
        raise StoreUnreachableError("unreachable", **facts) from error


def settings_of(options: Mapping[str, str]) -> dict[str, str]:
    """Options, completed from the environment."""
    found = {}
    for name, variables in _ENVIRONMENT.items():
        value = options.get(name) or next((os.environ[v] for v in variables if os.environ.get(v)), "")
        if value:
            found[name] = value
    found.setdefault("region", "us-east-1")
    return found


def _place(url: str) -> tuple[str, str]:
    """(bucket, prefix) of scheme://bucket/prefix."""
    bucket, _, prefix = url.partition("://")[2].partition("/")
    return bucket, prefix.strip("/")


class _Stream:
    """readinto over the parts of a download."""

    def __init__(self, parts: Iterator[Any]) -> None:
        self._parts = parts
        self._rest = memoryview(b"")

    def readinto(self, buffer: memoryview, /) -> int:
        while not len(self._rest):
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = memoryview(part)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class ObjectStore:
    def __init__(self, url: str, options: Mapping[str, str]) -> None:
        self.url, self.options = url, options
        self.settings = settings_of(options)
        self._spool = options.get("spool") or os.environ.get("KENDALI_SPOOL") or tempfile.gettempdir()
        client: dict[str, Any] = {"connect_timeout": "10s", "timeout": "120s"}
        if options.get("header"):
            name, _, value = options["header"].partition(":")
            client["default_headers"] = {name.strip(): value.strip()}
        if self.settings.get("endpoint", "").startswith("http://"):
            client["allow_http"] = True
        config: dict[str, Any] = dict(self.settings) if url.startswith("s3") else {}
        retry = {"max_retries": int(options.get("retries", "4")), "retry_timeout": timedelta(seconds=60)}
        config |= {"checksum_algorithm": "SHA256"} if config else {}  # a locked bucket wants a checksum with each put
        self._bucket, self._prefix = _place(url)
        self.requests = S3Requests(self._bucket, self.settings) if url.startswith("s3://") else None
        try:
            self._store: Any = from_url(url, config=config, client_options=client, retry_config=retry)  # type: ignore[call-overload]
        except (failures.BaseError, ValueError) as error:
            raise StoreRefusedError("url", url=url, error=str(error)[:300]) from error

    def local(self, key: str) -> None:
        checked(key)

    def put(self, key: str, data: bytes) -> None:
        with store_errors(key):
            obstore.put(self._store, checked(key), data, mode="create", use_multipart=False)

    def put_versioned(self, key: str, data: bytes) -> str:
        """Put, and the version that a versioned bucket gave it ("" where it gives none)."""
        with store_errors(key):
            answer = obstore.put(self._store, checked(key), data, mode="create", use_multipart=False)
        return answer["version"] or ""

    def full_key(self, key: str) -> str:
        """The object's name in its bucket."""
        return f"{self._prefix}/{key}" if self._prefix else key

    def put_file(self, key: str, path: Path) -> None:
        """Create-only by a look before: multipart uploads have no condition in every S3. Names carry a package id
        that is used once, and the commit mark is put with the condition."""
        if path.stat().st_size <= _PART:
            return self.put(key, path.read_bytes())
        if self._exists(key):
            raise StoreExistsError("exists", key=key)
        with store_errors(key):
            obstore.put(self._store, checked(key), path, use_multipart=True, chunk_size=_PART, max_concurrency=4)
        return None

    def _exists(self, key: str) -> bool:
        try:
            self.size(key)
        except StoreMissingError:
            return False
        return True

    def read(self, key: str) -> bytes:
        with store_errors(key):
            return bytes(obstore.get(self._store, checked(key)).bytes())

    def read_range(self, key: str, start: int, length: int) -> bytes:
        if length == 0:
            return b""
        with store_errors(key):
            data = bytes(obstore.get_range(self._store, checked(key), start=start, length=length))
        if len(data) != length:
            raise StoreMissingError("ends_before", key=key, start=start, length=length)
        return data

    @contextmanager
    def _stream(self, key: str) -> Iterator[Source]:
        with store_errors(key):
            yield _Stream(iter(obstore.get(self._store, checked(key)).stream(min_chunk_size=_PART)))

    def stream(self, key: str) -> AbstractContextManager[Source]:
        return self._stream(key)

    def size(self, key: str) -> int:
        with store_errors(key):
            return int(obstore.head(self._store, checked(key))["size"])

    def entries(self, prefix: str) -> Iterator[Entry]:
        with store_errors(prefix):
            found = [meta for page in obstore.list(self._store, prefix or None) for meta in page]
        for meta in sorted(found, key=lambda meta: meta["path"]):
            yield Entry(meta["path"], meta["size"], meta["last_modified"])

    def delete(self, key: str) -> None:
        self.size(key)  # S3 answers 204 for what never was
        with store_errors(key):
            obstore.delete(self._store, key)

    def draft(self, path: str) -> Draft:
        return ObjectDraft(self, checked(path), Path(self._spool))

    def remove_package(self, path: str) -> None:
        self.delete(f"{path}/{COMMIT_MARK}")
        self._remove([entry.key for entry in self.entries(path)])

    def _remove(self, keys: list[str]) -> None:
        for key in keys:
            with store_errors(key):
                obstore.delete(self._store, key)

    def clean(self, older_than: datetime) -> list[str]:
        gone = []
        for path in sorted(Path(self._spool).glob(SPOOL + "*")):
            newest = max(p.lstat().st_mtime for p in [path, *path.rglob("*")])
            if datetime.fromtimestamp(newest, UTC) < older_than:
                shutil.rmtree(path, ignore_errors=True)
                gone.append(path.name)
        drafts: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries(PACKAGES):
            drafts[package_of(entry.key)].append(entry)
        for path_, entries in drafts.items():
            complete = any(entry.key == f"{path_}/{COMMIT_MARK}" for entry in entries)
            if not complete and max(entry.modified for entry in entries) < older_than:
                self._remove([entry.key for entry in entries])
                gone.append(path_)
        return gone


def package_of(key: str) -> str:
    """The package folder of an object below ``packages/``: what is left of ``data/`` or of a tag file."""
    head, _, _ = key.partition("/data/")
    return head if head != key else key.rsplit("/", 1)[0]


class ObjectDraft:
    """Files are spooled locally (they hold nothing that is not encrypted), go up one by one, the commit mark last."""

    def __init__(self, store: ObjectStore, path: str, spool: Path) -> None:
        self._store, self._path = store, path
        if store._exists(f"{path}/{COMMIT_MARK}"):
            raise StoreExistsError("exists", key=path)
        with os_errors(spool):
            self._folder = Path(tempfile.mkdtemp(prefix=SPOOL, dir=spool))
        self._published: list[str] = []

    def path(self, name: str) -> Path:
        path = self._folder / checked(name)
        with os_errors(name):
            make_folder(path.parent, self._folder)
        return path

    def publish(self, name: str) -> None:
        self._published.append(name)
        self._store.put_file(f"{self._path}/{name}", self._folder / name)
        (self._folder / name).unlink()

    def commit(self, last: bytes) -> None:
        self._store.put(f"{self._path}/{COMMIT_MARK}", last)
        shutil.rmtree(self._folder, ignore_errors=True)

    def abandon(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        for name in self._published:
            try:
                self._store.delete(f"{self._path}/{name}")
            except (StoreMissingError, StoreRefusedError, StoreUnreachableError):
                continue  # `clean` finds it again
