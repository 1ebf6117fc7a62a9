"""Calling, recordings and filling in the form: who may open what. The calls are Qori's; TL and SPV are callers, too,
and do not learn that there is such a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from kendali.mystery.models import Recording, Sample
from kendali.mystery.tests.house import CALLED, build
from tests.cast import Cast
from tests.permissions import Line

MINE, OTHERS = "qori", "tari surya"
CALLERS = "qori tari surya"
HEAR = "qori qanita qadri kirana maya rahma aulia dewi"
CRISIS = "qori tari surya qanita qadri kirana maya rahma aulia"
LIFT = "qanita qadri kirana maya"
SET = f"qori {LIFT}"
TOO_BIG = 2**31


def sample_row(cast: Cast, state: str) -> Sample:
    return build(cast).sample(state)


def of(state: str, name: str = "pk", **more: object) -> Callable[[Cast], Mapping[str, Any]]:
    return lambda cast: {name: sample_row(cast, state).pk, **more}


def heard(name: str) -> Callable[[Cast], Mapping[str, Any]]:
    def made(cast: Cast) -> Mapping[str, Any]:
        sample = sample_row(cast, "submitted")
        Recording.objects.create(sample=sample, name="a.wav", mime="audio/wav", path="test-calls/none.ks1", seconds=9,
                                 added_by=cast.qori, added_at=CALLED)  # fmt: skip
        return {name: sample.pk}

    return made


def api(
    state: str,
    method: Literal["GET", "POST", "PUT"] = "POST",
    data: Mapping[str, Any] | None = None,
    **more: object,
) -> Line:
    return Line(
        api=True,
        method=method,
        allow=MINE,
        stranger=OTHERS,
        kwargs=of(state, "sample_id", **more),
        data=lambda cast: data or {},
    )


LINES: dict[str, Line] = {
    "my_calls": Line(allow=CALLERS),
    "call": Line(allow=MINE, stranger=OTHERS, kwargs=of("assigned")),
    "call_live": Line(allow=MINE, stranger=OTHERS, kwargs=of("calling")),
    "call_move": Line(method="POST", allow=MINE, stranger=OTHERS, kwargs=of("calling", verb="hentikan")),
    "form_fill": Line(allow=MINE, stranger=OTHERS, kwargs=of("scoring")),
    "fill_begin": Line(method="POST", allow=MINE, stranger=OTHERS, kwargs=of("called")),
    "fill_save": Line(method="POST", allow=MINE, stranger=OTHERS, kwargs=of("scoring")),
    "fill_submit": Line(method="POST", allow=MINE, stranger=OTHERS, kwargs=of("scoring")),
    "sample_recording": Line(allow=HEAR, stranger=OTHERS, kwargs=heard("pk")),
    "sample_recording_peaks": Line(allow=HEAR, stranger=OTHERS, kwargs=heard("pk")),
    "recording_upload": Line(method="POST", allow=MINE, stranger=OTHERS, kwargs=of("called")),
    "recording_look": Line(method="POST", allow=MINE, stranger=OTHERS, kwargs=of("called")),
    # Nobody is offered a record that is not there.
    "recording_attach": Line(method="POST", allow="", stranger=f"{MINE} {OTHERS}", kwargs=of("called")),
    "crisis": Line(allow=CRISIS),
    "crisis_move": Line(method="POST", allow=SET, kwargs=lambda cast: {"verb": "pasang"}),
    "api-v1:list_calls": Line(api=True, allow=CALLERS),
    "api-v1:show_call": api("assigned", "GET"),
    "api-v1:begin_call": api("calling"),
    "api-v1:record_attempt": api("calling", data={"outcome": "busy"}),
    "api-v1:end_call": api("called"),
    "api-v1:stop_calling": api("calling"),
    "api-v1:give_up": api("calling"),
    "api-v1:describe_call": api("called", "PUT"),
    "api-v1:list_candidates": api("called", "GET"),
    "api-v1:read_recordings_again": api("called"),
    "api-v1:attach_recording": Line(api=True, method="PUT", allow="", stranger=f"{MINE} {OTHERS}",
                                    kwargs=of("called", "sample_id", record_id=TOO_BIG)),
    "api-v1:upload_recording": api("called", data={"name": "a.wav", "content": "UklGRg=="}),
    "api-v1:show_recording": Line(api=True, allow=HEAR, stranger=OTHERS, kwargs=heard("sample_id")),
    "api-v1:read_recording": Line(api=True, allow=HEAR, stranger=OTHERS, kwargs=heard("sample_id")),
    "api-v1:begin_call_form": api("called"),
    "api-v1:show_call_form": api("scoring", "GET"),
    "api-v1:save_call_form": api("scoring", "PUT", {"answers": [], "saved": 1}),
    "api-v1:submit_call_form": api("scoring"),
    "api-v1:show_crisis": Line(api=True, allow=CRISIS),
    "api-v1:set_crisis": Line(api=True, method="PUT", allow=SET, data=lambda cast: {"reason": "Banjir"}),
    "api-v1:lift_crisis": Line(api=True, method="POST", allow=LIFT, data=lambda cast: {"reason": "Surut"}),
}  # fmt: skip
