"""How answers from several tabs, devices and repeated batches become one paper: pure, no framework.

Every change of an answer is an event with a Lamport counter and the id of the client that made it. For each question
the greatest (counter, client) wins, so that any order and any repetition of events gives the same answers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

# A client counts one up for every change, from the greatest it has seen; nobody gets this far ahead by answering.
MAX_LEAP = 10_000


class Answer(TypedDict):
    value: str
    counter: int
    client: str
    at: str


@dataclass(frozen=True)
class Event:
    """One change of one answer. `at` is the client's own time, kept for the record, never decisive."""

    question: str
    value: str
    counter: int
    client: str
    at: str = ""


def rank(answer: Answer) -> tuple[int, str, str, str]:
    # Value and time decide only between two events with the same stamp, which no sound client sends.
    return answer["counter"], answer["client"], answer["value"], answer["at"]


def latest(answers: Mapping[str, Answer]) -> int:
    """The greatest counter seen so far, 0 if none."""
    return max((answer["counter"] for answer in answers.values()), default=0)


def merge(answers: Mapping[str, Answer], events: Iterable[Event]) -> dict[str, Answer]:
    """`answers` after `events`; commutative, associative and idempotent. The arguments stay as they are."""
    merged = dict(answers)
    for event in events:
        answer = Answer(value=event.value, counter=event.counter, client=event.client, at=event.at)
        known = merged.get(event.question)
        if known is None or rank(answer) > rank(known):
            merged[event.question] = answer
    return merged


# Domain rule of the platform: a line that fell silent before the deadline gets this long to come back, no more.
GRACE_S = 120
SILENCE_S = 15


def accepted_until(*, deadline: datetime, last_seen: datetime, grace_s: int) -> datetime:
    """The last instant at which the server takes answers.

    It is the deadline, unless the server saw nothing of the attempt for SILENCE_S before it (the line may be down) or
    has already granted `grace_s`.
    """
    if grace_s:
        return deadline + timedelta(seconds=grace_s)
    if last_seen <= deadline - timedelta(seconds=SILENCE_S):
        return deadline + timedelta(seconds=GRACE_S)
    return deadline
