"""Holds: the list, placing one on records, a customer, a range or a client, and lifting it with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kendali import civil_time, keyset
from kendali.accounts import access, permissions
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.history import history
from kendali.civil_time import add_months
from kendali.disposal import rules
from kendali.disposal.actions import holds as action
from kendali.disposal.models import Hold
from kendali.numerals import whole
from kendali.records import export, words
from kendali.records import words_disposal as told_words
from kendali.records.actions import holds as placing
from kendali.records.forms_disposal import HoldFilter, HoldForm
from kendali.records.models import Record
from kendali.records.queries import holds as query
from kendali.records.views.answers import attempt, field, told
from kendali.records.views.once import Made, once
from kendali.verdict import Verdict

FEW = 25
REVIEW_MONTHS = 3  # proposed day of review


@login_required
@require_safe
def holds(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "hold.view")
    rows, form = _chosen(request, user)
    page = keyset.page(rows, ("-placed_at", "-id"), request.GET)
    today = timezone.localdate()
    context = {
        "form": form,
        "page": page,
        "rows": [(hold, told_words.hold_pill(hold), scope_of(hold), _review(hold, today)) for hold in page.rows],
        "may_place": permissions.can(user, "hold.place"),
        "query": request.GET.urlencode(),
    }
    return render(request, "records/holds.html", context)


def _chosen(request: HttpRequest, user: User) -> tuple[QuerySet[Hold], HoldFilter]:
    clients = access.visible_clients(user, "hold.view")
    form = HoldFilter(request.GET, clients)
    form.is_valid()
    asked = form.cleaned_data
    rows = Hold.objects.filter(client__in=clients).select_related("client")
    if asked.get("klien"):
        rows = rows.filter(client=asked["klien"])
    if asked.get("sebab"):
        rows = rows.filter(cause=asked["sebab"])
    status = asked.get("status") or Hold.Status.ACTIVE
    return (rows if status == "semua" else rows.filter(status=status)), form


def scope_of(hold: Hold) -> str:
    """ "everything of the client", "2 January – 3 March 2024", "a customer", "12 records"."""
    if hold.scope == Hold.Scope.RANGE:
        first, last = rules.days_of(hold.starts_at, hold.ends_at)
        return told_words.days(first, last)
    if hold.scope == Hold.Scope.RECORD:
        count = query.count(hold)
        return ngettext("%(count)s record", "%(count)s records", count) % {"count": count}
    return str(hold.get_scope_display())


def _review(hold: Hold, today: object) -> str:
    return "late" if hold.status == Hold.Status.ACTIVE and hold.review_on <= today else ""  # type: ignore[operator]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Placing always succeeds: nothing that is approved or running stands against it."""
    user = access.signed_in(request)
    access.require(user, "hold.place")
    clients = access.visible_clients(user, "hold.place")
    chosen = _picked(request, user)
    form = HoldForm(request.POST or None, clients, initial=_initial(chosen, clients))
    if request.method == "POST" and form.is_valid():
        made = _place_once(form, user, [row.pk for row in chosen])
        if made is not None:
            said = (
                _("%(number)s holds already: it was sent twice.")
                if made.again
                else _("%(number)s holds from this moment on.")
            )
            messages.success(request, said % {"number": made.row.number})
            return redirect("hold", pk=made.row.pk)
    context = {"form": form, "chosen": chosen, "none": not clients}
    return render(request, "records/hold_new.html", context, status=422 if form.errors else 200)


def _picked(request: HttpRequest, user: User) -> list[Record]:
    """The records somebody came with, from a record's page or a search; what may not be seen is left out."""
    asked = request.POST.getlist("catatan") or request.GET.getlist("catatan")
    keys = [pk for text in asked[:1000] if (pk := whole(text)) is not None]
    clients = access.visible_clients(user, "hold.place")
    rows = Record.objects.filter(pk__in=keys, source__client__in=clients)
    return list(rows.select_related("source__client").order_by("pk"))


def _initial(chosen: Sequence[Record], clients: object) -> dict[str, object]:
    today = timezone.localdate()
    review = add_months(today.replace(day=1), REVIEW_MONTHS) + timedelta(days=min(today.day, 28) - 1)
    first = chosen[0].source.client if chosen else clients.first()  # type: ignore[attr-defined]
    return {"cakupan": Hold.Scope.RECORD, "klien": first.code if first else None, "tinjau": review,
            "sebab": Hold.Cause.COMPLAINT}  # fmt: skip


SAME = (
    "client", "scope", "record_class", "customer_name_hmac", "customer_phone_hmac", "starts_at", "ends_at", "cause",
    "reason", "legal_basis", "reference", "review_on", "status", "placed_by",
)  # fmt: skip


def _place_once(form: HoldForm, user: User, chosen: Sequence[int]) -> Made[Hold] | None:
    """None: a field says why not."""
    try:
        return once(lambda: _place(form, user, chosen), same=SAME, when="placed_at", alike=_same_records)
    except RuleRefused as refused:
        form.add_error(None, told(refused.verdict))
    except _Unknown as unknown:
        form.add_error("nomor", str(unknown))
    return None


def _same_records(one: Hold, other: Hold) -> bool:
    return set(one.subjects.values_list("subject")) == set(other.subjects.values_list("subject"))


class _Unknown(Exception):
    """Numbers that the client has no record with; the words of the form's error."""


def _place(form: HoldForm, user: User, chosen: Sequence[int]) -> Hold:
    asked = form.cleaned_data
    client, scope = asked["klien"], asked["cakupan"]
    why = {
        "cause": asked["sebab"],
        "reason": asked["alasan"],
        "review_on": asked["tinjau"],
        "legal_basis": asked["dasar"],
        "reference": asked["rujukan"],
    }
    if scope == Hold.Scope.RECORD:
        numbers = [line.strip() for line in asked["nomor"].splitlines() if line.strip()]
        wanted = query.named(client.pk, numbers, chosen)
        if wanted.unknown:
            unknown = ", ".join(wanted.unknown[:10])
            raise _Unknown(_("This client has no record with the number %(numbers)s.") % {"numbers": unknown})
        return placing.place_on_records(user=user, at=timezone.now(), records=wanted.records, **why)
    if scope == Hold.Scope.CUSTOMER:
        return placing.place_on_customer(
            user=user, at=timezone.now(), client=client, name=asked["nama"], phone=asked["telepon"],
            record_class=asked["kelas"], **why,
        )  # fmt: skip
    days = {"starts": asked["dari"], "ends": asked["sampai"]} if scope == Hold.Scope.RANGE else {}
    return action.place(
        user=user, at=timezone.now(), client=client, scope=scope, record_class=asked["kelas"], **days, **why
    )


def _load(request: HttpRequest, pk: int, right: str) -> Hold:
    rows = Hold.objects.select_related("client", "placed_by", "released_by")
    return access.load(rows, access.signed_in(request), right, pk=pk)


@login_required
@require_safe
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "hold.view")
    user = access.signed_in(request)
    page = keyset.page(query.covered(row), ("-id",), request.GET, limit=FEW)
    active = row.status == Hold.Status.ACTIVE
    today = civil_time.local_date(timezone.now(), row.client.zone)
    context = {
        "hold": row,
        "pill": told_words.hold_pill(row),
        "crumbs": [(_("Holds"), "/penangguhan/"), (row.client.name, ""), (str(row.get_cause_display()), "")],
        "scope": scope_of(row),
        "class_name": words.CLASSES[row.record_class] if row.record_class else _("all classes"),
        "count": query.count(row),
        "page": page,
        "rows": page.rows,
        "release": _release(user, row) if active else None,
        "may_review": active and permissions.can(user, "hold.place", row.client),
        "review_due": active and row.review_on <= today,
        "sees_records": permissions.can(user, "record.view", row.client),
        "history": history(row),
    }
    return render(request, "records/hold.html", context)


def _release(user: User, row: Hold) -> Verdict | None:
    """Whether this person may lift it, or why not; None: not by this person at all."""
    if not (right := permissions.can(user, "hold.release", row.client)):
        return None
    actor = permissions.acting(user, "hold.release", row.client)
    return right and rules.may_release(
        status=row.status,
        reason="-",
        placed_by_client=row.placed_role == "client",
        by_client=actor.role == "client",
        same_person=permissions.same_person(row.placed_by_id, user),
        of_finding=action.of_finding(row),
    )


@login_required
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    row = _load(request, pk, "hold.release")
    user = access.signed_in(request)
    attempt(
        request,
        lambda: action.release(user=user, at=timezone.now(), hold=row, reason=field(request, "alasan")),
        _("Lifted. Records that no other hold covers may be proposed again."),
    )
    return redirect("hold", pk=pk)


@login_required
@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """It was looked at and stays."""
    row = _load(request, pk, "hold.place")
    user = access.signed_in(request)
    try:
        day = date.fromisoformat(field(request, "tinjau"))
    except ValueError:
        messages.error(request, _("Enter a valid date."))
        return redirect("hold", pk=pk)
    attempt(
        request,
        lambda: action.review(user=user, at=timezone.now(), hold=row, review_on=day, reason=field(request, "alasan")),
        _("The hold stays; it is reviewed again on the new day."),
    )
    return redirect("hold", pk=pk)


@login_required
@require_safe
def holds_xlsx(request: HttpRequest) -> FileResponse:
    user = access.signed_in(request)
    access.require(user, "hold.view")
    rows, _form = _chosen(request, user)
    head = [
        _("Number"), _("Client"), _("What is held"), _("Record class"), _("Cause"), _("Reason"), _("Legal basis"),
        _("Number of the letter or case"), _("Placed by"), _("Placed"), _("Review on"), _("Status"), _("Lifted"),
        _("Reason of lifting"),
    ]  # fmt: skip
    return export.workbook(f"penangguhan-{timezone.localdate():%Y%m%d}.xlsx", head, _lines(rows), zone=user.zone)


def _lines(rows: object) -> Iterator[Sequence[object]]:
    for row in rows.order_by("-placed_at", "-pk").iterator(chunk_size=export.CHUNK):  # type: ignore[attr-defined]
        yield (row.number, row.client.name, scope_of(row), row.record_class, str(row.get_cause_display()), row.reason,
               row.legal_basis, row.reference, row.placed_by_name, row.placed_at, row.review_on,
               str(row.get_status_display()), row.released_at, row.release_reason)  # fmt: skip
