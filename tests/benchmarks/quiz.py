"""Fifty learners without think time at a quiz of twenty questions: open, twenty single saves, submit.

gunicorn with production's settings on PostgreSQL whose commits wait for the disk; learners are signed in before the
clock starts and come from this machine. Processor time is that of the web server and the database together and is held
against a reference of the same run, a signed-in POST that locks one row and inserts one. At the end both are killed
in the middle of answers, and every answer that was acknowledged must be there. `quiz_small` is the same, shorter.
"""

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

from scripts.check import production_environment
from tests import services
from tests.benchmarks.harness import Measured, table
from tests.benchmarks.learners import HOST, Browser, Refused, Timer, arriving, at_once, percentile
from tests.benchmarks.processes import Meter, Used

# Commits wait for the disk: these are PostgreSQL's own settings, named so that nobody wonders.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_preload_libraries=pg_stat_statements")
ANSWERS = "ABCDE"
# Measured on two cores in November 2026: 50 learners without think time, quizzes of 20 questions.
PEERS = [
    ("", "attempts a minute", "CPU s per attempt", "statements per attempt", "save p50 / p99, s"),
    ("Moodle 4.3", "32", "2.93", "1,404", "3.6 / 4.5"),
    ("Kolibri 0.19.5", "118", "0.71", "342", "0.89 / 1.76"),
]


@dataclass(frozen=True)
class Size:
    """`rounds` of each kind alone, `each` attempts in a row for every learner, `openings` at `a_second`."""

    learners: int = 50
    each: int = 6
    rounds: int = 4
    openings: int = 1000
    a_second: int = 100


@dataclass
class Known:
    """What the server has acknowledged of one attempt."""

    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    handed_in: bool = False


class Learner:
    def __init__(self, port: int, person: dict[str, Any], prepared: dict[str, Any], timer: Timer) -> None:
        self.browser, self.timer = Browser(port, person["session"]), timer
        self.permits: list[str] = person["permits"]
        self.way_into_the_case: str = person["case"]
        self.questions: list[str] = prepared["questions"]
        # Of one case, in order; each opens when the one before is finished.
        self.items: list[str] = prepared["items"]
        self.known: dict[str, Known] = {}
        self.open: list[str] = []

    def opens(self) -> None:
        permit = self.permits.pop()
        opened = self.timer.run("open", lambda: self.browser.post("/api/v1/attempts/", {"permit": permit}))
        self.known[opened["id"]] = Known()
        self.open.append(opened["id"])

    def saves(self, number: int) -> None:
        """Answer question `number` (from 0) of the attempt opened last."""
        attempt, question, value = self.open[-1], self.questions[number], ANSWERS[number % len(ANSWERS)]
        event = {"client": "tab-00000001", "counter": number + 1, "question": question, "value": value}
        path = f"/api/v1/attempts/{attempt}/answers/"
        self.timer.run("save", lambda: self.browser.post(path, {"events": [event]}))
        self.known[attempt].answers[question] = (number + 1, value)

    def saves_all(self) -> None:
        for number in range(len(self.questions)):
            self.saves(number)

    def submits(self) -> None:
        attempt = self.open[-1]
        path = f"/api/v1/attempts/{attempt}/submit/"
        self.timer.run("submit", lambda: self.browser.post(path, {"events": []}))
        self.open.pop()
        self.known[attempt].handed_in = True

    def opens_the_case(self) -> None:
        opened = self.timer.run(
            "case", lambda: self.browser.post("/api/v1/attempts/", {"permit": self.way_into_the_case})
        )
        self.known[opened["id"]] = Known()
        self.open.append(opened["id"])

    def advances(self) -> None:
        """Answer every item of the case but the last and finish it for good, each with one request."""
        attempt = self.open[-1]
        path = f"/api/v1/attempts/{attempt}/advance/"
        for number, item in enumerate(self.items[:-1]):
            value = ANSWERS[number % len(ANSWERS)]
            event = {"client": "tab-00000001", "counter": number + 1, "question": item, "value": value}
            body = {"item": item, "events": [event]}
            self.timer.run("advance", lambda body=body: self.browser.post(path, body))  # type: ignore[misc]
            self.known[attempt].answers[item] = (number + 1, value)

    def refers(self) -> None:
        for number in range(len(self.questions)):
            body = {"text": "答案已保存", "number": number + 1}
            self.timer.run("reference", lambda body=body: self.browser.post("/api/v1/reference/", body))  # type: ignore[misc]

    def takes(self, times: int) -> None:
        for _ in range(times):
            self.opens()
            self.saves_all()
            self.submits()

    def goes_on_until_cut_off(self, cut: Event, acknowledged: Callable[[], None]) -> None:
        """Answer until nobody answers any more; nothing but the cut may end it."""
        try:
            self.opens()
            for number in range(len(self.questions)):
                self.saves(number)
                acknowledged()
            self.submits()
        except (OSError, http.client.HTTPException, Refused):
            if not cut.is_set():
                raise


class Web:
    """gunicorn with production's settings. Its processes are not replaced while they are measured."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.port, self.environment, self.log = services.free_port(), environment, log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        bind = ["-b", f"127.0.0.1:{self.port}", "--max-requests", "0"]
        command = [sys.executable, "-m", "gunicorn", "-c", "python:cms.gunicorn", *bind, "cms.wsgi"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=services.ending_with_us(signal.SIGTERM),
            )  # fmt: skip
        deadline = time.monotonic() + 240
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/healthz", headers={"Host": HOST})
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(asked, timeout=20) as answer:
                if answer.status == 200:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"the site did not answer\n{self.log.read_text(errors='replace')[-4000:]}")

    def kill(self) -> None:
        every = [self.pid, *services.children(self.pid)]
        for pid in every:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert self.process is not None
        self.process.wait(timeout=60)
        self.process = None
        services.wait_until_gone(every)


class Bench:
    def __init__(self, size: Size, folder: Path, database: services.Postgres, broker: str) -> None:
        self.size, self.folder, self.database = size, folder, database
        self.environment = {
            **os.environ,
            **production_environment(),
            "DJANGO_SETTINGS_MODULE": "tests.benchmarks.quiz_settings",
            "DATABASE_URL": database.url,
            "REDIS_URL": broker,
            "SITE_URL": f"https://{HOST}",
            "PRIVATE_FOLDER": str(folder / "private"),
            "ERASURE_LIST": str(folder / "erasures.txt"),
            "ISOCENTER_VAR": str(folder),
        }
        self.web, self.timer = Web(self.environment, folder / "site.log"), Timer()
        self.learners: list[Learner] = []
        self.openers: list[Learner] = []

    def child(self, step: str, *arguments: int, **more: str) -> str:
        command = [sys.executable, "-m", "tests.benchmarks.quiz_child", step, str(self.folder), *map(str, arguments)]
        environment = {**self.environment, **more}
        return subprocess.run(
            command, env=environment, check=True, stdout=subprocess.PIPE, text=True,
            preexec_fn=services.ending_with_us(signal.SIGKILL),
        ).stdout  # fmt: skip

    def prepare(self) -> None:
        attempts = 1 + self.size.rounds + self.size.each + 1
        # The first of those that only open shows what a single opening takes.
        openings = self.size.openings + SINGLE
        self.child("migrate", DJANGO_SETTINGS_MODULE="cms.settings.test")
        self.child("prepare", self.size.learners, attempts, openings, ADVANCES + 1)
        prepared = json.loads((self.folder / "prepared.json").read_text())
        everybody = [Learner(self.web.port, person, prepared, self.timer) for person in prepared["people"]]
        self.learners, self.openers = everybody[: self.size.learners], everybody[self.size.learners :]

    @contextmanager
    def metered(self, meter: Meter, into: dict[str, Used], kind: str) -> Iterator[None]:
        before = meter.read()
        yield
        into[kind] = into.get(kind, Used()) + (meter.read() - before)

    def each(self, deed: Callable[[Learner], None]) -> float:
        for one in self.learners:
            one.browser.close()  # the server has long hung up
        return at_once([lambda one=one: deed(one) for one in self.learners])  # type: ignore[misc]

    def check(self) -> dict[str, int]:
        told = {
            attempt: {"answers": known.answers, "handed_in": known.handed_in}
            for learner in [*self.learners, *self.openers]
            for attempt, known in learner.known.items()
        }
        (self.folder / "acknowledged.json").write_text(json.dumps(told))
        return dict(json.loads(self.child("check")))


SINGLE = 30
# Steps of the longest case there can be, of one item more.
ADVANCES = 19


def alone(bench: Bench, meter: Meter) -> dict[str, float]:
    """Each kind of request by itself, turn by turn with the reference: (CPU s, statements) of one request by kind."""
    used: dict[str, Used] = {}
    for _ in range(bench.size.rounds):
        with bench.metered(meter, used, "reference"):
            bench.each(Learner.refers)
        with bench.metered(meter, used, "open"):
            bench.each(Learner.opens)
        with bench.metered(meter, used, "save"):
            bench.each(Learner.saves_all)
        with bench.metered(meter, used, "submit"):
            bench.each(Learner.submits)
    bench.each(Learner.opens_the_case)
    with bench.metered(meter, used, "advance"):
        bench.each(Learner.advances)
    bench.each(Learner.submits)
    found = {}
    times = {"open": 1, "submit": 1, "save": 20, "reference": 20}
    for kind, sum_of in used.items():
        many = bench.size.learners * (bench.size.rounds * times[kind] if kind in times else ADVANCES)
        found |= {f"{kind}_cpu": sum_of.cpu / many, f"{kind}_sql": sum_of.statements / many}
        found |= {f"{kind}_web": sum_of.web / many, f"{kind}_database": sum_of.database / many}
    return found


def openings(bench: Bench) -> tuple[list[float], float, list[Exception]]:
    """(how long each opening took at the fixed pace, how long a single one takes, what went wrong)."""
    single = []
    for one in bench.openers[:SINGLE]:
        begun = time.perf_counter()
        one.opens()
        single.append(time.perf_counter() - begun)
        one.browser.close()

    def visits(one: Learner) -> None:
        one.opens()
        one.browser.close()

    work = [lambda one=one: visits(one) for one in bench.openers[SINGLE:]]  # type: ignore[misc]
    done = list(arriving(work, bench.size.a_second))
    return [taken for taken, _error in done], statistics.median(single), [error for _taken, error in done if error]


def cut_off(bench: Bench) -> None:
    """Kill both servers with SIGKILL while every learner is answering; then let the database come up again."""
    cut, enough, acknowledged = Event(), Event(), []

    def note() -> None:
        acknowledged.append(None)
        if len(acknowledged) >= 5 * bench.size.learners:
            enough.set()

    def kill() -> None:
        assert enough.wait(timeout=600)
        cut.set()
        bench.database.crash()
        bench.web.kill()

    for one in bench.learners:
        one.browser.close()
    learners: list[Callable[[], None]] = [
        lambda one=one: one.goes_on_until_cut_off(cut, note)  # type: ignore[misc]
        for one in bench.learners
    ]
    at_once([*learners, kill])
    bench.database.start()


def measure(size: Size | None = None) -> Measured:
    size, measured = size or Size(), Measured()
    with (
        tempfile.TemporaryDirectory(prefix="isocenter-quiz-") as folder,
        services.postgres_server(*DURABLE) as database,
        services.redis() as broker,
    ):
        bench = Bench(size, Path(folder), database, broker)
        bench.prepare()
        try:
            bench.web.start()
            _measure(bench, measured)
        finally:
            if bench.web.process is not None:
                bench.web.kill()
    return measured


def _measure(bench: Bench, measured: Measured) -> None:
    meter, size, used = Meter(bench.web.pid, bench.database), bench.size, {}
    # Every thread of the server has its connections and has loaded what it loads once.
    bench.each(Learner.refers)
    bench.each(lambda one: one.takes(1))
    found = alone(bench, meter)
    bench.timer.taken.clear()
    with bench.metered(meter, used, "attempt"):
        seconds = bench.each(lambda one: one.takes(size.each))
    many = size.learners * size.each
    taken = {kind: list(values) for kind, values in bench.timer.taken.items()}
    at_pace, single, errors = openings(bench)
    meter.close()
    cut_off(bench)
    kept = bench.check()

    reference, attempt = found["reference_cpu"], used["attempt"]
    for kind in ("save", "advance", "submit", "open"):
        measured.add(f"{kind}_per_reference", found[f"{kind}_cpu"] / reference, "ratio")
    measured.add("attempt_per_reference", attempt.cpu / many / reference, "ratio")
    for kind in ("reference", "save", "advance", "submit", "open"):
        measured.add(f"{kind}_cpu", found[f"{kind}_cpu"] * 1000, "CPU ms")
        measured.add(f"{kind}_database_cpu", found[f"{kind}_database"] * 1000, "CPU ms")
        measured.add(f"{kind}_sql", found[f"{kind}_sql"], "statements")
    measured.add("attempt_sql", attempt.statements / many, "statements")
    measured.add("attempt_cpu", attempt.cpu / many, "CPU s")
    measured.add("attempts_a_minute", many / seconds * 60, "attempts")
    for kind, values in taken.items():
        for share in (50, 95, 99):
            measured.add(f"{kind}_p{share}", percentile(values, share / 100) * 1000, "ms")
    measured.add("openings", len(at_pace), "openings")
    measured.add("openings_lost", len(errors), "openings")
    measured.add("openings_p95", percentile(at_pace, 0.95) * 1000, "ms")
    measured.add("single_opening", single * 1000, "ms")
    measured.add("openings_p95_per_single", percentile(at_pace, 0.95) / single, "ratio")
    measured.add("acknowledged_answers", kept["answers"], "answers")
    measured.add("handed_in", kept["handed_in"], "attempts")
    measured.add("lost", kept["lost"], "answers and hand-ins")
    measured.add("results_not_one", kept["results_not_one"], "attempts")
    ours = (
        "Isocenter",
        f"{measured.figures['attempts_a_minute']:.0f}",
        f"{measured.figures['attempt_cpu']:.2f}",
        f"{measured.figures['attempt_sql']:.0f}",
        f"{measured.figures['save_p50'] / 1000:.2f} / {measured.figures['save_p99'] / 1000:.2f}",
    )
    measured.notes.append(table([*PEERS, ours]))
    measured.notes.extend(sorted({f"lost opening: {error!r}" for error in errors}))
