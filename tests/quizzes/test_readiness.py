"""What is told of a quiz before anybody opens it."""

from decimal import Decimal

import pytest
from django.utils.translation import override

from quizzes import selectors
from quizzes.models import Question, QuestionRevision, Quiz, QuizDraw, QuizQuestion, QuizSection
from quizzes.services import papers
from tests.factories.quizzes import BankFactory, QuestionFactory, QuizFactory, make_group

pytestmark = pytest.mark.django_db


def draw(quiz, bank, count: int, **rule) -> QuizDraw:
    return QuizDraw.objects.create(quiz=quiz, bank=bank, count=count, sort_order=quiz.draws.count(), **rule)


def published(question: Question) -> Question:
    QuestionRevision.objects.filter(question=question).update(review_state="published")
    return question


def test_draws_that_overlap_with_each_other_and_with_fixed_questions_are_told_truly():
    home = BankFactory(title="题库甲")
    easy = [QuestionFactory(bank=home, difficulty=1) for _n in range(3)]
    hard = [QuestionFactory(bank=home, difficulty=4) for _n in range(2)]
    quiz = QuizFactory(questions=[easy[0]])
    draw(quiz, home, 3, difficulty=None)
    draw(quiz, home, 2, difficulty=4)
    with override("en"):
        told = selectors.readiness(quiz)
    # Each cell alone has enough: 4 for 3 and 2 for 2; together they want 5 of 4.
    any_cell, hard_cell = told.cells
    assert (any_cell.needed, any_cell.fitting, any_cell.fixed, any_cell.missing) == (3, 4, 1, 0)
    assert (hard_cell.needed, hard_cell.fitting, hard_cell.fixed, hard_cell.missing) == (2, 2, 0, 1)
    assert (hard_cell.rivals, hard_cell.wanted, hard_cell.found) == ((1,), 5, 4)
    assert (hard_cell.label, told.is_ready, told.short) == ("题库甲 · difficulty 4", False, (hard_cell,))
    with pytest.raises(papers.DrawNotFilled):
        papers.build(quiz)
    QuestionFactory(bank=home, difficulty=1)
    assert (selectors.readiness(quiz).is_ready, len(papers.build(quiz).paper["groups"])) == (True, 6)
    assert len(hard) == 2


def test_points_items_minutes_and_reviews_are_told():
    home = BankFactory()
    fixed = published(QuestionFactory(points=Decimal("1.5")))
    case = make_group("A3", items=3)
    quiz = QuizFactory(questions=[fixed, case], time_limit_minutes=14)
    for points in (1, 2, 4):
        QuestionFactory(bank=home, points=Decimal(points))
    draw(quiz, home, 2)
    told = selectors.readiness(quiz)
    assert (told.questions, told.items, told.points) == (
        4,
        selectors.Span(Decimal(6), Decimal(6)),
        selectors.Span(Decimal("7.5"), Decimal("10.5")),
    )
    assert (told.minutes, told.seconds_an_item, told.is_ready) == (14, 140, True)
    assert (told.unreviewed, list(told.named), told.may_be_unreviewed) == (1, [case], 3)


def test_rows_that_are_typed_and_not_saved_count():
    home = BankFactory()
    question = QuestionFactory(bank=home)
    QuestionFactory(bank=home)
    quiz = Quiz(title="新测验")
    quiz.quiz_questions.set([QuizQuestion(question=question)])
    quiz.draws.set([QuizDraw(bank=home, count=2), QuizDraw(bank=home), QuizDraw(count=1)])
    told = selectors.readiness(quiz)
    assert [(cell.needed, cell.given) for cell in told.cells] == [(2, 1)]
    quiz.draws.set([QuizDraw(bank=home, count=1)])
    assert (selectors.readiness(quiz).is_ready, len(papers.build(quiz, as_typed=True).paper["groups"])) == (True, 2)


def test_sections_without_a_title_or_without_a_question_are_named():
    quiz = QuizFactory(questions=2)
    assert (selectors.readiness(quiz).untitled, selectors.readiness(quiz).empty) == ((), ())
    QuizSection.objects.create(quiz=quiz, number=2, title="第二部分")
    draw(quiz, BankFactory(), 1, section=3)
    told = selectors.readiness(quiz)
    assert (told.untitled, told.empty) == ((1, 3), (2,))


def test_quiz_without_questions_is_not_ready():
    told = selectors.readiness(QuizFactory(questions=[]))
    assert (told.is_ready, told.questions, told.points.most, told.seconds_an_item) == (False, 0, 0, None)


def test_draws_are_numbered_as_in_the_form_and_divided_by_section():
    home = BankFactory()
    QuestionFactory(bank=home)
    quiz = QuizFactory(questions=[])
    draw(quiz, home, 1, section=2)
    draw(quiz, home, 1, section=1)
    told = selectors.readiness(quiz)
    assert [(cell.number, cell.section, cell.missing, cell.rivals) for cell in told.cells] == [
        (2, 1, 0, ()),
        (1, 2, 1, (2,)),
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_check_asks_as_often_for_three_rows_as_for_one(rows, django_assert_num_queries):
    quiz = QuizFactory(questions=rows)
    for _n in range(rows):
        home = BankFactory()
        QuestionFactory(bank=home)
        draw(quiz, home, 1)
    with django_assert_num_queries(6):
        selectors.readiness(quiz)
