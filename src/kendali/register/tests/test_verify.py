"""The stand-alone verifier: what is whole is good, and whatever was tampered with is found out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from conftest import _owner
from kendali.audit.models import Entry
from kendali.records.tests.office import refused
from kendali.register import proofs, seal, verify
from kendali.register.models import Certificate
from kendali.register.tests import papers
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(cast: Cast, store: Path, tmp_path: Path) -> dict[str, Path]:
    """What an auditor is given: PDF, list, XLSX, anchor, one proof, the authority."""
    one = papers.sealed(cast)
    anchor = next((store / "audit").rglob(f"*-{one.chain_entry:012d}.json"))
    given = {
        "pdf": store / one.pdf_path,
        "csv": store / one.annex_path / "daftar.csv",
        "xlsx": store / one.annex_path / "daftar.xlsx",
        "anchor": anchor,
    }
    for name, path in given.items():
        given[name] = Path(shutil.copy(path, tmp_path / f"{name}{path.suffix}"))
    made = proofs.prove(user=cast.aulia, at=cast.now, certificate=one, ref="4102")
    given["proof"] = tmp_path / "bukti.json"
    given["proof"].write_text(json.dumps(made))
    given["authority"] = tmp_path / "authority.pem"
    given["authority"].write_bytes(seal.authority_pem())
    return given


def bad(*paths: Path, trust: Path | None = None) -> list[str]:
    return [finding.text for finding in verify.check(paths, trust=trust) if finding.ok is False]


def test_everything_together_holds_without_database_and_settings(files: dict[str, Path]) -> None:
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(Path(verify.__file__).parents[2]), "LANG": "C.UTF-8",
    }  # fmt: skip
    order = ["pdf", "csv", "xlsx", "anchor", "proof"]
    done = subprocess.run(
        [sys.executable, "-m", "kendali.register", "verify", *(files[name] for name in order), "--trust",
         files["authority"]],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "RESULT: everything that could be checked holds." in done.stdout
    assert "BAD" not in done.stdout
    assert "Record 4102 of Chatwoot Nusantara, deleted" in done.stdout
    assert "signed and sealed with this root" in done.stdout
    assert "The anchor" in done.stdout
    missing = subprocess.run(
        [sys.executable, "-m", "kendali.register", "verify", "/nowhere.pdf"], env=environment, capture_output=True
    )
    assert missing.returncode == 2


def test_a_dossier_is_checked_with_all_that_is_in_it(files: dict[str, Path], tmp_path: Path) -> None:
    dossier = tmp_path / "berkas-bukti.zip"
    with zipfile.ZipFile(dossier, "w") as archive:
        for name in ("pdf", "csv", "anchor", "proof"):
            archive.write(files[name], f"8-berita-acara/{files[name].name}")
    found = verify.check([dossier])
    assert not [finding for finding in found if finding.ok is False]
    assert any("lines give the root" in finding.text for finding in found)


def test_one_changed_byte_of_the_pdf_is_found(files: dict[str, Path]) -> None:
    data = bytearray(files["pdf"].read_bytes())
    middle = data.index(b"stream", len(data) // 3) + 40
    data[middle] ^= 1
    files["pdf"].write_bytes(bytes(data))
    assert bad(files["pdf"])


def test_something_added_after_the_seal_is_found(files: dict[str, Path]) -> None:
    files["pdf"].write_bytes(files["pdf"].read_bytes() + b"\n% more\n")
    assert any("whole file" in text or "cannot be read" in text for text in bad(files["pdf"]))


def test_another_authority_is_not_trusted(files: dict[str, Path], cast: Cast, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other = seal._certificate(seal._name("lain"), seal._name("lain"), key.public_key(), key, cast.now, 1, ca=True)
    path = tmp_path / "other.pem"
    path.write_bytes(other.public_bytes(Encoding.PEM))
    assert any("was issued by the authority" in text for text in bad(files["pdf"], trust=path))
    assert not bad(files["pdf"], trust=files["authority"])


@pytest.mark.parametrize(("old", "new"), [("already_absent", "deleted"), (",4103,", ",4193,"), ("deleted", "held")])
def test_a_changed_list_is_another_list(files: dict[str, Path], old: str, new: str) -> None:
    files["csv"].write_text(files["csv"].read_text().replace(old, new, 1))
    assert any("is another list" in text for text in bad(files["pdf"], files["csv"]))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("position", 3),
        ("leaf_count", 9),
        ("blind", "00" * 32),
        ("merkle_root", "11" * 32),
        ("certificate", "BA-2026-0002"),
    ],
)
def test_a_changed_proof_proves_nothing(files: dict[str, Path], key: str, value: object) -> None:
    proof = json.loads(files["proof"].read_text())
    files["proof"].write_text(json.dumps(proof | {key: value}))
    assert bad(files["pdf"], files["proof"])


@pytest.mark.parametrize("key", ["ref", "verdict", "keyed_digest", "ended_at", "source", "due_on"])
def test_a_proof_is_of_exactly_this_line(files: dict[str, Path], key: str) -> None:
    proof = json.loads(files["proof"].read_text())
    proof["line"][key] = "x"
    files["proof"].write_text(json.dumps(proof))
    assert bad(files["proof"])


def test_a_proof_shows_no_other_record(files: dict[str, Path]) -> None:
    text = files["proof"].read_text()
    assert "4102" in text
    assert not any(ref in text for ref in ("4101", "4103", "4104", "4105", "4106", "4107", "4108"))


def test_a_proof_alone_says_what_is_missing(files: dict[str, Path]) -> None:
    found = verify.check([files["proof"]])
    assert not [finding for finding in found if finding.ok is False]
    assert any(finding.ok is None and "give the PDF of BA-2026-0001" in finding.text for finding in found)


def test_a_false_anchor_is_found(files: dict[str, Path]) -> None:
    anchor = json.loads(files["anchor"].read_text())
    files["anchor"].write_text(json.dumps(anchor | {"hash": "00" * 32}))
    assert any("same head" in text for text in bad(files["pdf"], files["anchor"]))


def test_what_is_no_certificate_is_not_verified(tmp_path: Path) -> None:
    other = tmp_path / "x.txt"
    other.write_text("halo")
    assert bad(other)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 broken")
    assert bad(broken)


def test_there_is_no_proof_for_a_record_that_is_not_on_it(cast: Cast) -> None:
    with refused("There is no record"):
        proofs.prove(user=cast.aulia, at=cast.now, certificate=papers.sealed(cast), ref="9999")


@pytest.mark.django_db(transaction=True)
def test_a_tampered_line_is_found_by_the_root(cast: Cast) -> None:
    one = papers.sealed(cast)
    with psycopg.connect(**_owner(connection.settings_dict["NAME"])) as owner:
        owner.execute("ALTER TABLE register_certificateline DISABLE TRIGGER USER")
        owner.execute("UPDATE register_certificateline SET verdict = 'deleted' WHERE verdict = 'held'")
        owner.execute("ALTER TABLE register_certificateline ENABLE TRIGGER USER")
    with refused("the root differs"):
        proofs.prove(user=cast.aulia, at=cast.now, certificate=one, ref="4101")


@pytest.mark.django_db(transaction=True)
def test_a_line_tampered_with_before_the_seal_keeps_it_from_being_sealed(cast: Cast) -> None:
    one = papers.sent(cast)
    papers.signed_by(cast, one, cast.indra, cast.tari, cast.rahma, cast.aulia)
    with psycopg.connect(**_owner(connection.settings_dict["NAME"])) as owner:
        owner.execute("ALTER TABLE register_certificateline DISABLE TRIGGER USER")
        owner.execute("UPDATE register_certificateline SET ref = '666' WHERE ref = '4101'")
        owner.execute("ALTER TABLE register_certificateline ENABLE TRIGGER USER")
    papers.signed_by(cast, one, cast.maya)
    assert one.status == "signing"


def test_the_command_writes_the_proof_of_a_record(cast: Cast, tmp_path: Path) -> None:
    papers.sealed(cast)
    out = StringIO()
    call_command("proof", "4102", stdout=out)
    assert json.loads(out.getvalue())["position"] == 2
    call_command("proof", "BA-2026-0001", "4106", into=tmp_path / "p.json", stdout=StringIO())
    assert json.loads((tmp_path / "p.json").read_text())["line"]["verdict"] == "held"
    assert Entry.objects.filter(verb="certificate.proved").count() == 2
    with pytest.raises(CommandError):
        call_command("proof", "9999", stdout=StringIO())


def test_a_draft_proves_nothing(cast: Cast) -> None:
    with refused("Only a sealed certificate"):
        proofs.prove(user=cast.aulia, at=cast.now, certificate=papers.drafted(cast), ref="4101")
    assert Certificate.objects.count() == 1
