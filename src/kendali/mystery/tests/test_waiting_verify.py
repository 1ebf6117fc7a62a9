"""Forms that were submitted wait for QA on the start page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kendali.accounts.models import RoleGrant
from kendali.mystery.actions import clocks
from kendali.mystery.queries import waiting_verify
from kendali.mystery.tests.house import House

pytestmark = pytest.mark.django_db


def test_a_submitted_form_waits_for_every_qa_with_the_clock_of_its_finding(house: House) -> None:
    sample = house.sample("submitted")
    finding = house.finding(sample)
    clocks.begin(finding, at=house.submitted_at)
    (line,) = waiting_verify.lines(house.cast.qanita, house.cast.now)
    assert (line.number, line.due) == (sample.number, finding.clocks.get(step="k2").due_at)
    assert line.facts["findings"] == 1
    page = house.cast.web(house.cast.qanita).get("/").content.decode()
    assert "Verifikasi panggilan ke Jakarta oleh Qori Amelia" in page
    assert waiting_verify.lines(house.cast.qori, house.cast.now) == []


def test_it_waits_for_the_kordinator_only_where_there_is_no_qa(house: House) -> None:
    house.sample("submitted")
    assert waiting_verify.lines(house.cast.kirana, house.cast.now) == []
    RoleGrant.objects.filter(role="qa").update(ended_at=house.submitted_at)
    assert len(waiting_verify.lines(house.cast.kirana, house.cast.now)) == 1


def test_the_first_ones_are_lines_and_the_rest_is_the_queue(house: House) -> None:
    rows = [house.sample("submitted", submitted_at=house.submitted_at + timedelta(minutes=n)) for n in range(12)]
    found = waiting_verify.lines(house.cast.qanita, house.cast.now)
    assert [one.number for one in found[:-1]] == [one.number for one in rows[:10]]
    assert found[-1].url == "/mystery/verifikasi/"
