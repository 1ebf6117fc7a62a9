"""What a certificate (Berita Acara Pemusnahan Dokumen) says, as plain values: the shape that the apps above fill in.

No Django here. Everything is JSON: instants as ISO 8601 with offset, days as `YYYY-MM-DD`, digests as lower-case hex.
Nothing here holds customer content, a customer's name or a phone number; people named are staff and the client's
approvers. Texts that are printed as they are (reasons, places) come in the language of the certificate.

    draft_certificate(user=…, at=…, act="source", client=…, order_ref="records.disposalorder:12",
                      facts=CertificateFacts(...), lines=(Line(...), ...))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NotRequired, TypedDict

FORMAT: Final = "kendali/1/berita-acara"

# Every end of a line (I6). "deleted" on a certificate of act "backup" is printed as "dimusnahkan" (destroyed).
ENDS: Final = (
    "deleted", "already_absent", "taken_out", "held", "changed", "cancelled", "refused", "failed", "unknown",
)  # fmt: skip
# No end: a draft may have such lines, a certificate that goes out for signature may not.
OPEN_ENDS: Final = ("waiting", "queued")
VERDICTS: Final = (*ENDS, *OPEN_ENDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record of the list, in the order of the approved list.

    `ref` is the record's id at the source (`source` its name there), exactly as it was approved; `keyed_digest` 32
    bytes HMAC of the version that was verified; `clock` the instant its period ran from, `due_on` the local day from
    which it may go, `ended_at` when the verdict was measured (deleted lines: when the read-back missed it).
    `measured` is short: {"rows": [12, 0], "files": [2, 0]} (seen before, there after), {"hold": "TGH-2026-0003"},
    {"reason": "…code…"}, {"epoch": 7}.
    """

    ref: str
    source: str
    verdict: str
    keyed_digest: bytes
    clock: datetime | None = None
    due_on: date | None = None
    ended_at: datetime | None = None
    size: int = 0  # bytes
    seconds: float = 0  # length of a recording
    measured: Mapping[str, object] = field(default_factory=dict)


class Totals(TypedDict):
    """Counted by whoever carried it out, not from the lines: the register compares both (I6)."""

    proposed: int
    deleted: int
    already_absent: int
    taken_out: int
    held: int
    changed: int
    cancelled: int
    refused: int
    failed: int
    unknown: int
    bytes: int  # of what was deleted or destroyed
    seconds: int  # of recordings deleted or destroyed; 0 for conversations


class Person(TypedDict):
    """Copied as it was then; people leave and change their roles."""

    user_id: int | None
    name: str
    position: str
    employee_number: NotRequired[str]  # NIK karyawan, never the national NIK
    on_behalf_of: NotRequired[str]  # printed "a.n."


class SourceSystem(TypedDict):
    """Field 4: place, system."""

    name: str
    kind: str
    version: str
    account: str  # which account or inbox there; "" where the system has none
    place: NotRequired[str]  # host or folder, without credentials


class Basis(TypedDict):
    """Field 5: what it rests on. Each a printed line."""

    clauses: list[str]  # "5.3", "5.4"
    policy: str  # "Retensi riwayat percakapan v3: hapus setelah 2 tahun"
    policy_version: int
    decision: NotRequired[str]  # number of the proposal that the client said Ya to
    order: str  # number of the deletion or destruction order (ESP-…, EPS-…)
    contract: NotRequired[str]
    regulations: NotRequired[list[str]]


class Approval(TypedDict):
    """Field 9: one per approver of the client, in order."""

    number: str  # of the proposal (UP-…, UPS-…)
    decided_at: str
    name: str
    position: str
    on_behalf_of: NotRequired[str]
    way: str  # login | link | letter
    list_digest: str  # SHA-256 of the list that was approved
    list_count: int
    valid_until: str


class Package(TypedDict):
    """Field 10: the verified backup of these records."""

    number: str
    written_on: str
    place: str
    sha256: str  # of the bag's tag manifest
    records: int
    verified_at: str
    drilled_at: str | None
    drill: str  # "25 catatan dipulihkan, cocok"; "" when not drilled
    destroyed_at: str | None  # local day; act backup, or an erasure


class Checks(TypedDict):
    """Field 11: period and holds as they were looked at for each record, cases and prohibitions as its owner declares
    with approval and signature. False never reaches a certificate's deleted lines."""

    retention_passed: bool
    no_hold: bool
    no_case: bool
    no_prohibition: bool
    checked_at: str
    exempt: NotRequired[str]  # why the period did not have to pass: an erasure request, the end of the contract


class Method(TypedDict):
    """Field 12."""

    how: str  # sql | api | files | by_hand | keys (cryptographic erasure of our own packages); several with a +
    tool: str  # "Kendali 0.1.0"
    leaves_behind: list[str]  # what the source keeps, declared by its connector; printed


class Recheck(TypedDict):
    days: int
    due_on: str
    done_at: str | None
    seen_again: int | None


class Verification(TypedDict):
    """Field 13: the look afterwards, apart from the act."""

    how: str  # read_back | read_failed (destroyed copies) | letter
    first_at: str
    last_at: str
    checked: int  # records looked for
    found: int  # of them still there
    read_backs: int  # how often each was looked for
    rechecks: list[Recheck]


class SlotAnswer(TypedDict):
    """Act backup: one place of the epoch master and what it answered when the old master was looked for."""

    place: str
    kind: str
    answer: str  # gone | pending …
    at: str | None


class Destruction(TypedDict):
    """Act backup: how the copies were made unreadable."""

    epochs: list[int]  # in which the keys are absent
    slots: list[SlotAnswer]
    copies: list[str]  # registered offline copies and what became of each
    old_keys_may_exist: list[str]  # e.g. "backup basis data sampai 20 Desember 2026"
    proof: str  # the failed read, the neighbour that opened, the unchanged digest, in one sentence
    packages: NotRequired[list[str]]  # what became of each package, one sentence each
    returned: NotRequired[list[str]]  # exports that were handed to the client before, counted


class Problem(TypedDict):
    """Field 14: one line per verdict and reason."""

    verdict: str
    reason: str
    count: int


class CertificateFacts(TypedDict):
    """All that the page, the PDF and the verifier know of it beside number, signatures and digests."""

    organisation: NotRequired[str]  # field 1, kop; default: the setting organisation.name
    owner_unit: str  # field 1: unit pemilik
    record_class: str  # conversation | recording (field 7)
    channels: list[str]  # field 7
    period_first: str  # field 7: local days of the oldest and newest record
    period_last: str
    zone: str  # Asia/Jakarta …
    started_at: str  # field 3: begin and end of the act
    finished_at: str
    sources: list[SourceSystem]  # field 4
    basis: Basis  # field 5
    totals: Totals  # field 8
    approvals: list[Approval]  # field 9; [] only for an erasure request decided otherwise
    packages: list[Package]  # field 10
    checks: Checks  # field 11
    method: Method  # field 12
    verification: Verification  # field 13
    problems: list[Problem]  # field 14
    proposer: Person  # who proposed (separation of duties; is no witness)
    executor: Person  # field 15: pelaksana, signs
    owner: NotRequired[Person]  # field 16: a named owner; else any document owner or Team Leader of the client
    destruction: NotRequired[Destruction]  # act backup
    erasure_request: NotRequired[str]  # number of the customer's erasure request (UU 27/2022)
    other_act: NotRequired[str]  # "belum musnah seluruhnya" or the number of the other act's certificate
    notes: NotRequired[list[str]]
