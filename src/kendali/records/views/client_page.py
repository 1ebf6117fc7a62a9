"""What the client sees: what of its data is backed up, and what waits for its decision."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from kendali.accounts import access, responsible
from kendali.accounts.models import Client
from kendali.records import words
from kendali.records.queries.coming import coming
from kendali.records.queries.holdings import holdings
from kendali.terms.models import Policy


@login_required
@require_safe
def client_page(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "client_page.view")
    clients = list(access.visible_clients(user, "client_page.view").filter(active=True))
    client = chosen(clients, request.GET.get("klien", ""))
    context: dict[str, object] = {"client": client, "first_name": user.name.split()[0]}
    if client is not None:
        waiting = list(Policy.objects.filter(client=client, status=Policy.Status.WAITING).order_by("created_at"))
        policies = list(Policy.objects.filter(client=client, status=Policy.Status.EFFECTIVE).order_by("record_class"))
        context |= {
            "tabs": [(one.name, f"?klien={one.code}", one == client) for one in clients] if clients[1:] else [],
            "holdings": [(words.CLASSES[one.record_class], one) for one in holdings(client)],
            "waiting": waiting,
            "waiting_count": len(waiting),
            "policies": policies,
            "leaders": [
                (words.CLASSES[kind], row) for (_client, kind), row in responsible.by_class([client.pk]).items()
            ],
            "coming": coming(client, policies, timezone.localdate()),
        }
    return render(request, "records/client_page.html", context)


def chosen(clients: list[Client], code: str) -> Client | None:
    """A client that is asked for and may not be seen does not exist for this person."""
    if not code:
        return clients[0] if clients else None
    for client in clients:
        if client.code == code:
            return client
    raise Http404
