"""Objections (有异议): a learner says that something is not right with a question, somebody who keeps it answers."""

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from cms.shared import errors
from organisations import audit, notifications
from organisations.deeds import Deed
from organisations.enums import Power
from organisations.models import Person
from organisations.selectors import required_scope
from quizzes import selectors
from quizzes.enums import ObjectionState
from quizzes.models import Attempt, Question, QuestionObjection, QuestionRevision
from quizzes.selectors import objections as found

# Whoever has more to say in a day talks to the authors.
A_DAY = 20
LONGEST = 1000


class NothingSaid(errors.InvalidInput):
    code = "objection_without_words"
    message = _("Write what is not right with the question.")


class TooLong(errors.InvalidInput):
    code = "objection_too_long"
    message = _("Write at most 1,000 characters.")


class AttemptStillOpen(errors.Conflict):
    code = "attempt_still_open"
    message = _("Hand the attempt in first; then you can object to its questions.")


class AlreadyOpen(errors.Conflict):
    code = "question_objection_open"
    message = _("You have objected to this question already. Wait for the answer, then you can object again.")


class TooMany(errors.DomainError):
    code, http_status = "too_many_objections", 429
    message = _("You have made %(most)s objections within a day. Make further ones tomorrow.")


class AlreadyAnswered(errors.Conflict):
    code = "question_objection_answered"
    message = _("Somebody has answered in the meantime. Load the page again.")


class OwnObjection(errors.OutOfScope):
    code = "own_question_objection"
    message = _("Nobody answers an objection of their own. Somebody else who keeps questions has to.")


class AnswerMissing(errors.InvalidInput):
    code = "objection_answer_missing"
    message = _("Write what you found; the learner reads it.")


@transaction.atomic
def object_to(*, by: Person, attempt_id: UUID, item: UUID, text: str) -> QuestionObjection:
    """The learner says what is not right with an item of their own closed attempt. The question's author and everybody
    who keeps questions are told.

    Raises NotFound, AttemptStillOpen, NothingSaid, TooLong, AlreadyOpen, TooMany.
    """
    attempt = selectors.attempt_of(person=by, public_id=attempt_id)
    group = next((group for group in attempt.paper["groups"] if str(item) in _items(group)), None)
    if group is None:
        raise errors.NotFound
    if attempt.is_open:
        raise AttemptStillOpen
    _check(text, NothingSaid)
    since = timezone.now() - timedelta(days=1)
    if QuestionObjection.objects.filter(attempt__person=by, made_at__gt=since).count() >= A_DAY:
        raise TooMany(most=A_DAY)
    revision = QuestionRevision.objects.select_related("created_by").filter(public_id=group["revision"]).first()
    mark = attempt.marks.get(str(item))
    try:
        with transaction.atomic():
            made = QuestionObjection.objects.create(
                attempt=attempt,
                item=str(item),
                question=Question.objects.filter(public_id=group["question"]).first(),
                points=mark["points"] if mark else None,
                text=text.strip(),
            )
    except IntegrityError as error:
        raise AlreadyOpen from error
    audit.record(
        by=by, verb=Deed.QUESTION_OBJECT, target=made, after={"item": made.item, "revision": _number(revision)}
    )
    for person in found.keepers(revision, but=by):
        _tell(person, "quizzes.objection_made", made, "manage:question_objection", made.public_id)
    return made


def _items(group: dict[str, list[dict[str, str]]]) -> set[str]:
    return {item["id"] for item in group["items"]}


def _number(revision: QuestionRevision | None) -> int | None:
    return revision.number if revision is not None else None


@transaction.atomic
def answer(*, by: Person, objection: QuestionObjection, is_accepted: bool, text: str) -> QuestionObjection:
    """Say what was found; the learner is told. It changes no mark: a regrade does that.

    Raises OutOfScope, AnswerMissing, TooLong, OwnObjection, AlreadyAnswered.
    """
    required_scope(by, Power.KEEP_QUESTIONS)
    _check(text, AnswerMissing)
    if found.is_own(objection, by):
        raise OwnObjection
    state = ObjectionState.ACCEPTED if is_accepted else ObjectionState.DECLINED
    waiting = QuestionObjection.objects.filter(pk=objection.pk, state=ObjectionState.OPEN)
    if waiting.update(state=state, answer=text.strip(), answered_by=by, answered_at=timezone.now()) != 1:
        raise AlreadyAnswered
    row: QuestionObjection = found.objection_by(objection.public_id)
    audit.record(by=by, verb=Deed.QUESTION_OBJECTION_ANSWER, target=row, after={"state": row.state})
    _tell(row.attempt.person, "quizzes.objection_answered", row, "quizzes:attempt", row.attempt.public_id)
    return row


def _check(text: str, missing: type[errors.InvalidInput]) -> None:
    if not text.strip():
        raise missing
    if len(text.strip()) > LONGEST:
        raise TooLong


def _tell(person: Person, kind: str, row: QuestionObjection, page: str, id: UUID) -> None:
    with translation.override(person.language):
        link = reverse(page, args=[id])
    params = {
        "quiz": row.attempt.quiz.title,
        "code": row.question.code if row.question else "",
        "is_accepted": row.is_accepted,
        "place": place_of(row.attempt, row.item),
    }
    notifications.notify(person=person, kind=kind, params=params, key=f"{kind}:{row.public_id}", link=link)


def place_of(attempt: Attempt, item: str) -> int:
    """The number of an item on its paper, from 1."""
    ids = [found["id"] for group in attempt.paper["groups"] for found in group["items"]]
    return ids.index(item) + 1
