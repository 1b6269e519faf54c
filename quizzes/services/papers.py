"""Papers: what an attempt is opened with, frozen, so that later changes of questions and rules do not touch it."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from quizzes import grading
from quizzes.enums import LOCKING, Navigation, QuestionType
from quizzes.models import Question, QuestionRevision, Quiz, QuizDraw
from quizzes.protocol import Shape, ShapeGroup, ShapeItem
from quizzes.services import scorings

VERSION = 2
# Their options keep their order: two questions share them, or their words go with their letters.
UNSHUFFLED = frozenset({QuestionType.B1, QuestionType.TRUE_FALSE})
CHANCE = random.SystemRandom()


class QuizNotReady(DomainError):
    """`missing` names the draws that the banks cannot fill: [{draw, wanted, found}]."""

    code, http_status = "quiz_not_ready", 409
    message = _("This quiz has no questions yet. Please come back later.")


class DrawNotFilled(QuizNotReady):
    message = _("This quiz cannot be put together: %(cells)s. Please tell those who run the course.")


@dataclass(frozen=True)
class Paper:
    paper: dict[str, Any]
    shape: Shape
    points: Decimal


@dataclass(frozen=True)
class _Placed:
    """A question in a section (by number)."""

    section: int
    question: Question


def build(quiz: Quiz) -> Paper:
    """The questions of `quiz` in their current revisions, and those drawn, frozen. Raises QuizNotReady."""
    placed = _placed(quiz)
    if not placed:
        raise QuizNotReady()
    rules = scorings.rules_of(row.question.bank_id for row in placed)
    titles = {section.number: section.title for section in quiz.sections.all()}
    numbers = sorted({row.section for row in placed})
    groups = []
    for index, number in enumerate(numbers):
        own = [row.question for row in placed if row.section == number]
        if quiz.shuffle_questions:
            CHANCE.shuffle(own)
        groups += [freeze(q, section=index, rules=rules[q.bank_id], shuffle=quiz.shuffle_options) for q in own]
    locks = quiz.navigation == Navigation.SECTIONS and len(numbers) > 1
    sections = [{"title": titles.get(number, ""), "locks": locks} for number in numbers]
    paper = {"version": VERSION, "sections": sections, "groups": groups}
    points = sum((Decimal(item["points"]) for group in groups for item in group["items"]), Decimal(0))
    return Paper(paper=paper, shape=shape_of(paper), points=points)


def shape_of(paper: Mapping[str, Any]) -> Shape:
    """What a save must know of a paper."""
    groups: list[ShapeGroup] = []
    items: dict[str, ShapeItem] = {}
    for index, group in enumerate(paper["groups"]):
        ids = [item["id"] for item in group["items"]]
        groups.append({"section": group["section"], "locks": group["locks"], "items": ids})
        for item in group["items"]:
            keys = "".join(option["key"] for option in group["options"] or item["options"])
            items[item["id"]] = {"group": index, "type": group["type"], "keys": keys}
            if item["settings"]:
                items[item["id"]]["settings"] = item["settings"]
    return {"sections": [section["locks"] for section in paper["sections"]], "groups": groups, "items": items}


def items_of(paper: Mapping[str, Any]) -> list[grading.Item]:
    """What the scorers must know of a paper, in its order."""
    return [
        grading.Item(
            id=item["id"],
            type=group["type"],
            keys="".join(option["key"] for option in group["options"] or item["options"]),
            key=item["key"],
            settings=item["settings"],
            scoring=item["scoring"],
            points=Decimal(item["points"]),
        )
        for group in paper["groups"]
        for item in group["items"]
    ]


def _placed(quiz: Quiz) -> list[_Placed]:
    """The quiz's questions with those drawn, in the order of sections, fixed ones first."""
    rows = list(
        quiz.quiz_questions.filter(question__current__isnull=False)
        .select_related("question__current")
        .prefetch_related("question__current__images__image")
        .order_by("section", "sort_order", "pk")
    )
    placed = [_Placed(row.section, row.question) for row in rows]
    draws = list(quiz.draws.order_by("section", "sort_order", "pk"))
    if draws:
        drawn = _drawn(draws, taken={row.question_id for row in rows})
        found = {
            question.pk: question
            for question in Question.objects.filter(pk__in=[pk for pks in drawn for pk in pks])
            .select_related("current")
            .prefetch_related("current__images__image")
        }
        placed += [_Placed(draw.section, found[pk]) for draw, pks in zip(draws, drawn, strict=True) for pk in pks]
    return placed


def candidates(draws: Sequence[QuizDraw], *, taken: Iterable[int] = ()) -> list[list[int]]:
    """Of each draw the questions that fit it, in one query."""
    wanted = Q()
    for draw in draws:
        wanted |= Q(bank=draw.bank_id)
    rows = (
        Question.objects.filter(wanted, current__isnull=False)
        .exclude(pk__in=list(taken))
        .order_by("pk")
        .values_list("pk", "bank", "subject", "current__difficulty", "current__type", "syllabus_codes")
    )
    known = list(rows)
    return [
        [
            pk
            for pk, bank, subject, difficulty, type, codes in known
            if bank == draw.bank_id
            and draw.subject in ("", subject)
            and draw.difficulty in (None, difficulty)
            and draw.type in ("", type)
            and (not draw.syllabus_code or draw.syllabus_code in codes)
        ]
        for draw in draws
    ]


def allot(fitting: Sequence[Sequence[int]], counts: Sequence[int]) -> list[list[int]]:
    """So many different questions for each draw, in the order in which `fitting` offers them.

    As many as there can be: a question that two draws want goes where no other fits (augmenting paths).
    """
    owner: dict[int, int] = {}

    def give(draw: int, tried: set[int]) -> bool:
        for question in fitting[draw]:
            if question not in owner:
                owner[question] = draw
                return True
        for question in fitting[draw]:
            if question not in tried:
                tried.add(question)
                if owner[question] != draw and give(owner[question], tried):
                    owner[question] = draw
                    return True
        return False

    for draw, count in enumerate(counts):
        for _turn in range(count):
            if not give(draw, set()):
                break
    return [[question for question in offered if owner.get(question) == draw] for draw, offered in enumerate(fitting)]


def _drawn(draws: Sequence[QuizDraw], *, taken: Iterable[int]) -> list[list[int]]:
    fitting = candidates(draws, taken=taken)
    for offered in fitting:
        CHANCE.shuffle(offered)
    drawn = allot(fitting, [draw.count for draw in draws])
    missing = [
        {"draw": str(draw), "wanted": draw.count, "found": len(found)}
        for draw, found in zip(draws, drawn, strict=True)
        if len(found) < draw.count
    ]
    if missing:
        cells = "; ".join(f"{cell['draw']} ({cell['found']}/{cell['wanted']})" for cell in missing)
        raise DrawNotFilled(cells=cells, missing=missing)
    return drawn


def freeze(question: Question, *, section: int, rules: scorings.Rules, shuffle: bool) -> dict[str, Any]:
    """A question as a group of a paper; `section` is an index. Options in a new order if `shuffle`."""
    revision = cast(QuestionRevision, question.current)
    items = [_item(revision, item, rules, shuffle=shuffle) for item in revision.items]
    return {
        "question": str(question.public_id),
        "revision": str(revision.public_id),
        "type": revision.type,
        "section": section,
        "stem": revision.stem,
        "options": _options(revision.options, list(grading.LETTERS[: len(revision.options)])),
        "images": [
            {
                "id": row.pk,
                "item": str(row.item) if row.item else None,
                "alt": row.alt,
                "width": row.image.width,
                "height": row.image.height,
            }
            for row in revision.images.all()
        ],
        "locks": revision.type in LOCKING and len(items) > 1,
        "is_reviewed": revision.is_reviewed,
        "scoring": rules.number,
        "items": items,
    }


def _item(
    revision: QuestionRevision, item: Mapping[str, Any], rules: scorings.Rules, *, shuffle: bool
) -> dict[str, Any]:
    # The two words of true and false are the interface's.
    texts = ["", ""] if revision.type == QuestionType.TRUE_FALSE else item["options"]
    origins, key = list(grading.LETTERS[: len(texts)]), item["key"]
    if shuffle and texts and revision.type not in UNSHUFFLED:
        CHANCE.shuffle(origins)
        key = grading.shown(key, revision.type, dict(zip(origins, grading.LETTERS, strict=False)))
    return {
        "id": item["id"],
        "stem": item["stem"],
        "reveal": item["reveal"],
        "options": _options(texts, origins),
        "settings": item["settings"],
        "key": key,
        "explanation": item["explanation"],
        "points": item["points"],
        "scoring": rules.by_type.get(revision.type, {}),
    }


def options_of(type: str, texts: Sequence[str]) -> list[dict[str, str]]:
    """The options of an item in their own order."""
    # The two words of true and false are the interface's.
    texts = ["", ""] if type == QuestionType.TRUE_FALSE else texts
    return _options(texts, list(grading.LETTERS[: len(texts)]))


def _options(texts: Sequence[str], origins: Sequence[str]) -> list[dict[str, str]]:
    return [
        {"key": shown, "text": texts[grading.LETTERS.index(origin)], "origin": origin}
        for origin, shown in zip(origins, grading.LETTERS, strict=False)
    ]
