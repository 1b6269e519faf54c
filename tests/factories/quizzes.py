"""Banks, questions, quizzes and attempts for tests."""

import uuid
from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from quizzes.enums import QuestionType
from quizzes.models import Attempt, Bank, Question, Quiz, QuizQuestion
from quizzes.services import attempts, bank
from tests.factories.organisations import PersonFactory

CONTEXT = attempts.Context(kind="test", id="somewhere")


class BankFactory(DjangoModelFactory[Bank]):
    class Meta:
        model = Bank

    title = factory.Sequence(lambda n: f"题库 {n + 1}")


class QuestionFactory(DjangoModelFactory[Question]):
    """A question with its first revision. `type`, `stem`, `options`, `answer`, `points` … go into the revision."""

    class Meta:
        model = Question

    bank = factory.SubFactory(BankFactory)
    code = factory.Sequence(lambda n: f"Q-{n + 1:04}")
    type = QuestionType.A1
    stem = factory.LazyAttribute(lambda q: f"{q.code} 的正确选项是")
    options = ("甲", "乙", "丙", "丁", "戊")
    answer = "B"
    explanation = "乙正确。"

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **fields: Any) -> Question:
        placed = {name: fields.pop(name) for name in ("bank", "code")}
        subject = fields.pop("subject", "CT成像原理")
        return bank.create_question(by=None, subject=subject, draft=bank.single(**fields), **placed)


def make_group(type: str, *, home: Bank | None = None, items: int = 3, secret: str = "", **fields: Any) -> Question:
    """A group question (A3, A4, B1, CASE); every item is rightly answered by B, of a case by ABC."""
    options = tuple("甲乙丙丁戊己") if type == QuestionType.CASE else tuple("甲乙丙丁戊")
    parts = tuple(
        bank.ItemDraft(
            stem=f"第 {number} 问",
            options=() if type == QuestionType.B1 else options,
            reveal=f"新情况 {number}" if type in (QuestionType.A4, QuestionType.CASE) and number > 1 else "",
            key="ABC" if type == QuestionType.CASE else "B",
            explanation=f"{secret}解析 {number}",
        )
        for number in range(1, items + 1)
    )
    draft = bank.Draft(
        type=type, stem="共用题干", items=parts, options=options if type == QuestionType.B1 else (), **fields
    )
    home = home or BankFactory.create()
    return bank.create_question(by=None, bank=home, code=f"{type}-{uuid.uuid4().hex[:8]}", subject="CT", draft=draft)


class QuizFactory(DjangoModelFactory[Quiz]):
    """`questions=3` makes that many new ones (answer B), a list places those given."""

    class Meta:
        model = Quiz
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"测验 {n + 1}")

    @factory.post_generation
    def questions(self, create: bool, extracted: Any, **_: Any) -> None:
        placed = extracted
        if extracted is None or isinstance(extracted, int):
            home = BankFactory.create()
            placed = [QuestionFactory.create(bank=home) for _n in range(2 if extracted is None else extracted)]
        for order, question in enumerate(placed):
            QuizQuestion.objects.create(quiz=self, question=question, sort_order=order)


def permit_for(person: Any, quiz: Quiz, context: attempts.Context = CONTEXT) -> str:
    return attempts.permit(person=person, quiz=quiz, context=context, return_url="/zh-hans/")


class AttemptFactory(DjangoModelFactory[Attempt]):
    """An attempt opened by the service; other fields are set afterwards."""

    class Meta:
        model = Attempt

    person = factory.SubFactory(PersonFactory)
    quiz = factory.SubFactory(QuizFactory)

    @classmethod
    def _create(cls, model_class: type[Attempt], *args: Any, **fields: Any) -> Attempt:
        context = fields.pop("context", CONTEXT)
        person, quiz = fields.pop("person"), fields.pop("quiz")
        attempt, _new = attempts.open_attempt(person=person, permit=permit_for(person, quiz, context))
        for name, value in fields.items():
            setattr(attempt, name, value)
        if fields:
            attempt.save(update_fields=list(fields))
        return attempt


def right_answers(attempt: Attempt) -> list[tuple[str, Any]]:
    """(item, key) of every question of the attempt's paper, in its order."""
    return [(item["id"], item["key"]) for group in attempt.paper["groups"] for item in group["items"]]


def spend(attempt: Attempt, *, minutes: float) -> None:
    """Let the attempt have been opened so many minutes ago: a credit counts the time that was spent in it."""
    attempt.opened_at = timezone.now() - timedelta(minutes=minutes)
    Attempt.objects.filter(pk=attempt.pk).update(opened_at=attempt.opened_at)


def item_ids(attempt: Attempt) -> list[str]:
    """The items in the paper's order; PostgreSQL keeps the keys of a JSON object in its own."""
    return [item for group in attempt.shape["groups"] for item in group["items"]]
