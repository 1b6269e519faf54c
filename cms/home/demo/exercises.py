"""Two questions of each type beyond those of the examinations, with drawn pictures, and a quiz of them all."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import cast

from django.core.files.base import ContentFile
from PIL import Image
from wagtail.images import get_image_model

from cms.home.demo.phantoms import Chest, chest, png, water_phantom
from organisations.models import Person
from quizzes.models import Bank, Question, QuestionImage, QuestionRevision, Quiz, QuizQuestion
from quizzes.services import bank as bank_services

ROWS = json.loads((Path(__file__).parent / "exercises.json").read_text(encoding="utf-8"))
BY_PEOPLE = ("ESSAY", "FILE")
TITLE = "题型演示（演示）"
PICTURES: dict[str, Callable[[], Image.Image]] = {
    "water_phantom": water_phantom,
    "chest": lambda: chest(Chest()),
    "chest_poor": lambda: chest(Chest(turn=26, cut=130, marker="", has_coin=True)),
}


def load(*, by: Person, bank: Bank) -> Quiz:
    """The questions in `bank`, and a quiz of those that need nobody to mark them, once."""
    quiz = Quiz.objects.filter(title=TITLE, is_demo=True).first()
    if quiz is not None:
        return quiz
    questions = bank_services.import_questions(by=by, bank=bank, items=ROWS)
    for question, row in zip(questions, ROWS, strict=True):
        if "picture" in row:
            _show(question, row["picture"], row["alt"])
    quiz = Quiz.objects.create(title=TITLE, attempts_allowed=0, is_demo=True)
    scored = [question for question, row in zip(questions, ROWS, strict=True) if row["type"] not in BY_PEOPLE]
    for order, question in enumerate(scored):
        QuizQuestion.objects.create(quiz=quiz, question=question, sort_order=order)
    return quiz


@cache
def _drawn(name: str) -> bytes:
    return png(PICTURES[name]())


def _show(question: Question, name: str, alt: str) -> None:
    """The picture, drawn once, as that of the question's only item."""
    images, title = get_image_model().objects, f"演示图 {name}"
    image = images.filter(title=title).first()
    if image is None:
        file = ContentFile(_drawn(name), name=f"demo-{name.replace('_', '-')}.png")
        image = images.create(title=title, description=alt[:255], file=file)
    revision = cast(QuestionRevision, question.current)
    QuestionImage.objects.create(revision=revision, image=image, item=question.public_id, alt=alt)
