"""Whatever order and repetition the line makes of a learner's answers, the paper is the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes import protocol
from quizzes.protocol import Event

events = st.lists(
    st.builds(
        Event,
        question=st.sampled_from(["q1", "q2", "q3"]),
        value=st.sampled_from(["", "A", "B", "AB"]),
        counter=st.integers(1, 6),
        client=st.sampled_from(["tab-1", "tab-2", "phone"]),
        at=st.sampled_from(["", "2026-01-01T00:00:00Z"]),
    ),
    max_size=20,
)


@given(events=events, data=st.data())
def test_merge_gives_the_same_paper_in_any_order_with_any_repetition(events, data):
    shuffled = data.draw(st.permutations(events + events[: len(events) // 2]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
    answers: dict = {}
    for begin, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True):
        answers = protocol.merge(answers, shuffled[begin:end])
    assert answers == protocol.merge({}, events)


@given(events=events)
def test_merge_keeps_the_greatest_stamp_of_each_question(events):
    merged = protocol.merge({}, events)
    assert set(merged) == {event.question for event in events}
    for question, answer in merged.items():
        stamps = [(event.counter, event.client) for event in events if event.question == question]
        assert (answer["counter"], answer["client"]) == max(stamps)


def test_merge_leaves_its_argument_alone():
    before = protocol.merge({}, [Event("q", "A", 1, "tab")])
    protocol.merge(before, [Event("q", "B", 2, "tab")])
    assert before == {"q": {"value": "A", "counter": 1, "client": "tab", "at": ""}}


def test_latest_is_the_greatest_counter():
    assert protocol.latest({}) == 0
    assert protocol.latest(protocol.merge({}, [Event("q", "A", 4, "t"), Event("r", "A", 2, "t")])) == 4


# Two sections that lock; the first has a case of three items and a single one, the second a single one.
SHAPE: protocol.Shape = {
    "sections": [True, True],
    "groups": [
        {"section": 0, "locks": True, "items": ["a1", "a2", "a3"]},
        {"section": 0, "locks": False, "items": ["b"]},
        {"section": 1, "locks": False, "items": ["c"]},
    ],
    "items": {
        "a1": {"group": 0, "type": "A4", "keys": "AB"},
        "a2": {"group": 0, "type": "A4", "keys": "AB"},
        "a3": {"group": 0, "type": "A4", "keys": "AB"},
        "b": {"group": 1, "type": "A1", "keys": "AB"},
        "c": {"group": 2, "type": "A1", "keys": "AB"},
    },
}
START = protocol.Progress({}, {})
STEPS = [("item", "a1"), ("item", "a2"), ("section", 0)]


def finish(progress: protocol.Progress, step: tuple[str, Any]) -> protocol.Progress:
    what, which = step
    take = protocol.finish_item if what == "item" else protocol.finish_section
    return take(SHAPE, progress, which, at="now")


def states(progress: protocol.Progress) -> dict[str, str]:
    return {item: protocol.state_of(SHAPE, progress, item) for item in SHAPE["items"]}


def test_items_open_in_order_and_lock_behind():
    walk = [START]
    for step in STEPS:
        walk.append(finish(walk[-1], step))
    assert [" ".join(states(progress).values()) for progress in walk] == [
        "open hidden hidden open hidden",
        "locked open hidden open hidden",
        "locked locked open open hidden",
        "locked locked locked locked open",
    ]


@pytest.mark.parametrize(
    ("item", "reason"),
    [("a2", "not_open"), ("c", "not_open"), ("zz", "not_open"), ("b", "nothing_to_open"), ("a3", "not_open")],
)
def test_finish_item_refuses_what_opens_nothing(item, reason):
    with pytest.raises(ValueError, match=reason):
        protocol.finish_item(SHAPE, START, item, at="now")


@pytest.mark.parametrize(("section", "reason"), [(1, "not_open"), (-1, "not_open"), (2, "not_open")])
def test_finish_section_refuses_what_is_not_open(section, reason):
    with pytest.raises(ValueError, match=reason):
        protocol.finish_section(SHAPE, START, section, at="now")


def test_the_last_item_and_the_last_section_open_nothing():
    progress = START
    for step in STEPS[:2]:
        progress = finish(progress, step)
    with pytest.raises(ValueError, match="nothing_to_open"):
        protocol.finish_item(SHAPE, progress, "a3", at="now")
    with pytest.raises(ValueError, match="nothing_to_open"):
        protocol.finish_section(SHAPE, finish(progress, STEPS[2]), 1, at="now")


def take(answers: dict, progress: protocol.Progress, batch: list[Event]) -> tuple[dict, list[Event]]:
    seen = [event for event in batch if protocol.state_of(SHAPE, progress, event.question) != "hidden"]
    timely, late = protocol.sift(answers, seen, progress.locked)
    return protocol.merge(answers, timely), late


some_events = st.lists(
    st.builds(
        Event,
        question=st.sampled_from(list(SHAPE["items"])),
        value=st.sampled_from(["", "A", "B"]),
        counter=st.integers(1, 9),
        client=st.sampled_from(["tab-1", "tab-2"]),
    ),
    max_size=12,
)


@given(phases=st.lists(some_events, min_size=4, max_size=4), data=st.data())
def test_any_order_inside_a_section_gives_the_same_paper_and_none_crosses_a_lock(phases, data):
    """Between two locks a line may repeat, mix and cut as it likes; after a lock nothing of before gets through."""

    def walk(mixed: bool) -> dict:
        answers: dict = {}
        progress, earlier = START, []
        for number, phase in enumerate(phases):
            locked = {item: answers.get(item) for item in progress.locked}
            batch = list(phase)
            if mixed:
                batch = data.draw(st.permutations(phase + phase[: len(phase) // 2]))
                # What was sent before the lock may come again after it.
                resent = [event for event in earlier if event.question in progress.locked]
                batch = data.draw(st.permutations(batch + resent))
            cut = data.draw(st.integers(0, len(batch))) if mixed else 0
            for part in (batch[:cut], batch[cut:]):
                answers, late = take(answers, progress, part)
                assert {event.question for event in late} <= set(progress.locked)
            assert {item: answers.get(item) for item in progress.locked} == locked
            earlier += [e for e in phase if protocol.state_of(SHAPE, progress, e.question) == "open"]
            if number < len(STEPS):
                progress = finish(progress, STEPS[number])
                assert finish(progress, STEPS[number]) == progress
        return answers

    assert walk(mixed=True) == walk(mixed=False)


def test_refused_events_are_kept_once_each_and_not_without_end():
    late = [Event("a1", "A", counter, "tab") for counter in range(1, 300)]
    kept = protocol.keep_refused([], late, at="then")
    assert (len(kept), protocol.keep_refused(kept, late, at="later")) == (protocol.MAX_REFUSED, kept)
    assert protocol.keep_refused([], late[:1] * 3, at="then") == [
        {"question": "a1", "reason": "question_locked", "received": "then", "value": "A", "counter": 1,
         "client": "tab", "at": ""}
    ]  # fmt: skip


DEADLINE = datetime(2026, 5, 1, 12, tzinfo=UTC)


def until(silence_s: int, grace_s: int = 0) -> int:
    last_seen = DEADLINE - timedelta(seconds=silence_s)
    end = protocol.accepted_until(deadline=DEADLINE, last_seen=last_seen, grace_s=grace_s)
    return int((end - DEADLINE).total_seconds())


def test_accepted_until_is_the_deadline_unless_the_line_was_silent():
    assert [until(0), until(14), until(15), until(3600), until(-5)] == [0, 0, 120, 120, 0]


def test_accepted_until_keeps_a_grace_once_granted():
    assert until(-30, grace_s=120) == 120
