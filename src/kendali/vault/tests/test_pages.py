"""The keys page and the nightly look."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kendali.accounts.own_actions import create_token
from kendali.accounts.permissions import SCOPES
from kendali.archive.recovery import RecoverySheet
from kendali.audit.actor import SYSTEM
from kendali.notices.models import Notice
from kendali.vault import actions, watch
from kendali.vault.models import Sheet, VaultExport
from kendali.vault.package_keys import master_of
from kendali.vault.tests.conftest import Keys
from tests.cast import Cast


def page(cast: Cast, who: str = "aulia") -> str:
    response = cast.web(getattr(cast, who)).get(reverse("keys"))
    assert response.status_code == 200
    return str(response.content.decode())


def test_before_the_set_up_the_page_says_what_to_type(cast: Cast) -> None:
    assert "keys set-up" in page(cast)


def test_the_page_shows_slots_epochs_and_proofs_and_no_secret(cast: Cast, keys: Keys) -> None:
    key = actions.new_package_key(uuid4())
    secret = master_of(actions.current_epoch()).secret.hex()
    cast.web(cast.adi).post(reverse("prove_keys"))
    shown = page(cast)
    for word in ("EP-000001", "Rak 1", "Kantor cabang", str(keys.path("slot-2")), "vault-000001"):
        assert word in shown
    for hidden in (key.hex(), secret, keys.sheet.identity.secret_text(), keys.sheet.confirmation):
        assert hidden not in shown


def test_a_slot_that_is_away_and_a_pending_change_are_shown(cast: Cast, keys: Keys) -> None:
    os.rename(keys.path("slot-2"), keys.path("away"))
    actions.prove(actor=SYSTEM, at=cast.now)
    assert actions.change_epoch(actor=SYSTEM, at=cast.now).status == "pending"
    shown = page(cast)
    assert "keys resume" in shown
    assert "s-soon" in shown


def test_an_auditor_sees_and_does_nothing_there(cast: Cast, keys: Keys) -> None:
    for name in ("prove_keys", "print_recovery_sheet", "confirm_recovery_sheet"):
        assert cast.web(cast.aulia).post(reverse(name)).status_code == 403
    assert reverse("confirm_recovery_sheet") not in page(cast)


def test_the_sheet_is_printed_from_the_page_until_it_is_confirmed(
    cast: Cast, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = cast.web(cast.adi)
    made: list[RecoverySheet] = []
    original = actions.make_sheet

    def remembered(**facts: Any) -> RecoverySheet:
        made.append(original(**facts))
        return made[-1]

    monkeypatch.setattr(actions, "make_sheet", remembered)
    response = browser.post(reverse("print_recovery_sheet"))
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    browser.post(reverse("confirm_recovery_sheet"), {"group": "SALAH"})
    assert Sheet.objects.get(replaced_at=None).confirmed_at is None
    browser.post(reverse("confirm_recovery_sheet"), {"group": made[0].confirmation.lower()})
    assert Sheet.objects.get(replaced_at=None).confirmed_at is not None
    assert browser.post(reverse("print_recovery_sheet")).status_code == 302
    assert len(made) == 1


def test_at_night_the_vault_is_written_and_a_failing_slot_is_told(cast: Cast, keys: Keys) -> None:
    watch.nightly(at=cast.now)
    assert VaultExport.objects.count() == 2
    assert not Notice.objects.exists()
    os.rename(keys.path("slot-1"), keys.path("away"))
    watch.nightly(at=cast.now)
    assert set(Notice.objects.values_list("user__name", "kind")) == {
        (cast.adi.name, "keys.not_proved"),
        (cast.indra.name, "keys.not_proved"),
    }
    assert VaultExport.objects.count() == 3


def test_the_api_shows_and_proves_the_same(cast: Cast, keys: Keys) -> None:
    def ask(method: str, path: str, who: str) -> Any:
        _, secret = create_token(user=getattr(cast, who), at=timezone.now(), name="x", scopes=list(SCOPES))
        return getattr(Client(), method)(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"})

    assert [slot["answer"] for slot in ask("post", "/keys/prove", "adi").json()] == ["opened", "opened", "unchanged"]
    shown = ask("get", "/keys", "aulia").json()
    assert (shown["epoch"], shown["vault"], shown["left_over"]) == (1, "vault-000001", [])
    assert ask("post", "/keys/prove", "aulia").status_code == 403
    assert ask("get", "/keys", "clara").status_code == 403
