"""Who still has to sign a certificate, who may, and what a text may say. Plain values in, a verdict out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kendali.numerals import roman_month
from kendali.register.facts import ENDS
from kendali.verdict import YES, Verdict, no

DRAFTER, EXECUTOR, OWNER, WITNESS, CLIENT, ACKNOWLEDGED = (
    "penyusun", "pelaksana", "pemilik", "saksi", "klien", "mengetahui",
)  # fmt: skip
# part → the action whose permission its signature needs (accounts.permissions.CAN)
PERMISSIONS: Mapping[str, str] = {
    DRAFTER: "certificate.draft",
    EXECUTOR: "certificate.sign_executor",
    OWNER: "certificate.sign_owner",
    WITNESS: "certificate.witness",
    CLIENT: "certificate.sign_client",
    ACKNOWLEDGED: "certificate.acknowledge",
}
PROOF_MINUTES = 10  # how long a password or code that was entered again counts


def adds_up(totals: Mapping[str, int], open_lines: int = 0) -> Verdict:
    """I6: proposed = deleted + already absent + … + unknown; and every line has ended."""
    if open_lines:
        return no(
            "%(count)s lines have not ended yet: a read-back or the deadline settles them first.", count=open_lines
        )
    ended = sum(totals[end] for end in ENDS)
    if totals["proposed"] != ended:
        return no(
            "The totals do not add up: %(proposed)s proposed, %(ended)s accounted for.",
            proposed=totals["proposed"],
            ended=ended,
        )
    return YES


def same_counts(totals: Mapping[str, int], counted: Mapping[str, int]) -> Verdict:
    """Totals as the executing side gives them against the lines themselves."""
    for end in ENDS:
        if totals[end] != counted.get(end, 0):
            return no(
                "The lines do not agree with the totals (%(verdict)s: %(lines)s lines, %(total)s in the totals).",
                verdict=end,
                lines=counted.get(end, 0),
                total=totals[end],
            )
    lines = sum(counted.values())
    if totals["proposed"] != lines:
        return no(
            "%(proposed)s were proposed, but there are %(lines)s lines.", proposed=totals["proposed"], lines=lines
        )
    return YES


def missing(signed: Sequence[str], *, witnesses: int, client_signs: bool) -> list[str]:
    """Parts without a signature, in order; a witness once for each that is missing."""
    wanted = [DRAFTER, EXECUTOR, OWNER, *[WITNESS] * witnesses, *([CLIENT] if client_signs else []), ACKNOWLEDGED]
    rest = list(signed)
    found = []
    for part in wanted:
        if part in rest:
            rest.remove(part)
        else:
            found.append(part)
    return found


def open_parts(signed: Sequence[str], *, witnesses: int, client_signs: bool) -> list[str]:
    """What may be signed now: whoever acknowledges does so last, when the others have signed."""
    left = list(dict.fromkeys(missing(signed, witnesses=witnesses, client_signs=client_signs)))
    others = [part for part in left if part != ACKNOWLEDGED]
    return others or left


def may_sign(
    part: str,
    *,
    status: str,
    open_now: Collection[str],
    signed_already: bool,
    is_proposer: bool,
    is_executor: bool,
    is_drafter: bool,
    is_owner: bool | None = None,
) -> Verdict:
    """Separation of duties: one person, one signature; deputies count as the person they stand in for.

    `is_executor`, `is_drafter`: named as such; `is_owner`: None where no owner is named. The proposer may sign as
    owner of the documents, nothing else."""
    if status != "signing":
        return no("This certificate is not out for signature.")
    if signed_already:
        return no("You, or somebody you stand in for, signed this certificate already: one person, one signature.")
    if part not in open_now:
        if part == ACKNOWLEDGED:
            return no("Whoever acknowledges signs last, when all the others have signed.")
        return no("This part is signed already.")
    if part == EXECUTOR:
        return YES if is_executor else no("Only the person who carried it out signs here.")
    if is_executor:
        return no("Who carried it out signs as such, and neither witnesses nor acknowledges it.")
    if is_drafter and part != DRAFTER:
        return no("Who drew it up signs as such, and neither witnesses nor acknowledges it.")
    if part == OWNER:
        return YES if is_owner in (None, True) else no("The certificate names another owner of the documents.")
    if is_proposer:
        return no("Who proposed the list is not its witness and does not acknowledge it.")
    return YES


def printed_number(number: str, form: str, at: datetime, zone: str) -> str:
    """The organisation's own form: "{nomor}/BAPD/TDSCC/{bulan}/{tahun}" → 001/BAPD/TDSCC/XI/2026; "" = as it is."""
    if not form:
        return number
    day, last = at.astimezone(ZoneInfo(zone)), int(number.rpartition("-")[2])
    values = {"{nomor}": f"{last:03d}", "{bulan}": roman_month(day.month), "{tahun}": str(day.year), "{BA}": number}
    return re.sub(r"\{(?:nomor|bulan|tahun|BA)\}", lambda found: values[found[0]], form)
