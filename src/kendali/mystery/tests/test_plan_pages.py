"""The pages of a month and its plan: what they show, what a second click does, who sees nothing."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kendali.mystery.actions import plan
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.rules.sample_rules import SampleState
from kendali.mystery.tests.house import House
from kendali.mystery.tests.month_rows import MONTH, Ready, ready, samples
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_the_day")]
HERE = f"/mystery/siklus/{MONTH:%Y-%m}/"
PLAN = HERE + "rencana/"


@pytest.fixture
def it(cast: Cast) -> Ready:
    return ready(cast)


def text(browser: Browser, address: str, status: int = 200) -> str:
    response = browser.get(address)
    assert response.status_code == status, response.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def post(browser: Browser, address: str, data: dict[str, object] | None = None) -> str:
    """Where the click leads, and what that page says."""
    response = browser.post(address, data or {}, follow=True)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_a_month_is_begun_chosen_planned_and_frozen_by_clicks(it: Ready) -> None:
    qa = it.cast.web(it.cast.qanita)
    month = f"{timezone.localdate():%Y-%m}"
    assert "Siklus" in text(qa, "/mystery/siklus/")
    post(qa, "/mystery/siklus/mulai/", {"bulan": month})
    row = Cycle.objects.get()
    assert f"{row}" == month
    assert "sudah dimulai" in post(qa, "/mystery/siklus/mulai/", {"bulan": month})  # a second click
    assert Cycle.objects.count() == 1
    post(
        qa, f"/mystery/siklus/{month}/pilihan/",
        {"materials": [one.pk for one in it.materials], "versions": [one.pk for one in it.versions]},
    )  # fmt: skip
    assert row.scenarios.count() == 6


def test_the_page_of_a_month_names_what_is_missing_and_who_must_act(it: Ready) -> None:
    row = it.cycle()
    row.scenarios.filter(version__kind="komplain").delete()
    shown = text(it.cast.web(it.cast.qanita), HERE)
    assert "Yang belum ada sebelum bulan dibuka" in shown
    assert "komplain" in shown
    assert "Qadri Maulana, Qanita Putri" in shown
    assert "30 Nov 2026" in shown


def test_quotas_are_previewed_without_keeping_them_and_then_drawn(it: Ready) -> None:
    row, qa = it.cycle(), it.cast.web(it.cast.qanita)
    typed: dict[str, object] = {"samples": "9", "area.dps.weight": "1", "area.jkt.weight": "2", "do": "preview"}
    shown = post(qa, PLAN + "undi/", typed)
    assert "Pratinjau" in shown
    assert Cycle.objects.get(pk=row.pk).request == row.request
    shown = post(qa, PLAN + "undi/", typed | {"do": "draw"})
    row.refresh_from_db()
    assert "sedang diundi" in shown
    assert row.request["samples"] == 9
    assert qa.get(PLAN + "berjalan/").status_code == 200
    plan.carry_out(row.pk, ticket=row.drawing["ticket"], at=it.at)
    assert qa.get(PLAN + "berjalan/").headers["HX-Refresh"] == "true"
    assert "Rencana terkunci" not in text(qa, PLAN)
    assert len(samples(row)) == 9


@pytest.mark.parametrize("typed", ["-1", "1,5", "²", "1000000"])
def test_a_figure_that_is_no_number_is_named(it: Ready, typed: str) -> None:
    it.cycle()
    assert f"“{typed}”" in post(it.cast.web(it.cast.qanita), PLAN + "undi/", {"samples": typed, "do": "draw"})


def test_a_plan_that_cannot_be_met_names_area_and_figures(it: Ready) -> None:
    it.cycle()
    qa = it.cast.web(it.cast.qanita)
    shown = post(qa, PLAN + "undi/", {"samples": "7", "area.dps.least": "30", "do": "preview"})
    assert "Denpasar" in shown
    assert "23" in shown


def test_the_frozen_plan_shows_both_zones_its_heat_map_and_the_check(it: Ready) -> None:
    row, qa = it.frozen(minimum=12), it.cast.web(it.cast.qanita)
    shown = text(qa, PLAN)
    assert re.search(r"\d\d\.\d\d–\d\d\.\d\d WITA / \d\d\.\d\d–\d\d\.\d\d WIB", shown)
    assert "tidak berubah" in shown
    assert "MC-2026-12-0001" in shown
    for across in ("shift", "kind", "week"):
        assert qa.get(PLAN + f"?peta={across}").status_code == 200
    body = qa.get(PLAN + "teks/").content
    assert hashlib.sha256(body).hexdigest() == row.plan_digest
    assert text(qa, PLAN + "?area=dps").count("MC-2026-12-") == 7


def test_a_reader_of_english_finds_the_windows_written_as_every_other_hour(it: Ready) -> None:
    it.frozen(minimum=12)
    it.cast.qanita.language = "en"
    it.cast.qanita.save(update_fields=["language"])
    assert re.search(r"\d\d:\d\d–\d\d:\d\d WITA / \d\d:\d\d–\d\d:\d\d WIB", text(it.cast.web(it.cast.qanita), PLAN))


def test_a_changed_row_is_told_by_the_check(it: Ready) -> None:
    it.drawn()
    Sample.objects.filter(slot=1).update(week="9")
    assert "berubah" in text(it.cast.web(it.cast.qanita), PLAN)


def test_agent_team_leader_and_supervisor_never_see_the_plan(it: Ready) -> None:
    row = it.frozen()
    pk = samples(row)[0].pk
    for person in (it.cast.agus, it.cast.tari, it.cast.surya, it.cast.qori, it.cast.dina):
        browser = it.cast.web(person)
        for address in (PLAN, PLAN + "teks/", PLAN + f"{pk}/", PLAN + "berjalan/"):
            assert browser.get(address).status_code == 403
    assert "SKN-" not in text(it.cast.web(it.cast.qori), HERE)  # a QC Officer sees the month, not its scenarios


def test_a_sample_is_assigned_by_hand_with_the_reason_beside_who_may_not(it: Ready) -> None:
    row, qa = it.frozen(), it.cast.web(it.cast.qanita)
    own = next(one for one in samples(row) if one.area == "jkt")
    shown = text(qa, PLAN + f"{own.pk}/")
    assert "tim" in shown
    assert "surya@kendali.test" not in shown  # by name, not by address
    other = next(one for one in samples(row) if one.area == "dps")
    assert "Surya Pratama" in post(qa, PLAN + f"{other.pk}/", {"pelaksana": it.cast.surya.pk})
    other.refresh_from_db()
    assert other.executor == it.cast.surya
    post(qa, PLAN + f"{own.pk}/", {"pelaksana": it.cast.surya.pk})
    own.refresh_from_db()
    assert own.executor == it.cast.qori


def test_a_caller_is_replaced_with_a_reason(it: Ready) -> None:
    it.frozen()
    qa = it.cast.web(it.cast.qanita)
    assert "alasan" in post(qa, PLAN + "ganti/", {"pelaksana": it.cast.qori.pk}).lower()
    shown = post(qa, PLAN + "ganti/", {"pelaksana": it.cast.qori.pk, "alasan": "Sakit"})
    assert "Tidak ada yang boleh memanggil" in shown  # nobody else is there


def test_a_month_that_is_nonsense_is_not_found(it: Ready) -> None:
    qa = it.cast.web(it.cast.qanita)
    for month in ("2026-13", "abc", "2031-01"):
        assert qa.get(f"/mystery/siklus/{month}/").status_code == 404


# --- its end


def test_the_register_is_signed_and_frozen_by_clicks(house: House) -> None:
    for state in ("verified", "void"):
        house.sample(state)
    closed = datetime(2026, 11, 30, 11, tzinfo=UTC)
    Cycle.objects.filter(pk=house.cycle.pk).update(
        status="closed", closed_at=closed, shortfall_reason="Gangguan", dates={"frozen": "2026-11-20"}
    )
    here = "/mystery/siklus/2026-11/"
    for part, person in (
        ("made", house.cast.qori),
        ("checked", house.cast.qanita),
        ("acknowledged", house.cast.kirana),
    ):
        browser = house.cast.web(person)
        code = re.search(r'name="kode" value="([0-9a-f]{64})"', browser.get(here + "pengesahan/").content.decode())
        assert code
        assert "ditandatangani" in post(browser, here + "pengesahan/", {"bagian": part, "kode": code[1]}).lower()
    assert "terkunci" in post(house.cast.web(house.cast.qanita), here + "kunci/")
    house.cycle.refresh_from_db()
    assert house.cycle.status == "frozen"
    assert "Kode hash" in text(house.cast.web(house.cast.dewi), here)


def test_a_signature_of_another_role_is_refused(house: House) -> None:
    Cycle.objects.filter(pk=house.cycle.pk).update(status="closed")
    response = house.cast.web(house.cast.dewi).post(
        "/mystery/siklus/2026-11/pengesahan/", {"bagian": "checked", "kode": "0" * 64}
    )
    assert response.status_code == 403


# --- size


def many(it: Ready, count: int) -> Cycle:
    """A frozen month with so many samples, some called and verified; as rows, so that it is quick."""
    row, spread = it.drawn(), timedelta(days=20) / count
    pattern = samples(row)[0]
    Sample.objects.filter(cycle=row).delete()
    Sample.objects.bulk_create(
        Sample(
            number=f"MC-2026-12-{one:05d}", cycle=row, slot=one, area=("dps", "jkt")[one % 2], shift="pagi",
            kind=("informasi", "komplain", "permintaan")[one % 3], week=str(one % 4 + 1),
            destination=pattern.destination, place=f"area-{one % 7}", opens=pattern.opens + one * spread,
            closes=pattern.closes + one * spread, zone=pattern.zone, executor=it.cast.qori,
            scenario=pattern.scenario, persona=pattern.persona,
            state=SampleState.VERIFIED if one % 2 else SampleState.ASSIGNED,
            called_at=pattern.opens if one % 2 else None, verified_at=it.at if one % 2 else None,
        )
        for one in range(1, count + 1)
    )  # fmt: skip
    Cycle.objects.filter(pk=row.pk).update(status="planned", plan_frozen_at=it.at, plan_digest="0" * 64)
    return row


@pytest.mark.parametrize(("address", "most"), [(HERE, 40), (PLAN, 40), ("/mystery/siklus/", 25)])
def test_a_page_asks_as_much_of_five_samples_as_of_five_hundred(
    it: Ready, django_assert_max_num_queries: DjangoAssertNumQueries, address: str, most: int
) -> None:
    many(it, 500)
    browser = it.cast.web(it.cast.qanita)
    browser.get(address)
    with django_assert_max_num_queries(most):
        assert browser.get(address).status_code == 200
