"""A Chromium for tests, and what every page opened in it has to keep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

# Playwright's synchronous face runs an event loop in this thread; the tests' queries in it are short ones.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
PATIENCE = 120_000  # ms: on a machine with other work, only a page that never comes is wrong
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
VIOLATIONS = """axe.run({preload: false, resultTypes: ["violations"]}).then(found => found.violations.flatMap(
    one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 120)}`)))"""


@contextmanager
def launched(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=QUIET.split())
        make = browser.new_context

        def patient(**options: Any) -> BrowserContext:
            context = make(**options)
            context.set_default_timeout(PATIENCE)
            return context

        browser.new_context = patient  # type: ignore[method-assign]
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
    # A page that reloads itself has none for a moment. As a function: an expression would be evaluated at every look,
    # which the pages' own policy refuses from the second one on.
    page.wait_for_function("() => document.body !== null")
    page.wait_for_load_state()
    wide, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if wide > room:
        found.append(f"{wide} px wide in a window of {room}")
    # Not preloading: axe copies the styles of a shadow root (the waveform) without their nonce, and is refused.
    page.evaluate(AXE_SCRIPT)
    return [*found, *page.evaluate(VIOLATIONS)]
