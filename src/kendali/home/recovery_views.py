"""/pemulihan/: what was restored, what has to be compared, and the two confirmations."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from kendali.accounts import access, permissions, roles
from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.archive.errors import ArchiveError
from kendali.archive.stores import open_store
from kendali.home import recovery
from kendali.records.views.answers import attempt, told
from kendali.terms.recovery import in_recovery
from kendali.vault.errors import sentence
from kendali.vault.models import Epoch

COMPARED = (
    ("penangguhan", _("holds: every one placed since the backup is entered again")),
    ("persetujuan", _("approvals: none given or withdrawn since the backup is missing")),
    ("jurnal", _("journal: what was deleted or destroyed since the backup is known")),
    ("sumber", _("sources: looked through, what they hold agrees with the catalogue")),
)


class ConfirmForm(forms.Form):
    diperiksa = forms.MultipleChoiceField(
        label=_("I have compared"), choices=COMPARED, widget=forms.CheckboxSelectMultiple
    )

    def clean_diperiksa(self) -> list[str]:
        ticked: list[str] = self.cleaned_data["diperiksa"]
        if len(ticked) < len(COMPARED):
            raise forms.ValidationError(_("All four must have been compared."))
        return ticked


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "recovery.view")
    return _page(request, user, ConfirmForm())


def _page(request: HttpRequest, user: User, form: ConfirmForm) -> HttpResponse:
    context: dict[str, object] = {"active": in_recovery(), "form": form}
    if context["active"]:
        context |= _compared() | _answers(user)
    return render(request, "home/recovery.html", context, status=422 if form.errors else 200)


def _compared() -> dict[str, object]:
    seen, of = recovery.sources_seen()
    found: dict[str, object] = {
        "restore": recovery.begun(),
        "keys": Epoch.objects.filter(status=Epoch.CURRENT).exists(),
        "reconciled": recovery.reconciled(),
        "seen": seen,
        "of": of,
    }
    try:
        return found | {"chain": recovery.chain(open_store(settings.KENDALI_STORE))}
    except ArchiveError as error:
        return found | {"store_problem": sentence(error)}


def _answers(user: User) -> dict[str, object]:
    given = recovery.confirmations()
    may = None
    if permissions.can(user, "recovery.confirm"):
        may = recovery.may_confirm(user, permissions.acting(user, "recovery.confirm").role)
    return {
        "answers": [(roles.LABELS[role], given.get(role)) for role in recovery.NEEDED],
        "may": may,
        "may_reconcile": permissions.can(user, "keys.manage"),
    }


@login_required
@require_POST
def reconcile(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "keys.manage")
    try:
        done = recovery.reconcile_keys(user=user, at=timezone.now())
    except ArchiveError as error:
        messages.error(request, sentence(error))
    except RuleRefused as refused:
        messages.error(request, told(refused.verdict))
    else:
        said = gettext("Keys are up to date: %(added)s taken from the vault, %(destroyed)s destroyed again.")
        messages.success(request, said % {"added": done.added, "destroyed": done.destroyed})
    return redirect("recovery")


@login_required
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request)
    access.require(user, "recovery.confirm")
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form)
    attempt(request, lambda: recovery.confirm(user=user, at=timezone.now()), gettext("Your confirmation is kept."))
    return redirect("recovery")
