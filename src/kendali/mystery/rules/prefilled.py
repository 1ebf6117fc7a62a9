"""What a new form knows already: N/A by the scenario, and what was measured while calling. No database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from kendali.mystery.rules import filled
from kendali.mystery.rules.filled import Answer, NaBy
from kendali.mystery.rules.form import Form, NotApplicable
from kendali.mystery.rules.sample_rules import Outcome

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Measured:
    """The attempts of a sample; seconds of the one that connected, None = not measured."""

    outcomes: Sequence[Outcome]  # of those that did not connect
    ivr: int | None = None
    queue: int | None = None
    ring: int | None = None

    def values(self) -> dict[str, str]:
        """By the ids of the default form; a form without such an item asks nothing of it."""
        seconds = {"ivr_seconds": self.ivr, "queue_seconds": self.queue, "answer_seconds": self.ring}
        known = {item: str(value) for item, value in seconds.items() if value is not None}
        return known | {
            "attempts": str(len(self.outcomes) + 1),
            "connected": YES,
            "busy": YES if Outcome.BUSY in self.outcomes else NO,
        }


def prefilled(form: Form, measured: Mapping[str, str], preset_na: Set[str]) -> tuple[Answer, ...]:
    """In the order of the form; a measured value that the item does not know is left to the person."""
    answers = []
    for item in form.items():
        if item.id in preset_na and item.na is not NotApplicable.NEVER:
            answers.append(Answer(item.id, na=NaBy.SYSTEM))
        elif item.id in measured:
            answer = Answer(item.id, measured[item.id])
            if filled.step(item, answer) is not None:
                answers.append(answer)
    return tuple(answers)
