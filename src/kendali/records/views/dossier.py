"""Berkas bukti: the nine slots of one disposal, how complete they are, and all of it as one ZIP."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kendali.accounts import access
from kendali.records.actions import evidence
from kendali.records.queries import dossier as query


@login_required
@require_safe
def dossier(request: HttpRequest, pk: int) -> HttpResponse:
    order = evidence.order_of(access.signed_in(request), pk)
    found = query.slots(order)
    context = {
        "order": order,
        "slots": found,
        "complete": query.complete(found),
        "certificates": query.certificates(order),
        "entries": query.register_rows(order)[:50],
        "crumbs": [(order.number, f"/penghapusan/{order.pk}/"), (order.client.name, "")],
    }
    return render(request, "records/dossier.html", context)


@login_required
@require_safe
def dossier_zip(request: HttpRequest, pk: int) -> FileResponse:
    user = access.signed_in(request)
    order = evidence.order_of(user, pk)
    file = evidence.take(user=user, at=timezone.now(), order=order)
    return FileResponse(
        file, as_attachment=True, filename=f"berkas-bukti-{order.number}.zip", content_type="application/zip"
    )
