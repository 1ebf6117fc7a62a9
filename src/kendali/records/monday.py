"""The summary of the week for Manager Operation: one page, by mail on Monday at 07.30 WIB, and to be copied.

Numbers only: what is copied into a chat group names no person, no client and no customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from kendali import formats
from kendali.accounts import access, permissions
from kendali.accounts.models import Client, User
from kendali.notices import mail
from kendali.records.queries import kpi, past, radar
from kendali.terms import settings as terms

ZONE = ZoneInfo("Asia/Jakarta")
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line. `late`: the target is missed; what it means in words, never colour alone."""

    label: str
    value: int
    late: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    title: str
    kpis: Sequence[Figure]
    week: Sequence[Figure]


def summary(user: User, at: datetime) -> Summary:
    """Of the clients this person answers for, in the active language."""
    clients = list(access.visible_clients(user, "summary.view").filter(active=True))
    lang = (translation.get_language() or "id")[:2]
    day = formats.day(at.astimezone(ZONE).date(), lang)
    return Summary(
        title=_("Kendali, week of %(day)s") % {"day": day},
        kpis=[*_backup(radar.radar(clients, at)), *_deletion(past.past(clients)), *_paper(clients)],
        week=_week(kpi.week(clients, since=at - WEEK, at=at)),
    )


def _backup(found: radar.Radar) -> list[Figure]:
    target = _("target 0")
    return [
        Figure(_("KPI 7.1a conversations older than one year without backup"),
               count := found.total("overdue", "conversation"), count > 0, target),
        Figure(_("KPI 7.2a recordings older than one year without backup"),
               count := found.total("overdue", "recording"), count > 0, target),
    ]  # fmt: skip


def _deletion(found: past.Past) -> list[Figure]:
    target = _("target 0")
    said = {
        past.NOT_ASKED: _("KPI %(number)s older than two years, not asked of the client"),
        past.LATE: _("KPI %(number)s approved, not deleted in time"),
    }
    return [
        Figure(text % {"number": number}, count := found.total(state, record_class), count > 0, target)
        for number, record_class in (("7.1b", "conversation"), ("7.2b", "recording"))
        for state, text in said.items()
    ]


def _paper(clients: Sequence[Client]) -> list[Figure]:
    paper, rows = kpi.documented(clients), kpi.registered(clients)
    note = _("%(done)s of %(total)s")
    return [
        Figure(_("KPI 7.3 destructions without Berita Acara"), paper.left, paper.left > 0,
               note % {"done": paper.done, "total": paper.total}),
        Figure(_("KPI 7.4 batches without a row in the register"), rows.left, rows.left > 0,
               note % {"done": rows.done, "total": rows.total}),
    ]  # fmt: skip


def _week(now: kpi.Week) -> list[Figure]:
    return [
        Figure(_("escalations late"), now.escalations_late, now.escalations_late > 0),
        Figure(_("proposals waiting for a client"), now.proposals_asked),
        Figure(_("of them past their date"), now.proposals_unanswered, now.proposals_unanswered > 0),
        Figure(_("approvals without an order"), now.approvals_not_ordered, now.approvals_not_ordered > 0),
        Figure(_("deletion orders open"), now.orders_open),
        Figure(_("deletion orders stopped by a problem"), now.orders_stopped, now.orders_stopped > 0),
        Figure(_("records deleted in the last seven days"), now.deleted),
        Figure(_("Berita Acara out for signature"), now.certificates_waiting),
        Figure(_("holds in force"), now.holds_active),
        Figure(_("holds to be reviewed"), now.holds_to_review, now.holds_to_review > 0),
        Figure(_("incidents open"), now.incidents_open, now.incidents_open > 0),
    ]


def as_text(found: Summary) -> str:
    """For a chat group: asterisks make a heading bold there."""
    lang = (translation.get_language() or "id")[:2]
    lines = [f"*{found.title}*"]
    for figure in (*found.kpis, *found.week):
        mark = "⚠️ " if figure.late else "✅ " if figure in found.kpis else "• "
        note = f" ({figure.note})" if figure.note else ""
        lines.append(f"{mark}{figure.label}: {formats.number(figure.value, lang)}{note}")
    return "\n".join(lines)


def receivers() -> list[User]:
    """Manager Operation and deputies; nobody while the setting is off or no mail server is set."""
    if not terms.get("summary.monday") or not mail.configured():
        return []
    return permissions.holders("summary.mail")


def send(*, user: User, at: datetime) -> None:
    """One mail in the person's language. Raises OSError, SMTPException; the job repeats it."""
    with translation.override(user.language):
        found = summary(user, at)
        address = f"{settings.BASE_URL.rstrip('/')}/ringkasan/"
        text = as_text(found).replace("*", "") + f"\n\n{address}\n"
        html = f"<pre>{escape(text)}</pre>"
        mail.deliver(to=user.email, subject=found.title, text=text, html=html)
