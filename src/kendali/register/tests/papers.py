"""A whole Berita Acara for tests: facts, lines, and everybody's signature."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from kendali.accounts.models import User
from kendali.register import actions
from kendali.register.facts import ENDS, CertificateFacts, Line, Totals
from kendali.register.models import Certificate
from kendali.register.proving import Proof
from tests.cast import Cast

MIXED = ("deleted", "deleted", "deleted", "already_absent", "taken_out", "held", "changed", "failed")


def scan(words: str) -> bytes:
    """The smallest whole PDF there is: what came from a scanner."""
    body = f"%PDF-1.7\n% {words}\n1 0 obj\n<<>>\nendobj\n".encode()
    return body + b"xref\n0 1\ntrailer\n<<>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def line(number: int, verdict: str, at: datetime) -> Line:
    return Line(
        ref=f"{4100 + number}",
        source="Chatwoot Nusantara",
        verdict=verdict,
        keyed_digest=hashlib.sha256(f"digest {number}".encode()).digest(),
        clock=at - timedelta(days=900, minutes=number),
        due_on=(at - timedelta(days=168)).date(),
        ended_at=at - timedelta(hours=1, seconds=-number % 1800),
        size=14_300 + number,
        measured={"rows": [12, 0 if verdict == "deleted" else 12], "files": [1, 0]},
    )


def many(verdicts: Sequence[str], at: datetime) -> list[Line]:
    return [line(number, verdict, at) for number, verdict in enumerate(verdicts, start=1)]


def totals(verdicts: Iterable[str], **changes: int) -> Totals:
    counted = Counter(verdicts)
    found = {end: counted[end] for end in ENDS} | {"proposed": sum(counted.values()), "bytes": 7_100_000, "seconds": 0}
    return found | changes  # type: ignore[return-value]


def person(user: User) -> dict[str, Any]:
    return {
        "user_id": user.pk,
        "name": user.name,
        "position": user.position,
        "employee_number": user.employee_number,
    }


def facts(cast: Cast, sums: Totals, **changes: Any) -> CertificateFacts:
    """A deletion of conversations by SQL, over an hour ago; `changes` replace whole fields."""
    at = cast.now
    begin, end = at - timedelta(hours=2), at - timedelta(hours=1)
    made: dict[str, Any] = {
        "organisation": "PT Suara Nusantara Contact Centre",
        "owner_unit": "Operasional",
        "record_class": "conversation",
        "channels": ["WhatsApp", "Web"],
        "period_first": "2024-01-02",
        "period_last": "2024-06-30",
        "zone": "Asia/Jakarta",
        "started_at": begin.isoformat(),
        "finished_at": end.isoformat(),
        "sources": [
            {"name": "Chatwoot Nusantara", "kind": "Chatwoot", "version": "4.10", "account": "1", "place": "omni-db"}
        ],
        "basis": BASIS,
        "totals": sums,
        "approvals": [approval(at, sums["proposed"])],
        "packages": [package(number, at) for number in (12, 13)],
        "checks": dict.fromkeys(("retention_passed", "no_hold", "no_case", "no_prohibition"), True)
        | {"checked_at": end.isoformat()},
        "method": {
            "how": "sql",
            "tool": "Kendali 0.1.0",
            "leaves_behind": ["Kontak nasabah di Chatwoot", "Backup basis data sumber"],
        },
        "verification": verification(begin, end, sums),
        "problems": [
            {"verdict": "held", "reason": "TGH-2026-0003, sengketa", "count": sums["held"]},
            {"verdict": "failed", "reason": "sumber tidak menjawab", "count": sums["failed"]},
        ],
        "proposer": person(cast.tari),
        "executor": person(cast.indra),
        "other_act": "Salinan backup belum musnah: hidup sampai 20 November 2028",
    }
    return made | changes  # type: ignore[return-value]


BASIS = {
    "clauses": ["5.3"],
    "policy": "Retensi riwayat percakapan v3: hapus setelah 2 tahun",
    "policy_version": 3,
    "decision": "UP-2026-0007",
    "order": "ESP-2026-0004",
    "contract": "PKS 012/BN/2023",
    "regulations": ["UU 27/2022 Pasal 43-44", "PP 87/1999 Pasal 10"],
}


def approval(at: datetime, count: int) -> dict[str, Any]:
    return {
        "number": "UP-2026-0007",
        "decided_at": (at - timedelta(days=3)).isoformat(),
        "name": "Clara Wijaya",
        "position": "Contact Centre Head",
        "way": "login",
        "list_digest": hashlib.sha256(b"list").hexdigest(),
        "list_count": count,
        "valid_until": (at + timedelta(days=27)).isoformat(),
    }


def package(number: int, at: datetime) -> dict[str, Any]:
    return {
        "number": f"PKT-2026-09{number}",
        "written_on": "2026-02-03",
        "place": f"packages/bank-nusantara/2024-0{number - 10}",
        "sha256": hashlib.sha256(b"bag %d" % number).hexdigest(),
        "records": 2000,
        "verified_at": (at - timedelta(days=200)).isoformat(),
        "drilled_at": (at - timedelta(days=199)).isoformat(),
        "drill": "25 catatan dipulihkan, cocok",
        "destroyed_at": None,
    }


def verification(begin: datetime, end: datetime, sums: Totals) -> dict[str, Any]:
    return {
        "how": "read_back",
        "first_at": begin.isoformat(),
        "last_at": end.isoformat(),
        "checked": sums["proposed"],
        "found": sums["proposed"] - sums["deleted"] - sums["already_absent"],
        "read_backs": 1,
        "rechecks": [
            {"days": 7, "due_on": "2026-11-27", "done_at": None, "seen_again": None},
            {"days": 30, "due_on": "2026-12-20", "done_at": None, "seen_again": None},
        ],
    }


def drafted(
    cast: Cast, verdicts: Sequence[str] = MIXED, order: str = "records.disposalorder:1", **changes: Any
) -> Certificate:
    return actions.draft_certificate(
        user=cast.dewi,
        at=cast.now,
        act=changes.pop("act", "source"),
        client=changes.pop("client", cast.nusantara),
        order_ref=order,
        language=changes.pop("language", "id"),
        facts=facts(cast, totals(verdicts), **changes),
        lines=many(verdicts, cast.now),
    )


def proof(user: User, at: datetime) -> Proof:
    return Proof(user.pk, "password", at)


def sent(cast: Cast, verdicts: Sequence[str] = MIXED, **changes: Any) -> Certificate:
    certificate = drafted(cast, verdicts, **changes)
    actions.send_for_signature(user=cast.dewi, at=cast.now, certificate=certificate, proof=proof(cast.dewi, cast.now))
    return certificate


def signed_by(cast: Cast, certificate: Certificate, *people: User) -> None:
    for user in people:
        actions.sign(user=user, at=cast.now, certificates=[certificate], proof=proof(user, cast.now))
    certificate.refresh_from_db()


def sealed(cast: Cast, verdicts: Sequence[str] = MIXED, **changes: Any) -> Certificate:
    """Drafted by Dewi, carried out by Indra, owner Tari, witnesses Rahma and Aulia, acknowledged by Maya."""
    certificate = sent(cast, verdicts, **changes)
    signed_by(cast, certificate, cast.indra, cast.tari, cast.rahma, cast.aulia, cast.maya)
    return certificate


def completed(
    cast: Cast, certificate: Certificate, at: datetime, *, executor: User | None = None, owner: User | None = None
) -> Certificate:
    """A draft of whatever order, sent out and signed by everybody at this instant: sealed."""
    actions.send_for_signature(user=cast.dewi, at=at, certificate=certificate, proof=proof(cast.dewi, at))
    for user in (executor or cast.indra, owner or cast.tari, cast.rahma, cast.aulia, cast.maya):
        actions.sign(user=user, at=at, certificates=[certificate], proof=proof(user, at))
    certificate.refresh_from_db()
    assert certificate.status == "sealed"
    return certificate
