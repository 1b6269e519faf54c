"""What others may know of quizzes and attempts. The key of a question leaves here only when the review is allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from cms.shared.errors import NotFound
from organisations.models import Person
from quizzes import grading, protocol
from quizzes.enums import AttemptState, ReviewPolicy
from quizzes.models import Attempt, Quiz


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
    def is_used_up(self) -> bool:
        return bool(self.allowed) and self.used >= self.allowed and self.open_attempt is None

    @property
    def may_open(self) -> bool:
        """Whether an attempt may be opened (or resumed) now."""
        return self.open_attempt is not None or not (self.is_used_up or self.next_allowed_at)


def attempts_summary(*, person: Person, quiz: Quiz, context: Context) -> AttemptsSummary:
    """One query. `next_allowed_at` is None unless a cool-down is running."""
    attempts = Attempt.objects.filter(person=person, quiz=quiz, context_kind=context.kind, context_id=context.id).defer(
        "paper", "answers", "marks"
    )
    return summarise(list(attempts.order_by("number")), quiz=quiz, now=timezone.now())


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
    if attempt.is_passed or attempt.closed_at is None or not quiz.cool_down_minutes:
        return None
    return attempt.closed_at + timedelta(minutes=quiz.cool_down_minutes)


def attempt_of(*, person: Person, public_id: UUID) -> Attempt:
    """The person's own attempt with its quiz. Raises NotFound, also for an attempt of somebody else."""
    attempt = Attempt.objects.select_related("quiz").filter(public_id=public_id, person=person).first()
    if attempt is None:
        raise NotFound()
    attempt.person = person
    return attempt


@dataclass(frozen=True)
class OptionView:
    """`is_right` is None while the review is not allowed."""

    key: str
    text: str
    is_chosen: bool
    is_right: bool | None


@dataclass(frozen=True)
class QuestionView:
    """A question as its learner may see it now; `mark`, `is_right`, `answer`, `explanation` are None until review."""

    id: str
    position: int
    type: str
    stem: str
    options: tuple[OptionView, ...]
    points: Decimal
    is_reviewed: bool
    is_multiple: bool
    value: str
    mark: Decimal | None = None
    is_right: bool | None = None
    answer: str | None = None
    explanation: str | None = None


@dataclass(frozen=True)
class Sheet:
    """An attempt as its learner may see it now.

    `ends_at` is the deadline with the grace granted so far, None without a time limit; `review_from` says when the
    review opens, if only time is missing.
    """

    attempt: Attempt
    now: datetime
    ends_at: datetime | None
    questions: tuple[QuestionView, ...]
    is_review_allowed: bool
    review_from: datetime | None
    summary: AttemptsSummary | None

    @property
    def answered(self) -> int:
        return sum(1 for question in self.questions if question.value)

    @property
    def percent(self) -> Decimal | None:
        """The share reached in percent, cut to one place, so that 59.96 never reads as a passed 60."""
        share = self.attempt.share
        return None if share is None else Decimal(int(share * 1000)) / 10

    @property
    def pass_percent(self) -> Decimal:
        return (self.attempt.pass_share * 100).normalize()


def sheet(attempt: Attempt) -> Sheet:
    """No query while the attempt is open, one when it is closed (needs `attempt.quiz`)."""
    now = timezone.now()
    summary, allowed, review_from = None, False, None
    if not attempt.is_open:
        context = Context(attempt.context_kind, attempt.context_id)
        summary = attempts_summary(person=attempt.person, quiz=attempt.quiz, context=context)
        allowed, review_from = _review(attempt, summary, now)
    return Sheet(
        attempt=attempt,
        now=now,
        ends_at=ends_at(attempt),
        questions=tuple(_question(attempt, item, number, allowed) for number, item in enumerate(attempt.paper, 1)),
        is_review_allowed=allowed,
        review_from=review_from,
        summary=summary,
    )


def _review(attempt: Attempt, summary: AttemptsSummary, now: datetime) -> tuple[bool, datetime | None]:
    # An open attempt at the same quiz must not find its key in the result of an earlier one.
    if summary.open_attempt is not None:
        return False, None
    if attempt.quiz.review_policy == ReviewPolicy.WHEN_OVER and not (summary.is_passed or summary.is_used_up):
        return False, None
    waits_until = cool_down_ends(attempt, attempt.quiz)
    if waits_until and waits_until > now and not (summary.is_passed or summary.is_used_up):
        return False, waits_until
    return True, None


def _question(attempt: Attempt, item: dict[str, Any], position: int, review: bool) -> QuestionView:
    value = attempt.answers.get(item["question"], {}).get("value", "")
    mark = attempt.marks.get(item["question"], {})
    return QuestionView(
        id=item["question"],
        position=position,
        type=item["type"],
        stem=item["stem"],
        options=tuple(
            OptionView(
                key=option["key"],
                text=option["text"],
                is_chosen=option["key"] in value,
                is_right=option["key"] in item["answer"] if review else None,
            )
            for option in item["options"]
        ),
        points=Decimal(item["points"]),
        is_reviewed=item["is_reviewed"],
        is_multiple=item["type"] in grading.SEVERAL,
        value=value,
        mark=Decimal(mark["points"]) if review and mark else None,
        is_right=mark["is_right"] if review and mark else None,
        answer=item["answer"] if review else None,
        explanation=item["explanation"] if review else None,
    )


def preview(*, type: str, stem: str, options: Sequence[str], points: Decimal, is_reviewed: bool) -> QuestionView:
    """A question that is not in any paper yet, as its learner would see it: without its key."""
    return QuestionView(
        id="preview",
        position=1,
        type=type,
        stem=stem,
        options=tuple(
            OptionView(key=key, text=text, is_chosen=False, is_right=None)
            for key, text in zip(grading.LETTERS, options, strict=False)
        ),
        points=points,
        is_reviewed=is_reviewed,
        is_multiple=type in grading.SEVERAL,
        value="",
    )


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
    return [attempt.pk for attempt in due.defer("paper", "answers", "marks") if _is_over(attempt, now)]


def _is_over(attempt: Attempt, now: datetime) -> bool:
    until = accepted_until(attempt)
    return until is not None and now > until
