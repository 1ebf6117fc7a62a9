"""A real S3 protocol server (moto) on loopback, one bucket per test."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

REGION = "us-east-1"


class S3:
    def __init__(self, endpoint: str, stop: Callable[[], None]) -> None:
        self.endpoint, self.stop = endpoint, stop
        self.options = {
            "endpoint": endpoint,
            "region": REGION,
            "access_key_id": "kendali-test",
            "secret_access_key": "kendali-test-secret",
        }

    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self.options["access_key_id"],
            aws_secret_access_key=self.options["secret_access_key"],
        )

    def bucket(self, *, lock: bool = False) -> str:
        name = f"kendali-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        return name


@contextmanager
def s3_server() -> Iterator[S3]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    running = True

    def stop() -> None:
        nonlocal running
        if running:
            running = False
            server.stop()

    try:
        host, port = server.get_host_and_port()
        yield S3(f"http://{host}:{port}", stop)
    finally:
        stop()
