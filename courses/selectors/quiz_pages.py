"""Quizzes on pages of their own: who may open one, and how the catalogue shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from courses.enums import QuizAccess
from courses.models import CoursePage, Enrolment, QuizPage
from courses.selectors.lessons import page_in_language
from organisations.models import Node, Person
from organisations.scopes import Scope
from organisations.selectors import people_in
from quizzes.models import Quiz


@dataclass(frozen=True)
class QuizCard:
    """A quiz page in a list. `questions` counts those that stand fast and those drawn."""

    page: QuizPage
    questions: int
    is_quiz: bool = True

    @property
    def is_demo(self) -> bool:
        return self.page.is_demo


def quiz_cards(pages: Sequence[QuizPage]) -> list[QuizCard]:
    """`pages` as cards, in their order; one query."""
    counted = with_questions(Quiz.objects.filter(pk__in=[page.quiz_id for page in pages]))
    numbers = {quiz.pk: quiz.questions for quiz in counted}
    return [QuizCard(page=page, questions=numbers.get(page.quiz_id, 0)) for page in pages]


def with_questions(quizzes: QuerySet[Quiz]) -> QuerySet[Quiz]:
    """`questions`: how many an attempt has."""
    own = Quiz.objects.filter(pk=OuterRef("pk")).order_by()
    fixed = own.annotate(number=Count("quiz_questions", distinct=True)).values("number")
    drawn = own.annotate(number=Coalesce(Sum("draws__count"), 0)).values("number")
    counted: QuerySet[Quiz] = quizzes.annotate(questions=Subquery(fixed) + Subquery(drawn))
    return counted


def may_open(person: Person, page: QuizPage) -> bool:
    """Whether the page is for this person: at most two queries."""
    if page.access == QuizAccess.COURSE:
        return page.course is not None and _studies(person, page.course)
    if page.access == QuizAccess.UNIT:
        return page.unit is not None and _is_of(person, page.unit)
    return True


def _studies(person: Person, course: CoursePage) -> bool:
    """In progress or completed, under any offer and in any language."""
    return Enrolment.objects.current().filter(person=person, course_key=course.translation_key).exists()


def _is_of(person: Person, unit: Node) -> bool:
    """Whether the person works (or is a member) there or below today."""
    return people_in(Scope(frozenset({unit.path}))).filter(pk=person.pk).exists()


def course_of_page(page: QuizPage, language: str) -> CoursePage | None:
    """The published page of the course whose learners may open the quiz, in the reader's language if there is one."""
    if page.access != QuizAccess.COURSE or page.course is None:
        return None
    return page_in_language(page.course.translation_key, language)
