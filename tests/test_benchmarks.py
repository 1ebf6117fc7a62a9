"""`kendali bench` runs from end to end: at a tiny size, and without a word about its times."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = {
    "recordings": "Recordings",
    "chats": "Conversations",
    "deletion": "Deletion",
    "catalogue": "Catalogue",
    "pages": "Pages",
    "mystery": "Mystery calling",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bench")
    command = [
        *(sys.executable, "-m", "kendali.home.throwaway", "benchmarks", "--rounds", "1", "--scale", "0.001"),
        *("--results", str(folder / "RESULTS.md"), "--folder", str(folder)),
    ]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "kendali.settings",
    }
    finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=1500)
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert [path.name for path in folder.iterdir()] == ["RESULTS.md"], "large files are left behind"
    return (folder / "RESULTS.md").read_text()


@pytest.mark.long
def test_every_part_writes_its_figures_with_their_goals(results: str) -> None:
    headings = re.findall(r"(?m)^## (.+)$", results)
    assert headings == list(PARTS.values())
    for part in results.split("\n## ")[1:]:
        assert "--rounds 1 --scale 0.001" in part, "the command that made it"
        rows = [line for line in part.splitlines() if line.startswith("| ") and not line.startswith("| What")]
        assert rows
        assert any("≤" in row or "≥" in row for row in rows)
        assert all(row.count(" | ") >= 3 for row in rows)


@pytest.mark.long
def test_a_destruction_rewrites_no_byte_of_the_archive(results: str) -> None:
    (line,) = [line for line in results.splitlines() if "archive bytes rewritten" in line]
    assert line.endswith("| yes |")


def test_the_results_kept_are_of_all_parts() -> None:
    kept = (ROOT / "benchmarks" / "RESULTS.md").read_text()
    assert set(re.findall(r"(?m)^## (.+)$", kept)) == set(PARTS.values())
