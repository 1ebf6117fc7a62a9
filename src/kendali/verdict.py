"""The answer of a rule: yes or no, and the reason a person can read.

Pages, API, worker and certificate print the same reason. `reason` is an English message id with
``%(name)s`` placeholders; `facts` fills them; the Indonesian catalogue translates it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Verdict:
    ok: bool
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.ok


YES = Verdict(True)


def no(reason: str, **facts: object) -> Verdict:
    return Verdict(False, reason, facts)
