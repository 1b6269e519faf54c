"""Attempts of a person at a quiz: how many, how they went, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils import timezone

from cms.shared import statements
from cms.shared.errors import NotFound
from organisations.models import Person
from quizzes import protocol
from quizzes.enums import AttemptState
from quizzes.models import Attempt, Quiz

# An attempt that was cut off may still come in after the quiz has closed.
WINDOW_GRACE = timedelta(seconds=protocol.GRACE_S)
# What an opening reads of a quiz, and what a summary needs of its attempts.
_OF_QUIZ = tuple(field.attname for field in Quiz._meta.concrete_fields)
_OF_SUMMARY = {
    *("id", "public_id", "number", "state", "closed_at", "graded_at"),
    *("points", "points_possible", "is_passed"),
}
_OF_ATTEMPT = tuple(field.attname for field in Attempt._meta.concrete_fields if field.attname in _OF_SUMMARY)
# What lists of attempts do not read.
LARGE = ("paper", "shape", "answers", "opened", "locked", "refused", "marks")


@dataclass(frozen=True)
class Context:
    """On whose behalf an attempt is opened: a kind of object and its id, both the owner's words."""

    kind: str
    id: str


@dataclass(frozen=True)
class AttemptsSummary:
    """A person's attempts at a quiz in one context. `allowed` 0 means without limit; shares are 0 to 1."""

    used: int
    allowed: int
    best_share: Decimal | None
    is_passed: bool
    open_attempt: Attempt | None
    last_closed: Attempt | None
    next_allowed_at: datetime | None

    @property
    def waits_for_marks(self) -> bool:
        """Whether people still mark the last attempt."""
        return self.last_closed is not None and self.last_closed.waits_for_marks

    @property
    def is_used_up(self) -> bool:
        return bool(self.allowed) and self.used >= self.allowed and self.open_attempt is None

    @property
    def may_open(self) -> bool:
        """Whether an attempt may be opened (or resumed) now."""
        return self.open_attempt is not None or not (self.is_used_up or self.next_allowed_at or self.waits_for_marks)


def attempts_summary(*, person: Person, quiz: Quiz, context: Context) -> AttemptsSummary:
    """One query. `next_allowed_at` is None unless a cool-down is running."""
    attempts = Attempt.objects.filter(person=person, quiz=quiz, context_kind=context.kind, context_id=context.id).defer(
        *LARGE
    )
    return summarise(list(attempts.order_by("number")), quiz=quiz, now=timezone.now())


def _quiz_with_attempts(quiz: int, person: int, kind: str, id: str) -> QuerySet[Any, Any]:
    mine = Q(attempts__person=person, attempts__context_kind=kind, attempts__context_id=id)
    rows: QuerySet[Any, Any] = Quiz.objects.filter(pk=quiz).annotate(mine=FilteredRelation("attempts", condition=mine))
    return rows.order_by(F("mine__number").asc()).values_list(*_OF_QUIZ, *(f"mine__{name}" for name in _OF_ATTEMPT))


_opening = statements.Rows(_quiz_with_attempts, int, int, str, str)


def opening(*, person: Person, quiz_id: int, context: Context) -> tuple[Quiz, AttemptsSummary] | None:
    """A quiz with the summary of the person's attempts, in one statement; None if there is no such quiz."""
    rows = _opening(quiz_id, person.pk, context.kind, context.id)
    if not rows:
        return None
    split = len(_OF_QUIZ)
    quiz = Quiz.from_db("default", _OF_QUIZ, rows[0][:split])
    # A quiz without attempts has one row, whose part of them is empty.
    attempts = [Attempt.from_db("default", _OF_ATTEMPT, row[split:]) for row in rows if row[split] is not None]
    return quiz, summarise(attempts, quiz=quiz, now=timezone.now())


def summarise(attempts: Sequence[Attempt], *, quiz: Quiz, now: datetime) -> AttemptsSummary:
    """`attempts` are all of one person, quiz and context, in the order of their numbers."""
    closed = [attempt for attempt in attempts if not attempt.is_open]
    last = closed[-1] if closed else None
    is_used_up = bool(quiz.attempts_allowed) and len(attempts) >= quiz.attempts_allowed
    waits_until = cool_down_ends(last, quiz) if last and not is_used_up else None
    return AttemptsSummary(
        used=len(attempts),
        allowed=quiz.attempts_allowed,
        best_share=max((attempt.share for attempt in closed if attempt.share is not None), default=None),
        is_passed=any(attempt.is_passed for attempt in closed),
        open_attempt=next((attempt for attempt in attempts if attempt.is_open), None),
        last_closed=last,
        next_allowed_at=waits_until if waits_until and waits_until > now else None,
    )


def cool_down_ends(attempt: Attempt, quiz: Quiz) -> datetime | None:
    """When the cool-down after `attempt` is over; None if there is none."""
    if attempt.is_passed is not False or attempt.closed_at is None or not quiz.cool_down_minutes:
        return None
    return attempt.closed_at + timedelta(minutes=quiz.cool_down_minutes)


def attempt_of(*, person: Person, public_id: UUID) -> Attempt:
    """The person's own attempt with its quiz. Raises NotFound, also for an attempt of somebody else."""
    attempt = Attempt.objects.select_related("quiz").filter(public_id=public_id, person=person).first()
    if attempt is None:
        raise NotFound()
    attempt.person = person
    return attempt


def ends_at(attempt: Attempt) -> datetime | None:
    """The deadline with the grace granted so far, for the learner's countdown; None without a time limit."""
    return attempt.deadline_at and attempt.deadline_at + timedelta(seconds=attempt.grace_s)


def accepted_until(attempt: Attempt) -> datetime | None:
    """The last instant at which answers are taken, None if the attempt has no time limit."""
    if attempt.deadline_at is None:
        return None
    return protocol.accepted_until(
        deadline=attempt.deadline_at, last_seen=attempt.last_seen_at, grace_s=attempt.grace_s
    )


def overdue(now: datetime) -> list[int]:
    """Primary keys of open attempts for which the server takes nothing more, oldest deadline first."""
    due = Attempt.objects.filter(state=AttemptState.OPEN, deadline_at__lt=now).order_by("deadline_at", "pk")
    return [attempt.pk for attempt in due.defer(*LARGE) if _is_over(attempt, now)]


def _is_over(attempt: Attempt, now: datetime) -> bool:
    until = accepted_until(attempt)
    return until is not None and now > until
