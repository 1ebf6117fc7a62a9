"""Which Team Leader answers for a record class of a client: seen by everybody of the procedure and by the client."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from kendali.accounts import permissions, responsible
from kendali.accounts.access import load, signed_in
from kendali.accounts.models import Client, Responsible, User
from kendali.accounts.permissions import Refused
from kendali.accounts.refusals import tell
from kendali.audit.history import history
from kendali.terms.models import RecordClass


class ResponsibleForm(forms.Form):
    """One for each record class, on one page: ids of fields carry the class."""

    kelas = forms.ChoiceField(choices=RecordClass.choices, widget=forms.HiddenInput)
    pj = forms.ModelChoiceField(
        label=_("Responsible Team Leader"), queryset=User.objects.none(), required=False, empty_label=_("nobody named")
    )
    pengganti = forms.ModelChoiceField(
        label=_("Deputy"), queryset=User.objects.none(), required=False, empty_label=_("nobody named")
    )

    def __init__(self, client: Client, record_class: str, row: Responsible | None, data: object = None) -> None:
        first = {"kelas": record_class, "pj": row.leader if row else None, "pengganti": row.deputy if row else None}
        super().__init__(data, initial=first, auto_id=f"{record_class}-%s")  # type: ignore[arg-type]
        people = User.objects.filter(pk__in=[one.pk for one in responsible.candidates(client)])
        for field in ("pj", "pengganti"):
            self.fields[field].queryset = people  # type: ignore[attr-defined]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def responsibles(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    posted = request.method == "POST"
    client = load(Client, user, "responsible.name" if posted else "responsible.view", code=code)
    kind = request.POST.get("kelas", "")
    found = responsible.by_class([client.pk])
    sent = ResponsibleForm(client, kind, None, request.POST) if posted else None
    if sent is not None and sent.is_valid() and _saved(user, client, sent):
        messages.success(request, gettext("Saved."))
        return redirect("responsibles", code=code)
    rows = []
    for value, label in RecordClass.choices:
        row = found.get((client.pk, value))
        rows.append((label, row, sent if sent is not None and kind == value else ResponsibleForm(client, value, row)))
    context = {
        "client": client,
        "rows": rows,
        "may_name": permissions.can(user, "responsible.name", client),
        "others": _everybody(client),
        "history": history(client),
    }
    return render(request, "accounts/responsibles.html", context, status=422 if sent is not None else 200)


def _saved(user: User, client: Client, form: ResponsibleForm) -> bool:
    asked = form.cleaned_data
    try:
        responsible.name(
            user=user, at=timezone.now(), client=client, record_class=asked["kelas"], leader=asked["pj"],
            deputy=asked["pengganti"],
        )  # fmt: skip
    except Refused as refused:
        form.add_error(None, tell(refused))
        return False
    return True


def _everybody(client: Client) -> str:
    """Who is told where nobody is named."""
    count = len(responsible.candidates(client))
    return ngettext("%(count)s Team Leader", "%(count)s Team Leaders", count) % {"count": count}
