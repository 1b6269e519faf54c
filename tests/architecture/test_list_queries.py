"""Every list asks the database as often with three rows as with one."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.enums import LessonKind
from courses.services.enrolment import enrol
from credits.services import exports
from organisations.enums import Role
from organisations.models import Person
from organisations.notifications import notify
from tests.factories.courses import (
    CoursePageFactory,
    LessonPageFactory,
    OfferFactory,
    QuizPageFactory,
    course_with,
)
from tests.factories.credits import HENAN, ProjectFactory, entry
from tests.factories.media_pipeline import LectureFactory
from tests.factories.organisations import (
    BranchFactory,
    EmploymentFactory,
    MembershipFactory,
    NodeFactory,
    PersonFactory,
    RoleGrantFactory,
)
from tests.factories.quizzes import AttemptFactory, BankFactory, QuestionFactory, QuizFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("rule_sets")]


class Desk:
    """The reader of all lists: a learner who also administers a hospital and edits everything."""

    def __init__(self) -> None:
        self.hospital = NodeFactory()
        self.me: Person = PersonFactory(is_staff=True, is_superuser=True)
        EmploymentFactory(person=self.me, unit=self.hospital)
        RoleGrantFactory(person=self.me, role=Role.UNIT_CREDIT_ADMINISTRATOR, node=self.hospital)
        self.course = CoursePageFactory()
        self.offer = OfferFactory(course=self.course)
        self.client = Client()
        self.client.force_login(self.me, backend="django.contrib.auth.backends.ModelBackend")


def _export(desk: Desk, number: int) -> None:
    year = timezone.localdate().year - number
    exports.request_export(
        by=desk.me, node=desk.hospital, rule_set_id=HENAN, year=year, file_format="csv", reason="年报"
    )


def _colleague(desk: Desk, number: int) -> Person:
    person = PersonFactory()
    EmploymentFactory(person=person, unit=desk.hospital)
    return person


def _awaiting_sign_off(desk: Desk, number: int) -> None:
    enrol(person=_colleague(desk, number), offer=course_with([LessonKind.ON_SITE]))


def _own_role(desk: Desk, number: int) -> None:
    RoleGrantFactory(person=desk.me, role=Role.LECTURER, node=NodeFactory(parent=desk.hospital))
    EmploymentFactory(
        person=desk.me, unit=NodeFactory(), begins=date(2010 + number, 1, 1), ends=date(2011 + number, 1, 1)
    )
    MembershipFactory(person=desk.me, branch=BranchFactory())


def _lesson(desk: Desk, number: int) -> None:
    LessonPageFactory(course=desk.course)
    OfferFactory(course=desk.course)


def _entry(desk: Desk, number: int) -> None:
    entry(person=desk.me, on=timezone.localdate().replace(month=1, day=5 + number))


def _snippet(app: str, model: str) -> str:
    return reverse(f"wagtailsnippets_{app}_{model}:list")


# name → (address, what adds the n-th row to it)
LISTS: dict[str, tuple[Callable[[Desk], str], Callable[[Desk, int], Any]]] = {
    "home": (lambda desk: "/zh-hans/", lambda desk, n: OfferFactory()),
    "catalogue": (lambda desk: desk.course.get_parent().get_url(), lambda desk, n: OfferFactory()),
    "course": (lambda desk: desk.course.get_url(), _lesson),
    "course panel": (lambda desk: reverse("courses:course_panel", args=[desk.course.translation_key]), _lesson),
    "learner fragment": (
        lambda desk: f"{reverse('home:learner_fragment')}?course={desk.course.translation_key}",
        _lesson,
    ),
    "my learning": (
        lambda desk: reverse("courses:my_learning"),
        lambda desk, n: enrol(person=desk.me, offer=course_with([LessonKind.READING, LessonKind.ON_SITE])),
    ),
    "my results": (lambda desk: reverse("quizzes:results"), lambda desk, n: AttemptFactory(person=desk.me)),
    "catalogue of quizzes": (
        lambda desk: f"{desk.course.get_parent().get_url()}?kind=quizzes",
        lambda desk, n: QuizPageFactory(),
    ),
    "sign-offs": (lambda desk: reverse("courses:sign_offs"), _awaiting_sign_off),
    "my credits": (lambda desk: reverse("credits:my_credits"), _entry),
    "people": (lambda desk: reverse("credits:people"), lambda desk, n: entry(person=_colleague(desk, n))),
    "exports": (lambda desk: reverse("credits:exports"), _export),
    "profile": (lambda desk: reverse("organisations:profile"), _own_role),
    "notifications": (
        lambda desk: reverse("organisations:notifications"),
        lambda desk, n: notify(person=desk.me, kind="welcome", params={"name": "王"}, key=str(n)),
    ),
    "API learning": (
        lambda desk: "/api/v1/learning/",
        lambda desk, n: enrol(person=desk.me, offer=course_with([LessonKind.READING])),
    ),
    "API entries": (lambda desk: "/api/v1/credits/entries/", _entry),
    "API standing": (lambda desk: "/api/v1/credits/standing/", _entry),
    "API exports": (lambda desk: "/api/v1/credit-exports/", _export),
    "API results": (lambda desk: "/api/v1/quiz-results/", lambda desk, n: AttemptFactory(person=desk.me)),
    "API me": (lambda desk: "/api/v1/me/", _own_role),
    "API notifications": (
        lambda desk: "/api/v1/notifications/",
        lambda desk, n: notify(person=desk.me, kind="welcome", params={"name": "王"}, key=str(n)),
    ),
    "admin lectures": (lambda desk: _snippet("media_pipeline", "lecture"), lambda desk, n: LectureFactory()),
    "admin questions": (lambda desk: _snippet("quizzes", "question"), lambda desk, n: QuestionFactory()),
    "admin quizzes": (lambda desk: _snippet("quizzes", "quiz"), lambda desk, n: QuizFactory()),
    "admin banks": (lambda desk: _snippet("quizzes", "bank"), lambda desk, n: BankFactory()),
    "admin offers": (lambda desk: _snippet("courses", "offer"), lambda desk, n: OfferFactory()),
    "admin projects": (lambda desk: _snippet("credits", "project"), lambda desk, n: ProjectFactory()),
}


@pytest.mark.parametrize("name", LISTS)
def test_list_asks_as_often_with_three_rows_as_with_one(name: str) -> None:
    address, add = LISTS[name]
    desk, figures = Desk(), []
    add(desk, 1)
    path = address(desk)
    for further in ((), (2, 3)):
        for number in further:
            add(desk, number)
        desk.client.get(path)
        with CaptureQueriesContext(connection) as asked:
            page = desk.client.get(path)
        figures.append((len(asked), page.status_code, len(page.content)))
    (first, status, short), (second, again, long) = figures
    assert (status, again, long > short) == (200, 200, True)
    assert second == first, "\n".join(query["sql"][:300] for query in asked)


def test_quiz_pages_ask_as_often_with_three_questions_as_with_one() -> None:
    figures = []
    for questions in (1, 3):
        attempt = AttemptFactory(quiz=QuizFactory(questions=questions))
        client = Client()
        client.force_login(attempt.person, backend="django.contrib.auth.backends.ModelBackend")
        path = reverse("quizzes:attempt", args=[attempt.public_id])
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).content.decode().count("<fieldset") == questions
        figures.append(len(asked))
    assert figures[0] == figures[1]
