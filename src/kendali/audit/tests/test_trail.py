from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from django.utils import translation
from python_calamine import CalamineWorkbook

from kendali.accounts import actions
from kendali.accounts.models import Client
from kendali.audit.actions import StaleState, move, plain, record
from kendali.audit.actor import SYSTEM, Actor
from kendali.audit.history import history
from kendali.audit.models import Entry
from kendali.audit.sentences import render, say
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db


def test_a_status_moves_once_with_its_trace(cast: Cast) -> None:
    """Any column of any row will do; here the zone of a client stands for a status."""
    entry = move(
        cast.telko, "Asia/Makassar", verb="client.changed", actor=SYSTEM, at=NOW, expected="Asia/Jakarta", field="zone"
    )
    assert cast.telko.zone == "Asia/Makassar"
    assert entry.facts == {"from": "Asia/Jakarta", "to": "Asia/Makassar"}
    assert entry.client == cast.telko


def test_the_second_of_two_moves_finds_the_row_changed_and_writes_nothing(cast: Cast) -> None:
    stale = Client.objects.get(pk=cast.telko.pk)
    move(
        cast.telko, "Asia/Makassar", verb="client.changed", actor=SYSTEM, at=NOW, expected="Asia/Jakarta", field="zone"
    )
    with pytest.raises(StaleState):
        move(stale, "Asia/Jayapura", verb="client.changed", actor=SYSTEM, at=NOW, expected="Asia/Jakarta", field="zone")
    assert Entry.objects.count() == 1
    assert stale.zone == "Asia/Jakarta"


def test_a_move_may_set_more_columns_in_the_same_statement(cast: Cast) -> None:
    move(
        cast.telko,
        "Asia/Jayapura",
        verb="client.changed",
        actor=SYSTEM,
        at=NOW,
        expected={"Asia/Jakarta", "Asia/Makassar"},
        field="zone",
        changes={"active": False},
    )
    cast.telko.refresh_from_db()
    assert not cast.telko.active


def test_sentences_are_in_the_readers_language_and_name_the_principal(cast: Cast) -> None:
    actor = Actor(user_id=1, name="Surya Pratama", role="team_leader", on_behalf_of="Tari Lestari")
    entry = record("user.role_granted", actor=actor, at=NOW, obj=cast.dewi, facts={"role": "department_head"})
    with translation.override("id"):
        assert render(entry) == "Surya Pratama a.n. Tari Lestari memberi Dewi Anggraini peran Kepala Departemen."
    with translation.override("en"):
        assert render(entry) == "Surya Pratama on behalf of Tari Lestari gave Dewi Anggraini the role Department head."


def test_dates_and_numbers_are_told_in_the_readers_way() -> None:
    facts = plain({"n": 12040, "day": NOW.date(), "at": datetime(2026, 11, 20, 8, 40, tzinfo=UTC), "none": None})
    with translation.override("id"):
        assert say("%(n)s %(day)s %(none)s %(missing)s", facts) == "12.040 20 November 2026 – –"
        assert say("%(at)s", facts) == "20 November 2026 15.40 WIB"


def test_an_objects_page_shows_its_history_newest_first(cast: Cast) -> None:
    record("client.created", actor=SYSTEM, at=NOW, obj=cast.telko)
    record("client.changed", actor=SYSTEM, at=NOW, obj=cast.telko, facts={"fields": ["name", "zone"]})
    record("client.created", actor=SYSTEM, at=NOW, obj=cast.nusantara)
    with translation.override("id"):
        told = [happened.sentence for happened in history(cast.telko)]
    assert told == ["Kendali mengubah nama, zona waktu klien Telko Raya.", "Kendali membuat klien Telko Raya."]


def fill(cast: Cast) -> None:
    for number in range(60):
        record("client.changed", actor=SYSTEM, at=NOW, obj=cast.telko, facts={"fields": [f"kolom {number:02}"]})
    person = actions.create_user(user=cast.adi, at=NOW, email="budi@kendali.test", name="Budi")
    actions.grant_role(user=cast.adi, at=NOW, person=person, role="team_leader", client=cast.nusantara)


def test_the_trail_is_paged_newest_first(cast: Cast) -> None:
    fill(cast)
    browser = cast.web(cast.aulia)
    first = browser.get("/audit/").content.decode()
    assert "kolom 59" in first
    assert "kolom 05" not in first
    before = Entry.objects.order_by("-id").values_list("pk", flat=True)[49]
    assert f"before={before}" in first
    second = browser.get(f"/audit/?before={before}").content.decode()
    assert "kolom 05" in second
    assert "kolom 59" not in second


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("person=Adi+Nugroho", "membuat pengguna Budi", "kolom"),
        ("verb=user.", "memberi Budi peran", "kolom"),
        ("verb=client.changed", "kolom", "Budi peran"),
        ("client=bank-nusantara", "Budi peran", "kolom"),
        ("object=telko", "kolom", "Budi peran"),
        ("since=2026-11-20&until=2026-11-20", "kolom", "Tidak ada entri"),
        ("since=2026-11-21", "masuk.", "kolom"),
        ("verb=tidak.ada", "Tidak ada entri yang cocok", "kolom"),
        ("since=kemarin", "Tidak ada entri yang cocok", "kolom"),
        ("client=tidak-ada", "Tidak ada entri yang cocok", "kolom"),
    ],
)
def test_the_trail_is_filtered(cast: Cast, query: str, there: str, not_there: str) -> None:
    fill(cast)
    page = cast.web(cast.rahma).get(f"/audit/?{query}").content.decode()
    assert there in page
    assert not_there not in page


def test_who_oversees_one_client_does_not_read_about_another(cast: Cast) -> None:
    fill(cast)
    cast.rahma.grants.update(client=cast.nusantara)
    page = cast.web(cast.rahma).get("/audit/").content.decode()
    assert "memberi Budi peran" in page
    assert "kolom" not in page


def test_the_trail_is_exported_with_the_same_filters(cast: Cast) -> None:
    fill(cast)
    answer = cast.web(cast.maya).get("/audit/unduh/?verb=user.")
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[3] for row in rows[1:]] == ["user.role_granted", "user.created"]
    assert rows[1][2] == "Adi Nugroho"
    assert rows[1][6] == "Bank Nusantara"
