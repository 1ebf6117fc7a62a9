"""Who may open the pages of accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core import signing

from kendali.accounts.models import ApiToken, Deputy, PasswordSetup, SensitiveChange, UserSession
from kendali.accounts.setup_links import SALT
from tests.cast import Cast
from tests.permissions import ANYBODY, EVERYBODY, Line

ADMIN, LOOK = "adi", "adi aulia"
NO_TOKENS = " ".join(nick for nick in EVERYBODY.split() if nick != "agus")
OTHERS = " ".join(nick for nick in EVERYBODY.split() if nick != "tari")


def _tari(cast: Cast) -> dict[str, Any]:
    return {"number": cast.tari.pk}


def _session(cast: Cast) -> dict[str, Any]:
    row = UserSession.objects.create(user=cast.tari, key_hash=b"x" * 32, started_at=cast.now, last_seen_at=cast.now)
    return {"number": row.pk}


def _token(cast: Cast) -> dict[str, Any]:
    row = ApiToken.objects.create(
        user=cast.tari, name="x", prefix="x", secret_hash=b"x", scopes=["read"], created_at=cast.now
    )
    return {"number": row.pk}


def _deputy(cast: Cast) -> dict[str, Any]:
    day = cast.now.date()
    row = Deputy.objects.create(
        principal=cast.tari, deputy=cast.surya, role="team_leader", starts=day, ends=day, named_at=cast.now
    )
    return {"number": row.pk}


def _setup(cast: Cast) -> dict[str, Any]:
    row = PasswordSetup.objects.create(user=cast.tari, created_at=cast.now, expires_at=cast.now + timedelta(days=36500))
    return {"secret": signing.dumps(row.pk, salt=SALT)}


def _sensitive(cast: Cast) -> dict[str, Any]:
    """Proposed by nobody of the cast, so that everybody who may confirm is a second person."""
    row = SensitiveChange.objects.create(
        kind="factors", do="user.factors", client=cast.nusantara, subject=f"accounts.user:{cast.clara.pk}",
        summary={"name": cast.clara.name}, proposed_at=cast.now,
    )  # fmt: skip
    return {"pk": row.pk}


def _guarded(cast: Cast) -> dict[str, Any]:
    return {"change_id": _sensitive(cast)["pk"]}


def _nusantara(cast: Cast) -> dict[str, Any]:
    return {"code": cast.nusantara.code}


GUARDED = "adi rahma maya aulia clara candra"
MINE = "adi rahma maya aulia clara"
NAMED = "tari indra dewi clara maya rahma aulia adi"
LINES = {
    "login": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "account_login": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "logout": Line(allow=EVERYBODY, anonymous=ANYBODY, method="POST"),
    "account_logout": Line(allow=EVERYBODY, anonymous=ANYBODY, method="POST"),
    "account_inactive": Line(allow="", anonymous="403"),
    "password_setup": Line(allow=EVERYBODY, anonymous=ANYBODY, kwargs=_setup),
    "account_reauthenticate": Line(allow=EVERYBODY),
    "mfa_authenticate": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "mfa_login_webauthn": Line(allow=EVERYBODY, anonymous=ANYBODY),
    "mfa_reauthenticate": Line(allow=EVERYBODY),
    "mfa_reauthenticate_webauthn": Line(allow=EVERYBODY),
    "mfa_index": Line(allow=EVERYBODY),
    "mfa_list_webauthn": Line(allow=EVERYBODY),
    "mfa_activate_totp": Line(allow=EVERYBODY),
    "mfa_deactivate_totp": Line(allow="", refused=404),  # none of the cast has this factor
    "mfa_add_webauthn": Line(allow=EVERYBODY),
    "mfa_remove_webauthn": Line(allow=EVERYBODY, kwargs=lambda cast: {"pk": 1}),
    "mfa_view_recovery_codes": Line(allow="", refused=404),  # none of the cast has this factor
    "mfa_generate_recovery_codes": Line(allow=EVERYBODY),
    "mfa_download_recovery_codes": Line(allow="", refused=404),  # none of the cast has this factor
    "account": Line(allow=EVERYBODY),
    "password": Line(allow=EVERYBODY),
    "sessions": Line(allow=EVERYBODY),
    "end_other_sessions": Line(allow=EVERYBODY, method="POST"),
    "end_session": Line(allow="tari", stranger=OTHERS, method="POST", kwargs=_session),
    "tokens": Line(allow=NO_TOKENS),
    "revoke_token": Line(allow="tari", stranger=OTHERS, method="POST", kwargs=_token),
    "deputies": Line(allow=EVERYBODY),
    "end_deputy": Line(allow="tari", stranger=OTHERS, method="POST", kwargs=_deputy),
    "users": Line(allow=LOOK),
    "new_user": Line(allow=ADMIN),
    "user": Line(allow=LOOK, kwargs=_tari),
    "change_user": Line(allow=ADMIN, kwargs=_tari),
    "grant_role": Line(allow=ADMIN, method="POST", kwargs=_tari),
    "end_role": Line(allow=ADMIN, method="POST", kwargs=lambda cast: {"number": cast.tari.grants.get().pk}),
    "change_user_state": Line(
        allow=ADMIN, method="POST", kwargs=lambda cast: {"number": cast.tari.pk, "do": "nonaktifkan"}
    ),
    "sensitive_changes": Line(allow=GUARDED),
    "sensitive_change": Line(allow=MINE, stranger="candra", kwargs=_sensitive),
    "sensitive_confirm": Line(allow="adi rahma", stranger="candra", method="POST", kwargs=_sensitive),
    "sensitive_refuse": Line(allow="adi rahma clara", stranger="candra", method="POST", kwargs=_sensitive),
    "api-v1:list_guarded_changes": Line(api=True, allow=GUARDED),
    "api-v1:show_guarded_change": Line(api=True, allow=MINE, stranger="candra", kwargs=_guarded),
    "api-v1:confirm_guarded_change": Line(api=True, method="POST", allow="adi rahma", kwargs=_guarded),
    "api-v1:stop_guarded_change": Line(
        api=True,
        method="POST",
        allow="adi rahma clara",
        stranger="candra",
        kwargs=_guarded,
        data=lambda cast: {"reason": "Bukan permintaan kami"},
    ),
    "api-v1:reset_factors": Line(api=True, method="POST", allow=ADMIN, kwargs=lambda cast: {"user_id": cast.tari.pk}),
    "responsibles": Line(allow=NAMED, stranger="candra", kwargs=_nusantara),
    "api-v1:list_responsible": Line(api=True, allow=NAMED, stranger="candra", kwargs=_nusantara),
    "api-v1:name_responsible": Line(
        api=True,
        method="PUT",
        allow="adi maya",
        stranger="candra",
        kwargs=_nusantara,
        data=lambda cast: {"record_class": "recording"},
    ),
    "sites": Line(allow=LOOK),
    "clients": Line(allow=LOOK),
    "new_client": Line(allow=ADMIN),
    "change_client": Line(allow=ADMIN, kwargs=lambda cast: {"code": cast.nusantara.code}),
}
