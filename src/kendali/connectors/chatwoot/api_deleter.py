"""Chatwoot, deleted by its own API: `DELETE /api/v1/accounts/{a}/conversations/{display_id}` (4.3 or newer).

The application answers 200 and only queues: its workers delete messages and files later, or never. So an answer is at
most `queued`, and what counts is the look at database and storage. Fingerprint and look use the reading role.
Config: delete_url; secret: delete_token (of an administrator).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2

from kendali.connectors.base import Capabilities, Deletion, Part, PartState, Probe, Problem, SourceError, require_time
from kendali.connectors.chatwoot import deleting_probe, probe
from kendali.connectors.chatwoot.disk import Disk
from kendali.connectors.chatwoot.parts import Parts
from kendali.connectors.chatwoot.place import LEAVES_BEHIND, ChatwootPlace
from kendali.connectors.postgres import Server

TIMEOUT_SECONDS = 15.0
MAX_RPS = 40.0  # the application takes 3 000 requests a minute from one address, its agents' among them
OLDEST = (4, 3)


def _now() -> datetime:
    return datetime.now(UTC)


class ApiDeleter:
    until: float | None = None

    def __init__(
        self,
        config: Mapping[str, Any],
        reading: Mapping[str, Any],
        deleting: Mapping[str, Any],
        *,
        now: Callable[[], datetime] = _now,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._place = ChatwootPlace(config)
        self._server = Server(config, reading)
        self._disk = Disk(self._place.root, self._place.services)
        self._parts = Parts(self._server, self._place, self._disk)
        self._now = now
        url = str(config.get("delete_url") or "").rstrip("/")
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.path or parts.query:
            raise SourceError("bad_configuration", field="delete_url", reason="it must be https://NAME")
        self._host = parts.netloc
        self._client = httpx2.Client(
            base_url=url,
            headers={"api_access_token": str(deleting.get("delete_token") or ""), "accept": "application/json"},
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
        )

    def capabilities(self) -> Capabilities:
        return Capabilities(
            record_class="conversation",
            reads_by="sql",
            deletes_by="api",
            delete_is_async=True,
            verify="full",
            max_rps=MAX_RPS,
            leaves_behind=LEAVES_BEHIND,
        )

    def parts(self, refs: Sequence[str]) -> Mapping[str, Sequence[Part]]:
        return self._parts.of(refs)

    def absent(self, parts: Mapping[str, Sequence[Part]]) -> Mapping[str, Sequence[PartState]]:
        return self._parts.look(parts)

    def finish(self, parts: Mapping[str, Sequence[Part]]) -> None:
        """The files are the application's: what it leaves is told by `absent`."""

    def delete(self, expected: Mapping[str, bytes], *, dry_run: bool = False) -> Iterator[Deletion]:
        """One call per record. After 429 or a refused token no further call is made; the rest gets the same answer."""
        stopped: Deletion | None = None
        for ref in expected:
            if stopped is not None:
                problem = Problem(stopped.problem.code, ref, facts=stopped.problem.facts) if stopped.problem else None
                yield Deletion(ref, stopped.outcome, stopped.retryable, stopped.retry_after, problem)
                continue
            display = self._parts.existing([ref]).get(ref)
            found = self._parts.fingerprints([ref]).get(ref) if display else None
            if display is None or found is None:
                yield Deletion(ref, "already_absent")
            elif found != expected[ref]:
                yield Deletion(ref, "changed", problem=Problem("changed_at_source", ref))
            elif dry_run:
                yield Deletion(ref, "queued")
            else:
                answer = self._asked(ref, display)
                if answer.problem is not None and answer.problem.facts.get("status") in {401, 429}:
                    stopped = answer
                yield answer

    def _asked(self, ref: str, display: str) -> Deletion:
        require_time(self.until)
        try:
            answer = self._client.delete(f"/api/v1/accounts/{self._place.account}/conversations/{display}")
        except httpx2.HTTPError as error:
            facts = {"host": self._host, "reason": type(error).__name__}
            return Deletion(ref, "failed", retryable=True, problem=Problem("api_no_answer", ref, facts=facts))
        return self._settled(ref, answer)

    def _settled(self, ref: str, answer: httpx2.Response) -> Deletion:
        status, facts = answer.status_code, {"status": answer.status_code}
        if status in {200, 202, 204}:
            return Deletion(ref, "queued")
        if status in {401, 403}:
            return Deletion(ref, "refused", problem=Problem("api_refused", ref, facts=facts))
        if status == 404:
            if ref not in self._parts.existing([ref]):
                return Deletion(ref, "already_absent")
            return Deletion(ref, "failed", problem=Problem("api_unknown_record", ref, facts=facts))
        if status == 429:
            wait = retry_after(answer.headers.get("retry-after"), self._now())
            return Deletion(ref, "failed", True, wait, Problem("api_too_many", ref, facts=facts))
        wait = retry_after(answer.headers.get("retry-after"), self._now())
        return Deletion(ref, "failed", status >= 500, wait, Problem("api_failed", ref, facts=facts))

    def probe(self) -> Probe:
        """Whose token it is, what the application is, and what the reading role sees. Only questions."""
        problems: list[Problem] = []
        rights: list[str] = []
        version, skew = "", None
        try:
            skew = probe.clock_skew(self._server)
            version = probe.version(self._server)
        except SourceError as error:
            problems.append(Problem(error.code, facts=error.facts))
        try:
            self._ask_application(problems, rights)
        except httpx2.HTTPError as error:
            problems.append(Problem("host_unreachable", facts={"host": self._host, "reason": type(error).__name__}))
        if self._disk.root is not None and not self._disk.root.is_dir():
            problems.append(Problem("folder_missing", facts={"path": str(self._disk.root)}))
        return Probe(version, rights, skew, {}, problems + deleting_probe.late(skew))

    def _ask_application(self, problems: list[Problem], rights: list[str]) -> None:
        told = _json(self._client.get("/api")).get("version")
        numbers = tuple(int(number) for number in re.findall(r"\d+", str(told or ""))[:2])
        if numbers and numbers < OLDEST:
            problems.append(Problem("api_too_old", facts={"version": str(told)}))
        before = self._now()
        profile = self._client.get("/api/v1/profile")
        problems += self._late(profile, before)
        accounts = _json(profile).get("accounts") if profile.status_code == 200 else None
        roles = {entry.get("id"): entry.get("role") for entry in accounts or () if isinstance(entry, dict)}
        if roles.get(self._place.account) != "administrator":
            problems.append(Problem("api_not_administrator", facts={"account": self._place.account}))
        else:
            rights.append("administrator by API")

    def _late(self, answer: httpx2.Response, before: datetime) -> list[Problem]:
        """The web server's clock, to a second; it may be another machine than the database's."""
        there = _http_date(answer.headers.get("date"))
        return deleting_probe.late(there - before) if there is not None else []

    def close(self) -> None:
        self._client.close()
        self._server.close()


def retry_after(said: str | None, now: datetime) -> float | None:
    """Seconds to wait, from the header's seconds or HTTP date (RFC 9110, 10.2.3); None for what is neither."""
    text = (said or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    when = _http_date(text)
    return max(timedelta(0), when - now).total_seconds() if when is not None else None


def _http_date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
