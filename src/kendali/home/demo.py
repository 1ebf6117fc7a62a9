"""`kendali demo`: the first half of the procedure, played in the terminal by the people of the sample organisation.

Everything is real: the omni-channel tables, the audio files, the archive, the keys. The exit status says whether all
of it held.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import django


@dataclass
class Stage:
    """Prints what happens, and remembers what did not hold."""

    failures: list[str] = field(default_factory=list)
    number: int = 0
    began: float = field(default_factory=time.monotonic)

    def step(self, title: str, where: str = "") -> None:
        self.number += 1
        print(f"\n{self.number}. {title}" + (f"\n   di aplikasi: {where}" if where else ""), flush=True)

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


def main(arguments: list[str]) -> int:
    django.setup()
    from django.core.management import call_command
    from django.utils import translation

    from kendali.home import demo_steps

    stage = Stage()
    translation.activate("id")
    print("Kendali · demo: data percakapan dan recording, dari sumber sampai backup yang terverifikasi")
    stage.step("Organisasi contoh dan aplikasi omni-channel dibuat (Chatwoot, Asterisk)")
    call_command("sample", conversations=600, recordings=60, no_past=True)
    demo_steps.play(stage)
    print(f"\n{time.monotonic() - stage.began:.0f} detik. ", end="")
    if stage.failures:
        print(f"{len(stage.failures)} hal TIDAK terpenuhi:", *stage.failures, sep="\n  - ")
        return 1
    print("Semuanya terpenuhi. Coba sendiri: ./kendali run")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
