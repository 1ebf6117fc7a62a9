"""A whole backup into an S3 bucket: written, verified, read again, and its content opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kendali.archive.tests.s3_server import s3_server
from kendali.records.actions import backup, packages
from kendali.records.models import Package, Record
from kendali.records.queries import content
from kendali.records.tests.office import Office
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


def test_an_order_is_carried_out_into_a_bucket_and_read_from_it(
    cast: Cast, tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.options["access_key_id"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.options["secret_access_key"])
        monkeypatch.setenv("AWS_REGION", server.options["region"])
        settings.KENDALI_STORE = f"s3://{server.bucket()}"  # type: ignore[attr-defined]
        office = Office(cast, tmp_path)
        office.source("suara", client=cast.nusantara, record_class="recording")
        office.source("obrolan", client=cast.nusantara, record_class="conversation")
        for number in range(3):
            day = LONG_AGO + timedelta(days=number)
            office.call("suara", f"r{number}", day)
            office.chat("obrolan", f"c{number}", [(day, f"Halo {number}"), (day, "Selamat pagi")])
        office.keys()
        for name in ("suara", "obrolan"):
            assert _carried_out(office, name) == "done"
        for package in Package.objects.all():
            assert package.status == "verified"
            assert packages.check(package=package, user=cast.indra).problems == []
        call, chat = Record.objects.get(ref="r0"), Record.objects.get(ref="c1")
        kept, said = content.version_of(call, None), content.version_of(chat, None)
        assert kept is not None
        assert said is not None
        assert len(content.recording(call, kept).tracks) == 1
        assert [one.message.text for one in content.chat_page(chat, said, 0).said] == ["Halo 1", "Selamat pagi"]


def _carried_out(office: Office, name: str) -> str:
    order = office.running(name)
    backup.run(order.pk, worker="test")
    order.refresh_from_db()
    return str(order.status)
