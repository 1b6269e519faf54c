"""Questions and their revisions. A revision never changes: every change of wording or key makes the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import Conflict, InvalidInput
from organisations import audit
from organisations.models import Person
from quizzes import grading
from quizzes.enums import QuestionType, ReviewState
from quizzes.models import Bank, Question, QuestionRevision

TYPES = (QuestionType.A1, QuestionType.A2, QuestionType.X)
MIN_OPTIONS, MAX_OPTIONS = 2, len(grading.LETTERS)
MAX_POINTS = Decimal(100)


class InvalidQuestion(InvalidInput):
    """`field` names what is wrong: type, stem, options, answer, points, difficulty."""

    code = "invalid_question"
    message = _("This question cannot be used. Please correct it.")

    def __init__(self, message: Any, *, field: str, **params: Any) -> None:
        super().__init__(message, field=field, **params)


class ImportRefused(InvalidInput):
    """Nothing was imported. `params["rows"]` lists {row, code, field, message} for every row that is wrong."""

    code = "import_refused"
    message = _("Nothing was imported: %(count)s rows cannot be used. Correct them and import again.")


class CodeTaken(Conflict):
    code = "question_code_taken"
    message = _("This bank already has a question %(question)s. Choose another code.")


@dataclass(frozen=True)
class Draft:
    """The wording of a question. `options` are texts in order (A, B, …); `answer` the right letters ("B", "ABD")."""

    type: str
    stem: str
    options: tuple[str, ...]
    answer: str
    explanation: str = ""
    points: Decimal = Decimal(1)
    difficulty: int = 2
    source: str = ""
    licence: str = ""
    review_state: str = ReviewState.DRAFT


def checked(draft: Draft) -> Draft:
    """`draft` with its texts stripped and its key in order. Raises InvalidQuestion on the first field that is wrong."""
    options = tuple(str(option).strip() for option in draft.options)
    if draft.type not in TYPES:
        raise InvalidQuestion(_("This type of question is not known here."), field="type")
    if not draft.stem.strip():
        raise InvalidQuestion(_("Please write the question itself."), field="stem")
    if not MIN_OPTIONS <= len(options) <= MAX_OPTIONS:
        raise InvalidQuestion(_("A question needs between 2 and 12 options."), field="options")
    if "" in options:
        raise InvalidQuestion(_("An option is empty. Fill the options from A on, without a gap."), field="options")
    if len(set(options)) != len(options):
        raise InvalidQuestion(_("Two options read the same."), field="options")
    if not Decimal(0) < draft.points <= MAX_POINTS:
        raise InvalidQuestion(_("Points must be more than 0 and at most 100."), field="points")
    key, keys = draft.answer.strip().upper(), grading.LETTERS[: len(options)]
    try:
        item = grading.Item(id="", type=draft.type, key=key, points=draft.points, keys=keys)
        answer = grading.check_item(draft.type, item).key
    except ValueError as error:
        message = (
            _("An X question needs at least two right options, each one of %(keys)s.")
            if draft.type in grading.SEVERAL
            else _("Name exactly one right option, one of %(keys)s.")
        )
        raise InvalidQuestion(message, field="answer", keys=keys) from error
    if not 1 <= draft.difficulty <= 5:
        raise InvalidQuestion(_("Difficulty is a number from 1 (easy) to 5 (hard)."), field="difficulty")
    texts = {"stem": draft.stem.strip(), "explanation": draft.explanation.strip(), "source": draft.source.strip()}
    return Draft(**{**asdict(draft), **texts, "options": options, "answer": answer})


def draft_of(revision: QuestionRevision) -> Draft:
    """The wording of `revision` as a draft, to change and hand to `revise_question`."""
    return Draft(
        type=revision.type,
        stem=revision.stem,
        options=tuple(revision.options),
        answer=revision.answer,
        explanation=revision.explanation,
        points=revision.points,
        difficulty=revision.difficulty,
        source=revision.source,
        licence=revision.licence,
        review_state=revision.review_state,
    )


@transaction.atomic
def create_question(*, by: Person | None, bank: Bank, code: str, draft: Draft, subject: str = "") -> Question:
    """A new question with its first revision. Raises InvalidQuestion, CodeTaken."""
    draft = checked(draft)
    try:
        with transaction.atomic():
            question = Question.objects.create(bank=bank, code=code, subject=subject)
    except IntegrityError as error:
        raise CodeTaken(question=code) from error
    _revise(by=by, question=question, draft=draft)
    audit.record(by=by, verb="question_created", target=question, after={"code": code, "revision": 1})
    return question


@transaction.atomic
def revise_question(*, by: Person | None, question: Question, draft: Draft, subject: str | None = None) -> Question:
    """Give `question` the wording `draft`; no new revision if nothing changed.

    Raises InvalidQuestion, and Conflict if somebody else revised it since `question` was read.
    """
    draft = checked(draft)
    if subject is not None and subject != question.subject:
        question.subject = subject
        question.save(update_fields=["subject"])
    current = question.current
    if current is not None and draft_of(current) == draft:
        return question
    before = current.number if current else 0
    _revise(by=by, question=question, draft=draft)
    audit.record(
        by=by,
        verb="question_revised",
        target=question,
        before={"revision": before},
        after={"revision": before + 1, "review_state": draft.review_state},
    )
    return question


def _revise(*, by: Person | None, question: Question, draft: Draft) -> None:
    """Append the next revision and make it the current one, by compare-and-set on the current one."""
    current = question.current
    try:
        with transaction.atomic():
            revision = QuestionRevision.objects.create(
                question=question,
                number=current.number + 1 if current else 1,
                created_by=by,
                **{**asdict(draft), "options": list(draft.options)},
            )
    except IntegrityError as error:
        raise Conflict() from error
    if Question.objects.filter(pk=question.pk, current=current).update(current=revision) != 1:
        raise Conflict()
    question.current = revision


@transaction.atomic
def import_questions(*, by: Person | None, bank: Bank, items: Sequence[Mapping[str, Any]]) -> list[Question]:
    """Create or revise one question for every item {id, type, stem, options, answer, explanation, subject, …}.

    `id` becomes the code; difficulty and score may be missing. A question that is there already gets a new revision
    if its wording differs. Returns the questions in the order of `items`. Raises ImportRefused, and imports nothing,
    if any row is wrong.
    """
    rows: list[tuple[str, str, Draft]] = []
    faults: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, item in enumerate(items, start=1):
        code = str(item.get("id", "")).strip()
        try:
            if not code or len(code) > 40 or code in seen:
                raise InvalidQuestion(_("Every row needs an id of its own, at most 40 characters."), field="id")
            seen.add(code)
            rows.append((code, str(item.get("subject") or ""), checked(_draft_from(item))))
        except InvalidQuestion as error:
            faults.append({"row": number, "code": code, "field": error.params["field"], "message": str(error)})
    if faults:
        raise ImportRefused(count=len(faults), rows=faults)
    present = {
        question.code: question
        for question in Question.objects.filter(bank=bank, code__in=seen).select_related("current")
    }
    return [
        revise_question(by=by, question=present[code], draft=draft, subject=subject)
        if code in present
        else create_question(by=by, bank=bank, code=code, draft=draft, subject=subject)
        for code, subject, draft in rows
    ]


def _draft_from(item: Mapping[str, Any]) -> Draft:
    options = item.get("options")
    if not isinstance(options, list | tuple):
        raise InvalidQuestion(_("The options must be a list of texts."), field="options")
    try:
        points = Decimal(str(item.get("score") or 1))
        difficulty = int(item.get("difficulty") or 2)
    except (InvalidOperation, ValueError, TypeError) as error:
        raise InvalidQuestion(_("Score and difficulty must be numbers."), field="points") from error
    return Draft(
        type=str(item.get("type", "")),
        stem=str(item.get("stem") or ""),
        options=tuple(str(option) for option in options),
        answer=str(item.get("answer") or ""),
        explanation=str(item.get("explanation") or ""),
        points=points,
        difficulty=difficulty,
        source=str(item.get("source") or ""),
        licence=str(item.get("licence") or ""),
        review_state=str(item.get("review_state") or ReviewState.DRAFT),
    )
