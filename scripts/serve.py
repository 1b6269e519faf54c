"""`make run`: bring the database up to date, start site and workers, keep them running, stop all of it on Ctrl-C."""

import contextlib
import ctypes
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
STOP_S = 10


def say(text: str = "") -> None:
    print(text, flush=True)


def refuse(text: str) -> None:
    sys.exit(f"isocenter: {text}")


def address() -> tuple[str, int]:
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    if not port.isdigit() or not 0 < int(port) < 65536:
        refuse(f"PORT={port} is no port. Choose one from 1024 to 65535: PORT=8001 make run")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except PermissionError:
            refuse(f"port {port} needs root. Choose a higher one: PORT=8001 make run")
        except OSError as error:
            if error.errno == 98:
                refuse(
                    f"port {port} is taken by another program (ss -ltnp 'sport = :{port}' names it).\n"
                    f"Start on another one: PORT={int(port) + 1 if int(port) < 65535 else 8001} make run"
                )
            refuse(f"HOST={host} is not an address of this machine. HOST=0.0.0.0 make run answers on all of them.")
    return host, int(port)


def check_disk(var: Path) -> None:
    var.mkdir(parents=True, exist_ok=True)
    if not os.access(var, os.W_OK):
        refuse(f"{var} cannot be written. Run: sudo chown -R $(id -un) '{var}'")
    if shutil.disk_usage(var).free < 500_000_000:
        refuse(f"less than 0.5 GB is free on the disk of {var}. Make room (see: df -h) and start again.")


def prepare(var: Path) -> None:
    """Migrate and load the rules; both only when something is new."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command, get_commands
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
    if "load_rule_sets" in get_commands():
        files = sorted((ROOT / "credits" / "rulesets").glob("*.json"))
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in files))
        digest.update(str(settings.DATABASES["default"]["NAME"]).encode())
        stamp = var / "rule-sets.stamp"
        if not stamp.exists() or stamp.read_text() != digest.hexdigest():
            call_command("load_rule_sets", verbosity=0)
            stamp.write_text(digest.hexdigest())
    connection.close()


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, deepest last; ffmpeg under a worker is among them."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, queue = [], [pid]
    while queue:
        for child in parents.get(queue.pop(0), []):
            found.append(child)
            queue.append(child)
    return found


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """A process that is started again when it dies, a little later each time."""

    def __init__(
        self, name: str, command: list[str], log: Path, *, once: bool = False, end: signal.Signals = signal.SIGTERM
    ) -> None:
        self.name, self.command, self.log, self.once, self.end = name, command, log, once, end
        self.process: subprocess.Popen[bytes] | None = None
        self.code: int | None = None
        self.started, self.wait_s, self.again_at = 0.0, 1.0, 0.0

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 5_000_000:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.started, self.again_at = time.monotonic(), 0.0

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def look(self) -> None:
        """Start again what died; a start that lasted a minute counts as a good one."""
        if self.process is None:
            if self.again_at and time.monotonic() >= self.again_at:
                self.start()
            return
        code = self.code = self.process.poll()
        if code is None:
            return
        self.process = None
        if self.once:
            return
        if time.monotonic() - self.started > 60:
            self.wait_s = 1.0
        say(f"The {self.name} ended ({code}); starting it again in {self.wait_s:.0f} s. Its last lines ({self.log}):")
        say(self.tail())
        self.again_at = time.monotonic() + self.wait_s
        self.wait_s = min(60.0, self.wait_s * 2)


class Stop(Exception):
    pass


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop


def stop_all(children: list[Child]) -> None:
    """Ask politely; what is still there after STOP_S is killed, whatever its group. Jobs go on at the next start."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    below = descendants(os.getpid())
    for child in children:
        if child.process is not None:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(child.end)
    deadline = time.monotonic() + STOP_S
    while time.monotonic() < deadline and any(c.process is not None and c.process.poll() is None for c in children):
        time.sleep(0.1)
    for pid in {*below, *descendants(os.getpid())}:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    for child in children:
        if child.process is not None:
            child.process.wait()


def workers(var: Path) -> dict[str, list[str]]:
    """The commands of the two workers by their names: everything that people wait for, and recordings."""
    celery = [sys.executable, "-m", "celery", "-A", "cms", "worker", "-l", "INFO"]
    clock = ["-B", "-s", str(var / "beat-schedule"), "--pidfile="]
    return {
        "worker": [*celery, "-n", "worker@%h", "-Q", "isocenter", *clock],
        "media worker": [*celery, "-n", "media@%h", "-Q", "media", "-c", "1"],
    }


def answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as response:
        return bool(response.status == 200)
    return False


def greet(url: str, demo: Path) -> None:
    say()
    say(f"Isocenter · 影技学堂   {url}/")
    say(f"  {url}/zh-hans/   简体中文")
    say(f"  {url}/en/        English")
    say(f"  {url}/admin/     pages, lectures, people (staff)")
    if demo.exists():
        say()
        say(demo.read_text().strip())
    say()
    say("Ctrl-C stops everything. Logs: var/log/")


def main() -> None:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.dev")
    var = Path(os.environ.get("ISOCENTER_VAR", ROOT / "var")).resolve()
    os.environ["ISOCENTER_VAR"] = str(var)
    host, port = address()
    check_disk(var)
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{port}"
    os.environ.setdefault("SITE_URL", url)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    logs = var / "log"
    logs.mkdir(exist_ok=True)
    python, demo = sys.executable, var / "demo.txt"
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    gunicorn = [python, "-m", "gunicorn", "-c", "python:cms.gunicorn", "-b", bind, "cms.wsgi"]
    children = [Child("site", gunicorn, logs / "site.log")]
    for name, command in workers(var).items():
        # Asked by SIGTERM, a worker would finish its transcode first.
        children.append(Child(name, command, logs / f"{name.replace(' ', '-')}.log", end=signal.SIGQUIT))
    try:
        prepare(var)
        for child in children:
            child.start()
        loader = start_demo(python, demo, logs) if not demo.exists() else None
        if loader is not None:
            children.append(loader)
        greeted = False
        while True:
            for child in children:
                child.look()
            if not greeted and answers(url):
                greeted = True
                greet(url, demo)
                if loader is not None:
                    say("The demo courses, people and sign-ins are being loaded …")
            if greeted and loader is not None and loader.process is None:
                finish_demo(loader, url, demo)
                loader = None
            time.sleep(0.3)
    except Stop:
        say("\nStopping …")
    finally:
        stop_all(children)
    say("Stopped.")


def start_demo(python: str, demo: Path, logs: Path) -> Child | None:
    """Load the demo while the site already answers. The command can run again, so a stopped load is no harm."""
    from django.core.management import get_commands

    if "load_demo" not in get_commands():
        return None
    partial = logs / "demo.log"
    partial.unlink(missing_ok=True)
    # What it prints is shown at every start: only its own words, no log lines.
    quiet = ["env", "LOG_LEVEL=ERROR", python, "-W", "ignore", "manage.py", "load_demo"]
    loader = Child("demo", quiet, partial, once=True)
    loader.start()
    return loader


def finish_demo(loader: Child, url: str, demo: Path) -> None:
    if loader.code == 0:
        loader.log.replace(demo)
        greet(url, demo)
    else:
        say(f"The demo could not be loaded ({loader.code}); the site runs without it. Last lines of {loader.log}:")
        say(loader.tail())
        say("To try again: .venv/bin/python manage.py load_demo")


if __name__ == "__main__":
    try:
        main()
    except Stop:
        sys.exit(0)
    except OSError as problem:
        if problem.errno == 28:
            refuse("the disk is full. Make room (see: df -h) and start again.")
        raise
