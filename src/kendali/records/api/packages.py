"""Packages over the API."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from kendali.accounts import access
from kendali.accounts.access import signed_in
from kendali.records.actions import packages, rechecks
from kendali.records.api.schemas import CheckOut, PackageOut, PackagePage
from kendali.records.models import Package, PackageCheck

router = Router(tags=["packages"])
PAGE = 100


@router.get("", response=PackagePage)
def list_packages(request: HttpRequest, before: str = Query("", max_length=24)) -> dict[str, object]:
    """By number, newest first; pass `next` as `before`."""
    user = signed_in(request)
    access.require(user, "package.view")
    rows = Package.objects.filter(source__client__in=access.visible_clients(user, "package.view")).order_by("-number")
    if before:
        rows = rows.filter(number__lt=before)
    page = list(rows[: PAGE + 1])
    return {"packages": page[:PAGE], "next": page[PAGE - 1].number if len(page) > PAGE else None}


@router.get("/{uuid:package_id}", response=PackageOut)
def show_package(request: HttpRequest, package_id: uuid.UUID) -> Package:
    return access.load(
        Package.objects.select_related("source__client"), signed_in(request), "package.view", pk=package_id
    )


@router.get("/{uuid:package_id}/checks", response=list[CheckOut])
def list_checks(request: HttpRequest, package_id: uuid.UUID) -> list[PackageCheck]:
    return list(show_package(request, package_id).checks.order_by("-finished_at")[:PAGE])


@router.post("/{uuid:package_id}/request-check", response={202: PackageOut})
def request_check(request: HttpRequest, package_id: uuid.UUID) -> Status[Package]:
    """Read every byte again soon, by a worker; the result is in `checks`."""
    user = signed_in(request)
    package = access.load(Package.objects.select_related("source__client"), user, "package.verify", pk=package_id)
    rechecks.request_check(user=user, at=timezone.now(), package=package)
    return Status(202, package)


@router.post("/{uuid:package_id}/verify", response=CheckOut)
def verify_package(request: HttpRequest, package_id: uuid.UUID) -> PackageCheck:
    """Read every byte again, now."""
    user = signed_in(request)
    package = access.load(Package.objects.select_related("source__client"), user, "package.verify", pk=package_id)
    return packages.check(package=package, user=user)
