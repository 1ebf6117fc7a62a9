"""The ticket that an agent opened for a test call: tagged as a test and closed, or a department works on it. No
database, no clock.

Source: mystery-calling "Safety, checked by the product: … test tickets tagged and closed". Kendali does not read the
ticket system: who called says it, or QA. Submitting a form does not ask it, so that nobody leaves a number out.
"""

from __future__ import annotations

from kendali.verdict import YES, Verdict, no


def may_say(*, ticket: str, frozen: bool, own: bool, judges: bool) -> Verdict:
    """That it is closed, or after all still open. `own`: the person called, or stands in for who did; `judges`: the
    person verifies forms; `frozen`: the cycle of the call is."""
    if not own and not judges:
        return no("Who called says that the test ticket is closed, or QA.", code="person")
    if not ticket:
        return no("No ticket number is kept with this call.", code="ticket")
    if frozen:
        return no("The cycle is frozen: what was said of its test tickets stays.", code="locked")
    return YES
