"""Regrades, and those who make and confirm them, for tests."""

from datetime import date
from typing import Any

from organisations.enums import NodeKind, Role
from organisations.models import Node, Person
from quizzes.enums import RegradeCause
from quizzes.models import Attempt, Question, Regrade
from quizzes.services import attempts, bank, regrades
from tests.factories.marking import answer
from tests.factories.organisations import NodeFactory, PersonFactory, RoleGrantFactory
from tests.factories.quizzes import AttemptFactory, QuizFactory


def province() -> Node:
    return Node.objects.filter(kind=NodeKind.PROVINCE).first() or NodeFactory.create(kind=NodeKind.PROVINCE)


def decider(role: Role = Role.QUESTION_AUTHOR, **fields: Any) -> Person:
    """Somebody who may make and confirm regrades."""
    person: Person = PersonFactory.create(**fields)
    RoleGrantFactory.create(person=person, role=role, node=province(), begins=date(2020, 1, 1))
    return person


def closed(*questions: Question, values: tuple[str, ...], person: Person | None = None, **quiz: Any) -> Attempt:
    """A handed-in attempt at a quiz of these questions."""
    person = person or PersonFactory.create()
    attempt = AttemptFactory.create(person=person, quiz=QuizFactory.create(questions=list(questions), **quiz))
    return attempts.submit(person=person, public_id=attempt.public_id, events=answer(attempt, *values))


def correct(question: Question, key: str, **fields: Any) -> None:
    """The question with another key, as its next revision; `question` knows it."""
    told = {"type": "A1", "stem": question.current.stem, "options": ("甲", "乙", "丙", "丁", "戊"), "answer": key}
    bank.revise_question(by=None, question=question, draft=bank.single(**{**told, **fields}))
    question.refresh_from_db()


def wish(question: Question, cause: RegradeCause = RegradeCause.KEY, **fields: Any) -> regrades.Wish:
    """By the current key, for all earlier revisions; verdicts for all."""
    newest = question.revisions.order_by("-number").first()
    numbers = tuple(question.revisions.order_by("number").values_list("number", flat=True))
    told: dict[str, Any] = {
        "cause": cause,
        "reason": "答案有误,教材第 5 版",
        "question": question,
        "revisions": numbers,
    }
    if cause == RegradeCause.KEY:
        told |= {"target": newest.number}
        told |= {"revisions": numbers[:-1]}
    return regrades.Wish(**{**told, **fields})


def counted(question: Question, cause: RegradeCause = RegradeCause.KEY, by: Person | None = None, **f: Any) -> Regrade:
    """A regrade whose dry run is done."""
    made = regrades.make(by=by or decider(), wish=wish(question, cause, **f))
    return run(made)


def run(made: Regrade) -> Regrade:
    regrades.run_regrade(made.pk)
    made.refresh_from_db()
    return made


def applied(made: Regrade, by: Person | None = None) -> Regrade:
    """Confirmed by a second person, and run."""
    return run(regrades.confirm(by=by or decider(), regrade=made, seen=made.runs))
