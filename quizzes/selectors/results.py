"""Results: a learner's own attempts at all quizzes, and the one that a receipt names."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from cms.shared.errors import NotFound
from organisations import rules
from organisations.models import Employment, Person
from organisations.scopes import Scope
from organisations.selectors import employment_on, people_in
from quizzes.models import Attempt, AttemptGrade
from quizzes.selectors.attempts import LARGE


def results_of(person: Person) -> QuerySet[Attempt]:
    """The person's attempts with their quizzes, the newest first."""
    rows = Attempt.objects.filter(person=person).select_related("quiz").defer(*LARGE)
    return rows.order_by("-opened_at", "-pk")


def own_by_receipt(person: Person, typed: str) -> Attempt:
    """The person's own attempt with this receipt. Raises NotFound, and ValueError for what is no receipt."""
    found = results_of(person).filter(receipt=rules.code(typed)).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Receipted:
    """What a receipt stands for: who, at which quiz, with which grades (the first one first). No answer, no key."""

    attempt: Attempt
    employment: Employment | None
    grades: tuple[AttemptGrade, ...]


def by_receipt(scope: Scope, typed: str) -> Receipted:
    """The attempt of somebody in `scope` today. Raises NotFound, also for people outside of it, and ValueError for what
    is no receipt. Three queries."""
    rows = Attempt.objects.filter(receipt=rules.code(typed), person__in=people_in(scope))
    attempt = rows.select_related("quiz", "person").defer(*LARGE).first()
    if attempt is None:
        raise NotFound
    return Receipted(
        attempt=attempt,
        employment=employment_on(attempt.person, timezone.localdate()),
        grades=tuple(attempt.grades.defer("marks").order_by("revision")),
    )
