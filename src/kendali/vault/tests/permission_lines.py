"""Who may open the keys page, and who may do something there."""

from __future__ import annotations

from tests.permissions import Line

LOOK, MANAGE = "adi indra rahma aulia", "adi indra"

LINES = {
    "keys": Line(allow=LOOK),
    "prove_keys": Line(allow=MANAGE, method="POST"),
    "print_recovery_sheet": Line(allow=MANAGE, method="POST"),
    "confirm_recovery_sheet": Line(allow=MANAGE, method="POST"),
}
