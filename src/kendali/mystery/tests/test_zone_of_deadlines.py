"""A day ends at the desk of who must act: elsewhere the same instant may be another date, and is not shown as one."""

from __future__ import annotations

import pytest
from django.test import Client

from kendali.accounts.models import User
from kendali.home.waiting import told
from kendali.mystery.actions import clocks
from kendali.mystery.models import Finding
from kendali.mystery.queries import waiting_findings, waiting_verify
from kendali.mystery.tests.finding_rows import AT
from kendali.mystery.tests.house import House

pytestmark = pytest.mark.django_db
DUE = "Selasa, 24 November 2026 · 23.59 WIB"


def page(web: Client, address: str) -> str:
    return web.get(address).content.decode().replace("\u00a0", " ")


def test_what_waits_for_qa_is_due_on_the_day_of_the_head_office(house: House) -> None:
    """Called to Denpasar by somebody in Makassar, read in Makassar: there 23.59 WIB is Wednesday already."""
    User.objects.filter(pk__in=[house.cast.qori.pk, house.cast.qadri.pk]).update(zone="Asia/Makassar")
    sample = house.sample("submitted", zone="Asia/Makassar", destination=house.floor.denpasar, area="dps")
    clocks.begin(house.finding(sample, area="dps"), at=AT)
    finding = Finding.objects.get()
    clocks.settle(finding)
    Finding.objects.filter(pk=finding.pk).update(escalated_at=AT)

    qadri = User.objects.get(pk=house.cast.qadri.pk)
    web: Client = house.cast.web(qadri)
    for address in (f"/mystery/sampel/{sample.pk}/", f"/mystery/temuan/{finding.pk}/"):
        assert DUE in page(web, address), address
    lines = [*waiting_verify.lines(qadri, AT), *waiting_findings.lines(qadri, AT)]
    assert [told(one).zone for one in lines] == ["Asia/Jakarta"] * 2
    for address in ("/mystery/temuan/", "/"):
        assert f'title="{DUE}"' in page(web, address), address
