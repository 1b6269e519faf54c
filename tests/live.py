"""Real processes for tests: the gunicorn server and the Celery worker, on a test's own database."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from django.conf import settings

from scripts import serve
from tests import databases, services

# What a worker logs each time that it has started.
READY = " ready."


def _environment(database: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "DATABASE_URL"))}
    return {
        **kept,
        **databases.environment(database),
        "DJANGO_SETTINGS_MODULE": "cms.settings.test",
        "ISOCENTER_VAR": str(settings.VAR_DIR),
        "ISOCENTER_LIVE": "1",
    }


def empty_shared_state() -> None:
    """Drop what earlier tests left in the cache and the broker; their databases are gone."""
    url = os.environ.get("REDIS_URL")
    if url:
        import redis

        with contextlib.closing(redis.Redis.from_url(url)) as client:
            client.flushdb()
    var = Path(settings.VAR_DIR)
    shutil.rmtree(var / "cache", ignore_errors=True)
    for message in (var / "broker" / "queue").glob("*"):
        message.unlink(missing_ok=True)


class Process:
    """One process group with its log; `kill` is SIGKILL for all of it, `start` may follow."""

    def __init__(self, command: list[str], database: str, log: Path) -> None:
        self.command, self.database, self.log = command, database, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=databases.ROOT,
                env=_environment(self.database),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=services.ending_with_us(signal.SIGTERM),
            )

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(timeout=20)
        self.process = None

    def stop(self) -> None:
        """Ask politely, then make sure that no grandchild is left."""
        if self.process is None:
            return
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        self.kill()

    def logged(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Site(Process):
    """The server as in production: gunicorn with threads. `url` has no slash at its end."""

    def __init__(self, database: str, log: Path) -> None:
        self.port = services.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        bind = ["-b", f"127.0.0.1:{self.port}"]
        super().__init__(
            [sys.executable, "-m", "gunicorn", "-c", "python:cms.gunicorn", *bind, "cms.wsgi"], database, log
        )

    def start(self) -> None:
        super().start()
        assert self.process is not None
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=20) as answer:
                if answer.status == 200:
                    return
            time.sleep(0.1)
        self.kill()
        raise AssertionError(f"the site did not answer\n{self.logged()[-4000:]}")


class Worker(Process):
    """A worker: by default a single one with its clock, for all queues."""

    def __init__(self, database: str, log: Path, command: list[str] | None = None) -> None:
        schedule = Path(settings.VAR_DIR) / f"beat-{Path(database).name}"
        single = [sys.executable, "-m", "celery", "-A", "cms", "worker", "-B", "-c", "1", "-l", "INFO"]
        super().__init__(command or [*single, "-s", str(schedule)], database, log)

    def start(self, *, wait: bool = True) -> None:
        already = self.logged().count(READY)
        super().start()
        deadline = time.monotonic() + 240
        while wait and time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(f"the worker ended with {self.process.returncode}\n{self.logged()[-4000:]}")
            if self.logged().count(READY) > already:
                return
            time.sleep(0.1)
        if wait:
            raise AssertionError(f"the worker was not ready in time\n{self.logged()[-4000:]}")


def workers(database: str, folder: Path) -> dict[str, Worker]:
    """The workers that `make run` starts, by the names that it gives them."""
    commands = serve.workers(folder)
    return {name: Worker(database, folder / f"{name}.log", command) for name, command in commands.items()}
