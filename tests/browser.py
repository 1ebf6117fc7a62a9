"""A Chromium for tests, and what every page opened in it has to keep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

# Playwright's synchronous face runs an event loop in this thread; the tests' queries in it are short ones.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"


@contextmanager
def launched(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=QUIET.split())
        yield browser
        browser.close()


def listen(page: Page, base: str) -> list[str]:
    """Collects what the page complains about from now on: script errors, refused content, other hosts asked."""
    complaints: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{page.url} {message.location.get('url', '')}: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((base, "data:", "blob:")):
            complaints.append(f"asked another host: {request.url}")

    page.on("console", said)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", asked)
    return complaints


def faults(page: Page) -> list[str]:
    """What is wrong with the page as it stands: cut off at the right, or anything axe finds."""
    found = []
    page.wait_for_function("document.body !== null")  # a page that reloads itself has none for a moment
    page.wait_for_load_state()
    wide, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if wide > room:
        found.append(f"{wide} px wide in a window of {room}")
    # Not preloading: axe copies the styles of a shadow root (the waveform) without their nonce, and is refused.
    violations = Axe().run(page, options={"preload": False}).response["violations"]
    return found + [f"{one['id']}: {node['html'][:120]}" for one in violations for node in one["nodes"]]
