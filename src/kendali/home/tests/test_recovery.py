"""A restored installation: nothing destroyed, the trail beside its anchors, out of it by two different people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from kendali.accounts.models import Deputy
from kendali.accounts.permissions import Refused, RuleRefused
from kendali.audit import actions as audit
from kendali.audit import anchors
from kendali.audit.actor import SYSTEM
from kendali.audit.models import Entry
from kendali.home import backup, recovery
from kendali.home.models import Installation
from kendali.terms.recovery import in_recovery
from kendali.vault import actions as vault
from kendali.vault.errors import KeyDestroyedError, KeysError
from kendali.vault.models import PackageKey
from kendali.vault.package_keys import the_store
from kendali.vault.testing import set_up_keys
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
ALL = {"diperiksa": ["penangguhan", "persetujuan", "jurnal", "sumber"]}


@pytest.fixture
def restored(cast: Cast, settings: Settings, tmp_path: Path) -> Cast:
    """Keys, a trail that was anchored, and the state a restore leaves: as backup.restore does after its pg_restore."""
    settings.KENDALI_STORE = str(tmp_path / "store")
    set_up_keys(tmp_path / "keys")
    anchors.anchor(the_store(), at=timezone.now())
    backup.into_recovery({"created": "2026-11-20T00:00:00+00:00", "audit": backup.head()}, timezone.now())
    return cast


def state() -> str:
    return Installation.objects.get().state


def test_every_page_says_so_and_the_two_have_it_waiting(restored: Cast) -> None:
    assert 'class="recovery"' in restored.web(restored.tari).get("/radar/").content.decode()
    assert 'class="recovery"' in Browser().get("/masuk/").content.decode()
    for person in (restored.rahma, restored.adi):
        assert 'href="/pemulihan/"' in restored.web(person).get("/").content.decode()
    assert 'href="/pemulihan/"' not in restored.web(restored.clara).get("/klien/", follow=True).content.decode()


def test_outside_recovery_nothing_is_said_and_nothing_is_to_confirm(cast: Cast) -> None:
    web = cast.web(cast.adi)
    assert 'class="recovery"' not in web.get("/").content.decode()
    assert web.get("/pemulihan/").status_code == 200
    with pytest.raises(RuleRefused):
        recovery.confirm(user=cast.adi, at=timezone.now())


def test_no_key_is_destroyed_and_no_epoch_changed(restored: Cast) -> None:
    package = uuid4()
    key = vault.new_package_key(package)
    acts: tuple[Callable[[], object], ...] = (
        lambda: vault.destroy_package_key(package, 1, at=timezone.now()),
        lambda: vault.change_epoch(actor=SYSTEM, at=timezone.now()),
        lambda: vault.resume(actor=SYSTEM, at=timezone.now()),
    )
    for act in acts:
        with pytest.raises(KeysError) as refused:
            act()
        assert refused.value.code == "in_recovery"
    assert vault.package_key(package) == key


def test_keys_come_first_then_two_different_people_end_it(restored: Cast) -> None:
    adi, rahma = restored.web(restored.adi), restored.web(restored.rahma)
    with pytest.raises(RuleRefused):
        recovery.confirm(user=restored.rahma, at=timezone.now())
    adi.post("/pemulihan/kunci/")
    assert recovery.reconciled() is not None
    without_sources = {"diperiksa": ["penangguhan", "persetujuan", "jurnal"]}
    assert adi.post("/pemulihan/konfirmasi/", without_sources).status_code == 422
    adi.post("/pemulihan/konfirmasi/", ALL)
    adi.post("/pemulihan/konfirmasi/", ALL)
    assert (state(), in_recovery()) == ("recovery", True)
    with pytest.raises(Refused):
        recovery.confirm(user=restored.tari, at=timezone.now())
    rahma.post("/pemulihan/konfirmasi/", ALL)
    assert (state(), in_recovery()) == ("normal", False)
    verbs = list(Entry.objects.filter(verb__startswith="recovery.").order_by("id").values_list("verb", flat=True))
    assert verbs == ["recovery.confirmed", "recovery.confirmed", "recovery.ended"]


def test_a_deputy_of_the_one_is_not_the_other(restored: Cast) -> None:
    today = timezone.localdate()
    days = {"starts": today, "ends": today, "named_at": timezone.now()}
    Deputy.objects.create(principal=restored.rahma, deputy=restored.adi, role="qmr", **days)
    recovery.reconcile_keys(user=restored.adi, at=timezone.now())
    recovery.confirm(user=restored.adi, at=timezone.now())
    with pytest.raises(RuleRefused):
        recovery.confirm(user=restored.rahma, at=timezone.now())
    assert state() == "recovery"


def test_what_was_anchored_after_the_backup_is_counted_as_lost(restored: Cast) -> None:
    reached = recovery.begun().facts["entry"]  # type: ignore[union-attr]
    agreed = recovery.chain(the_store())
    assert (agreed.restored, agreed.agreed, agreed.lost) == (reached, reached, 0)
    head = f"audit/2026/11/20T000000Z-{reached + 7:012d}.json"
    the_store().put(head, b'{"at": "2026-11-20T00:00:00+00:00", "entry": %d, "hash": "00"}' % (reached + 7))
    found = recovery.chain(the_store())
    assert (found.agreed, found.lost) == (reached, 7)
    assert "2026-11-20" in restored.web(restored.aulia).get("/pemulihan/").content.decode()


def test_backup_changes_restore_reconcile_confirm(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    """The rows of the keys as they were in the backup; key made and key destroyed since come from vault and store."""
    settings.KENDALI_STORE = str(tmp_path / "store")
    set_up_keys(tmp_path / "keys")
    old, gone, new = uuid4(), uuid4(), uuid4()
    for package in (old, gone):
        vault.new_package_key(package)
    backed_up = list(PackageKey.objects.all())
    manifest = {"created": "2026-11-20T00:00:00+00:00", "audit": backup.head()}
    made = vault.new_package_key(new)
    vault.export_vault(at=timezone.now())
    vault.destroy_package_key(gone, 1, at=timezone.now())
    audit.record("audit.exported", actor=SYSTEM, at=timezone.now())
    PackageKey.objects.all().delete()
    PackageKey.objects.bulk_create(backed_up)
    backup.into_recovery(manifest, timezone.now())
    done = recovery.reconcile_keys(user=cast.adi, at=timezone.now())
    assert (done.added, done.destroyed) == (1, 1)
    assert vault.package_key(new) == made
    with pytest.raises(KeyDestroyedError):
        vault.package_key(gone)
    assert recovery.confirm(user=cast.rahma, at=timezone.now()) is False
    assert recovery.confirm(user=cast.adi, at=timezone.now()) is True
    vault.destroy_package_key(old, 1, at=timezone.now())
