"""Papers: what an attempt is opened with, frozen, so that later changes of questions and rules do not touch it."""

import json
import random
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from cms.shared.errors import DomainError
from quizzes import drawing, grading
from quizzes.enums import Navigation
from quizzes.models import Quiz, QuizDraw
from quizzes.printing import written
from quizzes.protocol import Shape
from quizzes.selectors.readiness import candidates, in_order
from quizzes.services import materials

VERSION = 2


class QuizNotReady(DomainError):
    """`missing` names the draws that the banks cannot fill: [{draw, wanted, found}]."""

    code, http_status = "quiz_not_ready", 409
    message = _("This quiz has no questions yet. Please come back later.")


class DrawNotFilled(QuizNotReady):
    message = _("This quiz cannot be put together: %(cells)s. Please tell those who run the course.")


@dataclass(frozen=True)
class Placed:
    """A question in its place; `section` is an index, `orders` say how the options of its items stand ("": as is)."""

    material: materials.Material
    section: int
    orders: Sequence[str]

    def _fill(self, name: str, number: int) -> str:
        if name == "section":
            return str(self.section)
        order = self.orders[number]
        if name == "key":
            return self.material.key_in(order, number)
        return self.material.options_in(order, number, self.material.options)

    @property
    def text(self) -> str:
        """The group as its paper has it, in JSON."""
        return self.material.stored.filled(self._fill)


@dataclass(frozen=True)
class Paper:
    """`text` and `shape_text` are what an attempt stores, in JSON; `paper` and `shape` the same, the caller's own."""

    sections: list[dict[str, Any]]
    placed: Sequence[Placed]
    points: Decimal

    @property
    def text(self) -> str:
        groups = ",".join([one.text for one in self.placed])
        return f'{{"version":{VERSION},"sections":{written(self.sections)},"groups":[{groups}]}}'

    @property
    def shape_text(self) -> str:
        locks = written([section["locks"] for section in self.sections])
        groups, items = [], []
        for index, one in enumerate(self.placed):
            groups.append(one.material.shape_group.numbered(one.section))
            items.append(one.material.shape_items.numbered(index)[1:-1])
        return f'{{"sections":{locks},"groups":[{",".join(groups)}],"items":{{{",".join(items)}}}}}'

    @cached_property
    def paper(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @cached_property
    def shape(self) -> Shape:
        return cast(Shape, json.loads(self.shape_text))


def build(quiz: Quiz, *, chance: random.Random | None = None, as_typed: bool = False) -> Paper:
    """The questions of `quiz` in their current revisions, and those drawn, frozen. Raises QuizNotReady.

    `chance` draws and shuffles; with the same seed and the same bank it makes the same paper. `as_typed`: the quiz is
    a form's, its questions and draws are not stored yet.
    """
    # What it decides is shown to its learner at once; only the seed must be anybody's guess.
    chance = chance or random.Random(secrets.randbits(128))  # noqa: S311
    contents = _typed(quiz) if as_typed else materials.contents(quiz)
    every = _placed(quiz, contents, chance)
    if not every:
        raise QuizNotReady()
    numbers = sorted({section for section, _material in every})
    placed = []
    for index, number in enumerate(numbers):
        own = [material for section, material in every if section == number]
        if quiz.shuffle_questions:
            chance.shuffle(own)
        placed += [
            Placed(one, index, one.shuffled(chance) if quiz.shuffle_options else [""] * len(one.letters)) for one in own
        ]
    locks = quiz.navigation == Navigation.SECTIONS and len(numbers) > 1
    return Paper(
        sections=[{"title": contents.titles.get(number, ""), "locks": locks} for number in numbers],
        placed=placed,
        points=sum((one.material.points for one in placed), Decimal(0)),
    )


def items_of(paper: Mapping[str, Any], rulings: Mapping[str, Any] | None = None) -> list[grading.Item]:
    """What the scorers must know of a paper, in its order; `rulings` are those of regrades (see models.Attempt)."""
    said = rulings or {}
    return [
        grading.Item(
            id=item["id"],
            type=group["type"],
            keys="".join(option["key"] for option in group["options"] or item["options"]),
            key=said.get(item["id"], {}).get("key", item["key"]),
            settings=item["settings"],
            scoring=said.get(item["id"], {}).get("scoring", item["scoring"]),
            points=Decimal(item["points"]),
            verdict=said.get(item["id"], {}).get("verdict", ""),
        )
        for group in paper["groups"]
        for item in group["items"]
    ]


def _typed(quiz: Quiz) -> materials.Contents:
    """What a quiz asks that a form holds; rows may be typed half."""
    rows = [row for row in in_order(quiz.quiz_questions.all()) if row.question_id]
    found = materials.of([row.question_id for row in rows])
    return materials.Contents(
        fixed=tuple((row.section, found[row.question_id]) for row in rows if row.question_id in found),
        titles={section.number: section.title for section in quiz.sections.all()},
        draws=True,
    )


def _placed(quiz: Quiz, contents: materials.Contents, chance: random.Random) -> list[tuple[int, materials.Material]]:
    """The quiz's questions with those drawn, as (section, question), fixed ones first."""
    placed = list(contents.fixed)
    draws = [row for row in in_order(quiz.draws.all()) if row.bank_id and row.count] if contents.draws else []
    if draws:
        drawn = _drawn(draws, taken=[material.question for _section, material in placed], chance=chance)
        found = materials.of([pk for pks in drawn for pk in pks])
        placed += [(draw.section, found[pk]) for draw, pks in zip(draws, drawn, strict=True) for pk in pks]
    return placed


def _drawn(draws: Sequence[QuizDraw], *, taken: Collection[int], chance: random.Random) -> list[list[int]]:
    fitting = candidates(draws, taken=taken)
    for offered in fitting:
        chance.shuffle(offered)
    drawn = drawing.allot(fitting, [draw.count for draw in draws])
    missing = [
        {"draw": str(draw), "wanted": draw.count, "found": len(found)}
        for draw, found in zip(draws, drawn, strict=True)
        if len(found) < draw.count
    ]
    if missing:
        cells = "; ".join(f"{cell['draw']} ({cell['found']}/{cell['wanted']})" for cell in missing)
        raise DrawNotFilled(cells=cells, missing=missing)
    return drawn
