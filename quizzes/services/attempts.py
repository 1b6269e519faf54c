"""Open, save, advance, submit, close. The server's clock decides; every write is a compare-and-set on the version."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from cms.shared import statements
from cms.shared.errors import Conflict, DomainError, InvalidInput, NotFound
from organisations import rules
from organisations.models import Person
from quizzes import grading, protocol, selectors
from quizzes.enums import AttemptState, GradeCause, QuestionType
from quizzes.models import AnswerFile, Attempt, Quiz
from quizzes.selectors import Context
from quizzes.services import grades, marking_items, papers
from quizzes.services.papers import QuizNotReady

__all__ = [
    "Context",
    "QuizNotReady",
    "advance",
    "close_overdue",
    "open_attempt",
    "open_with_paper",
    "permit",
    "save_answers",
    "submit",
    "visit",
]

PERMIT_AGE = timedelta(hours=12)
PERMIT_SALT = "quizzes.permit"
# A save neither needs nor reads the paper and what else is only shown.
NEEDED_TO_SAVE = (
    *("public_id", "person_id", "state", "version", "deadline_at", "last_seen_at", "grace_s"),
    *("shape", "answers", "opened", "locked", "refused"),
)
# Our own form without JavaScript signs its changes with this client id.
FORM_CLIENT = "form"


class PermitInvalid(DomainError):
    code, http_status = "permit_invalid", 403
    message = _("This way into the quiz has expired. Go back to the page of the quiz and open it from there.")


class QuizNotOpen(DomainError):
    code, http_status = "quiz_not_open", 409
    message = _("This quiz opens at %(local_time)s. Please come back then.")


class QuizOver(DomainError):
    code, http_status = "quiz_over", 409
    message = _("This quiz closed at %(local_time)s. Ask those who run it what you can do.")


class MarksPending(DomainError):
    code, http_status = "marks_pending", 409
    message = _("Your last attempt is still being marked. You can try again when its result is there.")


class NoAttemptsLeft(DomainError):
    code, http_status = "no_attempts_left", 409
    message = _("You have used all %(allowed)s attempts at this quiz. Ask those who run it what you can do.")


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


class CannotAdvance(InvalidInput):
    code = "cannot_advance"
    message = _("There is nothing to open after this. Load the page again.")


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

    Raises PermitInvalid, QuizNotReady, QuizNotOpen, QuizOver, NoAttemptsLeft, MarksPending, CoolDown.
    """
    attempt, paper = open_with_paper(person=person, permit=permit)
    if paper is not None:
        attempt.paper, attempt.shape = paper.paper, paper.shape
    return attempt, paper is not None


def open_with_paper(*, person: Person, permit: str) -> tuple[Attempt, papers.Paper | None]:
    """As `open_attempt`, for whoever shows the new paper at once: it is None when the open attempt is resumed.

    The attempt comes without paper and shape, which it reads again if it is asked for them.
    """
    try:
        body = signing.loads(permit, salt=PERMIT_SALT, max_age=PERMIT_AGE)
    except signing.BadSignature as error:
        raise PermitInvalid() from error
    if body["p"] != person.pk:
        raise PermitInvalid()
    context, now = Context(body["k"], body["i"]), timezone.now()
    for _turn in range(3):
        found = selectors.opening(person=person, quiz_id=body["q"], context=context)
        if found is None:
            raise PermitInvalid()
        quiz, summary = found
        if summary.open_attempt is not None:
            attempt = visit(attempt=selectors.attempt_of(person=person, public_id=summary.open_attempt.public_id))
            if attempt.is_open:
                return attempt, None
            summary = selectors.attempts_summary(person=person, quiz=quiz, context=context)
        if summary.open_attempt is None:
            _may_open(quiz, summary, now)
            built = papers.build(quiz)
            attempt = _new(person, quiz, context, body["r"], summary.used + 1, now)
            attempt.points_possible = built.points
            # One statement is a transaction of its own. Where it writes nothing, another tab was faster: look again.
            if _insert(attempt, paper=built.text, shape=built.shape_text):
                del attempt.paper, attempt.shape
                return attempt, built
    raise Conflict()


def _may_open(quiz: Quiz, summary: selectors.AttemptsSummary, now: datetime) -> None:
    if quiz.opens_at and now < quiz.opens_at:
        raise QuizNotOpen(opens_at=quiz.opens_at.isoformat(), local_time=_local(quiz.opens_at))
    if quiz.closes_at and now >= quiz.closes_at:
        raise QuizOver(closes_at=quiz.closes_at.isoformat(), local_time=_local(quiz.closes_at))
    if summary.is_used_up:
        raise NoAttemptsLeft(allowed=summary.allowed)
    if summary.waits_for_marks:
        raise MarksPending()
    if summary.next_allowed_at:
        raise CoolDown(next_allowed_at=summary.next_allowed_at.isoformat(), local_time=_local(summary.next_allowed_at))


def _local(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


_insert = statements.Insertion(Attempt)


def _new(person: Person, quiz: Quiz, context: Context, return_url: str, number: int, now: datetime) -> Attempt:
    ends = [quiz.closes_at] if quiz.closes_at else []
    if quiz.time_limit_minutes:
        ends.append(now + timedelta(minutes=quiz.time_limit_minutes))
    return Attempt(
        person=person,
        quiz=quiz,
        context_kind=context.kind,
        context_id=context.id,
        return_url=return_url,
        number=number,
        opened_at=now,
        last_seen_at=now,
        deadline_at=min(ends, default=None),
        pass_share=quiz.pass_share,
    )


def visit(*, attempt: Attempt) -> Attempt:
    """The attempt as it stands now: seen by the server, and closed if its time is over."""
    if not attempt.is_open:
        return attempt
    with transaction.atomic():
        row = _held(attempt.public_id, attempt.person_id, Attempt.objects.defer("paper"))
        if row.is_open:
            _touch(row)
        # What was read before the row was held may be old; the paper never is.
        for name in row.__dict__.keys() & {field.attname for field in Attempt._meta.concrete_fields}:
            setattr(attempt, name, getattr(row, name))
    return attempt


def save_answers(*, person: Person, public_id: UUID, events: Sequence[protocol.Event]) -> Attempt:
    """Merge a batch of answer events; the same batch again changes nothing. An empty batch only says "I am here".

    Events on what is locked are kept apart (`too_late`), the others are taken. Raises NotFound, InvalidAnswer (then
    nothing of the batch is stored), AttemptClosed, AttemptOverdue (the attempt has then been handed in with what was
    saved before). The attempt comes without its paper.
    """
    with transaction.atomic():
        attempt = _held(public_id, person.pk, Attempt.objects.only(*NEEDED_TO_SAVE))
        was_open = attempt.is_open
        if was_open:
            _touch(attempt, events)
    _refuse_closed(attempt, was_open)
    return attempt


def advance(
    *,
    person: Person,
    public_id: UUID,
    item: str = "",
    section: int | None = None,
    events: Sequence[protocol.Event] = (),
) -> Attempt:
    """Merge `events`, then finish `item` (the next of its case opens) or the section with this number, for good.

    Again it changes nothing. Raises as `save_answers`, and CannotAdvance.
    """
    with transaction.atomic():
        attempt = _held(public_id, person.pk, Attempt.objects.only(*NEEDED_TO_SAVE))
        was_open = attempt.is_open
        if was_open:
            _touch(attempt, events, finish=(item, section))
    _refuse_closed(attempt, was_open)
    return attempt


def _refuse_closed(attempt: Attempt, was_open: bool) -> None:
    if not attempt.is_open:
        raise AttemptOverdue() if was_open or attempt.state == AttemptState.EXPIRED else AttemptClosed()


@transaction.atomic
def submit(*, person: Person, public_id: UUID, events: Sequence[protocol.Event] = ()) -> Attempt:
    """Hand the attempt in: merge `events`, grade, write the outcome. Again, or at the same time: the one result.

    After its time the attempt is closed with what was saved before. Raises NotFound, InvalidAnswer.
    """
    row = _held(public_id, person.pk, Attempt.objects.select_related("quiz"))
    row.person = person
    # One attempt at a time, numbered: nobody can have opened a second one while the first was open.
    row.is_only = row.is_open and row.number == 1
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


def too_late(attempt: Attempt, events: Sequence[protocol.Event]) -> list[str]:
    """The items of `events` whose change was refused because they are locked, each once."""
    late = dict.fromkeys(
        event.question
        for event in events
        if event.question in attempt.locked
        and (
            (known := attempt.answers.get(event.question)) is None
            or (event.counter, event.client) > (known["counter"], known["client"])
        )
    )
    return list(late)


def _held(public_id: UUID, person_pk: int, rows: QuerySet[Attempt]) -> Attempt:
    """The person's attempt, locked where the database knows row locks (SQLite's transaction is exclusive anyway)."""
    # It is one row or none: neither an order nor a limit is worth its price here.
    found = list(rows.select_for_update(of=("self",)).filter(public_id=public_id, person_id=person_pk))
    if not found:
        raise NotFound()
    return found[0]


def _touch(
    attempt: Attempt,
    events: Sequence[protocol.Event] = (),
    *,
    hand_in: bool = False,
    finish: tuple[str, int | None] | None = None,
) -> None:
    """A request of an open attempt has come: close it if its time is over, else merge `events` and note the time."""
    now = timezone.now()
    until = selectors.accepted_until(attempt)
    if until is not None and now > until:
        _close(attempt, AttemptState.EXPIRED, until)
        return
    changed = _merge(attempt, events, now) if events else []
    if finish is not None:
        changed += _finish(attempt, *finish, now)
    attempt.last_seen_at = now
    changed.append("last_seen_at")
    if attempt.deadline_at is not None and now > attempt.deadline_at and not attempt.grace_s:
        attempt.grace_s = protocol.GRACE_S
        changed.append("grace_s")
    if hand_in:
        _close(attempt, AttemptState.SUBMITTED, now, *changed)
    else:
        _write(attempt, *changed)


def _merge(attempt: Attempt, events: Sequence[protocol.Event], now: datetime) -> list[str]:
    """Take the events into the attempt; returns the names of the fields that changed."""
    latest = protocol.latest(attempt.answers)
    checked = [_checked(attempt, event, latest) for event in events]
    timely, late = protocol.sift(attempt.answers, checked, attempt.locked)
    answers = protocol.merge(attempt.answers, timely)
    changed = []
    if answers != attempt.answers:
        attempt.answers, attempt.answered_at = answers, now
        changed += ["answers", "answered_at"]
    if late:
        attempt.refused = protocol.keep_refused(attempt.refused, late, at=now.isoformat())
        changed.append("refused")
    return changed


def _finish(attempt: Attempt, item: str, section: int | None, now: datetime) -> list[str]:
    seen, at = protocol.Progress(attempt.opened, attempt.locked), now.isoformat()
    try:
        if section is None:
            progress = protocol.finish_item(attempt.shape, seen, item, at=at)
        else:
            progress = protocol.finish_section(attempt.shape, seen, section - 1, at=at)
    except ValueError as error:
        raise CannotAdvance(reason=str(error)) from error
    attempt.opened, attempt.locked = progress.opened, progress.locked
    return ["opened", "locked"]


def _checked(attempt: Attempt, event: protocol.Event, latest: int) -> protocol.Event:
    item = attempt.shape["items"].get(event.question)
    seen = protocol.Progress(attempt.opened, attempt.locked)
    if item is None or protocol.state_of(attempt.shape, seen, event.question) == "hidden":
        raise InvalidAnswer(question=event.question, reason="unknown_question")
    if event.counter > latest + protocol.MAX_LEAP:
        raise InvalidAnswer(question=event.question, reason="counter_from_the_future")
    try:
        value = grading.normalise(event.value, _as_put(event.question, item))
    except ValueError as error:
        raise InvalidAnswer(question=event.question, reason=str(error)) from error
    if value and item["type"] == QuestionType.FILE and not AnswerFile.belongs(attempt, event.question, value):
        raise InvalidAnswer(question=event.question, reason="unknown_file")
    return protocol.Event(event.question, value, event.counter, event.client, event.at)


def _as_put(id: str, item: protocol.ShapeItem) -> grading.Item:
    """What a value must fit: the question as its learner has it, without what is right."""
    settings = item.get("settings", {})
    return grading.Item(id=id, type=item["type"], key="", points=Decimal(1), keys=item["keys"], settings=settings)


def _close(attempt: Attempt, state: AttemptState, closed_at: datetime, *changed: str) -> None:
    """Grade and write the outcome, once: the caller's compare-and-set fails if somebody else was faster.

    What people must mark has no grade and no outcome yet.
    """
    if deferred := attempt.get_deferred_fields():
        attempt.refresh_from_db(fields=deferred)
    grade = grades.graded(attempt)
    attempt.state, attempt.closed_at, attempt.receipt = state, closed_at, _receipt()
    fields = grades.current(grade, at=closed_at)
    for name, value in fields.items():
        setattr(attempt, name, value)
    _write(attempt, *changed, "state", "closed_at", "receipt", *fields)
    if grade.is_complete:
        grades.append(attempt=attempt, grade=grade, revision=1, cause=GradeCause.CLOSING, at=closed_at)
    else:
        marking_items.open_items(attempt)


def _receipt() -> str:
    """A code of 12 characters that nobody guesses; its check symbol is a letter or digit, easy to say and to type."""
    while True:
        code = rules.code_with_check("".join(secrets.choice(rules.ALPHABET) for _place in range(rules.CODE_LENGTH - 1)))
        if code[-1] in rules.ALPHABET:
            return code


def _write(attempt: Attempt, *fields: str) -> None:
    values: dict[str, Any] = {field: getattr(attempt, field) for field in fields}
    written = Attempt.objects.filter(pk=attempt.pk, state=AttemptState.OPEN, version=attempt.version).update(
        version=attempt.version + 1, **values
    )
    if written != 1:
        raise Conflict()
    attempt.version += 1
