"""What waits for a person in records control: by when, what it is, and the one button that moves it on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext_noop as _

from kendali import civil_time
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.responsible import Desk
from kendali.records import rules
from kendali.records.models import Escalation, Package, Source, Unbackupable
from kendali.records.queries import waiting_approvals, waiting_disposal, waiting_signatures
from kendali.records.queries.radar import SourceGap, radar
from kendali.records.queries.waiting_line import Waiting as Waiting
from kendali.terms.models import Policy

ORDER_LINES: dict[str, tuple[str, str, str]] = {
    # status: (sentence, detail, action)
    "draft": (
        _("Send the periodic escalation for %(client)s"),
        _("%(count)s records of %(source)s up to %(cut_off)s"),
        _("Review"),
    ),
    "raised": (
        _("Accept the escalation for %(client)s"),
        _("%(count)s records of %(source)s up to %(cut_off)s · raised by %(raised_by)s"),
        _("Review"),
    ),
    "accepted": (
        _("Run the backup for %(client)s"),
        _("%(count)s records of %(source)s up to %(cut_off)s"),
        _("Run"),
    ),
    "paused": (_("Continue the paused backup for %(client)s"), _("%(count)s records of %(source)s"), _("Open")),
    "stopped": (_("The backup for %(client)s stopped"), _("%(source)s · see what happened and what to do"), _("Open")),
    "done": (
        _("Confirm the result of the backup"),
        _("%(client)s · %(source)s · %(count)s records verified"),
        _("Check"),
    ),
    "incomplete": (
        _("Check a backup with shortcomings"),
        _("%(client)s · %(source)s · not everything could be backed up"),
        _("Check"),
    ),
}


def waiting(user: User, at: datetime) -> list[Waiting]:
    """Deadline first; what has none comes last."""
    desk = Desk(user, at)
    lines = [*_orders(user, desk), *_gaps(user, at, desk), *_unbackupable(user), *_policies(user), *_damaged(user),
             *_sources(user), *waiting_disposal.lines(user, at, desk), *waiting_signatures.lines(user, at),
             *waiting_approvals.lines(user, at)]  # fmt: skip
    return sorted(lines, key=lambda line: (line.due is None, line.due or at, line.number))


def _orders(user: User, desk: Desk) -> Iterator[Waiting]:
    orders = Escalation.objects.filter(
        client__in=access.visible_clients(user), status__in=list(ORDER_LINES)
    ).select_related("client", "source", "raised_by")
    for order in orders:
        action = rules.WAITS_FOR[order.status]
        if not permissions.can(user, action, order.client):
            continue
        if action in LEADING and not desk.mine(order.client, order.record_class, order.due_at):
            continue
        sentence, detail, button = ORDER_LINES[order.status]
        yield Waiting(
            due=order.due_at,
            sentence=sentence,
            detail=detail,
            action=button,
            url=f"/eskalasi/{order.pk}/",
            number=order.number or "",
            facts={
                "client": order.client.name,
                "source": order.source.name,
                "count": order.list_count,
                "cut_off": order.cut_off,
                "raised_by": order.raised_by.name if order.raised_by else "",
            },
        )


LEADING = frozenset({"escalation.raise", "escalation.confirm"})  # what only Team Leaders do


def _gaps(user: User, at: datetime, desk: Desk) -> Iterator[Waiting]:
    clients = access.visible_clients(user)
    for gap in radar(clients, at).gaps:
        if gap.waiting and gap.open_order is None and permissions.can(user, "escalation.raise", gap.source.client):
            line = _gap(gap)
            if desk.mine(gap.source.client, gap.source.record_class, line.due):
                yield line


def _gap(gap: SourceGap) -> Waiting:
    assert gap.policy is not None
    assert gap.oldest_overdue is not None
    due_on = civil_time.add_years(gap.oldest_overdue, gap.policy.backup_after_years)
    sentences = {
        "conversation": _("Raise the backup of conversations for %(client)s, %(period)s"),
        "recording": _("Raise the backup of recordings for %(client)s, %(period)s"),
    }
    return Waiting(
        due=civil_time.start_of_day(due_on, gap.policy.zone),
        sentence=sentences[gap.source.record_class],
        detail=_("%(overdue)s older than the period, %(soon)s soon; oldest %(oldest)s"),
        action=_("Raise escalation"),
        url=f"/eskalasi/baru/?sumber={gap.source.pk}",
        primary=gap.overdue > 0,
        facts={
            "client": gap.source.client.name,
            "period": (gap.oldest_overdue, gap.newest_due),  # a span of months
            "overdue": gap.overdue,
            "soon": gap.due,
            "oldest": gap.oldest_overdue,
        },
    )


def _unbackupable(user: User) -> Iterator[Waiting]:
    rows = Unbackupable.objects.filter(
        status=Unbackupable.Status.PROPOSED, record__source__client__in=access.visible_clients(user)
    ).select_related("record__source__client", "proposed_by")
    for row in rows:
        if permissions.can(user, "unbackupable.confirm", row.client):
            yield Waiting(
                due=None,
                sentence=_("Decide: %(record)s cannot be backed up"),
                detail=_("%(client)s · “%(reason)s”, %(by)s"),
                action=_("Decide"),
                url="/tidak-dapat-dibackup/",
                facts={
                    "record": str(row.record),
                    "client": row.client.name,
                    "reason": row.reason,
                    "by": row.proposed_by.name,
                },
            )


def _policies(user: User) -> Iterator[Waiting]:
    for policy in Policy.objects.filter(
        status=Policy.Status.WAITING, client__in=access.visible_clients(user)
    ).select_related("client"):
        if permissions.can(user, "policy.decide", policy.client):
            yield Waiting(
                due=None,
                sentence=_("Decide on a shorter retention"),
                detail=_("%(client)s · version %(version)s"),
                action=_("Decide"),
                url=f"/kebijakan/{policy.pk}/",
                primary=True,
                facts={"client": policy.client.name, "version": policy.version},
            )


def _damaged(user: User) -> Iterator[Waiting]:
    """A damaged package waits until its records are in another one."""
    packages = (
        Package.objects.filter(
            status=Package.Status.DAMAGED,
            source__client__in=access.visible_clients(user),
            versions__record__version=None,
        )
        .select_related("source__client")
        .distinct()
    )
    for package in packages:
        if permissions.can(user, "package.verify", package.client):
            yield Waiting(
                due=None,
                sentence=_("A package is damaged"),
                detail=_("%(client)s · its records need a new backup"),
                action=_("Open"),
                url=f"/paket/{package.pk}/",
                number=package.number,
                facts={"client": package.client.name},
            )


def _sources(user: User) -> Iterator[Waiting]:
    for source in (
        Source.objects.filter(client__in=access.visible_clients(user), active=True)
        .exclude(probe__problems=[])
        .exclude(probe={})
        .select_related("client")
    ):
        if permissions.can(user, "source.probe", source.client):
            yield Waiting(
                due=None,
                sentence=_("%(source)s needs attention"),
                detail=_("%(client)s · %(count)s problems"),
                action=_("Open"),
                url=f"/sumber/{source.pk}/",
                facts={"source": source.name, "client": source.client.name, "count": len(source.probe["problems"])},
            )
