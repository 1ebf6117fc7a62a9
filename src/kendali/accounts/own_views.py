"""A person's own account: profile, password, sessions, API tokens, deputies."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kendali.accounts import own_actions
from kendali.accounts.access import require, signed_in
from kendali.accounts.forms import ChangePasswordForm, DeputyForm, ProfileForm, TokenForm
from kendali.accounts.models import ApiToken, Deputy, UserSession
from kendali.accounts.permissions import Refused, can, rights
from kendali.accounts.refusals import tell
from kendali.accounts.sessions import follow, key_hash, open_sessions


@login_required
def account(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    initial = {field: getattr(user, field) for field in own_actions.PROFILE_FIELDS}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        own_actions.change_profile(user=user, at=timezone.now(), changes=form.cleaned_data)
        messages.success(request, gettext("Saved."))
        return redirect("account")
    return render(request, "accounts/account.html", {"form": form, "rights": rights(user), **_tabs(request, "account")})


@sensitive_post_parameters("current", "password", "again")
@login_required
def password(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = ChangePasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        before = key_hash(request)
        try:
            own_actions.change_password(
                user=user, at=timezone.now(), password=form.cleaned_data["password"], keep=before
            )
        except ValidationError as error:
            form.add_error("password", error)
        else:
            update_session_auth_hash(request, user)
            follow(request, before)
            messages.success(request, gettext("The password is changed; all your other sessions were ended."))
            return redirect("account")
    return render(request, "accounts/password.html", {"form": form, **_tabs(request, "password")})


@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    rows = open_sessions(signed_in(request), timezone.now())
    context = {"sessions": rows, "this": key_hash(request), **_tabs(request, "sessions")}
    return render(request, "accounts/sessions.html", context)


@login_required
@require_POST
def end_session(request: HttpRequest, number: int) -> HttpResponse:
    user = signed_in(request)
    session = get_object_or_404(UserSession, pk=number, user=user)
    own_actions.end_session(user=user, at=timezone.now(), session=session)
    messages.success(request, gettext("The session was ended."))
    return redirect("sessions")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    own_actions.end_other_sessions(user=signed_in(request), at=timezone.now(), keep=key_hash(request))
    messages.success(request, gettext("All other sessions were ended."))
    return redirect("sessions")


@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """The secret is in this one answer to the form, and nowhere afterwards."""
    user, now, secret = signed_in(request), timezone.now(), ""
    require(user, "token.own")
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        _token, secret = own_actions.create_token(
            user=user,
            at=now,
            name=values["name"],
            scopes=values["scopes"],
            expires_at=now + timedelta(days=values["days"]),
        )
        form = TokenForm()
    rows = user.tokens.filter(revoked_at=None)
    context = {"form": form, "tokens": rows, "secret": secret, "now": now, **_tabs(request, "tokens")}
    return render(request, "accounts/tokens.html", context)


@login_required
@require_POST
def revoke_token(request: HttpRequest, number: int) -> HttpResponse:
    user = signed_in(request)
    token = get_object_or_404(ApiToken, pk=number, user=user)
    own_actions.revoke_token(user=user, at=timezone.now(), token=token)
    messages.success(request, gettext("The token was revoked."))
    return redirect("tokens")


@login_required
def deputies(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    held = sorted({right.role for right in rights(user) if right.principal_id is None})
    form = DeputyForm(request.POST or None, held=held)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            own_actions.name_deputy(
                user=user,
                at=now,
                deputy=values["email"],
                role=values["role"],
                starts=values["starts"],
                ends=values["ends"],
            )
        except Refused as refused:
            form.add_error(None, tell(refused))
        else:
            messages.success(request, gettext("Your deputy is named and was told."))
            return redirect("deputies")
    rows = Deputy.objects.filter(ended_at=None, ends__gte=timezone.localdate()).select_related("principal", "deputy")
    context = {
        "form": form,
        "mine": rows.filter(principal=user),
        "standing_in": rows.filter(deputy=user),
        **_tabs(request, "deputies"),
    }
    return render(request, "accounts/deputies.html", context)


@login_required
@require_POST
def end_deputy(request: HttpRequest, number: int) -> HttpResponse:
    user = signed_in(request)
    deputy = get_object_or_404(Deputy, pk=number, principal=user)
    own_actions.end_deputy(user=user, at=timezone.now(), deputy=deputy)
    messages.success(request, gettext("The deputyship was ended."))
    return redirect("deputies")


def _tabs(request: HttpRequest, here: str) -> dict[str, object]:
    from kendali.accounts.tabs import account_tabs

    return {"tabs": account_tabs(here, tokens=bool(can(request.user, "token.own")))}
