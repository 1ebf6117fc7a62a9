"""What every part of the benchmark has at hand."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from psycopg.conninfo import conninfo_to_dict

from benchmarks.measure import Cost, run
from benchmarks.report import Line, write
from kendali.home.web import GIVEN_BACK


@dataclass
class Bench:
    folder: Path  # for everything large; empty at first, gone afterwards
    results: Path
    command: str
    rounds: int
    scale: float
    state: dict[str, Any] = field(default_factory=dict)

    def amount(self, full: int, least: int = 1) -> int:
        return max(least, round(full * self.scale))

    def say(self, text: str) -> None:
        print(f"bench: {text}", file=sys.stderr, flush=True)

    def job(self, name: str, content: object) -> Path:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return path

    def ours(self, work: str, job: Path | int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.ours", work, str(job)]

    def answer(self, cost: Cost) -> Any:
        return json.loads(cost.output.splitlines()[-1])

    def ask(self, work: str, name: str, content: object) -> Any:
        """As a server does it, which keeps its memory."""
        unset = [f"--unset={name}" for name in GIVEN_BACK]
        return self.answer(run(["env", *unset, *self.ours(work, self.job(name, content))]))

    def write(self, title: str, intro: str, lines: Sequence[Line]) -> None:
        write(self.results, title, self.command, intro, lines)
        for line in lines:
            self.say(line.row())


def source_address() -> dict[str, str]:
    """The sample's application, as its read-only role reaches it."""
    parts = conninfo_to_dict(os.environ["KENDALI_SAMPLE_READER_URL"])
    return {name: str(parts.get(name) or "") for name in ("host", "port", "dbname", "user")}


def owner_url() -> str:
    return os.environ["KENDALI_SAMPLE_OWNER_URL"]


def new_part(**content: object) -> dict[str, object]:
    """A package to be made."""
    return {"id": str(uuid4()), "key": os.urandom(32).hex(), **content}
