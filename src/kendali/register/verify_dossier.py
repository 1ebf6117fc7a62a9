"""Check a dossier (berkas bukti) offline: its signed sums, the approved list, the outcomes, the audit trail.

The sums say that nothing was changed, taken away or added; their signature, that nobody wrote new ones. What the parts
say of each other is computed again: the digest that the client signed, the totals, and every entry's own hash.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from asn1crypto import cms
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko.sign.validation.errors import SignatureValidationError

from kendali.register.facts import ENDS
from kendali.register.findings import Finding
from kendali.register.pdf_seal import context

SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SHA256SUMS.p7s"
LIST: Final = "1-usulan/daftar.csv"
OUTCOMES: Final = "7-pelaksanaan/hasil.csv"
TRAIL: Final = "jejak-audit.jsonl"
KEPT: Final = (SUMS, SIGNATURE, LIST, OUTCOMES, TRAIL)
# The columns of an entry in the order in which the database hashed them.
COLUMNS: Final = (
    "id", "at", "actor_id", "actor_name", "role", "on_behalf_of", "verb", "object_type", "object_id", "object_label",
    "client_id", "facts",
)  # fmt: skip


@dataclass(slots=True)
class Dossier:
    """One ZIP: SHA-256 of every member, and the bytes of those that are looked into."""

    name: str
    digests: dict[str, str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> None:
        if name in self.digests:
            self.twice.append(name)
        self.digests[name] = hashlib.sha256(data).hexdigest()
        if name in KEPT:
            self.kept[name] = data


def check(dossier: Dossier, evidences: Mapping[str, Mapping[str, Any]], trust: Path | None) -> Iterator[Finding]:
    """`evidences`: number → what each certificate among the files says."""
    if SUMS not in dossier.kept:
        known = bool({TRAIL, "kelengkapan.json", SIGNATURE} & set(dossier.digests))
        yield Finding(False if known else None, dossier.name, "There are no sums: nothing says that it is whole.")
    else:
        yield from _sums(dossier)
        yield from _signature(dossier, trust)
    mine = [one for one in evidences.values() if _is_of(one, dossier)]
    current = _current(mine)
    for step, name in ((_approved, LIST), (_outcomes, OUTCOMES), (_trail, TRAIL)):
        if name not in dossier.kept:
            continue
        try:
            yield from step(dossier, current)
        except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
            yield Finding(False, f"{dossier.name}/{name}", f"It cannot be read: {error}")


def _is_of(evidence: Mapping[str, Any], dossier: Dossier) -> bool:
    return any(name.endswith(f"/{evidence['number']}.pdf") for name in dossier.digests)


def _current(mine: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The certificate that no other one of the dossier corrects."""
    corrected = {one.get("corrects") for one in mine}
    left = [one for one in mine if one["number"] not in corrected]
    return left[-1] if left else None


def _sums(dossier: Dossier) -> Iterator[Finding]:
    """`sha256sum` lines: every file named is there under its name, unchanged, and no other."""
    wrong = [f"{name} is there twice" for name in dossier.twice]
    named = set()
    for line in dossier.kept[SUMS].decode(errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        named.add(name)
        if dossier.digests.get(name) != digest:
            wrong.append(f"{name} is missing or changed")
    wrong += [f"{name} was added" for name in sorted(set(dossier.digests) - named - {SUMS, SIGNATURE})]
    told = "; ".join(wrong) if wrong else f"{len(named)} files are there, unchanged, and no other"
    yield Finding(not wrong and bool(named), f"{dossier.name}/{SUMS}", f"Files of the dossier: {told}.")


def _signature(dossier: Dossier, trust: Path | None) -> Iterator[Finding]:
    place = f"{dossier.name}/{SIGNATURE}"
    if SIGNATURE not in dossier.kept:
        yield Finding(False, place, "The sums are not signed: anybody could have written them.")
        return
    try:
        signed = cms.ContentInfo.load(dossier.kept[SIGNATURE], strict=True)["content"]
        status = asyncio.run(
            async_validate_detached_cms(dossier.kept[SUMS], signed, signer_validation_context=context(trust))
        )
    except (SigningError, SignatureValidationError, ValueError, KeyError, TypeError) as error:
        yield Finding(False, place, f"The signature over the sums cannot be read: {error}")
        return
    signer = f"{status.signing_cert.subject.human_friendly}, SHA-256 {status.signing_cert.sha256.hex()}"
    yield Finding(status.intact and status.valid, place, f"The sums are signed, unchanged, by {signer}.")
    if trust is not None:
        yield Finding(status.trusted, place, f"Their signer was issued by the authority in {trust.name}.")


def _rows(dossier: Dossier, name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(io.StringIO(dossier.kept[name].decode(), newline=""))


def _approved(dossier: Dossier, evidence: Mapping[str, Any] | None) -> Iterator[Finding]:
    """The digest that the client signed, from the lines again."""
    lines = sorted(_line(row).encode() for row in _rows(dossier, LIST) if row["taken_out"] == "False")
    digest = hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    place, told = f"{dossier.name}/{LIST}", f"{len(lines)} lines that the client left in give the digest {digest}"
    if evidence is None:
        yield Finding(None, place, f"{told}; there is no certificate to compare it with.")
        return
    approvals = evidence["facts"]["approvals"]
    same = bool(approvals) and all(one["list_digest"] == digest for one in approvals)
    yield Finding(same, place, f"{told}; {evidence['number']} says that the client approved this one.")


def _line(row: Mapping[str, str]) -> str:
    ref = row["ref"][1:] if row["ref"][:1] == "'" and row["ref"][1:2] in "=+-@\t\r" else row["ref"]
    ref = ref.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    clock = datetime.fromisoformat(row["clock"]).astimezone(UTC)
    return "\t".join((row["source"], ref, f"{clock:%Y-%m-%dT%H:%M:%S.%fZ}", row["due_on"], row["keyed_digest"]))


def _outcomes(dossier: Dossier, evidence: Mapping[str, Any] | None) -> Iterator[Finding]:
    counted = Counter(row["outcome"] for row in _rows(dossier, OUTCOMES))
    place = f"{dossier.name}/{OUTCOMES}"
    told = ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))
    if evidence is None:
        yield Finding(None, place, f"Outcomes: {told}; there is no certificate to compare them with.")
        return
    same = all(counted[end] == evidence["totals"][end] for end in ENDS) and not set(counted) - set(ENDS)
    yield Finding(same, place, f"Outcomes: {told}; {evidence['number']} has the same totals.")


def _trail(dossier: Dossier, evidence: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Every entry has its own hash, follows its neighbour where that one is here, and none lies about the head."""
    place = f"{dossier.name}/{TRAIL}"
    wrong, hashes, befores = [], {}, {}
    signed = set()
    for text in dossier.kept[TRAIL].decode().splitlines():
        entry = json.loads(text)
        number = int(entry["id"])
        hashes[number], befores[number] = entry["hash"], entry["prev_hash"]
        if not _own_hash(entry):
            wrong.append(f"entry {number} was changed")
        if entry["verb"] == "certificate.signed":
            signed.add((str(entry["facts"].get("number")), str(entry["facts"].get("part")), entry["actor_name"]))
    wrong += [
        f"entry {number} does not follow entry {number - 1}"
        for number, before in befores.items()
        if number - 1 in hashes and hashes[number - 1] != before
    ]
    if evidence is not None:
        wrong += _against(evidence, hashes, signed)
    told = "; ".join(wrong) if wrong else f"{len(hashes)} entries, each with its own hash and all signatures among them"
    yield Finding(not wrong and bool(hashes), place, f"Audit trail: {told}.")


def _against(evidence: Mapping[str, Any], hashes: Mapping[int, str], signed: set[tuple[str, str, str]]) -> list[str]:
    chain = evidence.get("chain") or {}
    wrong = []
    if hashes.get(int(chain.get("entry") or 0), str(chain.get("hash"))) != chain.get("hash"):
        wrong.append(f"entry {chain.get('entry')} is not the head that {evidence['number']} names")
    wrong += [
        f"the signature of {one['name']} ({one['part']}) is not in it"
        for one in evidence["signatures"]
        if (evidence["number"], one["part"], one["name"]) not in signed
    ]
    return wrong


def _own_hash(entry: Mapping[str, Any]) -> bool:
    """The hash from what the database hashed, and what is shown from the same text."""
    canonical = entry["canonical"].encode()
    if hashlib.sha256(bytes.fromhex(entry["prev_hash"]) + canonical).hexdigest() != entry["hash"]:
        return False
    told = dict(zip(COLUMNS, _netstrings(canonical), strict=True))
    shown = ("actor_name", "role", "on_behalf_of", "verb", "object_type", "object_id")
    at = datetime.fromisoformat(entry["at"])
    return (
        told["id"] == str(entry["id"])
        and all((told[name] or "") == (entry[name] or "") for name in shown)
        and json.loads(told["facts"] or "null") == entry["facts"]
        and told["at"] == str((at - datetime(1970, 1, 1, tzinfo=UTC)) // MICROSECOND)
    )


MICROSECOND: Final = datetime.resolution


def _netstrings(data: bytes) -> Iterator[str | None]:
    """`length:bytes,` one after the other; `~,` is NULL."""
    place = 0
    while place < len(data):
        if data[place : place + 2] == b"~,":
            yield None
            place += 2
            continue
        colon = data.index(b":", place)
        end = colon + 1 + int(data[place:colon])
        yield data[colon + 1 : end].decode()
        if data[end : end + 1] != b",":
            raise ValueError("not a netstring")
        place = end + 1
