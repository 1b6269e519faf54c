"""Whatever order and repetition the line makes of a learner's answers, the paper is the same."""

from datetime import UTC, datetime, timedelta

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


DEADLINE = datetime(2026, 5, 1, 12, tzinfo=UTC)


def until(silence_s: int, grace_s: int = 0) -> int:
    last_seen = DEADLINE - timedelta(seconds=silence_s)
    end = protocol.accepted_until(deadline=DEADLINE, last_seen=last_seen, grace_s=grace_s)
    return int((end - DEADLINE).total_seconds())


def test_accepted_until_is_the_deadline_unless_the_line_was_silent():
    assert [until(0), until(14), until(15), until(3600), until(-5)] == [0, 0, 120, 120, 0]


def test_accepted_until_keeps_a_grace_once_granted():
    assert until(-30, grace_s=120) == 120
