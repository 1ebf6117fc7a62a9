"""Verifying, samples, an agent's own evaluations: who may open what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kendali.mystery.tests.house import build
from tests.cast import Cast
from tests.permissions import Line

SEES = "qanita qadri kirana maya rahma aulia qori dewi"
JUDGES = "qanita qadri kirana"
MONTH = {"month": "2026-11"}


def _sample(cast: Cast, state: str = "submitted") -> dict[str, Any]:
    return {"pk": build(cast).sample(state).pk}


def _month(cast: Cast) -> dict[str, Any]:
    build(cast)
    return dict(MONTH)


def _own(cast: Cast) -> dict[str, Any]:
    """Of Agus, where agents log in."""
    house = build(cast)
    house.setting("mystery.agent_login", True)
    return {"pk": house.sample("verified").pk}


PAGES: dict[str, Line] = {
    "to_verify": Line(allow=JUDGES),
    "sample": Line(allow=SEES, kwargs=_sample),
    "sample_ticket": Line(allow=f"{JUDGES} qori", stranger="tari surya", method="POST", kwargs=_sample),
    "sample_agent": Line(allow=JUDGES, method="POST", kwargs=_sample),
    "sample_move": Line(allow=JUDGES, method="POST", kwargs=lambda cast: {**_sample(cast), "verb": "verifikasi"}),
    "samples": Line(allow=SEES, kwargs=_month),
    "samples_xlsx": Line(allow=SEES, kwargs=_month),
    "my_evaluations": Line(allow="agus"),
    "my_evaluation": Line(allow="agus", kwargs=_own),
    "my_recording": Line(allow="", stranger="agus", kwargs=_own),  # this evaluation has no recording
}


def api(allow: str, data: dict[str, Any] | None = None, *, method: Any = "POST", state: str = "submitted") -> Line:
    sent: Callable[[Cast], dict[str, Any]] = lambda cast: data or {}  # noqa: E731
    return Line(
        api=True, method=method, allow=allow, data=sent,
        kwargs=lambda cast: {"sample_id": _sample(cast, state)["pk"]},
    )  # fmt: skip


REASON = {"reason": "Sebab"}
LINES: dict[str, Line] = {
    **PAGES,
    **{
        f"api-v1:{name}": line
        for name, line in {
            "list_samples": Line(api=True, allow=SEES),
            "show_sample": api(SEES, method="GET"),
            "verify_sample": api(JUDGES),
            "say_ticket": Line(
                api=True,
                method="PUT",
                allow=f"{JUDGES} qori",
                stranger="tari surya",
                data=lambda cast: {"closed": True},
                kwargs=lambda cast: {"sample_id": _sample(cast)["pk"]},
            ),
            "return_sample": api(JUDGES, REASON),
            "void_sample": api(JUDGES, {"reason": "duplicate"}),
            "revise_sample": api(JUDGES, REASON, state="verified"),
            "set_sample_agent": api(JUDGES, {"agent": "A2", "reason": "Nama di rekaman"}, method="PUT"),
        }.items()
    },
}
