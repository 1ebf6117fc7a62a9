"""Words and colours of certificates: verdicts, states, parts, and what was measured in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kendali.register.models import Certificate

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Pill:
    """`state`: done soon late held idle active, a colour of the look; never shown without its word."""

    word: Text
    state: str


COLOURS = {"draft": "idle", "signing": "soon", "sealed": "done", "cancelled": "late"}
VERDICTS: dict[str, Text] = {
    "deleted": _("deleted at the source"),
    "already_absent": _("already absent"),
    "taken_out": _("taken out by the client"),
    "held": _("held"),
    "changed": _("changed"),
    "cancelled": _("cancelled or expired"),
    "refused": _("refused"),
    "failed": _("failed"),
    "unknown": _("unknown"),
    "waiting": _("waiting"),
    "queued": _("accepted by the source, not gone yet"),
}
DESTROYED = _("backup copy destroyed")
ACTS: dict[str, Text] = {
    "source": _("Deletion in the source application"),
    "backup": _("Destruction of the backup copy"),
}
KINDS: dict[str, Text] = {"conversation": _("Conversation history"), "recording": _("Call recording")}
NOUNS: dict[str, Text] = {"conversation": _("conversations"), "recording": _("recordings")}
PARTS: dict[str, Text] = {
    "penyusun": _("Drawn up by (Document Control)"),
    "pelaksana": _("Carried out by (Team IT)"),
    "pemilik": _("Owner of the documents"),
    "saksi": _("Witness"),
    "klien": _("Client"),
    "mengetahui": _("Acknowledged by"),
}
STEPS: dict[str, Text] = {
    "penyusun": _("Drawn up"),
    "pelaksana": _("Carried out"),
    "pemilik": _("Owner"),
    "saksi": _("Witnesses"),
    "klien": _("Client"),
    "mengetahui": _("Acknowledged"),
}
FACTORS: dict[str, Text] = {
    "password": _("log-in and password"),
    "totp": _("password and code of the app"),
    "passkey": _("passkey"),
}


def pill(certificate: Certificate) -> Pill:
    if certificate.status == "sealed" and certificate.corrected_by is not None:
        return Pill(_("corrected"), "held")
    return Pill(certificate.get_status_display(), COLOURS[certificate.status])


def verdicts(act: str) -> dict[str, str]:
    """Every verdict in the reader's language; "deleted" is "destroyed" where backup copies went."""
    words = {code: str(word) for code, word in VERDICTS.items()}
    return words | {"deleted": str(DESTROYED)} if act == "backup" else words


def measured(facts: Mapping[str, object]) -> str:
    """{"rows": [12, 0], "hold": "TGH-2026-0003"} → "rows 12 → 0, hold TGH-2026-0003"."""
    labels = {
        "rows": gettext("rows"), "files": gettext("files"), "blobs": gettext("attachments"), "hold": gettext("hold"),
        "reason": gettext("reason"), "epoch": gettext("epoch"), "tries": gettext("tries"),
        "copies": gettext("copies"), "epochs": gettext("epochs"), "copy_hold": gettext("copy held by"),
        "kept": gettext("copies outside the packages"),
    }  # fmt: skip
    told = []
    for name, value in facts.items():
        shown = " → ".join(map(str, value)) if isinstance(value, list) else str(value)
        told.append(f"{labels.get(name, name)} {shown}")
    return ", ".join(told)
