"""Counting by the handful: exact in one process, nearly so in several, and silent towards the cache."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.views import APIView

from cms.shared.throttles import HandfulThrottle

START = 1_800_000_000.0  # the first second of a minute


class Twenty(HandfulThrottle):
    scope, rate = "test", "20/min"
    now = START

    def timer(self) -> float:
        return type(self).now


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    _another_process()
    Twenty.now = START
    yield
    _another_process()


def _another_process() -> None:
    """What this process has counted is forgotten; the cache is not."""
    Twenty._counts.clear()


def asks(times: int, person: int = 1) -> list[bool]:
    request: Any = SimpleNamespace(user=SimpleNamespace(pk=person, is_authenticated=True))
    return [Twenty().allow_request(request, APIView()) for _ in range(times)]


def test_the_rate_is_exact_in_one_process() -> None:
    assert asks(23) == [True] * 20 + [False] * 3


def test_each_person_is_counted_alone() -> None:
    asks(20)
    assert (asks(1, person=2), asks(1)) == ([True], [False])


def test_the_next_minute_begins_anew() -> None:
    asks(20)
    Twenty.now += 59.9
    assert (asks(1), Twenty().wait()) == ([False], pytest.approx(0.1))
    Twenty.now += 0.1
    assert asks(1) == [True]


def test_what_another_process_counted_counts() -> None:
    asks(20)
    _another_process()
    # The handful is two: the first is let through before the cache was asked.
    assert asks(3) == [True, False, False]


def test_the_cache_is_asked_once_a_handful(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    told: Callable[..., int] = Twenty._tell

    def counted(self: Twenty, key: str, handful: int) -> int:
        calls.append(handful)
        return told(self, key, handful)

    monkeypatch.setattr(Twenty, "_tell", counted)
    asks(7)
    assert calls == [2, 2, 2]


def test_a_count_that_the_cache_dropped_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "add", lambda *_: True)  # dropped before it is counted up
    assert asks(4) == [True] * 4
