"""Measurements side by side with the peers, written to benchmarks/RESULTS.md.

  ./kendali bench [PART ...] [--rounds N] [--scale X] [--results FILE] [--folder FOLDER]

Parts: recordings (2 GB), chats (200 000 conversations, 2 million messages, and a whole backup order of them), deletion
(an order of 100 000 conversations, its proposal, certificate and dossier), catalogue (10 million rows), pages (a
million rows), mystery (pages of a month with 5 000 samples and 20 000 findings). Without a part: all. `--scale 0.05`
makes everything a twentieth of its size.
`--folder` is where the large files go (about 12 GB at full size; they are removed afterwards).
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import django

PARTS = ("recordings", "chats", "deletion", "catalogue", "pages", "mystery")
HERE = Path(__file__).resolve().parent


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        "./kendali bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=" | ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--results", type=Path, default=HERE / "RESULTS.md")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(words)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    django.setup()
    from benchmarks.bench import Bench

    folder = Path(tempfile.mkdtemp(prefix="kendali-bench-", dir=options.folder))
    command = shlex.join(["./kendali", "bench", *words])
    bench = Bench(folder, options.results.absolute(), command, options.rounds, options.scale)
    try:
        for part in options.parts or PARTS:
            bench.say(part)
            import_module(f"benchmarks.{part}").measure(bench)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
