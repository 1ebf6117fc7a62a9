"""Berkas bukti: everything that belongs to one disposal, in nine slots, as one ZIP that an auditor checks offline.

Each slot says whether it is complete and, if not, what is missing (records-control, "Berkas bukti"). Lists are written
from server-side cursors into the ZIP line by line; no name or phone number of a customer is in any of them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any, Final, cast
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from kendali.audit.models import Entry
from kendali.disposal.models import Proposal
from kendali.records.models import DisposalOrder, PackageCheck
from kendali.records.queries import batch_holds
from kendali.records.queries.dossier import Slot, certificates, packages, register_rows, slots
from kendali.register import files
from kendali.register.models import RegisterEntry

CHUNK: Final = 5_000
SUMS: Final = "SHA256SUMS"


def write(order: DisposalOrder, *, at: datetime) -> IO[bytes]:
    """The ZIP in a temporary file, at its start. Raises StoreError when a certificate's file cannot be read."""
    file = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - the response closes it
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            _Dossier(archive, order, at).write()
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


class _Dossier:
    """Writes file by file and remembers every digest for SHA256SUMS."""

    def __init__(self, archive: zipfile.ZipFile, order: DisposalOrder, at: datetime) -> None:
        self.archive, self.order, self.at = archive, order, at
        self.proposal: Proposal = order.proposal
        self.slots = slots(order)
        self.sums: list[tuple[str, str]] = []

    def write(self) -> None:
        steps: Sequence[Callable[[str], None]] = (
            self._proposal, self._drills, self._consideration, self._request, self._approval, self._command,
            self._journal, self._certificates, self._register,
        )  # fmt: skip
        for slot, step in zip(self.slots, steps, strict=True):
            step(slot.folder)
        self._audit()
        self._bytes("kelengkapan.json", _json([_plain_slot(slot) for slot in self.slots]))
        self._bytes("BACA-DULU.txt", self._readme().encode())
        sums = "".join(f"{digest}  {name}\n" for name, digest in self.sums)
        self.archive.writestr(SUMS, sums)

    # What goes where

    def _proposal(self, folder: str) -> None:
        self._bytes(f"{folder}/usulan.json", _json(_proposal_facts(self.proposal)))
        head: Sequence[str] = (
            "ref", "source", "number", "channel", "clock", "due_on", "bytes", "keyed_digest", "taken_out", "reason",
        )  # fmt: skip
        rows = self.proposal.items.order_by("pk").values_list(
            "ref",
            "source",
            "display",
            "channel",
            "clock",
            "due_on",
            "size",
            "keyed_digest",
            "taken_out",
            "taken_reason",
        )
        self._csv(f"{folder}/daftar.csv", head, rows.iterator(chunk_size=CHUNK))
        left = self.proposal.left_out.order_by("pk").values_list("ref", "source", "display", "clock", "reason")
        head = ("ref", "source", "number", "clock", "reason")
        self._csv(f"{folder}/tidak-diusulkan.csv", head, left.iterator(chunk_size=CHUNK))

    def _drills(self, folder: str) -> None:
        head: Sequence[str] = (
            "package",
            "month",
            "records",
            "verified_at",
            "drilled_at",
            "drill_records",
            "tagmanifest_sha256",
            "path",
        )
        rows = packages(self.order).values_list(
            "number", "month", "records", "verified_at", "drilled_at", "drill_records", "tagmanifest_sha256", "path"
        )
        self._csv(f"{folder}/paket.csv", head, rows)
        checks = (
            PackageCheck.objects.filter(package__in=packages(self.order))
            .order_by("pk")
            .values_list("package__number", "kind", "started_at", "finished_at", "records", "bytes", "problems")
        )
        head = ("package", "kind", "started_at", "finished_at", "records", "bytes", "problems")
        self._csv(f"{folder}/pemeriksaan.csv", head, checks)

    def _consideration(self, folder: str) -> None:
        policy, proposal = self.proposal.policy, self.proposal
        held = batch_holds.of([str(package.pk) for package in packages(self.order)])
        facts = {
            "policy": {
                "version": policy.version,
                "zone": policy.zone,
                "backup_after_years": policy.backup_after_years,
                "delete_after_years": policy.delete_after_years,
                "backup_copy_months": policy.backup_copy_months,
                "deletion_clock": policy.deletion_clock,
                "reason": policy.reason,
            },
            "proposed_by": proposal.proposed_by.name if proposal.proposed_by else None,
            "considered": proposal.list_count + proposal.left_out_count,
            "not_proposed": proposal.left_out_count,
            "holds": [
                {"number": one.number, "basis": one.basis, "since": one.since, "lifted": one.lifted}
                for one in {hold.number: hold for rows in held.values() for hold in rows}.values()
            ],
        }
        self._bytes(f"{folder}/pertimbangan.json", _json(facts))

    def _request(self, folder: str) -> None:
        proposal = self.proposal
        facts = {
            "number": proposal.number,
            "asked_at": proposal.asked_at,
            "due_at": proposal.due_at,
            "reminders": proposal.reminders,
            "invited": [
                {
                    "name": one.approver.name,
                    "position": one.approver.position,
                    "sent_at": one.created_at,
                    "opened_at": one.opened_at,
                    "used_at": one.used_at,
                }
                for one in proposal.invitations.select_related("approver").order_by("created_at")
            ],
        }
        self._bytes(f"{folder}/permintaan.json", _json(facts))

    def _approval(self, folder: str) -> None:
        fields = (
            "step", "answer", "list_digest", "list_count", "name", "position", "on_behalf_of", "way", "factor",
            "reason", "ask_again_on", "at", "expires_at",
        )  # fmt: skip
        decisions = list(self.proposal.decisions.values(*fields))
        void = self.proposal.void_reason or None
        self._bytes(f"{folder}/keputusan.json", _json({"decisions": decisions, "void": void}))
        for letter in self.proposal.letters.order_by("pk"):
            facts = {
                "name": letter.name, "sha256": letter.sha256, "signed_by": letter.signed_by_name,
                "position": letter.signed_by_position, "signed_on": letter.signed_on,
            }  # fmt: skip
            self._bytes(f"{folder}/surat-{letter.pk}.json", _json(facts))

    def _command(self, folder: str) -> None:
        order = self.order
        people = {
            name: getattr(order, name).name if getattr(order, f"{name}_id") else None
            for name in ("raised_by", "accepted_by", "armed_by")
        }
        facts = {
            "number": order.number, "act": order.act, "list_digest": order.list_digest, "list_count": order.list_count,
            "status": order.status, "waiting_until": order.waiting_until, "raised_at": order.raised_at,
            "accepted_at": order.accepted_at, "armed_at": order.armed_at, "started_at": order.started_at,
            "finished_at": order.finished_at, **people,
        }  # fmt: skip
        self._bytes(f"{folder}/perintah.json", _json(facts))

    def _journal(self, folder: str) -> None:
        journal = self.order.journal.order_by("pk").values_list(
            "pk", "at", "kind", "intent_id", "item__record__ref", "outcome", "attempt", "batch", "worker", "facts"
        )
        head: Sequence[str] = ("id", "at", "kind", "intent", "ref", "outcome", "attempt", "batch", "worker", "facts")
        self._csv(f"{folder}/jurnal.csv", head, journal.iterator(chunk_size=CHUNK))
        outcomes = self.order.items.order_by("pk").values_list("record__ref", "outcome", "facts", "tries", "settled_at")
        head = ("ref", "outcome", "facts", "tries", "settled_at")
        self._csv(f"{folder}/hasil.csv", head, outcomes.iterator(chunk_size=CHUNK))
        rechecks = self.order.rechecks.order_by("days").values_list(
            "days", "due_at", "done_at", "checked", "seen_again"
        )
        self._csv(f"{folder}/pemeriksaan-ulang.csv", ("days", "due_at", "done_at", "checked", "seen_again"), rechecks)

    def _certificates(self, folder: str) -> None:
        store = files.open_store()
        for one in certificates(self.order):
            name = one.number or str(one.pk)
            if one.pdf_path:
                self._bytes(f"{folder}/{name}.pdf", files.read(one.pdf_path, one.pdf_sha256))
            if one.annex_path and one.number:
                with self._new(f"{folder}/{name}-daftar.csv") as out:
                    size = store.size(f"{one.annex_path}/daftar.csv")
                    for start in range(0, size, 1 << 20):
                        out.write(store.read_range(f"{one.annex_path}/daftar.csv", start, min(1 << 20, size - start)))

    def _register(self, folder: str) -> None:
        fields = [field.attname for field in RegisterEntry._meta.concrete_fields]
        self._csv(f"{folder}/daftar-catatan.csv", fields, register_rows(self.order).values_list(*fields))

    def _audit(self) -> None:
        """Every entry of the audit trail about this proposal, order and its certificates, with its hashes."""
        wanted: list[tuple[str, list[object]]] = [
            ("disposal.proposal", [self.proposal.pk]),
            ("records.disposalorder", [self.order.pk]),
        ]
        wanted.append(("register.certificate", [one.pk for one in certificates(self.order)]))
        with self._new("jejak-audit.jsonl") as out:
            for kind, keys in wanted:
                rows = Entry.objects.filter(object_type=kind, object_id__in=[str(key) for key in keys]).order_by("id")
                for entry in rows.iterator(chunk_size=CHUNK):
                    out.write(_json(_entry(entry), indent=None) + b"\n")

    def _readme(self) -> str:
        return _(
            "Evidence of %(order)s (%(proposal)s), made on %(at)s.\n\n"
            "Check it without Kendali's database:\n"
            "  sha256sum -c SHA256SUMS\n"
            "  pdfsig 8-berita-acara/*.pdf\n"
            "  python -m kendali.register verify FILE.zip\n\n"
            "kelengkapan.json says which of the nine parts are complete.\n"
        ) % {"order": self.order.number, "proposal": self.proposal.number, "at": f"{self.at:%Y-%m-%d %H:%M} UTC"}

    # Writing

    def _new(self, name: str) -> _Hashed:
        info = zipfile.ZipInfo(name, timezone.localtime(self.at).timetuple()[:6])
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        return _Hashed(self.archive.open(info, "w", force_zip64=True), name, self.sums)

    def _bytes(self, name: str, data: bytes) -> None:
        with self._new(name) as out:
            out.write(data)

    def _csv(self, name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        with self._new(name) as out:
            for block in _blocks(head, rows):
                out.write(block)


class _Hashed:
    """A member of the ZIP while it is written; at its end its digest joins the sums."""

    def __init__(self, out: IO[bytes], name: str, sums: list[tuple[str, str]]) -> None:
        self.out, self.name, self.sums, self.digest = out, name, sums, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.digest.update(data)
        self.out.write(data)

    def __enter__(self) -> _Hashed:
        return self

    def __exit__(self, *problem: object) -> None:
        self.out.close()
        self.sums.append((self.name, self.digest.hexdigest()))


def _blocks(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        if text.tell() > 1 << 16:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    # A spreadsheet must not take a text for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def _json(value: object, indent: int | None = 1) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent, default=_text).encode()


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _plain_slot(slot: Slot) -> dict[str, Any]:
    return {"number": slot.number, "title": slot.title, "complete": not slot.missing, "missing": slot.missing}


def _proposal_facts(proposal: Proposal) -> dict[str, Any]:
    names = (
        "number", "act", "record_class", "cut_off", "cut_instant", "status", "list_digest", "list_count", "list_bytes",
        "left_out_count", "final_digest", "final_count", "asked_at", "due_at", "decided_at", "valid_until",
    )  # fmt: skip
    return {"client": proposal.client.code, **{name: getattr(proposal, name) for name in names}}


def _entry(entry: Entry) -> dict[str, Any]:
    names = (
        "at",
        "actor_name",
        "role",
        "on_behalf_of",
        "verb",
        "object_type",
        "object_id",
        "facts",
        "prev_hash",
        "hash",
    )
    return {"id": cast("int | UUID", entry.pk), **{name: getattr(entry, name) for name in names}}
