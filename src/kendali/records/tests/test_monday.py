"""The summary of the week: numbers without names, on a page, by mail, and as a text for a chat group."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.utils import translation
from procrastinate.contrib.django import app

from kendali.records import monday, tasks
from kendali.records.actions import certificates, disposal_orders, past
from kendali.records.models import Package, RecordVersion
from kendali.records.queries import kpi
from kendali.records.tests.deletions import house, old_conversations
from kendali.records.tests.office import Office
from kendali.records.tests.test_pages import calls, text
from kendali.register.models import RegisterEntry
from kendali.register.tests import papers
from kendali.terms.models import Setting
from tests.mail_server import Mailbox

__all__ = ["calls"]
MONDAY = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def test_the_page_says_what_is_reached_and_what_is_not(calls: Office) -> None:
    calls.scan("pbx")
    past.refresh(calls.found["pbx"], at=calls.cast.now)
    shown = text(calls.cast.web(calls.cast.maya), "/ringkasan/")
    assert "KPI 7.2a" in shown
    assert "belum tercapai" in shown


def test_the_text_for_a_chat_names_no_client_and_no_person(calls: Office) -> None:
    calls.backed_up("pbx")
    with translation.override("id"):
        said = monday.as_text(monday.summary(calls.cast.maya, MONDAY))
    assert "23\u00a0November\u00a02026" in said or "23\u00a0November 2026" in said
    for name in ("Nusantara", "Telko", "Tari", "Indra", "pbx"):
        assert name not in said


def test_figures_are_of_the_clients_one_answers_for(calls: Office) -> None:
    calls.backed_up("pbx")
    assert kpi.registered([calls.cast.nusantara]) == kpi.Ratio(1, 1)
    assert kpi.registered([calls.cast.telko]) == kpi.Ratio(0, 0)
    RegisterEntry.objects.all().delete()
    assert kpi.registered([calls.cast.nusantara]).left == 1
    assert Package.objects.filter(status="verified").count() == 1
    assert RecordVersion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_is_mailed_to_manager_operation_in_their_language(
    calls: Office, mailbox: Mailbox, settings: LazySettings
) -> None:
    assert [user.name for user in monday.receivers()] == [calls.cast.maya.name]
    tasks.mail_summary_to(user_id=calls.cast.maya.pk, at=MONDAY.isoformat())
    (message,) = mailbox.mails
    assert message["To"] == calls.cast.maya.email
    assert "Kendali, pekan 23 November 2026" in str(message["Subject"])


def test_it_goes_out_on_monday_at_half_past_seven_in_jakarta() -> None:
    found = [one for one in app.periodic_registry.periodic_tasks.values() if one.task.name == tasks.mail_summary.name]
    saturday = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
    (at,) = [datetime.fromtimestamp(one.croniter.get_next(ret_type=float, start_time=saturday), UTC) for one in found]
    assert at == MONDAY
    assert f"{at.astimezone(monday.ZONE):%A %H.%M}" == "Monday 07.30"


@pytest.mark.django_db(transaction=True)
def test_an_order_that_deleted_something_counts_until_its_certificate_is_sealed(office: Office) -> None:
    with house(office, old_conversations(2)) as it:
        cast, clients = office.cast, [office.cast.nusantara]
        assert kpi.documented(clients) == kpi.Ratio(0, 0)
        order = it.work(it.running())
        assert kpi.documented(clients) == kpi.Ratio(0, 1)
        made = certificates.draft(user=cast.dewi, at=it.now, order=order)
        assert kpi.documented(clients).left == 1
        with translation.override("id"):
            said = monday.as_text(monday.summary(cast.maya, it.now))
        assert "KPI 7.3 pemusnahan tanpa Berita Acara: 1 (0 dari 1)" in said
        papers.completed(cast, made, it.now)
        assert kpi.documented(clients) == kpi.Ratio(1, 1)
        assert kpi.documented([cast.telko]) == kpi.Ratio(0, 0)


@pytest.mark.django_db(transaction=True)
def test_an_order_that_stands_still_half_way_counts_too(office: Office) -> None:
    """A problem stops it after its first record; nobody may read "everything documented" meanwhile."""
    with house(office, old_conversations(3)) as it:
        clients = [office.cast.nusantara]
        Setting.objects.create(key="disposal.daily_quota", value=1, version=1, reason="-", created_at=it.now)
        order = it.work(it.running())
        assert (order.status, it.outcomes(order)["000001"]) == ("paused", "deleted")
        assert kpi.documented(clients) == kpi.Ratio(0, 0)  # it goes on by itself tomorrow
        it.fake.skew = timedelta(minutes=6)
        assert disposal_orders.start_due(at=it.later(hours=24)) == [order]
        order = it.work(order)
        assert order.status == "stopped"
        assert kpi.documented(clients) == kpi.Ratio(0, 1)
        it.fake.skew = timedelta(0)
        disposal_orders.cancel(user=office.cast.tari, at=it.now, order=order, reason="Kontrak diperpanjang")
        order = it.work(order)
        assert order.status == "done"
        papers.completed(office.cast, certificates.draft(user=office.cast.dewi, at=it.now, order=order), it.now)
        assert kpi.documented(clients) == kpi.Ratio(1, 1)


def test_the_setting_turns_it_off(calls: Office, mailbox: Mailbox) -> None:
    Setting.objects.create(key="summary.monday", value=False, version=1, reason="Rapat pindah", created_at=MONDAY)
    assert monday.receivers() == []
