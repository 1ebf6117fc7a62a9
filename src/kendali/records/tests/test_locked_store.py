"""A bucket that locks every object: refused where the lock outlives the records, else told on paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation
from pytest_django import Settings

from kendali.archive.object_store import ObjectStore
from kendali.archive.stores import open_store
from kendali.archive.tests.s3_server import S3, s3_server
from kendali.records.actions import destruction, store
from kendali.records.actions.destruction_facts import destruction_facts
from kendali.records.models import DisposalOrder, Package
from kendali.records.tests.approved import running
from kendali.records.tests.office import Office, refused
from kendali.terms.models import Policy, Setting
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
OLD = datetime(2023, 3, 3, 2, 0, tzinfo=UTC)
LIFE = 2 * 365 + 24 * 30  # of the office's policy: two years at the source, 24 months of a copy


class Bucket:
    def __init__(self, server: S3) -> None:
        self.server, self.name = server, server.bucket(lock=True)

    def lock(self, days: int) -> None:
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
        self.server.client().put_object_lock_configuration(
            Bucket=self.name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )

    def versions(self, package: Package) -> list[dict[str, Any]]:
        """Sealed bytes that the bucket still keeps, listed or not."""
        found = self.server.client().list_object_versions(Bucket=self.name)
        return [one for one in found.get("Versions", ()) if package.path in one["Key"]]


@pytest.fixture
def bucket(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with s3_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.options["access_key_id"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.options["secret_access_key"])
        monkeypatch.setenv("AWS_REGION", server.options["region"])
        found = Bucket(server)
        # S3 wants some checksum with a put into a locked bucket, which is sent; this server wants the header, too.
        header = {"header": "x-amz-sdk-checksum-algorithm: SHA256"}
        monkeypatch.setattr(
            "kendali.archive.object_store.ObjectStore", lambda url, more: ObjectStore(url, {**more, **header})
        )
        settings.KENDALI_STORE = f"s3://{found.name}"
        yield found


def filled(cast: Cast, folder: Path) -> Office:
    Setting.objects.create(key="destruction.epoch", value="at_once", version=1, reason="uji", created_at=timezone.now())
    office = Office(cast, folder)
    office.source("pbx", client=cast.nusantara, record_class="recording")
    for number in range(2):
        office.call("pbx", f"call-{number}", OLD)
    return office


def carried_out(order: DisposalOrder) -> DisposalOrder:
    destruction.run(order.pk, worker="test")
    order.refresh_from_db()
    return order


def test_a_lock_longer_than_the_lawful_life_takes_no_backup(cast: Cast, tmp_path: Path, bucket: Bucket) -> None:
    bucket.lock(LIFE + 1)
    office = filled(cast, tmp_path)
    order = office.backed_up("pbx")
    assert (order.status, order.problem["code"]) == ("stopped", "store_unusable")
    assert "lock_within_life" in str(order.problem)
    assert not Package.objects.exists()
    page = cast.web(cast.adi).get("/penyimpanan/").content.decode()
    assert f"{LIFE + 1:,}".replace(",", ".") in page


def test_a_policy_shorter_than_the_lock_is_refused_when_it_is_saved(cast: Cast, tmp_path: Path, bucket: Bucket) -> None:
    bucket.lock(LIFE)
    office = filled(cast, tmp_path)
    assert store.look(at=timezone.now()).usable
    with refused(f"locks every object for {LIFE} days"):
        office.policy(cast.telko, "recording", backup_copy_months=23)
    office.policy(cast.telko, "recording", backup_copy_months=24)


def test_within_its_life_the_paper_says_how_long_the_bytes_stay(cast: Cast, tmp_path: Path, bucket: Bucket) -> None:
    bucket.lock(LIFE)
    office = filled(cast, tmp_path)
    assert office.backed_up("pbx").status == "done"
    package = Package.objects.get()
    order = carried_out(running(office, ["call-0", "call-1"]))
    assert (order.status, destruction.outcomes(order)) == ("done", {"deleted": 2})
    assert list(open_store(f"s3://{bucket.name}").entries(package.path)) == []  # not listed any more ...
    assert bucket.versions(package)  # ... and kept by the lock, without a key
    with translation.override("en"):
        (said,) = destruction_facts(order)["destruction"]["copies"]
    assert said.startswith(f"{package.number}: keys gone, sealed bytes locked in the store until ")


def test_a_lock_that_outlives_the_records_after_all_stops_the_destruction_before_anything_is_begun(
    cast: Cast, tmp_path: Path, bucket: Bucket
) -> None:
    bucket.lock(LIFE)
    office = filled(cast, tmp_path)
    assert office.backed_up("pbx").status == "done"
    Policy.objects.update(backup_copy_months=23)  # as a policy that came into force while the store was away
    order = carried_out(running(office, ["call-0"]))
    assert (order.status, order.problem["code"]) == ("stopped", "store_lock")
    assert Package.objects.get().key_generation == 1
