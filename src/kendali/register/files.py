"""Where the files of certificates lie: the write-once store, below `certificates/<id>/`; read back after writing."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from django.conf import settings

from kendali.archive import stores
from kendali.archive.errors import StoreError, StoreExistsError
from kendali.archive.stores import Store
from kendali.register.models import Certificate


def open_store() -> Store:
    return stores.open_store(settings.KENDALI_STORE)


def keep(store: Store, certificate: Certificate, kind: str, data: bytes, ending: str = "pdf") -> tuple[str, str]:
    """Path and SHA-256 of what was written and read back. The same bytes twice are one file. StoreError."""
    digest = hashlib.sha256(data).hexdigest()
    path = f"certificates/{certificate.pk}/{kind}-{digest[:16]}.{ending}"
    with suppress(StoreExistsError):  # an attempt that was rolled back; what lies there is compared now
        store.put(path, data)
    if hashlib.sha256(store.read(path)).hexdigest() != digest:
        raise StoreError("read_back_differs", key=path)
    return path, digest


def read(path: str, sha256: str) -> bytes:
    """A file whose digest is known. StoreError "damaged" when it is another one."""
    data = open_store().read(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError("damaged", key=path)
    return data
