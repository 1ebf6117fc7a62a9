"""The pages of certificates as people see them: nothing cut off, nothing that axe finds, wide, small and dark."""

from __future__ import annotations

import pytest
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from kendali.register.tests import papers
from tests.browser import faults, launched, listen
from tests.cast import PASSWORD, Cast


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_witness_signs_and_anybody_verifies(cast: Cast, live_server: LiveServer, chromium: str) -> None:
    sealed = papers.sealed(cast)
    waits = papers.sent(cast, order="records.disposalorder:2")
    session = cast.web(cast.rahma).cookies["sessionid"].value
    pages = [
        reverse("certificates"),
        reverse("certificate", kwargs={"pk": sealed.pk}),
        reverse("certificate", kwargs={"pk": waits.pk}),
        reverse("certificate_verify", kwargs={"number": sealed.number, "token": sealed.token}),
    ]
    with launched(chromium) as browser:
        wrong: list[str] = []
        for width, dark in ((1280, False), (360, True)):
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
            )
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            complaints = listen(page, live_server.url)
            for path in pages:
                page.goto(live_server.url + path)
                wrong += [f"{path} at {width}: {fault}" for fault in faults(page)]
            wrong += complaints
            context.close()
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        complaints = listen(page, live_server.url)
        page.goto(live_server.url + pages[2])
        page.locator("[data-dialog=dialog-sign]").click()
        page.locator("#sign-password").fill(PASSWORD)
        wrong += [f"dialog: {fault}" for fault in faults(page)]
        with page.expect_navigation():
            page.locator("#dialog-sign button.primary").click()
        wrong += complaints
    assert wrong == []
    assert waits.signatures.filter(user=cast.rahma, part="saksi").exists()
