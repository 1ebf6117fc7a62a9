"""The failed items of a finding as rows, and what they rest on."""

from __future__ import annotations

from kendali.mystery.models import Finding, FindingLine, Sample
from kendali.mystery.queries import evaluation as filled
from kendali.mystery.rules import plain
from kendali.mystery.rules.answers import FindingDraft
from kendali.mystery.rules.form import Cause

ANSWERED = frozenset({"accuracy", "completeness"})  # items judged against the expected answer


def write(finding: Finding, draft: FindingDraft, articles: str) -> None:
    FindingLine.objects.bulk_create(
        FindingLine(
            finding=finding,
            item=line.item,
            section=line.section,
            cause=line.cause.value,
            error_class=line.error_class.value if line.error_class else "",
            answer=plain.write(line.answer),
            article=articles if line.cause is Cause.KNOWLEDGE_BASE or line.item in ANSWERED else "",
        )
        for line in draft.lines
    )


def copy(source: Finding, to: Finding) -> None:
    names = ("item", "section", "cause", "error_class", "answer", "article")
    lines = [{name: getattr(line, name) for name in names} for line in source.lines.order_by("pk")]
    FindingLine.objects.bulk_create(FindingLine(finding=to, **line) for line in lines)


def articles_of(sample: Sample) -> str:
    """Code and version of what the expected answers rest on: "PSL-0012 v3, PSL-0014 v1"."""
    scenario = filled.scenario_of(sample)
    cited = scenario.cites if scenario is not None else ()
    return ", ".join(f"{code} v{version}" for code, version in cited)[:60]
