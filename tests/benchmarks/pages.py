"""What the pages cost on a slow line and an old phone: bytes, time to the main content, statements, processor time."""

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Browser, sync_playwright

from organisations.models import Person
from scripts import bootstrap
from tests import live
from tests.benchmarks.harness import Measured, cpu_ms, table
from tests.browser.transfer import measured as counted
from tests.browser.visitor import PHONE, launch, visiting
from tests.browser.world import World, make_recording, populate

PAGES = {"catalogue": "catalogue", "course": "course", "quiz": "quiz", "lesson": "lesson with player"}
# Slow 4G as the peers were measured on: 1.6 Mbit/s down, 0.75 up, 150 ms, a processor four times slower.
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
SLOWER_CPU = 4
TURNS = 3
# Measured on two cores in November 2026 with 200 learners, the same line and the same browser.
PEERS = [
    ("", "Moodle 4.3", "Kolibri 0.19.5"),
    ("first page cold, kB (of it script)", "1,133 (812)", "2,855 (574)"),
    ("quiz page cold, kB", "3,640", "3,508"),
    ("course page, Slow 4G, LCP cold, s", "12.2", "8.7"),
    ("course page, statements", "29", "20"),
    ("course page, CPU ms", "79", "84"),
]
LARGEST_PAINT = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
    .observe({type: "largest-contentful-paint", buffered: true});
})"""


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """The demonstration with a short lecture, served by the real server."""
    bootstrap.build_assets()
    database = str(connection.settings_dict["NAME"])
    make_recording(folder / "lecture.mp4", 12)
    site, worker = live.Site(database, folder / "site.log"), live.Worker(database, folder / "worker.log")
    try:
        pages = populate(folder / "lecture.mp4", worker)
        site.start()
        yield World(site.url, pages)
    finally:
        worker.stop()
        site.stop()


def session(person: str) -> Client:
    client = Client()
    if person:
        client.force_login(Person.objects.get(username=person), backend="django.contrib.auth.backends.ModelBackend")
    return client


def visit(browser: Browser, site: str, path: str, cookie: str) -> tuple[int, int, float]:
    """(bytes, bytes of script, seconds to the largest paint) of one cold visit on the slow line."""
    with visiting(browser, site, viewport=PHONE) as visitor:
        if cookie:
            visitor.context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
        transfer = counted(visitor.page)
        protocol = visitor.context.new_cdp_session(visitor.page)
        protocol.send("Network.enable")
        protocol.send("Network.emulateNetworkConditions", SLOW_4G)
        protocol.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_CPU})
        visitor.open(path)
        visitor.settled()
        paint = float(visitor.page.evaluate(LARGEST_PAINT)) / 1000
        return transfer.total, transfer.of("Script"), paint


def measure() -> Measured:
    measured = Measured()
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as made:
        clients = {who: session(who) for who in ("", "learner")}
        cookies = {who: client.cookies["sessionid"].value if who else "" for who, client in clients.items()}
        with sync_playwright() as playwright:
            browser = launch(playwright)
            for name, page in PAGES.items():
                who, path = made.pages[page]
                visits = [visit(browser, made.site, path, cookies[who]) for _ in range(TURNS)]
                measured.add(f"{name}_kb", max(one[0] for one in visits) / 1000, "kB")
                measured.add(f"{name}_script_kb", max(one[1] for one in visits) / 1000, "kB")
                measured.add(f"{name}_lcp", statistics.median(one[2] for one in visits), "s")
            browser.close()
        for name, page in PAGES.items():
            who, path = made.pages[page]
            clients[who].get(path)
            with CaptureQueriesContext(connection) as queries:
                answer = clients[who].get(path)
            if answer.status_code != 200:
                raise AssertionError(f"{path} answered {answer.status_code}")
            measured.add(f"{name}_sql", len(queries), "statements")
            measured.add(f"{name}_cpu", cpu_ms(lambda who=who, path=path: clients[who].get(path)), "CPU ms")  # type: ignore[misc]
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    measured.notes.append("\nPeers, measured the same way:\n" + table(PEERS) + "\n")
    return measured
