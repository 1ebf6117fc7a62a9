"""`kendali demo` as a person at a terminal has it: everything holds, what it leaves behind is valid, and its exit
status says when something did not hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kendali.home import demo, installation
from kendali.register import pdf_seal, verify

SMALL = ("--conversations", "120", "--recordings", "90")  # of which some fifteen calls are older than two years
PROMISED = (
    "no order for a list without Ya",  # Tidak
    "the hold won over the approval",
    "0 rows in cdr, all",
    "the lie is found out: failed, never counted as deleted",
    "with the last signature they are sealed",
    "it says “not wholly destroyed yet”",
    "with another record's number in it, it is refused",  # the proof for one record
    "copies opens any more",
    "still opens, to its last byte",
    "it says “wholly destroyed”",
    "the chain of",
)


@pytest.mark.long
def test_the_whole_procedure_is_played_and_what_it_leaves_is_valid(tmp_path: Path) -> None:
    given = {name: value for name, value in os.environ.items() if not name.startswith(("KENDALI_", "DATABASE_"))}
    given |= {"PYTHONPATH": str(installation.REPOSITORY / "src"), "DJANGO_SETTINGS_MODULE": "kendali.settings"}
    command = [sys.executable, "-m", "kendali.home.throwaway", "kendali.home.demo", "--language", "en", *SMALL]
    played = subprocess.run([*command, "--into", tmp_path], env=given, capture_output=True, text=True, timeout=1500)
    assert played.returncode == 0, played.stdout[-4000:] + played.stderr[-4000:]
    assert "✗" not in played.stdout
    assert [words for words in PROMISED if words not in played.stdout] == []
    assert str(tmp_path) in played.stdout.splitlines()[-2]
    trust = tmp_path / "otoritas-segel.pem"
    papers = sorted(tmp_path.glob("BA-*.pdf"))
    assert len(papers) == 3  # deleted conversations, deleted recordings, destroyed copies of these
    for pdf in papers:
        seal = pdf_seal.read_seal(pdf.read_bytes(), trust)
        assert (seal.intact, seal.valid, seal.whole, seal.trusted) == (True, True, True, True)
        found = verify.check([pdf, tmp_path / f"{pdf.stem}-daftar.csv"], trust=trust)
        assert [one for one in found if one.ok is False] == []
    (proof,) = tmp_path.glob("BA-*-bukti-*.json")
    assert all(one.ok is not False for one in verify.check([proof, papers[0]], trust=trust))


def test_a_promise_that_was_not_kept_is_named_and_is_the_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def scenes(stage: demo.Stage) -> None:
        stage.expect(True, "the first one holds")
        stage.expect(False, "the last copy is gone")

    assert demo.play(demo.Stage(tmp_path), scenes) == 1
    told = capsys.readouterr().out
    assert "✓ the first one holds" in told
    assert told.rstrip().endswith("- the last copy is gone")
    assert demo.play(demo.Stage(tmp_path), lambda stage: stage.expect(True, "all holds")) == 0
