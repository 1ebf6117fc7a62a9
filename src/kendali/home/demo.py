"""`kendali demo`: the whole procedure, played in the terminal by the people of the sample organisation.

Everything is real: the omni-channel tables, the audio files, the archive, the keys, the seal. Only time is played: what
waits hours or years in life is waited for by a clock that goes ahead, and every rule is asked with that clock's time.
The exit status says whether all of it held.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.utils import timezone, translation
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass
class Clock:
    """Ahead of the computer's, never behind."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return timezone.now() + self.ahead

    def forward_to(self, at: datetime) -> datetime:
        self.ahead = max(self.ahead, at - timezone.now())
        return self.now()


@dataclass
class Stage:
    """Prints what happens, and remembers what did not hold. `folder`: where files for the reader are left."""

    folder: Path
    failures: list[str] = field(default_factory=list)
    number: int = 0
    began: float = field(default_factory=time.monotonic)
    clock: Clock = field(default_factory=Clock)

    def step(self, title: str, where: str = "") -> None:
        self.number += 1
        print(f"\n{self.number}. {title}")
        if where:
            print("   " + _("in the application:"), where)
        sys.stdout.flush()

    def say(self, text: str) -> None:
        print(f"   {text}", flush=True)

    def expect(self, held: bool, text: str) -> None:
        self.say(f"{'✓' if held else '✗'} {text}")
        if not held:
            self.failures.append(text)

    def bar(self, done: int, total: int, note: str) -> None:
        width = 36
        filled = width * done // max(total, 1)
        end = "\r" if sys.stdout.isatty() else "\n"
        print(f"   [{'█' * filled}{'·' * (width - filled)}] {done} / {total} {note}      ", end=end, flush=True)


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    django.setup()
    from kendali.home import demo_steps  # models exist only now

    translation.activate(options.language)
    folder = options.into or Path(tempfile.mkdtemp(prefix="kendali-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    return play(Stage(folder), lambda stage: demo_steps.play(stage, options.conversations, options.recordings))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kendali demo", description=__doc__.splitlines()[0])
    parser.add_argument("--language", choices=("id", "en"), default="id")
    parser.add_argument("--into", type=Path, help="folder for the certificates and proofs; default: a new one")
    parser.add_argument("--conversations", type=int, default=600, help="how many the sample has")
    parser.add_argument("--recordings", type=int, default=90, help="how many the sample has")
    return parser.parse_args(arguments)


def play(stage: Stage, scenes: Callable[[Stage], None]) -> int:
    """0: everything held; 1: something did not, and is named."""
    print(_("Kendali · demo: conversations and recordings, from the source to the Berita Acara and the last copy"))
    scenes(stage)
    print("\n" + _("%(seconds).0f seconds.") % {"seconds": time.monotonic() - stage.began}, end=" ")
    if stage.failures:
        failed = _("%(count)s things did NOT hold:") % {"count": len(stage.failures)}
        print(failed, *stage.failures, sep="\n  - ")
        return 1
    print(_("All of it held. Berita Acara and proofs are in %(folder)s") % {"folder": stage.folder})
    print(_("Try it yourself: ./kendali run"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
