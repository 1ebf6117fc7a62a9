"""Coming in and going out. The second factor is django-allauth's login stage (/masuk/kode/)."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth import logout as django_logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kendali.accounts import actions, own_actions, setup_links
from kendali.accounts.forms import LoginForm, NewPasswordForm
from kendali.accounts.models import User, UserSession
from kendali.accounts.permissions import Refused
from kendali.accounts.sessions import key_hash
from kendali.audit.actions import record


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    target = _next(request)
    if isinstance(request.user, User):
        return redirect(target or settings.LOGIN_REDIRECT_URL)
    form = LoginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        credentials = {"email": form.cleaned_data["email"].strip().lower(), "password": form.cleaned_data["password"]}
        user = authenticate(request, **credentials)
        if isinstance(user, User):
            entering: HttpResponse = perform_password_login(
                request, credentials, Login(user=user, redirect_url=target or None)
            )
            return entering
        form.add_error(None, gettext("E-mail address or password is wrong."))
    return render(request, "accounts/login.html", {"form": form, "next": target})


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: object = None
) -> HttpResponse:
    """Called by django-axes when somebody has guessed too often."""
    if isinstance(credentials, dict) and credentials.get("email"):
        actions.note_lockout(email=credentials["email"], at=timezone.now())
    context = {"minutes": int(float(settings.AXES_COOLOFF_TIME) * 60), "limit": settings.AXES_FAILURE_LIMIT}
    return render(request, "accounts/locked_out.html", context, status=429)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Also leaves a log-in that waits for its second factor."""
    if isinstance(request.user, User):
        now = timezone.now()
        UserSession.objects.filter(key_hash=key_hash(request), ended_at=None).update(ended_at=now)
        record("account.logged_out", actor=own_actions.as_self(request.user), at=now, obj=request.user)
    django_logout(request)
    return redirect("login")


def inactive(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/inactive.html", status=403)


@sensitive_post_parameters("password", "again")
@never_cache
@require_http_methods(["GET", "POST"])
def password_setup(request: HttpRequest, secret: str) -> HttpResponse:
    """A new person chooses the first password; the link works once."""
    setup = setup_links.find(secret, timezone.now())
    if setup is None:
        return render(request, "accounts/setup_over.html", status=410)
    form = NewPasswordForm(request.POST or None, user=setup.user)
    if request.method == "POST" and form.is_valid():
        try:
            own_actions.set_first_password(setup=setup, at=timezone.now(), password=form.cleaned_data["password"])
        except ValidationError as error:
            form.add_error("password", error)
        except Refused:
            return render(request, "accounts/setup_over.html", status=410)
        else:
            messages.success(request, gettext("Your password is set. Log in with it now."))
            return redirect("login")
    # The policy of all pages (same-origin) keeps the link from others; "no-referrer" would hide the form's origin, too,
    # and then the browser's own form is refused as forged.
    return render(request, "accounts/setup.html", {"form": form, "person": setup.user})


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and wanted.startswith("/") else ""  # anything else is no address of a page
