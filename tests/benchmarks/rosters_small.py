"""`rosters` with 4,000 rows: a minute instead of a quarter of an hour, and what grows with every row shows already."""

from tests.benchmarks import rosters
from tests.benchmarks.harness import Measured

ROWS = 4_000


def measure() -> Measured:
    return rosters.measure(ROWS)
