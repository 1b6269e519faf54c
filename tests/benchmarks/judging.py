"""Judging many people by rules prepared once, beside judging each by itself: the CPU of both, same figures."""

import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from credits.rules import Fact, Judged, Period, Prepared, judge
from tests.benchmarks.harness import Measured
from tests.credits.rules.shipped import read_books

PEOPLE = 3000
FACTS = 7
ROUNDS = 3
RULES = "cn-henan-cme@2025.1"
KINDS = ("project_attend", "promo_online", "practice", "book")


def _person(source: random.Random) -> list[Fact]:
    return [
        Fact(
            key=str(n),
            activity=f"course:{n}",
            activity_type=source.choice(KINDS),
            role="learner",
            quantity=Decimal(source.randint(30, 900)),
            unit="minute",
            ends_on=date(2026, 1, 1) + timedelta(days=source.randint(0, 364)),
            position=n,
        )
        for n in range(FACTS)
    ]


def _cpu(judged_by: Callable[[list[Fact]], Judged], people: list[list[Fact]]) -> float:
    """Microseconds of CPU per person, the best of some rounds."""
    best = float("inf")
    for _round in range(ROUNDS):
        begun = time.process_time()
        for facts in people:
            judged_by(facts)
        best = min(best, time.process_time() - begun)
    return best / len(people) * 1e6


def measure() -> Measured:
    rules, period = read_books()[RULES], Period(date(2026, 1, 1), date(2027, 1, 1))
    source = random.Random(2026)
    people = [_person(source) for _ in range(PEOPLE)]
    prepared = Prepared(rules, period)
    differing = sum(prepared.judge(facts) != judge(rules, period, facts) for facts in people[:500])
    alone = _cpu(lambda facts: judge(rules, period, facts), people)
    together = _cpu(prepared.judge, people)
    measured = Measured()
    measured.add("differing", differing, "people")
    measured.add("alone_us", alone, "µs")
    measured.add("together_us", together, "µs")
    measured.add("together_per_alone", together / alone)
    measured.notes.append(f"{PEOPLE} people with {FACTS} activities each, by {RULES}.")
    return measured
