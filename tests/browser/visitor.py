"""Somebody at a browser. Whatever pages they open, what the browser complained of and where it went is kept."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, expect

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--mute-audio",
    "--no-first-run",
]
PHONE = {"width": 360, "height": 760}
DESK = {"width": 1280, "height": 900}
expect.set_options(timeout=30_000)


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium, or the one that CHROMIUM names; as root it runs without its sandbox."""
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


class Visitor:
    """One browser context. `foreign` are requests that left the site's host, `complaints` the console's errors."""

    def __init__(self, browser: Browser, site: str, **options: Any) -> None:
        self.site = site
        settings = {"viewport": DESK, "locale": "zh-CN", "reduced_motion": "reduce", **options}
        self.context: BrowserContext = browser.new_context(base_url=site, **settings)
        self.context.set_default_timeout(30_000)
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        self.context.on("request", self._request)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page: Page = self.context.new_page()

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" != self.site:
            self.foreign.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.page.url if message.page else ''})")

    def open(self, path: str) -> Page:
        """Open a page that must answer 200."""
        answer = self.page.goto(path)
        assert answer is not None
        assert (answer.status, path) == (200, path)
        return self.page

    def sign_in(self, name: str, password: str, *, start: str = "/zh-hans/account/login/") -> Page:
        """Sign in, agreeing to the documents when asked. `start` may be any page that leads to the sign-in."""
        page = self.page
        page.goto(start)
        page.fill("input[name=login]", name)
        page.fill("input[name=password]", password)
        page.locator("main form:has(input[name=login]) button[type=submit]").click()
        page.wait_for_url(lambda url: "/account/login/" not in url)
        if "/account/consent/" in page.url:
            page.check("input[name=agree]")
            page.locator("main form:has(input[name=agree]) button[type=submit]").click()
            page.wait_for_url(lambda url: "/account/consent/" not in url)
        return page

    def settled(self) -> None:
        """Wait until a public page has its learner's part in place."""
        self.page.wait_for_load_state("networkidle")

    def width_needed(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def close(self) -> None:
        self.context.close()


@contextmanager
def visiting(browser: Browser, site: str, **options: Any) -> Iterator[Visitor]:
    """A visitor who must not have left the site's host nor heard a complaint, checked at the end."""
    visitor = Visitor(browser, site, **options)
    try:
        yield visitor
        assert (visitor.foreign, visitor.complaints) == ([], [])
    finally:
        visitor.close()


__all__ = ["DESK", "PHONE", "Visitor", "expect", "visiting"]
