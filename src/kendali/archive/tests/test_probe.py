from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kendali.archive.probe import probe
from kendali.archive.stores import Store, open_store
from kendali.archive.tests.s3_server import S3


def test_a_good_store_keeps_every_promise_and_nothing_is_left_in_it(store: Store) -> None:
    found = probe(store)
    assert found.usable, found
    kept = {finding.code for finding in found.findings if finding.ok}
    assert kept >= {"writes", "create_refuses_overwrite", "reads_back", "reads_ranges", "lists", "deletes"}
    assert found.lock_days == 0
    assert list(store.entries("")) == []


def test_a_bucket_without_lock_says_that_none_is_offered(s3: S3) -> None:
    found = probe(open_store(f"s3://{s3.bucket()}/x", s3.options))
    assert [(f.ok, f.facts["offered"]) for f in found.findings if f.code == "lock_refuses"] == [(None, False)]


@pytest.mark.parametrize("mode", ["COMPLIANCE", "GOVERNANCE"])
def test_a_lock_is_believed_only_after_it_refused(s3: S3, mode: str) -> None:
    bucket = s3.bucket(lock=True)
    rule = {"DefaultRetention": {"Mode": mode, "Days": 400}}
    s3.client().put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    # S3 wants some checksum with a put into a locked bucket, which is sent; moto wants this header, too.
    options = s3.options | {"header": "x-amz-sdk-checksum-algorithm: SHA256"}
    found = probe(open_store(f"s3://{bucket}/x", options))
    (lock,) = [finding for finding in found.findings if finding.code == "lock_refuses"]
    assert (lock.ok, lock.facts) == (True, {"mode": mode, "days": 400})
    assert found.lock_days == 400


def test_a_store_that_cannot_be_written_says_why(s3: S3, tmp_path: Path) -> None:
    found = probe(open_store("s3://no-such-bucket-at-all/x", s3.options | {"retries": "0"}))
    assert [(f.code, f.ok) for f in found.findings] == [("writes", False)]
    assert not found.usable


def test_a_folder_that_others_may_read_is_not_usable(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    (tmp_path / "store").chmod(0o755)
    found = probe(store)
    assert not found.usable
    assert [f.code for f in found.findings if f.ok is False] == ["private"]
    (tmp_path / "store").chmod(stat.S_IRWXU)
    assert probe(store).usable
