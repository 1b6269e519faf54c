"""Work to be marked and those who mark it, for tests."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from factory.django import DjangoModelFactory

from organisations.enums import Role
from organisations.models import Node, Person
from quizzes.enums import AttemptState, QuestionType
from quizzes.models import Attempt, MarkingItem, Question
from quizzes.protocol import Event
from quizzes.services import answer_files, attempts
from tests.factories.organisations import EmploymentFactory, NodeFactory, PersonFactory, RoleGrantFactory
from tests.factories.quizzes import AttemptFactory, QuestionFactory, QuizFactory

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class MarkingItemFactory(DjangoModelFactory[MarkingItem]):
    """An essay of 10 points for two blind markers; a gap of 2 calls a third. No unit: the learner works nowhere."""

    class Meta:
        model = MarkingItem

    attempt = factory.SubFactory(
        AttemptFactory, state=AttemptState.SUBMITTED, closed_at=factory.LazyFunction(timezone.now)
    )
    item = factory.LazyFunction(lambda: str(uuid.uuid4()))
    type = "ESSAY"
    unit = factory.SubFactory(NodeFactory)
    points_possible = Decimal(10)
    markers_needed = 2
    is_blind = True
    gap = Decimal(2)
    tie = "higher"
    rules_source = "test"
    rules_mark = "M"


def marker(place: Node, role: Role = Role.LECTURER, **fields: Any) -> Person:
    """Somebody who marks the work of people of `place`."""
    person: Person = PersonFactory.create(**fields)
    RoleGrantFactory.create(person=person, role=role, node=place, begins=date(2020, 1, 1))
    EmploymentFactory.create(person=person, unit=place)
    return person


def essay(points: str = "10", **fields: Any) -> Question:
    """A question for people to mark."""
    told = {"type": QuestionType.ESSAY, "options": (), "answer": {"guidance": "三点各三分"}, "explanation": ""}
    return QuestionFactory.create(**{**told, "points": Decimal(points), **fields})


def file_question(points: str = "10", **fields: Any) -> Question:
    return essay(points, **{"type": QuestionType.FILE, **fields})


def upload(content: bytes = PDF, name: str = "病例.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def items_of(attempt: Attempt) -> list[str]:
    return [item["id"] for group in attempt.paper["groups"] for item in group["items"]]


def send(attempt: Attempt, item: str, content: bytes = PDF, name: str = "病例.pdf") -> str:
    """Send a file for an item; its id, which an answer has to name."""
    made = answer_files.receive(
        person=attempt.person, attempt_id=attempt.public_id, item=item, upload=upload(content, name)
    )
    return str(made.public_id)


def answer(attempt: Attempt, *values: str, counter: int = 1) -> list[Event]:
    return [
        Event(item, value, counter + offset, "tab-0001")
        for offset, (item, value) in enumerate(zip(items_of(attempt), values, strict=False))
    ]


def handed_in(*questions: Question, values: tuple[str, ...] = ("先停止注射。",), place: Node | None = None) -> Attempt:
    """A submitted attempt at a quiz of these questions (an essay if none is named) by somebody of `place`."""
    person = PersonFactory.create()
    if place is not None:
        EmploymentFactory.create(person=person, unit=place)
    attempt = AttemptFactory.create(person=person, quiz=QuizFactory.create(questions=list(questions) or [essay()]))
    return attempts.submit(person=person, public_id=attempt.public_id, events=answer(attempt, *values))
