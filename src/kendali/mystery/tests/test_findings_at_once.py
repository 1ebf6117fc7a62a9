"""Two people, or two workers, at the same finding in the same moment; and a month with many findings."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kendali.accounts.models import User
from kendali.accounts.permissions import RuleRefused
from kendali.audit.models import Entry
from kendali.mystery.actions import digests, escalating, findings
from kendali.mystery.models import Digest, Finding
from kendali.mystery.tests.finding_rows import AT, many, raised, submitted
from kendali.mystery.tests.house import House
from kendali.notices.models import Notice
from kendali.records.tests.test_two_at_once import at_once

BUSY = AT + timedelta(days=5)


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_in_the_same_moment_one_forwards_and_the_other_is_told(house: House) -> None:
    (finding,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))

    def forward(user: User) -> None:
        findings.forward(user=user, at=AT, finding=Finding.objects.get(pk=finding.pk))

    stopped = at_once(lambda: forward(house.cast.qanita), lambda: forward(house.cast.qadri))
    assert [type(one) for one in stopped] == [RuleRefused]
    assert Entry.objects.filter(verb="finding.forward").count() == 1
    assert Notice.objects.filter(kind="finding.forwarded").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_a_clock_once_and_send_one_morning_mail(house: House) -> None:
    (finding,) = raised(house, submitted(house, said=("supervisor",), empathy="not_met"))
    findings.forward(user=house.cast.qanita, at=AT, finding=finding)
    assert at_once(*[lambda: escalating.tell(at=BUSY)] * 3) == []
    assert Notice.objects.filter(kind="finding.clock_due", user=house.cast.surya).count() == 1
    monday = AT + timedelta(days=3)
    assert at_once(*[lambda: digests.send(at=monday)] * 3) == []
    assert Notice.objects.filter(kind="finding.digest", user=house.cast.surya).count() == 1
    assert Digest.objects.filter(user=house.cast.surya).count() == 1


# --- many


PAGES = ("", "?milik=saya", "?tampil=semua", "?jam=terlambat", "?milik=tim", "?status=at_supervisor")


def asked(house: House, nick: str, address: str) -> int:
    """How many queries; `benchmarks/mystery.py` says how long a page of a month with 20 000 findings takes."""
    browser = house.cast.web(house.cast.people[nick])
    browser.get("/mystery/temuan/")
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get(f"/mystery/temuan/{address}")
    assert answer.status_code == 200
    return len(queries)


@pytest.mark.django_db
@pytest.mark.parametrize("nick", ["surya", "qanita"])
def test_a_page_of_the_board_asks_the_same_few_questions_however_many_findings_there_are(
    house: House, nick: str
) -> None:
    many(house, 5)
    few = {page: asked(house, nick, page) for page in PAGES}
    Finding.objects.filter(key__startswith="k").delete()
    many(house, 60)
    assert {page: asked(house, nick, page) for page in PAGES} == few
    assert max(few.values()) < 40
