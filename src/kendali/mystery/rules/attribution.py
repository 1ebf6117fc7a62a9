"""Who answered the call is known by the roster; where it names nobody, or the wrong one, QA chooses. No database.

Source: mystery-calling "Roster": agent not identified: QA chooses; the default is the area's SPV on duty. An
attribution that is corrected says why, and is written beside the old one.
"""

from __future__ import annotations

from kendali.mystery.rules import sample_rules
from kendali.mystery.rules.machine import Person
from kendali.mystery.rules.sample_rules import Given, Sample, SampleEvent, SampleState
from kendali.verdict import YES, Verdict, no

ATTRIBUTED = frozenset({SampleState.CALLED, SampleState.SCORING, SampleState.SUBMITTED, SampleState.VERIFIED})
VERIFY = SampleEvent.VERIFY


def may_attribute(sample: Sample, who: Person, given: Given, *, before: int | None, after: int | None) -> Verdict:
    """`before`, `after`: the agent; None = not identified. The judge is one who may verify this sample."""
    if sample.state is SampleState.LOCKED:
        return no("The cycle is frozen, nothing of it is calculated again: a correction is a corrigendum in the next "
                  "report.", code="locked")  # fmt: skip
    if sample.state not in ATTRIBUTED:
        return no("An agent is named for a call that connected.", code="state")
    judge = sample_rules.may_judge(sample, who, given)
    if not judge:
        return judge
    if before == after:
        return no("This agent is named already.", code="same_agent")
    if before is not None and not given.reason.strip():
        return no("Give a reason.", code="reason")
    return YES
