"""Settings with their bounds, their versions and the reasons why they were changed."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kendali.accounts import access, permissions
from kendali.accounts.models import Client
from kendali.records import forms
from kendali.records.actions.settings import Place, save_setting
from kendali.records.views.answers import attempt
from kendali.terms import settings as terms
from kendali.terms.models import Setting


@login_required
@require_safe
def settings_list(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "settings.view")
    newest: dict[tuple[str, int | None, str], Setting] = {}
    for row in Setting.objects.select_related("client", "created_by").order_by("version"):
        newest[row.key, row.client_id, row.record_class] = row
    rows = [
        (
            definition,
            newest.get((key, None, "")),
            [row for (k, client, _c), row in newest.items() if k == key and client],
        )
        for key, definition in terms.DEFINITIONS.items()
    ]
    return render(request, "records/settings.html", {"rows": rows, "may_edit": permissions.can(user, "settings.edit")})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def setting(request: HttpRequest, key: str) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "settings.edit" if request.method == "POST" else "settings.view")
    definition = terms.DEFINITIONS.get(key)
    if definition is None:
        raise Http404
    form = forms.SettingForm(definition, Client.objects.all(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        client = form.cleaned_data.get("klien")
        value, reason = form.value(), form.cleaned_data["alasan"]
        kind = form.cleaned_data.get("kelas") or ""
        said = _("Saved; it holds from now on.")
        if Place(key, client, kind).needs_two(value):
            said = _("It waits for a second person, and then 24 hours: see Guarded changes.")
        if attempt(
            request,
            lambda: save_setting(
                user=user, at=timezone.now(), key=key, value=value, reason=reason, client=client, record_class=kind
            ),
            said,
        ):
            return redirect("setting", key=key)
    versions = Setting.objects.filter(key=key).select_related("client", "created_by").order_by("-created_at")[:100]
    context = {
        "definition": definition,
        "form": form,
        "versions": versions,
        "value": terms.get(key),
        "may_edit": permissions.can(user, "settings.edit"),
    }
    return render(request, "records/setting.html", context, status=422 if form.errors else 200)
