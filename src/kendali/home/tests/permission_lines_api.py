"""Who may keep people, clients, settings, the store and their own account over the API."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal

from kendali.accounts.models import ApiToken, Deputy, RoleGrant
from kendali.notices.models import Notice
from kendali.records.models import TextSearch
from kendali.records.tests.permission_lines import OTHER_CLIENT, STAFF, package_row, policy_row, source_row
from kendali.terms.models import Policy
from tests.cast import Cast
from tests.permissions import EVERYBODY, Line

Data = Callable[[Cast], Mapping[str, Any]]
OWNERS = " ".join(name for name in EVERYBODY.split() if name != "agus")  # of tokens and deputies
KEEPERS, LOOKERS = "adi", "adi aulia"
OPENERS = "tari maya rahma aulia"  # of content
PERSON = {"email": "baru@kendali.test", "name": "Baru"}
CLIENT = {"code": "baru", "name": "Klien Baru"}
SITE = {"code": "baru", "name": "Area Baru"}
DEPUTY = {"email": "x@y.test", "role": "x", "starts": "2026-11-23", "ends": "2026-11-24"}
SEARCH = {"client": "bank-nusantara", "text": "halo", "reason": "Keluhan"}


def _agus(cast: Cast) -> dict[str, Any]:
    return {"user_id": cast.agus.pk}


def _grant(cast: Cast) -> dict[str, Any]:
    return {"grant_id": RoleGrant.objects.get(user=cast.agus).pk}


def _token(cast: Cast) -> dict[str, Any]:
    hashed = hashlib.sha256(b"x").digest()
    row = ApiToken.objects.create(
        user=cast.tari, name="x", prefix="x", secret_hash=hashed, scopes=["read"], created_at=cast.now
    )
    return {"token_id": row.pk}


def _deputy(cast: Cast) -> dict[str, Any]:
    today = cast.now.date()
    row = Deputy.objects.create(
        principal=cast.tari, deputy=cast.kirana, role="team_leader", starts=today - timedelta(days=9),
        ends=today - timedelta(days=8), named_at=cast.now,
    )  # fmt: skip
    return {"deputy_id": row.pk}


def _notice(cast: Cast) -> dict[str, Any]:
    return {"notice_id": Notice.objects.create(user=cast.tari, at=cast.now, kind="deputy.named").pk}


def _search(cast: Cast) -> dict[str, Any]:
    row = TextSearch.objects.create(
        user=cast.tari, client=cast.nusantara, reason="x", text_sealed=b"", started_at=cast.now
    )
    return {"search_id": row.pk}


def _source(cast: Cast) -> dict[str, Any]:
    return {"source_id": source_row(cast).pk}


def _package(cast: Cast) -> dict[str, Any]:
    return {"package_id": package_row(cast).pk}


def _policy(cast: Cast) -> dict[str, Any]:
    policy: Policy = policy_row(cast, "waiting")
    return {"policy_id": policy.pk}


def post(allow: str, kwargs: Data = lambda cast: {}, data: Mapping[str, Any] | None = None, **more: Any) -> Line:
    return Line(api=True, method="POST", allow=allow, kwargs=kwargs, data=lambda cast: data or {}, **more)


def get(allow: str, kwargs: Data = lambda cast: {}, **more: Any) -> Line:
    return Line(api=True, allow=allow, kwargs=kwargs, **more)


def administration_lines() -> dict[str, Line]:
    put: Literal["PUT"] = "PUT"
    others = " ".join(name for name in OWNERS.split() if name != "tari")
    return {
        "list_users": get(LOOKERS),
        "create_user": post(KEEPERS, data=PERSON),
        "show_user": get(LOOKERS, _agus),
        "change_user": Line(api=True, method=put, allow=KEEPERS, kwargs=_agus, data=lambda cast: PERSON),
        "deactivate_user": post(KEEPERS, _agus),
        "reactivate_user": post(KEEPERS, _agus),
        "release_lockout": post(KEEPERS, _agus),
        "send_setup_link": post(KEEPERS, _agus),
        "grant_role": post(KEEPERS, _agus, {"role": "witness"}),
        "end_role": post(KEEPERS, _grant),
        "list_clients": get(LOOKERS),
        "create_client": post(KEEPERS, data=CLIENT),
        "change_client": Line(
            api=True, method=put, allow=KEEPERS, kwargs=lambda cast: {"code": "telko-raya"}, data=lambda cast: CLIENT
        ),
        "list_sites": get(LOOKERS),
        "create_site": post(KEEPERS, data=SITE),
        "list_tokens": get(OWNERS),
        "revoke_token": post("tari", _token, stranger=others),
        "list_deputies": get(EVERYBODY),
        "name_deputy": post(OWNERS, data=DEPUTY),
        "end_deputy": post("tari", _deputy, stranger=others),
        "read_all_notices": post(EVERYBODY),
        "read_notice": post("tari", _notice, stranger=f"{others} agus"),
        "list_settings": get("maya rahma aulia adi"),
        "list_setting_versions": get("maya rahma aulia adi", lambda cast: {"key": "drill.percent"}),
        "save_one_setting": post("adi", lambda cast: {"key": "drill.percent"}, {"value": 6, "reason": "Lebih banyak"}),
        "show_store": get(STAFF),
        "probe_store": post("adi indra"),
        "show_holdings": get(f"{STAFF} clara", lambda cast: {"code": "bank-nusantara"}, stranger=OTHER_CLIENT),
        "show_coming": get(f"{STAFF} clara", lambda cast: {"code": "bank-nusantara"}, stranger=OTHER_CLIENT),
        "begin_text_search": post(OPENERS, data=SEARCH),
        "show_text_search": get("tari", _search, stranger=OPENERS.replace("tari ", "")),
        "list_found_records": get("tari", _search, stranger=OPENERS.replace("tari ", "")),
        "change_source": Line(
            api=True, method=put, allow=KEEPERS, stranger=OTHER_CLIENT, kwargs=_source,
            data=lambda cast: {"name": "Ekspor", "config": {"folder": "/nowhere"}},
        ),
        "list_scans": get(STAFF, _source, stranger=OTHER_CLIENT),
        "request_check": post("indra rahma", _package, stranger=OTHER_CLIENT),
        "show_policy": get(f"{STAFF} clara", _policy, stranger=OTHER_CLIENT),
    }  # fmt: skip
