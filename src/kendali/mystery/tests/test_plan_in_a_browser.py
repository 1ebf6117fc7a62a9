"""Months and plans in a browser: accessible and whole, wide and on a phone."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from conftest import each
from kendali.mystery.actions import plan
from kendali.mystery.models import Cycle, Sample
from kendali.mystery.tests.month_rows import MONTH, Ready, ready, samples
from tests.browser import faults, launched, listen
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_the_day")]
WINDOWS = each((360, "dark"), (1280, "light"))
PICTURES = os.environ.get("KENDALI_PICTURES", "")  # a folder: each page is kept there as a picture
HERE = f"/mystery/siklus/{MONTH:%Y-%m}/"


def opened(browser: Browser, live_server: LiveServer, cast: Cast, width: int, scheme: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    session = cast.web(cast.qanita).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return context.new_page()


def looked_at(cast: Cast, live_server: LiveServer, chromium: str, name: str, pages: list[str]) -> list[str]:
    """What is wrong with these pages, wide and narrow, light and dark."""
    wrong = []
    with launched(chromium) as browser:
        for width, scheme in WINDOWS:
            page = opened(browser, live_server, cast, width, scheme)
            complaints = listen(page, live_server.url)
            for number, address in enumerate(pages):
                if width > 360 and number:
                    continue  # wide, the first one shows how they end
                page.goto(live_server.url + address)
                wrong += [f"{address} {width}: {one}" for one in (*faults(page), *complaints)]
                complaints.clear()
                if PICTURES:
                    page.screenshot(path=f"{PICTURES}/{name}-{number}-{width}.png", full_page=True)
    return wrong


def drawing(it: Ready) -> Cycle:
    """A month that is being drawn again, after quotas that cannot be met."""
    row = it.drawn()
    plan.ask(user=it.cast.qanita, at=timezone.now(), row=row)
    problem = {
        "reason": "Area %(levels)s: %(needed)s samples, but the open levels of %(inside)s take %(available)s: "
        "%(missing)s do not fit.",
        "facts": {
            "dimension": "area",
            "levels": "jkt",
            "needed": 40,
            "inside": "shift",
            "available": 30,
            "missing": 10,
            "within": "pagi",
        },
    }  # fmt: skip
    Cycle.objects.filter(pk=row.pk).update(plan_problem=problem)
    return row


def test_the_pages_of_a_month_that_is_prepared(cast: Cast, live_server: LiveServer, chromium: str) -> None:
    it = ready(cast)
    drawing(it).scenarios.filter(version__kind="komplain").delete()
    pages = [HERE + "rencana/", HERE, HERE + "pilihan/"]
    assert looked_at(cast, live_server, chromium, "prepared", pages) == []


def test_the_pages_of_a_month_that_runs_and_of_one_that_ends(
    cast: Cast, live_server: LiveServer, chromium: str
) -> None:
    it = ready(cast)
    rows = samples(it.frozen(minimum=12))
    Sample.objects.filter(pk=rows[0].pk).update(executor=None, state="planned")
    Sample.objects.filter(pk=rows[1].pk).update(
        state="verified", called_at=rows[1].opens, verified_at=rows[1].closes + timedelta(hours=1)
    )
    ends = Cycle.objects.create(month=MONTH.replace(month=11), status="closed", created_at=it.at, plan_frozen_at=it.at)
    ends.signatures.create(part="made", user=cast.qori, name="Qori Amelia", digest="0" * 64, at=cast.now)
    pages = [HERE + "rencana/?peta=kind", HERE, "/mystery/siklus/", HERE + f"rencana/{rows[2].pk}/",
             "/mystery/siklus/2026-11/", "/mystery/siklus/2026-11/pengesahan/"]  # fmt: skip
    assert looked_at(cast, live_server, chromium, "runs", pages) == []
