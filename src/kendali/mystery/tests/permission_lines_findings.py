"""Findings and their clocks, disputes, coaching: who may open what. Agents do not log in unless a setting says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kendali.mystery.models import Coaching, Evidence, Finding, Recording
from kendali.mystery.rules import plain
from kendali.mystery.rules.filled import Answer, Span
from kendali.mystery.tests.house import build
from tests.cast import Cast
from tests.permissions import Line

OFFICE = "qanita qadri kirana maya rahma aulia"
SEES = f"{OFFICE} qori surya dina agus"
JUDGES = "qanita qadri kirana"
OF_SURYA = "dina agus"  # to whom it is not known
FAILED = plain.write(Answer("verification", "not_met", spans=(Span(65, 80),)))


def _row(cast: Cast) -> Finding:
    """With Surya, who answers for it; called by Qori."""
    house = build(cast)
    sample = house.sample("verified")
    finding = house.finding(sample, "at_supervisor")
    finding.lines.update(answer=FAILED)
    Recording.objects.create(sample=sample, name="a.wav", mime="audio/wav", path="test-calls/nowhere.ks1",
                             seconds=90, added_by=cast.qori, added_at=cast.now)  # fmt: skip
    return finding


def _finding(cast: Cast) -> dict[str, Any]:
    return {"pk": _row(cast).pk}


def _evidence(cast: Cast) -> int:
    row = Evidence.objects.create(finding=_row(cast), name="a.pdf", path="findings/nowhere.ks1", by=cast.surya,
                                  at=cast.now)  # fmt: skip
    return row.pk


def _coaching(cast: Cast) -> int:
    row = _row(cast)
    return Coaching.objects.create(finding=row, on=cast.now.date(), notes="x", by=cast.surya, at=cast.now).pk


def step(allow: str, stranger: str = "") -> Line:
    return Line(allow=allow, stranger=stranger, kwargs=_finding)


PAGES: dict[str, Line] = {
    "findings": Line(allow=SEES),
    "findings_xlsx": Line(allow=SEES),
    "finding": step(f"{OFFICE} qori surya", OF_SURYA),
    "finding_audio": step(f"{OFFICE} qori surya", OF_SURYA),
    "finding_evidence_file": Line(
        allow=f"{OFFICE} qori surya", stranger=OF_SURYA, kwargs=lambda cast: {"pk": _evidence(cast)}
    ),
    "finding_acknowledge": Line(allow="surya", stranger="agus", kwargs=lambda cast: {"pk": _coaching(cast)}),
    "finding_feedback": step("qori surya", "tari"),
    "finding_forward": step(JUDGES),
    "finding_return": step(JUDGES),
    "finding_owner": step(JUDGES),
    "finding_begin": step("surya", "dina"),
    "finding_report_follow_up": step("surya", "dina"),
    "finding_evidence": step("surya", "dina"),
    "finding_find_insufficient": step(JUDGES),
    "finding_close": step(JUDGES),
    "finding_reroute": step(JUDGES),
    "finding_invalidate": step(JUDGES),
    "finding_merge": step(JUDGES),
    "finding_remind": step("kirana"),
    "finding_decide": step("kirana"),
    "finding_dispute": step("surya", "agus"),
    "finding_decide_dispute": step(JUDGES),
    "finding_coach": step("surya"),
}


def api(allow: str, stranger: str = "", data: Callable[[Cast], dict[str, Any]] = lambda cast: {}) -> Line:
    return Line(
        api=True, method="POST", allow=allow, stranger=stranger, data=data,
        kwargs=lambda cast: {"finding_id": _row(cast).pk},
    )  # fmt: skip


def read(allow: str, stranger: str = "", kwargs: Callable[[Cast], dict[str, Any]] = lambda cast: {}) -> Line:
    return Line(api=True, allow=allow, stranger=stranger, kwargs=kwargs)


REASON = {"reason": "Sebab"}
FOLLOW_UP = {"correction": "a", "root_cause": "b", "corrective_action": "c", "person_in_charge": "d",
             "on": "2026-11-20", "done": True}  # fmt: skip
MACHINES: dict[str, Line] = {
    "list_findings": read(SEES),
    "show_finding": read(f"{OFFICE} qori surya", OF_SURYA, lambda cast: {"finding_id": _row(cast).pk}),
    "read_finding_evidence": read(
        f"{OFFICE} qori surya", OF_SURYA, lambda cast: {"evidence_id": _evidence(cast)}
    ),
    "give_finding_feedback": api(
        "qori surya", "tari", lambda cast: {"description": "Uraian", "recommendation": "Saran"}
    ),
    "forward_finding": api(JUDGES),
    "return_finding": api(JUDGES, data=lambda cast: REASON),
    "choose_finding_owner": api(JUDGES, data=lambda cast: {"owner": cast.dina.email}),
    "close_finding": api(JUDGES),
    "find_follow_up_insufficient": api(JUDGES, data=lambda cast: REASON),
    "reroute_finding": api(JUDGES, data=lambda cast: {"owner": cast.dina.email, **REASON}),
    "invalidate_finding": api(JUDGES, data=lambda cast: REASON),
    "merge_finding": api(JUDGES, data=lambda cast: {"into": Finding.objects.get().number, **REASON}),
    "remind_of_finding": api("kirana", data=lambda cast: REASON),
    "decide_finding": api("kirana", data=lambda cast: {"decision": "invalidate", "note": "Sebab"}),
    "begin_finding": api("surya", "dina"),
    "report_finding_follow_up": api("surya", "dina", lambda cast: FOLLOW_UP),
    "add_finding_evidence": api("surya", "dina", lambda cast: {"link": "https://contoh.example/"}),
    "record_coaching": api("surya", data=lambda cast: {"on": "2026-11-20", "notes": "Empati"}),
    "acknowledge_coaching": Line(
        api=True, method="POST", allow="surya", stranger="agus", data=lambda cast: {"note": "Sudah"},
        kwargs=lambda cast: {"coaching_id": _coaching(cast)},
    ),
    "dispute_finding": api("surya", "agus", lambda cast: REASON),
    "decide_finding_dispute": api(JUDGES, data=lambda cast: {"decision": "rejected", **REASON}),
}  # fmt: skip
LINES: dict[str, Line] = {**PAGES, **{f"api-v1:{name}": line for name, line in MACHINES.items()}}
