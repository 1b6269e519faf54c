"""Fixtures of the browser tests: the real assets, Debian's Chromium, short recordings."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from cms.home.demo.people import PASSWORD
from scripts import bootstrap
from tests import databases, live
from tests.browser.visitor import Visitor, launch, visiting
from tests.browser.world import World, make_recording, populate


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def assets() -> None:
    """The frontend as the build makes it, built again only when its sources changed."""
    bootstrap.build_assets()


@pytest.fixture(scope="session")
def chromium(assets: None) -> Iterator[Browser]:
    # Playwright's loop lives in this thread, and Django would take every query of a test for one inside of it.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


Visit = Callable[..., AbstractContextManager[Visitor]]


@pytest.fixture
def visit(chromium: Browser) -> Visit:
    """`with visit(site.url, …) as visitor:`"""

    def open_(site: str, **options: Any) -> AbstractContextManager[Visitor]:
        return visiting(chromium, site, **options)

    return open_


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """`recording(24)` is an MP4 of that many seconds with a moving picture and a tone, made by the real ffmpeg."""
    folder = tmp_path_factory.mktemp("recordings")

    def make(seconds: int) -> Path:
        path = folder / f"lecture-{seconds}.mp4"
        if not path.exists():
            make_recording(path, seconds)
        return path

    return make


@pytest.fixture(scope="package")
def world(
    django_db_setup: None,
    django_db_blocker: Any,
    chromium: Browser,
    recording: Callable[[int], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """The demonstration, running, with people in the middle of things; shared, so tests only look."""
    logs = tmp_path_factory.mktemp("world")
    with django_db_blocker.unblock(), databases.copy_of_template("browser") as name:
        worker, site = live.Worker(name, logs / "worker.log"), live.Site(name, logs / "site.log")
        try:
            pages = populate(recording(12), worker)
            site.start()
            world = World(site.url, pages)
            for person in sorted({who for who, _ in pages.values()} - {""}):
                with visiting(chromium, site.url) as visitor:
                    visitor.sign_in(person, PASSWORD)
                    world.signed_in[person] = visitor.context.storage_state()
            yield world
        finally:
            worker.stop()
            site.stop()


@pytest.fixture
def visit_as(chromium: Browser, world: World) -> Visit:
    """`with visit_as("learner", …) as visitor:` somebody who is signed in to the shared world, "" for nobody."""

    def open_(who: str, **options: Any) -> AbstractContextManager[Visitor]:
        return visiting(chromium, world.site, storage_state=world.signed_in.get(who), **options)

    return open_
