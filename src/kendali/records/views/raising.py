"""Step 1 or 2: raise an escalation, after seeing how many records it would take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.db.models import Min, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kendali import civil_time
from kendali.accounts import access
from kendali.accounts.permissions import RuleRefused
from kendali.numerals import whole
from kendali.records import forms, rules, words
from kendali.records.actions import escalations
from kendali.records.models import DayCount, Escalation, Source
from kendali.records.views.answers import told


@dataclass(frozen=True, slots=True)
class Preview:
    """What an escalation with this cut-off would take today; `refused` says why none can be raised."""

    source: Source
    noun: str
    cut_off: date | None = None
    count: int = 0
    overdue: int = 0
    oldest: date | None = None
    refused: str = ""
    open_order: Escalation | None = None

    @property
    def possible(self) -> bool:
        return bool(self.count) and not self.refused and self.open_order is None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def raise_escalation(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "escalation.raise")
    sources = _sources(request)
    form = forms.RaiseForm(sources, request.POST or None)
    if request.method == "POST" and form.is_valid():
        source, cut_off = form.cleaned_data["sumber"], form.cleaned_data["batas"]
        try:
            order = escalations.raise_escalation(user=user, at=timezone.now(), source=source, cut_off=cut_off)
            return redirect("escalation", pk=order.pk)
        except RuleRefused as refused:
            form.add_error(None, told(refused.verdict))
    preview = _asked(request, sources, form)
    if not form.is_bound and preview:
        form = forms.RaiseForm(sources, initial={"sumber": preview.source, "batas": preview.cut_off})
    context = {"form": form, "preview": preview, "none": not sources}
    return render(request, "records/raise.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def preview_fragment(request: HttpRequest) -> HttpResponse:
    """Asked for while the person chooses another source or cut-off."""
    access.require(access.signed_in(request), "escalation.raise")
    form = forms.RaiseForm(_sources(request))
    return render(request, "records/_raise_preview.html", {"preview": _asked(request, _sources(request), form)})


def _sources(request: HttpRequest) -> QuerySet[Source]:
    clients = access.visible_clients(access.signed_in(request), "escalation.raise")
    rows = Source.objects.filter(client__in=clients, client__active=True, active=True)
    return rows.select_related("client").order_by("client__name", "name")


def _asked(request: HttpRequest, sources: QuerySet[Source], form: forms.RaiseForm) -> Preview | None:
    """The preview of what is asked for, else of the first source with the proposed cut-off."""
    asked = request.POST if form.is_bound else request.GET
    number = asked.get("sumber", "")
    asked_for = whole(number)
    source = sources.first() if not number else None if asked_for is None else sources.filter(pk=asked_for).first()
    if source is None:
        return None
    try:
        cut_off = date.fromisoformat(asked.get("batas", ""))
    except ValueError:
        cut_off = None
    return preview(source, cut_off)


def preview(source: Source, cut_off: date | None) -> Preview:
    """From the day counts: exact, and a few milliseconds for a million records."""
    noun, now = words.noun(source.record_class), timezone.now()
    open_order = Escalation.objects.filter(source=source, status__in=Escalation.OPEN).first()
    try:
        policy = escalations.policy_of(source)
    except RuleRefused as refused:
        return Preview(source, noun, refused=told(refused.verdict), open_order=open_order)
    today = civil_time.local_date(now, policy.zone)
    cut_off = cut_off or escalations.proposed_cut_off(source, today)
    allowed = rules.may_cut_off(cut_off, today=today, retention=escalations.retention_of(policy))
    if not allowed:
        return Preview(source, noun, cut_off, refused=told(allowed), open_order=open_order)
    days = DayCount.objects.filter(source=source, day__lte=cut_off)
    late = days.filter(day__lt=civil_time.cut_date(today, policy.backup_after_years))
    found = days.aggregate(count=Sum("waiting"), oldest=Min("day"))
    overdue = late.aggregate(count=Sum("waiting"))["count"] or 0
    empty = "" if found["count"] else _("Nothing older than this date is without a backup: there is nothing to raise.")
    return Preview(source, noun, cut_off, found["count"] or 0, overdue, found["oldest"], empty, open_order)
