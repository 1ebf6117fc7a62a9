"""One browser for everybody in turn, and a worker beside the web server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from kendali.accounts.models import User
from tests.browser import faults, listen
from tests.cast import Cast


@contextmanager
def working(given: dict[str, str]) -> Iterator[None]:
    """A worker as an installation has it, for as long as it is needed."""
    worker = subprocess.Popen([sys.executable, "-m", "kendali.home.worker"], env=given)
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(60)


class Desk:
    """Each person with their own session; what is wrong with a page is collected."""

    def __init__(self, browser: Browser, server: LiveServer, cast: Cast, width: int) -> None:
        self.browser, self.server, self.cast, self.width = browser, server, cast, width
        self.wrong: list[str] = []

    @contextmanager
    def sits(self, user: User | None = None, *, width: int = 0) -> Iterator[Page]:
        """A window of this person; of a stranger without a login where there is no user."""
        context = self.browser.new_context(
            viewport={"width": width or self.width, "height": 900}, reduced_motion="reduce", locale="id-ID"
        )
        if user is not None:
            self._log_in(context, user)
        page = context.new_page()
        complaints = listen(page, self.server.url)
        yield page
        self.wrong += complaints
        context.close()

    def _log_in(self, context: BrowserContext, user: User) -> None:
        session = self.cast.web(user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": self.server.url}])

    def read(self, page: Page, path: str) -> str:
        page.goto(self.server.url + path)
        return page.inner_text("main")

    def open(self, page: Page, path: str) -> str:
        page.goto(self.server.url + path)
        return self.look(page)

    def look(self, page: Page) -> str:
        """The words of the page as it stands, after it was checked in both themes."""
        where = page.url.removeprefix(self.server.url)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self.wrong += [f"{where} {scheme}: {fault}" for fault in faults(page)]
        return page.inner_text("main")
