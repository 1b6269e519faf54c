"""What is done to questions beside their wording: classifying and copying them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from organisations import audit
from organisations.deeds import Deed
from organisations.models import Person
from quizzes.enums import Bloom
from quizzes.models import Bank, Question, classification
from quizzes.services import bank as wording
from quizzes.services.bank import InvalidQuestion

MAX_CODE, MAX_SUBJECT = 40, 60


@dataclass(frozen=True)
class About:
    """By what a question is found. `syllabus_codes` stand in the syllabus's order; "" says nothing."""

    subject: str = ""
    syllabus_codes: tuple[str, ...] = ()
    modality: str = ""
    body_part: str = ""
    bloom: str = ""


def about(question: Question) -> About:
    return About(
        subject=question.subject,
        syllabus_codes=tuple(question.syllabus_codes),
        modality=question.modality,
        body_part=question.body_part,
        bloom=question.bloom,
    )


def _checked(said: About, before: About) -> About:
    """`said` in its written form. A code that the data no longer has may stay, but none may come."""
    known: dict[str, Iterable[str]] = {
        "modality": classification.modalities().codes,
        "body_part": classification.body_parts().codes,
        "bloom": tuple(Bloom),
    }
    subject = said.subject.strip()
    if len(subject) > MAX_SUBJECT:
        raise InvalidQuestion(_("The subject is too long."), field="subject")
    order = classification.syllabus().codes
    if not set(said.syllabus_codes) <= {*order, *before.syllabus_codes}:
        raise InvalidQuestion(_("The syllabus has no such code."), field="syllabus_codes")
    for name, codes in known.items():
        code = getattr(said, name)
        if code and code not in codes and code != getattr(before, name):
            raise InvalidQuestion(_("Choose one from the list."), field=name)
    places = {code: place for place, code in enumerate(order)}
    codes = tuple(sorted(set(said.syllabus_codes), key=lambda code: (places.get(code, len(places)), code)))
    return replace(said, subject=subject, syllabus_codes=codes)


@transaction.atomic
def classify(*, by: Person | None, question: Question, said: About) -> Question:
    """Give `question` the subject, syllabus, modality … of `said`; the same again changes nothing.

    Raises InvalidQuestion.
    """
    before = about(Question.objects.get(pk=question.pk))
    after = _checked(said, before)
    for name, value in asdict(after).items():
        setattr(question, name, list(value) if isinstance(value, tuple) else value)
    if after == before:
        return question
    question.save(update_fields=list(asdict(after)))
    changed = {name for name, value in asdict(after).items() if value != asdict(before)[name]}
    audit.record(
        by=by,
        verb=Deed.QUESTION_CLASSIFIED,
        target=question,
        before=_some(before, changed),
        after=_some(after, changed),
    )
    return question


def _some(said: About, names: set[str]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(said).items()
        if name in names
    }


@transaction.atomic
def copy_question(*, by: Person | None, question: Question, bank: Bank, code: str) -> Question:
    """A new question in `bank` with the wording, pictures and classification of `question`, as a draft of `by`.

    Needs `question.current`. Raises InvalidQuestion, CodeTaken.
    """
    code = code.strip()
    if not code or len(code) > MAX_CODE:
        raise InvalidQuestion(_("A question needs a code of its own, at most 40 characters."), field="code")
    if question.current is None:
        raise InvalidQuestion(_("This question has no wording yet."), field="code")
    draft = wording.draft_of(question.current)
    # Its parts are others than those of the original: answers and statistics must not mix.
    draft = replace(draft, items=tuple(replace(item, id="") for item in draft.items))
    copied = wording.create_question(by=by, bank=bank, code=code, draft=draft, subject=question.subject)
    return classify(by=by, question=copied, said=about(question))


def free_code(bank: Bank, code: str) -> str:
    """`code` if the bank has no such question, else the first of code-2, code-3 … that is free."""
    start = code[: MAX_CODE - 5]
    taken = set(Question.objects.filter(bank=bank, code__startswith=start).values_list("code", flat=True))
    if code not in taken:
        return code
    return next(found for number in range(2, 10_000) if (found := f"{start}-{number}") not in taken)


@transaction.atomic
def set_difficulty(*, by: Person | None, question: Question, difficulty: int) -> Question:
    """A new revision with this difficulty, to be reviewed anew; the same difficulty again changes nothing."""
    if question.current is None or question.current.difficulty == difficulty:
        return question
    draft = replace(wording.draft_of(question.current), difficulty=difficulty)
    return wording.revise_question(by=by, question=question, draft=draft)
