"""Which questions go to which draw of a quiz. Questions are numbers, draws are places in a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Fitting = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Shortage:
    """That `draw` lacks `missing` questions.

    `rivals` are the draws that want the same questions, itself among them: together they want `wanted`, and only
    `found` different ones fit any of them.
    """

    draw: int
    missing: int
    rivals: tuple[int, ...]
    wanted: int
    found: int


def allot(fitting: Fitting, counts: Sequence[int]) -> list[list[int]]:
    """So many different questions for each draw, in the order in which `fitting` offers them.

    As many as there can be (augmenting paths): a question that two draws want goes where no other fits. What is missing
    is missing to the later draws.
    """
    owner: dict[int, int] = {}
    for draw, count in enumerate(counts):
        for _turn in range(count):
            if not _give(draw, fitting, owner):
                break
    return [[question for question in offered if owner.get(question) == draw] for draw, offered in enumerate(fitting)]


def shortages(fitting: Fitting, counts: Sequence[int], given: Fitting) -> list[Shortage]:
    """What is missing where `given` is the answer of `allot`, in the order of the draws."""
    owner = {question: draw for draw, questions in enumerate(given) for question in questions}
    found = []
    for draw, count in enumerate(counts):
        missing = count - len(given[draw])
        if missing:
            rivals = sorted(_reach(draw, fitting, owner))
            questions = {question for rival in rivals for question in fitting[rival]}
            wanted = sum(counts[rival] for rival in rivals)
            found.append(Shortage(draw, missing, tuple(rivals), wanted, len(questions)))
    return found


def _reach(draw: int, fitting: Fitting, owner: Mapping[int, int]) -> dict[int, tuple[int, int] | None]:
    """The draws that `draw` could take questions of, straight or over others: who would take which of it."""
    came: dict[int, tuple[int, int] | None] = {draw: None}
    line = [draw]
    for at in line:
        for question in fitting[at]:
            holder = owner.get(question)
            if holder is not None and holder not in came:
                came[holder] = (at, question)
                line.append(holder)
    return came


def _give(draw: int, fitting: Fitting, owner: dict[int, int]) -> bool:
    """One more question for `draw`; those in between hand theirs on. False if there is none."""
    # Mostly the draw itself has one left, and nobody has to be asked.
    if _take(draw, fitting, owner):
        return True
    came = _reach(draw, fitting, owner)
    for at in came:
        if _take(at, fitting, owner):
            step = came[at]
            while step is not None:
                taker, question = step
                owner[question] = taker
                step = came[taker]
            return True
    return False


def _take(draw: int, fitting: Fitting, owner: dict[int, int]) -> bool:
    free = next((question for question in fitting[draw] if question not in owner), None)
    if free is None:
        return False
    owner[free] = draw
    return True
