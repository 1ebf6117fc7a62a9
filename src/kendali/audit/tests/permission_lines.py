"""Who may open the audit trail."""

from tests.permissions import Line

OVERSIGHT = "maya rahma aulia adi"

LINES = {
    "audit": Line(allow=OVERSIGHT),
    "audit_export": Line(allow=OVERSIGHT),
}
