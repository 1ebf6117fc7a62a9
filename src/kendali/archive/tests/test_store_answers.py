"""What a bucket answers becomes the error that says what to do: by its status and code, by nothing else in the text."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import obstore.exceptions
import pytest

from kendali.archive.errors import StoreError, StoreFullError, StoreRefusedError, StoreUnreachableError
from kendali.archive.object_store import store_errors
from kendali.archive.stores import open_store


@contextmanager
def answering(status: int, code: str) -> Iterator[str]:
    """The address of an S3 that answers every put in this way."""
    body = f"<Error><Code>{code}</Code><RequestId>507 403 401</RequestId></Error>".encode() if code else b""

    class Answer(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (507, "", StoreFullError),
        (507, "XMinioStorageFull", StoreFullError),
        (400, "QuotaExceeded", StoreFullError),
        (401, "", StoreRefusedError),
        (403, "", StoreRefusedError),
        (403, "AccessDenied", StoreRefusedError),
        (400, "ObjectLocked", StoreRefusedError),
        (500, "InternalError", StoreUnreachableError),
        (503, "SlowDown", StoreUnreachableError),
    ],
)
def test_the_answer_of_a_bucket_says_what_to_do(status: int, code: str, error: type[StoreError]) -> None:
    with answering(status, code) as endpoint:
        options = {"endpoint": endpoint, "retries": "0", "access_key_id": "a", "secret_access_key": "b"}
        store = open_store("s3://bucket/507", options)
        with pytest.raises(StoreError) as found:
            store.put("keys/403", b"data")
    assert type(found.value) is error


def test_a_number_in_a_duration_is_no_status() -> None:
    with pytest.raises(StoreUnreachableError), store_errors("packages/507/403 /x"):
        raise obstore.exceptions.GenericError("performing PUT http://127.0.0.1:5070/x in 1.155073ms - error sending")
