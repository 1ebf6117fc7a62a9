"""The smallest interface that serves every source. Plain Python, no Django: values in, values out.

The engine owns retries, approvals, storage and journal; a connector only looks and copies, a deleter only deletes.
All instants are aware UTC datetimes. A *ref* is the source's own stable id of one record, as text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

RecordClass = Literal["conversation", "recording"]
DeletesBy = Literal["sql", "api", "files", "by_hand", "none"]
State = Literal["open", "pending", "snoozed", "resolved"]  # recordings are always "resolved"


class SourceError(Exception):
    """A source could not do what was asked. `code` is stable, `facts` fill the sentence shown to a person."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(f"{code} {facts}" if facts else code)
        self.code = code
        self.facts = facts


class TooLate(Exception):
    """A deleter's time is over, and with it the locks under which it was allowed to delete: ask again."""


UNDONE_AFTER = 2.0  # seconds: a database gives up a deletion that hangs between its check of the time and its commit


def require_time(until: float | None) -> None:
    """Asked by a deleter just before each step that cannot be undone; see Deleter.until. Raises TooLate."""
    if until is not None and time.monotonic() > until:
        raise TooLate


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one record or one source; never skipped silently. Codes: see `problems.py`."""

    code: str
    ref: str = ""
    part: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    record_class: RecordClass
    reads_by: Literal["sql", "files", "api"]
    deletes_by: DeletesBy
    delete_is_async: bool = False
    verify: Literal["full", "record_only", "none"] = "full"
    keyset: bool = True
    soft_delete_days: int = 0
    native_retention: bool = False
    sees_files: bool = True
    max_rps: float | None = None
    leaves_behind: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A thing of a record at the source, named well enough to find it again and no better: no content, no phone number.

    row: `table:id,id,…` · blob: `service:key` of an object in a storage · file: a path below the source's folder.
    """

    kind: Literal["row", "file", "blob"]
    name: str


@dataclass(frozen=True, slots=True)
class PartState:
    """What a look found. `shared`: it is there, but only as part of another record, so it is gone from this one."""

    part: Part
    state: Literal["gone", "present", "cannot_see"]
    shared: bool = False


Outcome = Literal["deleted", "queued", "already_absent", "changed", "held", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Deletion:
    """What the source answered for one record; never a proof, that is `Deleter.absent` alone.

    queued: settled later by looking. already_absent: it was not there *before* our call. changed: its content is not
    the expected, and it was not touched. held: the source itself keeps it. refused: the source does not let us.
    `retry_after` in seconds, as the source asked.
    """

    ref: str
    outcome: Outcome
    retryable: bool = False
    retry_after: float | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """What a look at the source found; nothing was written there. `problems` empty = usable.

    `warnings` say what a person should know although the source can be used (a role that may also write, files that no
    call record names). `clock_skew` = the source's clock minus this host's.
    """

    version: str
    rights: Sequence[str]
    clock_skew: timedelta | None
    counts: Mapping[str, int]
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """Everything strictly older than `instant`, by the rule's date field."""

    instant: datetime
    field: Literal["started_at", "last_activity_at"] = "started_at"


@dataclass(frozen=True, slots=True)
class Listed:
    """One record as the source lists it: enough for the catalogue, no content."""

    ref: str
    started_at: datetime | None  # oldest message; start of the call
    last_activity_at: datetime | None  # last message; end of the call
    modified_at: datetime | None  # newest modification the source admits to
    state: State = "resolved"
    display: str = ""  # the number people know it by, e.g. Chatwoot's display_id
    channel: str = ""
    agent: str = ""
    customer_name: str = ""
    customer_phone: str = ""
    parts: int = 0  # messages, or audio files
    size: int | None = None  # bytes of its files where the source knows them


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a record. `open` may be called once per attempt; `path` where it is a local file (allows processes).

    Opening and reading may raise OSError or SourceError: the sink then seals nothing of this unit, answers with a
    problem (`file_unreadable`, or the SourceError's code) and goes on with the next. A file whose bytes are not exactly
    `size` long is a problem, too (`file_changed_while_copying`).
    """

    name: str
    size: int
    open: Callable[[], BinaryIO]
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """What is sealed under one key: a recording (call facts + its audio files), or one attachment."""

    ref: str
    part: str
    files: Sequence[SourceFile]
    facts: Mapping[str, object] = field(default_factory=dict)  # JSON values; stored inside the sealed unit


@dataclass(frozen=True, slots=True)
class FileDigest:
    name: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class UnitResult:
    ref: str
    part: str
    files: Sequence[FileDigest]
    problems: Sequence[Problem] = ()


class Sink(Protocol):
    """Where a snapshot goes; the archive's package writer implements it."""

    def table(self, name: str, batch: pa.RecordBatch) -> None:
        """Rows of one source table, first column `_ref` (utf8), all batches of a table in ascending `_ref` order
        (same order for every table: the order of `refs` given to snapshot). Column metadata
        ``kendali.volatile=1`` marks what the fingerprint leaves out."""

    def units(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        """Seal files; results come back in the order given, possibly several units later (they run in parallel)."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was copied of one record. `problems` non-empty: this record is not completely backed up."""

    ref: str
    fingerprint: bytes  # 32 bytes, kendali.fingerprint
    covered_until: datetime | None  # newest content instant inside the copy
    modified_at: datetime | None
    problems: Sequence[Problem] = ()


class Connector(Protocol):
    def capabilities(self) -> Capabilities: ...

    def probe(self) -> Probe:
        """Never raises for what a person can repair: an unreachable host is a problem in the answer."""

    def unclaimed(self) -> Iterator[Problem]:
        """What lies at the source and belongs to no record (a recording no call record names); one problem each."""

    def due(self, cut: Cut | None, after: str, limit: int) -> Sequence[Listed]:
        """One keyset page ordered by the source's own id, strictly after `after` ('' = from the start);
        cut None = everything, also what has no date. Only an empty page is the end. Raises SourceError."""

    def oldest_uncovered(self, covered: Mapping[str, datetime]) -> Mapping[str, datetime | None]:
        """ref → instant of the oldest content newer than what a backup already covers (None: nothing newer)."""

    def snapshot(self, refs: Sequence[str], sink: Sink) -> Iterator[Snapshot]:
        """Copy records with all their parts into the sink. A record that cannot be read comes back with problems;
        a source that is gone raises SourceError. A constant number of queries per thousand records."""

    def fingerprints(self, refs: Sequence[str]) -> Mapping[str, bytes]:
        """The same function as in `snapshot`, nothing copied; a ref that is absent is missing in the answer."""

    def search(self, text: str, limit: int) -> Sequence[str]:
        """Refs whose content has this text, newest first; [] where the source has no text."""

    def close(self) -> None: ...


class Deleter(Protocol):
    """Opened with the deleting credentials, on workers only (`registry.open_deleter`).

    The order of work: `parts` is stored, then `delete`, then `absent` over what was stored. Where a worker died after
    `delete` began: `finish` with what was stored, then `absent`. SourceError anywhere = the source is gone, and what
    happened to a record without an answer is settled by `absent`.

    `until`: by time.monotonic(), up to when `delete` and `finish` may take anything away; None: always. Afterwards they
    raise TooLate: a process that was put to sleep in between wakes up in a world where a hold may have been placed.
    """

    until: float | None

    def capabilities(self) -> Capabilities: ...

    def probe(self) -> Probe:
        """Whether the rights to delete are really held, and the clock. Deletes nothing, never raises."""

    def parts(self, refs: Sequence[str]) -> Mapping[str, Sequence[Part]]:
        """What is there now of each record, derived copies included; a ref that is absent is missing in the answer."""

    def delete(self, expected: Mapping[str, bytes], *, dry_run: bool = False) -> Iterator[Deletion]:
        """`expected`: ref → fingerprint it must still have, looked at again by the source's own means just before.

        One answer per ref, in any order. One record that is stale, busy or refused never stops the others.
        dry_run: the same answers ("deleted" = would be), and nothing is changed.
        """

    def finish(self, parts: Mapping[str, Sequence[Part]]) -> None:
        """Take away the files of a deletion that was cut off: those of the list whose rows are gone, and nothing else.
        Without effect where the source deletes them itself."""

    def absent(self, parts: Mapping[str, Sequence[Part]]) -> Mapping[str, Sequence[PartState]]:
        """Look for every part again, with no trust in any answer of `delete`. Also names (as present) rows that hang on
        the record and were not in the list. A shared file (see PartState) is not counted as left."""

    def close(self) -> None: ...
