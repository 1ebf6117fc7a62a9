"""Escalations: the list, one order's page while it stands and while it runs, and the clicks that move it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.responsible import Desk
from kendali.audit.actions import StaleState
from kendali.audit.history import history
from kendali.numerals import whole
from kendali.records import export, rules, words
from kendali.records.actions import escalations
from kendali.records.models import Escalation, EscalationItem, Package, Unbackupable
from kendali.records.queries import agreed
from kendali.records.queries import orders as query
from kendali.records.views.answers import attempt, field

OPEN, ENDED = "terbuka", "selesai"
FEW = 25  # shortcomings on a page


@login_required
@require_safe
def escalations_list(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "escalation.view")
    clients = access.visible_clients(user, "escalation.view")
    rows = Escalation.objects.filter(client__in=clients).select_related("client", "source", "raised_by")
    which = request.GET.get("status", "")
    rows = _chosen(rows, which)
    page = keyset.page(rows, ("-created_at", "-id"), request.GET)
    desk = Desk(user, timezone.now())
    drafts = Escalation.objects.filter(client__in=clients, status=Escalation.Status.DRAFT).select_related("client")
    context = {
        "page": page,
        "rows": [
            (order, words.CLASSES[order.record_class], words.order_pill(order), _may_confirm(user, order))
            for order in page.rows
        ],
        "tabs": _tabs(which),
        "drafts": sum(
            1
            for order in drafts
            if permissions.can(user, "escalation.raise", order.client) and desk.mine(order.client, order.record_class)
        ),
        "may_raise": permissions.can(user, "escalation.raise"),
        "confirmable": sum(1 for order in page.rows if _may_confirm(user, order)),
    }
    return render(request, "records/escalations.html", context)


def _chosen(rows: QuerySet[Escalation], which: str) -> QuerySet[Escalation]:
    if which == OPEN:
        return rows.filter(status__in=Escalation.OPEN)
    if which == ENDED:
        return rows.exclude(status__in=Escalation.OPEN)
    return rows.filter(status=which) if which in Escalation.Status.values else rows


def _tabs(which: str) -> list[tuple[str, str, bool]]:
    tabs = [("", _("All")), (OPEN, _("Not closed")), ("running", _("Running")), (ENDED, _("Closed"))]
    return [(label, f"?status={value}" if value else "?", value == which) for value, label in tabs]


def _may_confirm(user: User, order: Escalation) -> bool:
    allowed = rules.may_move("confirm", order.status) and permissions.can(user, "escalation.confirm", order.client)
    return bool(allowed) and not permissions.same_person(order.started_by_id, user)


RELATED = ("client", "source", "policy", "raised_by", "accepted_by", "started_by", "confirmed_by")


def _load(request: HttpRequest, pk: int, action: str) -> Escalation:
    rows = Escalation.objects.select_related(*RELATED)
    return access.load(rows, access.signed_in(request), action, pk=pk)


@login_required
@require_safe
def escalation(request: HttpRequest, pk: int) -> HttpResponse:
    order = _load(request, pk, "escalation.view")
    user = access.signed_in(request)
    kinds = query.shortcomings(order) if order.status not in ("draft", "raised") else []
    context = _progress(order) | {
        "pill": words.order_pill(order),
        "crumbs": _crumbs(order),
        "awaited": query.awaited(order),
        "buttons": query.buttons(order, user),
        "kinds": [(words.told_problem({"code": kind.code}), kind) for kind in kinds],
        "shortcomings": sum(kind.count for kind in kinds),
        "problem": words.told_problem(order.problem) if order.problem else None,
        "history": history(order),
        "agreed": agreed.of_escalation(order),
    }
    if context["shortcomings"]:
        context["short"] = _shortcomings(request, order)
    return render(request, "records/escalation.html", context)


def _progress(order: Escalation) -> dict[str, Any]:
    packages = list(order.packages.exclude(status=Package.Status.ABANDONED).order_by("month", "number"))
    verified = sum(1 for package in packages if package.status == Package.Status.VERIFIED)
    return {
        "order": order,
        "noun": words.noun(order.record_class),
        "steps": query.steps(order, verified),
        "live": query.live(order, timezone.now()),
        "running": order.status == Escalation.Status.RUNNING,
        "packages": [(package, words.package_pill(package)) for package in packages],
        "package_count": len(packages),
        "reading": order.progress.get("percent") if order.progress.get("phase") == "verify" else None,
    }


def _crumbs(order: Escalation) -> list[tuple[str, str]]:
    return [(_("Escalations"), "/eskalasi/"), (order.client.name, ""), (str(words.CLASSES[order.record_class]), "")]


def _shortcomings(request: HttpRequest, order: Escalation) -> dict[str, Any]:
    """One page of what could not be backed up, each with its sentences and what may be done about it."""
    items = order.items.filter(outcome__in=query.SHORT_OUTCOMES).select_related("record", "record__source")
    page = keyset.page(items, ("id",), request.GET, limit=FEW)
    proposed = {
        row.record_id: words.unbackupable_pill(row)
        for row in Unbackupable.objects.filter(record__in=[item.record_id for item in page.rows]).exclude(
            status=Unbackupable.Status.REFUSED
        )
    }
    can = permissions.can(access.signed_in(request), "unbackupable.propose", order.client)
    rows = [
        (item, _problems(item), proposed.get(item.record_id), bool(can) and _proposable(item)) for item in page.rows
    ]
    return {"page": page, "rows": rows}


def _problems(item: EscalationItem) -> list[words.Told]:
    if not item.problems:
        return [words.told_problem({"code": "not_at_source"})]
    return [words.told_problem(problem) for problem in item.problems]


def _proposable(item: EscalationItem) -> bool:
    return item.outcome == EscalationItem.Outcome.PROBLEM and item.record.version_id is None


@login_required
@require_safe
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The part that moves while the order runs; when it has ended, the page is asked for anew."""
    order = _load(request, pk, "escalation.view")
    if order.status != Escalation.Status.RUNNING:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "records/_order_live.html", _progress(order) | {"fragment": True})


SAID = {
    "send": gettext_lazy("The escalation is raised; Team IT was told."),
    "accept": gettext_lazy("Accepted. Start the backup when it suits the source."),
    "return": gettext_lazy("Returned to the Team Leader with your reason."),
    "start": gettext_lazy("The backup runs."),
    "pause": gettext_lazy("Paused. What was verified stays; the rest goes on when you continue."),
    "confirm": gettext_lazy("The result is confirmed."),
    "cancel": gettext_lazy("The escalation is cancelled."),
}


@login_required
@require_POST
def move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    if verb not in query.PERMISSIONS:
        raise Http404
    order = _load(request, pk, query.PERMISSIONS[verb])
    user, now = access.signed_in(request), timezone.now()

    def act() -> None:
        match verb:
            case "return":
                escalations.return_to_raiser(user=user, at=now, order=order, reason=field(request, "alasan"))
            case "cancel":
                escalations.cancel(user=user, at=now, order=order, reason=field(request, "alasan"))
            case _:
                MOVES[verb](user=user, at=now, order=order)

    attempt(request, act, str(SAID[verb]))
    return redirect("escalation", pk=pk)


MOVES = {
    "send": escalations.send,
    "accept": escalations.accept,
    "start": escalations.start,
    "pause": escalations.pause,
    "confirm": escalations.confirm,
}


@login_required
@require_POST
def send_drafts(request: HttpRequest) -> HttpResponse:
    """All drafts of this Team Leader with one click."""
    user = access.signed_in(request)
    access.require(user, "escalation.raise")
    sent: list[Escalation] = []
    with suppress(StaleState):  # two people sent them in the same moment
        sent = escalations.send_drafts(user=user, at=timezone.now())
    if sent:
        said = ngettext("%(count)s escalation was raised.", "%(count)s escalations were raised.", len(sent))
        messages.success(request, said % {"count": len(sent)})
    else:
        messages.warning(request, _("There was no draft left to send."))
    return redirect("escalations")


@login_required
@require_POST
def confirm_several(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "escalation.confirm")
    chosen = [pk for text in request.POST.getlist("eskalasi") if (pk := whole(text)) is not None]
    clients = access.visible_clients(user, "escalation.confirm")
    rows = Escalation.objects.filter(pk__in=chosen, client__in=clients)
    done: list[Escalation] = []
    for order in rows.select_related("client", "policy", "source"):
        with suppress(StaleState):  # somebody confirmed it in the same moment
            done += escalations.confirm_several(user=user, at=timezone.now(), orders=[order])
    if done:
        messages.success(request, _("Confirmed: %(numbers)s.") % {"numbers": ", ".join(str(order) for order in done)})
    else:
        messages.warning(request, _("Nothing was confirmed: choose results that wait for you."))
    return redirect("escalations")


@login_required
@require_safe
def items_xlsx(request: HttpRequest, pk: int) -> FileResponse:
    """The frozen list with the outcome of every line; no name, no phone number, no content."""
    order = _load(request, pk, "escalation.view")
    head = [
        _("Number"),
        _("Id at the source"),
        _("Channel"),
        _("Started"),
        _("Last activity"),
        _("Month of the package"),
        _("Outcome"),
        _("Package"),
        _("Problems"),
    ]
    return export.workbook(f"{order.number or order.pk}.xlsx", head, _lines(order), zone=order.source.zone)


def _lines(order: Escalation) -> Iterator[Sequence[object]]:
    rows = order.items.order_by("record_id").values_list(
        "record__display",
        "record__ref",
        "record__channel",
        "record__started_at",
        "record__last_activity_at",
        "month",
        "outcome",
        "version__package__number",
        "problems",
    )
    outcomes = {value: str(label) for value, label in EscalationItem.Outcome.choices}
    for *facts, outcome, package, problems in rows.iterator(chunk_size=export.CHUNK):
        told = "; ".join(words.told_problem(problem).sentence for problem in problems)
        yield (*facts, outcomes[outcome], package, told)
