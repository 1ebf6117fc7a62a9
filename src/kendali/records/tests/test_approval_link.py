"""The page of an e-mailed link: without a login, in a browser, on a phone, with the keyboard, in both themes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from playwright.sync_api import Browser as Chromium
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.audit.models import Entry
from kendali.disposal import invitation_mail
from kendali.disposal.actions import invitations, proposals, taking_back
from kendali.disposal.models import Approver, Decision, Invitation, Proposal
from kendali.disposal.tests import asking
from kendali.records.models import DisposalOrder
from kendali.records.tests.office import refused
from tests.browser import faults, launched, listen
from tests.cast import Cast
from tests.mail_server import Mailbox

pytestmark = pytest.mark.django_db


def invited(cast: Cast) -> tuple[Invitation, str]:
    """Asked now, by the clock of the page."""
    asking.approver(cast)
    proposal = asking.draft(cast)
    proposals.ask(user=cast.tari, at=timezone.now(), proposal=proposal)
    row = Invitation.objects.get(proposal=proposal)
    return row, f"/persetujuan/{invitations.token(row)}/"


def code_sent(mailbox: Mailbox) -> str:
    job = ProcrastinateJob.objects.filter(task_name="disposal.mail_invitation").order_by("-pk")[0]
    invitation_mail.send(**job.args)
    body = mailbox.mails[-1].get_body(("plain",))
    assert body is not None
    found = re.search(r"^(\d{6})\s*$", body.get_content(), re.M)
    assert found
    return found[1]


def test_opening_it_changes_nothing_however_often(cast: Cast, mailbox: Mailbox) -> None:
    row, path = invited(cast)
    for _n in range(3):
        page = Browser().get(path)
        assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "same-origin"
    row.refresh_from_db()
    assert (row.codes, row.used_at) == (0, None)
    assert not Decision.objects.exists()


def said_yes(cast: Cast, mailbox: Mailbox) -> tuple[Invitation, str, Browser]:
    row, path = invited(cast)
    browser = Browser()
    said = {"kode": row.list_digest, "jawaban": "yes"}
    browser.post(path, {**said, "do": "kode"})
    assert browser.post(path, {**said, "kode_surel": code_sent(mailbox)}).status_code == 302
    Invitation.objects.update(code_sent_at=timezone.now() - timedelta(minutes=5))  # a new code may be asked for
    return row, path, browser


def test_the_same_link_takes_the_yes_back_and_ends_the_waiting_period(cast: Cast, mailbox: Mailbox) -> None:
    row, path, browser = said_yes(cast, mailbox)
    proposal = Proposal.objects.get()
    now = timezone.now()
    order = DisposalOrder.objects.create(
        number="ESP-2026-0001", act="source", proposal=proposal, client=proposal.client, raised_by=cast.tari,
        raised_at=now, waiting_until=now + timedelta(hours=24), list_digest=proposal.final_digest,
    )  # fmt: skip
    for _n in range(2):  # opening it changes nothing
        assert b"Tarik kembali persetujuan" in Browser().get(path).content
    assert Proposal.objects.get().status == "approved"
    reason = {"alasan": "Ada pemeriksaan internal"}
    wrong = browser.post(path, {**reason, "kode_surel": "123456"})
    assert wrong.status_code == 422
    assert browser.post(path, {"do": "kode"}).status_code == 200
    code = code_sent(mailbox)
    assert browser.post(path, {"kode_surel": code}).status_code == 422  # a reason is needed
    assert Proposal.objects.get().status == "approved"
    page = browser.post(path, {**reason, "kode_surel": code})
    assert page.status_code == 200
    assert b"Tarik kembali persetujuan</legend>" not in page.content
    order.refresh_from_db()
    assert (Proposal.objects.get().status, order.status) == ("cancelled", "cancelled")
    entry = Entry.objects.get(verb="proposal.cancelled")
    assert (entry.actor_name, entry.role) == (row.approver.name, "client")
    assert browser.post(path, {**reason, "kode_surel": code}).status_code == 200  # over: shown, nothing done
    assert Entry.objects.filter(verb="proposal.cancelled").count() == 1


def test_a_link_takes_nothing_back_once_the_deletion_began_or_for_somebody_no_longer_named(
    cast: Cast, mailbox: Mailbox
) -> None:
    row, path, browser = said_yes(cast, mailbox)
    Proposal.objects.update(begun_at=timezone.now())
    assert b"Tarik kembali persetujuan" not in browser.get(path).content
    Proposal.objects.update(begun_at=None)
    Approver.objects.filter(pk=row.approver_id).update(ended_at=timezone.now())
    assert b"Tarik kembali persetujuan" not in browser.get(path).content
    row = Invitation.objects.get()
    with refused("no longer named"):
        taking_back.cancel(row, at=timezone.now(), code="123456", reason="x")
    assert Proposal.objects.get().status == "approved"


def test_after_too_many_wrong_codes_taking_back_is_locked_like_an_answer(cast: Cast, mailbox: Mailbox) -> None:
    _row, path, browser = said_yes(cast, mailbox)
    browser.post(path, {"do": "kode"})
    code = code_sent(mailbox)
    for _n in range(5):
        assert browser.post(path, {"alasan": "x", "kode_surel": "000000"}).status_code == 422
    browser.post(path, {"alasan": "x", "kode_surel": code})
    assert Proposal.objects.get().status == "approved"


def test_code_and_answer_by_the_page_and_then_it_says_what_was_answered(cast: Cast, mailbox: Mailbox) -> None:
    row, path = invited(cast)
    browser = Browser()
    said = {"kode": row.list_digest, "jawaban": "yes"}
    assert browser.post(path, {**said, "kode_surel": "123456"}).status_code == 422
    assert browser.post(path, {**said, "do": "kode"}).status_code == 200
    answer = browser.post(path, {**said, "kode_surel": code_sent(mailbox)})
    assert answer.status_code == 302
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 200
    assert row.list_digest in page.content.decode()
    assert Decision.objects.get().way == "link"
    assert "text/html" in browser.get(f"{path}xlsx/").headers["Content-Type"]


def test_a_link_that_ended_says_why_and_is_not_logged(
    cast: Cast, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    row, path = invited(cast)
    proposals.cancel(user=cast.tari, at=timezone.now(), proposal=row.proposal, reason="Salah klien")
    assert Browser().get(path).status_code == 410
    assert Browser().get("/persetujuan/tidak-ada/").status_code == 410
    assert invitations.token(row) not in caplog.text


def test_the_list_can_be_downloaded_while_the_link_works(cast: Cast, mailbox: Mailbox) -> None:
    _row, path = invited(cast)
    answer = Browser().get(f"{path}xlsx/")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"PK")  # type: ignore[attr-defined]


def test_the_address_of_a_link_is_blackened_wherever_it_is_logged() -> None:
    from kendali.home.logs import without_secrets

    assert "abcdef" not in without_secrets("Forbidden: /persetujuan/abcdef/xlsx/")


@pytest.fixture(scope="module")
def chromium_started(chromium: str) -> Iterator[Chromium]:
    with launched(chromium) as started:
        yield started


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "dark"), each((360, True), (1280, False), (1280, True), (360, False)))
def test_somebody_takes_one_out_and_says_yes_in_a_browser(
    chromium_started: Chromium, live_server: LiveServer, cast: Cast, mailbox: Mailbox, width: int, dark: bool
) -> None:
    row, path = invited(cast)
    context = chromium_started.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", locale="id-ID"
    )
    page = context.new_page()
    complaints = listen(page, live_server.url)
    page.goto(live_server.url + path)
    wrong = faults(page)
    if shots := os.environ.get("KENDALI_SHOTS"):
        page.screenshot(path=f"{shots}/link-{width}-{'dark' if dark else 'light'}.png", full_page=True)
    page.locator("#kecualikan a.button").first.click()
    page.locator("[id^=alasan_]").fill("Masih dipakai")
    with page.expect_navigation():
        page.locator("#answer [name=do][value=kode]").press("Enter")
    wrong += faults(page)
    page.locator("#answer [name=kode_surel]").fill(code_sent(mailbox))
    with page.expect_navigation():
        page.locator("#answer [name=jawaban][value=yes]").press("Enter")
    wrong += faults(page)
    if shots:
        page.screenshot(path=f"{shots}/answered-{width}-{'dark' if dark else 'light'}.png", full_page=True)
    assert [*wrong, *complaints] == []
    proposal = Proposal.objects.get(pk=row.proposal_id)
    assert (proposal.status, proposal.final_count) == ("approved", 4)
    context.close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "dark"), each((360, True), (1280, False)))
def test_the_pages_around_an_approval_are_accessible_and_whole(
    chromium_started: Chromium, live_server: LiveServer, cast: Cast, mailbox: Mailbox, width: int, dark: bool
) -> None:
    from kendali.accounts.tests.permission_lines import _sensitive
    from kendali.disposal.tests.permission_lines import request_row
    from kendali.records.tests.permission_lines import source_row

    row, _path = invited(cast)
    change, request, source = _sensitive(cast)["pk"], request_row(cast), source_row(cast)
    addresses = {
        cast.adi: [
            "/perubahan-penting/", f"/perubahan-penting/{change}/", "/klien/bank-nusantara/penyetuju/",
            "/klien/bank-nusantara/penyetuju/baru/", f"/sumber/{source.pk}/penghapusan/",
        ],
        cast.tari: [
            "/permintaan-hapus/", "/permintaan-hapus/baru/", f"/permintaan-hapus/{request.pk}/",
            f"/usulan/{row.proposal_id}/surat/", f"/usulan/{row.proposal_id}/",
        ],
    }  # fmt: skip
    wrong: list[str] = []
    for person, paths in addresses.items():
        session = cast.web(person).cookies["sessionid"].value
        context = chromium_started.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        complaints = listen(page, live_server.url)
        for path in paths:
            page.goto(live_server.url + path)
            wrong += [f"{path}: {fault}" for fault in faults(page)]
            if shots := os.environ.get("KENDALI_SHOTS"):
                page.screenshot(path=f"{shots}/p-{width}{path.replace('/', '-')}.png", full_page=True)
        wrong += complaints
        context.close()
    assert wrong == []
