"""What every reader of a roster file gives back, and the limits that hold for all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from organisations.formats.problems import FileProblem

MOST_BYTES_SENT = 20_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 100

Cell = str | int | float | bool | date | None


class Unreadable(Exception):
    """The file cannot be read; `problem` says why and what to do."""

    def __init__(self, problem: FileProblem) -> None:
        self.problem = problem
        super().__init__(problem.value)


@dataclass(frozen=True, slots=True)
class Line:
    """One row with a value. `number` from 1; `cells` from the first column on, without empty ones at the end.

    `formulas`, `errors`, `merged` are columns (from 1); a merged cell has the value of the cell that it belongs to.
    """

    number: int
    cells: list[Cell]
    formulas: frozenset[int] | set[int] = frozenset()
    errors: frozenset[int] | set[int] = frozenset()
    merged: frozenset[int] | set[int] = frozenset()


@dataclass(frozen=True)
class SheetLines:
    """One sheet and its rows, which are read while they are asked for: take them before the next sheet."""

    name: str
    is_hidden: bool
    lines: Iterator[Line]
