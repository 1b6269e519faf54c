"""Fixtures for every test.

- Plain tests ask for `db` (or the marker django_db): one transaction, rolled back.
- `committed_db`: a fresh copy of the migrated database that really commits, for threads and processes. Never flushed.
- `live_site`: the real gunicorn server on `committed_db`; `celery_worker`: a real worker (call `.start()`, `.kill()`).
- `rule_sets`: the credit rule sets loaded.
- `libreoffice`: converts files as LibreOffice does.
- `bucket`: files lie in an S3-compatible storage.
- `pytest --services` runs everything on a PostgreSQL and a Redis of its own instead of SQLite and files.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from scripts.bootstrap import compile_messages
from tests import databases, live, services

if TYPE_CHECKING:
    from tests import object_storage
    from tests.libreoffice import LibreOffice


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--services", action="store_true", help="run on PostgreSQL and Redis, started for this run")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """With --services, start both, then run the suite in a process that is told of them before it reads settings."""
    if not config.getoption("--services") or config.option.help:
        return None
    arguments = [argument for argument in config.invocation_params.args if argument != "--services"]
    services.end_tidily()
    with services.postgres() as database, services.redis() as broker:
        environment = {**os.environ, "DATABASE_URL": database, "REDIS_URL": broker}
        for name in ("ISOCENTER_VAR", "ISOCENTER_VAR_OWNER"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "pytest", *arguments]
        with subprocess.Popen(command, env=environment, cwd=config.invocation_params.dir) as suite:
            try:
                return suite.wait()
            finally:
                suite.terminate()


def pytest_configure(config: pytest.Config) -> None:
    """Tests read the texts that people read: the catalogues compiled, once, by the process that leads the run.

    Hypothesis measures rules, not machines: no example is too slow.
    """
    slow = hypothesis.HealthCheck.too_slow
    hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=[slow])
    hypothesis.settings.load_profile("any machine")
    if not hasattr(config, "workerinput"):
        compile_messages()


def pytest_unconfigure() -> None:
    if os.environ.get("ISOCENTER_VAR_OWNER") == str(os.getpid()):
        shutil.rmtree(os.environ["ISOCENTER_VAR"], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if databases.is_sqlite():
        for item in items:
            if "postgres" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: pytest --services"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """The database of this process: a copy of the migrated template."""
    with django_db_blocker.unblock():
        copy = databases.copy_of_template("suite")
        copy.__enter__()
    yield
    with django_db_blocker.unblock():
        copy.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    """What a process remembers between requests must not travel between tests."""
    from django.core.cache import cache
    from django.utils import translation

    cache.clear()
    yield
    translation.activate("zh-hans")


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database that commits, usable from threads and processes. Yields its name."""
    live.empty_shared_state()
    with django_db_blocker.unblock(), databases.copy_of_template("committed") as name:
        yield name
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join(timeout=10)


@pytest.fixture
def live_site(committed_db: str, tmp_path: Path) -> Iterator[live.Site]:
    """The running site; `str(live_site)` is not its address, `live_site.url` is."""
    site = live.Site(committed_db, tmp_path / "site.log")
    site.start()
    yield site
    site.stop()


@pytest.fixture
def celery_worker(committed_db: str, tmp_path: Path) -> Iterator[live.Worker]:
    """A worker that is not started yet: `.start()`, `.kill()` (SIGKILL of the whole group), `.start()` again."""
    worker = live.Worker(committed_db, tmp_path / "worker.log")
    yield worker
    worker.stop()


@pytest.fixture(scope="session")
def libreoffice(tmp_path_factory: pytest.TempPathFactory) -> "LibreOffice":
    """LibreOffice with a profile of this run."""
    from tests.libreoffice import LibreOffice

    return LibreOffice(tmp_path_factory.mktemp("libreoffice"))


@pytest.fixture(scope="session")
def object_service() -> Iterator[str]:
    """The address of an S3-compatible service of this run."""
    from tests import object_storage

    with object_storage.server() as address:
        yield address


@pytest.fixture
def bucket(object_service: str, settings: Any) -> "object_storage.Bucket":
    """All files of the test lie in this bucket instead of a folder, and lectures are delivered as production does."""
    from tests import object_storage

    made = object_storage.Bucket(object_service)
    settings.STORAGES = made.storages
    settings.LECTURE_DELIVERY = "redirect"
    return made


@pytest.fixture
def rule_sets(request: pytest.FixtureRequest) -> int:
    """The credit rule sets, loaded into whichever database the test uses. Returns how many versions there are."""
    if "committed_db" not in request.fixturenames:
        request.getfixturevalue("db")
    from credits.services.rule_sets import load_rule_sets

    return load_rule_sets()
