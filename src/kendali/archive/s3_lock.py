"""What obstore does not ask of S3: the bucket's object lock, and deleting one version. Signature version 4, by hand.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import quote, urlsplit

from kendali.archive.errors import StoreUnreachableError

_TIMEOUT: Final = 15.0


@dataclass(frozen=True, slots=True)
class Lock:
    """`offered`: the bucket has object lock. `mode` and `days`: its default retention, empty and 0 without one."""

    offered: bool
    mode: str = ""
    days: int = 0


class S3Requests:
    """Signed requests on one bucket. `settings`: endpoint, region, access_key_id, secret_access_key, session_token."""

    def __init__(self, bucket: str, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._region = settings.get("region", "us-east-1")
        endpoint = settings.get("endpoint")
        url = urlsplit(endpoint or f"https://{bucket}.s3.{self._region}.amazonaws.com")
        self._host, self._secure = url.netloc, url.scheme == "https"
        self._base = f"/{bucket}" if endpoint else ""

    def lock(self) -> Lock:
        """The bucket's lock; not offered where the server does not know the question or has none."""
        status, body = self.request("GET", "", "object-lock=")
        if status != 200 or b"<ObjectLockEnabled>Enabled" not in body:
            return Lock(offered=False)
        mode, days = re.search(rb"<Mode>(\w+)</Mode>", body), re.search(rb"<(Days|Years)>(\d+)</", body)
        count = int(days[2]) * (366 if days[1] == b"Years" else 1) if days else 0
        return Lock(offered=True, mode=mode[1].decode() if mode else "", days=count)

    def delete_version(self, key: str, version: str) -> bool:
        """True when the server deleted it."""
        status, _ = self.request("DELETE", "/" + quote(key), f"versionId={quote(version, safe='')}")
        return status in (200, 204)

    def request(self, method: str, path: str, query: str) -> tuple[int, bytes]:
        path = self._base + path or "/"
        connection = (HTTPSConnection if self._secure else HTTPConnection)(self._host, timeout=_TIMEOUT)
        try:
            connection.request(method, f"{path}?{query}", headers=self._headers(method, path, query))
            response = connection.getresponse()
            return response.status, response.read(1 << 20)
        except (OSError, HTTPException) as error:
            raise StoreUnreachableError("unreachable", key=path, error=type(error).__name__) from error
        finally:
            connection.close()

    def _headers(self, method: str, path: str, query: str) -> dict[str, str]:
        now = datetime.now(UTC)
        day, instant = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
        empty = sha256(b"").hexdigest()
        headers = {"host": self._host, "x-amz-content-sha256": empty, "x-amz-date": instant}
        if "session_token" in self._settings:
            headers["x-amz-security-token"] = self._settings["session_token"]
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{empty}"
        scope = f"{day}/{self._region}/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{instant}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + self._settings.get("secret_access_key", "").encode()
        for part in (*scope.split("/"), to_sign):
            key = hmac.digest(key, part.encode(), sha256)
        credential = f"{self._settings.get('access_key_id', '')}/{scope}"
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
        )
        return headers
