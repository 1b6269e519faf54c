"""What is done to a quiz as a whole."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from organisations import audit
from organisations.deeds import Deed
from organisations.models import Person
from quizzes.models import Quiz

MAX_TITLE = 200
# What two quizzes may not share.
_OWN = frozenset({"id", "public_id", "title", "is_demo"})


class TitleMissing(DomainError):
    code, http_status = "title_missing", 400
    message = _("Give the copy a title, so that the two can be told apart.")


def facts(quiz: Quiz) -> dict[str, Any]:
    """What the audit log keeps of a quiz: its rules, and which questions it asks."""
    rules = {field.name: getattr(quiz, field.name) for field in quiz._meta.concrete_fields if field.name != "id"}
    return {
        **{name: value if isinstance(value, bool | int | None) else str(value) for name, value in rules.items()},
        "questions": [row.question_id for row in quiz.quiz_questions.all()],
        "draws": [f"{draw.count} × {draw}" for draw in quiz.draws.all()],
        "sections": [section.title for section in quiz.sections.all()],
    }


def record_saved(*, by: Person, quiz: Quiz, before: Mapping[str, Any] | None) -> None:
    """Write down that `by` saved `quiz`; `before` are its `facts` of before, None for a new one."""
    audit.record(by=by, verb=Deed.QUIZ_SAVED, target=quiz, before=dict(before or {}), after=facts(quiz))


@transaction.atomic
def copy_quiz(*, by: Person, quiz: Quiz, title: str) -> Quiz:
    """A quiz with the same questions, draws, sections and rules; no lesson shows it yet. Raises TitleMissing."""
    if not title.strip():
        raise TitleMissing()
    rules = {f.attname: getattr(quiz, f.attname) for f in quiz._meta.concrete_fields if f.name not in _OWN}
    made: Quiz = Quiz.objects.create(title=title.strip()[:MAX_TITLE], **rules)
    for rows in (quiz.sections.all(), quiz.quiz_questions.all(), quiz.draws.all()):
        for row in rows:
            row.pk, row.quiz = None, made
            row.save(force_insert=True)
    audit.record(by=by, verb=Deed.QUIZ_COPIED, target=made, after={"from": str(quiz.public_id), "title": made.title})
    return made
