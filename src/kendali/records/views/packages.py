"""Packages: what was written where, when every byte was last read back, and what was restored from it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kendali import keyset
from kendali.accounts import access, permissions
from kendali.audit.history import history
from kendali.records import forms, words
from kendali.records.actions import rechecks
from kendali.records.models import Package, PackageCheck
from kendali.records.queries import agreed
from kendali.records.views.answers import attempt


@login_required
@require_safe
def packages(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "package.view")
    clients = access.visible_clients(user, "package.view")
    form = forms.PackageFilter(request.GET, clients)
    form.is_valid()
    rows = Package.objects.filter(source__client__in=clients).select_related("source__client")
    if form.cleaned_data.get("klien"):
        rows = rows.filter(source__client=form.cleaned_data["klien"])
    status = form.cleaned_data.get("status")
    rows = rows.filter(status=status) if status else rows.exclude(status=Package.Status.ABANDONED)
    page = keyset.page(rows, ("-created_at", "-id"), request.GET)
    context = {
        "form": form,
        "page": page,
        "rows": [(row, words.package_pill(row), words.CLASSES[row.source.record_class]) for row in page.rows],
    }
    return render(request, "records/packages.html", context)


@login_required
@require_safe
def package(request: HttpRequest, pk: str) -> HttpResponse:
    user = access.signed_in(request)
    rows = Package.objects.select_related("source__client", "escalation")
    row = access.load(rows, user, "package.view", pk=pk)
    checks = row.checks.order_by("-finished_at")[:50]
    context = {
        "package": row,
        "pill": words.package_pill(row),
        "noun": words.noun(row.source.record_class),
        "crumbs": _crumbs(row),
        "problems": [words.told_problem(problem) for problem in row.problems],
        "checks": [(check, _told(check)) for check in checks],
        "may_check": permissions.can(user, "package.verify", row.client),
        "checkable": row.status in (Package.Status.VERIFIED, Package.Status.DAMAGED),
        "copies": row.copies.order_by("-pk")[:50],
        "may_copy": permissions.can(user, "keys.manage", row.client),
        "history": history(row),
        "agreed": agreed.of_package(row),
    }
    return render(request, "records/package.html", context)


def _crumbs(row: Package) -> list[tuple[str, str]]:
    return [
        (_("Packages"), "/paket/"),
        (row.source.client.name, ""),
        (str(words.CLASSES[row.source.record_class]), ""),
    ]


def _told(check: PackageCheck) -> list[words.Told]:
    return [words.told_problem(problem) for problem in check.problems]


@login_required
@require_POST
def check(request: HttpRequest, pk: str) -> HttpResponse:
    user = access.signed_in(request)
    row = access.load(Package.objects.select_related("source__client"), user, "package.verify", pk=pk)
    attempt(
        request,
        lambda: rechecks.request_check(user=user, at=timezone.now(), package=row),
        _("Every byte is read again now; the result appears here."),
    )
    return redirect("package", pk=pk)
