"""One record's page: which rule gives which date, where it stands, and what may be done."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from kendali.records.models import Record, Unbackupable
from kendali.records.queries.record import dates, explained, steps
from kendali.records.tests import permission_lines as rows
from kendali.records.tests.office import Office
from kendali.terms.models import Policy
from tests.cast import Cast

OLD = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


def text(browser: Browser, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, response.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def policy(**changes: object) -> Policy:
    return Policy(zone="Asia/Jakarta", backup_copy_months=24, **changes)


@pytest.mark.parametrize(
    ("started", "last", "clock", "overdue", "deletable"),
    [
        # 23.30 UTC is the next day in Jakarta
        ("2024-03-03T23:30", "2024-03-03T23:30", "2024-03-03T23:30", date(2025, 3, 5), date(2026, 3, 5)),
        ("2024-02-29T03:00", "2024-02-29T03:00", "2024-02-29T03:00", date(2025, 3, 2), date(2026, 3, 2)),
        ("2023-01-01T03:00", "2026-10-01T03:00", "2025-06-01T03:00", date(2026, 6, 2), date(2028, 10, 2)),
        ("2023-01-01T03:00", "2026-10-01T03:00", None, None, date(2028, 10, 2)),
        (None, None, None, None, None),
    ],
)
def test_dates_follow_the_policy_and_the_local_calendar(
    started: str | None, last: str | None, clock: str | None, overdue: date | None, deletable: date | None
) -> None:
    def at(value: str | None) -> datetime | None:
        return datetime.fromisoformat(value).replace(tzinfo=UTC) if value else None

    found = dates(Record(started_at=at(started), last_activity_at=at(last), backup_clock=at(clock)), policy())
    assert (found.overdue, found.deletable) == (overdue, deletable)
    assert found.due == (overdue - timedelta(days=30) if overdue else None)


def test_each_date_says_its_rule() -> None:
    row = Record(started_at=OLD, last_activity_at=OLD, backup_clock=OLD, source_state="open")
    backup, deletion, copy = explained(row, policy(), date(2026, 11, 21))
    assert (backup.day, backup.state) == (date(2026, 3, 4), "late")
    assert "3 Maret 2025" in backup.rule
    assert (deletion.day, deletion.state) == (date(2027, 3, 4), "idle")
    assert "24" in copy.rule
    never = explained(Record(), policy(), date(2026, 11, 21))
    assert [due.day for due in never] == [None, None, None]


@pytest.mark.django_db
def test_what_is_deleted_is_no_longer_past_its_period() -> None:
    row = Record(started_at=OLD, last_activity_at=OLD, source_state="resolved")
    assert explained(row, policy(), date(2027, 11, 21))[1].state == "soon"
    row.deleted_at = OLD + timedelta(days=900)
    deletion = explained(row, policy(), date(2027, 11, 21))[1]
    assert (deletion.day, deletion.state) == (date(2027, 3, 4), "done")


def test_a_record_without_policy_or_backup_still_has_its_page(cast: Cast) -> None:
    source = rows.source_row(cast)
    row = Record.objects.create(source=source, ref="<b>1</b>", display="", first_seen_at=cast.now)
    page = cast.web(cast.tari).get(f"/catatan/{row.pk}/").content.decode()
    assert "<b>1</b>" not in page
    assert "&lt;b&gt;1&lt;/b&gt;" in page
    assert [step.state for step in steps(row, None, date(2026, 11, 21))] == ["current", *["todo"] * 7]


@pytest.mark.django_db(transaction=True)
def test_the_page_tells_where_a_recording_stands(office: Office) -> None:
    office.cast.now = timezone.now()
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "call-1", OLD)
    office.call("pbx", "hilang", OLD, file=False)
    order = office.backed_up("pbx")
    good, bad = Record.objects.get(ref="call-1"), Record.objects.get(ref="hilang")
    page = text(office.cast.web(office.cast.tari), f"/catatan/{good.pk}/")
    assert good.version is not None
    for words in ("terbackup", good.version.package.number, str(order), "Buka isi", "Boleh dihapus di sumber mulai"):
        assert words in page
    assert "Nasabah call-1" not in page  # only while the content is open
    assert [step.state for step in steps(good, Policy.objects.get(), date(2026, 11, 21))][:4] == ["done"] * 4
    broken = text(office.cast.web(office.cast.tari), f"/catatan/{bad.pk}/")
    assert "Usulkan: tidak dapat dibackup" in broken
    assert "belum ada di paket yang terverifikasi" in broken


@pytest.mark.django_db(transaction=True)
def test_the_name_shows_while_the_content_is_open(office: Office) -> None:
    office.cast.now = timezone.now()
    office.source("pbx", client=office.cast.nusantara, record_class="recording")
    office.call("pbx", "call-1", OLD)
    office.backed_up("pbx")
    row = Record.objects.get(ref="call-1")
    browser = office.cast.web(office.cast.rahma)
    browser.post(f"/catatan/{row.pk}/buka/", {"alasan": "Pengaduan 2026-114"})
    assert "Nasabah call-1" in text(browser, f"/catatan/{row.pk}/")
    assert "Nasabah call-1" not in text(office.cast.web(office.cast.tari), f"/catatan/{row.pk}/")


@pytest.mark.django_db
def test_the_team_leader_proposes_what_cannot_be_backed_up_from_its_page(cast: Cast) -> None:
    item = rows.item_row(cast)
    browser = cast.web(cast.tari)
    browser.post(f"/catatan/{item.record_id}/usul/", {"alasan": "Berkas hilang"})
    assert Unbackupable.objects.get().record_id == item.record_id
    assert "Berkas hilang" in text(browser, f"/catatan/{item.record_id}/")
    assert 'id="propose"' not in browser.get(f"/catatan/{item.record_id}/").content.decode()


@pytest.mark.django_db
def test_a_client_sees_its_own_record_without_the_way_to_its_content(cast: Cast) -> None:
    item = rows.item_row(cast)
    page = cast.web(cast.clara).get(f"/catatan/{item.record_id}/").content.decode()
    assert "/buka/" not in page
    assert "/eskalasi/" not in page
    assert cast.web(cast.candra).get(f"/catatan/{item.record_id}/").status_code == 404
