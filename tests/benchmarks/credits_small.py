"""`credits` with 2,000 people: some minutes shorter, and what grows with every person shows already."""

from tests.benchmarks import credits
from tests.benchmarks.harness import Measured

PEOPLE = 2_000


def measure() -> Measured:
    return credits.measure(PEOPLE)
