"""PostgreSQL and Redis for a test run: temporary data, free ports, an unprivileged user, stopped at the end."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


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


def _unprivileged(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


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
        self.options = " ".join([f"-p {self.port} -k {folder}", *(f"-c {one}" for one in settings)])
        self.url = f"postgres://isocenter@127.0.0.1:{self.port}/postgres"

    def _run(self, *command: str, check: bool = True, seconds: float = 120) -> None:
        subprocess.run(
            _unprivileged([postgres_program(command[0]), "-D", str(self.data), *command[1:]]),
            check=check, stdout=subprocess.DEVNULL, cwd=self.folder, timeout=seconds,
        )  # fmt: skip

    def make(self) -> None:
        self._run("initdb", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "-U", "isocenter")

    def start(self) -> None:
        self._run("pg_ctl", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", self.options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-t", "60", "-m", "immediate", "stop", check=False)

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def crash(self) -> None:
        """As if the power went: the first process before its children, so that none is told to tidy up."""
        first = self.pid
        every = [first, *children(first)]
        for pid in every:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until_gone(every)
        # In a container nobody may bury the dead, and PostgreSQL would take their number for a running server.
        for lock in (self.data / "postmaster.pid", self.folder / f".s.PGSQL.{self.port}.lock"):
            lock.unlink()


@contextlib.contextmanager
def postgres_server(*options: str) -> Iterator[Postgres]:
    """A running server with these settings, by default PostgreSQL's own, whose commits wait for the disk."""
    # A socket's path has at most 107 bytes, so not below the checkout.
    folder = Path(tempfile.mkdtemp(prefix="iso-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    server = Postgres(folder, options)
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
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


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Yields the URL of database 0 of an empty Redis."""
    folder, port = tempfile.mkdtemp(prefix="iso-redis-", dir="/tmp"), free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for_port(port, server)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with {process.returncode} before it listened on port {port}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args} did not listen on port {port} within {seconds} s")
