"""What became of a question: reviews, revisions with their differences, where it is used."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from quizzes import grading, selectors
from quizzes.enums import ReviewState
from quizzes.models import Attempt, Question, QuestionReview, QuestionRevision, Quiz, QuizDraw, QuizQuestion
from quizzes.selectors.readiness import Known
from quizzes.services import bank
from quizzes.services.reviews import BEFORE

PAGE = 10
# What is the next step from each state.
NEXT = {before: after for after, before in BEFORE.items()}


@dataclass(frozen=True)
class Difference:
    """A part of a question that two revisions write differently."""

    name: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    revision: QuestionRevision
    differences: tuple[Difference, ...]
    reviews: tuple[QuestionReview, ...]


@dataclass(frozen=True)
class Record:
    """`revisions` are a page of them, the newest first; `next_state` is "" once the question is published.

    Each of `quizzes` has its number of attempts, `papers`.
    """

    shown: selectors.GroupView
    sheet: Mapping[str, bool]
    revisions: Any
    reviews: tuple[QuestionReview, ...]
    state: str
    state_label: str
    next_state: str
    next_label: str
    quizzes: tuple[Quiz, ...]
    draws: tuple[QuizDraw, ...]


def record_of(question: Question, *, page: str) -> Record:
    """Needs `question.current`."""
    current = cast(QuestionRevision, question.current)
    paginator = Paginator(
        question.revisions.select_related("created_by").prefetch_related("images").order_by("-number"), PAGE
    )
    shown: Any = paginator.get_page(page)
    revisions = list(shown.object_list)
    # The last of the page is compared with the one before it, which is on the next page.
    before = question.revisions.filter(number=revisions[-1].number - 1).first() if revisions else None
    rows = QuestionReview.objects.filter(revision__in=revisions).select_related("by").order_by("at", "pk")
    by_revision: dict[int, list[QuestionReview]] = {}
    for row in rows:
        by_revision.setdefault(row.revision_id, []).append(row)
    pairs = zip(revisions, [*revisions[1:], before], strict=True)
    shown.object_list = [
        Written(revision, tuple(differences(older, revision)), tuple(by_revision.get(revision.pk, ())))
        for revision, older in pairs
    ]
    following = NEXT.get(ReviewState(current.review_state))
    labels = dict(QuestionReview._meta.get_field("state").choices or ())
    return Record(
        shown=bank.preview(bank.draft_of(current), is_reviewed=current.is_reviewed, with_key=True),
        sheet={"is_review_allowed": True},
        revisions=shown,
        reviews=tuple(current.reviews.select_related("by").order_by("at", "pk")),
        state=current.review_state,
        state_label=current.get_review_state_display(),
        next_state=str(following or ""),
        next_label=str(labels[following]) if following else "",
        quizzes=tuple(quizzes_with(question)),
        draws=draws_that_fit(question),
    )


def quizzes_with(question: Question) -> QuerySet[Quiz]:
    """The quizzes that have it as a fixed question, each with its `papers`: attempts opened so far."""
    uses = QuizQuestion.objects.filter(question=question).values("quiz")
    papers = Attempt.objects.filter(quiz=OuterRef("pk")).order_by().values("quiz").annotate(n=Count("pk")).values("n")
    return Quiz.objects.filter(pk__in=uses).annotate(papers=Coalesce(Subquery(papers), 0)).order_by("title", "pk")


def draws_that_fit(question: Question) -> tuple[QuizDraw, ...]:
    """The draws of quizzes that may take this question."""
    if question.current is None:
        return ()
    rows = QuizDraw.objects.filter(bank=question.bank_id).select_related("quiz", "bank").order_by("quiz__title", "pk")
    known = Known.of(question)
    return tuple(draw for draw in rows if known.fits(draw))


def differences(older: QuestionRevision | None, newer: QuestionRevision) -> Iterator[Difference]:
    """What `newer` writes differently, part by part; nothing for a first revision."""
    if older is None:
        return
    before, after = dict(parts_of(older)), dict(parts_of(newer))
    for name in [*after, *(name for name in before if name not in after)]:
        one, other = before.get(name, []), after.get(name, [])
        if one != other:
            found = list(difflib.ndiff(one, other))
            yield Difference(
                name=name,
                removed=tuple(line[2:] for line in found if line.startswith("- ")),
                added=tuple(line[2:] for line in found if line.startswith("+ ")),
            )


def parts_of(revision: QuestionRevision) -> Iterator[tuple[str, list[str]]]:
    """A revision as named lists of lines, in the order in which it is read."""
    yield _("Question type"), [revision.get_type_display()]
    yield _("Stem"), revision.stem.splitlines()
    yield _("Shared options"), _lettered(revision.options)
    for number, item in enumerate(revision.items, 1):
        of = f" {number}" if revision.is_group else ""
        yield _("Question") + of, item["stem"].splitlines()
        yield _("New information") + of, item["reveal"].splitlines()
        yield _("Options") + of, _lettered(item["options"])
        yield _("Settings") + of, _plain(item["settings"])
        yield _("Right answer") + of, _plain(item["key"])
        yield _("Explanation") + of, item["explanation"].splitlines()
        yield _("Points") + of, [item["points"]]
    yield _("Pictures"), [f"{row.image_id}: {row.alt}" for row in revision.images.all()]
    yield _("Difficulty"), [str(revision.difficulty)]
    yield _("Source"), [revision.source] if revision.source else []
    yield _("Licence"), [revision.licence] if revision.licence else []


def _lettered(options: Sequence[str]) -> list[str]:
    return [f"{letter}. {text}" for letter, text in zip(grading.LETTERS, options, strict=False)]


def _plain(value: Any) -> list[str]:
    """A key or settings as lines; what is an object, name by name."""
    if isinstance(value, Mapping):
        return [
            f"{name}: {part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)}"
            for name, part in value.items()
            if part not in ("", [], {})
        ]
    return [str(value)] if value else []
