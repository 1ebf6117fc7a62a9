"""Earlier findings that a finding repeats. Rule: `finding_links.recurs`."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from kendali.mystery.models import Finding, FindingLine
from kendali.mystery.rules import finding_links
from kendali.mystery.rules.finding_links import Appearance
from kendali.mystery.rules.finding_rules import FindingState, Owner
from kendali.terms import settings as terms


def earlier(finding: Finding) -> tuple[str, ...]:
    """Numbers, oldest first; reads only findings of the same items with the same agent or article."""
    cycles = terms.number("mystery.recurs_within")
    lines = list(finding.lines.all())
    if not lines or finding.sample_id is None:
        return ()
    same = Q(finding__agent=finding.agent) if finding.agent_id else Q(pk=None)
    rows = FindingLine.objects.filter(item__in=[line.item for line in lines]).filter(same | ~Q(article=""))
    rows = rows.filter(finding__found_at__lte=finding.found_at, finding__sample__isnull=False)
    found = Finding.objects.filter(pk__in=rows.values("finding")).exclude(pk=finding.pk)
    others = found.select_related("cycle").prefetch_related("lines").order_by("-found_at")[:2000]
    return finding_links.recurs(of_row(finding, lines), [of_row(one, one.lines.all()) for one in others], cycles)


def of_row(finding: Finding, lines: Iterable[FindingLine]) -> Appearance:
    return Appearance(
        number=finding.number,
        cycle=finding.cycle.month,
        found_at=finding.found_at,
        lines=frozenset((line.item, _article(line)) for line in lines),
        agent_id=finding.agent_id if finding.owner_kind == Owner.SUPERVISOR else None,
        state=FindingState(finding.state),
    )


def _article(line: FindingLine) -> str | None:
    """Without its version: a new version that is wrong in the same place is the same again."""
    codes = {one.split(" ")[0] for one in line.article.split(", ") if one}
    return min(codes) if len(codes) == 1 else (line.article or None)
