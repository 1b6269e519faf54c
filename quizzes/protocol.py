"""How answers from several tabs, devices and repeated batches become one paper: pure, no framework.

Every change of an answer is an event with a Lamport counter and the id of the client that made it. For each item the
greatest (counter, client) wins, so that any order and any repetition of events gives the same answers. What is locked
stays as it is: the items of a case open one after another, and sections may be left for good. Locking is the server's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NotRequired, TypedDict

# A client counts one up for every change, from the greatest it has seen; nobody gets this far ahead by answering.
MAX_LEAP = 10_000
# Events that came too late are kept for those who look into a complaint; nobody needs more of one attempt.
MAX_REFUSED = 200


class Answer(TypedDict):
    value: str
    counter: int
    client: str
    at: str


class ShapeGroup(TypedDict):
    """`locks`: its items open one after another. `section` is an index."""

    section: int
    locks: bool
    items: list[str]


class ShapeItem(TypedDict):
    """`group` is an index, `keys` the option letters shown, `settings` what a value must fit besides."""

    group: int
    type: str
    keys: str
    settings: NotRequired[dict[str, Any]]


class Shape(TypedDict):
    """What of a paper decides on an answer. `sections` says of each whether leaving it locks it."""

    sections: list[bool]
    groups: list[ShapeGroup]
    items: dict[str, ShapeItem]


class Opened(TypedDict, total=False):
    """How far an attempt has come: the index of its section, and the items opened of each group that locks."""

    section: int
    groups: dict[str, int]


State = Literal["open", "locked", "hidden"]


@dataclass(frozen=True)
class Event:
    """One change of one answer. `at` is the client's own time, kept for the record, never decisive."""

    question: str
    value: str
    counter: int
    client: str
    at: str = ""


@dataclass(frozen=True)
class Progress:
    """How far an attempt is: what is opened, and when which item was locked."""

    opened: Opened
    locked: Mapping[str, str]


def rank(answer: Answer) -> tuple[int, str, str, str]:
    # Value and time decide only between two events with the same stamp, which no sound client sends.
    return answer["counter"], answer["client"], answer["value"], answer["at"]


def answer_of(event: Event) -> Answer:
    return Answer(value=event.value, counter=event.counter, client=event.client, at=event.at)


def latest(answers: Mapping[str, Answer]) -> int:
    """The greatest counter seen so far, 0 if none."""
    return max((answer["counter"] for answer in answers.values()), default=0)


def merge(answers: Mapping[str, Answer], events: Iterable[Event]) -> dict[str, Answer]:
    """`answers` after `events`; commutative, associative and idempotent. The arguments stay as they are."""
    merged = dict(answers)
    for event in events:
        answer, known = answer_of(event), merged.get(event.question)
        if known is None or rank(answer) > rank(known):
            merged[event.question] = answer
    return merged


def sift(
    answers: Mapping[str, Answer], events: Iterable[Event], locked: Mapping[str, str]
) -> tuple[list[Event], list[Event]]:
    """The events that may be merged, and those that came too late: newer than the answer of a locked item.

    What a locked item's answer knows already is neither: sent again it disturbs nobody.
    """
    timely, late = [], []
    for event in events:
        if event.question not in locked:
            timely.append(event)
        elif (known := answers.get(event.question)) is None or rank(answer_of(event)) > rank(known):
            late.append(event)
    return timely, late


def keep_refused(refused: list[dict[str, Any]], late: Iterable[Event], *, at: str) -> list[dict[str, Any]]:
    """`refused` with the events that came too late, each once, at most MAX_REFUSED in all."""
    known = {(row["question"], row["counter"], row["client"]) for row in refused}
    kept = list(refused)
    for event in late:
        stamp = (event.question, event.counter, event.client)
        if stamp not in known and len(kept) < MAX_REFUSED:
            known.add(stamp)
            kept.append({"question": event.question, "reason": "question_locked", "received": at, **answer_of(event)})
    return kept


def state_of(shape: Shape, progress: Progress, item: str) -> State:
    """Whether an item may be answered, is locked, or is not to be seen yet. Raises KeyError for an unknown one."""
    index = shape["items"][item]["group"]
    group = shape["groups"][index]
    if shape["sections"][group["section"]] and group["section"] > progress.opened.get("section", 0):
        return "hidden"
    if group["locks"] and group["items"].index(item) >= progress.opened.get("groups", {}).get(str(index), 1):
        return "hidden"
    return "locked" if item in progress.locked else "open"


def finish_item(shape: Shape, progress: Progress, item: str, *, at: str) -> Progress:
    """Lock `item` and open the next of its group; the same again changes nothing.

    Raises ValueError for an item that is not to be seen yet, that locks nothing, or that is the last of its group.
    """
    if item not in shape["items"] or (state := state_of(shape, progress, item)) == "hidden":
        raise ValueError("not_open")
    index = shape["items"][item]["group"]
    group = shape["groups"][index]
    place = group["items"].index(item)
    if not group["locks"] or place + 1 == len(group["items"]):
        raise ValueError("nothing_to_open")
    if state == "locked":
        return progress
    groups = {**progress.opened.get("groups", {}), str(index): place + 2}
    return Progress({**progress.opened, "groups": groups}, {**progress.locked, item: at})


def finish_section(shape: Shape, progress: Progress, section: int, *, at: str) -> Progress:
    """Lock every item of the section with this index and open the next section; the same again changes nothing.

    Raises ValueError for a section that is not open yet, that locks nothing, or that is the last.
    """
    now_at = progress.opened.get("section", 0)
    if not 0 <= section < len(shape["sections"]) or section > now_at:
        raise ValueError("not_open")
    if not shape["sections"][section] or section + 1 == len(shape["sections"]):
        raise ValueError("nothing_to_open")
    if section < now_at:
        return progress
    items = [item for group in shape["groups"] if group["section"] == section for item in group["items"]]
    locked = {**dict.fromkeys(items, at), **progress.locked}
    return Progress({**progress.opened, "section": section + 1}, locked)


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
