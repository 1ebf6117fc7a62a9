"""Everybody has an inbox, and nobody sees another's."""

from __future__ import annotations

from typing import Any

from kendali.notices.models import Notice
from tests.cast import Cast
from tests.permissions import EVERYBODY, Line


def _notice(cast: Cast) -> dict[str, Any]:
    return {"number": Notice.objects.create(user=cast.tari, at=cast.now, kind="deputy.named").pk}


LINES = {
    "inbox": Line(allow=EVERYBODY),
    "read_all_notices": Line(allow=EVERYBODY, method="POST"),
    "open_notice": Line(
        allow="tari",
        stranger=" ".join(nick for nick in EVERYBODY.split() if nick != "tari"),
        method="POST",
        kwargs=_notice,
    ),
}
