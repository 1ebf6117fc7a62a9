"""The omni-channel application's API beside its database, as far as deleting a conversation needs it: a real HTTP
server on loopback that, like the application, answers 200 and lets a worker delete later. For demonstration and tests.

    with ChatwootApi(dsn, storage=folder, token="…") as api:
        source settings: delete_by="api", delete_url=api.url; secret: delete_token="…"

`mode` may be changed at any moment; `api.drain()` waits until the worker has nothing left to do.

- "honest": rows and files go, by the worker · "held": the worker waits until `release()`
- "never": 200, and nothing ever happens · "rows_only": the rows go, the files stay
- "unknown" 404 · "too_many" 429 with `retry_after` · "broken" 500 · "refused" 401 · "forbidden" 403
- "silent": no answer within `silence` seconds, and the worker deletes nevertheless

`calls` lists (account, display id) of every request to delete that was let in.
"""
# ruff: noqa: S608 (statements are made of names in this file; every value is a parameter)

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg

from .chatwoot_files import blob_path

Mode = Literal[
    "honest", "held", "never", "rows_only", "unknown", "too_many", "broken", "refused", "forbidden", "silent"
]
STATUS = {"unknown": 404, "too_many": 429, "broken": 500, "refused": 401, "forbidden": 403}

# What the models' `dependent: :destroy_async` takes, children first. %(c)s: the conversation.
_MESSAGES = "SELECT id FROM messages WHERE conversation_id = %(c)s"
_LINKED = f"SELECT id FROM attachments WHERE message_id IN ({_MESSAGES})"
_STATEMENTS = (
    "DELETE FROM notifications WHERE (primary_actor_type = 'Conversation' AND primary_actor_id = %(c)s)"
    " OR (secondary_actor_type = 'Conversation' AND secondary_actor_id = %(c)s)"
    f" OR (primary_actor_type = 'Message' AND primary_actor_id IN ({_MESSAGES}))"
    f" OR (secondary_actor_type = 'Message' AND secondary_actor_id IN ({_MESSAGES}))",
    f"DELETE FROM attachments WHERE message_id IN ({_MESSAGES})",
    *(
        f"DELETE FROM {table} WHERE conversation_id = %(c)s"
        for table in (
            *("messages", "csat_survey_responses", "reporting_events", "conversation_participants", "mentions"),
            *("applied_slas", "sla_events"),
        )
    ),
    "DELETE FROM taggings WHERE taggable_type = 'Conversation' AND taggable_id = %(c)s",
    "DELETE FROM conversations WHERE id = %(c)s",
)


@dataclass
class ChatwootApi:
    """`dsn`: the application's own role, which may do everything."""

    dsn: str
    storage: Path
    token: str
    version: str = "4.10.0"
    mode: Mode = "honest"
    role: str = "administrator"
    retry_after: str = "7"
    silence: float = 1.0
    calls: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._jobs: Queue[tuple[int, int, bool] | None] = Queue()
        self._go = threading.Event()
        self._stop = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._threads = [
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True),
            threading.Thread(target=self._work, daemon=True),
        ]

    def __enter__(self) -> ChatwootApi:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, _k: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._stop.set()
        self._go.set()
        self._jobs.put(None)
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(10)

    def release(self) -> None:
        """The worker of the mode "held" may go on."""
        self._go.set()

    def drain(self) -> None:
        """Until every deletion that was queued is done."""
        self._jobs.join()

    # --- the application's side

    def asked(self, account: int, display: int) -> int:
        """A request to delete; the status to answer with."""
        self.calls.append((account, display))
        if self.mode in STATUS:
            return STATUS[self.mode]
        with psycopg.connect(self.dsn, autocommit=True) as database:
            query = "SELECT 1 FROM conversations WHERE account_id = %s AND display_id = %s"
            if database.execute(query, [account, display]).fetchone() is None:
                return 404
        if self.mode != "never":
            self._jobs.put((account, display, self.mode != "rows_only"))
        if self.mode == "silent":
            self._stop.wait(self.silence)
        return 200

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self.mode == "held":
                self._go.wait()
                self._go.clear()
            try:
                if not self._stop.is_set():
                    self._delete(*job)
            finally:
                self._jobs.task_done()

    def _delete(self, account: int, display: int, files: bool) -> None:
        with psycopg.connect(self.dsn) as database:
            query = "SELECT id FROM conversations WHERE account_id = %s AND display_id = %s"
            row = database.execute(query, [account, display]).fetchone()
            if row is None:
                return
            values = {"c": row[0]}
            keys = self._unlink_blobs(database, values)
            for statement in _STATEMENTS:
                database.execute(statement.encode(), values)
        for key in keys if files else ():
            blob_path(self.storage, key).unlink(missing_ok=True)

    def _unlink_blobs(self, database: psycopg.Connection[Any], values: dict[str, int]) -> list[str]:
        """Active Storage's purge: links first, then each blob that nothing else refers to, with its previews."""
        rows = database.execute(
            f"DELETE FROM active_storage_attachments WHERE record_type = 'Attachment' AND record_id IN ({_LINKED})"
            " RETURNING blob_id".encode(),
            values,
        ).fetchall()
        keys: list[str] = []
        for (blob,) in rows:
            keys += self._purge(database, blob)
        return keys

    def _purge(self, database: psycopg.Connection[Any], blob: int) -> list[str]:
        if database.execute("SELECT 1 FROM active_storage_attachments WHERE blob_id = %s", [blob]).fetchone():
            return []
        variants = database.execute(
            "SELECT id FROM active_storage_variant_records WHERE blob_id = %s", [blob]
        ).fetchall()
        derived = database.execute(
            "DELETE FROM active_storage_attachments WHERE (record_type = 'ActiveStorage::Blob' AND record_id = %s)"
            " OR (record_type = 'ActiveStorage::VariantRecord' AND record_id = ANY(%s)) RETURNING blob_id",
            [blob, [number for (number,) in variants]],
        ).fetchall()
        keys = [key for (number,) in derived for key in self._purge(database, number)]
        database.execute("DELETE FROM active_storage_variant_records WHERE blob_id = %s", [blob])
        gone = database.execute("DELETE FROM active_storage_blobs WHERE id = %s RETURNING key", [blob]).fetchall()
        return keys + [key for (key,) in gone]


def _handler(api: ChatwootApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/api":
                self._answer(200, {"version": api.version, "queue_services": "ok", "data_services": "ok"})
            elif path == "/api/v1/profile" and self._known():
                self._answer(200, {"id": 1, "accounts": [{"id": n, "role": api.role} for n in (1, 2)]})
            else:
                self._answer(404 if self._known() else 401, {})

        def do_DELETE(self) -> None:
            steps = urlsplit(self.path).path.strip("/").split("/")
            if not self._known():
                self._answer(401, {"errors": ["Invalid Access Token"]})
            elif steps[:3] != ["api", "v1", "accounts"] or len(steps) != 6 or steps[4] != "conversations":
                self._answer(404, {})
            else:
                status = api.asked(int(steps[3]), int(steps[5]))
                self._answer(status, {}, {"Retry-After": api.retry_after} if status == 429 else {})

        def _known(self) -> bool:
            return self.headers.get("api_access_token") == api.token

        def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
            content = json.dumps(body).encode() if status != 200 or body else b""
            try:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                return  # who asked did not wait

        def log_message(self, format: str, *arguments: Any) -> None:
            return

    return Handler
