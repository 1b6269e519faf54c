"""Open, save, submit, close. The server's clock decides; every write is a compare-and-set on the attempt's version."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, DomainError, InvalidInput, NotFound
from organisations.models import Person
from quizzes import grading, protocol, selectors
from quizzes.enums import AttemptState, OutcomeKind
from quizzes.models import Attempt, AttemptOutcome, QuestionRevision, Quiz, QuizQuestion
from quizzes.selectors import Context

__all__ = ["Context", "close_overdue", "open_attempt", "permit", "save_answers", "submit", "visit"]

PERMIT_AGE = timedelta(hours=12)
PERMIT_SALT = "quizzes.permit"
# Our own form without JavaScript signs its changes with this client id.
FORM_CLIENT = "form"


class PermitInvalid(DomainError):
    code, http_status = "permit_invalid", 403
    message = _("This way into the quiz has expired. Go back to the lesson and open the quiz from there.")


class QuizNotReady(DomainError):
    code, http_status = "quiz_not_ready", 409
    message = _("This quiz has no questions yet. Please come back later.")


class NoAttemptsLeft(DomainError):
    code, http_status = "no_attempts_left", 409
    message = _("You have used all %(allowed)s attempts at this quiz. Ask the course's lecturer what you can do.")


class CoolDown(DomainError):
    code, http_status = "cool_down", 409
    message = _("After an attempt that was not passed there is time to learn. You can try again from %(local_time)s.")


class AttemptClosed(DomainError):
    code, http_status = "attempt_closed", 409
    message = _("This attempt was already submitted. Your answers are safe.")


class AttemptOverdue(DomainError):
    code, http_status = "attempt_overdue", 409
    message = _("The time for this attempt is over. What had reached the server was handed in.")


class InvalidAnswer(InvalidInput):
    code = "invalid_answer"
    message = _("One of these answers does not fit its question. Nothing was saved. Load the page again.")


def permit(*, person: Person, quiz: Quiz, context: Context, return_url: str) -> str:
    """A signed leave to open `quiz`, good for 12 hours and for `person` alone.

    The owner of the context makes it after checking access. `return_url` is a path of this site.
    """
    if not url_has_allowed_host_and_scheme(return_url, allowed_hosts=None):
        raise ValueError("return_url must be a path of this site")
    body = {"p": person.pk, "q": quiz.pk, "k": context.kind, "i": context.id, "r": return_url}
    return signing.dumps(body, salt=PERMIT_SALT, compress=True)


def open_attempt(*, person: Person, permit: str) -> tuple[Attempt, bool]:
    """Open an attempt, or resume the open one; the flag says whether it is new. Two calls at once open only one.

    Raises PermitInvalid, QuizNotReady, NoAttemptsLeft, CoolDown.
    """
    try:
        body = signing.loads(permit, salt=PERMIT_SALT, max_age=PERMIT_AGE)
    except signing.BadSignature as error:
        raise PermitInvalid() from error
    if body["p"] != person.pk:
        raise PermitInvalid()
    context, now = Context(body["k"], body["i"]), timezone.now()
    quiz = Quiz.objects.filter(pk=body["q"]).first()
    if quiz is None:
        raise PermitInvalid()
    attempts = Attempt.objects.filter(person=person, quiz=quiz, context_kind=context.kind, context_id=context.id)
    for _turn in range(3):
        for attempt in attempts.filter(state=AttemptState.OPEN).select_related("quiz"):
            attempt = visit(attempt=attempt)
            if attempt.is_open:
                return attempt, False
        summary = selectors.attempts_summary(person=person, quiz=quiz, context=context)
        if summary.open_attempt is None:
            _may_open(summary)
            try:
                with transaction.atomic():
                    return _create(person, quiz, context, body["r"], summary.used + 1, now), True
            except IntegrityError:
                pass  # another tab was faster: look again
    raise Conflict()


def _may_open(summary: selectors.AttemptsSummary) -> None:
    if summary.is_used_up:
        raise NoAttemptsLeft(allowed=summary.allowed)
    if summary.next_allowed_at:
        local = timezone.localtime(summary.next_allowed_at)
        raise CoolDown(
            next_allowed_at=summary.next_allowed_at.isoformat(), local_time=date_format(local, "SHORT_DATETIME_FORMAT")
        )


def _create(person: Person, quiz: Quiz, context: Context, return_url: str, number: int, now: datetime) -> Attempt:
    paper = _paper(quiz)
    if not paper:
        raise QuizNotReady()
    return Attempt.objects.create(
        person=person,
        quiz=quiz,
        context_kind=context.kind,
        context_id=context.id,
        return_url=return_url,
        number=number,
        opened_at=now,
        last_seen_at=now,
        deadline_at=now + timedelta(minutes=quiz.time_limit_minutes) if quiz.time_limit_minutes else None,
        pass_share=quiz.pass_share,
        paper=paper,
        points_possible=sum((Decimal(item["points"]) for item in paper), Decimal(0)),
    )


def _paper(quiz: Quiz) -> list[dict[str, Any]]:
    """The questions of `quiz` in their current revisions, frozen; options in a new order if the quiz shuffles."""
    rows = (
        QuizQuestion.objects.filter(quiz=quiz, question__current__isnull=False)
        .select_related("question__current", "question__bank")
        .order_by("sort_order", "pk")
    )
    return [_freeze(row, shuffle=quiz.shuffle_options) for row in rows]


def _freeze(row: QuizQuestion, *, shuffle: bool) -> dict[str, Any]:
    question = row.question
    revision = cast(QuestionRevision, question.current)
    origins = list(grading.LETTERS[: len(revision.options)])
    if shuffle:
        random.SystemRandom().shuffle(origins)
    shown = dict(zip(origins, grading.LETTERS, strict=False))
    return {
        "question": str(question.public_id),
        "revision": str(revision.public_id),
        "type": revision.type,
        "stem": revision.stem,
        "options": [
            {"key": shown[origin], "text": revision.options[grading.LETTERS.index(origin)], "origin": origin}
            for origin in origins
        ],
        "answer": "".join(sorted(shown[letter] for letter in revision.answer)),
        "explanation": revision.explanation,
        "points": str(revision.points),
        "scoring": question.bank.multiple_scoring,
        "is_reviewed": revision.is_reviewed,
    }


def visit(*, attempt: Attempt) -> Attempt:
    """The attempt as it stands now: seen by the server, and closed if its time is over."""
    if not attempt.is_open:
        return attempt
    with transaction.atomic():
        row = _held(attempt.public_id, attempt.person_id)
        if row.is_open:
            _touch(row)
        return row


def save_answers(*, person: Person, public_id: UUID, events: Sequence[protocol.Event]) -> Attempt:
    """Merge a batch of answer events; the same batch again changes nothing. An empty batch only says "I am here".

    Raises NotFound, InvalidAnswer (then nothing of the batch is stored), AttemptClosed, AttemptOverdue (the attempt
    has then been handed in with what was saved before).
    """
    with transaction.atomic():
        attempt = _held(public_id, person.pk)
        was_open = attempt.is_open
        if was_open:
            _touch(attempt, events)
    if not attempt.is_open:
        raise AttemptOverdue() if was_open or attempt.state == AttemptState.EXPIRED else AttemptClosed()
    return attempt


@transaction.atomic
def submit(*, attempt: Attempt, person: Person, events: Sequence[protocol.Event] = ()) -> Attempt:
    """Hand the attempt in: merge `events`, grade, write the outcome. Again, or at the same time: the one result.

    After its time the attempt is closed with what was saved before. Raises NotFound, InvalidAnswer.
    """
    row = _held(attempt.public_id, person.pk)
    if row.is_open:
        _touch(row, events, hand_in=True)
    return row


def close_overdue() -> int:
    """Close the attempts whose time is over. Returns how many; each has its own transaction."""
    closed = 0
    for pk in selectors.overdue(timezone.now()):
        with transaction.atomic():
            row = Attempt.objects.select_for_update().get(pk=pk)
            until = selectors.accepted_until(row)
            # It may have been seen, or closed, since it was found.
            if row.is_open and until is not None and timezone.now() > until:
                _close(row, AttemptState.EXPIRED, until)
                closed += 1
    return closed


def _held(public_id: UUID, person_pk: int) -> Attempt:
    """The person's attempt, locked where the database knows row locks (SQLite's transaction is exclusive anyway)."""
    attempt = (
        Attempt.objects.select_for_update(of=("self",))
        .select_related("quiz", "person")
        .filter(public_id=public_id, person_id=person_pk)
        .first()
    )
    if attempt is None:
        raise NotFound()
    return attempt


def _touch(attempt: Attempt, events: Sequence[protocol.Event] = (), *, hand_in: bool = False) -> None:
    """A request of an open attempt has come: close it if its time is over, else merge `events` and note the time."""
    now = timezone.now()
    until = selectors.accepted_until(attempt)
    if until is not None and now > until:
        _close(attempt, AttemptState.EXPIRED, until)
        return
    answers = protocol.merge(attempt.answers, [_checked(attempt, event) for event in events])
    if answers != attempt.answers:
        attempt.answers, attempt.answered_at = answers, now
    attempt.last_seen_at = now
    if attempt.deadline_at is not None and now > attempt.deadline_at and not attempt.grace_s:
        attempt.grace_s = protocol.GRACE_S
    if hand_in:
        _close(attempt, AttemptState.SUBMITTED, now)
    else:
        _write(attempt, "answers", "answered_at", "last_seen_at", "grace_s")


def _checked(attempt: Attempt, event: protocol.Event) -> protocol.Event:
    item = next((item for item in attempt.paper if item["question"] == event.question), None)
    if item is None:
        raise InvalidAnswer(question=event.question, reason="unknown_question")
    if event.counter > protocol.latest(attempt.answers) + protocol.MAX_LEAP:
        raise InvalidAnswer(question=event.question, reason="counter_from_the_future")
    try:
        value = grading.normalise(event.value, _item(item))
    except ValueError as error:
        raise InvalidAnswer(question=event.question, reason=str(error)) from error
    return protocol.Event(event.question, value, event.counter, event.client, event.at)


def _item(item: dict[str, Any]) -> grading.Item:
    return grading.Item(
        id=item["question"],
        type=item["type"],
        keys="".join(option["key"] for option in item["options"]),
        key=item["answer"],
        points=Decimal(item["points"]),
        scoring={"mode": item["scoring"], "each": "0.5"},
    )


def _close(attempt: Attempt, state: AttemptState, closed_at: datetime) -> None:
    """Grade and write the outcome, once: the caller's compare-and-set fails if somebody else was faster."""
    grade = grading.grade(
        [_item(item) for item in attempt.paper],
        {question: answer["value"] for question, answer in attempt.answers.items()},
        pass_share=attempt.pass_share,
    )
    attempt.state, attempt.closed_at = state, closed_at
    attempt.points, attempt.is_passed = grade.points, grade.is_passed
    attempt.marks = {
        question: {"points": str(mark.points), "is_right": mark.is_right} for question, mark in grade.marks.items()
    }
    _write(
        attempt, "answers", "answered_at", "last_seen_at", "grace_s", "state", "closed_at", "points", "is_passed",
        "marks",
    )  # fmt: skip
    AttemptOutcome.objects.create(subject=attempt, kind=OutcomeKind.ATTEMPT_GRADED)
    AttemptOutcome.announce()


def _write(attempt: Attempt, *fields: str) -> None:
    values = {field: getattr(attempt, field) for field in fields}
    written = Attempt.objects.filter(pk=attempt.pk, state=AttemptState.OPEN, version=attempt.version).update(
        version=attempt.version + 1, **values
    )
    if written != 1:
        raise Conflict()
    attempt.version += 1
