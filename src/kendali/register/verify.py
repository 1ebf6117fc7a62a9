"""Check certificates, proofs and dossiers offline: no database, no Django, no network.

Given are any of: the sealed PDF, a proof (JSON), the whole list (CSV, XLSX), an anchor of the audit trail (JSON from
the write-once store), or a dossier (ZIP) with them. Everything that fits together is compared.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kendali.register import merkle, rules, verify_dossier
from kendali.register.facts import ENDS, FORMAT
from kendali.register.findings import Finding as Finding
from kendali.register.pdf_seal import BadPdf, Seal, attachment, read_seal

PROOF_FORMAT: Final = "kendali/1/proof"
ANCHOR_FORMAT: Final = "kendali/1/audit-anchor"
LIST_HEAD: Final = "position,source,ref,clock,due_on,ended_at,verdict,"
BIGGEST_MEMBER: Final = 2_000_000_000  # bytes of one file in a dossier


@dataclass(slots=True)
class Given:
    """The files, sorted by what they are."""

    certificates: list[tuple[str, bytes]] = field(default_factory=list)
    proofs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    anchors: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lists: list[tuple[str, bytes]] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)  # SHA-256 → name, of every file
    dossiers: list[verify_dossier.Dossier] = field(default_factory=list)
    broken: list[Finding] = field(default_factory=list)


def check(paths: Sequence[Path], *, trust: Path | None = None) -> list[Finding]:
    """What was found, in order. Good when no finding has ok False (and at least one is True)."""
    given = Given()
    for path in paths:
        for name, data in _members(path, given):
            _sort(name, data, given)
    found = list(given.broken)
    evidences: dict[str, dict[str, Any]] = {}
    for name, data in given.certificates:
        evidence = _gathered(found, _certificate(name, data, given, trust))
        if evidence is not None:
            evidences[evidence["number"]] = evidence
    for name, proof in given.proofs:
        found += _proof(name, proof, evidences)
    for dossier in given.dossiers:
        found += verify_dossier.check(dossier, evidences, trust)
    if not (given.certificates or given.proofs or given.dossiers):
        found.append(Finding(False, "files", "There is no certificate and no proof among the files."))
    return found


def _gathered(found: list[Finding], steps: Iterator[Finding | dict[str, Any]]) -> dict[str, Any] | None:
    """Collect the findings of one certificate; its evidence, when it has one that can be read."""
    evidence = None
    for step in steps:
        if isinstance(step, Finding):
            found.append(step)
        else:
            evidence = step
    return evidence


def _members(path: Path, given: Given) -> Iterator[tuple[str, bytes]]:
    data = path.read_bytes()
    if not data.startswith(b"PK\x03\x04") or path.suffix.lower() == ".xlsx":
        yield path.name, data
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            dossier = verify_dossier.Dossier(path.name)
            given.dossiers.append(dossier)
            for info in archive.infolist():
                if info.is_dir():
                    continue
                if info.file_size > BIGGEST_MEMBER:
                    given.broken.append(Finding(False, info.filename, "The file in the dossier is too large."))
                    continue
                member = archive.read(info)
                dossier.add(info.filename, member)
                yield info.filename, member
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        given.broken.append(Finding(False, path.name, f"The dossier is damaged: {error}"))


def _sort(name: str, data: bytes, given: Given) -> None:
    given.digests[hashlib.sha256(data).hexdigest()] = name
    if data.startswith(b"%PDF-"):
        if attachment(data) is not None:
            given.certificates.append((name, data))
        elif name.lower().rpartition("/")[2].startswith(("berita-acara", "ba-")):
            given.broken.append(Finding(False, name, "This PDF does not carry what a sealed certificate carries."))
    elif data.startswith(LIST_HEAD.encode()):
        given.lists.append((name, data))
    elif name.lower().endswith(".json"):
        _sort_json(name, data, given)


def _sort_json(name: str, data: bytes, given: Given) -> None:
    try:
        value = json.loads(data)
    except ValueError:
        given.broken.append(Finding(False, name, "This is not JSON."))
        return
    kind = value.get("format") if isinstance(value, dict) else None
    if kind == PROOF_FORMAT:
        given.proofs.append((name, value))
    elif kind == ANCHOR_FORMAT:
        given.anchors.append((name, value))


def _certificate(name: str, data: bytes, given: Given, trust: Path | None) -> Iterator[Finding | dict[str, Any]]:
    try:
        seal = read_seal(data, trust)
        text = attachment(data) or b""
        evidence = _evidence(text)
    except (BadPdf, ValueError, KeyError, TypeError) as error:
        yield Finding(False, name, f"It cannot be read as a certificate: {error}")
        return
    yield from _seal(name, seal, trust)
    yield Finding(
        seal.subject == f"{evidence['number']} {evidence['merkle_root']}",
        name,
        f"Certificate {evidence['number']} of {evidence['client']}: paper and attached facts name the same root.",
    )
    yield from _contents(name, evidence)
    yield from _chain(name, evidence, given)
    yield from _lists(name, evidence, given)
    yield evidence


def _evidence(text: bytes) -> dict[str, Any]:
    value = merkle.told_line(text)
    if value.get("format") != FORMAT:
        raise ValueError(f"the attached facts are not {FORMAT}")
    return dict(value)


def _seal(name: str, seal: Seal, trust: Path | None) -> Iterator[Finding]:
    yield Finding(seal.intact and seal.valid, name, "PAdES signature: the sealed bytes are unchanged.")
    yield Finding(seal.whole, name, "The seal covers the whole file; nothing was added after it.")
    if trust is None:
        text = f"Whose seal: {seal.signer}, SHA-256 {seal.fingerprint}. Compare it, or give --trust AUTHORITY.pem."
        yield Finding(None, name, text)
    else:
        yield Finding(seal.trusted, name, f"The seal of {seal.signer} was issued by the authority in {trust.name}.")
    stamped = (
        f"Time-stamp: {seal.stamped}." if seal.stamped else f"No time-stamp; the sealing machine says {seal.claimed}."
    )
    yield Finding(True if seal.stamped else None, name, stamped)


def _contents(name: str, evidence: Mapping[str, Any]) -> Iterator[Finding]:
    totals = evidence["totals"]
    verdict = rules.adds_up(totals)
    told = " + ".join(f"{totals[end]} {end}" for end in ENDS)
    yield Finding(verdict.ok, name, f"Totals: {totals['proposed']} proposed = {told}.")
    same = all(evidence["facts"]["totals"][key] == value for key, value in totals.items())
    yield Finding(same and evidence["leaf_count"] == totals["proposed"], name, "The facts give the same totals.")
    signatures = evidence["signatures"]
    left = rules.missing(
        [one["part"] for one in signatures], witnesses=evidence["witnesses"], client_signs=evidence["client_signs"]
    )
    people = len({(one["name"], one["employee_number"]) for one in signatures}) == len(signatures)
    one_text = {one["pdf_sha256"] for one in signatures} == {evidence["signed_pdf_sha256"]}
    who = ", ".join(f"{one['name']} ({one['part']})" for one in signatures)
    yield Finding(not left and people and one_text, name, f"Signed by different people, all the same text: {who}.")


def _chain(name: str, evidence: Mapping[str, Any], given: Given) -> Iterator[Finding]:
    chain = evidence.get("chain") or {}
    entry, head = chain.get("entry"), str(chain.get("hash", ""))
    formed = isinstance(entry, int) and entry > 0 and len(bytes.fromhex(head)) == merkle.SIZE
    yield Finding(formed, name, f"It names the head of the audit trail: entry {entry}, {head}.")
    anchors = [(place, one) for place, one in given.anchors if one.get("entry") == entry]
    if not anchors:
        where = chain.get("place", "?")
        yield Finding(None, name, f"The anchor was not given; in the write-once store it is {where}.")
    for place, one in anchors:
        yield Finding(one.get("hash") == head, name, f"The anchor {place} has the same head.")


def _lists(name: str, evidence: Mapping[str, Any], given: Given) -> Iterator[Finding]:
    mine = [(place, data) for place, data in given.lists if hashlib.sha256(data).hexdigest() == evidence["csv_sha256"]]
    if not mine:
        given_one = f"{given.lists[0][0]} is another list." if given.lists else "It was not given."
        ok = False if given.lists and len(given.certificates) == 1 else None
        yield Finding(ok, name, f"The whole list (CSV, SHA-256 {evidence['csv_sha256']}): {given_one}")
    for place, data in mine:
        yield from _list(name, place, data, evidence)
    if evidence["xlsx_sha256"] in given.digests:
        yield Finding(True, name, f"{given.digests[evidence['xlsx_sha256']]} is the list as XLSX.")


def _list(name: str, place: str, data: bytes, evidence: Mapping[str, Any]) -> Iterator[Finding]:
    tree, counted = merkle.Root(), Counter[str]()
    for row in csv.DictReader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")):
        tree.add(bytes.fromhex(row["leaf"]))
        counted[row["verdict"]] += 1
    same = tree.digest().hex() == evidence["merkle_root"] and tree.count == evidence["leaf_count"]
    yield Finding(same, name, f"{place}: {tree.count} lines give the root of the certificate.")
    agrees = all(counted[end] == evidence["totals"][end] for end in ENDS)
    yield Finding(agrees, name, f"{place}: its lines by verdict are the totals of the certificate.")


def _proof(name: str, proof: Mapping[str, Any], evidences: Mapping[str, Mapping[str, Any]]) -> Iterable[Finding]:
    try:
        line = merkle.canonical(proof["line"])
        one = merkle.leaf(line, bytes.fromhex(proof["blind"]))
        beside = [bytes.fromhex(step) for step in proof["path"]]
        top, index, count = bytes.fromhex(proof["merkle_root"]), proof["position"] - 1, proof["leaf_count"]
        ok = merkle.included(one, index, count, beside, top) and proof["line"]["certificate"] == proof["certificate"]
        told = proof["line"]
    except (KeyError, ValueError, TypeError) as error:
        return [Finding(False, name, f"The proof cannot be read: {error}")]
    text = (
        f"Record {told['ref']} of {told['source']}, {told['verdict']} {told['ended_at']}, is line {proof['position']} "
    )
    found = [Finding(ok, name, text + f"of {count} under the root {proof['merkle_root']}.")]
    certificate = evidences.get(proof["certificate"])
    if certificate is None:
        text = f"The root was not compared with a signed certificate: give the PDF of {proof['certificate']}, too."
        return [*found, Finding(None, name, text)]
    same = certificate["merkle_root"] == proof["merkle_root"] and certificate["leaf_count"] == count
    return [*found, Finding(same, name, f"{proof['certificate']} was signed and sealed with this root.")]
