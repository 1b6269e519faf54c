"""Cases whose items open one after another, and sections that are left for good: the server decides."""

import pytest

from quizzes import selectors
from quizzes.models import Attempt, QuizSection
from quizzes.protocol import Event
from quizzes.services import attempts
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import AttemptFactory, QuestionFactory, QuizFactory, item_ids, make_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    """An attempt at an A4 case of three items and a single question after it."""
    return AttemptFactory(quiz=QuizFactory(questions=[make_group("A4"), QuestionFactory()]))


def ids(attempt: Attempt) -> list[str]:
    return item_ids(attempt)


def event(item: str, value: str = "B", counter: int = 1, client: str = "tab-0001") -> Event:
    return Event(item, value, counter, client)


def save(attempt: Attempt, *events: Event) -> Attempt:
    return attempts.save_answers(person=attempt.person, public_id=attempt.public_id, events=events)


def advance(attempt: Attempt, item: str = "", *events: Event, section: int | None = None) -> Attempt:
    return attempts.advance(
        person=attempt.person, public_id=attempt.public_id, item=item, section=section, events=events
    )


def shown(attempt: Attempt) -> list[tuple[str, str, bool]]:
    """(item, state, may it be finished) of what its learner sees."""
    fresh = selectors.attempt_of(person=attempt.person, public_id=attempt.public_id)
    return [(item.id, item.state, item.may_advance) for item in selectors.sheet(fresh).items]


def test_a_case_shows_one_item_until_it_is_finished(case):
    first, second, third, single = ids(case)
    assert shown(case) == [(first, "open", True), (single, "open", False)]
    advance(case, first, event(first))
    assert shown(case) == [(first, "locked", False), (second, "open", True), (single, "open", False)]
    advance(case, second)
    assert shown(case) == [
        (first, "locked", False),
        (second, "locked", False),
        (third, "open", False),
        (single, "open", False),
    ]


def test_positions_count_items_that_are_not_open_yet(case):
    sheet = selectors.sheet(case)
    assert ([item.position for item in sheet.items], sheet.total, sheet.groups[0].unseen) == ([1, 4], 4, 2)


def test_advance_takes_the_events_with_it_and_again_changes_nothing(case):
    first = ids(case)[0]
    advance(case, first, event(first, "C"))
    before = Attempt.objects.values("answers", "opened", "locked", "refused").get()
    advance(case, first, event(first, "C"))
    assert Attempt.objects.values("answers", "opened", "locked", "refused").get() == before
    assert before["answers"][first]["value"] == "C"


def test_what_comes_after_the_lock_is_refused_and_kept_and_the_rest_is_taken(case):
    first, second, _third, single = ids(case)
    advance(case, first, event(first, "C"))
    batch = [event(first, "B", 7), event(second, "A", 8), event(single, "D", 9)]
    saved = save(case, *batch)
    assert attempts.too_late(saved, batch) == [first]
    saved = save(case, *batch)
    assert {item: answer["value"] for item, answer in saved.answers.items()} == {first: "C", second: "A", single: "D"}
    (kept,) = Attempt.objects.get().refused
    kept.pop("received")
    assert kept == {
        "question": first, "reason": "question_locked", "value": "B", "counter": 7, "client": "tab-0001", "at": "",
    }  # fmt: skip


def test_an_acknowledged_event_sent_again_after_the_lock_is_no_refusal(case):
    first = ids(case)[0]
    earlier, later = event(first, "A", 1), event(first, "C", 2)
    advance(case, first, earlier, later)
    saved = save(case, earlier, later)
    assert (attempts.too_late(saved, [earlier, later]), Attempt.objects.get().refused) == ([], [])


def test_refused_events_are_kept_up_to_a_bound(case):
    first = ids(case)[0]
    advance(case, first)
    for begin in (1, 151):
        save(case, *(event(first, "A", counter) for counter in range(begin, begin + 150)))
    assert len(Attempt.objects.get().refused) == 200


def test_an_item_that_is_not_open_yet_is_unknown(case):
    _first, second, third, _single = ids(case)
    for item in (second, third):
        with pytest.raises(attempts.InvalidAnswer) as refused:
            save(case, event(item))
        assert refused.value.params["reason"] == "unknown_question"
        with pytest.raises(attempts.CannotAdvance):
            advance(case, item)


def test_nothing_opens_after_the_last_item_nor_a_single_question_nor_the_only_section(case):
    first, second, third, single = ids(case)
    advance(case, first)
    advance(case, second)
    for wrong in (third, single, "nonsense"):
        with pytest.raises(attempts.CannotAdvance):
            advance(case, wrong)
    with pytest.raises(attempts.CannotAdvance):
        advance(case, section=1)


def test_advance_knows_nothing_of_somebody_elses_attempt(case):
    with pytest.raises(attempts.NotFound):
        attempts.advance(person=PersonFactory(), public_id=case.public_id, item=ids(case)[0])


def test_a_submitted_attempt_shows_all_of_its_case(case):
    attempts.submit(public_id=case.public_id, person=case.person)
    assert [state for _item, state, _may in shown(case)] == ["locked"] * 4
    with pytest.raises(attempts.AttemptClosed):
        advance(case, ids(case)[0])


@pytest.mark.parametrize(("type", "locks"), [("A3", True), ("A4", True), ("CASE", True), ("B1", False)])
def test_only_cases_lock(type, locks):
    attempt = AttemptFactory(quiz=QuizFactory(questions=[make_group(type)]))
    assert (attempt.paper["groups"][0]["locks"], len(shown(attempt))) == (locks, 1 if locks else 3)


@pytest.fixture
def parts():
    """An attempt at a quiz of two sections that lock: a case and a question, then a question."""
    quiz = QuizFactory(questions=[make_group("A3", items=2), QuestionFactory(), QuestionFactory()])
    quiz.navigation = "sections"
    quiz.save()
    quiz.quiz_questions.filter(sort_order=2).update(section=3)
    QuizSection.objects.create(quiz=quiz, number=1, title="第一部分")
    QuizSection.objects.create(quiz=quiz, number=3, title="第二部分")
    return AttemptFactory(quiz=quiz)


def sections(attempt: Attempt) -> list[tuple[int, str, str, bool, int]]:
    fresh = selectors.attempt_of(person=attempt.person, public_id=attempt.public_id)
    return [
        (section.number, section.title, section.state, section.may_finish, len(section.groups))
        for section in selectors.sheet(fresh).sections
    ]


def test_a_section_opens_when_the_one_before_is_left_for_good(parts):
    first, second, third, fourth = ids(parts)
    assert sections(parts) == [(1, "第一部分", "open", True, 2), (2, "第二部分", "hidden", False, 0)]
    with pytest.raises(attempts.InvalidAnswer):
        save(parts, event(fourth))
    advance(parts, "", event(third, "A"), section=1)
    assert sections(parts) == [(1, "第一部分", "locked", False, 2), (2, "第二部分", "open", False, 1)]
    assert shown(parts) == [(first, "locked", False), (third, "locked", False), (fourth, "open", False)]
    batch = [event(first, "C", 5), event(third, "C", 6), event(fourth, "C", 7)]
    saved = save(parts, *batch)
    assert attempts.too_late(saved, batch) == [first, third]
    assert {item: answer["value"] for item, answer in saved.answers.items()} == {third: "A", fourth: "C"}
    # What was never opened of a case in a section that was left stays closed.
    with pytest.raises(attempts.InvalidAnswer):
        save(parts, event(second, "C", 8))


def test_leaving_a_section_again_changes_nothing_and_no_section_is_skipped(parts):
    with pytest.raises(attempts.CannotAdvance):
        advance(parts, section=2)
    advance(parts, section=1)
    before = Attempt.objects.values("opened", "locked").get()
    advance(parts, section=1)
    assert Attempt.objects.values("opened", "locked").get() == before
    with pytest.raises(attempts.CannotAdvance):
        advance(parts, section=2)
