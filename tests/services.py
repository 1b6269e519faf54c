"""PostgreSQL and Redis for a test run: temporary data, free ports, an unprivileged user, stopped at the end."""

import contextlib
import os
import pwd
import shutil
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


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Yields the URL of an empty database on a server of its own."""
    # A socket's path has at most 107 bytes, so not below the checkout.
    folder = Path(tempfile.mkdtemp(prefix="iso-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    data, port = folder / "data", free_port()
    # Nothing here must outlive the run, so nothing waits for the disk.
    hasty = [
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "autovacuum=off",
        "jit=off",
        "max_wal_size=4GB",
    ]
    settings = " ".join(
        [
            f"-p {port} -k {folder}",
            *(f"-c {one}" for one in ["listen_addresses=127.0.0.1", "max_connections=100", *hasty]),
        ]
    )
    try:
        initdb = [postgres_program("initdb"), "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "-U", "isocenter"]
        subprocess.run(
            _unprivileged([*initdb, "-D", str(data)]), check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=120
        )
        control = [postgres_program("pg_ctl"), "-D", str(data), "-w", "-t", "60", "-l", str(folder / "log")]
        subprocess.run(
            _unprivileged([*control, "-o", settings, "start"]),
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            timeout=90,
        )
        try:
            yield f"postgres://isocenter@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run(
                _unprivileged([*control, "-m", "immediate", "stop"]),
                check=False,
                stdout=subprocess.DEVNULL,
                cwd=folder,
                timeout=90,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
