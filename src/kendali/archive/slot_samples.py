"""A fresh process that opens sample package keys with what each slot holds: ``python -m kendali.archive.slot_samples``.

Fresh, so that nothing the parent remembers can stand in for what is on the disks. Standard input is one JSON object
``{"epoch", "fingerprint", "slots": [{"kind", "path", "mark", "digest"}], "samples": [{"package", "generation",
"wrapped"}]}`` (wrapped: base64); standard output ``[{"path", "answer", "detail"}]`` in the order of the slots.
Answers: ``opened`` (keyfile), ``unchanged`` (offhost: the bytes are those written; only the sheet opens them),
``unreachable``, ``absent``, ``differs``. No key leaves this process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import kendali
from kendali.archive.epochs import Master
from kendali.archive.errors import ArchiveError
from kendali.archive.slots import OFFHOST, Slot, SlotAbsentError, SlotError, SlotUnreachableError

TIMEOUT = 120  # seconds; a slot on a dead network mount may block for ever


@dataclass(frozen=True, slots=True)
class Sample:
    package: UUID
    generation: int
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    path: str
    answer: str
    detail: str = ""

    @property
    def good(self) -> bool:
        return self.answer in {"opened", "unchanged"}


def open_in_fresh_process(
    epoch: int, fingerprint: str, slots: Sequence[tuple[Slot, str]], samples: Sequence[Sample]
) -> list[Answer]:
    """One answer per slot. Each slot comes with the SHA-256 (hex) of the file that was written to it."""
    question = {
        "epoch": epoch,
        "fingerprint": fingerprint,
        "slots": [{"kind": s.kind, "path": s.path, "mark": s.mark, "digest": digest} for s, digest in slots],
        "samples": [
            {"package": str(s.package), "generation": s.generation, "wrapped": b64encode(s.wrapped).decode()}
            for s in samples
        ],
    }
    source = str(Path(kendali.__file__).resolve().parent.parent)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "kendali.archive.slot_samples"],
            input=json.dumps(question).encode(),
            capture_output=True,
            cwd=source,
            env={"PYTHONPATH": source, "PATH": "/usr/bin:/bin"},
            timeout=TIMEOUT,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        return [Answer(slot.path, "unreachable", type(error).__name__) for slot, _ in slots]
    return [Answer(**answer) for answer in json.loads(done.stdout)]


def answer(question: dict[str, Any]) -> list[dict[str, str]]:
    return [_ask(slot, question) for slot in question["slots"]]


def _ask(place: dict[str, str], question: dict[str, Any]) -> dict[str, str]:
    slot = Slot(place["kind"], place["path"], place["mark"])
    number = question["epoch"]
    try:
        if slot.kind == OFFHOST:
            same = slot.digest(number) == place["digest"]
            return {"path": slot.path, "answer": "unchanged" if same else "differs", "detail": ""}
        master = slot.read(number)
        if master.fingerprint != question["fingerprint"]:
            return {"path": slot.path, "answer": "differs", "detail": "fingerprint"}
        _open_all(master, question["samples"])
    except SlotUnreachableError as error:
        return {"path": slot.path, "answer": "unreachable", "detail": str(error.facts.get("why", ""))}
    except SlotAbsentError:
        return {"path": slot.path, "answer": "absent", "detail": ""}
    except (SlotError, ArchiveError) as error:
        return {"path": slot.path, "answer": "differs", "detail": error.code}
    return {"path": slot.path, "answer": "opened", "detail": ""}


def _open_all(master: Master, samples: Sequence[dict[str, Any]]) -> None:
    for sample in samples:
        wrapped = b64decode(sample["wrapped"])
        master.unwrap(wrapped, package=UUID(sample["package"]), generation=sample["generation"])


if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
