from __future__ import annotations

import re
from pathlib import Path

from kendali.archive import problems

HERE = Path(problems.__file__).parent
MINE = "bag destroy drill export extract folder_store keyring lane_process object_store pack_check package probe reader"
MINE += " sealing stores tables unit_tar verify verify_chat verify_files verify_tables_process writer __main__"
RAISED = re.compile(r"(?:problem|PackageError|SealError|Store\w*Error|Problem)\(\s*\"([a-z_]+)\"")
FOUND = re.compile(r"(?:Finding|_finding)\(\s*\"([a-z_]+)\"|code = \"([a-z_]+)\"")


def _codes(pattern: re.Pattern[str], names: str) -> set[str]:
    texts = [(HERE / f"{name}.py").read_text() for name in names.split()]
    return {next(filter(None, match.groups())) for text in texts for match in pattern.finditer(text)}


def test_every_code_has_its_sentence() -> None:
    assert _codes(RAISED, MINE) - problems.SENTENCES.keys() == set()
    assert _codes(FOUND, "probe") == set(problems.PROBE)


def test_every_sentence_tells_what_to_do_or_what_is_so() -> None:
    for sentence in (problems.SENTENCES | problems.PROBE).values():
        assert sentence.endswith(".")
        assert "  " not in sentence
