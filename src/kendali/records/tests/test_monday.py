"""The summary of the week: numbers without names, on a page, by mail, and as a text for a chat group."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.utils import translation

from kendali.records import monday, tasks
from kendali.records.actions import past
from kendali.records.models import Package, RecordVersion
from kendali.records.queries import kpi
from kendali.records.tests.office import Office
from kendali.records.tests.test_pages import calls, text
from kendali.register.models import RegisterEntry
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


def test_the_setting_turns_it_off(calls: Office, mailbox: Mailbox) -> None:
    Setting.objects.create(key="summary.monday", value=False, version=1, reason="Rapat pindah", created_at=MONDAY)
    assert monday.receivers() == []
