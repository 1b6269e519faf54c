"""Help for tests that hurry: many threads at once on the service, many requests at once on a running site."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from django.db import connection

# httpx's pool may close an idle connection that another thread is about to use: leave none idle.
ONE_REQUEST_A_CONNECTION = {"Connection": "close"}


def race(number: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in `number` threads that start together, each with a connection of its own."""
    barrier = threading.Barrier(number)

    def run(_n: int) -> Any:
        try:
            barrier.wait(timeout=120)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def posts_in_flight(number: int, url: str, *, cookies: dict[str, str], body: Any) -> list[httpx.Response]:
    """Send the same signed-in POST `number` times at once; `cookies` hold sessionid and csrftoken."""
    headers = {"X-CSRFToken": cookies["csrftoken"], "Referer": url, **ONE_REQUEST_A_CONNECTION}
    with httpx.Client(
        cookies=cookies, headers=headers, timeout=120, limits=httpx.Limits(max_connections=number)
    ) as client:
        return race(number, lambda: client.post(url, json=body))
