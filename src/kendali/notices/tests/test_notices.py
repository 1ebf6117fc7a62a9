from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from kendali.accounts import actions
from kendali.accounts.models import PasswordSetup, User
from kendali.accounts.setup_mail import send as send_setup
from kendali.notices import delivery
from kendali.notices.actions import notify, unread_count
from kendali.notices.models import Notice
from tests.cast import NOW, Cast
from tests.mail_server import Mailbox

pytestmark = pytest.mark.django_db
LATE = 'class="pill s-late"'
FACTS = {"principal": "Tari Lestari", "role": "team_leader", "starts": NOW.date(), "ends": NOW.date()}


def tell(*people: User, url: str = "/akun/pengganti/") -> list[Notice]:
    return notify(people, kind="deputy.named", facts=FACTS, url=url, at=NOW, due=NOW)


def test_everybody_is_told_once_and_inactive_people_not_at_all(cast: Cast) -> None:
    cast.dewi.is_active = False
    told = tell(cast.surya, cast.surya, cast.indra, cast.dewi)
    assert [notice.user for notice in told] == [cast.surya, cast.indra]
    assert unread_count(cast.surya) == 1


def test_without_a_mail_server_there_is_only_the_inbox(cast: Cast) -> None:
    (notice,) = tell(cast.surya)
    assert notice.email_state == "none"
    assert not ProcrastinateJob.objects.exists()


def test_the_mail_job_is_part_of_the_transaction(cast: Cast, mailbox: Mailbox) -> None:
    (notice,) = tell(cast.surya)
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("notices.send", {"notice_id": notice.pk})
    assert notice.email_state == "queued"


def test_an_e_mail_is_in_the_receivers_language_as_text_and_html(cast: Cast, mailbox: Mailbox) -> None:
    cast.indra.language = "en"
    cast.indra.save()
    for notice in tell(cast.surya, cast.indra):
        delivery.attempt(notice_id=notice.pk, last=False)
    indonesian, english = mailbox.mails
    assert indonesian["To"] == "surya@kendali.test"
    assert indonesian["Subject"].startswith("Tari Lestari menunjuk Anda sebagai pengganti untuk peran Team Leader/SPV")
    assert english["Subject"].startswith("Tari Lestari named you as deputy")
    text = indonesian.get_body(("plain",))
    html = indonesian.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Yth. Surya Pratama," in text.get_content()
    assert "http://127.0.0.1:8000/akun/pengganti/" in text.get_content()
    assert "Jumat, 20 November 2026 15.40 WIB" in text.get_content()
    assert '<a href="http://127.0.0.1:8000/akun/pengganti/">' in html.get_content()
    assert set(Notice.objects.values_list("email_state", flat=True)) == {"sent"}


def test_a_notice_is_mailed_once_however_often_the_job_runs(cast: Cast, mailbox: Mailbox) -> None:
    (notice,) = tell(cast.surya)
    for _ in range(3):
        delivery.attempt(notice_id=notice.pk, last=False)
    assert len(mailbox.mails) == 1


def test_a_failure_is_visible_and_repeated_until_the_last_attempt(cast: Cast, mailbox: Mailbox) -> None:
    mailbox.answer = "451 too busy"
    (notice,) = tell(cast.surya)
    for last, state in ((False, "retrying"), (True, "failed")):
        with pytest.raises(Exception, match="too busy"):
            delivery.attempt(notice_id=notice.pk, last=last)
        notice.refresh_from_db()
        assert notice.email_state == state
    assert "too busy" in notice.email_error
    assert notice.email_attempts == 2
    assert "e-mail gagal" in cast.web(cast.surya).get("/kotak-masuk/").content.decode()
    mailbox.answer = "250 OK"
    delivery.attempt(notice_id=notice.pk, last=True)
    notice.refresh_from_db()
    assert (notice.email_state, notice.email_error) == ("sent", "")


def test_the_setup_link_goes_by_mail_and_is_in_no_table(cast: Cast, mailbox: Mailbox) -> None:
    setup = actions.send_setup_link(user=cast.adi, at=NOW, person=cast.tari)
    assert isinstance(setup, PasswordSetup)
    setup.expires_at = setup.expires_at.replace(year=2126)
    setup.save()
    job = ProcrastinateJob.objects.get()
    assert job.args == {"setup_id": setup.pk}
    send_setup(setup_id=setup.pk)
    body = mailbox.mails[0].get_body(("plain",))
    assert body is not None
    assert "/atur-sandi/" in body.get_content()


def test_the_inbox_shows_ones_own_newest_first_and_marks_them_read(cast: Cast) -> None:
    tell(cast.surya)
    (second,) = tell(cast.surya, url="")
    browser = cast.web(cast.surya)
    page = browser.get("/kotak-masuk/").content.decode()
    assert page.count("menunjuk Anda sebagai pengganti") == 2
    assert "menunjuk Anda" not in cast.web(cast.indra).get("/kotak-masuk/").content.decode()
    browser.post(f"/kotak-masuk/{second.pk}/")
    assert unread_count(cast.surya) == 1
    browser.post("/kotak-masuk/baca-semua/")
    assert unread_count(cast.surya) == 0


def test_a_deadline_that_passed_is_late_only_until_the_notice_is_read(cast: Cast) -> None:
    notify([cast.surya], kind="deputy.named", facts=FACTS, at=NOW, due=timezone.now() - timedelta(days=3))
    browser = cast.web(cast.surya)
    assert LATE in browser.get("/kotak-masuk/").content.decode()
    browser.post("/kotak-masuk/baca-semua/")
    page = browser.get("/kotak-masuk/").content.decode()
    assert LATE not in page
    assert "<time datetime=" in page


def test_opening_a_notice_reads_it_and_goes_where_it_points(cast: Cast) -> None:
    (notice,) = tell(cast.surya)
    answer = cast.web(cast.surya).post(f"/kotak-masuk/{notice.pk}/")
    assert answer.headers["Location"] == "/akun/pengganti/"
    assert unread_count(cast.surya) == 0


def test_a_long_inbox_is_paged(cast: Cast) -> None:
    for _ in range(55):
        tell(cast.surya)
    page = cast.web(cast.surya).get("/kotak-masuk/").content.decode()
    oldest_shown = Notice.objects.order_by("-pk")[49].pk
    assert f"?before={oldest_shown}" in page
    rest = cast.web(cast.surya).get(f"/kotak-masuk/?before={oldest_shown}").content.decode()
    assert rest.count("menunjuk Anda") == 5
