"""Learners at their browsers, signed in already: many at once, each waiting for one answer before the next request."""

import http.client
import json
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import brotli

T = TypeVar("T")

HOST = "learn.example.org"
TOKEN = "t" * 32


class Refused(Exception):
    """The server answered something else than was expected."""


class Browser:
    """One connection that stays open, as browsers keep it; headers as the proxy of a production site passes them on."""

    # Set when the run was told to end: nobody asks for anything any more.
    given_up = threading.Event()

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.connection: http.client.HTTPConnection | None = None
        self.headers = {
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "192.0.2.1",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate, br",
            "Accept-Language": "zh-CN,zh;q=0.9",
            "Content-Type": "application/json",
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
        }

    def post(self, path: str, body: object) -> Any:
        """The answer's JSON, read to its end. Raises Refused, or OSError and HTTPException when nobody answers."""
        if self.given_up.is_set():
            raise Refused("the run was told to end")
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        self.connection.request("POST", path, json.dumps(body).encode(), self.headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.getheader("Content-Encoding") == "br":
            content = brotli.decompress(content)
        if answer.status not in {200, 201}:
            raise Refused(f"{path}: {answer.status} {content[:500].decode(errors='replace')}")
        return json.loads(content)

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Timer:
    """How long requests took, by kind; used from many threads."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = defaultdict(list)

    def run(self, kind: str, work: Callable[[], T]) -> T:
        begun = time.perf_counter()
        result = work()
        self.taken[kind].append(time.perf_counter() - begun)
        return result


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def at_once(work: Sequence[Callable[[], None]]) -> float:
    """Run all, each in a thread of its own that starts with the others. Returns the seconds until the last ended."""
    gate = threading.Barrier(len(work) + 1)

    def wait_and(one: Callable[[], None]) -> None:
        gate.wait()
        one()

    with _pool(len(work), gate.abort) as pool:
        running = [pool.submit(wait_and, one) for one in work]
        gate.wait()
        begun = time.perf_counter()
        for one in running:
            one.result()
    return time.perf_counter() - begun


@contextmanager
def _pool(size: int, give_up: Callable[[], None] = lambda: None) -> Iterator[ThreadPoolExecutor]:
    """So many threads. Whoever is told to end does not wait for them: what they talk to is stopped next."""
    pool = ThreadPoolExecutor(size)
    try:
        yield pool
    except BaseException:
        give_up()
        Browser.given_up.set()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def arriving(work: Sequence[Callable[[], None]], a_second: float) -> Iterator[tuple[float, Exception | None]]:
    """Start one after the other at a fixed pace, however slow the answers are (an open loop).

    Yields for each how long after its appointed time it was done, and what went wrong.
    """

    def run(one: Callable[[], None], due: float) -> tuple[float, Exception | None]:
        time.sleep(max(0.0, due - time.perf_counter()))
        try:
            one()
        except (Refused, OSError, http.client.HTTPException) as error:
            return time.perf_counter() - due, error
        return time.perf_counter() - due, None

    with _pool(len(work)) as pool:
        begun = time.perf_counter() + 1
        running = [pool.submit(run, one, begun + number / a_second) for number, one in enumerate(work)]
        for one in running:
            yield one.result()
