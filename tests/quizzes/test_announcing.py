"""What a quiz says before it is opened, and what a learner can do with it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.translation import override

from quizzes.enums import MultipleScoring, Navigation, QuestionType
from quizzes.models import QuizDraw, QuizSection
from quizzes.selectors import WayIn, announcement, attempts_summary, way_in
from quizzes.selectors.scoring_words import words_for
from quizzes.services import attempts, scorings
from tests.factories.organisations import PersonFactory
from tests.factories.quizzes import CONTEXT, AttemptFactory, BankFactory, QuestionFactory, QuizFactory, make_group

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def test_announcement_counts_questions_parts_and_points() -> None:
    told = announcement(QuizFactory(questions=[QuestionFactory(), make_group("A3", items=3)]))
    assert (told.questions, told.items, told.points, told.drawn, told.may_lock) == (2, 4, Decimal(4), 0, True)
    assert (told.has_several_parts, told.not_reviewed, told.has_work_for_people) == (True, 2, False)


def test_announcement_of_draws_names_the_types_that_may_come() -> None:
    home = BankFactory()
    QuestionFactory(bank=home)
    make_group("CASE", home=home)
    QuestionFactory(bank=home, type="X", answer="AC", subject="MR")
    quiz = QuizFactory(questions=1)
    QuizDraw.objects.create(quiz=quiz, bank=home, count=2, subject="CT")
    told = announcement(quiz)
    assert (told.questions, told.items, told.points, told.drawn, told.may_lock) == (3, None, None, 2, True)
    assert [line.types for line in told.scoring] == [("A1",), ("Case analysis: right adds, wrong subtracts",)]


def test_announcement_names_sections_that_are_left_for_good() -> None:
    quiz = QuizFactory(questions=2, navigation=Navigation.SECTIONS)
    QuizSection.objects.create(quiz=quiz, number=1, title="一")
    assert (announcement(quiz).sections, announcement(quiz).leaves_sections) == (("一",), False)
    quiz.quiz_questions.filter(sort_order=1).update(section=2)
    QuizSection.objects.create(quiz=quiz, number=2, title="二")
    assert (announcement(quiz).sections, announcement(quiz).leaves_sections) == (("一", "二"), True)


def test_scoring_of_a_bank_is_told_with_its_own_mark() -> None:
    home = BankFactory()
    quiz = QuizFactory(questions=[QuestionFactory(bank=home), QuestionFactory(bank=home, type="X", answer="AC")])
    assert [(line.types, line.mark) for line in announcement(quiz).scoring] == [(("A1",), "B"), (("X",), "M")]
    rules = {"X": {"mode": MultipleScoring.RIGHT_MINUS_WRONG, "each": "0.5"}}
    scorings.add_version(by=None, bank=home, rules=rules, source="考试大纲", mark="A")
    told = announcement(quiz).scoring
    assert [(line.types, line.mark) for line in told] == [(("A1",), "B"), (("X",), "A")]
    assert told[1].words == "Right minus wrong, never below nothing"


@pytest.mark.parametrize("type", list(QuestionType))
def test_every_type_is_told_how_it_is_scored(type) -> None:
    assert words_for(type, scorings.default().by_type[type]) != ""


def test_words_say_minus_and_shares_as_the_rules_have_them() -> None:
    case = {"right": "1", "wrong": "-0.5", "floor_per_item": "0"}
    assert words_for("CASE", case).startswith("1 for each right option, \N{MINUS SIGN}0.5 for each wrong one")
    partial = {"mode": "partial_no_wrong", "each": "0.4"}
    assert words_for("X", partial).startswith("0.4 of each right answer's share")


@pytest.mark.parametrize("count", [1, 3])
def test_announcement_runs_constant_queries(count, django_assert_num_queries) -> None:
    quiz = QuizFactory(questions=count)
    for _number in range(count):
        QuizDraw.objects.create(quiz=quiz, bank=QuestionFactory().bank, count=1)
    with django_assert_num_queries(5):
        assert announcement(quiz).questions == 2 * count


def way(person, quiz, **more) -> WayIn:
    summary = attempts_summary(person=person, quiz=quiz, context=CONTEXT)
    return way_in(quiz, summary, now=timezone.now(), **more)


def test_way_in_is_what_opening_decides() -> None:
    person, quiz = PersonFactory(), QuizFactory(attempts_allowed=2)
    now = timezone.now()
    assert way(person, quiz) == WayIn.START
    assert way(person, quiz, questions=0) == WayIn.EMPTY
    attempt = AttemptFactory(person=person, quiz=quiz)
    assert way(person, quiz) == WayIn.RESUME
    attempts.submit(person=person, public_id=attempt.public_id)
    assert way(person, quiz) == WayIn.AGAIN
    quiz.cool_down_minutes = 5
    assert way(person, quiz) == WayIn.COOL_DOWN
    quiz.attempts_allowed = 1
    assert way(person, quiz) == WayIn.USED_UP
    quiz.closes_at = now
    assert way(person, quiz) == WayIn.OVER
    quiz.opens_at, quiz.closes_at = now + timedelta(hours=1), None
    assert way(person, quiz) == WayIn.NOT_YET
