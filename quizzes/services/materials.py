"""What papers are put together from, read and written as JSON once by every process: a wording never changes.

An opening asks for what may change (which revision is current, its review state, its pictures and their sizes, the
version that scores it), and reads only what this process has not met yet under just these facts. So what is kept is
never out of date, on any server, and an opening costs little more than the writing.
"""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from wagtail.images import get_image_model

from cms.shared import statements
from quizzes import grading
from quizzes.enums import LOCKING, QuestionType, ReviewState
from quizzes.models import (
    Question,
    QuestionImage,
    QuestionRevision,
    Quiz,
    QuizDraw,
    QuizQuestion,
    QuizSection,
    Scoring,
)
from quizzes.printing import Form, gap, written
from quizzes.selectors.scorings import default

# Groups that a process keeps, and quizzes; one takes some kilobytes.
MOST_KEPT = 2000
# Their options keep their order: two questions share them, or their words go with their letters.
UNSHUFFLED = frozenset({QuestionType.B1, QuestionType.TRUE_FALSE})

# By hand: what the mapper takes to put these together is most of what an opening would cost.
_QUESTION, _SECTION, _DRAW, _SCORING, _IMAGE = range(5)
_CONTENTS = """
    SELECT 0, placed.section, placed.sort_order, placed.id, question.id, question.bank_id, revision.id,
        CAST(revision.public_id AS text), revision.review_state
    FROM {placed} placed JOIN {question} question ON question.id = placed.question_id
    JOIN {revision} revision ON revision.id = question.current_id
    WHERE placed.quiz_id = %s
    UNION ALL
    SELECT 1, number, 0, id, 0, 0, 0, title, '' FROM {section} WHERE quiz_id = %s
    UNION ALL
    SELECT 2, section, sort_order, id, 0, 0, 0, '', '' FROM {draw} WHERE quiz_id = %s
    UNION ALL
    SELECT 3, bank_id, number, 0, 0, 0, 0, CAST(rules AS text), '' FROM {scoring} WHERE bank_id IN (
        SELECT question.bank_id FROM {placed} placed JOIN {question} question ON question.id = placed.question_id
        WHERE placed.quiz_id = %s)
    UNION ALL
    SELECT 4, shown.revision_id, shown.id, image.width, image.height, 0, 0, '', ''
    FROM {placed} placed JOIN {question} question ON question.id = placed.question_id
    JOIN {shown} shown ON shown.revision_id = question.current_id JOIN {image} image ON image.id = shown.image_id
    WHERE placed.quiz_id = %s
"""
_CHOSEN = """
    SELECT 0, 0, 0, 0, question.id, question.bank_id, revision.id, CAST(revision.public_id AS text),
        revision.review_state
    FROM {question} question JOIN {revision} revision ON revision.id = question.current_id
    WHERE question.id IN ({questions})
    UNION ALL
    SELECT 3, bank_id, number, 0, 0, 0, 0, CAST(rules AS text), '' FROM {scoring} WHERE bank_id IN (
        SELECT bank_id FROM {question} WHERE id IN ({questions}))
    UNION ALL
    SELECT 4, shown.revision_id, shown.id, image.width, image.height, 0, 0, '', ''
    FROM {question} question JOIN {shown} shown ON shown.revision_id = question.current_id
    JOIN {image} image ON image.id = shown.image_id WHERE question.id IN ({questions})
"""

# The revision with all that may change about it.
_Facts = tuple[str, bool, tuple[tuple[int, int, int], ...]]
_Row = tuple[Any, ...]


class Material:
    """A question as papers hold it, its options in their own order: `group`, and the same as JSON with gaps.

    In `stored` are the gaps `section`, and of every item whose options may be shuffled `options` and `key`; in
    `shape_group` and `shape_items`, its part of a paper's shape (see protocol.Shape), `section` and `group`.
    `letters` are of every item the options that may be shuffled, "" for none. `question` is its primary key.
    """

    def __init__(self, question: int, group: dict[str, Any]) -> None:
        self.question, self.group = question, group
        items = group["items"]
        self.points = sum((Decimal(item["points"]) for item in items), Decimal(0))
        may = group["type"] not in UNSHUFFLED
        self.letters = tuple("".join(option["origin"] for option in item["options"] if may) for item in items)
        self.stored = Form({**group, "section": gap("section"), "items": self.with_gaps(items, "options", "key")})
        self.keys = [written(item["key"]) for item in items]
        self.options = self.options_with("text", "origin")
        self.shape_group = Form(
            {"section": gap("section"), "locks": group["locks"], "items": [item["id"] for item in items]}
        )
        self.shape_items = Form(
            {
                item["id"]: {
                    "group": gap("group"),
                    "type": group["type"],
                    "keys": "".join(option["key"] for option in group["options"] or item["options"]),
                    **({"settings": item["settings"]} if item["settings"] else {}),
                }
                for item in items
            }
        )

    def with_gaps(self, items: Iterable[Mapping[str, Any]], *names: str) -> list[dict[str, Any]]:
        """`items` with gaps of these names where their options may be shuffled."""
        return [
            {**item, **{name: gap(name, place) for name in names if self.letters[place]}}
            for place, item in enumerate(items)
        ]

    def options_with(self, *names: str, **more: Any) -> list[dict[str, str]]:
        """Of every item by the origin of an option: the JSON of these of its fields, and of `more`, after its key."""
        return [
            {
                option["origin"]: "," + written({name: option[name] for name in names} | more)[1:]
                for option in item["options"]
            }
            for item in self.group["items"]
        ]

    def shuffled(self, chance: random.Random) -> tuple[str, ...]:
        """An order of the options of every item, as letters of the revision; "" where they stay as they are."""
        return tuple(self._shuffled(letters, chance) if letters else "" for letters in self.letters)

    @staticmethod
    def _shuffled(letters: str, chance: random.Random) -> str:
        origins = list(letters)
        chance.shuffle(origins)
        return "".join(origins)

    def key_in(self, order: str, place: int) -> str:
        """The key of an item as JSON, in the letters that its options have in this order."""
        if not order:
            return self.keys[place]
        key = self.group["items"][place]["key"]
        return written(grading.shown(key, self.group["type"], dict(zip(order, grading.LETTERS, strict=False))))

    def options_in(self, order: str, place: int, options: Sequence[Mapping[str, str]]) -> str:
        """The options of an item as JSON, in this order; `options` come from `options_with`."""
        texts = options[place]
        letters = zip(order or self.letters[place], grading.LETTERS, strict=False)
        return "[" + ",".join([f'{{"key":"{letter}"{texts[origin]}' for origin, letter in letters]) + "]"


@dataclass(frozen=True)
class Contents:
    """What a quiz asks: fixed questions as (section, question) in order, its sections' titles, whether it draws."""

    fixed: tuple[tuple[int, Material], ...]
    titles: Mapping[int, str]
    draws: bool


# Every one as it was when its rows, or facts and rules, were these.
_contents: dict[int, tuple[list[_Row], Contents]] = {}
_materials: dict[tuple[_Facts, int, str], Material] = {}


def contents(quiz: Quiz) -> Contents:
    """One statement, and two more for what this process has not read yet."""
    with statements.cursor() as asked:
        asked.execute(_named(_CONTENTS), [quiz.pk] * 5)
        rows = sorted(asked.fetchall())
    known = _contents.get(quiz.pk)
    if known is not None and known[0] == rows:
        return known[1]
    placed = [row for row in rows if row[0] == _QUESTION]
    found = _materials_of(placed, rows)
    made = Contents(
        fixed=tuple((row[1], found[row[4]]) for row in placed),
        titles={row[1]: row[7] for row in rows if row[0] == _SECTION},
        draws=any(row[0] == _DRAW for row in rows),
    )
    _keep(_contents, quiz.pk, (rows, made))
    return made


def of(questions: Sequence[int]) -> dict[int, Material]:
    """These questions by primary key, as they are now; one statement, and two more for what was not read yet."""
    if not questions:
        return {}
    places = ",".join(["%s"] * len(questions))
    with connection.cursor() as asked:
        asked.execute(_named(_CHOSEN, questions=places), [*questions] * 3)
        rows = sorted(asked.fetchall())
    return _materials_of([row for row in rows if row[0] == _QUESTION], rows)


def _materials_of(placed: Sequence[_Row], about: Iterable[_Row]) -> dict[int, Material]:
    """By the question's primary key; `about` has rows of scorings and images, those of `placed` among them."""
    by_default = default().by_type
    rules: dict[int, tuple[int, Mapping[str, Any]]] = {row[5]: (0, by_default) for row in placed}
    images: dict[int, list[tuple[int, int, int]]] = {}
    for kind, of_what, number, width, height, *_rest, said, _state in about:
        if kind == _SCORING:  # the newest comes last
            rules[of_what] = number, {**by_default, **json.loads(said)}
        elif kind == _IMAGE:
            images.setdefault(of_what, []).append((number, width, height))
    facts: dict[int, _Facts] = {
        row[6]: (row[7], row[8] == ReviewState.PUBLISHED, tuple(images.get(row[6], ()))) for row in placed
    }
    read = _Reader(facts)
    return {row[4]: _material(row[4], facts[row[6]], *rules[row[5]], read) for row in placed}


def _material(question: int, facts: _Facts, scoring: int, rules: Mapping[str, Any], read: "_Reader") -> Material:
    # Which of its rules count depends on the type, which only the revision knows: all of them tell two apart.
    key = (facts, scoring, written(rules))
    known = _materials.get(key)
    if known is None:
        group = read.group(facts)
        group |= {"section": 0, "scoring": scoring}
        for item in group["items"]:
            item["scoring"] = rules.get(group["type"], {})
        known = Material(question, group)
        _keep(_materials, key, known)
    return known


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[key] = value


class _Reader:
    """Reads the wordings of all revisions at once, when the first is asked for."""

    def __init__(self, wanted: Mapping[int, _Facts]) -> None:
        self.wanted = wanted
        self.found: dict[_Facts, QuestionRevision] | None = None

    def group(self, facts: _Facts) -> dict[str, Any]:
        if self.found is None:
            rows = QuestionRevision.objects.filter(pk__in=self.wanted)
            rows = rows.select_related("question").prefetch_related("images")
            self.found = {self.wanted[row.pk]: row for row in rows}
        return _group(self.found[facts], facts)


def _group(revision: QuestionRevision, facts: _Facts) -> dict[str, Any]:
    _word, is_reviewed, images = facts
    sizes = {pk: (width, height) for pk, width, height in images}
    return {
        "question": str(revision.question.public_id),
        "revision": str(revision.public_id),
        "type": revision.type,
        "stem": revision.stem,
        "options": options_of("", revision.options),
        "images": [
            {
                "id": row.pk,
                "item": str(row.item) if row.item else None,
                "alt": row.alt,
                "width": sizes[row.pk][0],
                "height": sizes[row.pk][1],
            }
            for row in revision.images.all()
            if row.pk in sizes
        ],
        "locks": revision.type in LOCKING and len(revision.items) > 1,
        "is_reviewed": is_reviewed,
        "items": [
            {
                "id": item["id"],
                "stem": item["stem"],
                "reveal": item["reveal"],
                "options": options_of(revision.type, item["options"]),
                "settings": item["settings"],
                "key": item["key"],
                "explanation": item["explanation"],
                "points": item["points"],
            }
            for item in revision.items
        ],
    }


def options_of(type: str, texts: Iterable[str]) -> list[dict[str, str]]:
    """The options of an item in their own order."""
    # The two words of true and false are the interface's.
    texts = ["", ""] if type == QuestionType.TRUE_FALSE else texts
    return [{"key": key, "text": text, "origin": key} for key, text in zip(grading.LETTERS, texts, strict=False)]


def _named(statement: str, **more: str) -> str:
    models = {
        "placed": QuizQuestion, "question": Question, "section": QuizSection, "draw": QuizDraw,
        "revision": QuestionRevision, "scoring": Scoring, "shown": QuestionImage, "image": get_image_model(),
    }  # fmt: skip
    names = {name: connection.ops.quote_name(model._meta.db_table) for name, model in models.items()}
    return statement.format(**names, **more)
