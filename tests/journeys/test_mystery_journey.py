"""Activities 3 to 6 of mystery calling by hand, in a browser: two attempts that fail and one that connects, the form
with a range of the recording, verification, a follow-up in time, another that is late and escalated, a dispute. Every
page on the way accessible, light and dark, wide and on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.mystery.actions import escalating, filling, verifying
from kendali.mystery.models import Finding, Sample
from kendali.mystery.queries.evaluation import answers_of, drafts_of
from kendali.mystery.rules.answers import Said
from kendali.mystery.rules.filled import Answer
from kendali.mystery.tests.house import House, build
from kendali.records.tests.office import Office
from kendali.terms.models import Setting
from tests.browser import launched
from tests.cast import Cast
from tests.journeys.desk import Desk
from tests.journeys.sound import tone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)
DESCRIPTION, ADVICE = "Identitas tidak diverifikasi", "Coaching alur verifikasi"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as started:
        yield started


@pytest.fixture
def house(cast: Cast, tmp_path: Path, settings: Settings) -> House:
    settings.KENDALI_STORE = str(tmp_path / "store")
    (tmp_path / "store").mkdir()
    Office(cast, tmp_path).keys()
    made = build(cast)
    # Attempts may follow each other at once: nobody waits a quarter of an hour here.
    Setting.objects.create(key="mystery.attempts_apart", value=0, version=1, reason="x", created_at=timezone.now())
    return made


@pytest.mark.parametrize("width", each(360, 1280))
def test_from_the_first_attempt_to_the_closed_finding(
    browser: Browser, live_server: LiveServer, house: House, tmp_path: Path, width: int
) -> None:
    cast, desk = house.cast, Desk(browser, live_server, house.cast, width)
    now = timezone.now()
    sample = house.sample("assigned", opens=now - 10 * MINUTE, closes=now + 110 * MINUTE)
    called(desk, cast, sample)
    filled_in(desk, house, sample, tone(tmp_path / "panggilan.wav", seconds=8))
    finding = verified(desk, cast, sample)
    in_time(desk, cast, finding)
    disputed(desk, cast, finding)
    closed(desk, cast, finding)
    late(desk, house)
    only_who_may(desk, cast, sample, finding)
    assert not desk.wrong, "\n".join(desk.wrong)


def called(desk: Desk, cast: Cast, sample: Sample) -> None:
    """Busy, not answered, connected."""
    with desk.sits(cast.qori) as page:
        assert sample.number in desk.open(page, "/")
        assert sample.number in desk.open(page, "/mystery/panggilan/")
        page.click(f"main a[href='/mystery/panggilan/{sample.pk}/'] >> nth=0")
        page.wait_for_url("**/mystery/panggilan/*/")
        assert "saya Sari Wulandari" in desk.look(page)
        for outcome in ("busy", "no_answer"):
            page.click("[data-dial]")
            page.wait_for_selector("[data-panel=attempt]:visible")
            desk.look(page)
            with page.expect_navigation():
                page.click(f"[data-panel=attempt] button[value={outcome}]")
        page.click("[data-dial]")
        page.click("[data-phase=queue]")
        page.click("[data-op=connect] button")
        page.wait_for_selector("[data-panel=talk]:visible")
        desk.look(page)
        with page.expect_navigation():
            page.click("[data-op=end] button")
        desk.look(page)
        page.click("main form[action$='/formulir/mulai/'] button")
        page.wait_for_url("**/formulir/")
    sample.refresh_from_db()
    assert sample.state == "scoring"
    assert [one.outcome for one in sample.attempts.all()] == ["busy", "no_answer", "connected"]


def filled_in(desk: Desk, house: House, sample: Sample, recording: Path) -> None:
    with desk.sits(house.cast.qori) as page:
        desk.open(page, f"/mystery/sampel/{sample.pk}/formulir/")
        page.click("#recording details summary")
        page.set_input_files("#recording-file", recording)
        with page.expect_navigation():
            page.click("#recording form[enctype] button:visible")
        assert "panggilan.wav" in desk.look(page)
        for answer in house.answers(verification="not_met", attempts="3").values():
            answered(page, answer)
        page.fill("#agent_said", "Agus")
        page.fill("[name='s.verification']", "00:01-00:04")
        page.wait_for_selector("textarea[name='d.supervisor!verification']")
        page.wait_for_selector("textarea[name='d.department']")  # three attempts: Access, never an agent's
        for kind, words in (("d", DESCRIPTION), ("r", ADVICE)):
            for field in page.locator(f"textarea[name^='{kind}.']").all():
                field.fill(words)
        page.wait_for_selector("[data-summary]:has-text('Lengkap')")
        desk.look(page)
        page.click("[data-submit]")
        page.wait_for_url("**/mystery/panggilan/")
    sample.refresh_from_db()
    assert sample.state == "submitted"
    assert sample.evaluation is not None
    assert sample.evaluation.final is not None
    spans = {one.item: one.spans for one in answers_of(sample.evaluation)}
    assert [str(one) for one in spans["verification"]] == ["00:01-00:04"]


def answered(page: Page, answer: Answer) -> None:
    item = page.locator(f"[data-item={answer.item}]")
    item.wait_for(state="visible")
    radio = item.locator(f"input[type=radio][value='{answer.value}']")
    if radio.count():
        radio.check(force=True)
    else:
        item.locator(f"[name='v.{answer.item}']").fill(answer.value)
    if answer.item == "verification":
        opened(item.locator("details"))


def opened(details: object) -> None:
    details.evaluate("one => { one.open = true; }")  # type: ignore[attr-defined]


def verified(desk: Desk, cast: Cast, sample: Sample) -> Finding:
    """QA names the agent, verifies and forwards: one click stops K2."""
    with desk.sits(cast.qanita) as page:
        assert sample.number in desk.open(page, "/mystery/verifikasi/")
        page.click(f"main a[href='/mystery/sampel/{sample.pk}/'] >> nth=0")
        page.wait_for_url(f"**/mystery/sampel/{sample.pk}/")
        assert DESCRIPTION in desk.look(page)
        page.click("button[data-dialog=dialog-agent], button[popovertarget=dialog-agent]")
        page.fill("#agent-number", "A1")
        with page.expect_navigation():
            page.click("#dialog-agent button.primary")
        with page.expect_navigation():
            page.click(".head form button.primary")
        desk.look(page)
    sample.refresh_from_db()
    finding = sample.findings.get(owner_kind="supervisor")
    assert sample.findings.get(owner_kind="department").state == "at_department"
    assert (sample.state, finding.state, finding.owner, finding.verifier) == (
        "verified", "at_supervisor", cast.surya, cast.qanita,
    )  # fmt: skip
    return finding


def in_time(desk: Desk, cast: Cast, finding: Finding) -> None:
    with desk.sits(cast.surya) as page:
        assert finding.number in desk.open(page, "/")
        assert finding.number in desk.open(page, "/mystery/temuan/")
        told = desk.open(page, f"/mystery/temuan/{finding.pk}/")
        assert "Qori" not in told  # who called is not known to the team that was called
        page.click(".head a.primary")
        page.wait_for_url("**/tindak-lanjut/")
        desk.look(page)
        for name, text in (("koreksi", "Pelanggan dihubungi kembali"), ("akar", "Alur belum dipahami"),
                           ("korektif", "Coaching dan uji ulang"), ("pic", "Surya Darmawan")):  # fmt: skip
            page.fill(f"[name={name}]", text)
        page.select_option("[name=selesai]", "ya")
        page.fill("[name=tanggal]", f"{timezone.localdate():%Y-%m-%d}")
        page.click("main form button.primary")
        page.wait_for_url(f"**/mystery/temuan/{finding.pk}/")
        desk.open(page, f"/mystery/temuan/{finding.pk}/bukti/")
        page.fill("[name=tautan]", "https://bukti.kendali.example/coaching-17")
        page.fill("[name=nama]", "Catatan coaching")
        page.click("main form button.primary")
        page.wait_for_url(f"**/mystery/temuan/{finding.pk}/")
        assert "Catatan coaching" in desk.look(page)
    finding.refresh_from_db()
    assert finding.state == "follow_up_reported"
    assert not any(one.stopped_at is None for one in finding.clocks.all())


def disputed(desk: Desk, cast: Cast, finding: Finding) -> None:
    """The supervisor disputes for the agent; another QA than the one who verified decides."""
    with desk.sits(cast.surya) as page:
        desk.open(page, f"/mystery/temuan/{finding.pk}/sanggah/")
        page.fill("[name=alasan]", "Verifikasi dilakukan setelah nomor disebut")
        page.click("main form button.primary")
        page.wait_for_url(f"**/mystery/temuan/{finding.pk}/")
    with desk.sits(cast.qanita) as page:
        assert "QA lain" in desk.open(page, f"/mystery/temuan/{finding.pk}/")
        assert page.locator("a[href$='/putuskan-sanggahan/']").count() == 0
    with desk.sits(cast.qadri) as page:
        assert finding.number in desk.open(page, "/")
        desk.open(page, f"/mystery/temuan/{finding.pk}/putuskan-sanggahan/")
        page.select_option("[name=putusan]", "rejected")
        page.fill("[name=alasan]", "Rekaman menunjukkan informasi diberikan lebih dahulu")
        page.click("main form button.primary")
        page.wait_for_url(f"**/mystery/temuan/{finding.pk}/")
        desk.look(page)
    finding.refresh_from_db()
    assert (finding.dispute, finding.state) == ("rejected", "follow_up_reported")


def closed(desk: Desk, cast: Cast, finding: Finding) -> None:
    with desk.sits(cast.qanita) as page:
        desk.open(page, f"/mystery/temuan/{finding.pk}/tutup/")
        page.click("main form button.primary")
        page.wait_for_url(f"**/mystery/temuan/{finding.pk}/")
        desk.look(page)
    finding.refresh_from_db()
    assert (finding.state, finding.late_reason) == ("closed", "")


def late(desk: Desk, house: House) -> None:
    """Found twelve days ago and forwarded in time, then nothing: the Kordinator reminds, the lateness stays."""
    finding = forwarded(house, timezone.now() - timedelta(days=12))
    escalating.tell(at=timezone.now())
    with desk.sits(house.cast.kirana) as page:
        assert finding.number in desk.open(page, "/")
        assert "dieskalasi" in desk.open(page, f"/mystery/temuan/{finding.pk}/").lower()
        desk.open(page, f"/mystery/temuan/{finding.pk}/ingatkan/")
        page.fill("[name=alasan]", "Mohon hari ini")
        page.click("main form button.primary")
        page.wait_for_url(f"**/mystery/temuan/{finding.pk}/")
    with desk.sits(house.cast.surya) as page:
        assert re.search("terlambat", desk.open(page, f"/mystery/temuan/{finding.pk}/"), re.IGNORECASE)
    with desk.sits(house.cast.maya) as page:
        assert finding.number in desk.open(page, "/kotak-masuk/")
    third = finding.clocks.get(step="k3")
    assert third.stopped_at is None
    assert third.due_at < timezone.now()


def forwarded(house: House, at: datetime) -> Finding:
    sample = house.sample(
        "scoring", opens=at - 10 * MINUTE, closes=at + 110 * MINUTE, called_at=at, ended_at=at + 6 * MINUTE
    )
    evaluation = sample.evaluations.get()
    given = [Answer(one.item, one.value) for one in house.answers(verification="not_met").values()]
    evaluation = filling.save(user=house.cast.qori, at=at + 10 * MINUTE, evaluation=evaluation, answers=given, said={},
                              unticked={}, saved=evaluation.saved)  # fmt: skip
    said = {one.key: Said(DESCRIPTION, ADVICE) for one in drafts_of(evaluation)}
    evaluation = filling.save(user=house.cast.qori, at=at + 11 * MINUTE, evaluation=evaluation,
                              answers=answers_of(evaluation), said=said, unticked={},
                              saved=evaluation.saved)  # fmt: skip
    filling.submit(user=house.cast.qori, at=at + 20 * MINUTE, evaluation=evaluation)
    verifying.verify_and_forward(user=house.cast.qanita, at=at + 90 * MINUTE, sample=sample)
    return Finding.objects.filter(sample=sample).get()


def only_who_may(desk: Desk, cast: Cast, sample: Sample, finding: Finding) -> None:
    """The team that was called never sees plan or sample; the agent has no login here; a client nothing at all."""
    for person, path in (
        (cast.surya, f"/mystery/siklus/{sample.cycle.month:%Y-%m}/rencana/"),
        (cast.surya, f"/mystery/sampel/{sample.pk}/"),
        (cast.tari, f"/mystery/sampel/{sample.pk}/"),
        (cast.clara, f"/mystery/temuan/{finding.pk}/"),
        (cast.candra, "/mystery/temuan/"),
    ):
        answer = cast.web(person).get(path)
        assert answer.status_code in (403, 404), (person.name, path)
