"""Berkas bukti: everything that belongs to one disposal, in nine slots, as one ZIP that an auditor checks offline.

Each slot says whether it is complete and, if not, what is missing (records-control, "Berkas bukti"). Lists are written
from server-side cursors into the ZIP line by line; no name or phone number of a customer is in any of them.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import IO, Any, cast

from django.db import connection
from django.utils.translation import gettext as _

from kendali.audit.models import Anchor, Entry
from kendali.disposal.actions import letters
from kendali.disposal.models import Proposal
from kendali.records.dossier_zip import CHUNK, Zip, as_json
from kendali.records.models import DisposalOrder, PackageCheck
from kendali.records.queries import batch_holds
from kendali.records.queries.dossier import Slot, every_certificate, packages, register_rows, slots
from kendali.register import annex, files, seal
from kendali.register.models import Certificate, RegisterEntry


def write(order: DisposalOrder, *, at: datetime) -> IO[bytes]:
    """The ZIP in a temporary file, at its start. Raises StoreError when a file of it cannot be read, SealingError when
    its sums cannot be signed."""
    file = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - the response closes it
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            _Dossier(Zip(archive, at), order, at).write()
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


class _Dossier:
    """Writes slot by slot; the sums come last, signed by the installation."""

    def __init__(self, out: Zip, order: DisposalOrder, at: datetime) -> None:
        self.out, self.order, self.at = out, order, at
        self.proposal: Proposal = order.proposal
        self.slots = slots(order)

    def write(self) -> None:
        steps: Sequence[Callable[[str], None]] = (
            self._proposal, self._drills, self._consideration, self._request, self._approval, self._command,
            self._journal, self._certificates, self._register,
        )  # fmt: skip
        for slot, step in zip(self.slots, steps, strict=True):
            step(slot.folder)
        self._audit()
        self.out.put("kelengkapan.json", as_json([_plain_slot(slot) for slot in self.slots]))
        self.out.put("BACA-DULU.txt", self._readme().encode())
        self.out.finish(lambda sums: seal.sign(sums, at=self.at))

    # What goes where

    def _proposal(self, folder: str) -> None:
        self.out.put(f"{folder}/usulan.json", as_json(_proposal_facts(self.proposal)))
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
        self.out.csv(f"{folder}/daftar.csv", head, rows.iterator(chunk_size=CHUNK))
        left = self.proposal.left_out.order_by("pk").values_list("ref", "source", "display", "clock", "reason")
        columns = ("ref", "source", "number", "clock", "reason")
        self.out.csv(f"{folder}/tidak-diusulkan.csv", columns, left.iterator(chunk_size=CHUNK))

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
        self.out.csv(f"{folder}/paket.csv", head, rows)
        checks = (
            PackageCheck.objects.filter(package__in=packages(self.order))
            .order_by("pk")
            .values_list("package__number", "kind", "started_at", "finished_at", "records", "bytes", "problems")
        )
        columns = ("package", "kind", "started_at", "finished_at", "records", "bytes", "problems")
        self.out.csv(f"{folder}/pemeriksaan.csv", columns, checks)

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
        self.out.put(f"{folder}/pertimbangan.json", as_json(facts))

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
        self.out.put(f"{folder}/permintaan.json", as_json(facts))

    def _approval(self, folder: str) -> None:
        fields = (
            "step", "answer", "list_digest", "list_count", "name", "position", "on_behalf_of", "way", "factor",
            "reason", "ask_again_on", "at", "expires_at",
        )  # fmt: skip
        decisions = list(self.proposal.decisions.values(*fields))
        void = self.proposal.void_reason or None
        self.out.put(f"{folder}/keputusan.json", as_json({"decisions": decisions, "void": void}))
        for letter in self.proposal.letters.order_by("pk"):
            facts = {
                "name": letter.name, "sha256": letter.sha256, "signed_by": letter.signed_by_name,
                "position": letter.signed_by_position, "signed_on": letter.signed_on,
            }  # fmt: skip
            self.out.put(f"{folder}/surat-{letter.pk}.json", as_json(facts))
            self.out.put(f"{folder}/surat-{letter.pk}.pdf", letters.read(letter))

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
        self.out.put(f"{folder}/perintah.json", as_json(facts))

    def _journal(self, folder: str) -> None:
        journal = self.order.journal.order_by("pk").values_list(
            "pk", "at", "kind", "intent_id", "item__record__ref", "outcome", "attempt", "batch", "worker", "facts"
        )
        head: Sequence[str] = ("id", "at", "kind", "intent", "ref", "outcome", "attempt", "batch", "worker", "facts")
        self.out.csv(f"{folder}/jurnal.csv", head, journal.iterator(chunk_size=CHUNK))
        outcomes = self.order.items.order_by("pk").values_list("record__ref", "outcome", "facts", "tries", "settled_at")
        columns = ("ref", "outcome", "facts", "tries", "settled_at")
        self.out.csv(f"{folder}/hasil.csv", columns, outcomes.iterator(chunk_size=CHUNK))
        rechecks = self.order.rechecks.order_by("days").values_list(
            "days", "due_at", "done_at", "checked", "seen_again"
        )
        self.out.csv(
            f"{folder}/pemeriksaan-ulang.csv", ("days", "due_at", "done_at", "checked", "seen_again"), rechecks
        )

    def _certificates(self, folder: str) -> None:
        """Those in force, and those that were given up, by number; with the heads of the trail that they name."""
        store = files.open_store()
        told = []
        for one in every_certificate(self.order):
            told.append(_certificate_facts(one))
            for copy in one.signed_copies.all():
                name = f"tanda-tangan-basah-{one.number}-{copy.sha256[:8]}.pdf"
                self.out.put(f"{folder}/{name}", files.read(copy.path, copy.sha256))
            if not one.pdf_path or not one.number:
                continue
            self.out.put(f"{folder}/{one.number}.pdf", files.read(one.pdf_path, one.pdf_sha256))
            for kind in (annex.CSV, annex.XLSX):
                with self.out.new(f"{folder}/{one.number}-{kind}") as out:
                    for block in annex.blocks(store, f"{one.annex_path}/{kind}"):
                        out.write(block)
            anchor = Anchor.objects.filter(entry_id=one.chain_entry or 0).first()
            if anchor is not None:
                self.out.put(f"{folder}/{one.number}-jangkar.json", store.read(anchor.place))
        self.out.put(f"{folder}/berita-acara.json", as_json(told))
        authority = seal.authority_pem()
        if authority:
            self.out.put(f"{folder}/otoritas-segel.pem", authority)

    def _register(self, folder: str) -> None:
        fields = [field.attname for field in RegisterEntry._meta.concrete_fields]
        self.out.csv(f"{folder}/daftar-catatan.csv", fields, register_rows(self.order).values_list(*fields))

    def _audit(self) -> None:
        """Every entry of the audit trail about this proposal, order and its certificates, with its hashes, and with
        the canonical text from which its hash is computed again."""
        wanted = [("disposal.proposal", [str(self.proposal.pk)]), ("records.disposalorder", [str(self.order.pk)])]
        wanted.append(("register.certificate", [str(one.pk) for one in every_certificate(self.order)]))
        with self.out.new("jejak-audit.jsonl") as out, connection.chunked_cursor() as cursor:
            for kind, keys in wanted:
                cursor.execute(CANONICAL, {"kind": kind, "keys": keys})
                while rows := cursor.fetchmany(CHUNK):
                    texts = dict(rows)
                    entries = Entry.objects.filter(pk__in=texts).order_by("id")
                    for entry in entries:
                        line = {**_entry(entry), "canonical": texts[entry.pk]}
                        out.write(as_json(line, indent=None) + b"\n")

    def _readme(self) -> str:
        return _(
            "Evidence of %(order)s (%(proposal)s), made on %(at)s.\n\n"
            "Check it without Kendali's database:\n"
            "  sha256sum -c SHA256SUMS\n"
            "  openssl cms -verify -inform DER -binary -purpose any -in SHA256SUMS.p7s -content SHA256SUMS "
            "-CAfile 8-berita-acara/otoritas-segel.pem -out /dev/null\n"
            "  pdfsig 8-berita-acara/*.pdf\n"
            "  python -m kendali.register verify FILE.zip\n\n"
            "kelengkapan.json says which of the nine parts are complete.\n"
        ) % {"order": self.order.number, "proposal": self.proposal.number, "at": f"{self.at:%Y-%m-%d %H:%M} UTC"}


def _plain_slot(slot: Slot) -> dict[str, Any]:
    return {"number": slot.number, "title": slot.title, "complete": not slot.missing, "missing": slot.missing}


# audit/migrations/0002_chain.py: what the database hashed.
CANONICAL = """
SELECT e.id, convert_from(audit_canonical(e), 'UTF8') FROM audit_entry e
WHERE e.object_type = %(kind)s AND e.object_id = ANY(%(keys)s) ORDER BY e.id
"""


def _certificate_facts(one: Certificate) -> dict[str, Any]:
    names = (
        "number", "printed_number", "act", "status", "reason", "cancel_reason", "pdf_sha256", "csv_sha256",
        "xlsx_sha256", "leaf_count", "drafted_at", "sent_at", "sealed_at", "cancelled_at",
    )  # fmt: skip
    corrects = one.corrects.number if one.corrects else None
    return {"corrects": corrects, **{name: getattr(one, name) for name in names}}


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
    return {"id": entry.pk, **{name: getattr(entry, name) for name in names}}
