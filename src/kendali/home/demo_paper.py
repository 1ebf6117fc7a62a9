"""Scenes of `kendali demo`, steps 9 and 10: Berita Acara, signatures, seal, register, and the proof for one record."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kendali import civil_time
from kendali.archive import stores
from kendali.home.demo_people import person
from kendali.home.sample import people as plan
from kendali.records import register_words
from kendali.records.actions import certificates
from kendali.records.models import DisposalOrder
from kendali.records.queries import register as rows_of_register
from kendali.register import actions as register
from kendali.register import annex, files, proofs, proving, seal, words
from kendali.register.facts import ENDS
from kendali.register.models import Certificate, RegisterEntry

if TYPE_CHECKING:
    from kendali.home.demo import Stage


def certify(stage: Stage, orders: Sequence[DisposalOrder]) -> list[Certificate]:
    """Step 9, for all of them in one go: drafted, signed by everybody, sealed, checked from outside."""
    found = [draft(stage, order) for order in orders]
    sign(stage, found)
    for certificate in found:
        certificate.refresh_from_db()
        check(stage, certificate)
    return found


def _proof(stage: Stage, who: str) -> proving.Proof:
    """Who signs enters the password again."""
    now = stage.clock.now()
    return proving.prove(HttpRequest(), person(who), password=plan.PASSWORD, code="", at=now)


def draft(stage: Stage, order: DisposalOrder) -> Certificate:
    now, dewi = stage.clock.now(), person("dewi")
    found = certificates.draft(user=dewi, at=now, order=order, language=get_language() or "id")
    register.send_for_signature(user=dewi, at=now, certificate=found, proof=_proof(stage, "dewi"))
    found.refresh_from_db()
    stage.step(
        _("Dewi (Document Control) draws up the Berita Acara %(number)s for %(order)s, and signs it")
        % {"number": found.number, "order": order.number},
        f"/berita-acara/{found.pk}/",
    )
    ends = {name: found.totals[name] for name in ENDS if found.totals[name]}
    names = words.verdicts(found.act)
    stage.say(", ".join(f"{names[name]} {count}" for name, count in ends.items()))
    stage.expect(found.proposed == sum(ends.values()) == order.list_count + ends.get("taken_out", 0),
                 _("the totals add up: every record of the list has a measured end"))  # fmt: skip
    return found


def sign(stage: Stage, found: Sequence[Certificate]) -> None:
    stage.step(_("Everybody signs in the product, each with the password again"), "/berita-acara/tanda-tangan/")
    names = {"indra": _("carried it out"), "tari": _("owner of the documents"), "aulia": _("witness"),
             "rahma": _("witness"), "maya": _("acknowledges")}  # fmt: skip
    for who, part in names.items():
        signed = register.sign(user=person(who), at=stage.clock.now(), certificates=found, proof=_proof(stage, who))
        stage.say(f"{signed[0].name} ({signed[0].position}): {part}")
    for certificate in found:
        certificate.refresh_from_db()
    stage.expect(all(one.status == Certificate.Status.SEALED for one in found),
                 _("with the last signature they are sealed (PAdES), once and for ever"))  # fmt: skip


def check(stage: Stage, certificate: Certificate) -> None:
    """The PDF, its list and the authority of the seal into the reader's folder; checked there, without Kendali."""
    pdf, listed, trust = _left(stage, certificate)
    stage.step(_("%(file)s is checked from outside") % {"file": pdf.name}, f"/berita-acara/{certificate.pk}/")
    if shutil.which("pdfsig") is None:
        stage.say(_("pdfsig is not installed here (apt-get install poppler-utils): left out"))
    else:
        told = _run("pdfsig", str(pdf)).stdout
        stage.expect("Signature is Valid" in told and "Total document signed" in told,
                     _("pdfsig: the signature is valid and covers the whole document"))  # fmt: skip
    command = ("verify", pdf.name, listed.name, "--trust", trust.name)
    verified = _register(*command, cwd=stage.folder)
    stage.expect(verified.returncode == 0, f"python -m kendali.register {' '.join(command)}")
    for line in verified.stdout.splitlines():
        if line.startswith(("BAD", "RESULT")):
            stage.say("  " + line)


def _left(stage: Stage, certificate: Certificate) -> tuple[Path, Path, Path]:
    pdf = stage.folder / f"{certificate.number}.pdf"
    pdf.write_bytes(files.read(certificate.pdf_path, certificate.pdf_sha256))
    store, listed = stores.open_store(settings.KENDALI_STORE), stage.folder / f"{certificate.number}-daftar.csv"
    listed.write_bytes(store.read(f"{certificate.annex_path}/{annex.CSV}"))
    trust = stage.folder / "otoritas-segel.pem"
    trust.write_bytes(seal.authority_pem())
    return pdf, listed, trust


def _register(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return _run(sys.executable, "-m", "kendali.register", *command, cwd=cwd)


def _run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def show_register(stage: Stage, order: DisposalOrder, state: str) -> None:
    """Step 10: the rows that the order touched; at least one of them is in this state."""
    stage.step(_("Daftar Catatan Dokumen: the rows of %(number)s") % {"number": order.number}, "/daftar-catatan/")
    zone = order.proposal.policy.zone
    entries = RegisterEntry.objects.filter(orders__contains=[certificates.reference(order)]).order_by("issued_on")
    told = rows_of_register.told(list(entries), civil_time.local_date(stage.clock.now(), zone))
    for row in told[:4]:
        numbers, word = ", ".join(str(one.number) for one in row.certificates), register_words.STATES[row.state].word
        facts = {
            "title": row.entry.title, "quantity": row.entry.quantity, "deleted": row.entry.deleted_quantity,
            "destroyed": row.entry.destroyed_quantity, "state": word, "numbers": numbers,
        }  # fmt: skip
        stage.say(_("%(title)s: %(quantity)s, deleted %(deleted)s, copies destroyed %(destroyed)s · %(state)s · "
                    "%(numbers)s") % facts)  # fmt: skip
    if len(told) > 4:
        stage.say(_("… and %(count)s more") % {"count": len(told) - 4})
    stage.expect(all(row.certificates for row in told), _("every row names its Berita Acara"))
    word = register_words.STATES[state].word
    stage.expect(
        any(row.state == state for row in told), _("it says “%(state)s”, as long as it is so") % {"state": word}
    )


def prove_one(stage: Stage, certificate: Certificate) -> None:
    """The proof for one record reveals no other; with another id in it, it proves nothing."""
    line = certificate.lines.filter(verdict="deleted").order_by("position").first()
    assert line is not None
    stage.step(
        _("Proof that record %(ref)s was destroyed under %(number)s") % {"ref": line.ref, "number": certificate.number},
        f"/berita-acara/{certificate.pk}/bukti/",
    )
    proof = proofs.prove(user=person("aulia"), at=stage.clock.now(), certificate=certificate, ref=line.ref)
    path = stage.folder / f"{certificate.number}-bukti-{line.ref}.json"
    path.write_text(json.dumps(proof, indent=2, ensure_ascii=False) + "\n")
    pdf = f"{certificate.number}.pdf"
    good = _register("verify", path.name, pdf, cwd=stage.folder)
    stage.expect(good.returncode == 0, f"python -m kendali.register verify {path.name} {pdf}")
    refs = certificate.lines.exclude(pk=line.pk).values_list("ref", flat=True)
    said = {str(value) for value in proof["line"].values()}
    stage.expect(not said & set(refs), _("it names no other record"))
    forged = stage.folder / "forged.json"
    forged.write_text(json.dumps({**proof, "line": {**proof["line"], "ref": "999999"}}))
    bad = _register("verify", forged.name, pdf, cwd=stage.folder)
    forged.unlink()
    stage.expect(bad.returncode == 1, _("with another record's number in it, it is refused"))


__all__ = ["certify", "prove_one", "show_register"]
