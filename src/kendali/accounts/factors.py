"""Second factors: the machinery is django-allauth's, the trace and the notice to the person are ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.utils import timezone

from kendali.accounts import client_people
from kendali.accounts.models import User
from kendali.accounts.own_actions import as_self
from kendali.audit.actions import record
from kendali.notices.actions import notify

View = Callable[..., HttpResponseBase]


def traced(view: View) -> View:
    """What a page of allauth added or removed is written to the trail and told to the person, in one transaction."""

    @wraps(view)
    @login_required
    def with_trace(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user = request.user
        if request.method != "POST" or not isinstance(user, User):
            return view(request, *args, **kwargs)
        with transaction.atomic():
            before = _factors(user)
            response = view(request, *args, **kwargs)
            _trace(user, before, _factors(user))
        return response

    return with_trace


def _factors(user: User) -> dict[int, str]:
    return dict(Authenticator.objects.filter(user_id=user.pk).values_list("pk", "type"))


def _trace(user: User, before: dict[int, str], after: dict[int, str]) -> None:
    now = timezone.now()
    added = [("account.factor_added", after[pk]) for pk in after.keys() - before.keys()]
    removed = [("account.factor_removed", before[pk]) for pk in before.keys() - after.keys()]
    for verb, kind in added + removed:
        record(verb, actor=as_self(user), at=now, obj=user, facts={"factor": kind})
        notify([user], kind=verb, facts={"factor": kind}, url="/akun/faktor/", at=now)
    client_people.own_factors_changed(
        person=user, actor=as_self(user), at=now, added={pk: after[pk] for pk in after.keys() - before.keys()},
        removed={before[pk] for pk in before.keys() - after.keys()},
    )  # fmt: skip


# allauth looks these names up; the paths are ours.
urlpatterns = [
    path("masuk/kode/", base.authenticate, name="mfa_authenticate"),
    path("masuk/kunci/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("masuk/ulang/kode/", base.reauthenticate, name="mfa_reauthenticate"),
    path("masuk/ulang/kunci/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("akun/faktor/", base.index, name="mfa_index"),
    path("akun/faktor/", base.index, name="mfa_list_webauthn"),
    path("akun/faktor/aplikasi/", traced(totp.activate_totp), name="mfa_activate_totp"),
    path("akun/faktor/aplikasi/hapus/", traced(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("akun/faktor/kunci/", traced(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("akun/faktor/kunci/<int:pk>/hapus/", traced(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
    path("akun/faktor/kode/", login_required(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("akun/faktor/kode/baru/", traced(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("akun/faktor/kode/unduh/", login_required(codes.download_recovery_codes), name="mfa_download_recovery_codes"),
]
