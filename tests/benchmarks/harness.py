"""What every measurement is made of: figures with units, a table for people, one JSON line for programs."""

import json
import statistics
import time
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

GOALS = Path(__file__).with_name("goals.toml")


@dataclass
class Measured:
    """`figures` decide and are compared with goals; `notes` are only printed, such as what the peers need."""

    figures: dict[str, float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str = "") -> None:
        self.figures[name] = round(float(value), 4)
        self.units[name] = unit


@dataclass(frozen=True)
class Goal:
    name: str
    most: float | None = None
    least: float | None = None

    def is_met(self, figures: dict[str, float]) -> bool:
        """A figure that was not measured meets no goal."""
        value = figures.get(self.name)
        if value is None:
            return False
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    def __str__(self) -> str:
        parts = [
            f"≤ {self.most:g}" if self.most is not None else "",
            f"≥ {self.least:g}" if self.least is not None else "",
        ]
        return " and ".join(part for part in parts if part)


def goals_of(name: str, path: Path = GOALS) -> list[Goal]:
    """The goals of one measurement, in the file's order. Raises ValueError for a goal that says nothing."""
    found = []
    for figure, limits in tomllib.loads(path.read_text()).get(name, {}).items():
        goal = Goal(figure, **limits)
        if goal.most is None and goal.least is None:
            raise ValueError(f"{path.name}: [{name}] {figure} has neither `most` nor `least`.")
        found.append(goal)
    return found


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Columns as wide as their widest cell; the first to the left, numbers to the right."""
    cells = list(rows)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )


def report(name: str, measured: Measured, goals: list[Goal]) -> tuple[str, bool]:
    """(what is printed, the JSON object last; whether every goal was met)."""
    by_name = {goal.name: goal for goal in goals}
    rows: list[tuple[str, ...]] = [(name, "figure", "unit", "goal", "")]
    for figure in [*measured.figures, *(goal.name for goal in goals if goal.name not in measured.figures)]:
        goal = by_name.get(figure)
        value = measured.figures.get(figure)
        verdict = "" if goal is None else "met" if goal.is_met(measured.figures) else "MISSED"
        shown = "not measured" if value is None else f"{value:g}"
        rows.append((figure, shown, measured.units.get(figure, ""), str(goal or ""), verdict))
    met = all(goal.is_met(measured.figures) for goal in goals)
    limits = {
        goal.name: {side: limit for side, limit in (("most", goal.most), ("least", goal.least)) if limit is not None}
        for goal in goals
    }
    line = json.dumps({"name": name, "figures": measured.figures, "goals": limits, "met": met}, ensure_ascii=False)
    return "\n".join([table(rows), *measured.notes, line]), met


def seconds(work: Callable[[], object], *, times: int = 5) -> float:
    """Median wall time of one run, after one that is not counted."""
    work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def cpu_ms(work: Callable[[], object], *, times: int = 5) -> float:
    """Median processor time of this process for one run, in ms, after one that is not counted."""
    work()
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return statistics.median(taken) * 1000


def reference_ms(*, times: int = 5) -> float:
    """Processor time of a fixed piece of work (hashing 8 MB), the yardstick that makes machines comparable."""
    import hashlib

    block = b"\0" * 8_000_000
    return cpu_ms(lambda: hashlib.sha256(block).digest(), times=times)
