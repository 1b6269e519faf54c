"""PostgreSQL and Redis for a test run: temporary data, free ports, an unprivileged user, stopped at the end.

They are children of the process that asked for them and end with it, however it ends.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise SystemExit(
            "PostgreSQL is not installed. Run: apt-get install postgresql (see requirements/debian-test.txt)"
        )
    return str(found[-1])


def ending_with_us(number: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends the new process `number` when the thread that started it is no more."""
    kernel = ctypes.CDLL(None)

    def ask() -> None:
        kernel.prctl(PR_SET_PDEATHSIG, number)

    return ask


def end_tidily() -> None:
    """Whoever ends this process (a time limit, a closed terminal) waits until it has stopped what it started."""

    def leave(number: int, _frame: object) -> None:
        # Once is enough: the second must not cut the tidying short.
        for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(one, signal.SIG_IGN)
        sys.exit(128 + number)

    for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(one, leave)


def _account() -> pwd.struct_passwd:
    """Whose PostgreSQL is: it refuses to run as root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


# Nothing of a test must outlive the run, so nothing waits for the disk.
HASTY = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    *("autovacuum=off", "jit=off", "max_wal_size=4GB"),
)


class Postgres:
    """A server of its own in a new folder: `start`, `crash` (SIGKILL of all its processes), `start` again, `stop`."""

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        self.folder, self.data, self.port = folder, folder / "data", free_port()
        settings = ["listen_addresses=127.0.0.1", "max_connections=100", *options]
        self.options = ["-p", str(self.port), "-k", str(folder), *(word for one in settings for word in ("-c", one))]
        self.url = f"postgres://isocenter@127.0.0.1:{self.port}/postgres"
        self.process: subprocess.Popen[bytes] | None = None

    def _begin(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        account = _account()
        other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [postgres_program(program), "-D", str(self.data), *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                preexec_fn=ending_with_us(signal.SIGQUIT), **other,
            )  # fmt: skip

    def _logged(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def make(self) -> None:
        arguments = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "-U", "isocenter"]
        with self._begin("initdb", *arguments) as process:
            try:
                code = process.wait(timeout=300)
            except BaseException:
                process.kill()
                raise
        if code:
            raise RuntimeError(f"no database was made\n{self._logged()}")

    def start(self) -> None:
        import psycopg

        self.process = self._begin("postgres", *self.options)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=20):
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not start\n{self._logged()}")

    def stop(self) -> None:
        """At once: what lies in it is thrown away."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.crash()
        self.process = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def crash(self) -> None:
        """As if the power went: the first process before its children, so that none is told to tidy up."""
        every = [self.pid, *children(self.pid)]
        for pid in every:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait(timeout=60)
        self.process = None
        wait_until_gone(every)
        # In a container nobody may bury the dead, and PostgreSQL would take their number for a running server.
        for lock in (self.data / "postmaster.pid", self.folder / f".s.PGSQL.{self.port}.lock"):
            lock.unlink(missing_ok=True)


@contextlib.contextmanager
def postgres_server(*options: str) -> Iterator[Postgres]:
    """A running server with these settings, by default PostgreSQL's own, whose commits wait for the disk."""
    # A socket's path has at most 107 bytes, so not below the checkout.
    folder = Path(tempfile.mkdtemp(prefix="iso-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        account = _account()
        os.chown(folder, account.pw_uid, account.pw_gid)
    server = Postgres(folder, options)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Yields the URL of an empty database on a server of its own."""
    with postgres_server(*HASTY) as server:
        yield server.url


def children(pid: int) -> list[int]:
    """The processes below `pid`, at any depth."""
    below: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            below.setdefault(int(stat.read_text().rsplit(")", 1)[1].split()[1]), []).append(int(stat.parent.name))
    found, new = [], [pid]
    while new:
        new = [child for parent in new for child in below.get(parent, [])]
        found += new
    return found


def wait_until_gone(pids: list[int], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while left := [pid for pid in pids if _is_alive(pid)]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"still alive after {seconds} s: {left}")
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Redis:
    """A server of its own that keeps nothing: `start`, `crash` (SIGKILL), `start` again on the same port, `stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=ending_with_us(signal.SIGKILL),
        )
        wait_for_port(self.port, self.process)

    def crash(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=20)
        self.process = None

    stop = crash


@contextlib.contextmanager
def redis_server() -> Iterator[Redis]:
    """A running, empty server."""
    folder = Path(tempfile.mkdtemp(prefix="iso-redis-", dir="/tmp"))
    server = Redis(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Yields the URL of database 0 of an empty Redis."""
    with redis_server() as server:
        yield server.url


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode} before it listened on port {port}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} did not listen on port {port} within {seconds} s")
