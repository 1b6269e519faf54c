"""How often one person may ask, counted so that counting costs next to nothing."""

import threading
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView


@dataclass
class _Count:
    """`told`: requests of all processes when the cache was last asked; `untold`: those of this process since then."""

    told: int = 0
    untold: int = 0


class HandfulThrottle(UserRateThrottle):
    """`rate` requests a person in every minute (hour, day) of the clock.

    Every process counts by itself and brings its count to the cache that all share by the handful, a tenth of the
    rate: whoever asks as often as people do costs the cache nothing. With several processes a person may get through
    less than a handful more in each.
    """

    num_requests: int
    duration: int
    _counts: dict[str, _Count] = {}
    _minute = 0
    _lock = threading.Lock()

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls._counts, cls._lock = {}, threading.Lock()

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = str(self.get_cache_key(request, view))
        minute = int(self.timer() // self.duration)
        with self._lock:
            if minute != self._minute:
                type(self)._minute = minute
                self._counts.clear()
            count = self._counts.setdefault(key, _Count())
            count.untold += 1
            if count.untold < max(1, self.num_requests // 10):
                return count.told + count.untold <= self.num_requests
            handful, count.untold = count.untold, 0
        told = self._tell(f"{key}_{minute}", handful)
        with self._lock:
            count.told = max(count.told, told)
            return count.told + count.untold <= self.num_requests

    def _tell(self, key: str, handful: int) -> int:
        self.cache.add(key, 0, 2 * self.duration)
        try:
            return int(self.cache.incr(key, handful))
        except ValueError:  # a full cache has dropped it
            self.cache.set(key, handful, 2 * self.duration)
            return handful

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return float(self.duration - self.timer() % self.duration)
