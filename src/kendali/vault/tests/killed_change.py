"""Run as a process of its own: an epoch change, or its resumption, that SIGKILLs itself when a step is reached.

python -m kendali.vault.tests.killed_change {change|resume} STEP [OCCURRENCE]
"""

from __future__ import annotations

import os
import signal
import sys

import django


def main(what: str, step: str, occurrence: int = 1) -> None:
    django.setup()
    from django.utils import timezone

    from kendali.audit.actor import SYSTEM
    from kendali.vault import actions

    left = occurrence

    def reached(name: str) -> None:
        nonlocal left
        left -= name == step
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    run = {"change": actions.change_epoch, "resume": actions.resume}[what]
    run(actor=SYSTEM, at=timezone.now(), reached=reached)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
