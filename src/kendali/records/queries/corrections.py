"""What a correction of a certificate would say otherwise: both papers, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from kendali.audit.actions import plain
from kendali.records.actions.certificate_facts import facts_of
from kendali.records.actions.certificates import finished_order
from kendali.register.facts import ENDS
from kendali.register.models import Certificate
from kendali.register.paper import Paper


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    certified: str
    now: str


def why_not(old: Certificate) -> str:
    """Why this one is not corrected now; "" when it may be."""
    if old.status != Certificate.Status.SEALED:
        return _("Only a sealed certificate is corrected; make this one void and draft it again.")
    if old.corrections.exclude(status=Certificate.Status.CANCELLED).exists():
        return _("This certificate has a correction already: correct that one.")
    return ""


def changes(old: Certificate) -> list[Change]:
    """Lines of the paper that differ, in the certificate's language. RuleRefused: its order is not finished."""
    with override(old.language):
        facts = plain(facts_of(finished_order(old)))
        totals = facts["totals"]
        new = Certificate(
            client=old.client, act=old.act, record_class=old.record_class, language=old.language, facts=facts,
            proposed=totals["proposed"], bytes=totals["bytes"], seconds=totals["seconds"],
            **{end: totals[end] for end in ENDS},
        )  # fmt: skip
        before, after = _lines(Paper(old)), _lines(Paper(new))
    labels = [*before, *(label for label in after if label not in before)]
    return [
        Change(label, before.get(label, "–"), after.get(label, "–"))
        for label in labels
        if before.get(label) != after.get(label)
    ]


def _lines(paper: Paper) -> dict[str, str]:
    executor = paper.facts["executor"]
    found = {
        _("Opening words"): paper.opening(),
        _("Carried out by"): f"{executor['name']} · {executor['position']}",
        paper.totals()["title"]: paper.totals()["note"],
    }
    for section in paper.sections():
        for label, value in section["rows"]:
            found[f"{section['title']}: {label}"] = _shown(value)
        for row in section.get("table", []):
            found[f"{section['title']}: {_shown(row[0])}, {_shown(row[1])}"] = " · ".join(map(_shown, row[1:]))
        if section.get("note"):
            found[section["title"]] = section["note"]
    return found


def _shown(value: Any) -> str:
    return str(value["digest"]) if isinstance(value, Mapping) else str(value)
